/*
  Long vectors are worked on piece by piece: between two pieces the other sessions get their turn, and what has been
  made so far is counted, so that a request ends before it has taken too much.
*/
import { defaultDecodeLimits } from '../../protocol/decode-context.js'
import { columnTypeOf, sliceColumn } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, Vector } from '../../protocol/value.js'
import { sameColumnType } from '../columns/column-layout.js'
import { growingColumn } from '../columns/growing-column.js'
import type { CallContext, Evaluation, Pace } from './builtin.js'
import { ScriptError } from '../script-error.js'
import { joinColumns } from './join-vectors.js'
import { tupleElements } from './vector-literal.js'
import type { ServerValue } from './server-value.js'
import { weigh } from './weigh.js'

/** Rows of a piece. The slowest of what is done to a row takes a microsecond. */
export const pieceRows = 32_768

/** Elements that functions which do not work in pieces take at most, all arguments together. */
const maxElementsAtOnce = 1_048_576

/** Characters that count as much as an element. */
const charactersPerElement = 32

/**
 * What is refused rather than let others wait for it.
 * @returns how many elements the values have
 */
export function checkAtOnce(name: string, values: readonly (ServerValue | undefined)[]): number {
  let count = 0
  for (const value of values) if (value !== undefined) count += elementCount(value)
  checkCount(name, count)
  return count
}

/** As `checkAtOnce`, for elements that were counted. */
export function checkCount(name: string, count: number): void {
  if (count <= maxElementsAtOnce) return
  throw new ScriptError(
    `The embedded server's function [${name}] takes at most ${maxElementsAtOnce} elements at once.`,
  )
}

/** Elements of a value, the elements of its elements as well; a long text counts as several. */
export function elementCount(value: ServerValue, depth = 0): number {
  switch (value.form) {
    case 'scalar':
      return typeof value.value === 'string' ? value.value.length / charactersPerElement : 1
    case 'vector':
      if (value.type === 'ANY') return countAll(tupleElements(value)!, depth)
      return value.type === 'STRING' ? costUpTo(value, 0, Infinity).cost : value.length
    case 'arrayVector':
      return Math.max(value.length, value.cells.length)
    case 'matrix':
    case 'set':
      return value.elements.length
    case 'list':
      return countAll(value.elements, depth)
    case 'serverDictionary':
      return countAll(
        Array.from(value.entries.values(), entry => entry.value),
        depth,
      )
    case 'serverTable':
      return value.rows * value.columnNames.length
    default:
      return 1
  }
}

/** Stops where there are too many anyhow. */
function countAll(values: readonly ServerValue[], depth: number): number {
  if (depth > defaultDecodeLimits.maxDepth) return Infinity
  let count = values.length
  for (const value of values) {
    if (count > maxElementsAtOnce) return count
    if (value.form !== 'scalar') count += elementCount(value, depth + 1)
  }
  return count
}

/** Rows of a vector or a table, for `Pace.step`: what it took to make them. */
export function rowsOf(value: ServerValue): number {
  if (value.form === 'vector' || value.form === 'arrayVector') return value.length
  return value.form === 'serverTable' ? value.rows : 0
}

/** A vector that is to be worked on in pieces, because of its rows or its text; undefined for anything else. */
export function longVector(value: ServerValue | undefined): Vector | undefined {
  if (value?.form !== 'vector' || value.type === 'ANY') return undefined
  if (value.length > pieceRows) return value
  return value.type === 'STRING' && endOfPiece(value, 0) < value.length ? value : undefined
}

/** The row behind the piece that begins at row `from`: fewer rows where texts are long. */
export function endOfPiece(vector: Vector, from: number): number {
  if (vector.type === 'STRING') return costUpTo(vector, from, pieceRows).end
  return Math.min(from + pieceRows, vector.length)
}

/** Goes through texts until they cost more than `most`. */
function costUpTo(
  vector: Extract<Vector, { type: 'STRING' }>,
  from: number,
  most: number,
): { cost: number; end: number } {
  const texts = stringsOf(vector)
  let cost = 0
  let end = from
  while (end < vector.length && cost < most) {
    cost += 1 + texts[end]!.length / charactersPerElement
    end++
  }
  return { cost, end }
}

/**
 * A column of `rows` rows, made of pieces.
 *
 * @param make  rows `from` to `to` (exclusive); pieces of different types meet in the type that holds both
 * @param endOf  the row behind the piece that begins at a row; `pieceRows` rows a piece when left out
 */
export function* columnInPieces(
  context: CallContext,
  rows: number,
  make: (from: number, to: number) => Column,
  endOf: (from: number) => number = from => Math.min(from + pieceRows, rows),
): Evaluation<Column> {
  const firstEnd = endOf(0)
  let piece = make(0, firstEnd)
  if (firstEnd >= rows) return piece
  const { memory } = context
  memory.expect((weigh(piece, memory.room) / firstEnd) * rows)
  let type = columnTypeOf(piece)
  let grown = growingColumn(type, rows)
  for (let from = 0, end = firstEnd; from < rows; from = end) {
    if (from > 0) {
      const pause = context.step(pieceRows)
      if (pause !== undefined) yield pause
      end = endOf(from)
      piece = make(from, end)
    }
    memory.pass(weigh(piece, memory.room))
    if (!sameColumnType(columnTypeOf(piece), type)) {
      piece = joinColumns(grown.view(), piece)
      type = columnTypeOf(piece)
      grown = growingColumn(type, rows)
    }
    grown.append(piece)
  }
  return grown.view()
}

/** Goes through rows 0 to `rows` in pieces. */
export function* eachPiece(
  pace: Pace,
  rows: number,
  visit: (from: number, to: number) => void,
): Evaluation<void> {
  for (let from = 0; from < rows; from += pieceRows) {
    if (from > 0) {
      const pause = pace.step(pieceRows)
      if (pause !== undefined) yield pause
    }
    visit(from, Math.min(from + pieceRows, rows))
  }
}

/** The rows of a vector that make a piece; a value of one form or another that stands beside all rows stays as it is. */
export function pieceOf<T extends ServerValue | undefined>(value: T, from: number, to: number): T {
  return value?.form === 'vector' && value.type !== 'ANY'
    ? (sliceColumn(value, from, to) as T)
    : value
}
