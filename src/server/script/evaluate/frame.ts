/*
  Finds the meaning of a name during evaluation. Tries in this order: column, variable, shared table, constant, function
  (manual, "Column reference").
*/
import type { Runtime } from '../session/runtime.js'
import type { ServerValue, FunctionValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { constantOf } from '../../values/constants.js'
import { releaseArray } from '../../values/ownership.js'
import type { Name } from '../parse/syntax.js'

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
  /** Names that the code may not change: constants, and parameters without `mutable`. */
  readonly readOnly: ReadonlySet<string>
  /** Parameters with `mutable`. A change of such a parameter also changes the caller's variable. */
  readonly mutable: ReadonlySet<string>
  readonly columns: ColumnScope | undefined
}

/** One empty set for all frames without read-only or mutable names. Never add to it. */
export const noNames: ReadonlySet<string> = new Set()

/** The value of a name, for callers that may keep it. @throws {ScriptError} for an unknown name */
export function valueOfName(node: Name, frame: Frame): ServerValue {
  const value = lookUp(node, frame)
  if (value !== undefined) {
    releaseArray(value)
    return value
  }
  if (frame.columns !== undefined) {
    throw new ScriptError(`Unrecognized column name [${node.name}].`)
  }
  throw new ScriptError(`Can't find the object with name ${node.name}`)
}

/** Like `valueOfName`, for callers that do not keep the value; undefined for an unknown name. */
export function lookUp(node: Name, frame: Frame): ServerValue | undefined {
  const { name } = node
  const { runtime } = frame
  if (node.isFunction) return frame.runtime.findFunction(name) ?? frame.variables.get(name)
  return (
    frame.columns?.lookup(name) ??
    frame.variables.get(name) ??
    runtime.node.shared.get(name)?.table ??
    constantOf(name) ??
    runtime.findFunction(name)
  )
}

/** The function that a name before `(` or `{` refers to. A variable that holds a function hides other functions. */
export function calleeOfName(node: Name, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(node.name)
  if (variable?.form === 'function') return variable
  return frame.runtime.findFunction(node.name)
}
