/*
  The state of one run: its tally, its rejects, its first failure, and what it tells those who watch.
*/
import { DdbError, InputError, type InputPosition } from '../errors.js'
import type { Batch, Reject } from '../parse/reader.js'
import type { Platform, Timer } from '../platform/platform.js'
import type { Delivery } from './delivery/delivery.js'
import { newToken, type RunName } from './marker/marker.js'
import { newLatencies, type Latencies } from './latencies.js'
import type { LoadOptions, LoadReport, ServerTarget } from './options.js'
import type { Plan } from './plan.js'
import { openRejectFile, type RejectFile, type RejectReason } from './reject-file.js'
import { newTally, rowCounts, type Tally } from './tally.js'

/** What every part of a run shares. */
export interface Run {
  readonly options: LoadOptions
  readonly platform: Platform
  /** What it is called on the server. */
  readonly name: RunName
  /** Aborted when nothing is to be waited for any more. */
  readonly leaving: AbortSignal
  readonly isLeaving: boolean
  /** Where sessions go: as asked, until a redirect leads elsewhere. */
  server: ServerTarget
  readonly plan: Plan
  readonly tally: Tally
  readonly latencies: Latencies
  readonly rejects: RejectTally
  readonly startedAt: Date
  /** The first failure; later ones do not replace it. */
  readonly failure: DdbError | undefined
  /** True once nothing more is to be read or handed over. */
  readonly stopped: boolean
  /** Ends the run in order. Anything that is no DdbError is our own bug (70). */
  fail(error: unknown): void
  reject(reject: AnyReject, headerBytes: Uint8Array | undefined): void
  /** A row that was sent and that the server refused, for the reason given in its words. */
  rejectSent(batch: Batch, rowIndex: number, serverMessage: string): void
  notice(text: string): void
  phase(phase: LoadReport['phase'], delivery: Delivery | undefined): void
  /** Tells onReport how far the run is, at most ten times a second. */
  report(): void
  /** What report() and the result know of the inputs. */
  progress: { bytesRead: number; totalBytes: number | undefined }
  delivery: Delivery | undefined
}

/** A reject of a reader, or of the server. */
export type AnyReject = Omit<Reject, 'class'> & { readonly class: Reject['class'] | 'server' }

/** Rejects by kind, and the file they go to. */
export interface RejectTally extends Pick<RejectFile, 'flush' | 'close'> {
  readonly path: string | undefined
  readonly byClass: { parse: number; type: number; server: number }
  readonly byCode: Record<string, number>
}

const reportIntervalMs = 100
/** The first rejects are shown; the file has them all. */
const shownRejects = 3
/** A share of bad rows means little before this many were read. */
const shareFromRows = 1_000

/** Opens no file and no connection. */
export function newRun(options: LoadOptions, plan: Plan, platform: Platform): Run {
  const { clock, files } = platform
  const leaving = options.leave ?? new AbortController().signal
  const tally = newTally()
  const file = plan.rejectsFile === undefined ? undefined : openRejectFile(plan.rejectsFile, files)
  const rejects = newRejectTally(file)
  const startedAt = new Date(clock.wallMs())
  const startedMs = clock.nowMs()
  let failure: DdbError | undefined
  let phase: LoadReport['phase'] = 'connecting'
  let reportedMs = -Infinity
  let reportTimer: Timer | undefined

  const tell = (): void => {
    reportTimer?.cancel()
    reportTimer = undefined
    reportedMs = clock.nowMs()
    options.onReport?.({
      phase,
      rows: rowCounts(tally),
      sentRows: tally.sent,
      sentBatches: tally.sentBatches,
      inFlightBytes: run.delivery?.inFlightBytes ?? 0,
      ...run.progress,
      elapsedMs: reportedMs - startedMs,
    })
  }
  const run: Run = {
    options,
    platform,
    name: { runId: plan.runId, token: newToken(platform.random) },
    leaving,
    get isLeaving() {
      return leaving.aborted
    },
    server: options.server,
    plan,
    tally,
    latencies: newLatencies(),
    rejects,
    startedAt,
    progress: { bytesRead: 0, totalBytes: undefined },
    delivery: undefined,
    get failure() {
      return failure
    },
    get stopped() {
      return failure !== undefined
    },
    fail(error) {
      failure ??= asDdbError(error)
    },
    reject(reject, headerBytes) {
      tally.rejected++
      countReject(rejects, reject)
      if (tally.rejected <= shownRejects) run.notice(`rejected: ${located(reject)}`)
      file?.add(reject.bytes, headerBytes, reasonOf(reject, plan.runId))
      const limit = limitFailure(run, reject)
      if (limit !== undefined) run.fail(limit)
    },
    rejectSent(batch, rowIndex, serverMessage) {
      run.reject(refusedRow(batch, rowIndex, serverMessage), batch.headerBytes)
    },
    notice(text) {
      options.onNotice?.(text)
    },
    phase(next, delivery) {
      phase = next
      run.delivery = delivery
      tell()
    },
    report() {
      if (reportTimer !== undefined) return
      const restMs = reportedMs + reportIntervalMs - clock.nowMs()
      if (restMs <= 0) tell()
      else reportTimer = clock.afterIfAlive(restMs, tell)
    },
  }
  return run
}

function newRejectTally(file: RejectFile | undefined): RejectTally {
  return {
    path: file?.path,
    byClass: { parse: 0, type: 0, server: 0 },
    byCode: {},
    flush: () => file?.flush(),
    close: () => file?.close(),
  }
}

function countReject({ byClass, byCode }: RejectTally, reject: AnyReject): void {
  byClass[reject.class]++
  byCode[reject.code] = (byCode[reject.code] ?? 0) + 1
}

function refusedRow(batch: Batch, rowIndex: number, serverMessage: string): AnyReject {
  return {
    ...batch.locate(rowIndex),
    bytes: batch.record(rowIndex),
    code: 'DDB_SERVER_REFUSED_ROW',
    class: 'server',
    message: `the server refused the row: ${serverMessage}`,
    columnName: undefined,
    value: undefined,
  }
}

/** Whether this reject ends the run: at once with `stop`, else when there are too many. */
function limitFailure({ plan, tally }: Run, reject: AnyReject): DdbError | undefined {
  if (plan.onError === 'stop') {
    return new InputError(reject.code, located(reject), positionOf(reject))
  }
  if (!exceedsLimit(plan.maxErrors, tally, shareFromRows)) return undefined
  return limitError(tally.rejected, `; the last one: ${located(reject)}`, positionOf(reject))
}

/** The failure of a run that ended with too large a share of bad rows, however short its input. */
export function finalLimitFailure({ plan, tally, options }: Run): DdbError | undefined {
  if (!exceedsLimit(plan.maxErrors, tally, 1)) return undefined
  return limitError(tally.rejected, '', { file: options.inputs.join(', ') })
}

function exceedsLimit(maxErrors: Plan['maxErrors'], tally: Tally, fromRows: number): boolean {
  if ('count' in maxErrors) return tally.rejected > maxErrors.count
  return tally.read >= fromRows && tally.rejected > maxErrors.share * tally.read
}

function limitError(rejected: number, last: string, position: InputPosition): InputError {
  return new InputError(
    'DDB_INPUT_LIMIT',
    `${rejected} rows were rejected, more than --max-errors allows${last}. ` +
      'Repair the input, or raise --max-errors.',
    position,
  )
}

function located({ file, lineNumber, message }: AnyReject): string {
  return `${file}, line ${lineNumber}: ${message}`
}

function positionOf({ file, lineNumber, offsetBytes, columnName }: AnyReject): InputPosition {
  return { file, lineNumber, offsetBytes, ...(columnName === undefined ? {} : { columnName }) }
}

function reasonOf(reject: AnyReject, runId: string): RejectReason {
  return {
    runId,
    file: reject.file,
    lineNumber: reject.lineNumber,
    offsetBytes: reject.offsetBytes,
    columnName: reject.columnName ?? null,
    code: reject.code,
    class: reject.class,
    message: reject.message,
    value: reject.value ?? null,
  }
}

/** Anything that is no DdbError is our own bug (70). */
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
