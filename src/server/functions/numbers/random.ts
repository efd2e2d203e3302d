/*
  Random values. Each session has its own generator, so that setRandomSeed makes a session's values repeatable whatever
  other sessions do.
*/
import { takeRows } from '../../../protocol/element.js'
import { nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { reshape } from '../../operators/matrix.js'
import { scalarAt } from '../../operators/operands/pairing.js'
import { checkAtOnce, columnInPieces } from '../../values/pieces.js'
import { integerOf, voidValue } from '../../values/scalar.js'
import type { ScriptSession } from '../../values/session-state.js'
import type { ServerValue } from '../../values/server-value.js'
import { defineFunction } from '../define.js'
import { columnArgument } from '../vectors/vector.js'

/** Doubles from 0 (inclusive) to 1 (exclusive). */
type Generator = () => number

const generators = new WeakMap<ScriptSession, Generator>()

/** mulberry32: one 32-bit word of state, period 2^32. */
function generatorOf(seed: number): Generator {
  let state = seed >>> 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return () => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53
}

function generatorFor({ session, node }: CallContext): Generator {
  const known = generators.get(session)
  if (known !== undefined) return known
  const generator = generatorOf(Math.floor(node.random.number() * 2 ** 32))
  generators.set(session, generator)
  return generator
}

const setRandomSeed = defineFunction('setRandomSeed', ['seed'], 1, ({ session }, [value]) => {
  const seed = integerOf(value)
  if (seed === undefined) throw new ScriptError('The seed must be an integer.')
  generators.set(session, generatorOf(seed))
  return voidValue
})

/** rand(X, [count]): numbers below X, or elements of X; count may be the dimensions of a matrix. */
const rand = defineFunction(
  'rand',
  ['X', 'count'],
  1,
  function* (context, [value, countArgument]): Evaluation<ServerValue> {
    const random = generatorFor(context)
    const randoms = (count: number): Evaluation<Column> => {
      if (!(count >= 0 && count <= 2_147_483_647)) {
        throw new ScriptError('The argument [count] of rand must be a non-negative integer.')
      }
      return columnInPieces(context, count, (from, to) => randomColumn(value!, to - from, random))
    }
    if (countArgument?.form === 'pair') {
      const [rows, columns] = [0, 1].map(i => Number(scalarAt(countArgument.elements, i).value))
      const elements = (yield* randoms(rows! * columns!)) as Vector
      return reshape(elements, rows!, columns!)
    }
    const count = countArgument === undefined ? 1 : (integerOf(countArgument) ?? NaN)
    const column = yield* randoms(count)
    return countArgument === undefined ? scalarAt(column as Vector, 0) : column
  },
)

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

/** norm(mean, std, count): normally distributed, by the method of Box and Muller. */
const norm = defineFunction('norm', ['mean', 'std', 'count'], 3, (context, args) => {
  const random = generatorFor(context)
  const [mean, deviation] = args.map(value => Number(value?.form === 'scalar' ? value.value : NaN))
  const count = integerOf(args[2])
  const isCount = count !== undefined && count >= 0 && count <= 2_147_483_647
  if (!isCount || Number.isNaN(mean) || Number.isNaN(deviation)) {
    throw new ScriptError('norm takes a mean, a standard deviation and a count.')
  }
  return columnInPieces(context, count, (from, to) => {
    const data = fill(new Float64Array(to - from), () => {
      const radius = Math.sqrt(-2 * Math.log(1 - random()))
      return mean! + deviation! * radius * Math.cos(2 * Math.PI * random())
    })
    return { form: 'vector', type: 'DOUBLE', length: data.length, data }
  })
})

/** shuffle(X): the elements in random order. */
const shuffle = defineFunction('shuffle', ['X'], 1, (context, [value]) => {
  const random = generatorFor(context)
  checkAtOnce('shuffle', [value])
  const column = columnArgument(value, 'shuffle')
  const rows = Int32Array.from({ length: column.length }, (_, row) => row)
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = rows[i]!
    rows[i] = rows[j]!
    rows[j] = kept
  }
  return takeRows(column, rows)
})

export const randomFunctions: readonly Builtin[] = [rand, norm, shuffle, setRandomSeed]
