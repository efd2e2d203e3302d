/*
  Values one element after the other: as `for` and `each` go through them, and as lists.
*/
import { elementAt } from '../../protocol/element.js'
import { ScriptError } from '../script-error.js'
import { tableRow } from './indexing.js'
import { matrixColumn } from '../operators/matrix.js'
import { sequenceLength, sequencePiece } from '../operators/range.js'
import { scalarAt } from '../operators/operands/pairing.js'
import { intScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { tupleElements } from '../values/vector-literal.js'

/** Elements of a range that are made together. */
const sequencePieceRows = 1024

/** Elements of a vector, tuple or list, rows of an array vector; any other value is its own only element. */
export function elementsOf(value: ServerValue): readonly ServerValue[] {
  const tuple = tupleElements(value)
  if (tuple !== undefined) return tuple
  if (value.form !== 'vector' && value.form !== 'arrayVector') return [value]
  return Array.from({ length: value.length }, (_, row) => elementAt(value, row) as ServerValue)
}

/** Elements by their position. */
export interface Items {
  readonly length: number
  at(index: number): ServerValue
}

/** What `itemsOf` goes through, none of it made before it is asked for. */
export function itemsAt(value: ServerValue): Items {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return { length: value.length, at: index => elementAt(value, index) as ServerValue }
    case 'set':
      return itemsAt(value.elements)
    case 'list':
      return { length: value.elements.length, at: index => value.elements[index]! }
    case 'matrix':
      return { length: value.columns, at: index => matrixColumn(value, index) }
    case 'serverTable':
      return { length: value.rows, at: index => tableRow(value, intScalar(index)) }
    case 'pair': {
      const [from, to] = [0, 1].map(index => Number(scalarAt(value.elements, index).value))
      const at = (index: number): ServerValue =>
        intScalar(from! <= to! ? from! + index : from! - 1 - index)
      return { length: Math.abs(to! - from!), at }
    }
    default: {
      const items = [...itemsOf(value)]
      return { length: items.length, at: index => items[index]! }
    }
  }
}

/** The elements of `first..last`, one made after the other. */
export function* sequenceItems(
  first: ServerValue,
  last: ServerValue,
): Generator<ServerValue, void, void> {
  const length = sequenceLength(first, last)
  for (let start = 0; start < length; start += sequencePieceRows) {
    const end = Math.min(start + sequencePieceRows, length)
    const piece = sequencePiece(first, last, start, end)
    for (let row = 0; row < piece.length; row++) yield elementAt(piece, row) as ServerValue
  }
}

/** Elements of a vector, columns of a matrix, rows of a table; `2:4` counts 2, 3 and `4:2` counts 3, 2. */
export function* itemsOf(value: ServerValue): Generator<ServerValue, void, void> {
  switch (value.form) {
    case 'vector':
    case 'arrayVector': {
      const { length } = value
      for (let row = 0; row < length; row++) yield elementAt(value, row) as ServerValue
      return
    }
    case 'set':
      yield* itemsOf(value.elements)
      return
    case 'list':
      yield* value.elements
      return
    case 'matrix':
      for (let column = 0; column < value.columns; column++) yield matrixColumn(value, column)
      return
    case 'serverTable':
      for (let row = 0; row < value.rows; row++) yield tableRow(value, intScalar(row))
      return
    case 'serverDictionary':
      for (const entry of value.entries.values()) yield entry.key
      return
    case 'pair': {
      const from = Number(scalarAt(value.elements, 0).value)
      const to = Number(scalarAt(value.elements, 1).value)
      if (from <= to) for (let i = from; i < to; i++) yield intScalar(i)
      else for (let i = from - 1; i >= to; i--) yield intScalar(i)
      return
    }
    case 'scalar':
      yield value
      return
    default:
      throw new ScriptError('The object in a for statement must be a vector, matrix or table.')
  }
}
