/*
  The state of one run: its tally, its rejects, its first failure, and what it tells those who watch.
*/
import { DdbError } from '../errors.js'
import type { Batch, RecordShape } from '../parse/reader.js'
import type { Platform } from '../platform/platform.js'
import type { Delivery } from './delivery/delivery.js'
import { newToken, type RunName } from './marker/marker.js'
import { newLatencies, type Latencies } from './latencies.js'
import type { LoadOptions, LoadReport, ServerTarget } from './options.js'
import type { Plan } from './plan.js'
import { limitFailure } from './rejects/reject-limit.js'
import { newRejectTally, type RejectTally } from './rejects/run-rejects.js'
import { located, refusedRow, type AnyReject } from './rejects/reject.js'
import { newReporter } from './reporter.js'
import { newTally, rowCounts, type Tally } from './row-counts.js'

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
  /** Counts a row that is not to be sent and keeps it where rejects are kept; a failure in that ends the run. */
  reject(reject: AnyReject, shape: RecordShape): void
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

/** The first rejects are shown; the file has them all. */
const shownRejects = 3

/** Opens no file and no connection. */
export function newRun(options: LoadOptions, plan: Plan, platform: Platform): Run {
  const { clock, files } = platform
  const leaving = options.leave ?? new AbortController().signal
  const tally = newTally()
  const rejects = newRejectTally(plan, files)
  const startedAt = new Date(clock.wallMs())
  let failure: DdbError | undefined
  let phase: LoadReport['phase'] = 'connecting'
  const reporter = newReporter(options.onReport, clock, elapsedMs => ({
    phase,
    rows: rowCounts(tally),
    sentRows: tally.sent,
    sentBatches: tally.sentBatches,
    inFlightBytes: run.delivery?.inFlightBytes ?? 0,
    ...run.progress,
    elapsedMs,
  }))
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
    reject(reject, shape) {
      tally.rejected++
      if (tally.rejected <= shownRejects) run.notice(`rejected: ${located(reject)}`)
      try {
        rejects.add(reject, shape)
      } catch (error) {
        run.fail(error)
      }
      const limit = limitFailure(run, reject)
      if (limit !== undefined) run.fail(limit)
    },
    rejectSent(batch, rowIndex, serverMessage) {
      run.reject(refusedRow(batch, rowIndex, serverMessage), batch.shape)
    },
    notice(text) {
      options.onNotice?.(text)
    },
    phase(next, delivery) {
      phase = next
      run.delivery = delivery
      reporter.tell()
    },
    report: () => reporter.report(),
  }
  return run
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
