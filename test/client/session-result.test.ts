import t from 'tap'
import { resultOf, type ResultTable } from '../../src/client/session-result.js'
import { idTable, int } from '../helpers/values.js'

t.test('a table has its methods, which nobody sees who compares or copies it', async t => {
  const table = resultOf(idTable(1, 2)) as ResultTable
  const [name] = table.columnNames
  t.strictSame(table.toRows(), [{ [name!]: 1 }, { [name!]: 2 }])
  t.strictSame(table.toColumns(), { [name!]: [1, 2] })
  t.strictSame(Object.keys(table), Object.keys(idTable(1, 2)))
  t.strictSame(structuredClone(table), idTable(1, 2))
})

t.test('any other value is the value itself', async t => {
  const value = int(1)
  t.equal(resultOf(value), value)
  t.notOk('toRows' in value)
})
