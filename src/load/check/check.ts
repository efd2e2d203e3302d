/* A load that sends nothing: it uses the same inputs, readers, conversion and target, and reports what would happen to the rows. Turns
   everything that it detected or assumed into explicit options, and finds the options that rejected rows need. */
import {
  DdbError,
  InputError,
  TimeoutError,
  UsageError,
  type ErrorCode,
  type Fix,
  namedFix,
  option,
  usageError,
} from '../../errors.js'
import { inferSchema } from '../../infer/infer.js'
import {
  neededOptions,
  type InferredSchema,
  type NeededOptions,
} from '../../infer/inferred-schema.js'
import { formatTemporal, isTemporal } from '../../protocol/types/temporals.js'
import { textSources } from '../../schema/cell-source.js'
import { mappingFix } from '../../schema/nearest.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system-files.js'
import { cellsAsFound, detectedText, readAsFound } from '../inputs/detected.js'
import type { MappingOptions } from '../options.js'
import { limitFailure } from '../rejects/reject.js'
import { inferOptions, missingOptions } from '../target/create-target.js'
import { ownSchema } from '../target/describe-target.js'
import { abandon, runPipeline } from '../pipeline.js'
import { findTarget } from '../load.js'
import { hasTransform } from '../target/target.js'
import { checkedOptions, type CheckedOptions, defined } from '../checked-options.js'
import { loadResult, unmetExpectation } from '../result.js'
import { newRun, type Run } from '../run.js'
import { newCheckResult, checkedFields, CheckObserver } from './check-observer.js'
import type {
  CheckedInput,
  CheckOptions,
  CheckProblem,
  CheckResult,
  FrozenLoad,
} from './check-observer.js'

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
  if (options.input?.follow === true)
    throw usageError(`${option('input.follow')} has no end to check: leave it out here`)
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
    run.delivery = look.delivery(run.state, (...row) => run.rejects.keepRefused(...row))
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
  const text = `no row would load; the first one: ${file}, line ${lineNumber}: ${message}`
  return new InputError(code as ErrorCode, text, { file, lineNumber, offsetBytes })
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

/** One load for each group of inputs that are read alike, in the order of each group's first input. */
function explicitLoads(run: Run, inputs: readonly CheckedInput[]): FrozenLoad[] {
  const groups = new Map<string, FrozenLoad>()
  // Nothing can be detected in an input without records, so such an input joins a group of other inputs.
  for (const input of inputs.toSorted((a, b) => Number(a.isEmpty) - Number(b.isEmpty))) {
    const frozen = frozenLoad(run, input)
    const key = JSON.stringify({ ...frozen, inputs: [] })
    const [first] = input.isEmpty ? groups.values() : []
    const known = first ?? groups.get(key)
    if (known === undefined) groups.set(key, frozen)
    else known.inputs.push(...frozen.inputs)
  }
  return [...groups.values()]
}

function frozenLoad({ options, inputs }: Run, looked: CheckedInput): FrozenLoad {
  const { input: { stdin, include, ...input } = {}, mapping = {}, cells } = options
  const { path, format, compression, detected } = looked.summary
  const unknown = looked.isEmpty ? { header: null, trailingDelimiter: null } : {}
  return {
    inputs: [path],
    // The inputs are expanded to files: standard input and the choice of files no longer apply.
    input: { ...input, ...readAsFound({ ...detected, format, compression, ...unknown }) },
    mapping: { ...mapping, ...mappingOf(looked, mapping) },
    cells: cellsAsFound(cells, detected ?? undefined, inputs?.reading.offsets),
  }
}

/** Maps fields by position or by name. With names, lists only fields whose column has a different name. */
function mappingOf(
  { mapping, fieldNames, recordKind, isUnfit, isEmpty }: CheckedInput,
  given: MappingOptions,
): MappingOptions {
  if (isEmpty) return {}
  if (given.match === 'position') return { match: 'position' }
  if (recordKind === 'members') return { match: 'name' }
  if (fieldNames === undefined) return { match: 'position' }
  if (isUnfit) return { match: 'name' }
  const others = mapping.columns.flatMap(({ name, source }) => {
    const field = source.kind === 'field' ? fieldNames[source.index]! : name
    return field === name ? [] : [[name, field] as const]
  })
  const map = { ...given.map, ...Object.fromEntries(others) }
  return { match: 'name', ...(Object.keys(map).length === 0 ? {} : { map }) }
}

type Remedies = NonNullable<Awaited<ReturnType<typeof findRemedies>>>

/**
 * Finds options that make rejected rows readable. Reads every value once more, like `ddb-ingest schema`, but with the target's types.
 * @param frozen  how the inputs are read @param looked  the first input, already examined
 * @param sample  limit of the records to examine; undefined for all @returns undefined if the inputs cannot be read twice
 */
async function findRemedies(
  run: Run,
  frozen: FrozenLoad,
  looked: CheckedInput,
  sample: number | undefined,
) {
  const { options, platform, sources } = run
  const { inputs, input, mapping } = frozen
  const isOnce = (path: string, i: number): boolean =>
    sources.sizes[i] === undefined && inputs.includes(path)
  if (sources.paths.some(isOnce)) return undefined
  const map = { ...mapping.map }
  const set = { ...mapping.set }
  for (const { name, source } of looked.mapping.columns) {
    if (source.kind === 'field') {
      const own = mapping.match === 'position' ? undefined : looked.fieldNames?.[source.index]
      map[name] = own ?? String(source.index + 1)
    }
    if (source.kind === 'member' && source.name !== name) map[name] = source.name
    const [part, ...others] = textSources(source)
    // `inferSchema` makes no column from a part of the path, such as `{date}`, that a template of `set` has, so it is added here.
    const isWhole = part?.kind === 'input' && others.length === 0
    if (isWhole && !Object.hasOwn(set, name)) set[name] = `{${part.name}}`
  }
  const filled = looked.mapping.columns.filter(
    ({ name, source }) => source.kind !== 'constant' || Object.hasOwn(set, name),
  )
  const names = new Set(filled.map(({ name }) => name))
  // Quotes may have another meaning than the one that was detected.
  const { quote: _, escape: __, ...layout } = input
  const { quote, escape } = options.input ?? {}
  const own = { ...layout, ...defined({ quote, escape }) }
  const read = { ...options, input: own, mapping: { ...mapping, map, set } }
  const schema = await inferSchema({
    ...inferOptions(read, inputs, platform.files),
    types: filled,
    existing: names,
    proposesTruths: true,
    stopped: () => isEnded(run),
    onLook: run.reporter.looking,
    ...defined({ sample }),
  })
    .catch((error: unknown) => {
      if (error instanceof DdbError) return error
      throw error
    })
    // No report may follow the result.
    .finally(() => run.reporter.tell('done'))
  if (isEnded(run)) return undefined
  if (schema instanceof DdbError) {
    const why = schema.code === 'DDB_INPUT_COLUMN' ? schema.message : undefined
    return { said: [], needed: undefined, isWhole: false, isVain: false, why, fix: schema.fix }
  }
  const ofColumns = schema.columns.flatMap(({ name, remedies = [] }) =>
    names.has(name) ? remedies.map(text => `${name}: ${text}`) : [],
  )
  const { input: reading, cells, rejects } = neededOptions(schema, run.options.cells?.lenient)
  const needed: NeededOptions = { input: reading, cells, mapping: {}, rejects }
  const isContrary = cells.thousands === ',' && cells.decimalComma
  const isNeeded = !isContrary && missingOptions(run, needed, true).length > 0
  return {
    said: [...ofColumns, ...(reading.comment === undefined ? [] : (schema.totals?.said ?? []))],
    /** Undefined if no option is missing, or if no set of options can read all columns. */
    needed: isNeeded ? needed : undefined,
    /** True if all rows were read, so that `needed` has the count of those that do not fit even with these options. */
    isWhole: schema.isComplete,
    /** True if even with `needed` no row fits, because one column refuses all its texts. */
    isVain: schema.columns.some(one => names.has(one.name) && one.refused >= schema.rows),
    ...(looked.recordKind === 'members' ? membersFix(schema, looked) : {}),
  }
}

/** If no row fits: what keeps records of JSON from filling the columns, or the mapping with which a check finds out more. */
function membersFix(
  { columns, leftOut, needsPosition }: InferredSchema,
  { mapping }: CheckedInput,
): { why?: string; fix?: Fix } {
  if (mapping.byPosition === true) return {}
  if (needsPosition) return { fix: { options: { 'mapping.match': 'position' } } }
  const members = [...columns, ...leftOut].flatMap(({ source }) => source ?? [])
  const sources = mapping.columns.flatMap(({ name, source }) =>
    source.kind === 'member' ? [{ name, member: source.name }] : [],
  )
  const open = sources.flatMap(({ name, member }) => (members.includes(member) ? [] : [name]))
  const used = new Set(sources.map(({ member }) => member))
  const free = members.filter(member => !used.has(member))
  if (open.length + free.length === 0) return {}
  const fix = mappingFix(open, free)
  const decision = `say which fills it with ${option('mapping.map')} COLUMN=MEMBER, or leave it null with ${option('mapping.allowMissing')}`
  if (fix !== undefined) return { fix }
  return { why: `no member of the records is called ${open.join(', ')}: ${decision}` }
}

/** True if the caller ended the run. A failure of the check does not count: the rows may have caused it. */
function isEnded({ options: { signal, leave } }: Run): boolean {
  return signal?.aborted === true || leave?.aborted === true
}
