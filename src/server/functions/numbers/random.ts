/*
  rand(X, [count]): random numbers, and random elements of a vector (DolphinDB manual, page rand).
*/
import { takeRows } from '../../../protocol/element.js'
import { nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { reshape } from '../../operators/matrix.js'
import { scalarAt } from '../../operators/operands/pairing.js'
import { integerOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { builtin, columnArgument } from '../arguments.js'

/** Doubles from 0 (inclusive) to 1 (exclusive). */
type Generator = () => number

function randomColumn(value: ServerValue, count: number, random: Generator): Column {
  if (value.form === 'scalar') return randomNumbers(value, count, random)
  const column = columnArgument(value, 'rand')
  if (column.length === 0) throw new ScriptError('rand: there is nothing to choose from.')
  return takeRows(
    column,
    Int32Array.from({ length: count }, () => Math.floor(random() * column.length)),
  )
}

function randomNumbers(limit: Scalar, length: number, random: Generator): Vector {
  const { type } = limit
  const bound = Number(limit.value)
  const form = 'vector'
  switch (type) {
    case 'INT':
    case 'MONTH':
      checkBound(bound)
      return {
        form,
        type,
        length,
        data: fill(new Int32Array(length), () => Math.floor(random() * bound)),
      }
    case 'SHORT':
      checkBound(bound)
      return {
        form,
        type,
        length,
        data: fill(new Int16Array(length), () => Math.floor(random() * bound)),
      }
    case 'CHAR':
      checkBound(bound)
      return {
        form,
        type,
        length,
        data: fill(new Int8Array(length), () => Math.floor(random() * bound)),
      }
    case 'BOOL':
      return {
        form,
        type,
        length,
        data: fill(new Int8Array(length), () => Math.floor(random() * 2)),
      }
    case 'LONG':
      checkBound(bound)
      return { form, type, length, data: randomInt64(limit.value as bigint, length, random) }
    case 'DOUBLE':
      checkBound(bound)
      return { form, type, length, data: fill(new Float64Array(length), () => random() * bound) }
    case 'FLOAT':
      checkBound(bound)
      return { form, type, length, data: fill(new Float32Array(length), () => random() * bound) }
    case 'UUID':
    case 'IPADDR':
    case 'INT128': {
      const bytes = new Uint8Array(length * 16)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256)
      return { form, type, length, data: bytes }
    }
    default:
      throw new ScriptError(`rand does not make values of type ${type}.`)
  }
}

function checkBound(bound: number): void {
  if (!(bound > 0)) throw new ScriptError('rand: X must be greater than 0.')
}

function fill<T extends Int8Array | Int16Array | Int32Array | Float32Array | Float64Array>(
  data: T,
  next: () => number,
): T {
  for (let i = 0; i < data.length; i++) data[i] = next()
  return data
}

function randomInt64(bound: bigint, length: number, random: Generator): BigInt64Array {
  const data = new BigInt64Array(length)
  for (let i = 0; i < length; i++) {
    const word = BigInt(Math.floor(random() * 2 ** 53)) * 2n ** 10n
    const value = (word + BigInt(Math.floor(random() * 1024))) % bound
    data[i] = value === nullInt64 ? 0n : value
  }
  return data
}

export const randomFunctions: readonly Builtin[] = [
  /** Numbers below X, or elements of X; count may be the dimensions of a matrix. */
  builtin('rand(X, [count])', (context, [value, countArgument]) => {
    const random: Generator = () => context.node.random.number()
    const randoms = (count: number): Column => {
      if (!(count >= 0 && count <= 2_147_483_647)) {
        throw new ScriptError('The argument [count] of rand must be a non-negative integer.')
      }
      context.memory.expect(8 * count)
      return randomColumn(value!, count, random)
    }
    if (countArgument?.form === 'pair') {
      const [rows, columns] = [0, 1].map(i => Number(scalarAt(countArgument.elements, i).value))
      const elements = randoms(rows! * columns!) as Vector
      return reshape(elements, rows!, columns!)
    }
    const count = countArgument === undefined ? 1 : (integerOf(countArgument) ?? NaN)
    const column = randoms(count)
    return countArgument === undefined ? scalarAt(column as Vector, 0) : column
  }),
]
