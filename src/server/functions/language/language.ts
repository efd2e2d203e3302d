/*
  Functions about the session's own things: what is defined, what is printed, how long to wait; and the operators as
  functions (DolphinDB manual, pages of each name).
*/
import type { Builtin, CallContext } from '../../values/builtin.js'
import { notEmbedded, ScriptError } from '../../script-error.js'
import { objectKinds } from '../../values/constants.js'
import { boolScalar, integerOf, isVoid, textOf, textsOf, voidValue } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { operatorOf, operatorNames } from '../../operators/operator-names.js'
import { operate, operateUnary } from '../../operators/operate.js'
import { areEqual } from '../types/equality.js'
import { builtin, binaryFunction, unaryFunction } from '../arguments.js'
import { printText } from '../text/print-text.js'
import { tableOfRecords } from '../result-table.js'
import { likeMatcher } from '../vectors/search.js'
import type { BinaryOperator } from '../../script/parse/syntax.js'

function nameArgument(value: ServerValue | undefined): string {
  const text = textOf(value)
  if (text === undefined) throw new ScriptError('The name must be a string.')
  return text
}

const print = builtin('print(X, ...rest)', ({ session, memory }, args) => {
  for (const value of args) {
    if (value === undefined) continue
    memory.checkSize(value)
    const text = printText(value, memory)
    // It waits for the client to read it.
    memory.make(2 * text.length)
    memory.stored()
    session.print(text)
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

/** Functions that take any number of arguments are documented with this maximum. */
const manyParameters = 512

function definitionRecord(name: string, fn: FunctionValue | undefined) {
  const isUser = fn?.kind === 'user'
  const names = isUser
    ? fn.definition.parameters.map(parameter => parameter.name)
    : fn?.kind === 'builtin'
      ? fn.builtin.parameters
      : []
  const required = isUser
    ? fn.definition.parameters.filter(parameter => parameter.defaultValue === undefined).length
    : fn?.kind === 'builtin'
      ? fn.builtin.minArguments
      : 0
  const most = fn?.kind === 'builtin' ? fn.builtin.maxArguments : names.length
  return {
    name,
    isCommand: false,
    userDefined: isUser,
    minParamCount: required,
    maxParamCount: Math.min(most, manyParameters),
    syntax: `(${names.map((one, index) => (index < required ? one : `[${one}]`)).join(', ')})`,
  }
}

export const languageFunctions: readonly Builtin[] = [
  print,

  /** This session waits, others go on. */
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
    if (names!.form === 'scalar') return boolScalar(flags[0]!)
    const data = Int8Array.from(flags, flag => (flag ? 1 : 0))
    return { form: 'vector', type: 'BOOL', length: data.length, data }
  }),

  /** Of a function or, by its sign, of an operator. */
  builtin('funcByName(name)', (context, [value]): FunctionValue => {
    const name = nameArgument(value)
    const operator = operatorOf(name)
    if (operator !== undefined) {
      const builtin = binaryFunction(name, (x, y, own) => operate(own, operator, x, y))
      return { form: 'function', kind: 'builtin', name, builtin }
    }
    const fn = context.findFunction(name)
    if (fn === undefined)
      throw new ScriptError(`Can't recognize function name ${name}${notEmbedded}`)
    return fn
  }),

  /** One row a function; X is a pattern with % and ?. */
  builtin('defs([X])', (context, [pattern]) => {
    const matches = pattern === undefined ? undefined : likeMatcher(nameArgument(pattern))
    const names = context.functionNames().filter(name => matches?.(name) !== false)
    const records = names.sort().map(name => definitionRecord(name, context.findFunction(name)))
    return tableOfRecords(
      {
        name: 'STRING',
        isCommand: 'BOOL',
        userDefined: 'BOOL',
        minParamCount: 'INT',
        maxParamCount: 'INT',
        syntax: 'STRING',
      },
      records,
    )
  }),
  builtin('eqObj(obj1, obj2, [precision])', (context, [a, b, precision]) => {
    context.memory.checkSize(a!)
    const digits = precision === undefined || isVoid(precision) ? undefined : integerOf(precision)
    return boolScalar(areEqual(a!, b!, digits))
  }),
]

export const operatorFunctions: readonly Builtin[] = [
  ...Object.entries(operatorNames)
    // join puts tables side by side, too: it is a function of its own.
    .filter(([operator]) => operator !== '<-')
    .map(([operator, name]) =>
      binaryFunction(name, (x, y, context) => operate(context, operator as BinaryOperator, x, y)),
    ),
  unaryFunction('neg', (x, context) => operateUnary(context, '-', x)),
  unaryFunction('not', (x, context) => operateUnary(context, '!', x)),
]
