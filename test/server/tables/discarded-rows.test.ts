import t from 'tap'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { makeDictionary } from '../../../src/server/elements/dictionary.js'
import { discardedRows } from '../../../src/server/tables/discarded-rows.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import type { CallContext } from '../../../src/server/values/builtin.js'
import { int, ints, text } from '../../helpers/values.js'
import { column } from '../columns/columns.js'
import { tableOf } from './tables.js'

const keeping = { discards: false } as CallContext
const discarding = { discards: true } as CallContext

function shared(kind: TableKind): ServerTable {
  const table = tableOf(kind)
  table.sharedName = 'target'
  return table
}

t.test('rows for tables that outlive the request are counted', async t => {
  const names = column('STRING', 'a', 'b', 'c')
  const tuple = column('ANY', ints(1, 2, 3), names) as ServerValue
  const list: ServerValue = {
    form: 'list',
    elements: [ints(1, 2, 3) as ServerValue, { form: 'type', column: { type: 'INT' } }],
  }
  const dictionary = (id: ServerValue): ServerValue =>
    makeDictionary([text('id'), text('name')], [id, text('a')])
  const examples: [ServerValue[], number][] = [
    [[tableOf('basic', [1, 'a'], [2, 'b'])], 2],
    [[tableOf('basic')], 0],
    [[int(1), text('a')], 1],
    [[ints(1, 2, 3) as ServerValue, names], 3],
    [[tuple], 3],
    [[list], 3],
    [[column('ANY', int(1), text('a'))], 1],
    [[dictionary(int(1))], 1],
    [[dictionary(ints(1, 2) as ServerValue)], 2],
  ]
  for (const kind of ['basic', 'stream', 'keyed', 'indexed'] as const) {
    for (const [values, wanted] of examples) {
      t.equal(discardedRows(discarding, shared(kind), values), wanted, kind)
    }
  }
  t.equal(discardedRows(discarding, tableOf('dfs'), [tableOf('basic', [1, 'a'])]), 1)
})

t.test('a vector for a column of arrays is one row', async t => {
  const types: ColumnType[] = [{ type: 'INT', array: true }]
  const table = createTable('stream', ['v'], types)
  table.sharedName = 'target'
  const rows = (value: ServerValue): number | undefined => discardedRows(discarding, table, [value])
  t.equal(rows(ints(1, 2, 3) as ServerValue), 1)
  t.equal(rows(vectorOf(types[0]!, [[1], [2, 3]])), 2)
  t.equal(rows(column('ANY', column('ANY', ints(1), ints(2, 3))) as ServerValue), 2)
  t.equal(rows(makeDictionary([text('v')], [ints(1, 2)] as ServerValue[])), 1)
})

t.test('tables of the request are filled, and so are receipts', async t => {
  const rows: ServerValue[] = [tableOf('basic', [1, 'a'])]
  t.equal(discardedRows(discarding, tableOf('basic'), rows), undefined)
  t.equal(discardedRows(discarding, shared('keyedStream'), [int(1), text('a')]), undefined)
  t.equal(discardedRows(discarding, shared('keyedStream'), rows), 1)
  t.equal(discardedRows(keeping, shared('stream'), rows), undefined, 'nothing is discarded')
})

t.test('what the table would refuse is refused', async t => {
  const strings = createTable('basic', ['id', 'name'], [{ type: 'STRING' }, { type: 'STRING' }])
  t.throws(() => discardedRows(discarding, shared('stream'), [strings]), {
    name: 'ScriptError',
    message: /Expected: INT, Actual: STRING. RefId:S03017$/,
  })
  const narrow = createTable('basic', ['id'], [{ type: 'INT' }])
  t.throws(() => discardedRows(discarding, tableOf('dfs'), [narrow]), { message: /S01015$/ })
  const target = shared('stream')
  discardedRows(discarding, target, [tableOf('basic', [1, 'a'])])
  t.equal(target.rows, 0)
})
