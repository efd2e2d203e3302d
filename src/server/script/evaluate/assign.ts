/*
  `x = v` and all its relatives. Assignment is by value: afterwards both names can be changed without the other
  (manual, "Assignment"); `&x = y` shares one value.
*/
import { elementAt } from '../../../protocol/element.js'
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { assignCounted } from './assign-counted.js'
import { sourceText } from './error-text.js'
import { begin, evaluate } from './evaluate.js'
import { evaluateIndexValue } from './evaluate-index.js'
import { itemsOf } from '../../elements/items.js'
import type { Frame } from './frame.js'
import { indexValue, resolveSlice, type IndexValue } from '../../elements/indexing.js'
import { lookUp } from './names.js'
import { operate } from '../../operators/operate.js'
import { growsSlowly, ownInPieces } from '../../elements/append-elements.js'
import { isPlain, overwrite, ownsArray, shallowCopy } from '../../values/ownership.js'
import { scalarAt } from '../../operators/operands/pairing.js'
import { checkCount, elementCount } from '../../values/pieces.js'
import type { Assignment, BinaryOperator, Expression, Index, Name } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'
import { weigh } from '../../values/weigh.js'

/**
 * @throws {ScriptError} for names that do not exist, values that are too many or too few, indexes that lead nowhere
 */
export function* executeAssignment(node: Assignment, frame: Frame): Evaluation<void> {
  const [target] = node.targets
  const [source] = node.values
  if (node.targets.length > 1 || target === undefined || source === undefined) {
    yield* assignSeveral(node, frame)
    return
  }
  if (node.values.length > 1) throw new ScriptError('One variable can not take several values.')
  const { mark } = frame.runtime.memory
  const begun = begin(source, frame)
  const value = 'form' in begun ? begun : yield* begun
  if (target.kind === 'index') {
    yield* assignToIndex(target, node, value, frame)
  } else if (target.kind === 'name' && node.operator !== undefined) {
    yield* changeVariable(target, node.operator, value, frame, mark)
  } else if (target.kind === 'name') {
    const kept = node.isReference ? value : copyFrom(source, value)
    setVariable(frame, target.name, kept, mark)
    const { runtime } = frame
    if (node.isConstant && frame.variables === runtime.session.variables) {
      runtime.constants.add(target.name)
    }
  }
}

/** The value was one of those that are worked with; from here on the variable has it. */
function setVariable(frame: Frame, name: string, value: ServerValue, mark: number): void {
  const { memory } = frame.runtime
  memory.release(mark)
  frame.weights.replace(name, value, memory)
  frame.variables.set(name, value)
}

/** `x += v`. */
function* changeVariable(
  target: Name,
  operator: BinaryOperator,
  value: ServerValue,
  frame: Frame,
  mark: number,
): Evaluation<void> {
  const { runtime } = frame
  const old = lookUp(target, frame)
  if (old === undefined) throw new ScriptError(`Can't find the object with name ${target.name}`)
  const begun = operate(runtime, operator, old, value)
  const changed = 'form' in begun ? begun : yield* begun
  const reaches = frame.mutable.has(target.name) && isPlain(old) && isPlain(changed)
  if (!reaches) return setVariable(frame, target.name, changed, mark)
  const { memory } = runtime
  memory.keep(weigh(changed, memory.room) - weigh(old, memory.room))
  overwrite(old, changed)
}

/** A dictionary is copied when it comes from a variable; one just made by a function needs no copy. */
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
  const { mark } = frame.runtime.memory
  node.targets.forEach((target, index) => {
    if (target.kind !== 'name') return
    setVariable(frame, target.name, shallowCopy(parts[index]!), mark)
  })
}

/** One value for several variables: its parts, or the same scalar for all. */
function partsFor(value: ServerValue, count: number): readonly ServerValue[] {
  if (value.form === 'scalar') return new Array<ServerValue>(count).fill(value)
  if (value.form === 'pair') return [0, 1].map(i => elementAt(value.elements, i) as ServerValue)
  return [...itemsOf(value)]
}

/** @throws {ScriptError} when more elements change than can change at once */
function checkReach(
  variable: ServerValue,
  indexes: readonly IndexValue[],
  value: ServerValue,
): void {
  if (variable.form === 'serverDictionary' || variable.form === 'serverTable') return
  const columns = variable.form === 'matrix' && indexes.length === 1 ? variable.rows : 1
  const reached = indexes.reduce((product, index) => product * reachOf(variable, index), columns)
  if (reached > 1) checkCount('[]=', reached + elementCount(value))
}

/** How many elements an index leads to at most. */
function reachOf(variable: ServerValue, index: IndexValue): number {
  switch (index.form) {
    case 'slice': {
      const { from, to } = resolveSlice(index, elementCount(variable))
      return to - from
    }
    case 'pair': {
      const [from, to] = [0, 1].map(at => Number(scalarAt(index.elements, at).value))
      return Math.min(elementCount(variable), Math.abs(to! - from!))
    }
    case 'scalar':
      return index.type === 'BOOL' ? elementCount(variable) : 1
    default:
      return elementCount(index)
  }
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
  const { runtime } = frame
  const begun =
    node.operator === undefined
      ? value
      : operate(runtime, node.operator, indexValue(variable, indexes), value)
  const changed = 'form' in begun ? begun : yield* begun
  checkReach(variable, indexes, changed)
  if (variable.form === 'vector' && growsSlowly(variable, 0) && !ownsArray(variable)) {
    yield* ownInPieces(runtime, variable, variable.length)
  }
  if (!assignCounted(runtime.memory, variable, indexes, changed)) {
    throw new ScriptError(
      `Assignment statement failed probably due to invalid indices [${sourceText(node.span)}]`,
    )
  }
}
