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
}

/** Names with such characters cannot be shown, so no command could name them. */
const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/u

/** @param byPosition  whatever the header says */
export function inputFields(
  { fieldNames, fieldCount }: Pick<InputReader, 'fieldNames' | 'fieldCount'>,
  byPosition: boolean,
): InputFields {
  const numbers = Array.from({ length: fieldCount }, (_, i) => i)
  const isClear =
    fieldNames !== undefined &&
    new Set(fieldNames).size === fieldNames.length &&
    !fieldNames.some(name => name === '' || unprintable.test(name))
  const isByPosition = byPosition || !isClear
  return {
    names: numbers.map(i => fieldNames?.[i]),
    keys: isByPosition ? numbers.map(String) : fieldNames,
    isByPosition,
    hasNames: fieldNames !== undefined,
  }
}
