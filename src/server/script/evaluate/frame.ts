/*
  Where names are looked up while something is evaluated, and what they mean: column, variable, shared table, constant,
  function, in this order (manual, "Column reference").
*/
import type { Runtime } from '../session/runtime.js'
import type { ServerValue, FunctionValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { constantOf } from '../../values/constants.js'
import { releaseArray } from '../../values/ownership.js'
import type { Name } from '../parse/syntax.js'

/** Columns that names mean inside a SQL statement, before any variable (manual, "Column reference"). */
export interface ColumnScope {
  readonly rows: number
  /** Type of `count(*)`: LONG for partitioned tables, else INT, as official tests read them; INT when left out. */
  readonly countType?: 'INT' | 'LONG'
  /** The name the table goes by in the statement, for `t.col`; undefined when it is not a name. */
  readonly tableName: string | undefined
  lookup(name: string): ServerValue | undefined
}

/** One call of a function, one SQL statement, or the session's own top. */
export interface Frame {
  readonly runtime: Runtime
  readonly variables: Map<string, ServerValue>
  /** Names that may not be assigned to or changed: constants, parameters without `mutable`. */
  readonly readOnly: ReadonlySet<string>
  /** `mutable` parameters: changing one changes the caller's variable. */
  readonly mutable: ReadonlySet<string>
  readonly columns: ColumnScope | undefined
}

/** Shared by all frames without any; never added to. */
export const noNames: ReadonlySet<string> = new Set()

/** The value of a name, which the caller may keep. */
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

/** As valueOfName, for a use that keeps nothing; undefined when nothing has the name. */
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

/**
 * What a name in front of `(` or `{` calls: a variable that holds a function, else the function of that name. A type
 * stands for itself, for `DECIMAL64(4)`.
 */
export function calleeOfName(node: Name, frame: Frame): FunctionValue | undefined {
  const variable = frame.variables.get(node.name)
  if (variable?.form === 'function') return variable
  return frame.runtime.findFunction(node.name)
}
