/*
  Shards whose server restarts, and has lost the record of the run: no row is stored twice, and none is lost with exit code 0.
*/
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { loadOn } from '../../../src/load/load.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startServer, type EmbeddedServer } from '../../../src/server/index.js'
import { dfsScript, streamScript, upTo } from '../../helpers/delivery.js'

const [files, rowsOfFile] = [4, 50]
const all = upTo(files * rowsOfFile)

/** @param isKept  whether the server keeps its disk @param script  of each server */
async function scene(t: Test, script: string, table: string, rows: string, isKept: boolean) {
  let requests = 0
  let restartAt = Infinity
  let restarting: Promise<unknown> = Promise.resolve()
  const faults = {
    before: () => {
      if (++requests !== restartAt) return undefined
      restarting = restart()
      return 'close' as const
    },
  }
  let server: EmbeddedServer = await startServer({ port: 0, initScript: script, faults })
  t.teardown(() => server.close())
  const restart = async (): Promise<void> => {
    const { port } = server
    await server.close()
    const kept = isKept ? { restartOf: server } : { initScript: script }
    server = await startServer({ port, faults, ...kept })
  }
  const dir = t.testdir({ in: {} })
  for (let i = 0; i < files; i++) {
    mkdirSync(join(dir, 'in', `d${i}`))
    const lines = upTo(rowsOfFile).map(
      row => `${i * rowsOfFile + row},${(row % 14) % 13 ? 'A' : 'B'}\n`,
    )
    writeFileSync(join(dir, 'in', `d${i}`, 'f.csv'), `id,sym\n${lines.join('')}`)
  }
  const login = { user: 'admin', password: '123456' }
  return {
    restart,
    /** The server restarts at this request, counted from now. */
    restartAfter: (count: number): void => void (restartAt = requests + count),
    shard: async (index: number, count: number, change: Partial<LoadOptions> = {}) => {
      const { host, port } = server
      const result = await loadOn(systemPlatform, {
        ...{ inputs: [join(dir, 'in')], server: { host, port, ...login }, target: { table } },
        ...{ runId: 'night', shard: { index, count }, delivery: { batchRows: 7 } },
        ...change,
      })
      await restarting
      return result
    },
    ids: async (before = ''): Promise<number[]> => {
      const { host, port } = server
      const session = await connect({ host, port, ...login })
      const answer = await session.run(`${before}exec id from ${rows}`)
      await session.close()
      const data = answer?.form === 'vector' && answer.type === 'INT' ? answer.data : []
      return Array.from(data as Int32Array).sort((a, b) => a - b)
    },
  }
}

const dfsTable = ['dfs://d/t', 'loadTable("dfs://d", "t")', true] as const
const dfs = [dfsScript, ...dfsTable] as const
const stream = [streamScript, 'target', 'target', false] as const

t.test('a DFS table, between shards', async t => {
  const { shard, restart, ids } = await scene(t, ...dfs)
  t.match(await shard(1, 2), { exitCode: 0 })
  await restart()
  t.match(await shard(2, 2), { exitCode: 0, rows: { confirmed: 100 } })
  const why = { code: 'DDB_UNPROVEN', message: /"[^"]*d\d\/f.csv", and the table has rows/ }
  t.match(await shard(1, 2), { exitCode: 75, error: why, rows: { confirmed: 0 } })
  t.match(await shard(2, 2), { exitCode: 0, alreadyLoaded: true })
  t.strictSame(await ids(), all)
})

t.test('a DFS table without partitions for the first rows', async t => {
  const ranges = dfsScript.replace('VALUE, `A`B', 'RANGE, 30 200').replace('`t, `sym', '`t, `id')
  const { shard, restart, ids } = await scene(t, ranges, ...dfsTable)
  const skipping = { rejects: { onError: 'skip' } } as const
  t.match(await shard(1, 4, skipping), { exitCode: 3, rows: { confirmed: 20, rejected: 30 } })
  await restart()
  t.match(await shard(1, 4, skipping), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), all.slice(30, 50))
})

t.test('a DFS table, whose files a pattern has chosen', async t => {
  const { shard, restart, ids } = await scene(t, ...dfs)
  const chosen = { input: { include: ['f.*'] } }
  t.match(await shard(1, 2, chosen), { exitCode: 0 })
  await restart()
  t.match(await shard(2, 2, chosen), { exitCode: 0, rows: { confirmed: 100 } })
  t.match(await shard(1, 2, chosen), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), all)
})

t.test('a DFS table that has only what the second connection carried', async t => {
  const { shard, ids } = await scene(t, ...dfs)
  const inner = upTo(12).map(i => i + 1)
  const syms = inner.map(() => '`A').join('')
  const added = `tableInsert(${dfsTable[1]}, table([${inner.join()}] as id, symbol(${syms}) as sym))\n`
  t.strictSame(await ids(added), inner)
  const delivery = { batchRows: 7, connections: 2 }
  t.match(await shard(1, 1, { delivery }), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), inner)
})

t.test('a DFS table, in mid-shard', async t => {
  for (let after = 8; after < 60; after += 6) {
    const { shard, restartAfter, ids } = await scene(t, ...dfs)
    restartAfter(after)
    const first = await shard(1, 1)
    t.ok([0, 4, 75].includes(first.exitCode), `after ${after}: ${first.exitCode}`)
    const stored = (await ids()).length
    const again = await shard(1, 1)
    const there = await ids()
    t.equal(new Set(there).size, there.length, 'no row is there twice')
    if (again.exitCode === 0) t.strictSame(there, all)
    else t.match(again, { exitCode: 75, error: { code: 'DDB_UNPROVEN' } }, `after ${after}`)
    if (stored === 0) t.equal(again.exitCode, 0)
  }
})

t.test('a table in memory, which is lost', async t => {
  for (const after of [10, 20, 30, 40]) {
    const { shard, restartAfter, ids } = await scene(t, ...stream)
    t.match(await shard(1, 2), { exitCode: 0 })
    restartAfter(after)
    const second = await shard(2, 2)
    t.ok([4, 75, 0].includes(second.exitCode), `after ${after}: ${second.exitCode}`)
    for (const index of [1, 2]) t.match(await shard(index, 2), { exitCode: 0 }, `after ${after}`)
    t.strictSame(await ids(), all)
  }
})
