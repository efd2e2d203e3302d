/*
  What aggregates remember while they go through a vector piece by piece; nulls are left out.
*/
import { elementAt, isNullAt, takeRows } from '../../../protocol/element.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt128, nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Vector } from '../../../protocol/value.js'
import { explicitNull } from '../../../protocol/value.js'
import type { CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { decimalAsDouble, unscaledOf } from '../../operators/operands/operand-decimals.js'
import { KeyTable } from '../../operators/keys/key-table.js'
import { keysOfVector } from '../../operators/keys/row-keys.js'
import { truthOf } from '../../operators/logic.js'
import {
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
} from '../../operators/operands/operand-numbers.js'
import { rowComparison } from '../../operators/keys/row-order.js'
import { boolScalar, doubleScalar, intScalar, longScalar, nullOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'

/** What it takes to remember a key. */
const keyBytes = 64

/** One way through one vector. */
export interface Fold {
  /** @param start  row of the vector at which the piece begins */
  add(piece: Vector, start: number): void
  result(): ServerValue
}

/** Begins a way through a vector. */
export type Aggregate = (vector: Vector) => Fold

/** The numbers of a vector that are not null, as doubles. */
export function presentDoubles(vector: Vector, name: string): Float64Array {
  const isNumber =
    vector.type === 'VOID' || isDecimal(vector.type) || numberKindOf(vector.type) !== undefined
  if (!isNumber) {
    throw new ScriptError(`Arguments for ${name} method can not be ${vector.type.toLowerCase()}.`)
  }
  return doubleOf(decimalAsDouble(vector))
    .subarray(0, vector.length)
    .filter(value => value !== nullDouble)
}

/** Positions of the elements that are not null. */
export function presentRows(column: Column): Int32Array {
  const rows = new Int32Array(column.length)
  let count = 0
  for (let row = 0; row < column.length; row++) if (!isNullAt(column, row)) rows[count++] = row
  return rows.subarray(0, count)
}

/** LONG for integers, DOUBLE for floating numbers, decimals stay what they are. */
export function sumFold(vector: Vector): Fold {
  if (isDecimal(vector.type)) return decimalSumFold(vector)
  const kind = numberKindOf(vector.type)
  if (kind === 'int32' || kind === 'int64') return wholeSumFold(kind)
  return doubleFold('sum', 0, (total, x) => total + x)
}

function wholeSumFold(kind: 'int32' | 'int64'): Fold {
  let total = 0n
  let count = 0
  return {
    add: piece => {
      const sum =
        kind === 'int32'
          ? sumOfInt32(int32Of(piece), piece.length)
          : sumOfInt64(int64Of(piece), piece.length)
      total += sum.total
      count += sum.count
    },
    result: () => longScalar(count === 0 ? null : BigInt.asIntN(64, total)),
  }
}

interface WholeSum {
  total: bigint
  count: number
}

/** Exact as a double: a piece has less than 2^21 summands of 32 bits. */
function sumOfInt32(data: Int32Array, length: number): WholeSum {
  let total = 0
  let count = 0
  for (let i = 0; i < length; i++) {
    const value = data[i]!
    if (value === -2147483648) continue
    total += value
    count++
  }
  return { total: BigInt(total), count }
}

function sumOfInt64(data: BigInt64Array, length: number): WholeSum {
  let total = 0n
  let count = 0
  for (let i = 0; i < length; i++) {
    if (data[i] === nullInt64) continue
    total += data[i]!
    count++
  }
  return { total, count }
}

function decimalSumFold(vector: Vector): Fold {
  const type = vector.type === 'DECIMAL32' ? 'DECIMAL64' : 'DECIMAL128'
  const { scale } = vector as { scale: number }
  let total = 0n
  let count = 0
  return {
    add: piece => {
      for (const value of unscaledOf(piece)!.values) {
        if (value === null) continue
        total += value
        count++
      }
    },
    result: () => {
      if (total <= nullInt128 || total >= -nullInt128) {
        throw new ScriptError('DECIMAL math overflow RefId:S05003')
      }
      return { form: 'scalar', type, scale, value: count === 0 ? null : total }
    },
  }
}

/** DOUBLE; null when nothing was added. */
export function doubleFold(
  name: string,
  start: number,
  combine: (total: number, value: number) => number,
): Fold {
  let total = start
  let count = 0
  return {
    add: piece => {
      const values = presentDoubles(piece, name)
      total = values.reduce(combine, total)
      count += values.length
    },
    result: () => doubleScalar(count === 0 ? null : total),
  }
}

/**
 * Mean and sum of squared distances from it, those of pieces put together.
 * @param finish  given how many numbers there were, at least one
 */
export function momentFold(
  name: string,
  finish: (moments: { count: number; mean: number; squares: number }) => number | null,
): Fold {
  let count = 0
  let total = 0
  let squares = 0
  return {
    add: piece => {
      const values = presentDoubles(piece, name)
      if (values.length === 0) return
      const sum = values.reduce((all, x) => all + x, 0)
      const center = sum / values.length
      const own = values.reduce((all, x) => all + (x - center) ** 2, 0)
      const distance = count === 0 ? 0 : center - total / count
      squares += own + (distance ** 2 * count * values.length) / (count + values.length)
      total += sum
      count += values.length
    },
    result: () =>
      doubleScalar(count === 0 ? null : finish({ count, mean: total / count, squares })),
  }
}

/** Row of the smallest or largest element, the first of equal ones. */
export function extremeFold(
  vector: Vector,
  wantsLargest: boolean,
  finish: (row: number | undefined) => ServerValue,
): Fold {
  const compare = vector.type === 'VOID' ? undefined : rowComparison(vector)
  let best: number | undefined
  return {
    add: (piece, start) => {
      if (compare === undefined) return
      for (let row = start; row < start + piece.length; row++) {
        if (isNullAt(vector, row)) continue
        const order = best === undefined ? 0 : compare(row, best)
        if (best === undefined || (wantsLargest ? order > 0 : order < 0)) best = row
      }
    },
    result: () => finish(best),
  }
}

/** max and min: the element itself. */
export function extremeValueFold(vector: Vector, wantsLargest: boolean): Fold {
  return extremeFold(vector, wantsLargest, row => {
    if (row !== undefined) return elementAt(vector, row) as ServerValue
    return vector.type === 'VOID' ? explicitNull : nullOf(vector.type)
  })
}

export function countFold(): Fold {
  let count = 0
  return {
    add: piece => {
      count += presentRows(piece).length
    },
    result: () => intScalar(count),
  }
}

/** Every element, or any element, is true; nulls count as neither. */
export function truthFold(name: string, wanted: 0 | 1): Fold {
  let isFound = false
  return {
    add: piece => {
      isFound ||= truthOf(piece, name).subarray(0, piece.length).includes(wanted)
    },
    result: () => boolScalar(wanted === 1 ? isFound : !isFound),
  }
}

/** How many different elements there are, where each stands first, and how often it occurs. */
export interface Frequencies {
  readonly size: number
  readonly firstRows: Int32Array
  readonly counts: Int32Array
}

/** Counts the elements that are not null. */
export function frequencyFold(
  { memory }: CallContext,
  vector: Vector,
  finish: (found: Frequencies) => ServerValue,
): Fold {
  memory.expect(vector.length * (2 * Int32Array.BYTES_PER_ELEMENT))
  const numbers = new KeyTable<number>()
  const firstRows = new Int32Array(vector.length)
  const counts = new Int32Array(vector.length)
  return {
    add: (piece, start) => {
      memory.expect(numbers.size * keyBytes)
      const rows = presentRows(piece)
      const keys = keysOfVector(takeRows(piece, rows) as Vector)
      keys.forEach((key, index) => {
        if (numbers.add(key, numbers.size)) firstRows[numbers.size - 1] = start + rows[index]!
        const number = numbers.get(key)!
        counts[number] = counts[number]! + 1
      })
    },
    result: () => finish({ size: numbers.size, firstRows, counts }),
  }
}

/** The most frequent value, the smallest of several. */
export function modeFold(context: CallContext, vector: Vector): Fold {
  return frequencyFold(context, vector, ({ size, firstRows, counts }) => {
    if (size === 0) return nullOf(vector.type)
    const compare = rowComparison(vector)
    let best = 0
    for (let number = 1; number < size; number++) {
      const more = counts[number]! - counts[best]!
      if (more > 0 || (more === 0 && compare(firstRows[number]!, firstRows[best]!) < 0)) {
        best = number
      }
    }
    return elementAt(vector, firstRows[best]!) as ServerValue
  })
}
