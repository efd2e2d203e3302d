import t from 'tap'
import { startServer } from '../../../src/server/index.js'
import { runMain } from '../run-cli.js'

const server = await startServer({ port: 0 })
t.teardown(() => server.close())
const bench = ['bench', '--port', String(server.port), '--requests', '30', '--rows', '7']

t.test('with --json there is one object with both modes and their ratio', async t => {
  const { code, stdout, stderr } = await runMain([...bench, '--json'])
  t.equal(code, 0, stderr)
  const result = JSON.parse(stdout) as Record<'sync' | 'async', Record<string, number>> & {
    ratio: number
  }
  t.match(result, {
    schema: 'ddb-ingest/bench/1',
    exitCode: 0,
    requests: 30,
    rowsPerRequest: 7,
    error: null,
  })
  for (const mode of ['sync', 'async'] as const) {
    const { seconds, rowsPerSec } = result[mode]
    t.equal(rowsPerSec, Math.round((30 * 7) / seconds!), mode)
  }
  t.equal(result.ratio, Number((result.sync['seconds']! / result.async['seconds']!).toFixed(3)))
})

t.test('exactly the requests asked for are sent, each with its rows', async t => {
  const before = server.counters.asynchronousRequests
  await runMain(bench)
  t.equal(server.counters.asynchronousRequests - before, 30)
})

t.test('it says one sentence, and leaves no table behind', async t => {
  const { code, stdout, stderr } = await runMain(bench)
  t.equal(code, 0)
  t.match(
    stdout,
    /^Asynchronous writing (was|took) [\d.]+ times as (fast|long) as synchronous.*: .* 30 requests of 7 rows each on 127\.0\.0\.1:\d+\.\n$/,
  )
  t.match(stderr, /^30 requests of 7 rows in each mode\nsynchronous .*\nasynchronous .*\n$/)
  t.equal(server.node.shared.size, 0)
})

t.test('a failure is an object too, with nothing made up', async t => {
  const dead = await startServer({ port: 0 })
  await dead.close()
  const { code, stdout } = await runMain(['bench', '--port', String(dead.port), '--json'])
  t.equal(code, 69)
  t.match(JSON.parse(stdout), {
    exitCode: 69,
    sync: null,
    async: null,
    ratio: null,
    error: { code: 'DDB_CONNECT' },
  })
})
