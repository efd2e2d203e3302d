/* The outcome of a run as one plain object, and the exit code that follows from it (docs/errors.md#exit-codes). */
import { addressText } from '../client/failure.js'
import { hideInData } from '../client/login/hide-password.js'
import { DdbError } from '../errors.js'
import { version } from '../version.js'
import { columnTypeText } from '../protocol/data-type.js'
import { stdinName } from '../source/open-source.js'
import type { LoadOptions, LoadResult } from './options.js'
import { isUnfinished, type InputSummary, type Run } from './run.js'
import {
  accountedFor,
  equationError,
  rowsText,
  summaryNote,
  unsentError,
} from './outcomes/run-state.js'
import { tableText } from './target/target.js'

/** If rows or bytes do not add up, the run fails (DDB_INTERNAL), whatever else happened. */
export function loadResult(run: Run): LoadResult {
  const { checked, state, delivery, inputs, watch } = run
  // Rows that were read and have no outcome yet never reached a session. Not before: after the signal to leave, nobody waits for the end of
  // reading, so until here it counts rows.
  if (run.ending.leaving.aborted || run.leavesRest === true)
    state.rows.unsent += Math.max(0, state.rows.read - accountedFor(state.rows))
  const { passedOver, sameFiles } = run.sources
  const { columns } = run.target
  const hide = run.reporter.secrets.hideInSentence
  const rows = { ...state.rows }
  const hasSent = state.batches.sent + rows.confirmed + rows.unconfirmed > 0
  const rejects = run.rejects.result()
  const note = summaryNote(state) ?? dropNote(run)
  const error =
    equationError(rows) ??
    run.rejects.equationError(rows.rejected) ??
    inputs?.reading.bytesError ??
    run.ending.failure ??
    (watch === undefined ? unsentError(rows) : undefined) ??
    expectationError(run)
  const fix = hideInData(error?.fix ?? null, hide)
  const { startedAt } = run.reporter
  // The clock may have been set back meanwhile.
  const endedAt = new Date(Math.max(startedAt.getTime(), run.platform.clock.wallMs()))
  const seconds = Math.max((endedAt.getTime() - startedAt.getTime()) / 1000, 0.001)
  const all = inputsOf(run)
  const inputTotals = { count: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  const isListed = ({ rejected, firstError }: InputSummary): boolean =>
    watch !== undefined || all.length <= fewInputs || rejected > 0 || firstError !== null
  return {
    schema: 'ddb-ingest/load/2',
    version,
    runId: checked.runId,
    ...outcomeOf(run, error),
    // A run without an error that opened its inputs, and nothing to send rows with, had been finished by earlier processes.
    alreadyLoaded: error === undefined && inputs !== undefined && delivery === undefined,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    target: targetOf(run),
    inputTotals,
    inputs: all
      .filter(isListed)
      .map(input => ({ ...input, firstError: hideInData(input.firstError, hide) })),
    sources: { passedOver, sameFiles },
    rows,
    confirm: {
      asked: checked.confirm,
      // If this process sent nothing and knows of no row that earlier processes sent, nothing was confirmed.
      used: (hasSent ? delivery?.used : undefined) ?? 'none',
      note: note === undefined ? null : hide(note),
      uncertain: state.uncertain.ranges.map(one => ({ ...one, reason: hide(one.reason) })),
    },
    rejects: {
      ...rejects,
      first: rejects.first.map(reject => ({ ...reject, message: hide(reject.message) })),
    },
    columns: columns.map(({ name, type }, i) => ({
      name: hide(name),
      type: columnTypeText(type),
      ...(inputs?.reading.columnCounts[i] ?? { nulls: 0, coerced: 0 }),
    })),
    connections: state.batches.sent === 0 ? 0 : checked.connections,
    batches: { ...state.batches },
    batchRows: checked.batchRows,
    latencyMs: state.latencies.percentiles(),
    rate: {
      rowsPerSec: Math.round(state.sentRows / seconds),
      bytesPerSec: Math.round(state.sentBytes / seconds),
    },
    memory: { peakRssBytes: null },
    notices: [...run.reporter.notices],
    resume: { possible: mayResume(run, error?.code), command: null, audit: null, restart: null },
    error: error ? { code: error.code, message: hide(error.message), fix } : null,
  }
}

function targetOf({ checked: { target }, server, control }: Run): LoadResult['target'] {
  const node = control ?? server
  const host = addressText(node.host, node.port)
  if (target.kind === 'function') return { host, table: null, function: target.name, method: null }
  return { host, table: tableText(target.table), function: null, method: target.method }
}

/** With more inputs, the result of a load lists only those with a problem. */
const fewInputs = 100

function inputsOf({ rejects, inputs }: Run): InputSummary[] {
  return (inputs?.summaries() ?? []).map(summary => {
    const { path } = summary
    const { rejected, firstError } = rejects.ofInput(path === '-' ? stdinName : path)
    return { ...summary, rejected, firstError: firstError ?? summary.firstError }
  })
}

/** Not to be resumed: after `DDB_LOCKED`, rows would be loaded twice; after the others, the run would fail until their cause is removed. */
const refusals: readonly (string | undefined)[] = [
  ...['DDB_RUN_CHANGED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED', 'DDB_UNPROVEN', 'DDB_LOCKED'],
]

function mayResume(run: Run, code: string | undefined): boolean {
  const { state, history } = run
  const { found, now, file } = history
  // Some row of the run may be in the target.
  const hasSent = state.batches.sent > 0 || (found.begun.length > 0 && !found.isUntouched)
  // A resumed run takes its options from the journal, so unusable options would fail again.
  const isMisuse = code === 'DDB_USAGE' && !hasSent
  const isForgotten = now.isForgotten && !found.isForgotten
  const isRefused = refusals.includes(code) || isMisuse || isForgotten
  const isOurs = file?.isInPlace() === true && file.lost() === undefined
  return isUnfinished(run) && isOurs && !isRefused
}

function dropNote({ checked: { target }, state }: Run): string | undefined {
  if (target.kind !== 'function' || !target.mayDrop || state.rows.confirmed === 0) return undefined
  return 'the function took every confirmed batch; how many of its rows it stored was not compared'
}

/** Rows of unknown outcome, if outcomes are reported. */
function openRows({ state, delivery }: Run): number {
  return delivery?.used === 'none' ? 0 : state.rows.unconfirmed
}

/** The failure if not the expected number of rows `were delivered`. */
export function unmetExpectation(
  expected: LoadOptions['expectRows'],
  rows: number,
  were = rows === 1 ? 'was delivered' : 'were delivered',
): DdbError | undefined {
  const { atLeast } = typeof expected === 'object' ? expected : {}
  const isMet = atLeast === undefined ? expected === rows : rows >= atLeast
  if (expected === undefined || isMet) return undefined
  const wanted =
    atLeast === undefined ? rowsText(Number(expected)) : `at least ${rowsText(atLeast)}`
  return new DdbError('DDB_EXPECTATION', `expected ${wanted}, ${rows} ${were}`)
}

function expectationError(run: Run): DdbError | undefined {
  const { confirmed, skipped } = run.state.rows
  // Unconfirmed rows are worse than a wrong number of rows, so exit code 4 takes precedence over exit code 5.
  if (openRows(run) > 0) return undefined
  return unmetExpectation(run.options.expectRows, skipped + confirmed)
}

/** docs/errors.md#exit-codes */
function outcomeOf(run: Run, error: DdbError | undefined): Pick<LoadResult, 'status' | 'exitCode'> {
  if (error !== undefined) {
    const { code, exitCode } = error
    if (code === 'DDB_INTERRUPTED') return { status: 'interrupted', exitCode }
    const isOpen = code === 'DDB_CONNECTION_LOST' && openRows(run) > 0
    return { status: isOpen ? 'unconfirmed' : 'failed', exitCode }
  }
  if (openRows(run) > 0) return { status: 'unconfirmed', exitCode: 4 }
  const isBad = run.state.rows.rejected > 0
  return isBad ? { status: 'rejects', exitCode: 3 } : { status: 'loaded', exitCode: 0 }
}
