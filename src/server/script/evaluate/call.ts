/*
  Calls functions: arranges positional and named arguments in declared order, and creates the frame of a user function.
*/
import type { Builtin, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { heightOf } from '../parse/check-names.js'
import { locateInFunction } from './error-text.js'
import { evaluate } from './evaluate.js'
import { executeBody } from './execute.js'
import { noNames, type Frame } from './frame.js'
import {
  withOpenPlacesFilled,
  mergedKeywords,
  noKeywords,
  type CallArguments,
  type Keywords,
} from '../../values/partial-function.js'
import type { Runtime } from '../session/runtime.js'
import { shallowCopy } from '../../values/ownership.js'
import { voidValue } from '../../values/scalar.js'
import { checkViewCall } from '../../tables/privileges.js'
import type { FunctionDefinition } from '../parse/syntax.js'
import type { FunctionValue, ServerValue, UserFunction } from '../../values/server-value.js'

/** Calls any function value. Yields only while the function has to wait. */
export function* callFunction(
  runtime: Runtime,
  fn: FunctionValue,
  args: CallArguments,
  keywords: Keywords = noKeywords,
): Evaluation<ServerValue> {
  const result = startCall(runtime, fn, args, keywords)
  return 'form' in result ? result : yield* result
}

/**
 * Begins a call. Returns the value if a built-in function finishes at once, otherwise the evaluation to continue with.
 * @throws {ScriptError} for a wrong number of arguments, unknown keywords, and missing rights
 */
export function startCall(
  runtime: Runtime,
  fn: FunctionValue,
  args: CallArguments,
  keywords: Keywords = noKeywords,
): ServerValue | Evaluation<ServerValue> {
  switch (fn.kind) {
    case 'builtin':
      return callBuiltin(runtime, fn.builtin, args, keywords)
    case 'user':
      return callUser(runtime, fn, args, keywords)
    case 'partial':
      return startCall(
        runtime,
        fn.target,
        withOpenPlacesFilled(fn, args),
        mergedKeywords(fn, keywords),
      )
  }
}

function callBuiltin(
  runtime: Runtime,
  builtin: Builtin,
  args: CallArguments,
  keywords: Keywords,
): ServerValue | Evaluation<ServerValue> {
  const arranged =
    keywords.size === 0 ? args : arrange(builtin.name, builtin.parameters, args, keywords)
  const { length } = arranged
  if (length < builtin.minArguments || length > builtin.maxArguments) {
    throw arityError(builtin.name, builtin.minArguments, builtin.maxArguments, length)
  }
  if (builtin.adminOnly === true && !runtime.session.isAdmin) {
    throw new ScriptError(`Only administrators execute function ${builtin.name}`)
  }
  return builtin.call(runtime, arranged)
}

/** Positional and named arguments in declared order. */
function arrange(
  name: string,
  parameters: readonly string[],
  args: CallArguments,
  keywords: Keywords,
): CallArguments {
  const arranged = [...args]
  for (const [keyword, value] of keywords) {
    const position = parameters.indexOf(keyword)
    if (position < 0) {
      throw new ScriptError(`The function [${name}] does not have the parameter [${keyword}].`)
    }
    if (arranged[position] !== undefined) {
      throw new ScriptError(`The parameter [${keyword}] of function [${name}] is given twice.`)
    }
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

/** @throws {ScriptError} if there are too few or too many arguments; the function has not begun then */
function callUser(
  runtime: Runtime,
  fn: UserFunction,
  args: CallArguments,
  keywords: Keywords,
): Evaluation<ServerValue> {
  const { parameters } = fn.definition
  const names = parameters.map(parameter => parameter.name)
  const arranged = keywords.size === 0 ? args : arrange(fn.name, names, args, keywords)
  // The caller may omit an argument: in `f(, 5)`, the first parameter is VOID.
  const isMissing = parameters.some(
    (parameter, index) =>
      parameter.defaultValue === undefined && arranged[index] === undefined && index >= args.length,
  )
  if (isMissing || arranged.length > parameters.length) {
    const required = parameters.filter(parameter => parameter.defaultValue === undefined).length
    const given = arranged.filter(value => value !== undefined).length
    throw arityError(fn.name, required, parameters.length, given)
  }
  return runUser(runtime, fn, arranged)
}

function* runUser(
  runtime: Runtime,
  fn: UserFunction,
  args: CallArguments,
): Evaluation<ServerValue> {
  const { definition } = fn
  const { session } = runtime
  const callerRights = session.viewOwner
  if (fn.isView === true) checkViewCall(runtime, fn.name, fn.viewOwner)
  const frame = frameFor(runtime, definition)
  const height = heightOf(definition)
  runtime.enterCall(fn.name, height)
  session.viewOwner = fn.isView === true || fn.viewOwner === callerRights ? fn.viewOwner : undefined
  try {
    const pause = runtime.step()
    if (pause !== undefined) yield pause
    yield* bindParameters(frame, definition, args)
    return (yield* executeBody(definition.body, frame)) ?? voidValue
  } catch (error) {
    throw locateInFunction(error, fn.name)
  } finally {
    session.viewOwner = callerRights
    runtime.leaveCall(height)
  }
}

interface ParameterNames {
  readOnly: ReadonlySet<string>
  mutable: ReadonlySet<string>
}

const parameterNames = new WeakMap<FunctionDefinition, ParameterNames>()

function namesOf(definition: FunctionDefinition): ParameterNames {
  const known = parameterNames.get(definition)
  if (known !== undefined) return known
  const pick = (isMutable: boolean): ReadonlySet<string> => {
    const chosen = definition.parameters.filter(parameter => parameter.isMutable === isMutable)
    return chosen.length === 0 ? noNames : new Set(chosen.map(parameter => parameter.name))
  }
  const names = { readOnly: pick(false), mutable: pick(true) }
  parameterNames.set(definition, names)
  return names
}

function frameFor(runtime: Runtime, definition: FunctionDefinition): Frame {
  return {
    runtime,
    variables: new Map(),
    columns: undefined,
    ...namesOf(definition),
  }
}

function* bindParameters(
  frame: Frame,
  { parameters }: FunctionDefinition,
  args: CallArguments,
): Evaluation<void> {
  for (const [index, { name, defaultValue }] of parameters.entries()) {
    const given = args[index]
    if (given !== undefined) frame.variables.set(name, given)
    else if (defaultValue !== undefined) {
      frame.variables.set(name, shallowCopy(yield* evaluate(defaultValue, frame)))
    } else frame.variables.set(name, voidValue)
  }
}
