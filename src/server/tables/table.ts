/*
  What every table of the embedded server can do, whatever stores it.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'

export type TableKind =
  | 'basic'
  | 'stream'
  | 'keyed'
  | 'indexed'
  | 'keyedStream'
  | 'partitioned'
  | 'dfs'

export interface ServerTable {
  readonly form: 'serverTable'
  readonly kind: TableKind
  /** Name under which it is shared; '' while it is not. */
  sharedName: string
  /** Set by share(t, name, readonly=true). */
  readOnly: boolean
  readonly columnNames: readonly string[]
  readonly columnTypes: readonly ColumnType[]
  readonly rows: number
  /** Column `index` as it is now: a view that later appends do not change. */
  column(index: number): Column
  /**
   * Appends `rows` rows given column by column in the table's own order, converting types as DolphinDB does.
   * @returns rows really inserted (keyed tables count new keys, partitioned ones rows inside the scheme)
   * @throws ScriptError in the server's words; nothing is inserted then
   */
  append(columns: readonly Column[], rows: number): number
}
