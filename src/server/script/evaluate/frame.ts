/*
  Resolves names during evaluation: column, variable, shared table, constant, function, in this order (manual, "Column
  reference").
*/
import type { Runtime } from '../session/runtime.js'
import type { ServerValue, FunctionValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { constantOf } from '../../values/constants.js'
import { releaseArray } from '../../values/ownership.js'
import type { Name } from '../parse/syntax.js'

/** Columns in a SQL statement. A name means a column rather than a variable (manual, "Column reference"). */
export interface ColumnScope {
  readonly rows: number
  /** Type of `count(*)`: LONG for partitioned tables, as official tests expect; otherwise, and by default, INT. */
  readonly countType?: 'INT' | 'LONG'
  /** The table's name in the statement, for `t.col`; undefined if it has none. */
  readonly tableName: string | undefined
  lookup(name: string): ServerValue | undefined
}

/** What names mean in one call of a function, in one SQL statement, or at the top level of a session. */
export interface Frame {
  readonly runtime: Runtime
  readonly variables: Map<string, ServerValue>
  /** Names that may not be assigned to or changed: constants, parameters without `mutable`. */
  readonly readOnly: ReadonlySet<string>
  /** `mutable` parameters: changing one changes the caller's variable. */
  readonly mutable: ReadonlySet<string>
  readonly columns: ColumnScope | undefined
}

/** The empty set that all frames without read-only or mutable names share; never add to it. */
export const noNames: ReadonlySet<string> = new Set()

/** The value of a name. The caller may keep the value. */
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

/** Like valueOfName, for a use that does not keep the value; undefined for an unknown name. */
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

/** The function that a name before `(` or `{` calls. A variable with a function hides functions of the same name. */
export function calleeOfName(node: Name, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(node.name)
  if (variable?.form === 'function') return variable
  return frame.runtime.findFunction(node.name)
}
