/*
  Where names are looked up while something is evaluated.
*/
import type { Runtime } from '../session/runtime.js'
import type { ServerValue } from '../../values/server-value.js'

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
