/*
  Functions that make vectors, join them and cut them (DolphinDB manual, pages of each name).
*/
import type { ColumnType } from '../../../protocol/data-type.js'
import { columnTypeOf, elementAt, sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue, typeArgument } from '../../operators/cast.js'
import { pickTableRows } from '../../elements/indexing.js'
import { int64Of } from '../../operators/operands/operands.js'
import { operate } from '../../operators/operate.js'
import { integerOf, intScalar, isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'
import { createTable } from '../../tables/memory-table.js'
import type { ServerTable } from '../../tables/server-table.js'
import {
  builtin,
  columnArgument,
  filled,
  sizeOf,
  vectorArgument,
  zeros,
  binaryFunction,
  unaryFunction,
} from '../arguments.js'

function lengthArgument(value: ServerValue | undefined, name: string): number {
  const length = integerOf(value)
  if (length === undefined || length < 0 || length > 2_147_483_647) {
    throw new ScriptError(`The argument [${name}] must be a non-negative integer.`)
  }
  return length
}

/** take([DOUBLE], 3): types, tables and functions are values, too. */
function takeFromList(
  { memory }: CallContext,
  elements: readonly ServerValue[],
  count: number,
): ServerValue {
  const { length } = elements
  memory.expect(8 * Math.abs(count))
  const start = count < 0 ? ((count % length) + length) % length : 0
  return tupleOf(Array.from({ length: Math.abs(count) }, (_, i) => elements[(start + i) % length]!))
}

/** take(1..3, 2 0 2): each element as often as its number says. */
function takeEach({ memory }: CallContext, value: ServerValue, counts: ServerValue): ServerValue {
  const column = columnArgument(value, 'take')
  const numbers = int64Of(vectorArgument(counts, 'take'))
  const wanted = Array.from(numbers.subarray(0, column.length), one => Math.max(0, Number(one)))
  const length = wanted.reduce((sum, count) => sum + count, 0)
  memory.expect(8 * length)
  const positions = new Int32Array(length)
  let at = 0
  wanted.forEach((count, row) => {
    positions.fill(row, at, at + count)
    at += count
  })
  return takeRows(column, positions)
}

/** join(X, Y): one behind the other; tables side by side. */
function join(left: ServerValue, right: ServerValue, context: CallContext): ServerValue {
  if (left.form !== 'serverTable' || right.form !== 'serverTable') {
    return operate(context, '<-', left, right)
  }
  const names = [...left.columnNames, ...right.columnNames]
  const columnsOf = (table: ServerTable): Column[] =>
    table.columnNames.map((_, index) => table.column(index))
  const columns = [...columnsOf(left), ...columnsOf(right)]
  return createTable('basic', names, columns.map(columnTypeOf), { columns })
}

function pieceSize(size: number): number {
  if (size < 1) throw new ScriptError('The size of cut must be positive.')
  return size
}

export const vectorFunctions: readonly Builtin[] = [
  unaryFunction('size', value => intScalar(sizeOf(value))),
  builtin(
    'array(template, [initialSize], [capacity], [defaultValue])',
    (context, [template, sizeArgument, , defaultValue]) => {
      const type = typeArgument(template)
      if (type === undefined && template?.form !== 'vector' && template?.form !== 'arrayVector') {
        throw new ScriptError('array takes a data type or a vector as template.')
      }
      const isTemplate = template?.form === 'vector' || template?.form === 'arrayVector'
      const elementType: ColumnType =
        type ?? (isTemplate ? columnTypeOf(template) : { type: 'ANY' })
      const length =
        sizeArgument === undefined || isVoid(sizeArgument)
          ? isTemplate && type === undefined
            ? template.length
            : 0
          : lengthArgument(sizeArgument, 'initialSize')
      if (defaultValue === undefined || isVoid(defaultValue)) {
        return zeros(context, elementType, length)
      }
      const one = castValue(defaultValue, elementType)
      return filled(context, columnArgument(one, 'array'), length)
    },
  ),

  /** Row i ends before position index[i] of the values. */
  binaryFunction('arrayVector', (index, value) => {
    const ends = int64Of(vectorArgument(index, 'arrayVector'))
    const cells = vectorArgument(value, 'arrayVector')
    const length = sizeOf(index)
    const offsets = new Uint32Array(length + 1)
    for (let row = 0; row < length; row++) {
      const end = Number(ends[row])
      if (end < offsets[row]! || end > cells.length) {
        throw new ScriptError('The index of arrayVector must be increasing and within the values.')
      }
      offsets[row + 1] = end
    }
    return { form: 'arrayVector', length, offsets, cells }
  }),

  /** N elements from the front, again and again; from the back when n is negative. */
  binaryFunction('take', function (value, countArgument, context): ServerValue {
    const count = integerOf(countArgument)
    if (count === undefined) return takeEach(context, value, countArgument)
    const listed = value.form === 'list' ? value.elements : undefined
    if (listed !== undefined) return takeFromList(context, listed, count)
    const rows = value.form === 'serverTable' ? value.rows : columnArgument(value, 'take').length
    if (Math.abs(count) > 2_147_483_647) throw new ScriptError('take: the number is too large.')
    if (rows === 0 && count !== 0) throw new ScriptError('take: there is nothing to take from.')
    const length = Math.abs(count)
    const start = count < 0 ? (((rows - (length % rows)) % rows) + rows) % rows : 0
    context.memory.expect(8 * length)
    const picked = new Int32Array(length)
    for (let i = 0; i < length; i++) picked[i] = (start + i) % rows
    return value.form === 'serverTable'
      ? pickTableRows(value, column => takeRows(column, picked))
      : takeRows(columnArgument(value, 'take'), picked)
  }),
  binaryFunction('join', join),

  /** Makes pieces of that size, cut(X, positions) begins a piece at each position. */
  binaryFunction('cut', (value, where) => {
    const length = sizeOf(value)
    const size = integerOf(where)
    const starts =
      size === undefined
        ? Array.from(int64Of(vectorArgument(where, 'cut')).subarray(0, sizeOf(where)), Number)
        : Array.from({ length: Math.ceil(length / pieceSize(size)) }, (_, i) => i * size)
    if (starts.some((start, i) => start < (starts[i - 1] ?? 0) || start > length)) {
      throw new ScriptError('The positions of cut must be increasing and within the object.')
    }
    return tupleOf(
      starts.map((start, i) => {
        const end = Math.min(starts[i + 1] ?? length, length)
        if (value.form === 'serverTable') {
          return pickTableRows(value, column => sliceColumn(column, start, end))
        }
        const column = columnArgument(value, 'cut')
        return size === 1
          ? (elementAt(column, start) as ServerValue)
          : sliceColumn(column, start, end)
      }),
    )
  }),
]
