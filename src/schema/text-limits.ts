/*
  How long texts may be in DolphinDB's tables: DFS tables silently cut a longer STRING or BLOB, and refuse a longer SYMBOL
  together with its whole batch; tables in memory take any length (docs/server-semantics.md#conversions-on-insert).
*/
import type { DataType } from '../protocol/data-type.js'
import type { TargetColumn } from './target-schema.js'

/** Longest texts in columns of DFS tables, in bytes of UTF-8. */
export const maxSymbolBytes = 255
export const maxStringBytes = 65_535

const dfsTextLimits: ReadonlyMap<DataType, number> = new Map([
  ['SYMBOL', maxSymbolBytes],
  ['STRING', maxStringBytes],
  ['BLOB', 67_108_863],
])

/**
 * Adds to columns the longest text that the DFS table stores.
 * @param stored  columns of that table; matched by name, as those of a function may be others or of other types
 */
export function limitedColumns(
  columns: readonly TargetColumn[],
  stored: readonly TargetColumn[],
): TargetColumn[] {
  const types = new Map(stored.map(({ name, type }) => [name.toLowerCase(), type.type]))
  return columns.map(column => {
    const storedType = types.get(column.name.toLowerCase())
    const maxBytes = storedType && dfsTextLimits.get(storedType)
    return maxBytes === undefined || !dfsTextLimits.has(column.type.type)
      ? column
      : { ...column, maxBytes }
  })
}

/** What was expected instead of a text longer than `maxBytes`, and which column type would hold it. */
export function limitText(maxBytes: number, lengthBytes: number): string {
  const types = [...dfsTextLimits]
  const [type] = types.find(([, limit]) => limit === maxBytes)!
  const [larger] = types.find(([, limit]) => limit >= lengthBytes) ?? []
  const advice = larger === undefined ? 'no column takes' : `a ${larger} column would take`
  return `at most ${maxBytes} bytes, as DFS tables hold in a ${type} column (${advice} the ${lengthBytes} bytes)`
}
