/*
  Functions that call functions (DolphinDB manual, "Higher-order functions").
*/
import { columnTypeOf } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { partialOf } from '../../values/partial-function.js'
import { dictionaryValues } from '../../elements/dictionary.js'
import { elementsOf, itemsAt, type Items } from '../../elements/items.js'
import { matrixOfColumns } from '../../operators/matrix.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { elementBytes, weigh } from '../../values/request-memory.js'
import { sameColumnType } from '../../columns/column-layout.js'
import { builtin } from '../arguments.js'

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
    context.memory.make(elementBytes)
    results.push(result)
  }
  return results
}

/** Scalars become a vector, vectors of one type and length a matrix, everything else a tuple. */
function assembled(context: CallContext, results: readonly ServerValue[]): ServerValue {
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

export const higherOrderFunctions: readonly Builtin[] = [
  builtin('each(func, X, ...rest)', function* (context, args) {
    return assembled(context, yield* applyToEach(context, 'each', args))
  }),
  builtin('loop(func, X, ...rest)', function* (context, args) {
    return tupleOf(yield* applyToEach(context, 'loop', args))
  }),
  /** The elements of the tuple are the arguments. */
  builtin('unifiedCall(func, args)', (context, [fn, args]) => {
    return context.call(functionArgument(fn, 'unifiedCall'), elementsOf(args!))
  }),
  /** Func{args…}; the JavaScript client makes its calls with it. */
  builtin('partial(func, ...rest)', (_, [fn, ...bound]) =>
    partialOf(functionArgument(fn, 'partial'), bound),
  ),
]
