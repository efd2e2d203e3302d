/*
  Functions along a vector: running totals, differences, neighbours, filled nulls (DolphinDB manual, "cum series" and
  the pages prev, next, deltas, ffill, bfill).
*/
import { columnTypeOf, isNullAt, takeRows } from '../../../protocol/element.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector } from '../../operators/cast.js'
import { joinColumns } from '../../values/join-vectors.js'
import { decimalAsDouble } from '../../operators/operands/operand-decimals.js'
import { doubleOf, int64Of, numberKindOf } from '../../operators/operands/operand-numbers.js'
import { applyBinary } from '../../operators/operators.js'
import { overwrite } from '../../values/ownership.js'
import { integerOf, isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { nullColumn } from '../../columns/column-layout.js'
import { binaryFunction, defineFunction, unaryFunction } from '../define.js'
import { columnArgument, vectorArgument } from './vector.js'

type Whole = (total: bigint, value: bigint) => bigint
type Floating = (total: number, value: number) => number

/** LONG for integers, DOUBLE for floating numbers; a null leaves the total as it is, and is null while there is none. */
function runningTotals(vector: Vector, whole: Whole | undefined, floating: Floating): Vector {
  if (whole !== undefined && numberKindOf(vector.type) !== 'double' && !isDecimal(vector.type)) {
    return runningInt64(int64Of(vector), vector.length, whole)
  }
  return runningDouble(doubleOf(decimalAsDouble(vector)), vector.length, floating)
}

function running(name: string, whole: Whole | undefined, floating: Floating): Builtin {
  return unaryFunction(name, value => runningTotals(vectorArgument(value, name), whole, floating))
}

function runningInt64(values: BigInt64Array, length: number, combine: Whole): Vector {
  const data = new BigInt64Array(length)
  let total = nullInt64
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (value !== nullInt64) total = total === nullInt64 ? value : combine(total, value)
    data[i] = total
  }
  return { form: 'vector', type: 'LONG', length, data }
}

function runningDouble(values: Float64Array, length: number, combine: Floating): Vector {
  const data = new Float64Array(length)
  let total = nullDouble
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (value !== nullDouble) total = total === nullDouble ? value : combine(total, value)
    data[i] = total
  }
  return { form: 'vector', type: 'DOUBLE', length, data }
}

/** cumavg(X): the mean of the elements so far. */
const cumavg = unaryFunction('cumavg', value => {
  const vector = vectorArgument(value, 'cumavg')
  const sums = runningTotals(vector, undefined, (total, one) => total + one)
  const present = nullFlags(vector)
  const counts = runningTotals(present, undefined, (total, one) => total + one)
  return applyBinary('\\', sums, counts)
})

/** 0 for a null, 1 for a value. */
function nullFlags(vector: Vector): Vector {
  const data = Int32Array.from({ length: vector.length }, (_, row) =>
    isNullAt(vector, row) ? 0 : 1,
  )
  return { form: 'vector', type: 'INT', length: data.length, data }
}

/** cummax and cummin keep the type. */
function runningExtreme(name: string, wantsLargest: boolean): Builtin {
  const pickWhole = (a: bigint, b: bigint): bigint => (wantsLargest === a > b ? a : b)
  return unaryFunction(name, value => {
    const vector = vectorArgument(value, name)
    const totals = runningTotals(vector, pickWhole, wantsLargest ? Math.max : Math.min)
    return castVector(totals, columnTypeOf(vector))
  })
}

/** The vector moved by `steps` towards the end (negative: the beginning), nulls where nothing comes from. */
function shifted(column: Column, steps: number): Column {
  const { length } = column
  const padded = joinColumns(column, nullColumn(columnTypeOf(column), 1))
  const rows = Int32Array.from({ length }, (_, row) => {
    const from = row - steps
    return from >= 0 && from < length ? from : length
  })
  return takeRows(padded, rows)
}

function neighbour(name: string, steps: number): Builtin {
  return unaryFunction(name, value => shifted(columnArgument(value, name), steps))
}

/** move(X, steps) */
const move = defineFunction('move', ['X', 'steps'], 2, (_, [value, stepsArgument]) => {
  const steps = integerOf(stepsArgument)
  if (steps === undefined) throw new ScriptError('The argument [steps] of move must be an integer.')
  return shifted(columnArgument(value, 'move'), steps)
})

const deltas = unaryFunction('deltas', value => {
  const column = columnArgument(value, 'deltas')
  return applyBinary('-', column, shifted(column, 1))
})

const ratios = unaryFunction('ratios', value => {
  const column = columnArgument(value, 'ratios')
  return applyBinary('\\', column, shifted(column, 1))
})

/** Rows that nulls are filled from: the last (or next) one that is not null. */
function filledRows(column: Column, backwards: boolean): Int32Array {
  const rows = new Int32Array(column.length)
  let source = -1
  for (let i = 0; i < column.length; i++) {
    const row = backwards ? column.length - 1 - i : i
    if (!isNullAt(column, row)) source = row
    rows[row] = source === -1 ? row : source
  }
  return rows
}

function filling(name: string, backwards: boolean): Builtin[] {
  const fill = (column: Column): Column => takeRows(column, filledRows(column, backwards))
  return [
    unaryFunction(name, value => fill(columnArgument(value, name))),
    defineFunction(
      `${name}!`,
      ['X'],
      1,
      (_, [value]) => {
        const column = columnArgument(value, name)
        overwrite(column, fill(column))
        return column
      },
      { mutatesFirst: true },
    ),
  ]
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

const nullFill = binaryFunction('nullFill', fillNulls, { pace: 'elementwise' })

const nullFillInPlace = defineFunction(
  'nullFill!',
  ['X', 'Y'],
  2,
  (_, [value, replacement]) => {
    overwrite(value!, fillNulls(value!, replacement!))
    return value!
  },
  { mutatesFirst: true },
)

export const sequenceFunctions: readonly Builtin[] = [
  running(
    'cumsum',
    (total, value) => BigInt.asIntN(64, total + value),
    (total, value) => total + value,
  ),
  running('cumprod', undefined, (total, value) => total * value),
  cumavg,
  runningExtreme('cummax', true),
  runningExtreme('cummin', false),
  neighbour('prev', 1),
  neighbour('next', -1),
  move,
  deltas,
  ratios,
  ...filling('ffill', false),
  ...filling('bfill', true),
  nullFill,
  nullFillInPlace,
]
