/*
  Evaluates expressions. Evaluations are generators, because calls may wait; constants and names need no generator.
*/
import { makeDictionary, memberOf } from '../../elements/dictionary.js'
import { type IndexValue, indexValue } from '../../elements/indexing.js'
import { applyBinary, applyUnary, choose } from '../../operators/operators.js'
import { ScriptError } from '../../script-error.js'
import {
  type Evaluation,
  type FunctionValue,
  type ServerValue,
  shallowCopy,
} from '../../values/server-value.js'
import { integerOf, isTrue, voidValue } from '../../values/scalar.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import type {
  Binary,
  Delete,
  DictionaryLiteral,
  Expression,
  Index,
  Insert,
  Lambda,
  Member,
  Select,
  Slice,
  Ternary,
  Update,
} from '../parse/syntax.js'
import { executeDelete, executeInsert, executeUpdate } from '../sql/sql-scope.js'
import { evaluateSelect } from '../sql/sql-select.js'
import { callFunction, evaluateCall, evaluatePartial } from './call.js'
import { withSourceText } from './error-text.js'
import { type Frame, valueOfName } from './frame.js'

/** The value of a constant or name, which needs no evaluation; undefined for all other nodes. */
export function immediate(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind === 'literal') return node.value
  return node.kind === 'name' ? valueOfName(node, frame) : undefined
}

/** Throws errors without a source text. The caller, which knows the statement or call, adds the text. */
export function* evaluate(node: Expression, frame: Frame): Evaluation<ServerValue> {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'name':
      return valueOfName(node, frame)
    case 'call':
      return yield* evaluateCall(node, frame)
    case 'partial':
      return yield* evaluatePartial(node, frame)
    case 'named':
      return yield* evaluate(node.expression, frame)
    case 'member':
      return memberOfScope(node, frame) ?? memberOf(yield* evaluate(node.target, frame), node.name)
    case 'binary':
      return yield* evaluateChain(node, frame)
    case 'unary':
      return applyUnary(node.operator, yield* evaluate(node.operand, frame))
    case 'index':
      return yield* evaluateIndex(node, frame)
    case 'vector':
      return vectorOfElements(yield* evaluateList(node.elements, frame))
    case 'tuple':
      return tupleOf(yield* evaluateList(node.elements, frame))
    case 'dictionary':
      return yield* evaluateDictionary(node, frame)
    case 'ternary':
      return yield* evaluateTernary(node, frame)
    case 'lambda':
      return closure(node, frame)
    case 'select':
    case 'insert':
    case 'update':
    case 'delete':
      return yield* evaluateSql(node, frame)
  }
}

/** `a+b+c+…` from left to right, in a loop, because recursion could exhaust the stack. */
function* evaluateChain(node: Binary, frame: Frame): Evaluation<ServerValue> {
  const links = [node]
  for (let left = node.left; left.kind === 'binary'; left = left.left) links.push(left)
  const first = links.at(-1)!.left
  let value = immediate(first, frame) ?? (yield* evaluate(first, frame))
  for (let link = links.pop(); link !== undefined; link = links.pop()) {
    const right = immediate(link.right, frame) ?? (yield* evaluate(link.right, frame))
    value = applyBinary(link.operator, value, right)
  }
  return value
}

/** The column `t.col`, limited to the rows of the SQL statement that reads `t`; undefined for other nodes. */
function memberOfScope(node: Member, { columns }: Frame): ServerValue | undefined {
  const { target, name } = node
  const isSource = target.kind === 'name' && target.name === columns?.tableName
  return isSource ? columns.lookup(name) : undefined
}

function* evaluateSql(
  node: Select | Insert | Update | Delete,
  frame: Frame,
): Evaluation<ServerValue> {
  try {
    if (node.kind === 'select') return yield* evaluateSelect(node, frame)
    if (node.kind === 'insert') yield* executeInsert(node, frame)
    else if (node.kind === 'update') yield* executeUpdate(node, frame)
    else yield* executeDelete(node, frame)
    return voidValue
  } catch (error) {
    throw withSourceText(error, node.span)
  }
}

/** Evaluates a list. Copies values of variables, so that later changes of a variable do not affect the list. */
function* evaluateList(nodes: readonly Expression[], frame: Frame): Evaluation<ServerValue[]> {
  const values: ServerValue[] = []
  for (const node of nodes) {
    const value = immediate(node, frame) ?? (yield* evaluate(node, frame))
    values.push(node.kind === 'name' ? shallowCopy(value) : value)
  }
  return values
}

function* evaluateDictionary(node: DictionaryLiteral, frame: Frame): Evaluation<ServerValue> {
  const keyNodes = node.entries.map(entry => entry.key)
  const keys = yield* evaluateList(keyNodes, frame)
  const valueNodes = node.entries.map(entry => entry.value)
  return makeDictionary(keys, yield* evaluateList(valueNodes, frame))
}

/** If the condition is a scalar, evaluates only one branch; if it is a vector, chooses element by element. */
function* evaluateTernary(node: Ternary, frame: Frame): Evaluation<ServerValue> {
  const condition = yield* evaluate(node.condition, frame)
  if (condition.form === 'scalar') {
    return yield* evaluate(isTrue(condition) ? node.whenTrue : node.whenFalse, frame)
  }
  const whenTrue = yield* evaluate(node.whenTrue, frame)
  return choose(condition, whenTrue, yield* evaluate(node.whenFalse, frame))
}

/** Makes the function of a lambda. Outer variables that the body uses become leading bound arguments. */
function closure(node: Lambda, frame: Frame): ServerValue {
  const { captures, definition } = node
  const { viewOwner } = frame.runtime.session
  const fn = {
    form: 'function',
    kind: 'user',
    name: '',
    definition,
    ...(viewOwner === undefined ? {} : { viewOwner }),
  } as const
  if (captures.length === 0) return fn
  const bound = captures.map(name => {
    const value = frame.variables.get(name)
    if (value === undefined) throw new ScriptError(`Can't find the object with name ${name}`)
    return shallowCopy(value)
  })
  return { form: 'function', kind: 'partial', name: '', target: fn, bound, keywords: new Map() }
}

/** Evaluates `x[…]`: elements for a value x, a call for a function x, an array type such as `INT[]` for a type x. */
function* evaluateIndex(node: Index, frame: Frame): Evaluation<ServerValue> {
  const target = immediate(node.target, frame) ?? (yield* evaluate(node.target, frame))
  if (target.form === 'type' && node.indexes.length === 0) {
    return { form: 'type', column: { ...target.column, array: true } }
  }
  const indexes = yield* evaluateIndexes(node.indexes, frame)
  if (target.form === 'function') {
    return yield* callFunction(frame.runtime, target, argumentsOf(target, indexes.map(asArgument)))
  }
  const [only] = indexes
  if (indexes.length === 1 && only?.form === 'function') {
    return indexValue(target, [yield* callFunction(frame.runtime, only, [target])])
  }
  return indexValue(target, indexes)
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

/** Evaluates the content of a bracket: values, or the bounds of slices. */
export function* evaluateIndexes(
  nodes: readonly (Expression | Slice)[],
  frame: Frame,
): Evaluation<IndexValue[]> {
  const indexes: IndexValue[] = []
  for (const node of nodes) {
    if (node.kind === 'slice') {
      const from = node.from && integerOf(yield* evaluate(node.from, frame))
      const to = node.to && integerOf(yield* evaluate(node.to, frame))
      indexes.push({ form: 'slice', from, to })
    } else indexes.push(immediate(node, frame) ?? (yield* evaluate(node, frame)))
  }
  return indexes
}
