/*
  Which input column fills which target column: by name when the input has names, else by position; with
  `mapping.map`, `mapping.set`, `mapping.ignoreExtra` and `mapping.allowMissing`.
*/
import { InputError, UsageError } from '../errors.js'
import { nearestHint } from './nearest.js'
import type { TargetColumn, TargetSchema } from './target-schema.js'

/** Where a target column's cells come from. */
export type CellSource =
  /** Field of a delimited record, from 0. */
  | { readonly kind: 'field'; readonly index: number }
  /** Member of a JSON object. */
  | { readonly kind: 'member'; readonly name: string }
  /** The same text in every row; '' is null. */
  | { readonly kind: 'constant'; readonly text: string }

/** A target column and where its cells come from. */
export interface MappedColumn extends TargetColumn {
  readonly source: CellSource
}

/** How every record of an input becomes a row of the target; one input, one mapping. */
export interface ColumnMapping {
  /** One per target column, in the target's order. */
  readonly columns: readonly MappedColumn[]
  /** JSON members that no column takes are passed over instead of rejecting their row. */
  readonly ignoreExtra: boolean
  /** JSON members that are not there are null instead of rejecting their row. */
  readonly allowMissing: boolean
}

/** What is known of the input before its first record is read. */
export interface InputShape {
  readonly file: string
  /** `members` for JSON objects, whose names show only record by record. */
  readonly kind: 'fields' | 'members'
  readonly names?: readonly string[] | undefined
  readonly fieldCount: number
  /** The first field is a name of its record, which goes nowhere unless it is asked for. */
  readonly rowNames?: boolean | undefined
  /** Line of the header, for messages. */
  readonly headerLineNumber?: number | undefined
}

/** What the user said about it: `mapping` of the options of a run. */
export interface MappingRules {
  /** Default: by name when the input has names. */
  readonly match?: 'name' | 'position'
  /** Target column → input column: a name, or a number from 1 when the input has no names. */
  readonly map?: Readonly<Record<string, string>>
  /** Target column → constant text. */
  readonly set?: Readonly<Record<string, string>>
  readonly ignoreExtra?: boolean
  readonly allowMissing?: boolean
}

/**
 * Decides where each target column comes from, before the first row is read.
 *
 * @throws {UsageError} DDB_USAGE when the rules name columns that are not there or contradict each other
 * @throws {InputError} DDB_INPUT_COLUMN when input and target do not fit
 */
export function mapColumns(
  target: TargetSchema,
  input: InputShape,
  rules: MappingRules = {},
): ColumnMapping {
  checkTargets(target, rules)
  const sources = input.kind === 'members' ? members(target, rules) : fields(target, input, rules)
  return {
    columns: target.columns.map((column, i) => ({ ...column, source: sources[i]! })),
    ignoreExtra: rules.ignoreExtra ?? false,
    allowMissing: rules.allowMissing ?? false,
  }
}

const missing: CellSource = { kind: 'constant', text: '' }

function checkTargets(target: TargetSchema, rules: MappingRules): void {
  const names = target.columns.map(column => column.name)
  for (const [option, given] of [
    ['`mapping.map`', rules.map],
    ['`mapping.set`', rules.set],
  ] as const) {
    for (const name of Object.keys(given ?? {})) {
      if (names.includes(name)) continue
      throw new UsageError(
        'DDB_USAGE',
        `${option} names a column "${name}" that the target does not have${nearestHint(name, names)}`,
      )
    }
  }
  for (const name of Object.keys(rules.set ?? {})) {
    if (!Object.hasOwn(rules.map ?? {}, name)) continue
    throw new UsageError('DDB_USAGE', `column "${name}" is both mapped and set: decide for one`)
  }
}

function own(
  record: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

function members(target: TargetSchema, rules: MappingRules): CellSource[] {
  if (rules.match === 'position') {
    throw new UsageError('DDB_USAGE', 'JSON is matched by name: it has no positions')
  }
  return target.columns.map(({ name }) => {
    const text = own(rules.set, name)
    if (text !== undefined) return { kind: 'constant', text }
    return { kind: 'member', name: own(rules.map, name) ?? name }
  })
}

function fields(target: TargetSchema, input: InputShape, rules: MappingRules): CellSource[] {
  const { names } = input
  // An input without any record fits every target.
  if (input.fieldCount === 0) return target.columns.map(() => missing)
  if (rules.match === 'name' && names === undefined) {
    throw new UsageError(
      'DDB_USAGE',
      `${input.file} has no header to match by name: use \`mapping.match\` position, or \`input.header\` yes if it has one`,
    )
  }
  const byName = names !== undefined && rules.match !== 'position'
  const sources = byName
    ? fieldsByName(target, input, names, rules)
    : fieldsByPosition(target, input, rules)
  if (rules.ignoreExtra !== true) checkExtra(target, input, rules, sources)
  return sources
}

function fieldsByName(
  target: TargetSchema,
  input: InputShape,
  names: readonly string[],
  rules: MappingRules,
): CellSource[] {
  const known = knownNames(names)
  checkUnique(target, input, known, rules)
  const wanted = target.columns
    .filter(({ name }) => own(rules.set, name) === undefined)
    .map(({ name }) => own(rules.map, name) ?? name)
  const asked = onlyOnes(wanted)
  return target.columns.map(column => {
    const text = own(rules.set, column.name)
    if (text !== undefined) return { kind: 'constant', text }
    const mapped = own(rules.map, column.name)
    const index = namedField(mapped ?? column.name, known, asked)
    if (index >= 0) return { kind: 'field', index }
    if (mapped === undefined && rules.allowMissing === true) return missing
    throw missingColumn(column, mapped, input, names)
  })
}

/** Names of fields; a table may have tens of thousands of columns, and each looks for its own. */
interface KnownNames {
  /** The first field of each name. */
  readonly indexes: ReadonlyMap<string, number>
  readonly twice: ReadonlySet<string>
  /** By their lower case, where only one field has it. */
  readonly alike: ReadonlyMap<string, string | undefined>
}

function knownNames(names: readonly string[]): KnownNames {
  const indexes = new Map<string, number>()
  const twice = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (indexes.has(name)) twice.add(name)
    else indexes.set(name, index)
  }
  return { indexes, twice, alike: onlyOnes(indexes.keys()) }
}

/** Names by their lower case; undefined where several differ in nothing else. */
function onlyOnes(names: Iterable<string>): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const name of names) {
    const key = name.toLowerCase()
    found.set(key, found.has(key) && found.get(key) !== name ? undefined : name)
  }
  return found
}

/**
 * Index of the field of this name; in another case only when no other field and no other column could be meant. −1 without
 * one.
 *
 * @param asked  the names that columns ask for, by their lower case
 */
function namedField(
  name: string,
  { indexes, twice, alike }: KnownNames,
  asked: ReadonlyMap<string, string | undefined>,
): number {
  const exact = indexes.get(name)
  if (exact !== undefined) return exact
  const key = name.toLowerCase()
  const other = alike.get(key)
  const isSure = other !== undefined && !twice.has(other) && asked.get(key) === name
  return (isSure ? indexes.get(other) : undefined) ?? -1
}

function missingColumn(
  column: TargetColumn,
  mapped: string | undefined,
  input: InputShape,
  names: readonly string[],
): InputError {
  const wanted = mapped ?? column.name
  const hint = nearestHint(wanted, names)
  const advice =
    mapped === undefined
      ? `: map it with \`mapping.map\` ${column.name}=SOURCE, set it with \`mapping.set\`, or leave it null with \`mapping.allowMissing\``
      : `: \`mapping.map\` ${column.name}=${mapped} asks for it`
  return new InputError(
    'DDB_INPUT_COLUMN',
    `the header of ${input.file} has no column "${wanted}"${hint}${advice}`,
    position(input, wanted),
  )
}

function position(
  input: InputShape,
  columnName: string,
): { file: string; lineNumber: number; columnName: string } {
  return { file: input.file, lineNumber: input.headerLineNumber ?? 1, columnName }
}

function checkUnique(
  target: TargetSchema,
  input: InputShape,
  { twice }: KnownNames,
  rules: MappingRules,
): void {
  for (const { name } of target.columns) {
    if (own(rules.set, name) !== undefined) continue
    const wanted = own(rules.map, name) ?? name
    if (!twice.has(wanted)) continue
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `the header of ${input.file} has column "${wanted}" twice: rename one, or use \`mapping.match\` position`,
      position(input, wanted),
    )
  }
}

/** Columns that are neither mapped nor set take the fields in order. */
function fieldsByPosition(
  target: TargetSchema,
  input: InputShape,
  rules: MappingRules,
): CellSource[] {
  let next = input.rowNames === true ? 1 : 0
  return target.columns.map(column => {
    const text = own(rules.set, column.name)
    if (text !== undefined) return { kind: 'constant', text }
    const mapped = own(rules.map, column.name)
    const index = mapped === undefined ? next++ : mappedField(column, mapped, input)
    if (index < input.fieldCount) return { kind: 'field', index }
    if (mapped === undefined && rules.allowMissing === true) return missing
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `the records of ${input.file} have ${counted(input.fieldCount, 'field')}, none for column "${column.name}": ` +
        'set it with `mapping.set`, or leave it null with `mapping.allowMissing`',
      position(input, column.name),
    )
  })
}

function mappedField(column: TargetColumn, mapped: string, input: InputShape): number {
  const named = input.names?.indexOf(mapped) ?? -1
  if (named >= 0) return named
  if (/^[1-9]\d*$/.test(mapped)) return Number(mapped) - 1
  throw new UsageError(
    'DDB_USAGE',
    `\`mapping.map\` ${column.name}=${mapped}: ${input.file} has no names, so give the number of the field, from 1`,
  )
}

function checkExtra(
  target: TargetSchema,
  input: InputShape,
  rules: MappingRules,
  sources: readonly CellSource[],
): void {
  const used = new Set(sources.map(source => (source.kind === 'field' ? source.index : -1)))
  for (let index = 0; index < input.fieldCount; index++) {
    if (used.has(index) || (index === 0 && input.rowNames === true)) continue
    const name = input.names?.[index]
    const isTrailing = name === '' && index === input.fieldCount - 1
    const or = isTrailing ? ', or say `input.trailingDelimiter` if each line ends with one' : ''
    throw new InputError(
      'DDB_INPUT_COLUMN',
      name === undefined
        ? `field ${index + 1} of ${input.file} goes nowhere: the target has ${counted(target.columns.length, 'column')}; pass over it with \`mapping.ignoreExtra\``
        : `column "${name}" of ${input.file} goes nowhere${wayOf(name, target, rules)}, or pass over it with \`mapping.ignoreExtra\`${or}`,
      position(input, name ?? String(index + 1)),
    )
  }
}

/** What may be done about a column that goes nowhere; one that is set is not what it should have been. */
function wayOf(name: string, target: TargetSchema, { set }: MappingRules): string {
  if (own(set, name) !== undefined) {
    return `: leave out \`mapping.set\` ${name}, which fills the column of this name`
  }
  const others = target.columns.map(column => column.name)
  const free = name === '' ? [] : others.filter(other => own(set, other) === undefined)
  const hint = nearestHint(name, free)
  return `${hint}: map it with \`mapping.map\``
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
