/*
  What makes elements and rows equal: keys, tables of them, and the rows that are the first of their kind or belong together.
*/
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Vector } from '../../../protocol/value.js'
import { formatElement } from '../../../protocol/value-text.js'
import {
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  isLiteral,
  textsOfVector,
} from '../operands/operands.js'

/** A power of two. With all keys that a request has room for each map stays below 2^18 of them. */
const parts = 64

/** As Map, without order. */
export class KeyTable<T> {
  readonly #maps: readonly Map<Key, T>[] = Array.from({ length: parts }, () => new Map<Key, T>())
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: Key): T | undefined {
    return this.#maps[partOf(key)]!.get(key)
  }

  /** Nothing when the key is there already. @returns true when it was not */
  add(key: Key, value: T): boolean {
    const map = this.#maps[partOf(key)]!
    if (map.has(key)) return false
    map.set(key, value)
    this.#size++
    return true
  }
}

function partOf(key: Key): number {
  switch (typeof key) {
    case 'number':
      // Whole numbers differ in their last digits, others behind the point.
      return (Math.imul(key, 0x9e3779b1) ^ Math.imul(key * 65_537.4, 0x85ebca6b)) >>> (32 - 6)
    case 'bigint':
      return Number(BigInt.asUintN(6, key))
    case 'string':
      return partOfText(key)
    default:
      return 0
  }
}

/** The last characters tell most texts apart. */
function partOfText(text: string): number {
  let mixed = text.length
  for (let at = Math.max(0, text.length - 4); at < text.length; at++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x9e3779b1)
  }
  return mixed >>> (32 - 6)
}

/** Equal elements have equal keys, and only they. */
export type Key = number | bigint | string | null

/** One key a row; null for every null but that of text, which is ''. Integers of any width have one form. */
export function keysOfVector(vector: Vector): readonly Key[] {
  if (vector.type === 'VOID') return new Array<null>(vector.length).fill(null)
  if (isLiteral(vector.type)) return textsOfVector(vector)
  if (isDecimal(vector.type)) return formatted(vector)
  switch (numberKindOf(vector.type)) {
    case 'int32':
      return Array.from(int32Of(vector).subarray(0, vector.length), value =>
        value === -2147483648 ? null : value,
      )
    case 'int64':
      return Array.from(int64Of(vector).subarray(0, vector.length), value => {
        if (value === nullInt64) return null
        const narrow = Number(value)
        return Number.isSafeInteger(narrow) ? narrow : value
      })
    case 'double':
      return Array.from(doubleOf(vector).subarray(0, vector.length), value =>
        value === nullDouble ? null : value,
      )
    default:
      return formatted(vector)
  }
}

function formatted(vector: Vector): readonly Key[] {
  return Array.from({ length: vector.length }, (_, row) => formatElement(vector, row) || null)
}

/** One key for each row over several columns; a row of an array vector counts by its text. */
export function rowKeys(columns: readonly Column[]): readonly Key[] {
  const keys = columns.map(column =>
    column.form === 'vector' && column.type !== 'ANY'
      ? keysOfVector(column)
      : Array.from({ length: column.length }, (_, row) => formatElement(column, row)),
  )
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only
  return Array.from({ length: only?.length ?? 0 }, (_, row) =>
    keys.map(column => `${typeof column[row]}:${String(column[row])}`).join('\u0000'),
  )
}

/** Rows that are the first of their kind. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  const seen = new KeyTable<true>()
  const rows = new Int32Array(columns[0]?.length ?? 0)
  keysOf(columns).forEach((key, row) => {
    if (seen.add(key, true)) rows[seen.size - 1] = row
  })
  return rows.subarray(0, seen.size)
}

/** Rows with equal keys together. */
export interface Groups {
  readonly length: number
  /** Ascending, at least one. */
  rowsOf(group: number): Int32Array
}

/** Groups in the order of their first rows. */
export function groupRows(columns: readonly Column[]): Groups {
  const length = columns[0]?.length ?? 0
  // First the group of each row and how large the groups are, then the rows of each group.
  const groups = new KeyTable<number>()
  const groupOfRow = new Int32Array(length)
  const sizes: number[] = []
  keysOf(columns).forEach((key, row) => {
    if (groups.add(key, sizes.length)) sizes.push(0)
    const group = groups.get(key)!
    groupOfRow[row] = group
    sizes[group]!++
  })
  const rows = new Int32Array(length)
  const ends = new Int32Array(sizes.length)
  for (let group = 1; group < sizes.length; group++) {
    ends[group] = ends[group - 1]! + sizes[group - 1]!
  }
  for (let row = 0; row < length; row++) rows[ends[groupOfRow[row]!]!++] = row
  return {
    length: sizes.length,
    rowsOf: group => rows.subarray(group === 0 ? 0 : ends[group - 1]!, ends[group]),
  }
}

function keysOf(columns: readonly Column[]): readonly Key[] {
  const [only] = columns
  const isOne = columns.length === 1 && only?.form === 'vector' && only.type !== 'ANY'
  return isOne ? keysOfVector(only) : rowKeys(columns)
}
