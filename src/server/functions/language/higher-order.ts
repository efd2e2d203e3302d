/*
  Functions that call functions (DolphinDB manual, "Higher-order functions"). The parallel ones do one after the other.
*/
import { columnTypeOf } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { partialOf } from '../../values/partial-function.js'
import { dictionaryValues } from '../../elements/dictionary.js'
import { elementsOf, itemsAt, type Items } from '../../elements/items.js'
import { matrixOfColumns } from '../../operators/matrix.js'
import { checkAtOnce, columnInPieces, pieceRows } from '../../values/pieces.js'
import { voidValue } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { weigh } from '../../values/weigh.js'
import { sameColumnType } from '../../columns/column-layout.js'
import { alias, defineFunction } from '../define.js'

function functionArgument(value: ServerValue | undefined, name: string): FunctionValue {
  if (value?.form !== 'function')
    throw new ScriptError(`${name}: the first argument must be a function.`)
  return value
}

/** What the function is applied to one after the other; undefined for a scalar, which stands beside all. */
function partsOf(value: ServerValue): Items | undefined {
  if (value.form === 'serverDictionary') return itemsAt(dictionaryValues(value))
  return value.form === 'scalar' || value.form === 'function' ? undefined : itemsAt(value)
}

function onlyItem(value: ServerValue): Items {
  return { length: 1, at: () => value }
}

/** The results of func(args[0][i], args[1][i], …). */
function* applyToEach(
  context: CallContext,
  name: string,
  [fn, ...args]: readonly (ServerValue | undefined)[],
): Evaluation<ServerValue[]> {
  const callee = functionArgument(fn, name)
  const columns = args.map(value => (value === undefined ? undefined : partsOf(value)))
  const lengths = new Set(
    columns.filter(column => column !== undefined).map(column => column.length),
  )
  if (lengths.size > 1) throw new ScriptError(`${name}: the arguments must have the same length.`)
  const length = [...lengths][0] ?? 1
  const results: ServerValue[] = []
  for (let index = 0; index < length; index++) {
    const row = args.map((value, at) => columns[at]?.at(index) ?? value)
    const result = yield* context.call(callee, row)
    context.memory.passElement(result)
    results.push(result)
  }
  return results
}

/** Scalars become a vector, vectors of one type and length a matrix, everything else a tuple. */
function* assembled(
  context: CallContext,
  results: readonly ServerValue[],
): Evaluation<ServerValue> {
  if (results.length > pieceRows && results.every(result => result.form === 'scalar')) {
    return yield* columnInPieces(
      context,
      results.length,
      (from, to) => vectorOfElements(results.slice(from, to)) as Vector,
    )
  }
  const vectors = results.filter(result => result.form === 'vector')
  const [first] = vectors
  const isMatrix =
    first !== undefined &&
    vectors.length === results.length &&
    vectors.every(vector => isLike(vector, first))
  if (!isMatrix) return vectorOfElements(results)
  context.memory.expect(vectors.length * weigh(first))
  return matrixOfColumns(vectors)
}

function isLike(vector: Vector, other: Vector): boolean {
  if (vector.type === 'ANY' || vector.type === 'VOID' || vector.length === 0) return false
  return vector.length === other.length && sameColumnType(columnTypeOf(vector), columnTypeOf(other))
}

const each = defineFunction('each', ['func', '...rest'], 2, function* (context, args) {
  return yield* assembled(context, yield* applyToEach(context, 'each', args))
})

const loop = defineFunction('loop', ['func', '...rest'], 2, function* (context, args) {
  return tupleOf(yield* applyToEach(context, 'loop', args))
})

/** eachLeft(func, X, Y): func(X[i], Y); eachRight(func, X, Y): func(X, Y[i]). */
function oneSided(name: string, side: 0 | 1): Builtin {
  return defineFunction(name, ['func', 'X', 'Y'], 3, function* (context, [fn, x, y]) {
    const callee = functionArgument(fn, name)
    const moving = side === 0 ? x! : y!
    const parts = partsOf(moving) ?? onlyItem(moving)
    const results: ServerValue[] = []
    for (let index = 0; index < parts.length; index++) {
      const part = parts.at(index)
      const result = yield* context.call(callee, side === 0 ? [part, y] : [x, part])
      context.memory.passElement(result)
      results.push(result)
    }
    return yield* assembled(context, results)
  })
}

/**
 * Goes through func(func(init, X[0]), X[1]) …; the first result is X[0] without init.
 *
 * @returns the last result; undefined when there is none
 */
function* accumulated(
  context: CallContext,
  name: string,
  [fn, x, init]: readonly (ServerValue | undefined)[],
  note: (result: ServerValue) => void,
): Evaluation<ServerValue | undefined> {
  const callee = functionArgument(fn, name)
  const parts = partsOf(x!) ?? onlyItem(x!)
  let current = init
  for (let index = 0; index < parts.length; index++) {
    const part = parts.at(index)
    current = current === undefined ? part : yield* context.call(callee, [current, part])
    note(current)
  }
  return current
}

const accumulate = defineFunction(
  'accumulate',
  ['func', 'X', 'init'],
  2,
  function* (context, args) {
    const results: ServerValue[] = []
    yield* accumulated(context, 'accumulate', args, result => {
      context.memory.passElement(result)
      results.push(result)
    })
    return yield* assembled(context, results)
  },
)

const reduce = defineFunction('reduce', ['func', 'X', 'init'], 2, function* (context, args) {
  const { memory } = context
  const { mark } = memory
  const last = yield* accumulated(context, 'reduce', args, result => memory.settle(mark, result))
  return last ?? voidValue
})

/** cross(func, X, [Y]): a matrix of func(X[i], Y[j]). */
const cross = defineFunction('cross', ['func', 'X', 'Y'], 2, function* (context, [fn, x, y]) {
  const callee = functionArgument(fn, 'cross')
  const [left, right] = [x!, y ?? x!].map(value => partsOf(value) ?? onlyItem(value))
  const columns: ServerValue[] = []
  for (let column = 0; column < right!.length; column++) {
    const { mark } = context.memory
    const two = right!.at(column)
    const results: ServerValue[] = []
    for (let row = 0; row < left!.length; row++) {
      const result = yield* context.call(callee, [left!.at(row), two])
      context.memory.passElement(result)
      results.push(result)
    }
    const whole = yield* assembled(context, results)
    context.memory.release(mark)
    context.memory.passElement(whole)
    columns.push(whole)
  }
  return yield* assembled(context, columns)
})

const call = defineFunction('call', ['func', '...rest'], 1, (context, [fn, ...args]) =>
  context.call(functionArgument(fn, 'call'), args),
)

/** unifiedCall(func, args): the elements of the tuple are the arguments. */
const unifiedCall = defineFunction('unifiedCall', ['func', 'args'], 2, (context, [fn, args]) => {
  checkAtOnce('unifiedCall', [args])
  return context.call(functionArgument(fn, 'unifiedCall'), elementsOf(args!))
})

/** partial(func, args…): func{args…}. */
const partial = defineFunction('partial', ['func', '...rest'], 1, (_, [fn, ...bound]) =>
  partialOf(functionArgument(fn, 'partial'), bound),
)

export const higherOrderFunctions: readonly Builtin[] = [
  each,
  alias(each, 'peach'),
  loop,
  alias(loop, 'ploop'),
  oneSided('eachLeft', 0),
  oneSided('eachRight', 1),
  accumulate,
  reduce,
  cross,
  alias(cross, 'pcross'),
  call,
  unifiedCall,
  partial,
]
