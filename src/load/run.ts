/*
  The state of one run: its tally, its rejects, its first failure, and what it tells those who watch.
*/
import { DdbError, InputError } from '../errors.js'
import type { Reject } from '../parse/reader.js'
import type { Delivery } from './delivery.js'
import { newLatencies, type Latencies } from './latencies.js'
import type { LoadOptions, LoadReport } from './options.js'
import type { Plan } from './plan.js'
import { openRejectFile, type RejectFile } from './reject-file.js'
import { newTally, rowCounts, type Tally } from './tally.js'

export interface Run {
  readonly options: LoadOptions
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
  reject(reject: Reject, headerBytes: Uint8Array | undefined): void
  notice(text: string): void
  phase(phase: LoadReport['phase'], delivery: Delivery | undefined): void
  /** Tells onReport how far the run is, at most ten times a second. */
  report(): void
  /** What report() and the result know of the inputs. */
  progress: { bytesRead: number; totalBytes: number | undefined }
  delivery: Delivery | undefined
}

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

export function newRun(options: LoadOptions, plan: Plan): Run {
  const tally = newTally()
  const file = plan.rejectsFile === undefined ? undefined : openRejectFile(plan.rejectsFile)
  const byClass = { parse: 0, type: 0, server: 0 }
  const byCode: Record<string, number> = {}
  const startedAt = new Date()
  const startedMs = performance.now()
  let failure: DdbError | undefined
  let phase: LoadReport['phase'] = 'connecting'
  let reportedMs = -Infinity

  const tell = (): void => {
    reportedMs = performance.now()
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
    plan,
    tally,
    latencies: newLatencies(),
    rejects: {
      path: file?.path,
      byClass,
      byCode,
      flush: () => file?.flush(),
      close: () => file?.close(),
    },
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
      byClass[reject.class]++
      byCode[reject.code] = (byCode[reject.code] ?? 0) + 1
      if (tally.rejected <= shownRejects) run.notice(`rejected: ${reject.message}`)
      file?.add(reject.bytes, headerBytes, {
        runId: plan.runId,
        file: reject.file,
        lineNumber: reject.lineNumber,
        offsetBytes: reject.offsetBytes,
        columnName: reject.columnName ?? null,
        code: reject.code,
        class: reject.class,
        message: reject.message,
        value: reject.value ?? null,
      })
      const limit = limitFailure(run, reject)
      if (limit !== undefined) run.fail(limit)
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
      if (performance.now() - reportedMs >= reportIntervalMs) tell()
    },
  }
  return run
}

/** Whether this reject ends the run: at once with `stop`, else when there are too many. */
function limitFailure({ plan, tally }: Run, reject: Reject): DdbError | undefined {
  const { file, lineNumber, offsetBytes, columnName } = reject
  const position = {
    file,
    lineNumber,
    offsetBytes,
    ...(columnName === undefined ? {} : { columnName }),
  }
  if (plan.onError === 'stop') return new InputError(reject.code, reject.message, position)
  const tooMany =
    'count' in plan.maxErrors
      ? tally.rejected > plan.maxErrors.count
      : tally.read >= shareFromRows && tally.rejected > plan.maxErrors.share * tally.read
  if (!tooMany) return undefined
  return limitError(tally.rejected, position)
}

export function limitError(rejected: number, position: { file: string }): InputError {
  return new InputError(
    'DDB_INPUT_LIMIT',
    `${rejected} rows were rejected, more than --max-errors allows; the last: ${position.file}. ` +
      'Repair the input, or raise --max-errors.',
    position,
  )
}

function asDdbError(error: unknown): DdbError {
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
