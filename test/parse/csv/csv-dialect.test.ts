/*
  Which dialects the byte scanner reads.
*/
import t from 'tap'
import { csvDialect, isPlainDialect } from '../../../src/parse/csv/csv-dialect.js'

t.test('the byte scanner reads single bytes with quotes that are doubled', async t => {
  for (const [change, isPlain] of [
    [{}, true],
    [{ delimiter: '\t' }, true],
    [{ delimiter: '||' }, false],
    [{ delimiter: '€' }, false],
    [{ quote: "'", escape: "'" }, true],
    [{ quote: '' }, true],
    [{ quote: '`', escape: '`' }, false],
    [{ escape: '\\' }, false],
    [{ comment: '//' }, true],
  ] as const) {
    t.equal(isPlainDialect({ ...csvDialect, ...change }), isPlain, JSON.stringify(change))
  }
})
