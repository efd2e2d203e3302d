/*
  The questions that a run asks before its data, the facts that it stores for each server and version, and the questions
  that later runs still ask.
*/
import t, { type Test } from 'tap'
import type { Session } from '../../../src/client/open-session.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { findTarget } from '../../../src/load/target/find-target.js'
import type { Run } from '../../../src/load/run.js'
import {
  requestedFaults,
  startServer,
  type Faults,
  type RequestInfo,
} from '../../../src/server/index.js'
import { streamScript } from '../../helpers/delivery.js'
import { testRun } from '../../helpers/load-run.js'
import { serverMemory, type TestMemory } from '../../helpers/server-memory.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

interface Asked {
  readonly run: Run
  /** Requests of the sessions that ask questions, without connect and login. */
  readonly requests: readonly string[]
  readonly notices: readonly string[]
}

async function scene(t: Test, fault?: string) {
  const requests: RequestInfo[] = []
  const faults: Faults = fault === undefined ? {} : requestedFaults(fault)
  const server = await startServer({
    port: 0,
    initScript: streamScript,
    faults: {
      beforeExecute(request) {
        requests.push(request)
        return faults.beforeExecute?.(request)
      },
    },
  })
  t.teardown(() => server.close())
  return async (
    memory: TestMemory | undefined,
    change: Partial<LoadOptions> = {},
  ): Promise<Asked> => {
    requests.length = 0
    const notices: string[] = []
    const opened: Session[] = []
    const run = testRun(
      {
        server: {
          host: '127.0.0.1',
          port: server.port,
          ...(memory === undefined ? {} : { serverMemory: memory }),
        },
        onNotice: notice => notices.push(notice),
        ...change,
      },
      systemPlatform,
    )
    await findTarget(run, session => opened.push(session))
    for (const session of opened) await session.close().catch(() => undefined)
    const asked = requests.filter(({ kind }) => kind !== 'connect')
    return { run, notices, requests: asked.map(({ text }) => text) }
  }
}

const usual = ['version()', 'schema(target)']
const probe = [
  'ddbIngestMixed = 6',
  'ddbIngestProduct = ddbIngestMixed * 7',
  'ddbIngestProduct + 1',
]

t.test('only the first run asks', async t => {
  const find = await scene(t)
  const memory = serverMemory()
  const first = await find(memory)
  t.strictSame(first.requests, [...usual, ...probe])
  t.match(memory.kept, [{ known: { facts: { mixedFlags: true }, users: {} } }])
  t.strictSame((await find(memory)).requests, usual)
  t.equal(memory.kept.length, 1, 'nothing is learned, nothing is kept')
  t.strictSame(first.run.server.facts, { mixedFlags: true })
  t.strictSame(first.notices, [])
})

t.test('without a memory every run asks and works', async t => {
  const find = await scene(t)
  for (let run = 0; run < 2; run++) {
    t.strictSame((await find(undefined)).requests, [...usual, ...probe])
  }
})

t.test('in sync mode the run does not mix requests and asks nothing', async t => {
  const find = await scene(t, 'mixedStall')
  const { requests, notices } = await find(serverMemory(), { delivery: { mode: 'sync' } })
  t.strictSame(requests, usual)
  t.strictSame(notices, [])
})

t.test('the refusal of a server is remembered, together with the alternative', async t => {
  const find = await scene(t, 'mixedRefuse')
  const memory = serverMemory()
  const { run, notices } = await find(memory)
  t.equal(memory.kept.length, 1)
  t.match(memory.kept, [{ known: { facts: { mixedFlags: false } } }])
  t.match(run.server.dataSession, { enableAsync: true })
  t.match(notices, [/data goes out as official clients send it/])
  const later = await find(memory)
  t.strictSame(later.requests, usual)
  t.strictSame(later.notices, notices, 'the notice is repeated at every run')
  t.match(later.run.server.dataSession, { enableAsync: true })
})

t.test('an answer that did not come in time is not stored', async t => {
  const find = await scene(t, 'mixedStall')
  const memory = serverMemory()
  for (let run = 0; run < 2; run++) {
    const { notices, run: found } = await find(memory)
    t.match(notices, [/did not show in time/])
    t.match(found.server.dataSession, { enableAsync: true })
  }
  t.strictSame(memory.kept, [])
})

t.test('facts about a different version are ignored', async t => {
  const find = await scene(t)
  const memory = serverMemory({ version: '1.30.0', facts: { mixedFlags: false }, users: {} })
  t.strictSame((await find(memory)).requests, [...usual, ...probe])
  t.match(memory.kept, [{ known: { version: /^3\./, facts: { mixedFlags: true } } }])
})

t.test('if a server hides its version, the run asks and stores nothing', async t => {
  const server = await startServer({
    port: 0,
    initScript: streamScript,
    faults: {
      beforeExecute: ({ text, mixed }) => {
        if (text === 'version()') return { error: 'no' }
        return mixed ? 'drop' : undefined
      },
    },
  })
  t.teardown(() => server.close())
  const memory = serverMemory()
  const { port } = server
  const options = { server: { host: '127.0.0.1', port, serverMemory: memory } }
  const run = testRun(options, systemPlatform)
  const [control] = await findTarget(run, () => undefined)
  t.match(run.server.dataSession, { enableAsync: true })
  t.strictSame(memory.kept, [])
  await control.close()
})

t.test('a memory that fails is reported and does not fail the run', async t => {
  const find = await scene(t)
  const fails = (): never => {
    throw new Error('disk full')
  }
  const { run, notices } = await find({ kept: [], known: fails, keep: fails })
  t.strictSame(run.server.facts, { mixedFlags: true })
  t.strictSame(
    notices,
    Array<string>(2).fill('facts about the server cannot be read or saved: disk full'),
  )
})
