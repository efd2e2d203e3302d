/*
  Two sessions that write into one partition: who comes second is refused or waits, as the database was made.
*/
import t from 'tap'
import { testSession, type TestSession } from '../../helpers/script.js'

async function withTable(atomic: string): Promise<{ a: TestSession; b: TestSession }> {
  const a = testSession()
  const b = testSession({ node: a.node })
  await a.run(`db = database("dfs://d", COMPO, [database("", VALUE, 2024.01.01..2024.01.03),
    database("", HASH, [SYMBOL, 2])], atomic="${atomic}")
    createPartitionedTable(db, table(1:0, \`day\`sym\`x, [DATE, SYMBOL, INT]), "t", \`day\`sym)`)
  return { a, b }
}

const insert = (day: string, x: number): string =>
  `tableInsert(loadTable("dfs://d", "t"), table([${day}] as day, symbol(["A"]) as sym, [${x}] as x))`

const rows = 'select x from loadTable("dfs://d", "t") order by x'

t.test('TRANS: the second is refused with the tag that clients wait at', async t => {
  const { a, b } = await withTable('TRANS')
  const first = a.show(insert('2024.01.02', 1))
  t.match(
    await b.fail(insert('2024.01.02', 2)),
    /^[^<]*<ChunkInTransaction>The openChunks operation failed because the chunk '\/d\/20240102\/Key[01]' is currently locked and in use by transaction 1\. RefId:S00002$/,
  )
  t.equal(await first, '1')
  t.equal(await b.show(insert('2024.01.02', 3)), '1', 'later it is taken')
  t.equal(await a.show(rows), '1;3')
})

t.test('other partitions are free', async t => {
  const { a, b } = await withTable('TRANS')
  const both = await Promise.all([a.show(insert('2024.01.02', 1)), b.show(insert('2024.01.03', 2))])
  t.strictSame(both, ['1', '1'])
})

t.test('CHUNK: the second waits, and all rows are there in the end', async t => {
  const { a } = await withTable('CHUNK')
  const sessions = Array.from({ length: 10 }, () => testSession({ node: a.node }))
  const counts = await Promise.all(sessions.map(({ show }, at) => show(insert('2024.01.02', at))))
  t.strictSame(counts, Array(10).fill('1'))
  t.equal(await a.show(rows), '0;1;2;3;4;5;6;7;8;9')
})

t.test('ten sessions that try again have all their rows in the end', async t => {
  const { a } = await withTable('TRANS')
  let refusals = 0
  await Promise.all(
    Array.from({ length: 10 }, async (_, at) => {
      const session = testSession({ node: a.node })
      for (let left = 5; left > 0;) {
        const text = await session.fail(insert('2024.01.02', at))
        if (text === 'no error') left--
        else if (text.includes('<ChunkInTransaction>')) {
          refusals++
          await new Promise<void>(resolve => setImmediate(resolve))
        } else throw new Error(text)
      }
    }),
  )
  t.ok(refusals > 0, `${refusals} refusals`)
  t.equal(await a.show(`exec count(*) from loadTable("dfs://d", "t")`), '50')
})

t.test('every way to write is a transaction; what fails holds nothing', async t => {
  const { a, b } = await withTable('TRANS')
  a.node.config.enableInsertStatementForDFSTable = true
  const row = 'table([2024.01.02] as day, symbol(["A"]) as sym, [9] as x)'
  const target = 'loadTable("dfs://d", "t")'
  for (const write of [
    `append!(${target}, ${row})`,
    `upsert!(${target}, ${row}, keyColNames="x")`,
    `tableUpsert(${target}, ${row}, keyColNames="x")`,
    `insert into ${target} values (2024.01.02, "A", 9)`,
  ]) {
    const first = a.run(write)
    t.match(await b.fail(insert('2024.01.02', 2)), /<ChunkInTransaction>/, write)
    await first
    const failing = a.fail(insert('"no date"', 1))
    t.equal(await b.show(insert('2024.01.03', 2)), '1', 'after a write that was refused as well')
    t.match(await failing, /S05004/)
  }
})

t.test('a dimension table has one partition', async t => {
  const { a, b } = await withTable('TRANS')
  await a.run('createTable(database("dfs://d"), table(1:0, ["x"], [INT]), "dim")')
  const script = 'append!(loadTable("dfs://d", "dim"), table([1] as x))'
  const first = a.run(script)
  t.match(await b.fail(script), /the chunk '\/d\/dim' is currently locked/)
  await first
})
