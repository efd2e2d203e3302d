import t from 'tap'
import { testSession, type TestSession } from '../../../helpers/script.js'

const days = [1, 2, 3].map(day => `2024.01.0${day}`)

async function filled(): Promise<TestSession> {
  const session = testSession()
  await session.run(`db = database("dfs://d", COMPO,
    [database("", VALUE, 2024.01.01..2024.01.03), database("", RANGE, 0 50 100)])
    t = createPartitionedTable(db, table(1:0, \`day\`x, [DATE, INT]), "t", \`day\`x)
    tableInsert(t, table(take(2024.01.01..2024.01.03, 6) as day, [1, 2, 3, 51, 52, 53] as x))`)
  return session
}

const left = 'exec x from loadTable("dfs://d", "t") order by x'

const cases: [paths: string, left: string][] = [
  ['"/20240101/0_50"', '[2,3,51,52,53]'],
  ['["/20240101/0_50", "/20240103/50_100"]', '[2,3,51,52]'],
  ['"/20240101"', '[1,2,3,51,52,53]'],
  ['2024.01.02', '[1,3,51,53]'],
  ['2024.01.01..2024.01.03', '[]'],
  ['2030.01.01', '[1,2,3,51,52,53]'],
  ['[2024.01.02, 70]', '[1,2,3,51,53]'],
  ['(2024.01.01 2024.01.03, 10)', '[2,51,52,53]'],
  ['[, [10, 20]]', '[51,52,53]'],
]
for (const [paths, wanted] of cases) {
  t.test(`dropPartition(db, ${paths}, "t")`, async t => {
    const { run, show } = await filled()
    await run(`dropPartition(database("dfs://d"), ${paths}, "t")`)
    t.equal(await show(left), wanted)
    t.equal(
      await show('tableInsert(loadTable("dfs://d", "t"), table([2024.01.01] as day, [7] as x))'),
      '1',
      'the scheme stays',
    )
  })
}

t.test('what cannot be dropped', async t => {
  const { node, fail, run } = await filled()
  await run('createTable(database("dfs://d"), table(1:0, ["x"], [INT]), "dim")')
  const drop = (paths: string, name: string): string =>
    `dropPartition(database("dfs://d"), ${paths}, "${name}")`
  t.match(await fail(drop(days[0]!, 'dim')), /not partitioned/)
  t.match(await fail(drop(days[0]!, 'none')), /path does not exist/)
  t.match(await fail(drop(`(${days.join(', ')})`, 't')), /more elements than there are levels/)
  t.match(
    await testSession({ node, user: 'guest' }).fail(drop(days[0]!, 't')),
    /<NoPrivilege>Not granted/,
  )
})
