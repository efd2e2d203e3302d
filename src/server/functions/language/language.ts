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
import { objectKinds } from '../../values/constants.js'
import {
  boolScalar,
  integerOf,
  intScalar,
  isVoid,
  textOf,
  textsOf,
  voidValue,
} from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { operatorNames, operatorOf, type BinaryOperator } from '../../operators/operator-names.js'
import { applyBinary, applyUnary } from '../../operators/operators.js'
import { areEqual } from '../types/equality.js'
import { builtin, binaryFunction, unaryFunction } from '../arguments.js'
import { printText } from '../text/text.js'

function nameArgument(value: ServerValue | undefined): string {
  const text = textOf(value)
  if (text === undefined) throw new ScriptError('The name must be a string.')
  return text
}

const print = builtin('print(X, ...rest)', ({ session }, args) => {
  for (const value of args) {
    if (value === undefined) continue
    session.print(printText(value))
  }
  return voidValue
})

function isDefined(
  { session, node }: CallContext,
  name: string,
  kind: number | undefined,
): boolean {
  switch (kind) {
    case objectKinds.VAR:
      return session.variables.has(name)
    case objectKinds.SHARED:
      return node.shared.has(name)
    case objectKinds.DEF:
      return session.functions.has(name) || node.functionViews.has(name)
    default:
      throw new ScriptError('defined: the type must be VAR, SHARED or DEF.')
  }
}

export const languageFunctions: readonly Builtin[] = [
  print,

  /** Only the calling session waits; the server continues to serve all other sessions. */
  builtin('sleep(milliseconds)', function* ({ session }, [value]) {
    const durationMs = integerOf(value) ?? Number(value?.form === 'scalar' ? value.value : NaN)
    if (!(durationMs >= 0)) throw new ScriptError('sleep takes a number of milliseconds.')
    yield { until: session.delay(durationMs) }
    return voidValue
  }),
  builtin('defined(names, [type])', (context, [names, kind]) => {
    const texts = textsOf(names)
    if (texts === undefined) throw new ScriptError('defined: names must be strings.')
    const wanted = kind === undefined ? objectKinds.VAR : integerOf(kind)
    const flags = texts.map(name => isDefined(context, name, wanted))
    if (names.form === 'scalar') return boolScalar(flags[0]!)
    const data = Int8Array.from(flags, flag => (flag ? 1 : 0))
    return { form: 'vector', type: 'BOOL', length: data.length, data }
  }),

  /** Accepts the name of a function or the sign of an operator. */
  builtin('funcByName(name)', (context, [value]): FunctionValue => {
    const name = nameArgument(value)
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
  builtin('eqObj(obj1, obj2, [precision])', (_, [a, b, precision]) => {
    const digits = precision === undefined || isVoid(precision) ? undefined : integerOf(precision)
    return boolScalar(areEqual(a, b, digits))
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

function functionArgument(value: ServerValue | undefined, name: string): FunctionValue {
  if (value?.form === 'function') return value
  throw new ScriptError(`${name}: the first argument must be a function.`)
}

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
  const callee = functionArgument(fn, 'each')
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
    context.call(functionArgument(fn, 'unifiedCall'), elementsOf(args)),
  ),

  builtin('partial(func, ...rest)', (_, [fn, ...bound]) =>
    partialOf(functionArgument(fn, 'partial'), bound),
  ),
]
