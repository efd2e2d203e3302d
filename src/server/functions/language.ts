/*
  Functions about the session's own things: what is defined, what is printed, how long to wait, what else to run
  (DolphinDB manual, pages of each name).
*/
import type { Builtin, CallContext } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { objectKinds } from '../script/constants.js'
import { boolScalar, integerOf, isVoid, textOf, textsOf, voidValue } from '../script/scalar.js'
import type { FunctionValue, ServerValue } from '../script/values.js'
import { operatorOf } from '../script/operator-names.js'
import { applyBinary } from '../script/operators/operators.js'
import { areEqual } from './equality.js'
import { binaryFunction, defineFunction, unaryFunction } from './define.js'
import { printText } from './print-text.js'
import { tableOfRecords } from './result-table.js'
import { likePattern } from './search.js'

function nameArgument(value: ServerValue | undefined): string {
  const text = textOf(value)
  if (text === undefined) throw new ScriptError('The name must be a string.')
  return text
}

const print = defineFunction('print', ['...rest'], 1, ({ session }, args) => {
  for (const value of args) if (value !== undefined) session.print(printText(value))
  return voidValue
})

/** sleep(milliseconds): this session waits, others go on. */
const sleep = defineFunction('sleep', ['milliseconds'], 1, function* ({ session }, [value]) {
  const durationMs = integerOf(value) ?? Number(value?.form === 'scalar' ? value.value : NaN)
  if (!(durationMs >= 0)) throw new ScriptError('sleep takes a number of milliseconds.')
  yield { until: session.delay(durationMs) }
  return voidValue
})

/** defined(names, [type=VAR]) */
const defined = defineFunction('defined', ['names', 'type'], 1, (context, [names, kind]) => {
  const texts = textsOf(names)
  if (texts === undefined) throw new ScriptError('defined: names must be strings.')
  const wanted = kind === undefined ? objectKinds.VAR : integerOf(kind)
  const flags = texts.map(name => isDefined(context, name, wanted))
  if (names!.form === 'scalar') return boolScalar(flags[0]!)
  const data = Int8Array.from(flags, flag => (flag ? 1 : 0))
  return { form: 'vector', type: 'BOOL', length: data.length, data }
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

/** funcByName(name): of a function or, by its sign, of an operator. */
const funcByName = defineFunction('funcByName', ['name'], 1, (context, [value]): FunctionValue => {
  const name = nameArgument(value)
  const operator = operatorOf(name)
  if (operator !== undefined) {
    const builtin = binaryFunction(name, (x, y) => applyBinary(operator, x, y))
    return { form: 'function', kind: 'builtin', name, builtin }
  }
  const fn = context.findFunction(name)
  if (fn === undefined) throw new ScriptError(`Can't recognize function name ${name}`)
  return fn
})

/** defs([X]): one row a function; X is a pattern with % and ?. */
const defs = defineFunction('defs', ['X'], 0, (context, [pattern]) => {
  const expression = pattern === undefined ? undefined : likePattern(nameArgument(pattern))
  const names = context.functionNames().filter(name => expression?.test(name) !== false)
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
})

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

const eqObj = defineFunction('eqObj', ['obj1', 'obj2', 'precision'], 2, (_, [a, b, precision]) => {
  const digits = precision === undefined || isVoid(precision) ? undefined : integerOf(precision)
  return boolScalar(areEqual(a!, b!, digits))
})

/** runScript(script): in this session, as if it had been sent. */
const runScript = defineFunction('runScript', ['script'], 1, (context, [script]) =>
  context.run(nameArgument(script)),
)

/** parseExpr(X) keeps the text as code, eval(expr) runs it. */
const parseExpr = unaryFunction('parseExpr', value => ({
  form: 'scalar',
  type: 'CODE',
  value: nameArgument(value),
}))

const evaluateCode = defineFunction('eval', ['expr'], 1, (context, [code]) => {
  if (code?.form !== 'scalar' || code.type !== 'CODE') {
    throw new ScriptError('eval takes code, as parseExpr makes it.')
  }
  return context.run(code.value)
})

const asis = unaryFunction('asis', value => value)

export const languageFunctions: readonly Builtin[] = [
  print,
  sleep,
  defined,
  funcByName,
  defs,
  eqObj,
  runScript,
  parseExpr,
  evaluateCode,
  asis,
]
