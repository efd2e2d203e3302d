/*
  Expressions → values. Everything is a generator, because any call may have to wait; what cannot wait is answered
  without one.
*/
import type { Evaluation } from './builtin.js'
import { ScriptError } from './builtin.js'
import { evaluateCall, evaluatePartial, startPlainCall } from './evaluate-call.js'
import { makeDictionary, memberOf } from './dictionary.js'
import { locate } from './error-text.js'
import type { Frame } from './frame.js'
import { evaluateIndex } from './evaluate-index.js'
import { valueOfName } from './names.js'
import { applyBinary, applyUnary } from './operators/operators.js'
import { chooseElements } from './operators/choose.js'
import { shallowCopy } from './ownership.js'
import { isTrue, voidValue } from './scalar.js'
import { evaluateSelect } from './sql-select.js'
import { executeDelete, executeInsert, executeUpdate } from './sql-change.js'
import type { Expression, Lambda, Member, Ternary } from './syntax.js'
import type { ServerValue } from './values.js'
import { tupleOf, vectorOfElements } from './vector-literal.js'

/** The value of nodes that need no evaluation; undefined for all others. */
export function immediate(node: Expression, frame: Frame): ServerValue | undefined {
  if (node.kind === 'literal') return node.value
  return node.kind === 'name' ? valueOfName(node, frame) : undefined
}

/** Begins an evaluation: most give their value at once, and a generator for each would cost more than their work. */
export function begin(node: Expression, frame: Frame): ServerValue | Evaluation<ServerValue> {
  const plain = node.kind === 'call' ? startPlainCall(node, frame) : immediate(node, frame)
  return plain ?? evaluate(node, frame)
}

/** Errors come as they are thrown: whoever knows the statement or the call locates them. */
export function* evaluate(node: Expression, frame: Frame): Evaluation<ServerValue> {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'name':
      return valueOfName(node, frame)
    case 'binary': {
      const left = begin(node.left, frame)
      const leftValue = 'form' in left ? left : yield* left
      const right = begin(node.right, frame)
      return applyBinary(node.operator, leftValue, 'form' in right ? right : yield* right)
    }
    case 'unary':
      return applyUnary(node.operator, yield* evaluate(node.operand, frame))
    case 'call':
      return yield* evaluateCall(node, frame)
    case 'partial':
      return yield* evaluatePartial(node, frame)
    case 'index':
      return yield* evaluateIndex(node, frame)
    case 'member':
      return memberOfScope(node, frame) ?? memberOf(yield* evaluate(node.target, frame), node.name)
    case 'vector':
      return vectorOfElements(yield* evaluateList(node.elements, frame))
    case 'tuple':
      return tupleOf(yield* evaluateList(node.elements, frame))
    case 'dictionary': {
      const keys = yield* evaluateList(
        node.entries.map(entry => entry.key),
        frame,
      )
      const values = yield* evaluateList(
        node.entries.map(entry => entry.value),
        frame,
      )
      return makeDictionary(keys, values)
    }
    case 'ternary':
      return yield* evaluateTernary(node, frame)
    case 'lambda':
      return closure(node, frame)
    case 'named':
      return yield* evaluate(node.expression, frame)
    case 'select':
    case 'insert':
    case 'update':
    case 'delete':
      return yield* evaluateSql(node, frame)
  }
}

/** `t.col` in a statement on t is the column at the statement's rows. */
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
    throw locate(error, node.span)
  }
}

/** Values for a list that keeps them: a variable that changes later must not change the list. */
function* evaluateList(nodes: readonly Expression[], frame: Frame): Evaluation<ServerValue[]> {
  const values: ServerValue[] = []
  for (const node of nodes) {
    const value = immediate(node, frame) ?? (yield* evaluate(node, frame))
    values.push(node.kind === 'name' ? shallowCopy(value) : value)
  }
  return values
}

/** A scalar condition evaluates one branch only, a vector chooses element by element. */
function* evaluateTernary(node: Ternary, frame: Frame): Evaluation<ServerValue> {
  const condition = yield* evaluate(node.condition, frame)
  if (condition.form === 'scalar') {
    return yield* evaluate(isTrue(condition) ? node.whenTrue : node.whenFalse, frame)
  }
  const whenTrue = yield* evaluate(node.whenTrue, frame)
  const whenFalse = yield* evaluate(node.whenFalse, frame)
  return chooseElements(condition, whenTrue, whenFalse)
}

/** Binds what the body uses of the surrounding scope as leading arguments. */
function closure(node: Lambda, frame: Frame): ServerValue {
  const { captures, closed } = node
  const fn = { form: 'function', kind: 'user', name: '', definition: closed } as const
  if (captures.length === 0) return fn
  const bound = captures.map(name => {
    const value = frame.variables.get(name)
    if (value === undefined) throw new ScriptError(`Can't find the object with name ${name}`)
    return shallowCopy(value)
  })
  return { form: 'function', kind: 'partial', name: '', target: fn, bound, keywords: new Map() }
}
