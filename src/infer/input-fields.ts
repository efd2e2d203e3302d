/*
  Treats the fields of delimited text as columns, by name, or by position if names are missing, repeated or unprintable.
*/
import type { InputReader } from '../parse/input-reader.js'

/** Fields of the first input; all other inputs must have the same fields. */
export interface InputFields {
  /** Names in the header; undefined for fields without a name. */
  readonly names: readonly (string | undefined)[]
  /** The name of each field, or its position if `isByPosition`. Fields with the same key share a column. */
  readonly keys: readonly string[]
  readonly isByPosition: boolean
  readonly hasNames: boolean
}

/** Matches names with invisible characters, which the program could not print in a command. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

type InputShape = Pick<InputReader, 'fieldNames' | 'fieldCount'>

/** @param byPosition  true to ignore the names in the header */
export function inputFields(
  { fieldNames, fieldCount }: InputShape,
  byPosition: boolean,
): InputFields {
  const hasNames = fieldNames !== undefined
  const names = hasNames ? fieldNames : Array.from({ length: fieldCount }, () => undefined)
  const isClear =
    new Set(names).size === names.length &&
    names.every(name => name !== undefined && name !== '' && !unprintable.test(name))
  const isByPosition = byPosition || !isClear
  return {
    names,
    keys: names.map((name, i) => (isByPosition || name === undefined ? String(i) : name)),
    isByPosition,
    hasNames,
  }
}
