/* One run from options to result: opens the inputs, connects, finds the target, chooses how batches are sent and confirmed (as the options
   request, if the server allows it), delivers them and reports. Has the way without confirmation. */
import { ConnectionError, DdbError, option, ServerError, usageError } from '../errors.js'
import type { Clock, Platform } from '../platform/platform.js'
import { awakeClock, wait } from '../platform/clocks.js'
import {
  connectDeadlineMs,
  connectRun,
  followRedirects,
  ignoreLoss,
  openEarly,
  tryAtStart,
  whyNotMixed,
} from './connection/connect.js'
import { endJournal, runPipeline } from './pipeline.js'
import type { LoadOptions, LoadResult, ServerTarget } from './options.js'
import { journalPath } from './journal/journals.js'
import { checkSoleProcess } from './register/sole-process.js'
import { lookFirst } from './evidence/first-look.js'
import { isInDoubt, recordGone, remedies, targetChanged } from './journal/changed-run.js'
import { checkName } from './register/register.js'
import { checkedOptions } from './checked-options.js'
import { Recorder, takeRowsBack } from './outcomes/recorder.js'
import { loadResult } from './result.js'
import { type Delivery, type Inputs, newRun, type Run, type RunParts } from './run.js'
import type { Session } from '../client/open-session.js'
import { settingAdvice } from '../client/failure.js'
import type { Evidence } from './evidence/evidence.js'
import { writeExpression } from './target/target.js'
import { ReceiptNode } from './transport/receipt-node.js'
import { ReceiptWatcher, silenceError } from './transport/watcher.js'
import { isTransient, refusalText } from './outcomes/refusals.js'
import { createTarget, isThere } from './target/create-target.js'
import { describeTarget, type TargetDescription } from './target/describe-target.js'
import { transformScript } from './target/transform.js'
import { laneScheme } from './target/lane-scheme.js'

/** As `load`, for inputs or the rows of `parts`. */
export async function loadOn(platform: Platform, options: LoadOptions, parts?: RunParts) {
  const checked = checkedOptions(options, platform.random)
  const clock = awakeClock(platform.clock)
  try {
    const { journal, ...others } = options
    const { mode, confirm, runId } = checked
    // Without confirmation, a journal cannot tell which rows arrived.
    const isUnkept = journal !== undefined && mode === 'async' && confirm === 'none'
    if (isUnkept && platform.files.statusNow(journalPath(journal.folder, runId)) !== undefined) {
      throw usageError(
        `run "${runId}" began with confirmed rows: leave out ${option('delivery.confirm')} none, or choose another ${option('runId')}`,
      )
    }
    // The server has the record of a run that shards load, which are always confirmed.
    const kept = isUnkept || options.shard !== undefined ? others : options
    const run = newRun(kept, checked, { ...platform, clock }, parts)
    if (isUnkept) {
      run.reporter.notice(
        `with ${option('delivery.confirm')} none the run keeps no journal: if it is repeated, it loads everything again`,
      )
    }
    return await loadChecked(run)
  } finally {
    clock.stop()
  }
}

async function loadChecked(run: Run): Promise<LoadResult> {
  const open = async (inputs: Inputs): Promise<boolean> => {
    // For a shard, once it has joined its run.
    const isFinished = (): boolean => inputs.areDone && run.history.found.finished !== undefined
    await findTarget(run, session => {
      if (!isFinished()) openEarly(run, session)
    })
    const control = run.control!
    await inputs.join?.()
    const known = await checkSoleProcess(run)
    const evidence = await lookFirst(run, known, isFinished())
    if (evidence === 'loaded') {
      run.reporter.notice('already loaded')
      return false
    }
    if (known !== undefined) checkName(known, run.history.name, control)
    run.delivery = await openDelivery(run, evidence)
    run.rejects.removeLeft(run.history)
    return true
  }
  const fail = (cause: unknown): void => {
    const error = asTargetChanged(run, cause)
    run.ending.fail(error)
    // Rows of earlier processes that are gone or unproven no longer count as stored.
    if (error instanceof DdbError && isInDoubt(error)) takeRowsBack(run, '', false)
  }
  const misuse = await runPipeline(run, open, fail)
  run.ending.fail(misuse)
  // They still do not if this process has not looked at the target, and the journal keeps the reason.
  const isSeen = run.delivery !== undefined || run.ending.failure === undefined
  const { error: before } = run.history.found.end ?? {}
  const doubt = !isSeen && isInDoubt(before) ? before : undefined
  if (doubt !== undefined) takeRowsBack(run, '', false)
  const result = loadResult(run)
  const isRecorded = endJournal(run, doubt ? { ...result, error: { ...doubt, fix: null } } : result)
  if (misuse !== undefined) throw misuse
  return isRecorded ? result : loadResult(run)
}

/** Makes the error for a missing target DDB_TARGET_CHANGED if the run has written to that target, and for a missing record DDB_UNPROVEN. */
function asTargetChanged(run: Run, error: unknown): unknown {
  const isOfRecord = error instanceof ServerError && error.serverMessage.includes('ddbIngestLedger')
  if (isOfRecord && run.options.shard !== undefined) return recordGone(run.checked.runId)
  const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
  if (!isMissing || run.history.found.rows().confirmed === 0) return error
  return targetChanged(run, error.message)
}

const onlyAnswers =
  'the answers of the server are the only proof. Each batch takes a round trip, and a batch whose answer is lost is uncertain; if the ' +
  'connection is lost, confirmed rows in memory become unconfirmed; and another run of the same name is not noticed.'

/** Opens the data sessions, sends all queries that must come before the first batch, and returns the run's delivery. */
export async function openDelivery(run: Run, evidence: Evidence | undefined): Promise<Delivery> {
  if (evidence === undefined) return openUnconfirmed(run)
  const recorder = new Recorder(run, evidence)
  try {
    return await openReceipts(run, recorder)
  } catch (error) {
    if (!(error instanceof ServerError) || run.shared !== undefined) throw error
    const why = `no receipts on this server (${refusalText(error)})`
    const need =
      settingAdvice(error.serverMessage) ??
      'Receipts need shared stream tables: the right CREATE_SHARED_VAR if the server is set to ' +
        'enableSharedVarCreationControl, and maxPubConnections above 0.'
    // `chooseMode` may have made a requested asynchronous run a synchronous one.
    if (run.checked.mode === 'async' && run.options.delivery?.mode === 'async') {
      throw new DdbError(
        'DDB_PRIVILEGE',
        `${why}, and ${option('delivery.mode')} async needs them. ${need} Or use ${option('delivery.mode')} sync, in which the server answers every batch, ` +
          `or ${option('delivery.confirm')} none, which proves nothing`,
      )
    }
    const { found } = run.history
    if (found.used === 'receipts' && found.rows().unconfirmed > 0) {
      throw new DdbError(
        'DDB_UNAVAILABLE',
        `${why}, and only receipts show the outcome of what earlier processes of this run sent. ${remedies.removeThenRestart()}`,
      )
    }
    run.checked = { ...run.checked, mode: 'sync' }
    run.reporter.notice(`${why}: ${onlyAnswers} ${need}`)
    return openReceipts(run, recorder, false)
  }
}

/** @throws {ServerError} if the server refuses what receipts need @throws {DdbError} DDB_LOCKED if a different run has this run's name */
async function openReceipts(run: Run, recorder: Recorder, hasLedger = true): Promise<Delivery> {
  const node = await ReceiptNode.open(run, hasLedger)
  try {
    const delivery = new ReceiptWatcher(run, node, recorder)
    // Somebody may have removed the ledger since the server reported it.
    await delivery.receipts.readEarlier(node.ledger?.isNew === false)
    // From now on, the server knows of the run what the journal says.
    run.note({ target: recorder.evidence.identity, used: hasLedger ? 'receipts' : 'answers' })
    return delivery
  } catch (error) {
    node.abandon('all', new ConnectionError('DDB_CONNECTION_LOST', 'the run does not continue'))
    throw error
  }
}

/** @throws {ConnectionError} if the connection cannot be opened */
async function openUnconfirmed(run: Run): Promise<Delivery> {
  const { checked, state, platform, server, target: description } = run
  const { target, maxInFlightBytes, confirmTimeoutMs } = checked
  const isFunction = target.kind === 'function'
  const leading = isFunction ? target.functionArguments : []
  const functionName = isFunction ? target.name : writeExpression(target, description.upsert)
  const columnNames = description.columns.map(column => column.name)
  const deadlineMs = connectDeadlineMs(platform, server)
  const session = await tryAtStart(
    run,
    deadlineMs,
    error => error instanceof ConnectionError,
    signal => run.early?.opening.pop() ?? connectRun(run, { deadlineMs, signal }),
  )
  return {
    used: 'none',
    get inFlightBytes() {
      return session.bufferedBytes
    },
    deliver(batch) {
      const { rowCount, encodedBytes, columns } = batch
      const table = { form: 'table', name: '', rows: rowCount, columnNames, columns } as const
      const isTaken = session.send(functionName, [...leading, table], batch.release)
      state.sentRows += rowCount
      state.sentBytes += encodedBytes
      state.batches.sent++
      if (isTaken && session.bufferedBytes < maxInFlightBytes) return undefined
      return drainedInTime(session, platform.clock, confirmTimeoutMs)
    },
    async finish() {
      state.rows.unconfirmed = state.sentRows
      // The run claims only that the kernel took all bytes, and only closing the session proves that.
      await session.close()
    },
    leave: reason => session.abandon(reason),
    close: () => session.close().catch(ignoreLoss),
  }
}

/** @throws {ConnectionError} DDB_UNCONFIRMED if the server stops reading (the session is then abandoned), or as the lost session's */
export async function drainedInTime(session: Session, clock: Clock, timeoutMs: number) {
  const drained = session.drained().then(() => true)
  const waitingBytes = (): number => session.bufferedBytes + session.unacknowledgedBytes
  for (;;) {
    const before = waitingBytes()
    const waiting = new AbortController()
    const silent = wait(clock, timeoutMs, waiting.signal)
    const isDrained = await Promise.race([drained, silent]).finally(() => waiting.abort())
    if (isDrained === true) return
    if (waitingBytes() < before) continue
    const error = silenceError(timeoutMs, 'took nothing')
    session.abandon(error)
    throw error
  }
}

/** Connects and describes the target. @throws {ConnectionError} @throws {ServerError} DDB_UNAVAILABLE if it is not ready in time, and others @throws {TimeoutError} @throws {UsageError} */
export async function findTarget(run: Run, onConnected?: (control: Session) => void) {
  const deadlineMs = connectDeadlineMs(run.platform, run.server)
  const isEarly = (error: unknown): boolean =>
    error instanceof ConnectionError || isTransient(error)
  const connect = async (rules: Parameters<typeof connectRun>[1]): Promise<Session> => {
    run.control = await connectRun(run, rules)
    onConnected?.(run.control)
    return run.control
  }
  const find = async (server: ServerTarget): Promise<TargetDescription> => {
    run.server = server
    const again = (): Promise<Session> => {
      const [node, untilMs] = [run.control!, connectDeadlineMs(run.platform, server)]
      const rules = { node, deadlineMs: untilMs }
      return tryAtStart(run, untilMs, isEarly, signal => connect({ ...rules, signal }))
    }
    // Nothing is sent yet, so after a lost connection all of it may be done again.
    const target = await tryAtStart(run, deadlineMs, isEarly, async signal => {
      await run.control?.close().catch(ignoreLoss)
      const first = await connect({ deadlineMs, signal })
      const found = await describeOrCreate(run)
      await chooseMode(run, first, again)
      await defineTransform(run)
      return found
    })
    chooseConnections(run, target)
    return (run.target = target)
  }
  return followRedirects(run.server, find).catch((error: unknown) => {
    if (!isTransient(error)) throw error
    const why = `the server is not ready (it says: ${error.serverMessage}): try again later`
    throw new ServerError(error.serverMessage, 'DDB_UNAVAILABLE', why)
  })
}

async function describeOrCreate(run: Run): Promise<TargetDescription> {
  const { create, table } = run.options.target
  const description = await describeTarget(run).catch(async (error: unknown) => {
    const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
    if (create === undefined || !isMissing) throw error
    // Another process may have created it since.
    return (await isThere(run)) ? describeTarget(run) : undefined
  })
  if (description === undefined) {
    const planned = await createTarget(run)
    return run.watch === undefined ? describeTarget(run) : planned
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
