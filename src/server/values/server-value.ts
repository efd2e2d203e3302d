/*
  Values of script variables: every wire value except tables (which live in `tables/` and change), plus functions, database
  handles and type names.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Dictionary, Table, Value } from '../../protocol/value.js'
import type { DatabaseHandle } from '../tables/database-handle.js'
import type { ServerTable } from '../tables/server-table.js'
import type { Builtin } from './builtin.js'
import type { FunctionDefinition } from '../script/parse/syntax.js'

/** `def f(...)` or `x -> ...`. Outside its own variables it sees only its session: DolphinDB has no closures. */
export interface UserFunction {
  form: 'function'
  kind: 'user'
  name: string
  definition: FunctionDefinition
  /** If this function is a function view, or a view created it: the view's owner. */
  viewOwner?: string
  /** Set for a function view, not for functions that the view created. */
  isView?: true
}

export interface BuiltinFunction {
  form: 'function'
  kind: 'builtin'
  name: string
  builtin: Builtin
}

/** `f{a,,b}`: undefined for an omitted argument. */
export interface PartialFunction {
  form: 'function'
  kind: 'partial'
  name: string
  target: FunctionValue
  bound: readonly (ServerValue | undefined)[]
  keywords: ReadonlyMap<string, ServerValue>
}

export type FunctionValue = UserFunction | BuiltinFunction | PartialFunction

/** A type's name as a value, such as `DECIMAL64(4)`, `DOUBLE[]`, or `INT` in `[INT, SYMBOL]`. */
export interface TypeName {
  form: 'type'
  column: ColumnType
}

/** A list with elements that no wire vector can hold: functions, tables, type names. */
export interface ValueList {
  form: 'list'
  elements: readonly ServerValue[]
}

/** A dictionary on the server. `entries` maps the text form of each key to the key and its value. */
export interface ServerDictionary {
  form: 'serverDictionary'
  keyType: ColumnType
  /** undefined: values of any type. */
  valueType: ColumnType | undefined
  entries: Map<string, { key: ServerValue; value: ServerValue }>
}

export type ServerValue =
  | Exclude<Value, Table | Dictionary>
  | ServerTable
  | ServerDictionary
  | DatabaseHandle
  | FunctionValue
  | TypeName
  | ValueList
