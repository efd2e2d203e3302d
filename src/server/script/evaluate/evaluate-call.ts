/*
  `f(…)` and `f{…}`: finding the function, evaluating the arguments, refusing to change what is read-only.
*/
import { isDecimal, maxScale, type ColumnType } from '../../../protocol/data-type.js'
import type { Evaluation, Suspension } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { startCall } from './call.js'
import { partialOf, type CallArguments } from '../../values/partial-function.js'
import { defaultWord } from '../../values/constants.js'
import { locate } from './error-text.js'
import { evaluate } from './evaluate.js'
import type { Frame } from './frame.js'
import { indexValue } from '../../elements/indexing.js'
import { syntaxError } from '../parse/lexer.js'
import { calleeOfName, lookUp, valueOfName } from './names.js'
import { shallowCopy } from '../../values/ownership.js'
import { rowsOf } from '../../values/pieces.js'
import type { Runtime } from '../session/runtime.js'
import { integerOf, intScalar } from '../../values/scalar.js'
import type { Argument, Call, Expression, Partial } from '../parse/syntax.js'
import type { FunctionValue, PartialFunction, ServerValue } from '../../values/server-value.js'

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
  if (isRowCount(node, frame)) return intScalar(frame.columns?.rows ?? 0)
  const callee = calleeNow(node.callee, frame)
  if (callee?.form !== 'function') return undefined
  const { runtime } = frame
  const { mark } = runtime.memory
  try {
    const positional: (ServerValue | undefined)[] = []
    for (const { value: argument } of node.args) {
      const value = startArgument(callee, argument, positional.length, frame)
      if (value !== undefined && !('form' in value)) {
        return finishPlainCall(callee, positional, value, node, frame, mark)
      }
      positional.push(value)
    }
    runtime.argumentNames = node.args.map(argument => nameOf(argument.value))
    const result = startCall(runtime, callee, positional)
    if (!('form' in result)) return located(result, callee, node, frame, mark)
    settleCall(callee, node, result, runtime, mark)
    const pause = runtime.step(rowsOf(result))
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

/** What a function gives that changes its first argument is that argument, which a variable's weight holds already. */
function settleCall(
  fn: FunctionValue,
  node: Call,
  result: ServerValue,
  { memory }: Runtime,
  mark: number,
): void {
  const isVariable = node.args[0]?.value?.kind === 'name' && changesArgument(fn, 0)
  if (isVariable) memory.release(mark)
  else memory.settle(mark, result)
}

/** Goes on with a plain call at an argument that has to wait. */
function* finishPlainCall(
  callee: FunctionValue,
  before: readonly (ServerValue | undefined)[],
  pending: Evaluation<ServerValue>,
  node: Call,
  frame: Frame,
  mark: number,
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
    const result = 'form' in begun ? begun : yield* begun
    settleCall(callee, node, result, runtime, mark)
    return result
  } catch (error) {
    throw locate(error, node.span)
  }
}

function* located(
  evaluation: Evaluation<ServerValue>,
  callee: FunctionValue,
  node: Call,
  { runtime }: Frame,
  mark: number,
): Evaluation<ServerValue> {
  try {
    const result = yield* evaluation
    settleCall(callee, node, result, runtime, mark)
    return result
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

/** @throws {ScriptError} located at the call, unless a call inside it was at fault */
export function* evaluateCall(node: Call, frame: Frame): Evaluation<ServerValue> {
  const { runtime } = frame
  const { mark } = runtime.memory
  if (isRowCount(node, frame)) return intScalar(frame.columns?.rows ?? 0)
  const callee = calleeNow(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') {
    const value = yield* applyValue(callee, node, frame)
    runtime.memory.settle(mark, value)
    return value
  }
  try {
    const { positional, keywords, names } = yield* evaluateArguments(callee, node.args, frame)
    runtime.argumentNames = names
    const begun = startCall(runtime, callee, positional, keywords)
    const result = 'form' in begun ? begun : yield* begun
    settleCall(callee, node, result, runtime, mark)
    const pause = runtime.step(rowsOf(result))
    if (pause !== undefined) yield pause
    return result
  } catch (error) {
    throw locate(error, node.span)
  }
}

/** `count(*)` needs no column. */
function isRowCount(node: Call, frame: Frame): boolean {
  const [only] = node.args
  return (
    frame.columns !== undefined &&
    node.args.length === 1 &&
    only?.value?.kind === 'name' &&
    only.value.name === '*'
  )
}

/**
 * Arguments are evaluated now, the function is called later.
 * @throws {ScriptError} for a callee that is no function
 */
export function* evaluatePartial(node: Partial, frame: Frame): Evaluation<ServerValue> {
  const callee = calleeNow(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') {
    throw new ScriptError('Only a function can be applied partially.')
  }
  const { positional, keywords } = yield* evaluateArguments(callee, node.args, frame)
  return partialOf(callee, positional, keywords)
}

/** The callee when it is a name; an unknown name is a syntax error, as the parser would have made it. */
function calleeNow(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind !== 'name') return undefined
  const callee = calleeOfName(node, frame) ?? lookUp(node, frame)
  if (callee === undefined) {
    throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}`)
  }
  return callee
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

const noKeywords: ReadonlyMap<string, ServerValue> = new Map()

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
    const changes = fn !== undefined && name === undefined && changesArgument(fn, positional.length)
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

/**
 * The value of a constant or a name as an argument. User functions take variables by reference. Built-ins may keep
 * what they get, in a table or a dictionary, so they get an object of its own, but for the one they are to change.
 */
function argumentNow(
  fn: FunctionValue | undefined,
  node: Expression,
  frame: Frame,
  changes: boolean,
): ServerValue | undefined {
  if (node.kind === 'literal') return changes ? shallowCopy(node.value) : node.value
  if (node.kind !== 'name') return undefined
  if (!changes) {
    const value = valueOfName(node, frame)
    return fn?.kind === 'user' ? value : shallowCopy(value)
  }
  if (frame.readOnly.has(node.name) && frame.variables.has(node.name)) {
    throw new ScriptError(`Read only object can't be applied to mutable function ${fn?.name ?? ''}`)
  }
  return lookUp(node, frame) ?? valueOfName(node, frame)
}

function nameOf(node: Expression | undefined): string | undefined {
  if (node?.kind === 'named' || node?.kind === 'name' || node?.kind === 'member') return node.name
  return undefined
}

/** True when the function changes the argument that stands `index`-th behind those that are bound. */
function changesArgument(fn: FunctionValue, index: number): boolean {
  switch (fn.kind) {
    case 'builtin':
      return index === 0 && fn.builtin.mutatesFirst === true
    case 'user':
      return fn.definition.parameters[index]?.isMutable === true
    case 'partial':
      return changesArgument(fn.target, openPosition(fn, index))
  }
}

/** Where the `index`-th argument of a partial application goes. */
function openPosition(fn: PartialFunction, index: number): number {
  let open = -1
  for (let position = 0; position < fn.bound.length; position++) {
    if (fn.bound[position] === undefined && ++open === index) return position
  }
  return fn.bound.length + index - open - 1
}
