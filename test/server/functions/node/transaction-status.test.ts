import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('getTransactionStatus() shows what is open, and nothing that has ended', async t => {
  const { node, run, show } = testSession({ now: () => Date.UTC(2024, 0, 2) })
  const other = testSession({ node })
  await run(`db = database("dfs://d", VALUE, 1..3)
    createPartitionedTable(db, table(1:0, ["p"], [INT]), "t", "p")`)
  t.equal(await show('getTransactionStatus()'), '')
  const insert = (values: string): Promise<string> =>
    show(`tableInsert(loadTable("dfs://d", "t"), table(${values} as p))`)
  const first = insert('[1, 3, 3]')
  t.equal(await other.show('getTransactionStatus()'), '1 2024.01.02T00:00:00.000 APPEND BEGIN 2 ')
  t.equal(await first, '3')
  t.equal(await show('getTransactionStatus()'), '')
  const second = insert('[2]')
  t.equal(await other.show('exec tid from getTransactionStatus()'), '[2]')
  await second
})
