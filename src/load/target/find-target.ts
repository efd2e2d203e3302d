/* Finds server and target over a run's first connection. Waits for a server that is still starting, follows a cluster's redirects, and
   decides how many connections the run uses, and whether the server answers each batch. */
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ServerError, option, usageError } from '../../errors.js'
import {
  connectDeadlineMs,
  connectRun,
  followRedirects,
  ignoreLoss,
  tryUntil,
  whyNotMixed,
} from '../connection/connect.js'
import { createTarget, isThere } from './create-target.js'
import { isTransient } from '../outcomes/refusals.js'
import { describeTarget, type TargetDescription } from './describe-target.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { transformScript } from './transform.js'
import { laneScheme } from './lane-scheme.js'

/** Connects and describes the target. @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError} @throws {UsageError} */
export async function findTarget(run: Run, onConnected?: (control: Session) => void) {
  const deadlineMs = connectDeadlineMs(run.platform, run.server)
  const connect = async (deadlineMs: number, node?: ServerAddress): Promise<Session> => {
    const rules = { deadlineMs, signal: run.options.signal, ...(node && { node }) }
    const isEarly = (error: unknown): boolean =>
      error instanceof ConnectionError || isTransient(error)
    run.control = await waiting(run, deadlineMs, isEarly, () => connectRun(run, rules))
    onConnected?.(run.control)
    return run.control
  }
  return followRedirects(run.server, async server => {
    run.server = server
    await run.control?.close().catch(ignoreLoss)
    const first = await connect(deadlineMs)
    const target = await waiting(run, deadlineMs, isTransient, () => describeOrCreate(run))
    const again = (): Promise<Session> =>
      connect(connectDeadlineMs(run.platform, server), run.control)
    await chooseMode(run, first, again)
    await defineTransform(run)
    chooseConnections(run, target)
    return (run.target = target)
  })
}

async function describeOrCreate(run: Run): Promise<TargetDescription> {
  const { create, table } = run.options.target
  let description: TargetDescription
  try {
    description = await describeTarget(run)
  } catch (error) {
    if (create === undefined || !(error instanceof ServerError)) throw error
    if (error.code !== 'DDB_TARGET') throw error
    if (!(await isThere(run))) {
      const planned = await createTarget(run)
      return run.watch === undefined ? describeTarget(run) : planned
    }
    // Another process may have created it since.
    description = await describeTarget(run)
  }
  if (create !== undefined) run.reporter.notice(`"${table}" exists: nothing is created`)
  return description
}

/** Unless one session takes asynchronous and answered requests, each batch is answered. @throws {ConnectionError} @throws {TimeoutError} */
export async function chooseMode(run: Run, control: Session, reconnect: () => Promise<Session>) {
  if (run.checked.mode !== 'async') return
  let session = control
  for (let isFirst = true; ; isFirst = false) {
    const why = await whyNotMixed(session, run.checked.confirmTimeoutMs)
    if (why === undefined) return
    session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'it was given up after a question'))
    session = await reconnect()
    // A connection may have been lost for another reason.
    if (isFirst && why instanceof ConnectionError) continue
    run.checked = { ...run.checked, mode: 'sync' }
    return run.reporter.notice(
      `asynchronous and answered requests on one session failed (${why.message}): each batch is answered ` +
        `(${option('delivery.mode')} sync)`,
    )
  }
}

/** Checks before the first row that the server accepts the transform. @throws {ServerError} with the server's message */
async function defineTransform({ checked, control }: Run): Promise<void> {
  const { target, confirmTimeoutMs: timeoutMs } = checked
  if (target.kind === 'function' || target.transform === undefined) return
  try {
    await control!.run(transformScript(target.transform), { timeoutMs })
  } catch (error) {
    if (!(error instanceof ServerError) || isTransient(error)) throw error
    const { serverMessage, code, message } = error
    throw new ServerError(
      serverMessage,
      code === 'DDB_PRIVILEGE' ? code : 'DDB_SCRIPT',
      `the server rejects ${option('target.transform')}: ${message}`,
    )
  }
}

/** Waits for a server that refuses connections or is not ready, within the time for connecting. @throws {ServerError} DDB_UNAVAILABLE */
async function waiting<T>(
  run: Run,
  deadlineMs: number,
  passes: (error: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  const { options } = run
  const { leaving } = run.ending
  // The run has nothing to shut down cleanly yet, so even the first signal ends the pause.
  const ended = options.signal === undefined ? leaving : AbortSignal.any([leaving, options.signal])
  let told = false
  try {
    const mayRetry = (error: unknown): boolean => {
      const again = passes(error) && !run.ending.stopped
      if (again && !told) run.reporter.notice(`${(error as Error).message} Trying again.`)
      told = true
      return again
    }
    return await tryUntil(run, deadlineMs, attempt, mayRetry, ended)
  } catch (error) {
    if (!isTransient(error)) throw error
    throw new ServerError(
      error.serverMessage,
      'DDB_UNAVAILABLE',
      `the server is not ready (it says: ${error.serverMessage}): try again later`,
    )
  }
}

/** Uses one connection if it is unknown which rows belong together. @throws {UsageError} DDB_USAGE if rows may not lose their order */
function chooseConnections(run: Run, description: TargetDescription): void {
  const { checked, options, reporter } = run
  const scheme = laneScheme(description, checked.target)
  const why = typeof scheme === 'string' ? scheme : undefined
  run.lanes = typeof scheme === 'object' ? scheme : undefined
  if (checked.connections === 1) return
  const isUnproven = checked.mode === 'async' && checked.confirm === 'none'
  if (isUnproven || why !== undefined) {
    run.checked = { ...checked, connections: 1 }
    const because = isUnproven ? 'nothing confirms them' : `the target allows no more: ${why}`
    reporter.notice(`rows go over one connection, because ${because}`)
  }
  if (isUnproven) return
  if (description.isDivided === true || options.delivery?.unordered === true) return
  throw usageError(
    `over several connections rows arrive in a different order than they were read: allow this with ${option('delivery.unordered')}, ` +
      `or leave ${option('delivery.connections')} at 1`,
  )
}
