/* Decides which input column fills which target column: by name if the input has names, else by position. The options `mapping.map`,
   `mapping.set`, `mapping.ignoreExtra` and `mapping.allowMissing` change the result. */
import { type Fix, type InputError, option, usageError } from '../errors.js'
import {
  columnError,
  fieldsUsed,
  ownText,
  type CellSource,
  type ColumnMapping,
  type InputShape,
  type MappingRules,
} from './cell-source.js'
import { knownNames, namedField, uniqueByLowerCase, type KnownNames } from './field-names.js'
import { mappingFix, nearestHint } from './nearest.js'
import {
  checkParts,
  memberNamed,
  setSource,
  templateField,
  templateNames,
  withParts,
} from './set-columns.js'
import type { TargetColumn, TargetSchema } from './target-schema.js'

/**
 * Decides the source of each target column, before the first row is read.
 * @throws {UsageError} DDB_USAGE if the rules name columns that do not exist, or contradict each other
 * @throws {InputError} DDB_INPUT_COLUMN if input and target do not fit
 */
export function mapColumns(
  target: TargetSchema,
  input: InputShape,
  given: MappingRules = {},
): ColumnMapping {
  const names = target.columns.map(column => column.name)
  for (const rule of ['map', 'set'] as const) {
    const unknown = Object.keys(given[rule] ?? {}).find(name => !names.includes(name))
    if (unknown === undefined) continue
    throw usageError(
      `${option(`mapping.${rule}`)} names a column "${unknown}" that the target does not have${nearestHint(unknown, names)}`,
    )
  }
  const twice = Object.keys(given.set ?? {}).find(name => ownText(given.map, name) !== undefined)
  if (twice !== undefined) throw usageError(`column "${twice}" is both mapped and set: choose one`)
  const rules = withParts(target, input, given)
  const sources = input.kind === 'members' ? members(target, rules) : fields(target, input, rules)
  if (rules.ignoreExtra !== true) checkParts(target, rules)
  const used = fieldsUsed(sources)
  const fromPath = Object.keys(rules.set ?? {}).filter(
    name => ownText(given.set, name) === undefined,
  )
  return {
    columns: target.columns.map((column, i) => ({ ...column, source: sources[i]! })),
    ignoreExtra: rules.ignoreExtra ?? false,
    allowMissing: rules.allowMissing ?? false,
    ...(input.kind === 'members' && rules.match === 'position' ? { byPosition: true } : {}),
    ...(input.kind === 'members' && fromPath.length > 0 && { fromPath }),
    ...(rules.ignoreExtra !== true &&
      input.emptyFields && { emptyFields: input.emptyFields.filter(index => !used.has(index)) }),
  }
}

const missing: CellSource = { kind: 'constant', text: '' }

const isNumber = /^[1-9]\d*$/

/** By position, a member is an element of an array, and its name is its number. */
function members(target: TargetSchema, rules: MappingRules): CellSource[] {
  const taken = new Set([...Object.values(rules.map ?? {}), ...templateNames(rules.set)])
  let position = 0
  return target.columns.map(({ name }) => {
    const text = ownText(rules.set, name)
    if (text !== undefined) return setSource(name, text, rules, memberNamed)
    const mapped = ownText(rules.map, name)
    if (rules.match !== 'position') return { kind: 'member', name: mapped ?? name }
    if (mapped !== undefined && !isNumber.test(mapped)) {
      throw usageError(
        `${option('mapping.map')} ${name}=${mapped}: arrays have no names, so give the number of the element, from 1`,
      )
    }
    if (mapped !== undefined) return { kind: 'member', name: mapped }
    do position++
    while (taken.has(String(position)))
    return { kind: 'member', name: String(position) }
  })
}

function fields(target: TargetSchema, input: InputShape, rules: MappingRules): CellSource[] {
  const { names } = input
  // An input without records fits any target.
  if (input.fieldCount === 0) return target.columns.map(() => missing)
  if (rules.match === 'name' && names === undefined) {
    throw usageError(
      `${input.file} has no header to match by name: use ${option('mapping.match')} position, or ${option('input.header')} yes if it has one`,
    )
  }
  const known = knownNames(names ?? [])
  const isByName = names !== undefined && rules.match !== 'position'
  const set = target.columns.map(column => {
    const text = ownText(rules.set, column.name)
    if (text === undefined) return undefined
    return setSource(column.name, text, rules, (name, isOther) =>
      templateField(name, isOther, known, input, { column, text }),
    )
  })
  const fieldOf = isByName
    ? byName(target, input, known, rules)
    : byPosition(target, input, set, rules)
  const sources = target.columns.map((column, i): CellSource | undefined => {
    if (set[i] !== undefined) return set[i]
    const mapped = ownText(rules.map, column.name)
    const index = fieldOf(column, mapped)
    if (index >= 0 && index < input.fieldCount) return { kind: 'field', index }
    return mapped === undefined && rules.allowMissing === true ? missing : undefined
  })
  // Another delimiter, or a lost header, must not make every row null.
  const isEmpty = isByName && fieldsUsed(sources).size === 0
  const lacking = target.columns.find(
    (_, i) => sources[i] === undefined || (isEmpty && sources[i] === missing),
  )
  if (lacking !== undefined) {
    throw isByName
      ? missingColumn(lacking, input, names, rules, fixFor(target, input, names, sources))
      : missingField(lacking, input, fieldsUsed(set))
  }
  const found = sources.map(source => source!)
  if (rules.ignoreExtra !== true) checkExtra(target, input, rules, found)
  return found
}

/** Finds the index of a column's field; −1 for none. @param mapped  the name or number in `mapping.map` */
type FindField = (column: TargetColumn, mapped: string | undefined) => number

function byName(
  target: TargetSchema,
  input: InputShape,
  known: KnownNames,
  rules: MappingRules,
): FindField {
  const wanted = target.columns
    .filter(({ name }) => ownText(rules.set, name) === undefined)
    .map(({ name }) => ownText(rules.map, name) ?? name)
  const twice = wanted.find(name => known.twice.has(name))
  if (twice !== undefined) {
    const message = `the header of ${input.file} has column "${twice}" twice: rename one, or use ${option('mapping.match')} position`
    throw columnError(input, twice, message)
  }
  const asked = uniqueByLowerCase(wanted)
  return ({ name }, mapped) => namedField(mapped ?? name, known, asked)
}

/** In order, for the columns that are not in `map` or `set`; skips fields of others, and of templates such as `{symbol}.SZ`. */
function byPosition(
  { columns }: TargetSchema,
  input: InputShape,
  set: readonly (CellSource | undefined)[],
  { map }: MappingRules,
): FindField {
  const taken = new Set(fieldsUsed(set))
  for (const column of columns) {
    const mapped = ownText(map, column.name)
    if (mapped !== undefined) taken.add(mappedField(column, mapped, input))
  }
  let next = 0
  return (column, mapped) => {
    if (mapped !== undefined) return mappedField(column, mapped, input)
    while (taken.has(next)) next++
    return next++
  }
}

/** The options that complete the mapping, if names tell them. @param sources  undefined for columns without one */
function fixFor(
  { columns }: TargetSchema,
  { emptyFields }: InputShape,
  names: readonly string[],
  sources: readonly (CellSource | undefined)[],
): Fix | undefined {
  const used = fieldsUsed(sources)
  const open = columns.filter((_, i) => sources[i] === undefined || sources[i] === missing)
  const isFree = (index: number): boolean => !used.has(index) && !emptyFields?.includes(index)
  const delimiter = names.length === 1 ? dividing(names[0]!, columns) : undefined
  if (delimiter !== undefined) return { options: { 'input.delimiter': delimiter } }
  return mappingFix(
    open.map(({ name }) => name),
    names.filter((_, index) => isFree(index)),
  )
}

/** The text that divides the only field of a header into names of columns. */
function dividing(header: string, columns: readonly TargetColumn[]): string | undefined {
  const known = new Set(columns.map(({ name }) => name.toLowerCase()))
  const isName = (part: string): boolean => known.has(part.trim().toLowerCase())
  const signs = new Set(header.match(/[^\p{L}\p{N}_]+/gu))
  return [...signs].find(sign => header.split(sign).every(isName))
}

function missingColumn(
  column: TargetColumn,
  input: InputShape,
  names: readonly string[],
  rules: MappingRules,
  fix: Fix | undefined,
): InputError {
  const mapped = ownText(rules.map, column.name)
  const wanted = mapped ?? column.name
  const hint = nearestHint(wanted, names)
  const isBelow = (rules.parts ?? []).length === 0 && input.file.includes('/')
  const fromPath = isBelow ? `, take it from the paths with ${option('input.path')}` : ''
  const or = rules.allowMissing
    ? '. No name in it is that of a column: is it the header, divided by the right delimiter?'
    : `, or leave it null with ${option('mapping.allowMissing')}`
  const advice =
    mapped === undefined
      ? `: map it with ${option('mapping.map')} ${column.name}=SOURCE, set it with ${option('mapping.set')}${fromPath}${or}`
      : `: ${option('mapping.map')} ${column.name}=${mapped} asks for it`
  const message = `the header of ${input.file} has no column "${wanted}"${hint}${advice}`
  return columnError(input, wanted, message, mapped === undefined ? fix : undefined)
}

function missingField(column: TargetColumn, input: InputShape, used: ReadonlySet<number>) {
  const names = Array.from(used, index => input.names?.[index] ?? `field ${index + 1}`).join(', ')
  const taken = ` (${option('mapping.set')} uses ${names}: ${option('mapping.map')} gives a column the same field)`
  const message =
    `the records of ${input.file} have ${counted(input.fieldCount, 'field')}, none for column "${column.name}"${names && taken}: ` +
    `set it with ${option('mapping.set')}, or leave it null with ${option('mapping.allowMissing')}`
  return columnError(input, column.name, message)
}

function mappedField(column: TargetColumn, mapped: string, input: InputShape): number {
  const named = input.names?.indexOf(mapped) ?? -1
  if (named >= 0) return named
  if (isNumber.test(mapped)) return Number(mapped) - 1
  throw usageError(
    `${option('mapping.map')} ${column.name}=${mapped}: ${input.file} has no names, so give the number of the field, from 1`,
  )
}

function checkExtra(
  target: TargetSchema,
  input: InputShape,
  rules: MappingRules,
  sources: readonly CellSource[],
): void {
  const used = fieldsUsed(sources)
  const byName = input.names !== undefined && rules.match !== 'position'
  for (let index = 0; index < input.fieldCount; index++) {
    if (used.has(index) || input.emptyFields?.includes(index) === true) continue
    const name = input.names?.[index]
    throw columnError(
      input,
      name ?? String(index + 1),
      name === undefined
        ? `field ${index + 1} of ${input.file} goes nowhere: the target has ${counted(target.columns.length, 'column')}; pass over it with ${option('mapping.ignoreExtra')}`
        : `column "${name}" of ${input.file} goes nowhere${wayOf(name, target, rules)}, or pass over it with ${option('mapping.ignoreExtra')}`,
      byName ? fixFor(target, input, input.names, sources) : undefined,
    )
  }
}

/** Advice for the message about an input column that no target column takes. */
function wayOf(name: string, target: TargetSchema, { set }: MappingRules): string {
  if (ownText(set, name) !== undefined) {
    return `: leave out ${option('mapping.set')} ${name}, which fills the column of this name`
  }
  const others = target.columns.map(column => column.name)
  const free = name === '' ? [] : others.filter(other => ownText(set, other) === undefined)
  const hint = nearestHint(name, free)
  return `${hint}: map it with ${option('mapping.map')}`
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
