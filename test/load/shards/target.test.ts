/*
  Shards whose table is made again, whose server restarts, or whose files change.
*/
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { dfsScript, streamScript, upTo } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'

const [files, rowsOfFile] = [4, 50]
const all = upTo(files * rowsOfFile)
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

/** @param onRequest  called with the text of each request that a server executes */
async function scene(t: Test, { table, script, rows, drop }: Target) {
  let onRequest = (): void => undefined
  const here = await startLoadServer(t, script, {
    faults: {
      before() {
        onRequest()
        return undefined
      },
    },
  })
  const dir = t.testdir({ in: {} })
  const path = (i: number): string => join(dir, 'in', `d${i}`, 'f.csv')
  for (let i = 0; i < files; i++) {
    mkdirSync(join(dir, 'in', `d${i}`))
    const lines = upTo(rowsOfFile).map(row => `${i * rowsOfFile + row},${row % 2 ? 'A' : 'B'}\n`)
    writeFileSync(path(i), `id,sym\n${lines.join('')}`)
  }
  const made = script.replace(/^db = .*\n/, '')
  const others = `tableInsert(${rows}, table(1000000 + 0..499 as id, take(\`A\`B, 500) as sym))`
  return {
    ...here,
    dir,
    path,
    watch: (listener: () => void): void => void (onRequest = listener),
    shard: (index: number, count: number, change: Partial<LoadOptions> = {}): Promise<LoadResult> =>
      here.load([join(dir, 'in')], {
        target: { table },
        runId: 'night',
        shard: { index, count },
        delivery: { batchRows: 7 },
        ...change,
      }),
    remake: (isFilled: boolean) => here.session.run(`${drop}${made}\n${isFilled ? others : ''}`),
    ids: async () =>
      (await here.rows(`select id from ${rows}`)).map(([id]) => Number(id)).sort((a, b) => a - b),
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

    deepTest(t, `${what}, in mid-shard`, async t => {
      for (const at of [10, 20, 30, 40, 50]) {
        const { shard, remake, watch, ids } = await scene(t, target)
        let requests = 0
        let remaking: Promise<unknown> | undefined
        watch(() => {
          if (++requests === at) remaking = remake(isFilled)
        })
        const ends: number[] = []
        for (let again = 0; again < 3; again++) {
          ends.push((await shard(1, 1)).exitCode)
          await remaking
        }
        const there = (await ids()).filter(id => id < 1_000_000)
        // If the table was made again before the first row, all rows are there, and may be doubted.
        const isWhole = there.length === all.length
        t.ok(isWhole || ends.every(end => [4, 75, 78].includes(end)), `at ${at}: ${ends}`)
        t.equal(new Set(there).size, there.length, 'no row is there twice')
      }
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
