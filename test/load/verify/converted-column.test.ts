import t from 'tap'
import { conversion } from '../../../src/load/verify/converted-column.js'
import { parseColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import { formatElement } from '../../../src/protocol/value-text.js'
import { startLoadServer } from '../../helpers/load-server.js'

const typeOf = (text: string) => parseColumnType(text)!

/** Raw values (days, seconds and so on), including times before 1970. */
const cases: readonly (readonly [string, string, ElementValue[]])[] = [
  ['INT', 'LONG', [1, -1, null]],
  ['CHAR', 'INT', [1, null]],
  ['INT', 'DOUBLE', [7, null]],
  ['DOUBLE', 'FLOAT', [0.1, null]],
  ['FLOAT', 'DOUBLE', [0.5, null]],
  ['DATE', 'TIMESTAMP', [1, -1, null]],
  ['DATE', 'MONTH', [19_000, -1, null]],
  ['TIMESTAMP', 'DATE', [1_700_000_000_000n, null]],
  ['DATETIME', 'TIMESTAMP', [1_700_000_000, -1, null]],
  ['TIMESTAMP', 'NANOTIMESTAMP', [1_700_000_000_123n, null]],
  ['DATETIME', 'SECOND', [1_700_000_000, null]],
]

t.test('columns are converted as the server converts them', async t => {
  const { session } = await startLoadServer(t, '')
  for (const [from, to, values] of cases) {
    const column = vectorOf(typeOf(from), values)
    const ours = conversion(typeOf(from), typeOf(to))!(column)
    await session.run(`t = table(1:0, [\`v], [${to}])`)
    await session.call('tableInsert{t}', [
      { form: 'table', name: '', rows: values.length, columnNames: ['v'], columns: [column] },
    ])
    const theirs = await session.run('exec v from t')
    if (theirs?.form !== 'vector') throw new Error('expected a column')
    for (const row of values.keys()) {
      t.equal(formatElement(ours, row), formatElement(theirs, row), `${from} to ${to}, row ${row}`)
    }
  }
})

t.test('conversions that lose values or are unknown are not compared', async t => {
  for (const [from, to] of [
    ['LONG', 'INT'],
    ['DOUBLE', 'INT'],
    ['INT', 'STRING'],
    ['INT[]', 'LONG[]'],
    ['TIME', 'DATE'],
  ]) {
    t.equal(conversion(typeOf(from!), typeOf(to!)), undefined)
  }
  const column = vectorOf({ type: 'INT' }, [1])
  t.equal(conversion({ type: 'INT' }, { type: 'INT' })!(column), column)
  t.equal(conversion({ type: 'STRING' }, { type: 'SYMBOL' })!(column), column)
})
