/*
  The values of script variables: all values that can be sent, and in addition functions, database handles and type
  names. Tables have a form of their own, because scripts can change them (`tables/`).
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Dictionary, Table, Value } from '../../protocol/value.js'
import type { DatabaseHandle, ServerTable } from '../tables/server-table.js'
import type { Builtin } from './builtin.js'
import type { FunctionDefinition } from '../script/parse/syntax.js'

/** `def f(...)` or `x -> ...`. DolphinDB has no closures, so a lambda receives outer variables as bound arguments. */
export interface UserFunction {
  form: 'function'
  kind: 'user'
  name: string
  definition: FunctionDefinition
  /** The owner of the view, if the function is a function view or was created by one. */
  viewOwner?: string
  /** True for a function view; undefined for a function that a view created. */
  isView?: true
}

export interface BuiltinFunction {
  form: 'function'
  kind: 'builtin'
  name: string
  builtin: Builtin
}

/** `f{a,,b}`. In `bound`, an omitted argument is undefined. */
export interface PartialFunction {
  form: 'function'
  kind: 'partial'
  name: string
  target: FunctionValue
  bound: readonly (ServerValue | undefined)[]
  keywords: ReadonlyMap<string, ServerValue>
}

export type FunctionValue = UserFunction | BuiltinFunction | PartialFunction

/** The name of a type as a value, such as `DECIMAL64(4)`, `DOUBLE[]`, or `INT` in `[INT, SYMBOL]`. */
export interface TypeName {
  form: 'type'
  column: ColumnType
}

/** A list with elements that a vector cannot hold: functions, tables, type names. */
export interface ValueList {
  form: 'list'
  elements: readonly ServerValue[]
}

/** A dictionary. `entries` maps the text form of each key to the key and its value. */
export interface ServerDictionary {
  form: 'serverDictionary'
  keyType: ColumnType
  /** Type of all values; undefined if values may have any type. */
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
