/* Shards whose table is made again or dropped. */
import t, { type Test } from 'tap'
import { dfsScript, streamScript } from '../../helpers/delivery.js'
import { shardScene } from './scene.js'

const keyedScript = 'share keyedTable(`id, 10:0, `id`sym, [INT,SYMBOL]) as target'
const memoryScript = 'share table(10:0, `id`sym, [INT,SYMBOL]) as target'
const dfs = 'loadTable("dfs://d", "t")'
const dropDfs = 'dropTable(database("dfs://d"), "t")\ndb = database("dfs://d")\n'
const undef = 'undef("target", SHARED)\n'

const targets = [
  { title: 'stream table', table: 'target', rows: 'target', script: streamScript, drop: undef },
  { title: 'table in memory', table: 'target', rows: 'target', script: memoryScript, drop: undef },
  { title: 'keyed table', table: 'target', rows: 'target', script: keyedScript, drop: undef },
  { title: 'DFS table', table: 'dfs://d/t', rows: dfs, script: dfsScript, drop: dropDfs },
] as const
type Target = (typeof targets)[number]

async function scene(t: Test, target: Target) {
  const here = await shardScene(t, 4, target)
  const made = target.script.replace(/^db = .*\n/, '')
  const others = `tableInsert(${target.rows}, table(1000000 + 0..499 as id, take(\`A\`B, 500) as sym))`
  return {
    ...here,
    remake: (isFilled: boolean) =>
      here.session.run(`${target.drop}${made}\n${isFilled ? others : ''}`),
  }
}

for (const target of targets) {
  const { title } = target
  for (const isFilled of [false, true]) {
    const what = `${title}, made again${isFilled ? ' and filled by others' : ''}`
    t.test(`${what}, between shards`, async t => {
      const { shard, remake } = await scene(t, target)
      t.match(await shard(1, 2), { exitCode: 0, rows: { confirmed: 100 } })
      await remake(isFilled)
      for (const index of [2, 1]) t.match(await shard(index, 2), { exitCode: 75 }, `${index}`)
    })

    t.test(`${what}, after the end`, async t => {
      const { shard, remake } = await scene(t, target)
      for (const index of [1, 2]) t.match(await shard(index, 2), { exitCode: 0 })
      await remake(isFilled)
      for (const index of [1, 2]) t.match(await shard(index, 2), { exitCode: 75 }, `${index}`)
    })
  }

  t.test(`${title}, dropped`, async t => {
    const { shard, session, remake } = await scene(t, target)
    t.match(await shard(1, 2), { exitCode: 0 })
    await session.run(target.drop)
    t.match(await shard(2, 2), { exitCode: 78 })
    await remake(false).catch(() => undefined)
    for (const index of [2, 1]) t.not((await shard(index, 2)).exitCode, 0)
  })
}
