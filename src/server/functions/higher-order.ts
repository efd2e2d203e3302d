/*
  Functions that call functions (DolphinDB manual, "Higher-order functions"). The parallel ones do one after the other.
*/
import { columnTypeOf } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { elementsOf, itemsOf } from '../script/items.js'
import { matrixOfColumns } from '../script/operators/matrix.js'
import { voidValue } from '../script/scalar.js'
import type { FunctionValue, ServerValue } from '../script/values.js'
import { tupleOf, vectorOfElements } from '../script/vector-literal.js'
import { sameColumnType } from '../tables/column-layout.js'
import { alias, defineFunction } from './define.js'

function functionArgument(value: ServerValue | undefined, name: string): FunctionValue {
  if (value?.form !== 'function')
    throw new ScriptError(`${name}: the first argument must be a function.`)
  return value
}

/** What the function is applied to one after the other; undefined for a scalar, which stands beside all. */
function partsOf(value: ServerValue): readonly ServerValue[] | undefined {
  if (value.form === 'serverDictionary')
    return [...value.entries.values()].map(entry => entry.value)
  return value.form === 'scalar' || value.form === 'function' ? undefined : [...itemsOf(value)]
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
    const row = args.map((value, at) => columns[at]?.[index] ?? value)
    results.push(yield* context.call(callee, row))
  }
  return results
}

/** Scalars become a vector, vectors of one type and length a matrix, everything else a tuple. */
function assembled(results: readonly ServerValue[]): ServerValue {
  const vectors = results.filter(result => result.form === 'vector')
  const [first] = vectors
  const isMatrix =
    first !== undefined &&
    vectors.length === results.length &&
    vectors.every(vector => isLike(vector, first))
  return isMatrix ? matrixOfColumns(vectors) : vectorOfElements(results)
}

function isLike(vector: Vector, other: Vector): boolean {
  if (vector.type === 'ANY' || vector.type === 'VOID' || vector.length === 0) return false
  return vector.length === other.length && sameColumnType(columnTypeOf(vector), columnTypeOf(other))
}

const each = defineFunction('each', ['func', '...rest'], 2, function* (context, args) {
  return assembled(yield* applyToEach(context, 'each', args))
})

const loop = defineFunction('loop', ['func', '...rest'], 2, function* (context, args) {
  return tupleOf(yield* applyToEach(context, 'loop', args))
})

/** eachLeft(func, X, Y): func(X[i], Y); eachRight(func, X, Y): func(X, Y[i]). */
function oneSided(name: string, side: 0 | 1): Builtin {
  return defineFunction(name, ['func', 'X', 'Y'], 3, function* (context, [fn, x, y]) {
    const callee = functionArgument(fn, name)
    const moving = side === 0 ? x! : y!
    const results: ServerValue[] = []
    for (const part of partsOf(moving) ?? [moving]) {
      results.push(yield* context.call(callee, side === 0 ? [part, y] : [x, part]))
    }
    return assembled(results)
  })
}

/** Every intermediate result of func(func(init, X[0]), X[1]) …; the first is X[0] without init. */
function* accumulated(
  context: CallContext,
  name: string,
  [fn, x, init]: readonly (ServerValue | undefined)[],
): Evaluation<ServerValue[]> {
  const callee = functionArgument(fn, name)
  const results: ServerValue[] = []
  let current = init
  for (const part of partsOf(x!) ?? [x!]) {
    current = current === undefined ? part : yield* context.call(callee, [current, part])
    results.push(current)
  }
  return results
}

const accumulate = defineFunction(
  'accumulate',
  ['func', 'X', 'init'],
  2,
  function* (context, args) {
    return assembled(yield* accumulated(context, 'accumulate', args))
  },
)

const reduce = defineFunction('reduce', ['func', 'X', 'init'], 2, function* (context, args) {
  const results = yield* accumulated(context, 'reduce', args)
  return results.at(-1) ?? args[2] ?? voidValue
})

/** cross(func, X, [Y]): a matrix of func(X[i], Y[j]). */
const cross = defineFunction('cross', ['func', 'X', 'Y'], 2, function* (context, [fn, x, y]) {
  const callee = functionArgument(fn, 'cross')
  const [left, right] = [x!, y ?? x!].map(value => partsOf(value) ?? [value])
  const columns: ServerValue[] = []
  for (const two of right!) {
    const results: ServerValue[] = []
    for (const one of left!) results.push(yield* context.call(callee, [one, two]))
    columns.push(vectorOfElements(results))
  }
  return assembled(columns)
})

const call = defineFunction('call', ['func', '...rest'], 1, (context, [fn, ...args]) =>
  context.call(functionArgument(fn, 'call'), args),
)

/** unifiedCall(func, args): the elements of the tuple are the arguments. */
const unifiedCall = defineFunction('unifiedCall', ['func', 'args'], 2, (context, [fn, args]) =>
  context.call(functionArgument(fn, 'unifiedCall'), elementsOf(args!)),
)

/** partial(func, args…): func{args…}. */
const partial = defineFunction('partial', ['func', '...rest'], 1, (_, [fn, ...bound]) => {
  const target = functionArgument(fn, 'partial')
  return {
    form: 'function',
    kind: 'partial',
    name: target.name,
    target,
    bound,
    keywords: new Map(),
  }
})

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
