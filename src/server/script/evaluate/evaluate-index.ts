/*
  Evaluates `x[i]` for any x and i.
*/
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { startCall } from './call.js'
import { evaluate, immediate } from './evaluate.js'
import { type Frame, lookUp, valueOfName } from './frame.js'
import { indexValue, type IndexValue } from '../../elements/indexing.js'
import { integerOf } from '../../values/scalar.js'
import type { Expression, Index, Slice } from '../parse/syntax.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { vectorOfElements } from '../../values/vector-literal.js'

/** Evaluates `x[…]`: elements for a value x, a call for a function x, an array type such as `INT[]` for a type x. */
export function* evaluateIndex(node: Index, frame: Frame): Evaluation<ServerValue> {
  const target = targetNow(node.target, frame) ?? (yield* evaluate(node.target, frame))
  if (target.form === 'type' && node.indexes.length === 0) {
    return { form: 'type', column: { ...target.column, array: true } }
  }
  const indexes: IndexValue[] = []
  for (const index of node.indexes) indexes.push(yield* evaluateIndexValue(index, frame))
  if (target.form === 'function') {
    const result = startCall(frame.runtime, target, argumentsOf(target, indexes.map(asArgument)))
    return 'form' in result ? result : yield* result
  }
  const [only] = indexes
  if (indexes.length === 1 && only?.form === 'function') {
    const result = startCall(frame.runtime, only, [target])
    return indexValue(target, ['form' in result ? result : yield* result])
  }
  return indexValue(target, indexes)
}

/** The value of a name that the caller reads but does not keep; undefined for other nodes. */
function targetNow(node: Expression, frame: Frame): ServerValue | undefined {
  return node.kind === 'name' ? (lookUp(node, frame) ?? valueOfName(node, frame)) : undefined
}

/** The arguments of `(corr)[x, y]`. A function with one parameter gets all values as one vector: `uuid["…", "…"]`. */
function argumentsOf(fn: FunctionValue, values: readonly ServerValue[]): readonly ServerValue[] {
  const takesOne = fn.kind === 'builtin' && fn.builtin.maxArguments === 1
  return takesOne && values.length > 1 ? [vectorOfElements(values)] : values
}

function asArgument(index: IndexValue): ServerValue {
  if (index.form === 'slice') throw new ScriptError('A function can not be sliced.')
  return index
}

/** Evaluates the content of a bracket: a value, or the bounds of a slice. */
export function* evaluateIndexValue(
  node: Expression | Slice,
  frame: Frame,
): Evaluation<IndexValue> {
  if (node.kind !== 'slice') return immediate(node, frame) ?? (yield* evaluate(node, frame))
  const from = node.from && integerOf(yield* evaluate(node.from, frame))
  const to = node.to && integerOf(yield* evaluate(node.to, frame))
  return { form: 'slice', from, to }
}
