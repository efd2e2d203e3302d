/*
  Functions along a vector: cumsum and nullFill (DolphinDB manual, pages of each name).
*/
import { columnTypeOf, isNullAt, takeRows } from '../../../protocol/element.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt64 } from '../../../protocol/null-value.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector } from '../../operators/cast.js'
import { joinColumns } from '../../values/join-vectors.js'
import { decimalAsDouble } from '../../operators/operands/operand-decimals.js'
import { doubleOf, int64Of, numberKindOf } from '../../operators/operands/operand-numbers.js'
import { isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { binaryFunction, unaryFunction } from '../define.js'
import { columnArgument, vectorArgument } from '../vector-arguments.js'

/** cumsum(X): LONG for integers, DOUBLE for floating numbers; a null leaves the total as it is. */
const cumsum = unaryFunction('cumsum', value => {
  const vector = vectorArgument(value, 'cumsum')
  const { length } = vector
  return numberKindOf(vector.type) !== 'double' && !isDecimal(vector.type)
    ? runningInt64(int64Of(vector), length)
    : runningDouble(doubleOf(decimalAsDouble(vector)), length)
})

/** Null where no number has come yet. */
function runningInt64(values: BigInt64Array, length: number): Vector {
  const data = new BigInt64Array(length)
  let total = nullInt64
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (value !== nullInt64) total = total === nullInt64 ? value : BigInt.asIntN(64, total + value)
    data[i] = total
  }
  return { form: 'vector', type: 'LONG', length, data }
}

function runningDouble(values: Float64Array, length: number): Vector {
  const data = new Float64Array(length)
  let total = nullDouble
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (value !== nullDouble) total = total === nullDouble ? value : total + value
    data[i] = total
  }
  return { form: 'vector', type: 'DOUBLE', length, data }
}

/** nullFill(X, Y): nulls of X become Y. */
function fillNulls(value: ServerValue, replacement: ServerValue): ServerValue {
  if (value.form === 'scalar') {
    if (replacement.form !== 'scalar') throw new ScriptError('nullFill: Y must be a scalar.')
    const isNull = value.value === null || value.value === ''
    return isNull && !isVoid(replacement) ? replacement : value
  }
  if (value.form === 'matrix') {
    return { ...value, elements: fillNulls(value.elements, replacement) as Vector }
  }
  const column = columnArgument(value, 'nullFill')
  const filler = columnArgument(replacement, 'nullFill')
  const typed =
    column.form === 'vector' ? castVector(filler as Vector, columnTypeOf(column)) : filler
  const all = joinColumns(column, typed)
  const step = typed.length === 1 ? 0 : 1
  const rows = Int32Array.from({ length: column.length }, (_, row) =>
    isNullAt(column, row) ? column.length + row * step : row,
  )
  return takeRows(all, rows)
}

const nullFill = binaryFunction('nullFill', fillNulls)

export const cumulativeFunctions: readonly Builtin[] = [cumsum, nullFill]
