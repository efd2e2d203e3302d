import t from 'tap'
import {
  leavesMemory,
  neverDecreases,
  totalRowsExpression,
  totalRowsScript,
  rowsTotalOf,
} from '../../../src/load/evidence/total-rows.js'
import { parseTarget } from '../../../src/load/target/target.js'
import { startLoadServer } from '../../helpers/load-server.js'

const purge = 'cacheSize=1000'
/**
 * How each kind of table counts the rows that it has ever held: 1,500 rows in three parts, 300 deleted if possible.
 */
const tables: readonly (readonly [string, make: string, total: string | null, rows: number])[] = [
  ['stream table', 'share streamTable(1:0, [`a], [INT]) as target', 'rows', 1500],
  ['table in memory', 'share table(1:0, [`a], [INT]) as target', 'kept', 1500],
  [
    'persisted stream table',
    `enableTableShareAndPersistence(streamTable(1:0, [\`a], [INT]), "target", ${purge})`,
    'totalSize',
    1500,
  ],
  [
    'stream table that lets old rows go',
    'enableTableShareAndCachePurge(streamTable(1:0, [`a], [INT]), "target", 1000)',
    'totalRows',
    1500,
  ],
]

for (const [name, make, total, rows] of tables) {
  t.test(`${name}: counts all rows that it has ever held`, async t => {
    const { server, session } = await startLoadServer(t, '1')
    Object.assign(server.node.config, { persistenceDir: 'somewhere' })
    await session.run(make)
    for (const from of [0, 500, 1000]) {
      await session.run(`tableInsert(objByName("target"), ${from}..${from + 499})`)
    }
    const answer = await session.run(`${totalRowsScript('target')}(ddbIngestRows, ddbIngestTotal)`)
    t.match(answer, { data: [{ value: BigInt(rows) }, { value: total }] })
    const target = parseTarget({ table: 'target' })
    if (target.kind !== 'table') throw new Error('a table')
    const known = rowsTotalOf(total)
    t.match(await session.run(totalRowsExpression(target.table, known)), { value: BigInt(rows) })
    t.equal(neverDecreases(known), total !== 'kept')
    t.equal(leavesMemory(known), total === 'totalSize' || total === 'totalRows')
  })
}

t.test('a missing table and a server without the list of stream tables have no total', async t => {
  const { session } = await startLoadServer(t, 'share table([1, 2] as a) as target')
  const ask = (name: string) =>
    session.run(`${totalRowsScript(name)}(ddbIngestRows, ddbIngestTotal)`)
  t.match(await ask('missing'), { data: [{ value: null }, { value: '' }] })
  t.equal(rowsTotalOf(''), null)
  t.match(await ask('target'), { data: [{ value: 2n }, { value: 'kept' }] })
})

t.test('receipts do not count rows of tables that are not in memory', t => {
  const target = parseTarget({ table: 'dfs://d/t' })
  if (target.kind !== 'table') throw new Error('a table')
  t.equal(totalRowsExpression(target.table, 'kept'), '00l')
  t.equal(totalRowsExpression(undefined, null), '00l')
  t.end()
})
