/*
  Functions that define, print, wait or call functions, and the functions behind operators (DolphinDB manual).
*/
import { elementAt } from '../../../protocol/element.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { partialOf } from '../../values/partial-function.js'
import { elementsOf, vectorOfElements } from '../../values/vector-literal.js'
import { dictionaryValues } from '../../elements/dictionary.js'
import { itemsOf, tableRow } from '../../elements/indexing.js'
import { notEmbedded, ScriptError } from '../../script-error.js'
import { integerOf, intScalar, voidValue } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { operatorNames, operatorOf, type BinaryOperator } from '../../operators/operator-names.js'
import { applyBinary, applyUnary } from '../../operators/operators.js'
import {
  binaryFunction,
  builtin,
  functionArgument,
  textArgument,
  unaryFunction,
} from '../arguments.js'
import { printText } from '../text/text.js'

export const languageFunctions: readonly Builtin[] = [
  builtin('print(X, ...rest)', ({ session }, args) => {
    for (const value of args) if (value !== undefined) session.print(printText(value))
    return voidValue
  }),

  /** Only the calling session waits; the server continues to serve all other sessions. */
  builtin('sleep(milliseconds)', function* ({ session }, [value]) {
    const durationMs = integerOf(value) ?? Number(value?.form === 'scalar' ? value.value : NaN)
    if (!(durationMs >= 0)) throw new ScriptError('sleep takes a number of milliseconds.')
    yield { until: session.delay(durationMs) }
    return voidValue
  }),

  /** Accepts the name of a function or the sign of an operator. */
  builtin('funcByName(name)', (context, [value]): FunctionValue => {
    const name = textArgument(value, 'name')
    const operator = operatorOf(name)
    if (operator !== undefined) {
      const builtin = binaryFunction(name, (x, y) => applyBinary(operator, x, y))
      return { form: 'function', kind: 'builtin', name, builtin }
    }
    const fn = context.findFunction(name)
    if (fn === undefined)
      throw new ScriptError(`Can't recognize function name ${name}${notEmbedded}`)
    return fn
  }),
]

export const operatorFunctions: readonly Builtin[] = [
  ...Object.entries(operatorNames)
    // Skips `<-` (join), which the vector functions define.
    .filter(([operator]) => operator !== '<-')
    .map(([operator, name]) =>
      binaryFunction(name, (x, y) => applyBinary(operator as BinaryOperator, x, y)),
    ),
  unaryFunction('neg', x => applyUnary('-', x)),
  unaryFunction('not', x => applyUnary('!', x)),
]

interface Items {
  readonly length: number
  at(index: number): ServerValue | undefined
}

/** The items of a value; undefined for a scalar, which `each` combines with every item of the other arguments. */
function itemsAt(value: ServerValue): Items | undefined {
  switch (value.form) {
    case 'scalar':
    case 'function':
      return undefined
    case 'vector':
    case 'arrayVector':
      return { length: value.length, at: index => elementAt(value, index) as ServerValue }
    case 'serverTable':
      return { length: value.rows, at: index => tableRow(value, intScalar(index)) }
    case 'serverDictionary':
      return itemsAt(dictionaryValues(value))
    default:
      return [...itemsOf(value)]
  }
}

/** Yields the results of func(args[0][i], args[1][i], …). A scalar argument is the same in every call. */
function* applyToEach(
  context: CallContext,
  [fn, ...args]: readonly (ServerValue | undefined)[],
): Evaluation<ServerValue[]> {
  const callee = functionArgument(fn, 'func')
  const lists = args.map(value => (value === undefined ? undefined : itemsAt(value)))
  const lengths = new Set(lists.filter(list => list !== undefined).map(list => list.length))
  if (lengths.size > 1) throw new ScriptError('each: the arguments must have the same length.')
  const length = [...lengths][0] ?? 1
  const results: ServerValue[] = []
  for (let index = 0; index < length; index++) {
    const row = args.map((value, at) => lists[at]?.at(index) ?? value)
    results.push(yield* context.call(callee, row))
  }
  return results
}

export const higherOrderFunctions: readonly Builtin[] = [
  /** Returns a vector if all results are scalars, otherwise a tuple. */
  builtin('each(func, X, ...rest)', function* (context, args) {
    return vectorOfElements(yield* applyToEach(context, args))
  }),

  /** Calls `func` with the elements of `args`. DolphinDB's JavaScript client needs this function and `partial`. */
  builtin('unifiedCall(func, args)', (context, [fn, args]) =>
    context.call(functionArgument(fn, 'func'), elementsOf(args)),
  ),

  builtin('partial(func, ...rest)', (_, [fn, ...bound]) =>
    partialOf(functionArgument(fn, 'func'), bound),
  ),
]
