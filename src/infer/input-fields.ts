/*
  The fields of delimited text as columns: by their names in the header, or by position where there are none or where names
  do not tell them apart.
*/
import type { InputReader } from '../parse/input-reader.js'

/** Fields of the first input; others have to have the same. */
export interface InputFields {
  /** As the header has them; undefined without one. */
  readonly names: readonly (string | undefined)[]
  /** By which fields of other inputs are found. */
  readonly keys: readonly string[]
  readonly isByPosition: boolean
  readonly hasNames: boolean
  /** The names stand in lines that are skipped. */
  readonly isSkipped?: boolean
}

/** Names with such characters cannot be shown, so no command could name them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

type InputShape = Pick<InputReader, 'fieldNames' | 'fieldCount' | 'rowNames' | 'foundTable'>

/** @param byPosition  whatever the header says */
export function inputFields(
  { fieldNames, fieldCount, rowNames = false, foundTable }: InputShape,
  byPosition: boolean,
): InputFields {
  const skipped = foundTable?.names
  if (skipped !== undefined) {
    const keys = skipped.map((_, i) => String(i))
    return { names: skipped, keys, isByPosition: true, hasNames: false, isSkipped: true }
  }
  const hasNames = fieldNames !== undefined
  // The names of records are not a column.
  const first = rowNames ? 1 : 0
  const names = hasNames
    ? fieldNames.slice(first)
    : Array.from({ length: fieldCount - first }, () => undefined)
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
