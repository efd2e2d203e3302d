/* Names of an input's columns in a table: unchanged if DolphinDB accepts them, otherwise repaired as `loadText` does
   (docs/server-semantics.md#text-of-values). Reserved words become lower case: `date` for `DATE`. Fields of delimited text become columns
   by name, or by position if names are missing, repeated or unprintable, and follow `mapping.map` and `mapping.set` like `load`. */
import { UsageError, usageError } from '../errors.js'
import { everyColumn } from '../parse/times/date-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import type { InputShape } from '../schema/cell-source.js'
import {
  isIdentifier,
  isReservedWord,
  knownNames,
  namedField,
  uniqueByLowerCase,
} from '../schema/field-names.js'
import type { TargetColumn } from '../schema/target-schema.js'

/** Options that refer to columns by name. */
export interface NameRules {
  readonly cells: Pick<CellRules, 'dateFormats' | 'percentColumns'> & {
    readonly offsets?: Readonly<Record<string, string>>
  }
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → template: a text that may contain fields in braces (`set-columns.ts`). */
  readonly set: Readonly<Record<string, string>>
  /** Types that the user gave for columns. */
  readonly types?: readonly TargetColumn[]
  /** Columns of an existing table. Their names stay unchanged. */
  readonly existing?: ReadonlySet<string> | undefined
}

/** Matches names of columns that identify shares, futures and the like. */
const codeName =
  /^(?:.*_)?(?:sym|symbol|code|ticker|instrument(?:_?id)?|security_?id|secu_?code|contract|ric|isin|wind_?code)$|[a-z](?:Symbol|Code|Ticker|SecurityID|InstrumentID)$|\u4ee3\u7801|\u4ee3\u78bc|\u5408\u7ea6|\u5408\u7d04/i

export const isCodeName = (name: string): boolean => codeName.test(name)

const wrongSign = /[^A-Za-z0-9_\u4e00-\u9fff]/gu

/**
 * Proposes one name per column, all different even if case is ignored. Names that need no repair stay unchanged.
 * @param names  in the input; undefined for none @param existing  names of an existing table's columns, which are not repaired
 * @param places  for each column: the number that replaces a name without letters and digits
 */
export function proposeNames(
  names: readonly (string | undefined)[],
  existing?: ReadonlySet<string>,
  places: readonly number[] = [...names.keys()],
): string[] {
  const taken = new Set<string>()
  const take = (name: string): boolean => {
    const isFree = !taken.has(name.toLowerCase())
    taken.add(name.toLowerCase())
    return isFree
  }
  const proposed = names.map((name = '') => {
    const isUsable = existing?.has(name) === true || (isIdentifier(name) && !isReservedWord(name))
    return isUsable && take(name) ? name : undefined
  })
  return proposed.map((name, i) => name ?? repaired(names[i], places[i]!, take))
}

function repaired(name = '', place: number, take: (name: string) => boolean): string {
  const signs = name.trim().replace(wrongSign, '_')
  const base = /[A-Za-z0-9\u4e00-\u9fff]/.test(signs) ? signs : `col${place}`
  const small = base.toLowerCase()
  const unreserved = isReservedWord(small) ? `${small}_` : small
  const first = isReservedWord(base) ? unreserved : isIdentifier(base) ? base : `c${base}`
  let free = first
  for (let number = 2; !take(free); number++) free = `${first}_${number}`
  return free
}

/** Names of the columns in the table: from `map`, otherwise proposed by `proposeNames`. */
export function targetNames(
  { map, existing }: Pick<NameRules, 'map' | 'existing'>,
  names: readonly (string | undefined)[],
): readonly string[] {
  const mapped = new Map(Object.entries(map).map(([target, source]) => [source, target]))
  const wanted = names.map((name, i) => mapped.get(name ?? String(i + 1)) ?? name)
  return proposeNames(wanted, existing)
}

/** @throws {UsageError} DDB_USAGE for unknown columns, or if `set` names a column of the input; DDB_NAME for reserved words */
export function checkRules(
  { cells, map, set, types = [], existing }: NameRules,
  own: readonly string[],
): void {
  const names = [...own, ...Object.keys(set)]
  const isNew = (name: string): boolean => existing?.has(name) !== true
  const twice = own.find(name => Object.hasOwn(set, name))
  if (twice !== undefined) {
    throw usageError(`column "${twice}" is in the input, and set: name another`)
  }
  const { dateFormats = {}, percentColumns = [], offsets = {} } = cells
  const named = [
    ...Object.keys(dateFormats).filter(name => name !== everyColumn),
    ...[...percentColumns, ...Object.keys(offsets), ...Object.keys(map)],
    ...types.map(({ name }) => name),
  ]
  checkReserved([...Object.keys(map), ...Object.keys(set)].filter(isNew))
  const unknown = named.find(name => !names.includes(name) && isNew(name))
  if (unknown === undefined) return
  throw usageError(
    `the table would have no column "${unknown}": its columns are ${names.join(', ')}`,
  )
}

/** @throws {UsageError} DDB_NAME if one of the names is a reserved word */
export function checkReserved(names: readonly string[]): void {
  const reserved = names.find(isReservedWord)
  if (reserved === undefined) return
  throw new UsageError(
    'DDB_NAME',
    `"${reserved}" is a reserved word of DolphinDB, which cannot be the name of a table or column`,
  )
}

/** Fields of the first input; all other inputs must have the same fields. */
export interface InputFields {
  /** Names in the header; undefined for fields without a name. */
  readonly names: readonly (string | undefined)[]
  readonly isByPosition: boolean
  readonly hasNames: boolean
  /** Indexes of the fields that become columns: all but those that have neither a name nor a text. */
  readonly used: readonly number[]
}

/** Matches names with invisible characters, which the program could not print in a command. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

/** @param byPosition  true to ignore the names in the header */
export function inputFields(
  { names: given, fieldCount, emptyFields = [] }: InputShape,
  byPosition: boolean,
): InputFields {
  const hasNames = given !== undefined
  const names = given ?? Array.from({ length: fieldCount }, () => undefined)
  const filled = [...names.keys()].filter(i => !emptyFields.includes(i))
  const own = filled.map(i => names[i] ?? '')
  const isClear =
    new Set(own).size === own.length && own.every(name => name !== '' && !unprintable.test(name))
  const isByPosition = byPosition || !isClear
  return { names, isByPosition, hasNames, used: isByPosition ? [...names.keys()] : filled }
}

export interface FieldColumn {
  readonly name: string
  /** Its name in the input. */
  readonly source: string | undefined
  /** Index of the field, from 0; several columns may share a field. */
  readonly field: number
  /** Number of the field, from 1, if a run needs it to find the field. */
  readonly fieldNumber?: number
}

/**
 * Lists the columns in the order of their fields.
 * @param taken  fields that templates use. Such a field has a column of its own only if `map` names it, too
 * @returns also names of fields whose columns `set` fills
 */
export function fieldColumns(
  { map, set, existing }: Pick<NameRules, 'map' | 'set' | 'existing'>,
  fields: InputFields,
  taken: ReadonlySet<number>,
): { readonly columns: readonly FieldColumn[]; readonly unused: readonly string[] } {
  const { names: sources, isByPosition, hasNames, used } = fields
  const known = knownNames(sources.map(name => name ?? ''))
  const targets = new Map<number, string[]>()
  for (const [target, source] of Object.entries(map)) {
    // The name may differ in case if only one does so. Without usable names, a number is a position.
    const named = namedField(source, known, uniqueByLowerCase([source]))
    const isNumber = named < 0 && (isByPosition || !hasNames) && /^[1-9]\d*$/.test(source)
    const field = isNumber ? Number(source) - 1 : named
    if (field >= 0 && field < sources.length)
      targets.set(field, [...(targets.get(field) ?? []), target])
  }
  const isSet = new Set(Object.keys(set).map(name => name.toLowerCase()))
  const filled = [...sources.keys()].filter(
    field => !isByPosition && !targets.has(field) && isSet.has(sources[field]?.toLowerCase() ?? ''),
  )
  const unused = filled.length < sources.length ? filled : []
  const wanted = sources.flatMap((source, field) => {
    if (unused.includes(field) || !used.includes(field)) return []
    const mapped = targets.get(field)
    if (mapped === undefined && taken.has(field)) return []
    const isNumbered = mapped === undefined && isByPosition && targets.size > 0
    const place = { source, field, ...(isNumbered && { fieldNumber: field + 1 }) }
    return (mapped ?? [source]).map(name => ({ ...place, name }))
  })
  const names = proposeNames(
    wanted.map(({ name }) => name),
    existing,
    wanted.map(({ field }) => field),
  )
  return {
    columns: wanted.map((one, i) => ({ ...one, name: names[i]! })),
    unused: unused.flatMap(field => (taken.has(field) ? [] : (sources[field] ?? []))),
  }
}
