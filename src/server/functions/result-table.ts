/*
  Makes the tables and dictionaries that functions return. Column types must be exact, because clients cast to them.
*/
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, vectorOf, type ElementValue } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { setEntry, emptyDictionary } from '../elements/dictionary.js'
import { stringScalar } from '../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../values/server-value.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'

export function tableOfColumns(columns: Readonly<Record<string, Column>>): ServerTable {
  const all = Object.values(columns)
  return createTable('basic', Object.keys(columns), all.map(columnTypeOf), { columns: all })
}

/** Makes a table with one row per item. @param columns  name → type, and the cell for an item */
export function tableOf<Item>(
  items: readonly Item[],
  columns: Readonly<Record<string, readonly [DataType, (item: Item) => ElementValue]>>,
): ServerTable {
  const vectors = Object.entries(columns).map(([name, [type, cell]]): [string, Column] => [
    name,
    vectorOf({ type }, items.map(cell)),
  ])
  return tableOfColumns(Object.fromEntries(vectors))
}

/** A dictionary STRING → ANY, the type of the results of `schema()` and `license()`. */
export function dictionaryOf(values: Readonly<Record<string, ServerValue>>): ServerDictionary {
  const dictionary = emptyDictionary({ type: 'STRING' })
  for (const [name, value] of Object.entries(values)) {
    setEntry(dictionary, stringScalar(name), value)
  }
  return dictionary
}
