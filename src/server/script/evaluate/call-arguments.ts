/*
  What a call is made of before anything is evaluated: its function, arguments that are names or constants, and which
  of them the function changes.
*/
import { notEmbedded, ScriptError } from '../../script-error.js'
import { intScalar, longScalar } from '../../values/scalar.js'
import { shallowCopy } from '../../values/ownership.js'
import type { FunctionValue, PartialFunction, ServerValue } from '../../values/server-value.js'
import { syntaxError } from '../parse/lexer.js'
import type { Call, Expression } from '../parse/syntax.js'
import { type Frame, calleeOfName, lookUp, valueOfName } from './frame.js'

/** The value of `count(*)`, which needs no column; undefined for other calls. */
export function rowCountOf(node: Call, { columns }: Frame): ServerValue | undefined {
  if (columns === undefined || node.args.length !== 1) return undefined
  const only = node.args[0]!.value
  if (only?.kind !== 'name' || only.name !== '*') return undefined
  const { rows, countType } = columns
  return countType === 'LONG' ? longScalar(BigInt(rows)) : intScalar(rows)
}

/** The callee when it is a name; an unknown name is a syntax error, as the parser would have made it. */
export function calleeNow(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind !== 'name') return undefined
  const callee = calleeOfName(node, frame) ?? lookUp(node, frame)
  if (callee === undefined) {
    throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}${notEmbedded}`)
  }
  return callee
}

/**
 * The value of a constant or a name as an argument. User functions take variables by reference. Built-ins may keep
 * what they get, in a table or a dictionary, so they get an object of its own, but for the one they are to change.
 */
export function argumentNow(
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

/** What an argument is called where it stands; undefined where it is not a name. */
export function nameOf(node: Expression | undefined): string | undefined {
  if (node?.kind === 'named' || node?.kind === 'name' || node?.kind === 'member') return node.name
  return undefined
}

/** True when the function changes the argument that stands `index`-th behind those that are bound. */
export function changesArgument(fn: FunctionValue, index: number): boolean {
  switch (fn.kind) {
    case 'builtin':
      return index === 0 && fn.builtin.mutatesFirst === true
    case 'user':
      return fn.definition.parameters[index]?.isMutable === true
    case 'partial':
      return changesArgument(fn.target, openPosition(fn, index))
  }
}

/** True when the function changes what it is given by this name. */
export function changesParameter(fn: FunctionValue, name: string): boolean {
  switch (fn.kind) {
    case 'builtin':
      return fn.builtin.mutatesFirst === true && fn.builtin.parameters[0] === name
    case 'user':
      return fn.definition.parameters.some(one => one.isMutable && one.name === name)
    case 'partial':
      return changesParameter(fn.target, name)
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
