/*
  Runs that end otherwise: interrupted, without answers, with nonsense; and what others have left.
*/
import t, { type Test } from 'tap'
import { systemPlatform } from '../../src/platform/system.js'
import { allChecks } from '../../src/selftest/checks/all-checks.js'
import { selftest } from '../../src/selftest/selftest.js'
import { newStamp, throwAwayName } from '../../src/selftest/throw-away-name.js'
import { startFakeServer, type FakePeer, type Received } from '../helpers/fake-server.js'
import { useTurnClock } from '../helpers/turn-clock.js'
import { namesOn, trySelftest } from './run-selftest.js'

useTurnClock()

const hourMs = 3_600_000

t.test('an interrupted run leaves nothing, wherever it is', async t => {
  for (const name of [
    'insert: upsert!',
    'receipts: R5, a claim is one step',
    'function view: listed',
    'dfs: upsert!',
  ]) {
    const interruption = new AbortController()
    let reachedAt: string | undefined
    const { server, result } = await trySelftest(t, {
      names: [name, 'leftovers: what was removed is gone'],
      options: { signal: interruption.signal },
      server: {
        faults: {
          beforeExecute({ text, kind }) {
            // What was made before is there, and the check still waits.
            if (
              kind === 'connect' ||
              !/^(select|exec|tableInsert\{|tableUpsert|ddbIngestTestTable)/.test(text)
            )
              return undefined
            reachedAt ??= text
            interruption.abort()
            return undefined
          },
        },
      },
    })
    t.ok(reachedAt, name)
    t.strictSame(namesOn(server), [], name)
    t.strictSame(result.left, [])
    t.match(result.checks, [
      { status: 'skipped', reason: 'the run was interrupted' },
      { status: 'skipped', reason: 'the run was interrupted' },
    ])
  }
})

t.test('an interruption between two checks skips the rest', async t => {
  const interruption = new AbortController()
  const { result, server } = await trySelftest(t, {
    names: ['connection: version()', 'insert: an empty table', 'insert: upsert!'],
    options: {
      signal: interruption.signal,
      onCheck: ({ name }) => {
        if (name === 'insert: an empty table') interruption.abort()
      },
    },
  })
  t.strictSame(
    result.checks.map(({ status }) => status),
    ['pass', 'pass', 'skipped'],
  )
  t.strictSame(namesOn(server), [])
})

t.test('a request that is never answered costs its check and no other', async t => {
  const names = ['insert: upsert!', 'insert: exec count(*) counts']
  const { server, failed, result, of } = await trySelftest(t, {
    names,
    server: {
      faults: {
        afterExecute: ({ text }) => (text.startsWith('upsert!') ? 'drop' : undefined),
      },
    },
  })
  t.strictSame(failed, [names[0]])
  t.equal(of(names[0]!)?.reason, 'no result within 5000 ms')
  t.equal(of(names[1]!)?.status, 'pass')
  t.strictSame(result.left, [])
  t.strictSame(namesOn(server), [])
})

t.test('a table that is made after its check was given up goes, too', async t => {
  let release: (value: unknown) => void = () => undefined
  const held = new Promise(resolve => (release = resolve))
  const share = /^share\(/
  let isMade = false
  const { server, failed, result } = await trySelftest(t, {
    names: ['insert: an empty table'],
    server: {
      faults: {
        beforeExecute({ text }) {
          // The run asks whether it is still under way.
          if (text.includes('getConsoleJobs()')) setImmediate(release)
          return share.test(text) ? { until: held } : undefined
        },
        afterExecute: ({ text }) => {
          if (share.test(text)) isMade = true
          return undefined
        },
      },
    },
  })
  t.strictSame(failed, ['insert: an empty table'])
  t.ok(isMade)
  t.strictSame(result.left, [])
  t.strictSame(namesOn(server), [])
})

/** @returns the result, and how long it took by the clock of the limits */
async function tryFake(
  t: Test,
  onRequest: (received: Received, peer: FakePeer) => void,
): ReturnType<typeof selftest> {
  const fake = await startFakeServer(onRequest)
  t.teardown(() => fake.close())
  const beganMs = performance.now()
  const result = await selftest({
    server: { host: '127.0.0.1', port: fake.port },
    platform: systemPlatform,
    timeoutMs: 30_000,
  })
  t.ok(performance.now() - beganMs <= 30_100, 'it ends in its limit')
  return result
}

t.test('a server that says nothing', async t => {
  const result = await tryFake(t, () => undefined)
  t.equal(result.serverVersion, null)
  t.equal(result.checks.length, allChecks.length)
  const silence = result.checks.findIndex(({ reason }) => reason === 'no result within 5000 ms')
  t.equal(silence, 1, 'the first check that asks a question')
  for (const { name, status, reason } of result.checks.slice(silence + 1)) {
    t.equal(status, 'skipped', name)
    t.match(reason, /^the server does not answer any more: /)
  }
})

t.test('a server that answers nonsense', async t => {
  const result = await tryFake(
    t,
    (_, peer) => void peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  t.equal(result.counts.pass, 0)
  t.ok(result.counts.fail >= 1, 'this is no success')
})

t.test('a server that tells no time', async t => {
  const { failed, result } = await trySelftest(t, {
    names: ['insert: an empty table', 'leftovers: what was removed is gone'],
    toClient: (chunk, sent) =>
      sent.endsWith('\nnow()') ? `${chunk.slice(0, -8)}\xff\xff\xff\xff\xff\xff\xff\x7f` : chunk,
  })
  t.strictSame(failed, [])
  t.strictSame(result.left, [])
})

t.test('a server that ends in the middle of an answer', async t => {
  const result = await tryFake(t, (_, { socket }) => socket.end('1000000002 1 1\nOK\n\x04'))
  t.equal(result.counts.pass, 0)
  t.ok(result.counts.fail >= 1, 'this is no success')
})

t.test('a server that never ends an answer costs no more than the limit', async t => {
  const names = ['receipts: R15, what a cancelled batch leaves', 'insert: upsert!']
  const never = new Promise(() => undefined)
  const { result, server } = await trySelftest(t, {
    names,
    options: { timeoutMs: 3_000 },
    server: {
      faults: {
        beforeExecute: ({ text }) => (text.startsWith('share(') ? { until: never } : undefined),
      },
    },
  })
  t.strictSame(
    result.checks.map(({ status }) => status),
    ['fail', 'skipped'],
  )
  t.strictSame(namesOn(server), [])
})

t.test('leftovers of others', async t => {
  // The server's clock may show the time of any zone.
  const now = Date.now()
  const names = Object.fromEntries(
    Object.entries({ old: 48 * hourMs, young: hourMs, fresh: 0 }).map(([age, ms]) => [
      age,
      throwAwayName(newStamp(systemPlatform.random, now - ms), 'target'),
    ]),
  ) as Record<'old' | 'young' | 'fresh', string>
  const others = [
    names.young,
    names.fresh,
    'ddbIngestTest_mine',
    `${names.old}_more`,
    names.old.replace('ddbIngestTest_', 'ddbIngest_'),
    names.old.replace(/_\d{14}_/, '_20200231250000_'),
    `x${names.old}`,
  ]
  const share = (name: string): string => `share(streamTable(1:0, [\`v], [INT]), "${name}")\n`
  const { server, failed } = await trySelftest(t, {
    names: ['leftovers: what earlier tests have left'],
    server: {
      initScript: `${[names.old, ...others].map(share).join('')}
database("dfs://${names.old}", VALUE, 1..3)
database("dfs://${names.fresh}", VALUE, 1..3)
def ${names.old}View(x) { return x }
addFunctionView(${names.old}View)
def ${names.fresh}View(x) { return x }
addFunctionView(${names.fresh}View)`,
    },
  })
  t.strictSame(failed, [])
  t.strictSame(
    namesOn(server).sort(),
    [...others, `dfs://${names.fresh}`, `${names.fresh}View`].sort(),
    'nothing but what is a day old and has exactly such a name is gone',
  )
})

t.test('two runs at once leave each other alone', async t => {
  const results = await Promise.all([trySelftest(t, {}), trySelftest(t, {})])
  for (const { failed, server } of results) {
    t.strictSame(failed, [])
    t.strictSame(namesOn(server), [])
  }
})
