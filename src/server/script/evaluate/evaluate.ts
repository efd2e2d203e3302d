/*
  Evaluates expressions. Evaluations are generators, because calls may wait; constants and names need no generator.
*/
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { beginCall, evaluatePartial } from './evaluate-call.js'
import { makeDictionary, memberOf } from '../../elements/dictionary.js'
import { withSourceText } from './error-text.js'
import { type Frame, valueOfName } from './frame.js'
import { evaluateIndex } from './evaluate-index.js'
import { applyBinary, applyUnary, choose } from '../../operators/operators.js'
import { shallowCopy } from '../../values/ownership.js'
import { isTrue, voidValue } from '../../values/scalar.js'
import { evaluateSelect } from '../sql/sql-select.js'
import { executeDelete, executeInsert, executeUpdate } from '../sql/sql-change.js'
import type {
  Binary,
  DictionaryLiteral,
  Expression,
  Lambda,
  Member,
  Ternary,
} from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'

/** The value of a constant or name, which needs no evaluation; undefined for all other nodes. */
export function immediate(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind === 'literal') return node.value
  return node.kind === 'name' ? valueOfName(node, frame) : undefined
}

/** Begins an evaluation. Most return their value at once, because a generator would cost more than the evaluation. */
export function begin(node: Expression, frame: Frame): ServerValue | Evaluation<ServerValue> {
  return node.kind === 'call'
    ? beginCall(node, frame)
    : (immediate(node, frame) ?? evaluate(node, frame))
}

/** Throws errors without a source text. The caller, which knows the statement or call, adds the text. */
export function* evaluate(node: Expression, frame: Frame): Evaluation<ServerValue> {
  if (node.kind === 'literal') return node.value
  if (node.kind === 'name') return valueOfName(node, frame)
  let value: ServerValue
  switch (node.kind) {
    case 'binary': {
      const left =
        node.left.kind === 'binary' ? evaluateChain(node.left, frame) : begin(node.left, frame)
      const leftValue = 'form' in left ? left : yield* left
      const right = begin(node.right, frame)
      const rightValue = 'form' in right ? right : yield* right
      value = applyBinary(node.operator, leftValue, rightValue)
      break
    }
    case 'unary':
      value = applyUnary(node.operator, yield* evaluate(node.operand, frame))
      break
    case 'call': {
      const begun = beginCall(node, frame)
      return 'form' in begun ? begun : yield* begun
    }
    case 'partial':
      value = yield* evaluatePartial(node, frame)
      break
    case 'index':
      value = yield* evaluateIndex(node, frame)
      break
    case 'member':
      return memberOfScope(node, frame) ?? memberOf(yield* evaluate(node.target, frame), node.name)
    case 'vector':
      value = vectorOfElements(yield* evaluateList(node.elements, frame))
      break
    case 'tuple':
      value = tupleOf(yield* evaluateList(node.elements, frame))
      break
    case 'dictionary':
      value = yield* evaluateDictionary(node, frame)
      break
    case 'ternary':
      value = yield* evaluateTernary(node, frame)
      break
    case 'lambda':
      value = closure(node, frame)
      break
    case 'named':
      return yield* evaluate(node.expression, frame)
    case 'select':
    case 'insert':
    case 'update':
    case 'delete':
      value = yield* evaluateSql(node, frame)
  }
  if (value.form !== 'scalar') {
    const pause = frame.runtime.step()
    if (pause !== undefined) yield pause
  }
  return value
}

/** `a+b+c+…` from left to right, in a loop, because recursion could exhaust the stack. */
function* evaluateChain(node: Binary, frame: Frame): Evaluation<ServerValue> {
  const { runtime } = frame
  const links = [node]
  for (let left = node.left; left.kind === 'binary'; left = left.left) links.push(left)
  const first = begin(links.at(-1)!.left, frame)
  let value = 'form' in first ? first : yield* first
  for (let link = links.pop(); link !== undefined; link = links.pop()) {
    const begun = begin(link.right, frame)
    const right = 'form' in begun ? begun : yield* begun
    value = applyBinary(link.operator, value, right)
    if (value.form === 'scalar') continue
    const pause = runtime.step()
    if (pause !== undefined) yield pause
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
  node: Extract<Expression, { kind: 'select' | 'insert' | 'update' | 'delete' }>,
  frame: Frame,
): Evaluation<ServerValue> {
  try {
    switch (node.kind) {
      case 'select':
        return yield* evaluateSelect(node, frame)
      case 'insert':
        yield* executeInsert(node, frame)
        return voidValue
      case 'update':
        yield* executeUpdate(node, frame)
        return voidValue
      case 'delete':
        yield* executeDelete(node, frame)
        return voidValue
    }
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
    const pause = frame.runtime.step()
    if (pause !== undefined) yield pause
  }
  return values
}

function* evaluateDictionary(
  { entries }: DictionaryLiteral,
  frame: Frame,
): Evaluation<ServerValue> {
  const keys = yield* evaluateList(
    entries.map(entry => entry.key),
    frame,
  )
  const values = yield* evaluateList(
    entries.map(entry => entry.value),
    frame,
  )
  return makeDictionary(keys, values)
}

/** If the condition is a scalar, evaluates only one branch; if it is a vector, chooses element by element. */
function* evaluateTernary(node: Ternary, frame: Frame): Evaluation<ServerValue> {
  const condition = yield* evaluate(node.condition, frame)
  if (condition.form === 'scalar') {
    return yield* evaluate(isTrue(condition) ? node.whenTrue : node.whenFalse, frame)
  }
  const whenTrue = yield* evaluate(node.whenTrue, frame)
  const whenFalse = yield* evaluate(node.whenFalse, frame)
  return choose(condition, whenTrue, whenFalse)
}

/** Makes the function of a lambda. Outer variables that the body uses become leading bound arguments. */
function closure(node: Lambda, frame: Frame): ServerValue {
  const { captures, closed } = node
  const { viewOwner } = frame.runtime.session
  const fn = {
    form: 'function',
    kind: 'user',
    name: '',
    definition: closed,
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
