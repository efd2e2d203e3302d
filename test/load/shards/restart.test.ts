/* Shards whose server restarts, and has lost the record of the run, but not its disk: no row is stored twice, and none is lost with exit
   code 0. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { loadOn } from '../../../src/load/load.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { startServer, type EmbeddedServer } from '../../../src/server/index.js'
import { dfsScript, upTo } from '../../helpers/delivery.js'
import { folderOf, idsOf, shardOf } from './scene.js'

const files = 4
const all = idsOf(files)
const stored = 'loadTable("dfs://d", "t")'

/** @param script  of the first server; the next ones keep its disk */
async function scene(t: Test, script: string) {
  let server: EmbeddedServer = await startServer({ port: 0, initScript: script })
  t.teardown(() => server.close())
  const restart = async (): Promise<void> => {
    const { port } = server
    await server.close()
    server = await startServer({ port, restartOf: server })
  }
  const dir = folderOf(t, files, row => ((row % 14) % 13 ? 'A' : 'B'))
  const login = { user: 'admin', password: '123456' }
  return {
    restart,
    shard: async (index: number, count: number, change: Partial<LoadOptions> = {}) => {
      const { host, port } = server
      return loadOn(systemPlatform, {
        ...{ inputs: [join(dir, 'in')], server: { host, port, ...login } },
        ...shardOf('dfs://d/t', index, count),
        ...change,
      })
    },
    ids: async (before = ''): Promise<number[]> => {
      const { host, port } = server
      const session = await connect({ host, port, ...login })
      const answer = await session.run(`${before}exec id from ${stored}`)
      await session.close()
      const data = answer?.form === 'vector' && answer.type === 'INT' ? answer.data : []
      return Array.from(data as Int32Array).sort((a, b) => a - b)
    },
  }
}

t.test('a DFS table, between shards', async t => {
  const { shard, restart, ids } = await scene(t, dfsScript)
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
  const { shard, restart, ids } = await scene(t, ranges)
  const skipping = { rejects: { onError: 'skip' } } as const
  t.match(await shard(1, 4, skipping), { exitCode: 3, rows: { confirmed: 20, rejected: 30 } })
  await restart()
  t.match(await shard(1, 4, skipping), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), all.slice(30, 50))
})

t.test('a DFS table, whose files a pattern has chosen', async t => {
  const { shard, restart, ids } = await scene(t, dfsScript)
  const chosen = { input: { include: ['f.*'] } }
  t.match(await shard(1, 2, chosen), { exitCode: 0 })
  await restart()
  t.match(await shard(2, 2, chosen), { exitCode: 0, rows: { confirmed: 100 } })
  t.match(await shard(1, 2, chosen), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), all)
})

t.test('a DFS table that has only what the second connection carried', async t => {
  const { shard, ids } = await scene(t, dfsScript)
  const inner = upTo(12).map(i => i + 1)
  const syms = inner.map(() => '`A').join('')
  const added = `tableInsert(${stored}, table([${inner.join()}] as id, symbol(${syms}) as sym))\n`
  t.strictSame(await ids(added), inner)
  const delivery = { batchRows: 7, connections: 2 }
  t.match(await shard(1, 1, { delivery }), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
  t.strictSame(await ids(), inner)
})
