/*
  Which dialects the byte scanner reads, and which it reads fast.
*/
import t from 'tap'
import { csvDialect, isByteDialect, isPlainDialect } from '../../../src/parse/csv/csv-dialect.js'

t.test('the byte scanner reads quotes of a byte, and is fast where they are doubled', async t => {
  for (const [change, isPlain, isByte] of [
    [{}, true, true],
    [{ delimiter: '\t' }, true, true],
    [{ delimiter: '||' }, false, true],
    [{ delimiter: '€' }, false, true],
    [{ quote: "'", escape: "'" }, true, true],
    [{ quote: '', escape: '' }, true, true],
    [{ quote: '`', escape: '`' }, false, true],
    [{ escape: '\\' }, false, true],
    [{ quote: '«', escape: '«' }, false, false],
    [{ escape: '§' }, false, false],
    [{ comment: '//' }, true, true],
  ] as const) {
    const dialect = { ...csvDialect, ...change }
    t.equal(isPlainDialect(dialect), isPlain, JSON.stringify(change))
    t.equal(isByteDialect(dialect), isByte, JSON.stringify(change))
  }
})
