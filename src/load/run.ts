/*
  One run: where its rows stand, its rejects, its first failure, and what it tells those who watch.
*/
import { newSecrets, type Secrets } from '../client/login/hide-password.js'
import { DdbError } from '../errors.js'
import type { Batch, RecordShape } from '../parse/input-reader.js'
import type { Platform } from '../platform/platform.js'
import type { Watch } from './check/watch.js'
import { traitsOf } from './transport/confirmations.js'
import type { Delivery } from './transport/delivery.js'
import { sentInput } from './fate/durable.js'
import type { Journal } from './journal/journal.js'
import { emptyRun, type FoundRun } from './fate/found-run.js'
import { newResumption, type Resumption } from './journal/resumption.js'
import { newToken, type RunName } from './marker/marker.js'
import type { RunPlace } from './marker/run-tables.js'
import type { asynchronousThroughout } from './connection/connect.js'
import type { Facts } from './connection/known-server.js'
import { redirected } from './connection/redirect.js'
import type { LoadOptions, LoadReport, ServerAddress, ServerTarget } from './options.js'
import type { Plan } from './plan.js'
import { limitFailure } from './rejects/reject-limit.js'
import { askedFor } from './rejects/reject-run.js'
import { newRunRejects, type RunRejects } from './rejects/run-rejects.js'
import { filesWhile } from './rejects/files-while.js'
import { located, refusedRow, type AnyReject } from './rejects/reject.js'
import { newReporter } from './reporter.js'
import { newHold, type Hold } from './hold.js'
import { newRunLog, type RunLog } from './fate/run-log.js'
import { namingRights } from './target/needed-rights.js'

/** What every part of a run shares. */
export interface Run extends RunLog, Pick<Hold, 'maySend' | 'hasSlept'> {
  readonly options: LoadOptions
  readonly platform: Platform
  /** Looks on where nothing is sent. */
  readonly watch: Watch | undefined
  /** What it is called on the server. */
  readonly name: RunName
  /** undefined where none is kept. */
  readonly journal: Journal | undefined
  /** What earlier processes have left, as the journal tells it; nothing without one. */
  readonly found: FoundRun
  readonly resumption: Resumption
  /** Goes on where the journal says that earlier processes stopped. */
  goOn(journal: Journal): void
  /** Aborted when nothing is to be waited for any more. */
  readonly leaving: AbortSignal
  readonly isLeaving: boolean
  /** Where sessions go: as asked, until a redirect leads elsewhere. */
  readonly server: ServerTarget
  /** Goes where a redirect leads. @throws {ConnectionError} DDB_CONNECT when the user has not named that host */
  follow(to: ServerAddress): void
  /** What the sessions that data goes out on are opened with, besides what all have; settled before the first is. */
  dataSession: Partial<typeof asynchronousThroughout>
  /** The node that was asked, and its version; undefined before, and where it does not tell. */
  asked: { readonly address: ServerAddress; readonly version: string } | undefined
  /** Of this server and user, as far as it is known. */
  facts: Facts
  /** Its mode is settled once the server was asked. */
  plan: Plan
  readonly rejects: RunRejects
  readonly startedAt: Date
  /** The first failure; later ones do not replace it, unless it is an interruption. */
  readonly failure: DdbError | undefined
  /** True once nothing more is to be read or handed over. */
  readonly stopped: boolean
  /** Ends the run in order. Anything but a DdbError is our own bug (70). */
  fail(error: unknown): void
  /** Counts a row that is not to be sent and keeps it where rejects are kept; a failure in that ends the run. */
  reject(reject: AnyReject, shape: RecordShape): void
  /** A row that was sent and that the server refused, for the reason given in its words. */
  rejectSent(batch: Batch, rowIndex: number, serverMessage: string): void
  /** A sentence of the library in the words of whoever shows it. */
  readonly words: (sentence: string) => string
  /** Without the password, as all that the run says: servers repeat it. */
  notice(text: string): void
  readonly secrets: Secrets
  phase(phase: LoadReport['phase'], delivery: Delivery | undefined): void
  /** Tells onReport how far the run is, at most ten times a second. */
  report(): void
  /** How far the inputs are read, for report(). */
  inputProgress(bytesRead: number, totalBytes: number | undefined): void
  readonly delivery: Delivery | undefined
}

/** The first rejects are shown; the file has them all. */
const shownRejects = 3

type InputBytes = Pick<LoadReport, 'bytesRead' | 'totalBytes'>

function sentOf({
  state,
  delivery,
}: Run): Omit<LoadReport, 'phase' | 'elapsedMs' | keyof InputBytes> {
  return {
    rows: { ...state.rows },
    sentRows: state.sentRows,
    sentBatches: state.batches.sent,
    inFlightBytes: delivery?.inFlightBytes ?? 0,
  }
}

/**
 * Opens no file and no connection.
 * @param watch  of a run that sends nothing
 */
export function newRun(options: LoadOptions, plan: Plan, platform: Platform, watch?: Watch): Run {
  const { clock, files } = platform
  const hold = newHold(clock, options, () => run)
  const leaving = AbortSignal.any([options.leave ?? hold.lost, hold.lost])
  const rejects = newRunRejects(plan, filesWhile(files, hold.maySend), askedFor(options, plan))
  const startedAt = new Date(clock.wallMs())
  let failure: DdbError | undefined
  let phase: LoadReport['phase'] = 'connecting'
  let { server } = options
  let delivery: Delivery | undefined
  let journal: Journal | undefined
  const token = newToken(platform.random)
  const inputBytes: InputBytes = { bytesRead: 0, totalBytes: undefined }
  const reporter = newReporter(options.onReport, clock, elapsedMs => ({
    phase,
    ...sentOf(run),
    ...inputBytes,
    elapsedMs,
  }))
  const run: Run = {
    ...hold,
    ...newRunLog(() => journal),
    options,
    platform,
    watch,
    get name() {
      const name = { runId: plan.runId, token: journal?.token ?? token }
      return journal === undefined ? name : { ...name, place: placeOf(run) }
    },
    get journal() {
      return journal
    },
    found: emptyRun(),
    resumption: newResumption(emptyRun(), false),
    goOn(kept) {
      journal = kept
      goOn(run, kept)
    },
    leaving,
    get isLeaving() {
      return leaving.aborted
    },
    get server() {
      return server
    },
    follow: to => void (server = redirected(server, to)),
    asked: undefined,
    facts: {},
    plan,
    rejects,
    startedAt,
    dataSession: {},
    inputProgress(bytesRead, totalBytes) {
      Object.assign(inputBytes, { bytesRead, totalBytes })
    },
    get delivery() {
      return delivery
    },
    get failure() {
      return failure
    },
    get stopped() {
      return failure !== undefined
    },
    fail: error =>
      void (failure = graver(failure, inWords(run, namingRights(run, asDdbError(error))))),
    reject: (reject, shape) => keepReject(run, reject, shape),
    rejectSent: (batch, row, words) => rejectSent(run, batch, row, words),
    words: options.wording ?? (sentence => sentence),
    notice: text => options.onNotice?.(run.secrets.hideInSentence(run.words(text))),
    secrets: newSecrets(options.server.password),
    phase(next, nextDelivery) {
      phase = next
      delivery = nextDelivery
      reporter.tell()
    },
    report: () => reporter.report(),
  }
  return run
}

/** Where another process finds the journal. */
function placeOf({ platform: { hostName }, options }: Run): RunPlace {
  return { hostName, folder: options.journal?.folder ?? '' }
}

function goOn(run: Run, journal: Journal): void {
  const { found, inputs, lastNo } = journal
  const { emit, options, rejects } = run
  const resumption = newResumption(found, options.input?.follow === true)
  Object.assign(run, { found, resumption })
  const { confirmed, ...others } = found.rows()
  const sent = inputs.map((_, i) => sentInput(found.inputs[i]?.covered))
  const sums = { ...found.sums, duplicates: found.duplicates ?? 0 }
  emit({ kind: 'goesOn', named: inputs, inputs: sent, sums, ...others, skipped: confirmed })
  emit({ kind: 'numbersGiven', lastNo, lastSendNo: 0 })
  emit({ kind: 'duplicatesKnown', rows: found.duplicates })
  rejects.goOn(found, path => emit({ kind: 'rejectsFile', path }))
  journal.follow(rejects, run.state)
}

/** There is something left to do, for a process that takes up the journal. */
export function isUnfinished({ state, delivery, failure, journal }: Run): boolean {
  const { unconfirmed, unsent } = state.rows
  const isOpen = unsent > 0 || (traitsOf(delivery?.used).leavesDoubt && unconfirmed > 0)
  return journal !== undefined && (failure !== undefined || isOpen)
}

/** The first one, but for an interruption: rows that an input has lost until then go before it. */
function graver(before: DdbError | undefined, failure: DdbError): DdbError {
  const replaces = before?.code === 'DDB_INTERRUPTED' && failure.code === 'DDB_INPUT_TRUNCATED'
  return before === undefined || replaces ? failure : before
}

/** Waits for the server are those of the run, whatever a session calls its limit. */
function inWords({ words }: Pick<Run, 'words'>, failure: DdbError): DdbError {
  const limit = '`delivery.confirmTimeoutMs`'
  const said = words(failure.message.replace('`timeoutMs`', limit))
  if (said !== failure.message) failure.message = said
  return failure
}

function rejectSent(run: Run, batch: Batch, row: number, words: string): void {
  run.reject(refusedRow(batch, row, run.secrets.hide(words)), batch.shape)
}

function keepReject(run: Run, found: AnyReject, shape: RecordShape): void {
  const { state, rejects } = run
  const message = run.words(found.message)
  const reject = message === found.message ? found : { ...found, message }
  if (run.plan.onError === 'stop') run.emit({ kind: 'rejectsForgotten' })
  run.emit({ kind: 'rejected' })
  if (run.watch !== undefined) run.watch.rejected(reject)
  else if (state.rows.rejected <= shownRejects) run.notice(`rejected: ${located(reject)}`)
  try {
    rejects.add(reject, shape)
  } catch (error) {
    run.fail(error)
  }
  const limit = limitFailure(run, reject)
  if (limit !== undefined) run.fail(limit)
}

/** Anything that is not a DdbError is our own bug (70). */
export function asDdbError(error: unknown): DdbError {
  if (error instanceof DdbError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new DdbError(
    'DDB_INTERNAL',
    `unexpected failure: ${text}; this is a bug of ddb-ingest: please report it`,
    {
      cause: error,
    },
  )
}
