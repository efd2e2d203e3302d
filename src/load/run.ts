/* One run: its options, the state of its rows, and its parts, each with one task. */
import type { ConnectionError, DdbError } from '../errors.js'
import type { Batch, ColumnCounts } from '../parse/batch.js'
import type { Platform } from '../platform/platform.js'
import type { CutSizes } from '../parse/batch-builder.js'
import { newPassedOver } from '../source/data-files.js'
import { withArchives } from '../source/archive/archives.js'
import type { ExpandedSources } from '../source/expand-sources.js'
import type { Session } from '../client/open-session.js'
import type { ReadObserver } from './check/check-observer.js'
import type { RowStore } from './inputs/rows.js'
import type { SentBatch } from './journal/recorded-run.js'
import { RunHistory } from './journal/run-history.js'
import { newRunState } from './outcomes/run-state.js'
import type { ServerAddress } from '../client/session-options.js'
import type { ConfirmUsed, LoadOptions, LoadResult, ServerTarget } from './options.js'
import type { CheckedOptions } from './checked-options.js'
import { guarded, newReporter, newRunEnding, type RunBasis } from './run-ending.js'
import type { SharedRun } from './shards/shared-run.js'
import type { TargetDescription } from './target/describe-target.js'
import type { LaneScheme } from './target/lane-scheme.js'

export type InputSummary = LoadResult['inputs'][number]

export interface Inputs {
  /** Batches of all inputs in order. After the run is stopped, rows already read come as a last batch. */
  batches(): AsyncGenerator<Batch, void, void>
  /** The inputs read so far, without their rejects, which the run counts. */
  summaries(): readonly InputSummary[]
  /** Takes up a run that shards load. */
  join?(): Promise<void>
  /** What the rows have shown. `bytesError`: set if bytes of an input were lost or counted twice, because of a bug. */
  readonly reading: {
    readonly bytesError: DdbError | undefined
    readonly columnCounts: readonly ColumnCounts[]
    /** Time zone offsets of columns whose times contained one; empty if a time zone is given. */
    readonly offsets: Readonly<Record<string, string>>
  }
  /** True if earlier processes of the run have read all inputs and nothing is left to send. */
  readonly areDone: boolean
  close(): Promise<void>
}

/** Sends batches to the server and learns their outcome: by receipts or answers, or not at all. */
export interface Delivery {
  readonly used: ConfirmUsed
  /** Why the delivery accepts no more batches. For callers without a batch; `deliver` throws the same failure. */
  readonly failure?: DdbError | undefined
  /** Bytes handed over which this machine may not have sent yet; default: those of batches whose outcome is unknown. */
  readonly inFlightBytes?: number
  /**
   * Hands over one batch and counts it as sent. If a promise is returned, the caller must wait for it before the next batch. The batch's
   * columns belong to the delivery until it releases them. @param known  the batch as an earlier process sent it, or was about to
   * @throws {DdbError} at once if nothing more can be sent; the batch is then not counted. If the promise rejects instead, it is counted
   */
  deliver(batch: Batch, known?: SentBatch): void | Promise<void>
  /** Must be called before batches are handed over, until one is sent. */
  beforeFirst?(): Promise<void>
  /** Looks at the target once every batch so far has an outcome. More may follow. @returns the session for queries @throws {DdbError} */
  settled?(): Promise<Session>
  /** Resolves once every batch that was handed over has an outcome. @throws {DdbError} after that, if an outcome makes the run fail */
  finish?(): Promise<void>
  /** Must be called after the computer was suspended. @throws {DdbError} DDB_LOCKED if another process has claimed the run on the server */
  checkOwner?(): Promise<void>
  /** Ends every wait and all connections at once. The outcome of batches in flight stays unknown. */
  leave?(reason: ConnectionError): void
  close?(): Promise<void>
}

/** The parts of a run that functions share; a function that needs only one part receives only that part. */
export interface Run extends RunBasis, Pick<RunHistory, 'record' | 'note' | 'commit' | 'rejects'> {
  /** Decides which rows share a connection. Undefined before the target is known, and if no such decision is needed. */
  lanes?: LaneScheme | undefined
  /** Set if batches are known by their place. */
  cutSizes?: CutSizes
  /** Set once the run is found on the server, if shards load it. `left`: the streams that are left for this process. */
  shared?: SharedRun & { readonly left: ReadonlySet<number> }
  /** The inputs that were found, and files that are none. */
  sources: ExpandedSources
  /** Where to open sessions: as requested, until a redirect leads elsewhere. */
  server: ServerTarget
  readonly history: RunHistory
  // What the run has found or opened so far. It is closed at the end of the run, but stays here.
  inputs?: Inputs
  /** The session for questions. */
  control?: Session
  /** The first session for data, which is opened before the run knows whether it needs it. */
  early?: ServerAddress & {
    /** The session, for the first caller who takes it. */
    readonly opening: Promise<Session>[]
    /** Abandons the session if it is open or being opened. */
    giveUp(): Promise<void>
  }
  /** Without columns until the run has found it. */
  target: TargetDescription
  delivery?: Delivery
  /** True if rows that were read, but have no outcome at the end, count as unsent. */
  leavesRest?: boolean
}

/** `watch`: set for a dry run. `onSending`: called before each batch is sent. */
export interface RunParts {
  readonly watch?: ReadObserver
  readonly rows?: RowStore | undefined
  readonly onSending?: () => void
}

export function newRun(
  options: LoadOptions,
  checked: CheckedOptions,
  machine: Platform,
  { watch, rows, onSending }: RunParts = {},
): Run {
  const files = withArchives(machine.files)
  const platform = { ...machine, files }
  const { clock } = platform
  const state = newRunState()
  const sameFiles = { count: 0, first: [] }
  const sent = () => ({
    rows: { ...state.rows },
    sentRows: state.sentRows,
    sentBatches: state.batches.sent,
    inFlightBytes: run.delivery?.inFlightBytes ?? state.openBytes,
  })
  const fail = (error: DdbError): void => ending.fail(error)
  const reporter = newReporter(options, clock, sent, fail)
  if (rows?.onReject) rows.onReject = guarded('onReject', rows.onReject, fail)
  const ending = newRunEnding(clock, options.leave, () => history.file?.lost(), onSending)
  const parts: RunBasis = { state, options, platform, checked, watch, rows, reporter, ending }
  const history = new RunHistory(parts)
  const { record, note, commit, rejects } = history
  const run: Run = {
    ...parts,
    ...{ history, rejects, record, note, commit },
    sources: { paths: [], sizes: [], passedOver: newPassedOver(), sameFiles },
    server: options.server,
    target: { columns: [], keyed: false },
  }
  return run
}

/** The present time by the clock of this machine: ISO 8601, in UTC. */
export function timeText({ platform: { clock } }: Pick<Run, 'platform'>): string {
  return new Date(clock.wallMs()).toISOString()
}

/** Whether a process that resumes the journal would still have something to do. */
export function isUnfinished({ state, ending, history }: Run): boolean {
  const { unconfirmed, unsent } = state.rows
  const isOpen = unsent > 0 || unconfirmed > 0
  // A process that has recorded nothing changes nothing about a run that was finished.
  const wasDone = history.file?.isBegun === false && history.found.end?.isDone === true
  const hasFailed = ending.failure !== undefined && !wasDone
  return history.file !== undefined && (hasFailed || isOpen)
}
