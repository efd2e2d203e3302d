/*
  Whether the table that a run ends with, and finds again, is the one that it wrote into: tables that are made again,
  servers that restart, other servers at the same port, and other users who fill what they have made.
*/
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect } from '../../src/client/open-session.js'
import type { DeliveryOptions, LoadOptions, LoadResult } from '../../src/load/options.js'
import { startServer, type EmbeddedServer, type Faults } from '../../src/server/index.js'
import { csv } from '../helpers/delivery.js'
import { startLoadServer } from '../helpers/load-server.js'
import { confirmations, targets, type TargetKind } from './same-table-targets.js'

const rowCount = 1_000

interface Scene {
  readonly load: (change?: Partial<LoadOptions>) => Promise<LoadResult>
  /** Runs a script as another user would. */
  readonly other: (script: string) => Promise<void>
  /** Another server takes the place of this one, as after a restart that kept nothing. */
  readonly restart: (initScript: string) => Promise<void>
  /** Another server, at a port of its own; later loads go there. */
  readonly move: (initScript: string) => Promise<void>
  readonly notices: string[]
}

async function scene(
  t: Test,
  kind: TargetKind,
  delivery: DeliveryOptions,
  faults: Faults = {},
): Promise<Scene> {
  const folder = t.testdir({ 'in.csv': csv(rowCount), state: {} })
  const first = await startLoadServer(t, kind.script, { faults })
  let server: EmbeddedServer = first.server
  const notices: string[] = []
  const begin = async (port: number, initScript: string): Promise<void> => {
    const started = await startServer({ port, initScript })
    t.teardown(() => started.close())
    server = started
  }
  return {
    notices,
    load: (change = {}) =>
      first.load(join(folder, 'in.csv'), {
        target: kind.target,
        runId: 'nightly',
        journal: { folder: join(folder, 'state') },
        onNotice: notice => void notices.push(notice),
        ...change,
        server: { host: server.host, port: server.port, user: 'admin', password: '123456' },
        delivery: { batchRows: 100, confirmTimeoutMs: 5_000, ...delivery, ...change.delivery },
      }),
    async other(script) {
      const { host, port } = server
      const session = await connect({ host, port, user: 'admin', password: '123456' })
      await session.run(script)
      await session.close()
    },
    async restart(initScript) {
      const { port } = server
      await server.close()
      await begin(port, initScript)
    },
    move: initScript => begin(0, initScript),
  }
}

interface Happening {
  readonly name: string
  readonly happens: (scene: Scene, kind: TargetKind) => Promise<void>
}

/** What becomes of the table after the run. */
const between: readonly Happening[] = [
  {
    name: 'the table is made again, and others fill it',
    happens: ({ other }, kind) => other(`${kind.remake}\n${kind.foreign(rowCount)}`),
  },
  {
    name: 'the table is made again, and gets one row of others',
    happens: ({ other }, kind) => other(`${kind.remake}\n${kind.foreign(1)}`),
  },
  {
    name: 'the server restarts, and others fill the table',
    happens: ({ restart }, kind) => restart(`${kind.script}\n${kind.foreign(rowCount)}`),
  },
  {
    name: 'another server has a table of that name, which others filled',
    happens: ({ move }, kind) => move(`${kind.script}\n${kind.foreign(rowCount)}`),
  },
]

for (const kind of targets) {
  for (const { name, delivery } of confirmations(kind)) {
    t.test(`${name} into a ${kind.name}`, async t => {
      const here = await scene(t, kind, delivery)
      t.match(await here.load(), { exitCode: 0 })
      if (kind.hasEvidence) {
        t.match(await here.load(), { exitCode: 0, error: null }, 'nothing has happened')
        t.equal(here.notices.at(-1), 'already loaded')
      }
      for (const { name, happens } of between) {
        await t.test(`when ${name}`, async t => {
          const there = await scene(t, kind, delivery)
          t.match(await there.load(), { exitCode: 0 })
          await happens(there, kind)
          const result = await there.load()
          t.match(result, { exitCode: 75, rows: { confirmed: 0, skipped: 0 } })
        })
      }
      // What is only counted is sent again by the next process, and of a function nobody knows what it wrote.
      if (name === 'count' || !kind.hasEvidence) return
      await t.test('when it was killed, and the table is made again', async t => {
        const leave = new AbortController()
        let batches = 0
        const faults: Faults = {
          afterExecute: ({ rows }) => {
            if (rows > 0 && ++batches === 5) setTimeout(() => leave.abort(), 300)
            return undefined
          },
          beforeExecute: ({ rows }) => (rows > 0 && batches >= 5 ? 'drop' : undefined),
        }
        const there = await scene(t, kind, { ...delivery, maxInFlightBytes: 500 }, faults)
        const killed = await there.load({ leave: leave.signal })
        t.match(killed, { exitCode: 130 })
        batches = -Infinity
        await there.other(`${kind.remake}\n${kind.foreign(rowCount)}`)
        const result = await there.load()
        t.match(result.exitCode === 75 || result.exitCode === 4, true, `code ${result.exitCode}`)
        t.equal(result.rows.confirmed + result.rows.skipped, 0)
      })
    })
  }
}

for (const kind of targets) {
  for (const { name, delivery } of confirmations(kind)) {
    for (const [what, foreign] of [
      ['', 0],
      [', and others fill it', rowCount],
    ] as const) {
      t.test(`${name} into a ${kind.name} that is made again in mid-run${what}`, async t => {
        let batches = 0
        const faults: Faults = {
          beforeExecute: ({ rows }) => {
            if (rows !== 100 || ++batches !== 6) return undefined
            return {
              until: here.other(`${kind.remake}\n${foreign > 0 ? kind.foreign(foreign) : ''}`),
            }
          },
        }
        const here = await scene(t, kind, { ...delivery, maxInFlightBytes: 500 }, faults)
        const result = await here.load()
        if (kind.hasEvidence) {
          t.ok([4, 75].includes(result.exitCode), `code ${result.exitCode}`)
          t.ok(result.rows.unconfirmed >= 500, `${result.rows.unconfirmed} rows unconfirmed`)
        }
        if (name !== 'count') t.match(await here.load(), { exitCode: 75 })
      })
    }
  }
}
