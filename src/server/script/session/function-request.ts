/*
  Runs function requests, which clients may repeat thousands of times. A session parses a text such as
  `tableInsert{trades}` once, but looks up its names at every call, because a shared table may have been replaced.
*/
import type { Evaluation } from '../../values/builtin.js'
import { notEmbedded, ScriptError } from '../../script-error.js'
import { startCall } from '../evaluate/call.js'
import type { CallArguments } from '../../values/partial-function.js'
import { checkNamesOf } from '../parse/check-names.js'
import { evaluate } from '../evaluate/evaluate.js'
import { type Frame, valueOfName } from '../evaluate/frame.js'
import { parseFunctionName } from '../parse/parse-statement.js'
import { isFunctionIn, topFrame } from './run-script.js'
import type { Runtime } from './runtime.js'
import { shallowCopy } from '../../values/ownership.js'
import type { Argument, Expression, Name } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'

/** Limits of the cache, because a client may write a new number into every name, which would fill the memory. */
const maxCached = 1000
const maxCachedLength = 1000

/**
 * @param name  text of the request's name field
 * @returns the value at once, or the evaluation to continue with
 * @throws {ScriptError} `Can't recognize function name …`
 */
export function startFunction(
  runtime: Runtime,
  name: string,
  args: CallArguments,
): ServerValue | Evaluation<ServerValue> {
  const node = cachedExpression(runtime, name)
  const frame = topFrame(runtime)
  if (node.kind === 'name') return startNamed(runtime, node, args)
  const plain = plainPartial(node, frame)
  if (plain === undefined) return startAny(runtime, node, frame, args)
  const callee = functionOfName(runtime, plain.callee)
  let next = 0
  const all = plain.bound.map(bound => bound ?? args[next++])
  while (next < args.length) all.push(args[next++])
  runtime.argumentNames = []
  return startCall(runtime, callee, all)
}

function cachedExpression(runtime: Runtime, text: string): Expression {
  const { requestNames } = runtime
  const known = requestNames.get(text)
  if (known !== undefined) return known
  // Refuses blanks before or after a plain name (docs/server-semantics.md#function-views).
  if (/^$|^\s|\s$/.test(text)) throw unknownFunction(text)
  const node = parseFunctionName(text, isFunctionIn(runtime))
  if (text.length > maxCachedLength) return node
  if (requestNames.size >= maxCached) requestNames.clear()
  requestNames.set(text, node)
  return node
}

function startNamed(
  runtime: Runtime,
  node: Name,
  args: CallArguments,
): ServerValue | Evaluation<ServerValue> {
  runtime.argumentNames = []
  return startCall(runtime, functionOfName(runtime, node), args)
}

function functionOfName(runtime: Runtime, node: Name): Extract<ServerValue, { form: 'function' }> {
  const variable = runtime.session.variables.get(node.name)
  if (variable?.form === 'function') return variable
  const fn = runtime.findFunction(node.name)
  if (fn === undefined) throw unknownFunction(`${node.name}${notEmbedded}`)
  return fn
}

function unknownFunction(name: string): ScriptError {
  return new ScriptError(`Can't recognize function name ${name}`)
}

interface PlainPartial {
  callee: Name
  bound: readonly (ServerValue | undefined)[]
}

/** The parts of `f{t}` or `f{t,,1}`, which binds only names and constants; undefined for other expressions. */
function plainPartial(node: Expression, frame: Frame): PlainPartial | undefined {
  if (node.kind !== 'partial' || node.callee.kind !== 'name') return undefined
  if (!node.args.every(isPlainArgument)) return undefined
  // For an unknown name, throws the same error as a script: `Syntax Error: [line #1] Cannot recognize the token …`.
  if (node.args.some(argument => isUnknown(argument.value, frame))) {
    checkNamesOf(node, frame.runtime)
  }
  const bound = node.args.map(({ value }) => {
    if (value === undefined) return undefined
    return value.kind === 'literal' ? shallowCopy(value.value) : valueOfName(value as Name, frame)
  })
  return { callee: node.callee, bound }
}

function isPlainArgument({ name, value }: Argument): boolean {
  if (name !== undefined) return false
  return value === undefined || value.kind === 'literal' || value.kind === 'name'
}

function isUnknown(node: Expression | undefined, { runtime, variables }: Frame): boolean {
  if (node?.kind !== 'name') return false
  return !variables.has(node.name) && !runtime.node.shared.has(node.name)
}

function* startAny(
  runtime: Runtime,
  node: Expression,
  frame: Frame,
  args: CallArguments,
): Evaluation<ServerValue> {
  if (node.kind === 'partial' && node.callee.kind === 'name') {
    functionOfName(runtime, node.callee)
  }
  checkNamesOf(node, runtime)
  const fn = yield* evaluate(node, frame)
  if (fn.form !== 'function') {
    const { source, start, end } = node.span
    throw unknownFunction(source.slice(start, end))
  }
  runtime.argumentNames = []
  const result = startCall(runtime, fn, args)
  return 'form' in result ? result : yield* result
}
