/* Runs `selftest`: connects, runs the checks one by one, and removes what they created, all within one time limit. */
import type { Session } from '../client/open-session.js'
import { DdbError, ServerError, TimeoutError } from '../errors.js'
import { connectDeadlineMs, connectServer } from '../load/connection/connect.js'
import { askIdle } from '../load/connection/server-queries.js'
import type { ServerTarget } from '../load/options.js'
import type { Platform } from '../platform/platform.js'
import { wait } from '../platform/clocks.js'
import { fail, numberOf, textOf } from './answers.js'
import {
  type Check,
  type CheckResult,
  type Outcome,
  type SelftestResult,
  interrupted,
  runCheck,
} from './check.js'
import { asynchronousChecks } from './checks/asynchronous.js'
import { createChecks, dfsChecks } from './checks/dfs.js'
import { insertChecks, openQuestionChecks, refusalChecks } from './checks/memory.js'
import { functionViewChecks, receiptChecks } from './checks/receipts.js'
import { connectionChecks, jobChecks, loginChecks } from './checks/sessions.js'
import { checksOf } from './checks/steps.js'
import { typeChecks } from './checks/types.js'
import {
  type TestObject,
  isOwn,
  listObjects,
  newStamp,
  removalScript,
  removeTestObjects,
} from './leftovers.js'

const leftoverChecks = checksOf('leftovers', 'the tables of runs: they have to go again', {
  'what was removed is gone': async ({ control, signal, stamp, serverMs }) => {
    const own = (await listObjects(control, signal)).filter(({ name }) => isOwn(name, stamp))
    if (own.length > 0) fail(`still there: ${own.map(({ name }) => name).join(', ')}`)
    const left = await removeTestObjects(control, stamp, serverMs(), signal)
    if (left.length === 0) return
    return `this user cannot remove ${left.map(({ name }) => name).join(', ')}`
  },
})

/** In the order of execution. The last ones check that `selftest` leaves nothing on the server. */
export const allChecks: readonly Check[] = [
  ...[...connectionChecks, ...loginChecks, ...typeChecks, ...insertChecks, ...refusalChecks],
  ...[...asynchronousChecks, ...receiptChecks, ...jobChecks],
  ...[...openQuestionChecks, ...functionViewChecks, ...dfsChecks, ...createChecks],
  ...leftoverChecks,
]

export interface SelftestOptions {
  readonly server: ServerTarget
  readonly platform: Platform
  /** Time limit for the whole run, including the clean-up. */
  readonly timeoutMs: number
  /** Default: all. */
  readonly checks?: readonly Check[]
  /** Ends the run cleanly: the run skips the remaining checks and removes its objects. */
  readonly signal?: AbortSignal
}

/** The most time to reserve for the clean-up. */
const longestCleanUpMs = 6_000
const cleanUpShare = 1 / 6
const answerTimeoutMs = 3_000
const closeTimeoutMs = 1_000
/** Ten years. A larger difference between the server's clock and ours is ignored. */
const mostAheadMs = 315_360_000_000
/** Pause before asking again whether requests are still running. */
const jobPauseMs = 50

type Run = ReturnType<typeof newRun>

/** What it shares with its checks: `made` are the objects of all of them that may still exist. */
function newRun(options: SelftestOptions) {
  const { platform, timeoutMs } = options
  const { clock, random } = platform
  const endMs = clock.nowMs() + timeoutMs
  return {
    ...options,
    stamp: newStamp(random, clock.wallMs()),
    serverMs: (): number => clock.wallMs(),
    endMs,
    checksEndMs: endMs - Math.min(longestCleanUpMs, timeoutMs * cleanUpShare),
    made: [] as TestObject[],
    control: undefined as Session | undefined,
    /** Ids of abandoned control sessions. Their requests may still be running on the server. */
    givenUp: [] as string[],
    /** Why further requests to the server are useless; undefined while the server answers. */
    lost: undefined as string | undefined,
  }
}

/**
 * @throws {ConnectionError} DDB_CONNECT if no server answers
 * @throws {ServerError} DDB_LOGIN if the login fails, or if no user is given and the server does not serve guests
 */
export async function selftest(options: SelftestOptions): Promise<SelftestResult> {
  const { platform, server, signal } = options
  const run = newRun(options)
  const deadlineMs = Math.min(connectDeadlineMs(platform, server), run.checksEndMs)
  run.control = await connectServer(platform, server, { deadlineMs, signal, closeTimeoutMs })
  try {
    const serverVersion = await versionOf(run, run.control)
    const checks = await tryAll(run, options.checks ?? allChecks)
    const left = await cleanUp(run)
    const counts = { pass: 0, fail: 0, skipped: 0 }
    for (const { status } of checks) counts[status]++
    return { serverVersion, checks, counts, left }
  } finally {
    await run.control?.close().catch(() => undefined)
  }
}

/** @throws {ServerError} DDB_LOGIN from a server that does not serve guests */
async function versionOf(run: Run, control: Session): Promise<string | null> {
  const { clock, random } = run.platform
  const options = { timeoutMs: timeLeftMs(run), ...(run.signal && { signal: run.signal }) }
  try {
    const version = await control.run('version()', { ...options, urgent: true })
    // Negative if the server's clock is behind ours.
    const aheadMs = numberOf(await control.run('now()', options)) - clock.wallMs()
    if (Math.abs(aheadMs) < mostAheadMs) run.serverMs = () => clock.wallMs() + aheadMs
    run.stamp = newStamp(random, run.serverMs())
    return textOf(version)
  } catch (error) {
    if (!(error instanceof DdbError) || error.code === 'DDB_LOGIN') throw error
    return null
  }
}

/** How long to wait for one answer outside the checks, ms. */
function timeLeftMs({ platform, checksEndMs }: Run): number {
  return Math.max(1, Math.min(answerTimeoutMs, Math.ceil(checksEndMs - platform.clock.nowMs())))
}

async function tryAll(run: Run, checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of checks) {
    const hasFailed = results.some(({ status }) => status === 'fail')
    const obstacle = await obstacleTo(run, hasFailed)
    const outcome = obstacle ?? (await tryOne(run, check))
    results.push({ name: check.name, ...outcome })
  }
  return results
}

/** @returns why the check cannot run @param hasFailed  if an earlier check failed, a lost server makes this one skipped, not failed */
async function obstacleTo(run: Run, hasFailed: boolean): Promise<Outcome | undefined> {
  const isInterrupted = (): boolean => run.signal?.aborted === true
  if (isInterrupted()) return interrupted
  if (run.platform.clock.nowMs() >= run.checksEndMs) {
    return { status: 'skipped', reason: 'the time limit was reached' }
  }
  if (run.lost === undefined && !isOpen(run.control)) await reconnect(run)
  if (isInterrupted()) return interrupted
  if (run.lost === undefined) return undefined
  return { status: hasFailed ? 'skipped' : 'fail', reason: run.lost }
}

const isOpen = (session: Session | undefined): session is Session =>
  session !== undefined && !session.closed

async function reconnect(run: Run): Promise<void> {
  const { platform, server, signal } = run
  try {
    const deadlineMs = platform.clock.nowMs() + timeLeftMs(run)
    run.control = await connectServer(platform, server, { deadlineMs, signal, closeTimeoutMs })
    await run.control.run('1', { timeoutMs: timeLeftMs(run), ...(signal && { signal }) })
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // The run continues after a refusal, because the checks themselves report it.
    if (isOpen(run.control) && error instanceof ServerError) return
    run.lost = `the server does not answer any more: ${error.message}`
    giveUp(run)
  }
}

function giveUp(run: Run): void {
  if (run.control !== undefined) run.givenUp.push(run.control.id)
  run.control?.abandon(new TimeoutError('the server did not answer'))
  run.control = undefined
}

async function tryOne(run: Run, check: Check): Promise<Outcome> {
  const given = { ...run, control: run.control! }
  const { outcome, endedInTime } = await runCheck(check, run.checksEndMs, run.signal, given)
  // Does not reuse this session, because its next request would wait for the missing answer.
  if (!endedInTime) giveUp(run)
  else await removeMade(run)
  return outcome
}

/** Removes objects that checks have created. Objects that remain are removed at the end of the run. */
async function removeMade(run: Run): Promise<void> {
  if (run.made.length === 0 || !isOpen(run.control)) return
  try {
    await run.control.run(removalScript(run.made), { timeoutMs: answerTimeoutMs })
    run.made.length = 0
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    if (!(error instanceof ServerError)) giveUp(run)
  }
}

/** Waits for the requests of abandoned sessions, because they could create objects after the last clean-up. */
async function awaitGivenUp(
  { platform, givenUp, endMs }: Run,
  control: Session,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = platform
  const untilMs = (clock.nowMs() + endMs) / 2
  for (const id of givenUp) {
    while (clock.nowMs() < untilMs) {
      const timeoutMs = Math.max(1, Math.ceil(untilMs - clock.nowMs()))
      const idle = await askIdle({ session: control, timeoutMs }, id)
      if (idle !== false) break
      await wait(clock, jobPauseMs, signal)
    }
  }
}

/** @returns names of this run's objects that exist, or that may exist */
async function cleanUp(run: Run): Promise<string[]> {
  const { platform, server, stamp, endMs } = run
  const { clock } = platform
  const expected = [...run.made]
  const ending = new AbortController()
  const { signal } = ending
  const timer = clock.after(Math.max(1, endMs - clock.nowMs()), () => ending.abort())
  try {
    const control = isOpen(run.control)
      ? run.control
      : await connectServer(platform, server, { deadlineMs: endMs, signal, closeTimeoutMs })
    run.control = control
    await awaitGivenUp(run, control, signal)
    if (expected.length > 0) await control.run(removalScript(expected), { signal })
    const left = await removeTestObjects(control, stamp, run.serverMs(), signal)
    return left.map(({ name }) => name).filter(name => isOwn(name, stamp))
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    giveUp(run)
    return expected.map(({ name }) => name)
  } finally {
    timer.cancel()
  }
}
