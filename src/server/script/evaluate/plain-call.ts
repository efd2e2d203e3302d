/*
  Calls whose arguments are constants, names and such calls: begun without a generator of their own.
*/
import type { Evaluation, Suspension } from '../../values/builtin.js'
import { defaultWord } from '../../values/constants.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import type { Call, Expression } from '../parse/syntax.js'
import { argumentNow, calleeNow, changesArgument, rowCountOf, nameOf } from './call-arguments.js'
import { startCall } from './call.js'
import { locate } from './error-text.js'
import { evaluate } from './evaluate.js'
import type { Frame } from './frame.js'

/**
 * Begins a call whose arguments are constants, names and such calls, without a generator of its own: most calls are
 * done at once.
 *
 * @returns the value, the evaluation to go on with, or undefined when the arguments take more than that
 * @throws {ScriptError} located
 */
export function startPlainCall(
  node: Call,
  frame: Frame,
): ServerValue | Evaluation<ServerValue> | undefined {
  if (!isPlainCall(node)) return undefined
  const rowCount = rowCountOf(node, frame)
  if (rowCount !== undefined) return rowCount
  const callee = calleeNow(node.callee, frame)
  if (callee?.form !== 'function') return undefined
  const { runtime } = frame
  try {
    const positional: (ServerValue | undefined)[] = []
    for (const { value: argument } of node.args) {
      const value = startArgument(callee, argument, positional.length, frame)
      if (value !== undefined && !('form' in value)) {
        return finishPlainCall(callee, positional, value, node, frame)
      }
      positional.push(value)
    }
    runtime.argumentNames = node.args.map(argument => nameOf(argument.value))
    const result = startCall(runtime, callee, positional)
    if (!('form' in result)) return located(result, node)
    const pause = runtime.step()
    return pause === undefined ? result : after(pause, result, node)
  } catch (error) {
    throw locate(error, node.span)
  }
}

const plainCalls = new WeakMap<Call, boolean>()

function isPlainCall(node: Call): boolean {
  const known = plainCalls.get(node)
  if (known !== undefined) return known
  const isPlain =
    node.callee.kind === 'name' &&
    node.args.every(
      ({ name, value }) =>
        name === undefined &&
        (value === undefined ||
          value.kind === 'literal' ||
          value.kind === 'name' ||
          (value.kind === 'call' && isPlainCall(value))),
    )
  plainCalls.set(node, isPlain)
  return isPlain
}

/** One argument of a plain call; undefined when it is left open. */
function startArgument(
  callee: FunctionValue,
  node: Expression | undefined,
  index: number,
  frame: Frame,
): ServerValue | Evaluation<ServerValue> | undefined {
  if (node === undefined || (node.kind === 'name' && node.name === defaultWord)) return undefined
  const changes = changesArgument(callee, index)
  const value = argumentNow(callee, node, frame, changes)
  if (value !== undefined) return value
  return (node.kind === 'call' ? startPlainCall(node, frame) : undefined) ?? evaluate(node, frame)
}

/** Goes on with a plain call at an argument that has to wait. */
function* finishPlainCall(
  callee: FunctionValue,
  before: readonly (ServerValue | undefined)[],
  pending: Evaluation<ServerValue>,
  node: Call,
  frame: Frame,
): Evaluation<ServerValue> {
  const { runtime } = frame
  try {
    const positional = [...before, yield* pending]
    for (const { value: argument } of node.args.slice(positional.length)) {
      const value = startArgument(callee, argument, positional.length, frame)
      positional.push(value === undefined || 'form' in value ? value : yield* value)
    }
    runtime.argumentNames = node.args.map(argument => nameOf(argument.value))
    const begun = startCall(runtime, callee, positional)
    return 'form' in begun ? begun : yield* begun
  } catch (error) {
    throw locate(error, node.span)
  }
}

function* located(evaluation: Evaluation<ServerValue>, node: Call): Evaluation<ServerValue> {
  try {
    return yield* evaluation
  } catch (error) {
    throw locate(error, node.span)
  }
}

/** The value of a call that is done, once the others had their turn. */
function* after(pause: Suspension, result: ServerValue, node: Call): Evaluation<ServerValue> {
  try {
    yield pause
  } catch (error) {
    throw locate(error, node.span)
  }
  return result
}
