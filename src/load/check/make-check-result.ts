/*
  The result of a check as one plain object.
*/
import { fileBytes } from '../../source/open-source.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { ownSchema, type TargetDescription } from '../target/describe-target.js'
import { detectedText } from '../inputs/detected.js'
import type { InputSummary, Inputs } from '../inputs/input-reading.js'
import type { CheckedOptions } from '../checked-options.js'
import { finalLimitFailure } from '../rejects/reject.js'
import { loadResult } from '../result.js'
import type { Run } from '../run.js'
import type { CheckResult, CheckStatus } from './check-result.js'
import { explicitLoads } from './explicit-options.js'
import { findRemedies } from './find-remedies.js'
import type { CheckObserver } from './check-observer.js'
import type { CheckedInput } from './checked-input.js'

export interface CheckParts {
  readonly look: CheckObserver
  /** As requested; the check itself reads with changed options. */
  readonly checked: CheckedOptions
  /** Undefined if the server could not be asked. */
  readonly target: TargetDescription | undefined
  readonly inputs: Inputs | undefined
  readonly notices: readonly string[]
}

/** Call this after the run was closed. */
export async function makeCheckResult(run: Run, parts: CheckParts): Promise<CheckResult> {
  const { look, target } = parts
  const counts = parts.inputs?.columnCounts() ?? []
  const { version, rows, rejects, error, exitCode, ...result } = loadResult(run, {
    inputs: parts.inputs?.summaries() ?? [],
    inputTotals: parts.inputs?.totals,
    sources: parts.inputs?.sources,
    bytesError: parts.inputs?.bytesError,
    columns: [],
  })
  const { fitRows, unfitRows, problems, tally } = look
  const { byClass, byCode } = rejects
  const { inputs: summaries } = result
  // The last input may have been named but not opened.
  const pairs = summaries.map((summary, i) => ({ summary, looked: look.inputs[i] }))
  const opened = pairs.flatMap(({ summary, looked }) => (looked ? [{ summary, looked }] : []))
  const schema = target && ownSchema(target)
  const frozen = explicitLoads(run.options, opened, parts.inputs?.offsets ?? {})
  const [first, ...others] = frozen
  const shown = opened.find(({ looked }) => !looked.isEmpty && !looked.isUnfit)?.looked
  const isWhole = opened.every(({ looked }) => looked.isWhole)
  const mayHelp = byClass.type > 0 && unfitRows === 0 && others.length === 0
  const remedies =
    mayHelp && first !== undefined && shown !== undefined && schema !== undefined
      ? await findRemedies(run, first, shown, isWhole ? undefined : rows.read)
      : undefined
  if (remedies?.needed !== undefined) {
    const isSure = byClass.parse + byClass.server === 0 && tally === undefined
    run.options.onNeeded?.(remedies.needed, isSure && remedies.readsAll)
  }
  return {
    schema: 'ddb-ingest/check/1',
    version,
    status: statusOf(result.status, rows.rejected),
    exitCode: error === null && rows.rejected > 0 ? 3 : exitCode,
    target: result.target,
    inputs: await Promise.all(pairs.map(({ summary, looked }) => inputOf(summary, looked))),
    sources: result.sources,
    rows: { read: rows.read, fit: fitRows, rejected: rows.rejected, unfit: unfitRows },
    columns: (target?.columns ?? []).map(({ name, type }, i) => ({
      name,
      type: columnTypeText(type),
      nulls: counts[i]?.nulls ?? 0,
      coerced: counts[i]?.coerced ?? 0,
      rejected: look.rejectedOf(name),
      first: look.times[i]?.first ?? null,
      last: look.times[i]?.last ?? null,
    })),
    partitions: tally?.result() ?? null,
    problems: [...problems],
    remedies: (remedies?.said ?? []).map(run.reporter.words),
    rejects: { byClass, byCode },
    batches: {
      looked: look.inputs.reduce((sum, { batches }) => sum + batches, 0),
      expected: await expectedBatches(run, parts, opened),
    },
    frozen,
    commands: [],
    notices: [
      ...otherNotices(parts.notices, summaries),
      ...(target?.tableColumns === undefined ? [] : [notTransformed]).map(run.reporter.words),
      ...limitNotices(run, parts.checked).map(run.reporter.words),
    ],
    error,
  }
}

const notTransformed =
  'rows are checked as they would be sent: only a load shows which of them `target.transform` keeps, and whether the table takes those'

function statusOf(status: string, rejected: number): CheckStatus {
  if (status === 'interrupted' || status === 'failed') return status
  if (status === 'unconfirmed') return 'failed'
  return rejected > 0 ? 'rejects' : 'fits'
}

async function inputOf(
  summary: InputSummary,
  looked: CheckedInput | undefined,
): Promise<CheckResult['inputs'][number]> {
  const { path, format, compression, bytes, rows, rejected, firstError, detected } = summary
  return {
    path,
    format,
    compression,
    bytes,
    rows,
    rejected,
    firstError,
    detected,
    isWhole: looked?.isWhole ?? false,
    fields: (await looked?.fields()) ?? [],
  }
}

/** Drops notices that repeat what the result already says. */
function otherNotices(notices: readonly string[], summaries: readonly InputSummary[]): string[] {
  const known = new Set(
    summaries.flatMap(({ path, detected }) =>
      detected === null ? [] : [`${path}: ${detectedText(detected)}`],
    ),
  )
  return notices.filter(notice => !known.has(notice))
}

/** States how a load would treat rejects, which a check only counts. */
function limitNotices(run: Run, checked: CheckedOptions): string[] {
  const { rejected } = run.state.rows
  if (rejected === 0) return []
  if (checked.onError === 'stop') {
    return [
      'a load stops at the first row that it rejects: `rejects.file` saves such rows, `rejects.onError` skip leaves them out',
    ]
  }
  const isTooMany =
    finalLimitFailure({ checked, state: run.state, options: run.options }) !== undefined
  return isTooMany
    ? [`a load would end: ${rejected} rejected rows are more than \`rejects.maxErrors\` allows`]
    : []
}

/** Number of batches for all rows, estimated from the size of files read in part; null if some size is unknown. */
async function expectedBatches(
  run: Run,
  { checked }: CheckParts,
  opened: readonly { looked: CheckedInput; summary: InputSummary }[],
): Promise<number | null> {
  if (run.ending.stopped) return null
  let sum = 0
  for (const { looked, summary } of opened) {
    const batches = looked.isWhole
      ? looked.batches
      : await estimatedBatches(run, checked, looked, summary)
    if (batches === undefined) return null
    sum += batches
  }
  return sum
}

async function estimatedBatches(
  { platform, options }: Run,
  { batchRows, batchBytes }: CheckedOptions,
  { path, rows, encodedBytes, recordBytes, batches }: CheckedInput,
  { compression }: InputSummary,
): Promise<number | undefined> {
  const sizeBytes =
    path === '-' || compression !== 'none' ? undefined : await fileBytes(path, platform.files)
  if (sizeBytes === undefined || rows === 0) return undefined
  const allRows = Math.min(options.input?.limit ?? Infinity, (sizeBytes * rows) / recordBytes)
  const rowsOfBatch = Math.min(batchRows, Math.max(1, batchBytes / (encodedBytes / rows)))
  return Math.max(batches, Math.ceil(allRows / rowsOfBatch))
}
