/*
  Finds rows by key. A key is the value of the only key column, or a text that joins the values of all key columns.
*/
import { Buffer } from 'node:buffer'
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { elementBytes } from '../../protocol/element.js'
import { isFixedVector, columnTexts } from '../columns/column-layout.js'

type Key = number | bigint | string

/** The keys of one table. Keys cannot be removed. A table has at most 2^24 different keys, the limit of a Map. */
export class KeyIndex {
  readonly #rowOf = new Map<Key, number>()
  #rows = 0

  /** @throws {ScriptError} for types that cannot be keys (DolphinDB allows only INTEGRAL, TEMPORAL, LITERAL, …) */
  constructor(types: readonly ColumnType[]) {
    for (const { type, array } of types) {
      if (!array && type !== 'ANY' && type !== 'BLOB' && type !== 'VOID') continue
      throw new ScriptError(`A column of type ${type}${array ? '[]' : ''} can't be a key column.`)
    }
  }

  get rows(): number {
    return this.#rows
  }

  /** The number of the first table row with this key; undefined if there is none. */
  find(key: Key): number | undefined {
    return this.#rowOf.get(key)
  }

  /** Adds the key of the next table row. If an earlier row has the key, `find` still returns that row. */
  add(key: Key): void {
    if (!this.#rowOf.has(key)) this.#rowOf.set(key, this.#rows)
    this.#rows++
  }
}

/** The keys of the first `rows` rows of the key columns. Rows with equal values have equal keys. */
export function keysOf(columns: readonly Column[], rows: number): Key[] {
  const parts = columns.map(partsOf)
  const [only] = parts
  return Array.from({ length: rows }, (_, row) =>
    parts.length === 1 ? only![row]! : parts.map(part => part[row]).join('\0'),
  )
}

function partsOf(column: Column): ArrayLike<Key> {
  if (!isFixedVector(column)) return columnTexts(column)!
  const size = dataTypes[column.type].bytesPerValue
  if (size <= 8) return column.data
  const bytes = Buffer.from(elementBytes(column))
  return Array.from({ length: column.length }, (_, row) =>
    bytes.toString('latin1', row * size, (row + 1) * size),
  )
}
