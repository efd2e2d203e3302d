import t from 'tap'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import { deleteRows, preparedValues, updateRows } from '../../../src/server/tables/insert-values.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import { rowsText } from '../../helpers/script.js'
import { column } from '../columns/columns.js'

function table(kind: TableKind): ServerTable {
  const made = createTable(kind, ['id', 'v'], [{ type: 'INT' }, { type: 'DOUBLE' }])
  made.append([column('INT', 1, 2, 3, 4), column('DOUBLE', 1, 2, 3, 4)], 4)
  return made
}

const show = (made: ServerTable): string => rowsText(tableToWire(made))

t.test('rows are removed by position', t => {
  const made = table('basic')
  deleteRows(made, Int32Array.of(0, 2))
  t.equal(show(made), '2 2;4 4')
  deleteRows(made, Int32Array.of(0, 1))
  t.equal(made.rows, 0)
  t.equal(made.append([column('INT', 5), column('DOUBLE', 5)], 1), 1)
  t.end()
})

t.test('cells are set by position, converted to the type of the column', t => {
  const made = table('basic')
  updateRows(made, 'id', Int32Array.of(1, 3), column('DOUBLE', 20.4, 39.6))
  t.equal(show(made), '1 1;20 2;3 3;40 4')
  t.throws(() => updateRows(made, 'id', Int32Array.of(0), column('STRING', 'x')), {
    message: /Incompatible type\. Expected: INT, Actual: STRING/,
  })
  t.end()
})

t.test('a new name adds a column that is null elsewhere', t => {
  const made = table('basic')
  updateRows(made, 'side', Int32Array.of(2), column('STRING', 'B'))
  t.equal(show(made), '1 1 ;2 2 ;3 3 B;4 4 ')
  t.end()
})

t.test('stream tables and read-only tables keep their rows', t => {
  const stream = table('stream')
  t.throws(() => deleteRows(stream, Int32Array.of(0)), { message: /stream table/ })
  t.throws(() => updateRows(stream, 'v', Int32Array.of(0), column('DOUBLE', 0)), {
    message: /stream table/,
  })
  const readOnly = table('basic')
  readOnly.readOnly = true
  t.throws(() => deleteRows(readOnly, Int32Array.of(0)), {
    message: "Can't modify read only table. RefId: S02054",
  })
  t.equal(stream.rows + readOnly.rows, 8)
  t.end()
})

t.test('values are converted, or refused, before anything changes', async t => {
  const made = createTable('keyed', ['id', 'v'], [{ type: 'INT' }, { type: 'DOUBLE' }], {
    keyColumns: ['id'],
  })
  made.append([column('INT', 1, 2), column('DOUBLE', 1, 2)], 2)
  const rows = Int32Array.of(1)
  t.strictSame(preparedValues(made, 'v', rows, column('INT', 7)), column('DOUBLE', 7))
  t.strictSame(preparedValues(made, 'new', rows, column('INT', 7)), column('INT', 7))
  t.throws(() => preparedValues(made, 'v', rows, column('STRING', 'x')), {
    message: /Incompatible/,
  })
  t.throws(() => preparedValues(made, 'id', rows, column('INT', 7)), {
    message: "Can't update a key column.",
  })
  t.throws(() => preparedValues(table('stream'), 'v', rows, column('INT', 7)), {
    message: /stream table/,
  })
  t.equal(show(made), '1 1;2 2')
})
