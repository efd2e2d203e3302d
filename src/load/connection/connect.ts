/* The connections of a run: to the first host that answers, within one time limit for all hosts, and again until a deadline. A node that is
   not the leader names the leader (`<NotLeader>host:port`, docs/protocol.md#high-availability). The run moves only to hosts that the user
   has named, so that a false server cannot redirect data and password. */
import { setMaxListeners } from 'node:events'
import { addressText, redirectIn, withoutBrackets } from '../../client/failure.js'
import type { ConnectOptions, ServerAddress } from '../../client/session-options.js'
import { defaultConnectTimeoutMs, openSession, type Session } from '../../client/open-session.js'
import { type LoginMemory, loginMethods } from '../../client/login/protection.js'
import { ConnectionError, DdbError, ServerError, option } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import type { Platform, Random } from '../../platform/platform.js'
import type { CheckedOptions } from '../checked-options.js'
import type { ServerTarget } from '../options.js'
import type { Run } from '../run.js'

type ConnectRules = Pick<ConnectOptions, 'highWaterBytes' | 'closeTimeoutMs' | 'enableAsync'> & {
  /** Deadline for all hosts, redirects and logins, by the platform's clock; default: as the server's options say, from now on. */
  deadlineMs?: number
  signal?: AbortSignal | undefined
}

/** Longest time that closing a session of this run may take without progress, ms. */
export const closeTimeoutMs = ({ confirmTimeoutMs }: CheckedOptions): number =>
  Math.min(30_000, confirmTimeoutMs)

export function connectDeadlineMs({ clock }: Platform, { connectTimeoutMs }: ServerTarget): number {
  return clock.nowMs() + (connectTimeoutMs ?? defaultConnectTimeoutMs)
}

/** Connects, and follows redirects. @throws {ConnectionError} DDB_CONNECT, also for an unnamed host @throws {ServerError} DDB_LOGIN */
export async function connectServer(
  platform: Platform,
  server: ServerTarget,
  { deadlineMs = connectDeadlineMs(platform, server), signal, ...limits }: ConnectRules = {},
): Promise<Session> {
  return followRedirects(server, async ({ otherHosts = [], ...session }) => {
    const addresses = [session, ...otherHosts]
    let failure: unknown
    for (const [index, { host, port }] of addresses.entries()) {
      // A silent host must leave time for the hosts after it.
      const leftMs = (deadlineMs - platform.clock.nowMs()) / (addresses.length - index)
      const connectTimeoutMs = Math.max(1, Math.ceil(leftMs))
      try {
        const options = { ...session, ...limits, host, port, connectTimeoutMs }
        return await openSession(signal ? { ...options, signal } : options, platform)
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error
        failure ??= error
      }
    }
    throw failure
  })
}

/** Opens a session within the time for connecting. @param node  the only one; default: the hosts in turn @throws as `connectServer` */
export function connectRun(
  { platform, server: known, checked, ending }: Run,
  { node, deadlineMs = Infinity, ...rules }: ConnectRules & { readonly node?: ServerAddress } = {},
): Promise<Session> {
  const server =
    node === undefined ? known : { ...known, host: node.host, port: node.port, otherHosts: [] }
  const { mode, confirm, maxInFlightBytes } = checked
  const isConfirmed = mode === 'sync' || confirm === 'auto'
  return connectServer(platform, server, {
    signal: ending.leaving,
    closeTimeoutMs: closeTimeoutMs(checked),
    highWaterBytes: Math.min(maxInFlightBytes, isConfirmed ? Infinity : mostUnconfirmedBytes),
    ...rules,
    deadlineMs: Math.min(deadlineMs, connectDeadlineMs(platform, server)),
  })
}

/** Limit for unconfirmed batches that wait in this process. The server would not be faster: the kernel buffers about as many bytes. */
const mostUnconfirmedBytes = 4 << 20

/** Opens the first data session early, because round trips may be long and it needs no earlier answer. Keeps one on the same node. */
export function openEarly(run: Run, { host, port }: ServerAddress): void {
  if (run.early?.host === host && run.early.port === port) return
  void run.early?.giveUp()
  const givenUp = new AbortController()
  const deadlineMs = run.platform.clock.nowMs() + run.checked.retryTimeoutMs
  const signal = AbortSignal.any([endOfStart(run), givenUp.signal])
  const session = connectRun(run, { node: { host, port }, deadlineMs, signal })
  const giveUp = async (): Promise<void> => {
    givenUp.abort(neverUsed())
    await session.then(opened => opened.abandon(neverUsed())).catch(() => undefined)
  }
  session.catch(() => undefined)
  run.early = { host, port, opening: [session], giveUp }
}

export function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

/** Limit of redirects in a row. A cluster whose leading node does not change needs only one. */
export const maxRedirects = 5

/** Calls `attempt` again with each address to which a call is redirected. @throws {ConnectionError} DDB_CONNECT, also after too many */
export async function followRedirects<T>(
  server: ServerTarget,
  attempt: (server: ServerTarget) => Promise<T>,
): Promise<T> {
  for (let followed = 0; ; followed++) {
    try {
      return await attempt(server)
    } catch (error) {
      const to = error instanceof ServerError ? redirectIn(error.received) : undefined
      if (to === undefined) throw error
      if (followed === maxRedirects) throw redirectedTooOften(to)
      server = redirected(server, to)
    }
  }
}

/** The same target at the redirect's address. @throws {ConnectionError} DDB_CONNECT if the user has not named that host */
export function redirected(server: ServerTarget, to: ServerAddress): ServerTarget {
  const known = [server, ...(server.otherHosts ?? [])].map(({ host, port }) => ({ host, port }))
  const named = [...known.map(({ host }) => host), ...(server.allowRedirect ?? [])]
  if (!named.map(comparable).includes(comparable(to.host))) {
    throw new ConnectionError(
      'DDB_CONNECT',
      `the server redirects to ${addressText(to.host, to.port)}, a host that was not named: ` +
        `add ${to.host} to ${option('server.allowRedirect')} if it belongs to the cluster`,
    )
  }
  // The previous host stays in the list, because it may become the leader again.
  const others = known.filter(({ host, port }) => host !== to.host || port !== to.port)
  const memory = server.loginMemory && memoryOfBoth(server.loginMemory, server)
  return { ...server, ...to, otherHosts: others, ...(memory && { loginMemory: memory }) }
}

/** A node gets no weaker login than the one that names it: anybody may listen on another port of a named host. */
const memoryOfBoth = (memory: LoginMemory, from: ServerAddress): LoginMemory => ({
  ...memory,
  best(host, port, user) {
    const both = [memory.best(host, port, user), memory.best(from.host, from.port, user)]
    return loginMethods.find(one => both.includes(one))
  },
  place: () => memory.place(from.host, from.port),
})

export function redirectedTooOften({ host, port }: ServerAddress): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `nodes redirect in turn, the last one to ${addressText(host, port)}: try again when the cluster has a leader`,
  )
}

const comparable = (host: string): string => withoutBrackets(host).toLowerCase()

/** Use it where the loss of a session does not matter, or is noticed elsewhere. @throws all errors but ConnectionError */
export function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
}

const firstDelayMs = 100
const longestDelayMs = 10_000

/** Delay before retry number `retry` (from 1): half fixed, half random, 0.1 to 10 s. @param growth  factor from one delay to the next */
export function retryDelayMs(retry: number, random: Random, growth = 2): number {
  const fullMs = Math.min(firstDelayMs * growth ** (retry - 1), longestDelayMs)
  return fullMs / 2 + (random.number() * fullMs) / 2
}

/** If the deadline leaves an attempt less time than this, the attempt's failure does not show what is wrong. */
const tellingMs = 1_000

/**
 * Calls `attempt`, which itself ends by the deadline, until a call succeeds. Throws the last meaningful failure if it must not be retried,
 * or if the next call would be too late. Without retries, nothing is retried, not even connecting. @param ended  ends all retries
 */
export async function tryUntil<T>(
  { checked, platform, ending }: Run,
  deadlineMs: number,
  attempt: () => Promise<T>,
  mayRetry: (error: unknown) => boolean,
  ended: AbortSignal = ending.leaving,
): Promise<T> {
  const { clock, random } = platform
  let before: unknown
  for (let retry = 1; ; retry++) {
    const startedMs = clock.nowMs()
    try {
      return await attempt()
    } catch (failure) {
      const endedMs = clock.nowMs()
      const isCut = endedMs >= deadlineMs && endedMs - startedMs < tellingMs
      const error = isCut ? (before ?? failure) : failure
      before = failure
      const delayMs = retryDelayMs(retry, random)
      const isLate = clock.nowMs() + delayMs >= deadlineMs
      if (checked.retries === 0 || isLate || ended.aborted || !mayRetry(error)) throw error
      await wait(clock, delayMs, ended)
      if (ended.aborted) throw error
    }
  }
}

/**
 * As `tryUntil`, before the first row. Tells the user once, and even the first signal to end the run ends it: there is nothing to shut down
 * cleanly yet.
 */
export function tryAtStart<T>(
  run: Run,
  deadlineMs: number,
  passes: (error: unknown) => boolean,
  attempt: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = endOfStart(run)
  let told = false
  const mayRetry = (error: unknown): boolean => {
    const again = passes(error) && !run.ending.stopped
    if (again && !told) run.reporter.notice(`${(error as Error).message} Trying again.`)
    told = true
    return again
  }
  return tryUntil(run, deadlineMs, () => attempt(ended), mayRetry, ended)
}

export function endOfStart({ options: { signal }, ending: { leaving } }: Run): AbortSignal {
  if (signal === undefined) return leaving
  const ended = AbortSignal.any([leaving, signal])
  // Every connection adds a listener.
  setMaxListeners(0, ended)
  return ended
}

/** Longest wait for the answer of the probe. If a server never answers, every run waits this long. */
const longestProbeMs = 5_000

/** Why a session cannot take asynchronous and answered requests, and is useless now (docs/protocol.md#asynchronous-requests). */
export async function whyNotMixed(session: Session, timeoutMs: number) {
  try {
    session.sendScript('ddbIngestMixed = 6')
    const options = { timeoutMs: Math.min(timeoutMs, longestProbeMs) }
    const answer = await session.run('ddbIngestMixed + 1', options)
    // If the server wrongly answers the statement, the answer is 6. Only the question yields 7.
    const isTaken = answer?.form === 'scalar' && answer.value === 7
    return isTaken ? undefined : new ServerError('a question did not see what was sent before it')
  } catch (error) {
    if (error instanceof DdbError) return error
    throw error
  }
}
