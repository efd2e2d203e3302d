/* Turns everything a check detected or assumed into explicit options, and finds the options that rejected rows need. */
import { DdbError, option, type Fix } from '../../errors.js'
import { inferSchema } from '../../infer/infer.js'
import { neededOptions } from '../../infer/inferred-schema.js'
import type { NeededOptions, InferredSchema } from '../../infer/inferred-schema.js'
import { textSources } from '../../schema/cell-source.js'
import { mappingFix } from '../../schema/nearest.js'
import { defined } from '../checked-options.js'
import { cellsAsFound, readAsFound } from '../inputs/detected.js'
import type { MappingOptions } from '../options.js'
import type { Run } from '../run.js'
import { missingOptions, inferOptions } from '../target/create-target.js'
import type { FrozenLoad, CheckedInput } from './check-observer.js'

/** One load for each group of inputs that are read alike, in the order of each group's first input. */
export function explicitLoads(run: Run, inputs: readonly CheckedInput[]): FrozenLoad[] {
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

export interface Remedies {
  readonly said: readonly string[]
  /** Undefined if no option is missing, or if no set of options can read all columns. */
  readonly needed: NeededOptions | undefined
  /** True if all rows were read, so that `needed` has the count of those that do not fit even with these options. */
  readonly isWhole: boolean
  /** True if even with `needed` no row fits, because one column refuses all its texts. */
  readonly isVain: boolean
  /** If no row fits: what keeps them from fitting, and options with which a check finds out more. */
  readonly why?: string | undefined
  readonly fix?: Fix | undefined
}

/**
 * Finds options that make rejected rows readable. Reads every value once more, like `ddb-ingest schema`, but with the target's types.
 * @param frozen  how the inputs are read @param looked  the first input, already examined
 * @param sample  limit of the records to examine; undefined for all @returns undefined if the inputs cannot be read twice
 */
export async function findRemedies(
  run: Run,
  frozen: FrozenLoad,
  looked: CheckedInput,
  sample: number | undefined,
): Promise<Remedies | undefined> {
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
  const looking = inferSchema({
    ...inferOptions(read, inputs, platform.files),
    types: filled,
    existing: names,
    proposesTruths: true,
    stopped: () => isEnded(run),
    onLook: run.reporter.looking,
    ...defined({ sample }),
  })
  const schema = await looking
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
    needed: isNeeded ? needed : undefined,
    isWhole: schema.isComplete,
    isVain: schema.columns.some(one => names.has(one.name) && one.refused >= schema.rows),
    ...(looked.recordKind === 'members' ? membersFix(schema, looked) : {}),
  }
}

/** The mapping with which records of JSON fill the columns, or the columns that a person has to map. */
function membersFix(
  { columns, leftOut, needsPosition }: InferredSchema,
  { mapping }: CheckedInput,
): Pick<Remedies, 'why' | 'fix'> {
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
