/*
  The fields of delimited text as columns: by their names in the header, or by position if there are no names or some repeat.
*/
import type { InputReader } from '../parse/input-reader.js'

/** Fields of the first input; others must have the same. */
export interface InputFields {
  /** As in the header; undefined without one. */
  readonly names: readonly (string | undefined)[]
  /** Names or positions by which fields of other inputs are matched. */
  readonly keys: readonly string[]
  readonly isByPosition: boolean
  readonly hasNames: boolean
  /** The names are in lines that are skipped. */
  readonly isSkipped?: boolean
}

/** Names with such characters cannot be shown, so no command could contain them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

type InputShape = Pick<InputReader, 'fieldNames' | 'fieldCount' | 'rowNames' | 'foundTable'>

/** @param byPosition  even if the header would allow names */
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
  // Row names are not a column.
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
