/*
  Treats the fields of delimited text as columns, by name, or by position if names are missing, repeated or unprintable. Decides
  which columns they fill, and names them. Follows `mapping.map` and `mapping.set` like `load`.
*/
import type { InputReader } from '../parse/input-reader.js'
import { proposeNames } from './column-names.js'

/** Fields of the first input; all other inputs must have the same fields. */
export interface InputFields {
  /** Names in the header; undefined for fields without a name. */
  readonly names: readonly (string | undefined)[]
  /** The name of each field, or its position if `isByPosition`. Fields with the same key share a column. */
  readonly keys: readonly string[]
  readonly isByPosition: boolean
  readonly hasNames: boolean
  /** Indexes of the fields that become columns: all but those that have neither a name nor a text. */
  readonly used: readonly number[]
}

/** Matches names with invisible characters, which the program could not print in a command. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

type InputShape = Pick<InputReader, 'fieldNames' | 'fieldCount' | 'emptyFields'>

/** @param byPosition  true to ignore the names in the header */
export function inputFields(
  { fieldNames, fieldCount, emptyFields = [] }: InputShape,
  byPosition: boolean,
): InputFields {
  const hasNames = fieldNames !== undefined
  const names = hasNames ? fieldNames : Array.from({ length: fieldCount }, () => undefined)
  const isPrintable = (name: string | undefined): boolean =>
    name !== undefined && name !== '' && !unprintable.test(name)
  const filled = [...names.keys()].filter(i => !emptyFields.includes(i))
  const isClear =
    new Set(filled.map(i => names[i])).size === filled.length &&
    filled.every(i => isPrintable(names[i]))
  const isByPosition = byPosition || !isClear
  return {
    names,
    keys: names.map((name, i) => (isByPosition || name === undefined ? String(i) : name)),
    isByPosition,
    hasNames,
    used: isByPosition ? [...names.keys()] : filled,
  }
}

export interface FieldColumn {
  readonly name: string
  /** Index of the field, from 0; several columns may share a field. */
  readonly field: number
  /** True if the user named the field in `mapping.map`. */
  readonly isMapped: boolean
}

interface Mapping {
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  /** Target column → the same text in every row. */
  readonly set: Readonly<Record<string, string>>
  readonly existing?: ReadonlySet<string> | undefined
}

/** Lists the columns in the order of their fields. `unused` lists fields whose columns `mapping.set` fills. */
export function fieldColumns(
  { map, set, existing }: Mapping,
  fields: InputFields,
): { readonly columns: readonly FieldColumn[]; readonly unused: readonly number[] } {
  const targets = new Map<number, string[]>()
  for (const [target, source] of Object.entries(map)) {
    const field = fieldOf(source, fields)
    if (field >= 0) targets.set(field, [...(targets.get(field) ?? []), target])
  }
  const isSet = new Set(Object.keys(set).map(name => name.toLowerCase()))
  const filled = fields.names.flatMap((name, field) => {
    const isFree = !fields.isByPosition && !targets.has(field) && name !== undefined
    return isFree && isSet.has(name.toLowerCase()) ? [field] : []
  })
  const unused = filled.length < fields.names.length ? filled : []
  const wanted = fields.names.flatMap((name, field) => {
    if (unused.includes(field) || !fields.used.includes(field)) return []
    const mapped = targets.get(field)
    return (mapped ?? [name]).map(one => ({ name: one, field, isMapped: mapped !== undefined }))
  })
  const names = proposeNames(
    wanted.map(({ name }) => name),
    existing,
  )
  return { columns: wanted.map((one, i) => ({ ...one, name: names[i]! })), unused }
}

/**
 * Index of a field; −1 for none. Finds a name that differs in case if it is the only such name. If the names cannot be
 * used, a number is a position.
 */
function fieldOf(source: string, { names, isByPosition, hasNames }: InputFields): number {
  const exact = names.indexOf(source)
  if (exact >= 0) return exact
  const alike = names.flatMap((name, i) =>
    name?.toLowerCase() === source.toLowerCase() ? [i] : [],
  )
  if (alike.length === 1) return alike[0]!
  const isNumber = (isByPosition || !hasNames) && /^[1-9]\d*$/.test(source)
  return isNumber && Number(source) <= names.length ? Number(source) - 1 : -1
}
