/*
  `f(…)` and `f{…}`: finding the function, evaluating the arguments, refusing to change what is read-only.
*/
import { isDecimal, maxScale, type ColumnType } from '../../../protocol/data-type.js'
import { indexValue } from '../../elements/indexing.js'
import { ScriptError } from '../../script-error.js'
import type { Evaluation } from '../../values/builtin.js'
import { defaultWord } from '../../values/constants.js'
import { noKeywords, partialOf, type CallArguments } from '../../values/partial-function.js'
import { integerOf } from '../../values/scalar.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import type { Argument, Call, Partial } from '../parse/syntax.js'
import {
  argumentNow,
  calleeNow,
  changesArgument,
  changesParameter,
  rowCountOf,
  nameOf,
} from './call-arguments.js'
import { startCall } from './call.js'
import { locate } from './error-text.js'
import { evaluate } from './evaluate.js'
import type { Frame } from './frame.js'

/** @throws {ScriptError} located at the call, unless a call inside it was at fault */
export function* evaluateCall(node: Call, frame: Frame): Evaluation<ServerValue> {
  const { runtime } = frame
  const rowCount = rowCountOf(node, frame)
  if (rowCount !== undefined) return rowCount
  const callee = calleeNow(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') {
    return yield* applyValue(callee, node, frame)
  }
  try {
    const { positional, keywords, names } = yield* evaluateArguments(callee, node.args, frame)
    runtime.argumentNames = names
    const begun = startCall(runtime, callee, positional, keywords)
    const result = 'form' in begun ? begun : yield* begun
    const pause = runtime.step()
    if (pause !== undefined) yield pause
    return result
  } catch (error) {
    throw locate(error, node.span)
  }
}

/**
 * Arguments are evaluated now, the function is called later.
 * @throws {ScriptError} for a callee that is not a function
 */
export function* evaluatePartial(node: Partial, frame: Frame): Evaluation<ServerValue> {
  const callee = calleeNow(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') {
    throw new ScriptError('Only a function can be applied partially.')
  }
  const { positional, keywords } = yield* evaluateArguments(callee, node.args, frame)
  return partialOf(callee, positional, keywords)
}

/** `DECIMAL64(4)` is a type; any other value in front of brackets is indexed (`d("a")`). */
function* applyValue(callee: ServerValue, node: Call, frame: Frame): Evaluation<ServerValue> {
  const { positional } = yield* evaluateArguments(undefined, node.args, frame)
  const [first] = positional
  if (callee.form === 'type' && positional.length === 1) return typeWithScale(callee.column, first)
  if (first === undefined || positional.length !== 1) {
    throw locate(new ScriptError('The object is not a function.'), node.span)
  }
  return indexValue(callee, [first])
}

function typeWithScale(column: ColumnType, argument: ServerValue | undefined): ServerValue {
  const scale = integerOf(argument)
  if (
    !isDecimal(column.type) ||
    scale === undefined ||
    scale < 0 ||
    scale > maxScale[column.type]
  ) {
    throw new ScriptError(`The scale of ${column.type} is out of range.`)
  }
  return { form: 'type', column: { type: column.type, scale } }
}

interface EvaluatedArguments {
  positional: CallArguments
  keywords: ReadonlyMap<string, ServerValue>
  /** What each positional argument was called where it stands. */
  names: readonly (string | undefined)[]
}

/** @throws {ScriptError} when the function would change a read-only variable */
function* evaluateArguments(
  fn: FunctionValue | undefined,
  nodes: readonly Argument[],
  frame: Frame,
): Evaluation<EvaluatedArguments> {
  const positional: (ServerValue | undefined)[] = []
  const names: (string | undefined)[] = []
  let keywords: Map<string, ServerValue> | undefined
  for (const { name, value: node } of nodes) {
    const isLeftOut = node === undefined || (node.kind === 'name' && node.name === defaultWord)
    const changes =
      fn !== undefined &&
      (name === undefined ? changesArgument(fn, positional.length) : changesParameter(fn, name))
    const value = isLeftOut
      ? undefined
      : (argumentNow(fn, node, frame, changes) ?? (yield* evaluate(node, frame)))
    if (name === undefined) {
      positional.push(value)
      names.push(nameOf(node))
    } else if (value !== undefined) {
      keywords ??= new Map()
      keywords.set(name, value)
    }
  }
  return { positional, keywords: keywords ?? noKeywords, names }
}
