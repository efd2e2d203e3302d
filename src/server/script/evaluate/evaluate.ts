/* Evaluates expressions. Evaluations are generators, because calls may wait; constants and names need no generator. The meaning of a name
   is the first of these: column, variable, shared table, constant, function (manual, "Column reference"). */
import { indexValue, makeDictionary, memberOf } from '../../elements/elements.js'
import { applyBinary, applyUnary } from '../../operators/operators.js'
import { check, ScriptError } from '../../script-error.js'
import {
  type Evaluation,
  type ServerValue,
  shallowCopy,
  type FunctionValue,
} from '../../values/server-value.js'
import { tupleOf, vectorOfElements, voidValue, namedConstants } from '../../values/values.js'
import type { Expression, Index, Name, Parameter, ExpressionOf } from '../parse/syntax.js'
import { executeDelete, executeInsert, executeUpdate } from '../sql/sql-scope.js'
import { evaluateSelect } from '../sql/sql-select.js'
import { evaluateCall, evaluatePartial } from './call.js'
import { withSourceText } from './execute.js'
import type { Runtime } from '../session/session.js'

/** The value of a constant or name, which needs no evaluation; undefined for all other nodes. */
function immediate(node: Expression, frame: Frame): ServerValue | undefined {
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
    case 'binary': {
      const left = immediate(node.left, frame) ?? (yield* evaluate(node.left, frame))
      const right = immediate(node.right, frame) ?? (yield* evaluate(node.right, frame))
      return applyBinary(node.operator, left, right)
    }
    case 'unary':
      return applyUnary(node.operator, yield* evaluate(node.operand, frame))
    case 'index':
      return yield* evaluateElements(node, frame)
    case 'vector':
      return vectorOfElements(yield* evaluateList(node.elements, frame))
    case 'tuple':
      return tupleOf(yield* evaluateList(node.elements, frame))
    case 'dictionary':
      return makeDictionary(node.keys, yield* evaluateList(node.values, frame))
    case 'lambda': {
      const { viewOwner } = frame.runtime.session
      const { definition } = node
      return { form: 'function', kind: 'user', name: '', definition, viewOwner }
    }
    case 'select':
    case 'insert':
    case 'update':
    case 'delete':
      return yield* evaluateSql(node, frame)
  }
}

/** The column `t.col`, limited to the rows of the SQL statement that reads `t`; undefined for other nodes. */
function memberOfScope(node: ExpressionOf<'member'>, { columns }: Frame): ServerValue | undefined {
  const { target, name } = node
  const isSource = target.kind === 'name' && target.name === columns?.tableName
  return isSource ? columns.lookup(name) : undefined
}

function* evaluateSql(
  node: ExpressionOf<'select' | 'insert' | 'update' | 'delete'>,
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
export function* evaluateList(
  nodes: readonly Expression[],
  frame: Frame,
): Evaluation<ServerValue[]> {
  const values: ServerValue[] = []
  for (const node of nodes) {
    const value = immediate(node, frame) ?? (yield* evaluate(node, frame))
    values.push(node.kind === 'name' ? shallowCopy(value) : value)
  }
  return values
}

/** Evaluates `x[…]`: elements of a value x, or an array type such as `INT[]` for a type x. */
function* evaluateElements(node: Index, frame: Frame): Evaluation<ServerValue> {
  const target = immediate(node.target, frame) ?? (yield* evaluate(node.target, frame))
  if (target.form === 'type' && node.index === undefined) {
    return { form: 'type', column: { ...target.column, array: true } }
  }
  return indexValue(target, yield* evaluateIndex(node, frame))
}

export function* evaluateIndex({ index }: Index, frame: Frame): Evaluation<ServerValue> {
  check(index !== undefined, 'An index is expected.')
  return immediate(index, frame) ?? (yield* evaluate(index, frame))
}

/** Columns that a SQL statement can name. They hide variables of the same name (manual, "Column reference"). */
export interface ColumnScope {
  readonly rows: number
  /** Type of `count(*)`; INT by default. LONG for partitioned tables, as official tests expect. */
  readonly countType?: 'INT' | 'LONG'
  /** The name of the table in the statement, to resolve `t.col`; undefined if the table has no name. */
  readonly tableName: string | undefined
  lookup(name: string): ServerValue | undefined
}

/** The meaning of names in one call of a function, in one SQL statement, or at the top level of a session. */
export interface Frame {
  readonly runtime: Runtime
  readonly variables: Map<string, ServerValue>
  /** The parameters of the running function; undefined at the top level. */
  readonly parameters: readonly Parameter[] | undefined
  readonly columns: ColumnScope | undefined
}

/** The value of a name. @throws {ScriptError} for an unknown name */
function valueOfName(node: Name, frame: Frame): ServerValue {
  const value = lookUp(node, frame)
  if (value !== undefined) return value
  check(frame.columns === undefined, `Unrecognized column name [${node.name}].`)
  throw new ScriptError(`Can't find the object with name ${node.name}`)
}

/** Like `valueOfName`; undefined for an unknown name. */
export function lookUp({ name, isFunction }: Name, frame: Frame): ServerValue | undefined {
  const { runtime, variables } = frame
  if (isFunction) return runtime.findFunction(name) ?? variables.get(name)
  return (
    frame.columns?.lookup(name) ??
    variables.get(name) ??
    runtime.node.shared.get(name)?.table ??
    namedConstants.get(name) ??
    runtime.findFunction(name)
  )
}

/** The function that a name before `(` or `{` refers to. A variable that holds a function hides other functions. */
export function calleeOfName(name: string, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(name)
  return variable?.form === 'function' ? variable : frame.runtime.findFunction(name)
}
