/* Simultaneous runs: two with the same name, and two with similar names. */
import { Readable } from 'node:stream'
import t from 'tap'
import { ledgerName } from '../../../src/load/register/register.js'
import type { DeliveryOptions, LoadOptions, LoadResult } from '../../../src/load/options.js'
import { csv, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { claimName, namedRun } from '../../helpers/register.js'
import { deepTest } from '../../helpers/runs.js'

const rowCount = 5_000

/** Delivers its second half only after `opened` resolves. */
async function* halting(firstId: number, half: () => void, opened: Promise<unknown>) {
  const [header, ...rows] = csv(rowCount)
    .trimEnd()
    .split('\n')
    .map((row, i) => (i === 0 ? row : row.replace(/^\d+/, id => String(Number(id) + firstId))))
  yield `${header}\n${rows.slice(0, rowCount / 2).join('\n')}\n`
  half()
  await opened
  yield `${rows.slice(rowCount / 2).join('\n')}\n`
}

/** Two runs into one table. Neither reads its second half before the other has read its first half or has ended. */
async function pair(
  here: LoadServer,
  runIds: readonly [string, string],
  delivery: DeliveryOptions,
): Promise<LoadResult[]> {
  const gates = [closedGate(), closedGate()]
  const both = Promise.all(gates.map(({ opened }) => opened))
  return Promise.all(
    runIds.map(async (runId, i) => {
      const gate = gates[i]!
      const stdin = Readable.from(halting(i * rowCount, () => gate.open(), both))
      const options: Partial<LoadOptions> = {
        target: { table: 'target' },
        runId,
        input: { format: 'csv', stdin },
        delivery: { batchRows: 100, ...delivery },
      }
      const result = await here.load('-', options)
      gate.open()
      return result
    }),
  )
}

const deliveries: readonly (readonly [string, DeliveryOptions])[] = [
  ['receipts', { mode: 'async' }],
  ['sync', { mode: 'sync' }],
]

async function sharedTables(here: LoadServer): Promise<string[]> {
  const names = await here.rows('select name from objs(true) where shared=true')
  return names.flat().filter(name => name.startsWith('ddbIngestLedger'))
}

for (const [name, delivery] of deliveries) {
  t.test(`two runs with the same name: one loads, the other sends no row: ${name}`, async t => {
    const here = await startLoadServer(t, streamScript)
    const results = await pair(here, ['nightly', 'nightly'], delivery)
    const winner = results.findIndex(({ exitCode }) => exitCode === 0)
    t.match(results[winner], { exitCode: 0, rows: { read: rowCount, confirmed: rowCount } })
    t.match(results[1 - winner], {
      exitCode: 75,
      error: { code: 'DDB_LOCKED', message: /"nightly"/ },
      rows: { read: 0, confirmed: 0, unconfirmed: 0, unsent: 0 },
      batches: { sent: 0 },
    })
    const expected = upTo(rowCount).map(id => id + winner * rowCount)
    t.same(await ids(here), expected, 'its rows, each once')
    t.same(await sharedTables(here), [], 'nothing is left on the server')
  })

  deepTest(t, `names that differ in one character do not affect each other: ${name}`, async t => {
    const here = await startLoadServer(t, streamScript)
    for (const result of await pair(here, ['a-b', 'a_b'], delivery)) {
      t.match(result, { exitCode: 0, rows: { read: rowCount, confirmed: rowCount } })
    }
    t.same(await ids(here), upTo(2 * rowCount), 'all rows of both, each once')
    t.same(await sharedTables(here), [])
  })
}

deepTest(t, 'if two runs find no register, the one that was replaced sends no row', async t => {
  for (const [name, delivery] of deliveries) {
    let marked = false
    let replaced: Promise<unknown> | undefined
    const other = namedRun('nightly', 7n)
    // It found no register either, and therefore shares its own.
    const otherRun = async (): Promise<void> => {
      await here.session.run('undef("ddbIngestRuns2", SHARED)')
      await claimName(here.session, other)
    }
    const here = await startLoadServer(t, streamScript, {
      before: ({ text }) => {
        const answer = (): undefined => void (marked ||= text.includes('share(keyedStreamTable('))
        if (!marked || replaced !== undefined) return { answer }
        replaced = Promise.resolve().then(otherRun)
        return { until: replaced }
      },
    })
    const result = await here.load('-', {
      runId: 'nightly',
      input: { format: 'csv', stdin: Readable.from([csv(1)]) },
      delivery,
    })
    t.match(result, { exitCode: 75, error: { code: 'DDB_LOCKED' }, batches: { sent: 0 } }, name)
    t.same(await here.count('target'), 0)
    t.same(await sharedTables(here), [ledgerName(7n, 1)], 'the ledger of the other run stays')
  }
})
