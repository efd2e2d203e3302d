/* A load that sends nothing: it uses the same inputs, readers, conversion and target, and reports what would happen to the rows. */
import {
  DdbError,
  InputError,
  TimeoutError,
  UsageError,
  type ErrorCode,
  namedFix,
  option,
  usageError,
} from '../../errors.js'
import { formatTemporal, isTemporal } from '../../protocol/types/temporals.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system-files.js'
import { detectedText } from '../inputs/detected.js'
import { limitFailure } from '../rejects/reject.js'
import { ownSchema } from '../target/describe-target.js'
import { abandon, runPipeline } from '../pipeline.js'
import { findTarget } from '../load.js'
import { hasTransform } from '../target/target.js'
import { checkedOptions, type CheckedOptions } from '../checked-options.js'
import { loadResult, unmetExpectation } from '../result.js'
import { newRun, type Run } from '../run.js'
import { newCheckResult, checkedFields, CheckObserver } from './check-observer.js'
import type { CheckOptions, CheckProblem, CheckResult } from './check-observer.js'
import { explicitLoads, findRemedies, type Remedies } from './explicit-options.js'

/** Limit of different notices to keep; no run has so many. */
const maxNotices = 100

/**
 * Reads the inputs as `load` would, against the target's columns, and writes nothing. Does not test whether the user may write.
 * @returns what would happen to the rows, with failures (`error`, `exitCode`). If the server cannot be asked, how the inputs are read
 * @throws {UsageError} DDB_USAGE, DDB_NAME for wrong options, and only for those
 */
export const check = (options: CheckOptions): Promise<CheckResult> =>
  checkOn(systemPlatform, options)

export async function checkOn(platform: Platform, options: CheckOptions): Promise<CheckResult> {
  const { sampleRows = Infinity, journal: _, expectRows, ...given } = options
  if (options.input?.follow === true) {
    throw usageError(`${option('input.follow')} has no end to check: leave it out here`)
  }
  const checked = checkedOptions(given, platform.random)
  const notices = new Set<string>()
  const onNotice = (notice: string): void => void (notices.size < maxNotices && notices.add(notice))
  const look = new CheckObserver(given, sampleRows)
  const run = newRun(
    { ...given, onNotice },
    // The run continues after rejects, and keeps none of them.
    { ...checked, onError: 'skip', maxErrors: { share: 1 }, rejectsFile: undefined },
    platform,
    { watch: look },
  )
  let missing: DdbError | undefined
  const misuse = await runPipeline(run, async () => {
    try {
      look.target = await findTarget(run)
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      missing = error
    }
    // A server that ignores a query would also ignore the closing of the connection.
    if (missing instanceof TimeoutError) abandon(run, missing)
    if (missing instanceof UsageError && run.control === undefined) throw missing
    run.delivery = look.delivery(run)
    return true
  })
  if (misuse !== undefined) throw misuse
  run.ending.fail(missing ?? unfitFailure(look))
  // Only a load shows how many rows the transform keeps.
  const isCounted = !hasTransform(run.checked) && isAllRead(look)
  const unmet = unmetExpectation(expectRows, look.fitRows, 'would be delivered')
  if (isCounted && unmet !== undefined) run.ending.fail(unmet)
  return checkResult(run, look, noticesOf(run, look, checked, notices))
}

const isAllRead = ({ inputs }: CheckObserver): boolean => inputs.every(({ isWhole }) => isWhole)

async function checkResult(run: Run, look: CheckObserver, notices: string[]): Promise<CheckResult> {
  const { target } = look
  const result = loadResult(run)
  const { rows, error } = result
  const { fitRows, unfitRows, problems } = look
  const schema = target && ownSchema(target)
  const frozen = explicitLoads(run, look.inputs)
  const [first, ...others] = frozen
  const shown = look.inputs.find(({ isEmpty, isUnfit }) => !isEmpty && !isUnfit)
  const isWhole = isAllRead(look)
  const mayHelp = rows.rejected > 0 && unfitRows === 0 && others.length === 0
  const remedies =
    mayHelp && first !== undefined && shown !== undefined && schema !== undefined
      ? await findRemedies(run, first, shown, isWhole ? undefined : rows.read)
      : undefined
  const isFixedFirst = error !== null && (remedies?.why ?? remedies?.fix) !== undefined
  if (remedies?.needed !== undefined && !isFixedFirst && !remedies.isVain) {
    // In which partitions rows lie is known only once their columns are read.
    const isPartitioned = target?.partition !== undefined
    run.options.onNeeded?.(remedies.needed, !isPartitioned && remedies.isWhole)
  }
  const inputs: CheckResult['inputs'] = []
  for (const [i, { contentBytes, ragged, ...own }] of result.inputs.entries()) {
    // The last input may have been named but not opened.
    const looked = look.inputs[i]
    const fields = looked === undefined ? [] : await checkedFields(looked)
    inputs.push({ ...own, isWhole: looked?.isWhole ?? false, fields })
  }
  return {
    ...newCheckResult(result),
    inputs,
    rows: { read: rows.read, fit: fitRows, rejected: rows.rejected, unfit: unfitRows },
    columns: result.columns.map((column, i) => {
      const rejected = look.rejectedBy.get(column.name) ?? 0
      const { type, min, max } = look.times[i] ?? {}
      const [first = null, last = null] = type
        ? [min!, max!].map(raw => formatTemporal(type, raw))
        : []
      return { ...column, rejected, first, last }
    }),
    problems: [...problems],
    remedies: [...(remedies?.said ?? [])],
    ...{ frozen, notices },
    error: error && remedies ? withRemedies(error, remedies, schema, problems) : error,
  }
}

/** The failure with what helps, or with the decision that is left to a person. */
function withRemedies(
  error: NonNullable<CheckResult['error']>,
  { needed, why, fix }: Remedies,
  schema: TargetSchema | undefined,
  [first]: readonly CheckProblem[],
): CheckResult['error'] {
  if (why !== undefined || fix !== undefined) {
    return { ...error, message: why ?? error.message, fix: fix ? namedFix(fix) : null }
  }
  const { type } = schema?.columns.find(({ name }) => name === first?.columnName) ?? {}
  // The messages about dates and times name the formats that read them.
  if (needed !== undefined || type === undefined || isTemporal(type.type)) return error
  const decision =
    'no option reads such texts: mend them, or load them into a column of another type'
  return { ...error, message: `${error.message}; ${decision}` }
}

/** The failure of the first input that does not fit the target. If all fit and every row was rejected: of the first reject. */
function unfitFailure(look: CheckObserver): DdbError | undefined {
  const { inputs, fitRows, unfitRows, problems } = look
  const [first] = problems
  const unfit = inputs.find(({ failure }) => failure !== undefined)
  if (unfit !== undefined || first === undefined || fitRows + unfitRows > 0) return unfit?.failure
  const { file, lineNumber, offsetBytes, code, message } = first
  const position = { file, lineNumber, offsetBytes }
  const text = `no row would load; the first one: ${file}, line ${lineNumber}: ${message}`
  return new InputError(code as ErrorCode, text, position)
}

/**
 * What the check has noticed, except for what the result already says; and how a load would treat rejects, which a check only counts.
 * @param checked  as requested; the check itself reads with changed options
 */
function noticesOf(
  { state, options }: Run,
  look: CheckObserver,
  checked: CheckedOptions,
  notices: Iterable<string>,
): string[] {
  const known = look.inputs.map(
    ({ summary: { path, detected } }) => detected && `${path}: ${detectedText(detected)}`,
  )
  const all = [...notices].filter(notice => !known.includes(notice))
  const { rejected } = state.rows
  if (look.target?.tableColumns !== undefined) {
    all.push(
      `rows are checked as they would be sent: only a load shows which of them ${option('target.transform')} keeps, and whether the table takes those`,
    )
  }
  if (rejected > 0 && checked.onError === 'stop') {
    all.push(
      `a load stops at the first row that it rejects: ${option('rejects.file')} saves such rows, ${option('rejects.onError')} skip leaves them out`,
    )
  } else if (limitFailure({ checked, state, options }) !== undefined) {
    all.push(
      `a load would end: ${rejected} rejected rows are more than ${option('rejects.maxErrors')} allows`,
    )
  }
  return all
}
