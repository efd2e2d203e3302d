/*
  The server's answers as callers of the library receive them: protocol values, with two additional methods on tables.
*/
import type { Table, Value } from '../protocol/value.js'
import { toColumns, toRows, type PlainOutput } from './plain-output.js'

/** A table of an answer. Its methods are not enumerable, so it can be compared, copied and sent like any table. */
export interface ResultTable extends Table {
  /** One object per row: the same as `toRows(table)`. */
  toRows(): { [column: string]: PlainOutput }[]
  /** One list per column: the same as `toColumns(table)`. */
  toColumns(): { [column: string]: PlainOutput[] }
}

/** A value of an answer; tables have two additional methods. */
export type Result = Exclude<Value, Table> | ResultTable

const methods = {
  toRows: {
    value(this: Table) {
      return toRows(this)
    },
  },
  toColumns: {
    value(this: Table) {
      return toColumns(this)
    },
  },
}

/** Returns `value` itself; a table gets the additional methods of `ResultTable`. */
export function resultOf(value: Value): Result {
  return value.form === 'table' ? (Object.defineProperties(value, methods) as ResultTable) : value
}
