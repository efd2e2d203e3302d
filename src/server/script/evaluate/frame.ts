/*
  Finds the meaning of a name during evaluation. Tries in this order: column, variable, shared table, constant, function
  (manual, "Column reference").
*/
import type { Runtime } from '../session/runtime.js'
import type { ServerValue, FunctionValue } from '../../values/server-value.js'
import { ScriptError, check } from '../../script-error.js'
import { constantOf } from '../../values/values.js'
import type { Name, Parameter } from '../parse/syntax.js'

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
export function valueOfName(node: Name, frame: Frame): ServerValue {
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
    constantOf(name) ??
    runtime.findFunction(name)
  )
}

/** The function that a name before `(` or `{` refers to. A variable that holds a function hides other functions. */
export function calleeOfName(name: string, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(name)
  return variable?.form === 'function' ? variable : frame.runtime.findFunction(name)
}
