/*
  Runs `x = v` and related statements. Assignment copies: after `x = y`, changes of x do not affect y (manual,
  "Assignment"). `&x = y` makes both names refer to one value.
*/
import { elementAt } from '../../../protocol/element.js'
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { sourceText } from './error-text.js'
import { begin, evaluate } from './evaluate.js'
import { evaluateIndexValue } from './evaluate-index.js'
import { itemsOf, indexValue, type IndexValue } from '../../elements/indexing.js'
import { type Frame, lookUp } from './frame.js'
import type { BinaryOperator } from '../../operators/operator-names.js'
import { applyBinary } from '../../operators/operators.js'
import { isPlain, overwrite, shallowCopy } from '../../values/ownership.js'
import type { Assignment, Expression, Index, Name } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'
import { assignElements } from '../../elements/assign-elements.js'

/** @throws {ScriptError} for unknown names, too few or too many values, and invalid indexes */
export function* executeAssignment(node: Assignment, frame: Frame): Evaluation<void> {
  const [target] = node.targets
  const [source] = node.values
  if (node.targets.length > 1 || target === undefined || source === undefined) {
    yield* assignSeveral(node, frame)
    return
  }
  if (node.values.length > 1) throw new ScriptError('One variable can not take several values.')
  const begun = begin(source, frame)
  const value = 'form' in begun ? begun : yield* begun
  if (target.kind === 'index') {
    yield* assignToIndex(target, node, value, frame)
  } else if (node.operator !== undefined) {
    changeVariable(target, node.operator, value, frame)
  } else {
    const kept = node.isReference ? value : copyFrom(source, value)
    frame.variables.set(target.name, kept)
    const { runtime } = frame
    if (node.isConstant && frame.variables === runtime.session.variables) {
      runtime.constants.add(target.name)
    }
  }
}

/** Runs `x += v` and similar statements. */
function changeVariable(
  target: Name,
  operator: BinaryOperator,
  value: ServerValue,
  frame: Frame,
): void {
  const old = lookUp(target, frame)
  if (old === undefined) throw new ScriptError(`Can't find the object with name ${target.name}`)
  const changed = applyBinary(operator, old, value)
  const reaches = frame.mutable.has(target.name) && isPlain(old) && isPlain(changed)
  if (reaches) overwrite(old, changed)
  else frame.variables.set(target.name, changed)
}

/** Copies the entries of a dictionary only if it comes from a variable; a new dictionary needs no copy. */
function copyFrom(source: Expression, value: ServerValue): ServerValue {
  if (value.form === 'serverDictionary' && source.kind === 'name') {
    return { ...value, entries: new Map(value.entries) }
  }
  return shallowCopy(value)
}

function* assignSeveral(node: Assignment, frame: Frame): Evaluation<void> {
  const values: ServerValue[] = []
  for (const source of node.values) values.push(yield* evaluate(source, frame))
  const [only] = values
  const parts =
    values.length === 1 && only !== undefined ? partsFor(only, node.targets.length) : values
  if (parts.length !== node.targets.length) {
    throw new ScriptError('The number of variables must match the number of values.')
  }
  node.targets.forEach((target, index) => {
    if (target.kind !== 'name') return
    frame.variables.set(target.name, shallowCopy(parts[index]!))
  })
}

/** Divides one value among `count` variables. Each variable gets one element; a scalar goes to all of them. */
function partsFor(value: ServerValue, count: number): readonly ServerValue[] {
  if (value.form === 'scalar') return new Array<ServerValue>(count).fill(value)
  if (value.form === 'pair') return [0, 1].map(i => elementAt(value.elements, i) as ServerValue)
  return [...itemsOf(value)]
}

function* assignToIndex(
  target: Index,
  node: Assignment,
  value: ServerValue,
  frame: Frame,
): Evaluation<void> {
  const owner = target.target
  const variable = owner.kind === 'name' ? lookUp(owner, frame) : undefined
  if (owner.kind !== 'name' || variable === undefined) {
    throw new ScriptError('Only elements of a variable can be assigned.')
  }
  const indexes: IndexValue[] = []
  for (const index of target.indexes) indexes.push(yield* evaluateIndexValue(index, frame))
  const changed =
    node.operator === undefined
      ? value
      : applyBinary(node.operator, indexValue(variable, indexes), value)
  if (!assignElements(variable, indexes, changed)) {
    throw new ScriptError(
      `Assignment statement failed probably due to invalid indices [${sourceText(node.span)}]`,
    )
  }
}
