/*
  Equal rows found piece by piece: distinct, set, group by.
*/
import { sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column, Vector } from '../../../protocol/value.js'
import type { CallContext, Evaluation } from '../../values/builtin.js'
import { columnInPieces, eachPiece } from '../../values/pieces.js'
import { KeyTable } from './key-table.js'
import { keysOfVector, rowKeys, type Key } from './row-keys.js'

/** What it takes to remember a key. */
const keyBytes = 64
/** What it takes to remember a row and its group. */
const rowBytes = 2 * Int32Array.BYTES_PER_ELEMENT
const groupBytes = 200

/** The elements that are different, where they stand first. */
export function* distinctInPieces(context: CallContext, vector: Vector): Evaluation<Column> {
  const rows = yield* distinctRowsInPieces(context, [vector])
  return yield* columnInPieces(context, rows.length, (from, to) =>
    takeRows(vector, rows.subarray(from, to)),
  )
}

/** Rows that are the first of their kind. */
export function* distinctRowsInPieces(
  context: CallContext,
  columns: readonly Column[],
): Evaluation<Int32Array> {
  const seen = new KeyTable<true>()
  const length = columns[0]?.length ?? 0
  context.memory.expect(length * Int32Array.BYTES_PER_ELEMENT)
  const rows = new Int32Array(length)
  yield* eachPiece(context, length, (from, to) => {
    context.memory.expect(seen.size * keyBytes)
    keysOfPiece(columns, from, to).forEach((key, index) => {
      if (seen.add(key, true)) rows[seen.size - 1] = from + index
    })
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
export function* groupRowsInPieces(
  context: CallContext,
  columns: readonly Column[],
): Evaluation<Groups> {
  const length = columns[0]?.length ?? 0
  context.memory.expect(length * rowBytes)
  // First the group of each row and how large the groups are, then the rows of each group.
  const groups = new KeyTable<number>()
  const groupOfRow = new Int32Array(length)
  const sizes: number[] = []
  yield* eachPiece(context, length, (from, to) => {
    context.memory.expect(length * rowBytes + groups.size * groupBytes)
    keysOfPiece(columns, from, to).forEach((key, index) => {
      if (groups.add(key, sizes.length)) sizes.push(0)
      const group = groups.get(key)!
      groupOfRow[from + index] = group
      sizes[group]!++
    })
  })
  const rows = new Int32Array(length)
  const ends = new Int32Array(sizes.length)
  yield* eachPiece(context, sizes.length, (from, to) => {
    for (let group = from; group < to; group++) {
      ends[group] = group === 0 ? 0 : ends[group - 1]! + sizes[group - 1]!
    }
  })
  yield* eachPiece(context, length, (from, to) => {
    for (let row = from; row < to; row++) rows[ends[groupOfRow[row]!]!++] = row
  })
  return {
    length: sizes.length,
    rowsOf: group => rows.subarray(group === 0 ? 0 : ends[group - 1]!, ends[group]),
  }
}

function keysOfPiece(columns: readonly Column[], from: number, to: number): readonly Key[] {
  const pieces = columns.map(column => sliceColumn(column, from, to))
  const [only] = pieces
  const isOne = pieces.length === 1 && only?.form === 'vector' && only.type !== 'ANY'
  return isOne ? keysOfVector(only) : rowKeys(pieces)
}
