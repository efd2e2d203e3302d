import t from 'tap'
import {
  dictionaryOf,
  tableOfColumns,
  tableOfRecords,
} from '../../../src/server/functions/result-table.js'
import { tableToWire } from '../../../src/server/tables/memory-table.js'
import { intScalar } from '../../../src/server/values/scalar.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { failureOf } from '../../helpers/call-context.js'
import { columnsText, rowsText } from '../../helpers/script.js'

t.test('columns become a table in their order and their types', async t => {
  const table = tableOfColumns({
    b: vectorOf({ type: 'DECIMAL32', scale: 2 }, [150n, null]),
    a: vectorOf({ type: 'INT', array: true }, [[1, 2], []]),
  })
  t.equal(table.kind, 'basic')
  t.equal(columnsText(tableToWire(table)), 'b DECIMAL32(2), a INT[]')
  t.equal(rowsText(tableToWire(table)), '1.50 [1,2]; []')
  const empty = tableOfColumns({ a: vectorOf({ type: 'INT' }, []) })
  t.equal(empty.rows, 0)
  const unequal = {
    a: vectorOf({ type: 'INT' }, [1]),
    b: vectorOf({ type: 'INT' }, []),
  }
  t.match(
    failureOf(() => tableOfColumns(unequal)),
    /S02010/,
  )
})

t.test('records become rows; columns have the types and the order that are given', async t => {
  const types = { name: 'STRING', rows: 'LONG', shared: 'BOOL', id: 'UUID' } as const
  const id = '5d212a78-cc48-e3b1-4235-b4d91473ee87'
  const table = tableOfRecords(types, [
    { shared: true, rows: 1n, name: 'a', id },
    { name: 'b', rows: null, shared: false, id: null },
  ])
  t.equal(columnsText(tableToWire(table)), 'name STRING, rows LONG, shared BOOL, id UUID')
  t.equal(rowsText(tableToWire(table)), `a 1 true ${id};b  false `)
  const empty = tableOfRecords(types, [])
  t.equal(empty.rows, 0)
  t.equal(columnsText(tableToWire(empty)), 'name STRING, rows LONG, shared BOOL, id UUID')
})

t.test('dictionaries are STRING to ANY', async t => {
  const dictionary = dictionaryOf({ one: intScalar(1), two: intScalar(null) })
  t.strictSame(dictionary.keyType, { type: 'STRING' })
  t.equal(dictionary.valueType, undefined)
  t.strictSame(
    [...dictionary.entries],
    [
      ['one', { key: { form: 'scalar', type: 'STRING', value: 'one' }, value: intScalar(1) }],
      ['two', { key: { form: 'scalar', type: 'STRING', value: 'two' }, value: intScalar(null) }],
    ],
  )
  t.equal(dictionaryOf({}).entries.size, 0)
})
