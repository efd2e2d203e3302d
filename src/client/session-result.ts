/*
  The server's answers as callers of the library get them: values of the protocol; tables have two additional methods.
*/
import type { Table, Value } from '../protocol/value.js'
import { toColumns, toRows, type PlainOutput } from './plain-output.js'

/** A table of an answer. Its methods are not enumerable, so it compares, copies and travels like any other table. */
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

/** The same object, with the additional methods if it is a table. */
export function resultOf(value: Value): Result {
  return value.form === 'table' ? (Object.defineProperties(value, methods) as ResultTable) : value
}
