/*
  What the server answers, as callers of the library get it: values of the protocol, tables with two methods more.
*/
import type { Table, Value } from '../protocol/value.js'
import { toColumns, toRows, type PlainOutput } from './plain-output.js'

/** A table of an answer. The methods cannot be enumerated, so it compares, copies and travels like any other table. */
export interface ResultTable extends Table {
  /** One object a row, as the function `toRows`. */
  toRows(): { [column: string]: PlainOutput }[]
  /** One list a column, as the function `toColumns`. */
  toColumns(): { [column: string]: PlainOutput[] }
}

/** A value of an answer. */
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

/** The same object, with the methods of a table when it is one. */
export function resultOf(value: Value): Result {
  return value.form === 'table' ? (Object.defineProperties(value, methods) as ResultTable) : value
}
