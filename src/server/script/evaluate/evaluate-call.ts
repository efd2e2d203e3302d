/*
  Runs `f(…)` and `f{…}`: finds the function, evaluates the arguments, and refuses to change read-only values. Most
  calls finish at once, without a generator.
*/
import { isDecimal, maxScale, type ColumnType } from '../../../protocol/data-type.js'
import { indexValue } from '../../elements/indexing.js'
import { notEmbedded, ScriptError } from '../../script-error.js'
import type { Evaluation, Suspension } from '../../values/builtin.js'
import { defaultWord } from '../../values/constants.js'
import { shallowCopy } from '../../values/ownership.js'
import { noKeywords, partialOf } from '../../values/partial-function.js'
import { integerOf, intScalar, longScalar } from '../../values/scalar.js'
import type { FunctionValue, PartialFunction, ServerValue } from '../../values/server-value.js'
import { syntaxError } from '../parse/lexer.js'
import type { Argument, Call, Expression } from '../parse/syntax.js'
import { startCall } from './call.js'
import { withSourceText } from './error-text.js'
import { evaluate } from './evaluate.js'
import { calleeOfName, lookUp, valueOfName, type Frame } from './frame.js'

interface Given {
  readonly positional: (ServerValue | undefined)[]
  readonly keywords: Map<string, ServerValue>
  /** The name of each positional argument (`x`, `t.x`, `1..3 as x`); undefined for an argument without a name. */
  readonly names: (string | undefined)[]
}

/**
 * @returns the value, or the evaluation to continue with
 * @throws {ScriptError} with the source text of this call, or of an inner call that failed
 */
export function beginCall(node: Call, frame: Frame): ServerValue | Evaluation<ServerValue> {
  const rowCount = rowCountOf(node, frame)
  if (rowCount !== undefined) return rowCount
  const callee = calleeNow(node.callee, frame)
  if (callee?.form !== 'function') return callAny(callee, node, frame)
  return callWith(callee, node, frame)
}

function callWith(
  callee: FunctionValue,
  node: Call,
  frame: Frame,
): ServerValue | Evaluation<ServerValue> {
  const { runtime } = frame
  try {
    const given: Given = { positional: [], keywords: new Map(), names: [] }
    for (let at = 0; at < node.args.length; at++) {
      const value = beginArgument(callee, node.args[at]!, given, frame)
      if (value !== undefined && !('form' in value)) {
        return finishCall(callee, given, at, value, node, frame)
      }
      take(given, node.args[at]!, value)
    }
    const result = callNow(callee, given, frame)
    if (!('form' in result)) return located(result, node)
    const pause = runtime.step()
    return pause === undefined ? result : after(pause, result, node)
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

function callNow(
  callee: FunctionValue,
  { positional, keywords, names }: Given,
  { runtime }: Frame,
): ServerValue | Evaluation<ServerValue> {
  runtime.argumentNames = names
  return startCall(runtime, callee, positional, keywords.size === 0 ? noKeywords : keywords)
}

/** Finishes a call. Argument `at` is the first argument whose evaluation needs a generator. */
function* finishCall(
  callee: FunctionValue,
  given: Given,
  at: number,
  pending: Evaluation<ServerValue>,
  node: Call,
  frame: Frame,
): Evaluation<ServerValue> {
  try {
    take(given, node.args[at]!, yield* pending)
    yield* takeAll(callee, node.args.slice(at + 1), given, frame)
    const begun = callNow(callee, given, frame)
    const result = 'form' in begun ? begun : yield* begun
    const pause = frame.runtime.step()
    if (pause !== undefined) yield pause
    return result
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

function* located(evaluation: Evaluation<ServerValue>, node: Call): Evaluation<ServerValue> {
  try {
    return yield* evaluation
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

/** Gives other sessions a turn, then returns the value of the finished call. */
function* after(pause: Suspension, result: ServerValue, node: Call): Evaluation<ServerValue> {
  try {
    yield pause
  } catch (error) {
    throw withSourceText(error, node.span)
  }
  return result
}

/** Evaluates a callee that need not be a function: `DECIMAL64(4)` makes a type, `d("a")` indexes a value. */
function* callAny(
  known: ServerValue | undefined,
  node: Call,
  frame: Frame,
): Evaluation<ServerValue> {
  const callee = known ?? (yield* evaluate(node.callee, frame))
  if (callee.form === 'function') {
    const begun = callWith(callee, node, frame)
    return 'form' in begun ? begun : yield* begun
  }
  const { positional } = yield* takeAll(undefined, node.args, noneGiven(), frame)
  const [first] = positional
  if (callee.form === 'type' && positional.length === 1) return typeWithScale(callee.column, first)
  if (first === undefined || positional.length !== 1) {
    throw withSourceText(new ScriptError('The object is not a function.'), node.span)
  }
  return indexValue(callee, [first])
}

/** Evaluates `f{…}` without calling `f`. @throws {ScriptError} if the callee is not a function */
export function* evaluatePartial(node: Call, frame: Frame): Evaluation<ServerValue> {
  const callee = calleeNow(node.callee, frame) ?? (yield* evaluate(node.callee, frame))
  if (callee.form !== 'function') {
    throw new ScriptError('Only a function can be applied partially.')
  }
  const { positional, keywords } = yield* takeAll(callee, node.args, noneGiven(), frame)
  return partialOf(callee, positional, keywords)
}

function typeWithScale(column: ColumnType, argument: ServerValue | undefined): ServerValue {
  const scale = integerOf(argument) ?? -1
  if (!isDecimal(column.type) || scale < 0 || scale > maxScale[column.type]) {
    throw new ScriptError(`The scale of ${column.type} is out of range.`)
  }
  return { form: 'type', column: { type: column.type, scale } }
}

function noneGiven(): Given {
  return { positional: [], keywords: new Map(), names: [] }
}

function* takeAll(
  fn: FunctionValue | undefined,
  nodes: readonly Argument[],
  given: Given,
  frame: Frame,
): Evaluation<Given> {
  for (const node of nodes) {
    const begun = beginArgument(fn, node, given, frame)
    take(given, node, begun === undefined || 'form' in begun ? begun : yield* begun)
  }
  return given
}

function take(given: Given, { name, value: node }: Argument, value: ServerValue | undefined): void {
  if (name !== undefined) {
    if (value !== undefined) given.keywords.set(name, value)
    return
  }
  given.positional.push(value)
  const isNamed = node?.kind === 'named' || node?.kind === 'name' || node?.kind === 'member'
  given.names.push(isNamed ? node.name : undefined)
}

/**
 * Evaluates one argument; undefined if omitted. User functions receive variables by reference. Built-ins receive
 * copies, because they may keep an argument in a table or dictionary. Only an argument that a built-in changes is
 * passed by reference.
 * @throws {ScriptError} if the function would change a read-only variable
 */
function beginArgument(
  fn: FunctionValue | undefined,
  { name, value: node }: Argument,
  { positional }: Given,
  frame: Frame,
): ServerValue | Evaluation<ServerValue> | undefined {
  if (node === undefined || (node.kind === 'name' && node.name === defaultWord)) return undefined
  if (node.kind === 'call') return beginCall(node, frame)
  if (node.kind !== 'literal' && node.kind !== 'name') return evaluate(node, frame)
  const changes =
    fn !== undefined &&
    (name === undefined ? changesArgument(fn, positional.length) : changesParameter(fn, name))
  if (node.kind === 'literal') return changes ? shallowCopy(node.value) : node.value
  if (!changes) {
    const value = valueOfName(node, frame)
    return fn?.kind === 'user' ? value : shallowCopy(value)
  }
  if (frame.readOnly.has(node.name) && frame.variables.has(node.name)) {
    throw new ScriptError(`Read only object can't be applied to mutable function ${fn.name}`)
  }
  return lookUp(node, frame) ?? valueOfName(node, frame)
}

/** The value of `count(*)`, which needs no column; undefined for any other call. */
function rowCountOf(node: Call, { columns }: Frame): ServerValue | undefined {
  if (columns === undefined || node.args.length !== 1) return undefined
  const only = node.args[0]!.value
  if (only?.kind !== 'name' || only.name !== '*') return undefined
  const { rows, countType } = columns
  return countType === 'LONG' ? longScalar(BigInt(rows)) : intScalar(rows)
}

/** The value of a callee that is a name, else undefined. An unknown name is a syntax error, as in the parser. */
function calleeNow(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind !== 'name') return undefined
  const callee = calleeOfName(node, frame) ?? lookUp(node, frame)
  if (callee !== undefined) return callee
  throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}${notEmbedded}`)
}

/** True if the function changes argument `index` of the call, not counting the arguments that `f{…}` has bound. */
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

function changesParameter(fn: FunctionValue, name: string): boolean {
  switch (fn.kind) {
    case 'builtin':
      return fn.builtin.mutatesFirst === true && fn.builtin.parameters[0] === name
    case 'user':
      return fn.definition.parameters.some(one => one.isMutable && one.name === name)
    case 'partial':
      return changesParameter(fn.target, name)
  }
}

/** Converts the position of an argument in the call to its position in the arguments of the target function. */
function openPosition({ bound }: PartialFunction, index: number): number {
  const open = bound.flatMap((value, position) => (value === undefined ? [position] : []))
  return open[index] ?? bound.length + index - open.length
}
