/* Loads over several connections. Every row arrives once with any confirmation, the server works on several requests at a time, and options
   that need an order are refused. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DeliveryOptions, TargetOptions } from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const rowCount = 400
const ids = Array.from({ length: rowCount }, (_, id) => [String(id)])

const streamScript = 'share streamTable(10:0, [`id], [INT]) as target'
const scripts = {
  'stream table': streamScript,
  'table in memory': 'share table(1:0, [`id], [INT]) as target',
}

async function scene(t: Test, script = streamScript, faults: Faults = {}) {
  const { load, rows, server } = await startLoadServer(t, script, { faults })
  const dir = t.testdir({ 'in.csv': `id\n${ids.map(([id]) => `${id}\n`).join('')}` })
  return {
    server,
    run: (delivery: DeliveryOptions, target: TargetOptions = { table: 'target' }, more = {}) =>
      load(join(dir, 'in.csv'), {
        target,
        delivery: { connections: 4, unordered: true, batchRows: 10, ...delivery },
        ...more,
      }),
    stored: () => rows('select * from target order by id'),
    dir,
  }
}

const ways: readonly DeliveryOptions[] = [{ mode: 'async' }, { mode: 'sync' }]

for (const [name, script] of Object.entries(scripts)) {
  t.test(`${name}: every row arrives once, with any confirmation`, async t => {
    for (const way of ways) {
      const sessions = new Set<string>()
      const { run, stored } = await scene(t, script, {
        before({ rows, sessionId }) {
          if (rows > 1) sessions.add(sessionId)
          return undefined
        },
      })
      const result = await run(way)
      t.match(
        result,
        { exitCode: 0, rows: { read: rowCount, confirmed: rowCount }, connections: 4 },
        JSON.stringify(way),
      )
      t.equal(sessions.size, 4, 'each connection has its share')
      t.equal(result.batches.sent, rowCount / 10)
      t.not(result.latencyMs.p50, null)
      t.strictSame(await stored(), ids)
    }
  })
}

t.test('without confirmation there is one connection', async t => {
  const notices: string[] = []
  const { run, stored } = await scene(t, streamScript)
  const onNotice = (notice: string): void => void notices.push(notice)
  const result = await run({ confirm: 'none', unordered: false }, undefined, { onNotice })
  t.match(result, { exitCode: 0, connections: 1, rows: { unconfirmed: rowCount } })
  t.match(notices.join('\n'), 'rows go over one connection, because nothing confirms them')
  t.strictSame(await stored(), ids)
})

t.test('after the first batch, the server works on as many batches at once', async t => {
  for (const way of [{ mode: 'async' }, { mode: 'sync' }] as const) {
    let begun = 0
    let waiting: (() => void)[] = []
    const { run, stored } = await scene(t, streamScript, {
      before({ rows }) {
        if (rows < 2 || ++begun === 1 || begun > 5) return undefined
        const until = new Promise<void>(resolve => waiting.push(resolve))
        if (waiting.length === 4) {
          for (const go of waiting) go()
          waiting = []
        }
        return { until }
      },
    })
    t.match(await run(way), { exitCode: 0, rows: { confirmed: rowCount } })
    t.strictSame(await stored(), ids)
  }
})

t.test('several connections need permission to change the order of rows', async t => {
  const scripts = [streamScript, 'share keyedTable(`id, 1:0, [`id], [INT]) as target']
  for (const script of scripts) {
    const { run } = await scene(t, script)
    t.match(await run({ unordered: false }), {
      exitCode: 64,
      rows: { confirmed: 0 },
      error: { message: /leave `delivery.connections` at 1/ },
    })
  }
})
