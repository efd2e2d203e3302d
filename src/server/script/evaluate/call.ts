/* Runs `f(…)` and `f{…}`: finds the function, arranges the arguments, and creates the frame of a user function. */
import { isDecimal, maxScale } from '../../../protocol/data-type.js'
import { ScriptError, check, notEmbedded } from '../../script-error.js'
import { hasRight } from '../../tables/privileges.js'
import {
  type CallArguments,
  type Evaluation,
  type FunctionValue,
  type Keywords,
  type PartialFunction,
  type ServerValue,
  type UserFunction,
  mergedKeywords,
  noKeywords,
  partialOf,
  shallowCopy,
  withOpenPlacesFilled,
} from '../../values/server-value.js'
import { intScalar, integerOf, longScalar, voidValue } from '../../values/values.js'
import { syntaxError } from '../parse/cursor.js'
import type { Argument, Call, Expression } from '../parse/syntax.js'
import type { Runtime } from '../session/session.js'
import { evaluate, type Frame, calleeOfName, lookUp } from './evaluate.js'
import { asScriptError, executeStatements, withSourceText } from './execute.js'

/** Runs `f(…)`. @throws {ScriptError} with the source text of this call, or of an inner call that failed */
export function* evaluateCall(node: Call, frame: Frame): Evaluation<ServerValue> {
  const rowCount = rowCountOf(node, frame)
  if (rowCount !== undefined) return rowCount
  const callee = calleeOf(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') return yield* typeWithScale(callee, node, frame)
  const { runtime } = frame
  try {
    const given = yield* evaluateArguments(callee, node.args, frame)
    runtime.argumentNames = given.names
    const begun = beginCall(runtime, callee, given.positional, given.keywords)
    return 'form' in begun ? begun : yield* begun
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

/** Evaluates `f{…}` without calling `f`. @throws {ScriptError} if the callee is not a function */
export function* evaluatePartial(node: Call, frame: Frame): Evaluation<ServerValue> {
  const callee = calleeOf(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  check(callee.form === 'function', 'Only a function can be applied partially.')
  const { positional, keywords } = yield* evaluateArguments(callee, node.args, frame)
  return partialOf(callee, positional, keywords)
}

/** The value of `count(*)`, which needs no column; undefined for any other call. */
function rowCountOf({ args }: Call, { columns }: Frame): ServerValue | undefined {
  const only = args[0]?.value
  if (columns === undefined || args.length !== 1) return undefined
  if (only?.kind !== 'name' || only.name !== '*') return undefined
  const { rows, countType } = columns
  return countType === 'LONG' ? longScalar(BigInt(rows)) : intScalar(rows)
}

/** The value of a callee that is a name, else undefined. An unknown name is a syntax error, as in the parser. */
function calleeOf(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind !== 'name') return undefined
  const callee = calleeOfName(node.name, frame) ?? lookUp(node, frame)
  if (callee !== undefined) return callee
  throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}${notEmbedded}`)
}

/** `DECIMAL64(4)` makes a type. No other value than a function or a decimal type can be called. */
function* typeWithScale(callee: ServerValue, node: Call, frame: Frame): Evaluation<ServerValue> {
  const { positional } = yield* evaluateArguments(undefined, node.args, frame)
  if (callee.form !== 'type' || !isDecimal(callee.column.type)) {
    throw withSourceText(new ScriptError('The object is not a function.'), node.span)
  }
  const { type } = callee.column
  const scale = integerOf(positional[0]) ?? -1
  check(scale >= 0 && scale <= maxScale[type], `The scale of ${type} is out of range.`)
  return { form: 'type', column: { type, scale } }
}

interface Given {
  readonly positional: (ServerValue | undefined)[]
  keywords: Keywords
  /** The name of each positional argument (`x`, `t.x`, `1..3 as x`); undefined for an argument without a name. */
  readonly names: (string | undefined)[]
}

function* evaluateArguments(
  fn: FunctionValue | undefined,
  nodes: readonly Argument[],
  frame: Frame,
): Evaluation<Given> {
  const given: Given = { positional: [], keywords: noKeywords, names: [] }
  for (const argument of nodes) {
    const { name, value: node } = argument
    const value =
      plainArgument(fn, argument, given, frame) ?? (node && (yield* evaluate(node, frame)))
    if (name === undefined) {
      given.positional.push(value)
      const isNamed = node?.kind === 'named' || node?.kind === 'name' || node?.kind === 'member'
      given.names.push(isNamed ? node.name : undefined)
    } else if (value !== undefined) given.keywords = new Map(given.keywords).set(name, value)
  }
  return given
}

/**
 * The value of a constant or a known variable; undefined for other nodes. Built-ins get copies, because they may keep an
 * argument in a table; only one that they change is passed by reference. @throws {ScriptError} if they may not change it
 */
function plainArgument(
  fn: FunctionValue | undefined,
  { name, value: node }: Argument,
  { positional }: Given,
  frame: Frame,
): ServerValue | undefined {
  if (node?.kind === 'literal') return shallowCopy(node.value)
  if (node?.kind !== 'name') return undefined
  const isChanged = fn !== undefined && changes(fn, name ?? positional.length)
  if (isChanged) {
    const isReadOnly = frame.parameters?.some(one => one.name === node.name && !one.isMutable)
    check(!isReadOnly, `Read only object can't be applied to mutable function ${fn.name}`)
  }
  const value = lookUp(node, frame)
  return isChanged || fn?.kind === 'user' ? value : value && shallowCopy(value)
}

/** True if the function changes this argument. @param place  position among the arguments of a call, or the keyword */
function changes(fn: FunctionValue, place: number | string): boolean {
  switch (fn.kind) {
    case 'builtin': {
      const { mutatesFirst, parameters } = fn
      return mutatesFirst && (place === 0 || place === parameters[0])
    }
    case 'user':
      return fn.definition.parameters.some(
        (one, index) => one.isMutable && (place === index || place === one.name),
      )
    case 'partial':
      return changes(fn.target, typeof place === 'number' ? openPosition(fn, place) : place)
  }
}

/** Converts the position of an argument in the call to its position in the arguments of the target function. */
function openPosition({ bound }: PartialFunction, index: number): number {
  const open = bound.flatMap((value, position) => (value === undefined ? [position] : []))
  return open[index] ?? bound.length + index - open.length
}

/** Yields only to wait. @throws {ScriptError} for a wrong number of arguments, unknown keywords, and missing rights */
export function* callFunction(...call: Parameters<typeof beginCall>): Evaluation<ServerValue> {
  const begun = beginCall(...call)
  return 'form' in begun ? begun : yield* begun
}

/** Begins a call. A built-in that need not wait has its value at once: a generator would take longer than most of them. */
export function beginCall(
  runtime: Runtime,
  fn: FunctionValue,
  args: CallArguments,
  keywords: Keywords = noKeywords,
): ServerValue | Evaluation<ServerValue> {
  switch (fn.kind) {
    case 'builtin': {
      const { name, parameters, minArguments, maxArguments } = fn
      const arranged = arrange(name, parameters, args, keywords)
      const { length } = arranged
      if (length >= minArguments && length <= maxArguments) return fn.call(runtime, arranged)
      throw arityError(name, minArguments, maxArguments, length)
    }
    case 'user':
      return callUser(runtime, fn, args, keywords)
    case 'partial': {
      const all = withOpenPlacesFilled(fn, args)
      return beginCall(runtime, fn.target, all, mergedKeywords(fn, keywords))
    }
  }
}

/** Positional and named arguments in declared order. */
function arrange(
  name: string,
  parameters: readonly string[],
  args: CallArguments,
  keywords: Keywords,
): CallArguments {
  if (keywords.size === 0) return args
  const arranged = [...args]
  for (const [keyword, value] of keywords) {
    const position = parameters.indexOf(keyword)
    check(position >= 0, `The function [${name}] does not have the parameter [${keyword}].`)
    const isNew = arranged[position] === undefined
    check(isNew, `The parameter [${keyword}] of function [${name}] is given twice.`)
    while (arranged.length <= position) arranged.push(undefined)
    arranged[position] = value
  }
  return arranged
}

function arityError(name: string, min: number, max: number, actual: number): ScriptError {
  const expected =
    max === min ? `${min}` : Number.isFinite(max) ? `${min}~${max}` : `at least ${min}`
  return new ScriptError(
    `The function [${name}] expects ${expected} argument(s), but the actual number of arguments is: ${actual}`,
  )
}

function* callUser(
  runtime: Runtime,
  fn: UserFunction,
  args: CallArguments,
  keywords: Keywords,
): Evaluation<ServerValue> {
  const { parameters, body } = fn.definition
  const names = parameters.map(parameter => parameter.name)
  const arranged = arrange(fn.name, names, args, keywords)
  // The caller may omit an argument: in `f(, 5)`, the first parameter is VOID.
  const isMissing = parameters.some(
    ({ defaultValue }, index) =>
      defaultValue === undefined && arranged[index] === undefined && index >= args.length,
  )
  if (isMissing || arranged.length > parameters.length) {
    const required = parameters.filter(({ defaultValue }) => defaultValue === undefined).length
    const given = arranged.filter(value => value !== undefined).length
    throw arityError(fn.name, required, parameters.length, given)
  }
  const { session } = runtime
  const callerRights = session.viewOwner
  const mayCall = fn.isView !== true || hasRight(runtime, [`VIEW_EXEC ${fn.name}`], fn.viewOwner)
  check(mayCall, `<NoPrivilege>Not granted to execute function view ${fn.name}`)
  const frame: Frame = { runtime, variables: new Map(), parameters, columns: undefined }
  runtime.enterCall(fn.name)
  session.viewOwner = fn.isView === true || fn.viewOwner === callerRights ? fn.viewOwner : undefined
  try {
    const pause = runtime.step()
    if (pause !== undefined) yield pause
    for (const [index, { name, defaultValue }] of parameters.entries()) {
      const value =
        arranged[index] ??
        (defaultValue && shallowCopy(yield* evaluate(defaultValue, frame))) ??
        voidValue
      frame.variables.set(name, value)
    }
    const completion = yield* executeStatements(body, frame)
    return (completion?.kind === 'return' ? completion.value : undefined) ?? voidValue
  } catch (error) {
    const failure = asScriptError(error)
    if (fn.name === '') throw failure
    throw new ScriptError(`${fn.name}: ${failure.message}`, { ...failure, located: false })
  } finally {
    session.viewOwner = callerRights
    runtime.leaveCall()
  }
}
