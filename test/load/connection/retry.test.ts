import t from 'tap'
import { retryDelayMs, tryUntil, type RetryRules } from '../../../src/load/connection/retry.js'
import { handClock, leapingClock } from '../../helpers/clocks.js'

/** The random draws that give the longest pauses, the shortest pauses, and pauses in between. */
const random = (number: number) => ({ number: () => number, bytes: () => new Uint8Array() })

function rulesOf(change: Partial<RetryRules> = {}): RetryRules {
  return {
    retries: 5,
    reconnectMs: 60_000,
    clock: leapingClock(),
    random: random(1),
    ended: new AbortController().signal,
    ...change,
  }
}

/** A connection attempt that always fails; records the time of each attempt. */
async function failing(
  deadlineMs: number,
  rules: RetryRules,
  mayRetry: (error: unknown) => boolean = () => true,
) {
  const triedAtMs: number[] = []
  const errors: Error[] = []
  let thrown: unknown
  await tryUntil(
    deadlineMs,
    rules,
    () => {
      triedAtMs.push(rules.clock.nowMs())
      errors.push(new Error(`try ${errors.length + 1}`))
      return Promise.reject(errors.at(-1)!)
    },
    mayRetry,
  ).catch((error: unknown) => (thrown = error))
  return { triedAtMs, errors, thrown }
}

t.test('pauses grow from 0.1 to 10 seconds, and half of each is random', async t => {
  const longest = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]
  t.same(
    longest.map((_, i) => retryDelayMs(i + 1, random(1))),
    longest,
  )
  t.same(
    longest.map((_, i) => retryDelayMs(i + 1, random(0))),
    longest.map(ms => ms / 2),
  )
  t.equal(retryDelayMs(1_000, random(1)), 10_000, 'for any number of tries')
  t.same(
    [1, 2, 3, 4, 5].map(retry => retryDelayMs(retry, random(1), 4)),
    [100, 400, 1_600, 6_400, 10_000],
  )
})

t.test('attempts continue until the deadline, even if batches have few retries', async t => {
  const { triedAtMs, errors, thrown } = await failing(60_000, rulesOf({ retries: 1 }))
  t.same(triedAtMs, [0, 100, 300, 700, 1_500, 3_100, 6_300, 12_700, 22_700, 32_700, 42_700, 52_700])
  t.equal(thrown, errors.at(-1), 'the last error is thrown')
})

t.test('no attempt begins at or after the deadline', async t => {
  t.same((await failing(299, rulesOf())).triedAtMs, [0, 100])
  t.same((await failing(300, rulesOf())).triedAtMs, [0, 100])
  t.same((await failing(301, rulesOf())).triedAtMs, [0, 100, 300])
  t.same((await failing(0, rulesOf())).triedAtMs, [0], 'there is always one try')
})

t.test('permanent failures are not retried', async t => {
  const { triedAtMs, errors, thrown } = await failing(
    60_000,
    rulesOf(),
    error => (error as Error).message !== 'try 3',
  )
  t.equal(triedAtMs.length, 3)
  t.equal(thrown, errors[2])
})

t.test('a run that leaves ends the pause and makes no more attempts', async t => {
  const ending = new AbortController()
  const clock = handClock()
  const trying = failing(60_000, rulesOf({ clock, ended: ending.signal }))
  while (clock.timers === 0) await Promise.resolve()
  ending.abort()
  const { triedAtMs, errors, thrown } = await trying
  t.same(triedAtMs, [0])
  t.equal(thrown, errors[0])
  t.equal(clock.timers, 0)
})

t.test('if the deadline ends an attempt, the error of the previous one is thrown', async t => {
  for (const [leftMs, message] of [
    [1, /refused/],
    [900, /refused/],
    [1_500, /not within 1500 ms/],
  ] as const) {
    const clock = leapingClock()
    const pass = (ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))
    let tries = 0
    const attempt = async (): Promise<void> => {
      const pauseMs = 50
      await pass(tries++ === 0 ? 3_000 - leftMs - pauseMs : leftMs)
      throw new Error(tries === 1 ? 'refused' : `not within ${leftMs} ms`)
    }
    const trying = tryUntil(3_000, rulesOf({ clock, random: random(0) }), attempt, () => true)
    await t.rejects(trying, { message })
    t.equal(tries, 2)
  }
})
