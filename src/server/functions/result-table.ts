/*
  Makes the tables and dictionaries that functions return. Column types must be exact, because clients cast to them.
*/
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, vectorOf, type ElementValue } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { stringScalar } from '../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../values/server-value.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'

export function tableOfColumns(columns: Readonly<Record<string, Column>>): ServerTable {
  const all = Object.values(columns)
  return createTable('basic', Object.keys(columns), all.map(columnTypeOf), { columns: all })
}

/** Makes a table with one column per entry of `types` and one row per record. */
export function tableOfRecords<Name extends string>(
  types: Readonly<Record<Name, DataType>>,
  records: readonly Readonly<Record<Name, ElementValue>>[],
): ServerTable {
  const names = Object.keys(types) as Name[]
  const columns = names.map(name =>
    vectorOf(
      { type: types[name] },
      records.map(record => record[name]),
    ),
  )
  return createTable(
    'basic',
    names,
    names.map(name => ({ type: types[name] })),
    { columns },
  )
}

/** A dictionary STRING → ANY, the type of the results of `schema()` and `license()`. */
export function dictionaryOf(values: Readonly<Record<string, ServerValue>>): ServerDictionary {
  const entries = Object.entries(values).map(
    ([name, value]): [string, { key: ServerValue; value: ServerValue }] => [
      name,
      { key: stringScalar(name), value },
    ],
  )
  return {
    form: 'serverDictionary',
    keyType: { type: 'STRING' },
    valueType: undefined,
    entries: new Map(entries),
  }
}
