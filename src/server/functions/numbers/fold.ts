/*
  What aggregates remember while they go through a vector piece by piece; nulls are left out.
*/
import { elementAt, isNullAt } from '../../../protocol/element.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt128, nullInt64 } from '../../../protocol/null-value.js'
import { type Column, type Vector, explicitNull } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import {
  decimalAsDouble,
  unscaledOf,
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
} from '../../operators/operands/operands.js'
import { truthOf } from '../../operators/logic.js'
import { rowComparison } from '../../operators/keys/row-order.js'
import { boolScalar, doubleScalar, intScalar, longScalar, nullOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'

/** One way through one vector. */
export interface Fold {
  /** @param start  row of the vector at which the piece begins */
  add(piece: Vector, start: number): void
  result(): ServerValue
}

/** Begins a way through a vector. */
export type Aggregate = (vector: Vector) => Fold

/** The numbers of a vector that are not null, as doubles. */
function presentDoubles(vector: Vector, name: string): Float64Array {
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
  return doubleSumFold()
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
function doubleSumFold(): Fold {
  let total = 0
  let count = 0
  return {
    add: piece => {
      const values = presentDoubles(piece, 'sum')
      total = values.reduce((sum, x) => sum + x, total)
      count += values.length
    },
    result: () => doubleScalar(count === 0 ? null : total),
  }
}

/** The arithmetic mean: DOUBLE. */
export function meanFold(): Fold {
  let count = 0
  let total = 0
  return {
    add: piece => {
      const values = presentDoubles(piece, 'avg')
      total += values.reduce((sum, x) => sum + x, 0)
      count += values.length
    },
    result: () => doubleScalar(count === 0 ? null : total / count),
  }
}

/** max and min: the smallest or largest element, the first of equal ones. */
export function extremeFold(vector: Vector, wantsLargest: boolean): Fold {
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
    result: () => {
      if (best !== undefined) return elementAt(vector, best) as ServerValue
      return vector.type === 'VOID' ? explicitNull : nullOf(vector.type)
    },
  }
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

/** Every element is true; a null is neither true nor false. */
export function allFold(): Fold {
  let isFalse = false
  return {
    add: piece => {
      isFalse ||= truthOf(piece, 'all').subarray(0, piece.length).includes(0)
    },
    result: () => boolScalar(!isFalse),
  }
}
