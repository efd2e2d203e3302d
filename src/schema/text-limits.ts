/* The longest texts in DolphinDB's tables (docs/server-semantics.md#conversions-on-insert). DFS tables silently cut a longer STRING or
   BLOB, and refuse a whole batch that has a longer SYMBOL. Tables in memory take any length. */
import type { DataType } from '../protocol/data-type.js'
import { isBefore, parseVersion } from './server-version.js'
import type { TargetColumn } from './target-schema.js'

export const maxSymbolBytes = 255
export const maxStringBytes = 65_535

const dfsTextLimits: ReadonlyMap<DataType, number> = new Map([
  ['SYMBOL', maxSymbolBytes],
  ['STRING', maxStringBytes],
  ['BLOB', 67_108_863],
])

/** Adds what a DFS table stores whole. @param stored  its columns, matched by name, because a target function may take others */
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

/** First versions of two release lines that limit the length of texts; the last also applies to later lines. */
const limitedFrom: readonly (readonly number[])[] = [
  [1, 30, 23],
  [2, 0, 11],
]

/** Whether DFS tables of this server limit the length of texts; true if its version is unknown. */
export function limitsTexts(versionText: string | undefined): boolean {
  const version = parseVersion(versionText ?? '')
  if (version === undefined) return true
  const line = limitedFrom.findLast(([major]) => major! <= version[0]!) ?? limitedFrom[0]!
  return !isBefore(version, line)
}

/** Completes "expected …" for a text longer than `maxBytes`. Names the type that would hold the text. */
export function limitText(maxBytes: number, lengthBytes: number): string {
  const types = [...dfsTextLimits]
  const [type] = types.find(([, limit]) => limit === maxBytes)!
  const [larger] = types.find(([, limit]) => limit >= lengthBytes) ?? []
  const advice = larger === undefined ? 'no column takes' : `a ${larger} column would take`
  return `at most ${maxBytes} bytes, as DFS tables hold in a ${type} column (${advice} the ${lengthBytes} bytes)`
}
