/* The one implementation of tables in the embedded server. Rules make a table keyed or partitioned. A table drops rows that belong to no
   partition. A row with a known key changes the stored row, or the table drops it. */
import type { ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, isNullAt, sliceColumn, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { check } from '../script-error.js'
import { type Key, checkColumnType, keysOf, zeroColumn } from '../columns/column-layout.js'
import { GrowingColumn } from '../columns/growing-column.js'
import { placeRows, type TablePartitioning } from './partitions/partition-level.js'
import { prepareColumns } from './prepare.js'
import type { StoredTableFacts, TableKind, UpsertCount, UpsertOptions } from './server-table.js'

/** Determines which rows have the same key, and which of them the table keeps. */
interface KeyRule {
  readonly columns: readonly number[]
  /** True if the table drops a new row whose key exists; otherwise the new row changes the stored row. */
  readonly ignores: boolean
  /** True if rows in different partitions may have the same key (TSDB keepDuplicates). */
  readonly withinPartition: boolean
}

export interface TableOptions {
  /** Initial rows, in the types of the table. The caller must not change these columns afterwards. */
  columns?: readonly Column[] | undefined
  keyColumns?: readonly string[]
  partitioning?: TablePartitioning | undefined
  stored?: StoredTableFacts | undefined
}

const maxRows = 2_147_483_647

export class ColumnTable {
  readonly form = 'serverTable' as const
  readonly kind: TableKind
  /** Name under which the table is shared; '' if it is not shared. */
  sharedName = ''
  /** True after the table was dropped. Sessions that still refer to it can read it but not write it. */
  isDropped = false
  readonly stored: StoredTableFacts | undefined
  readonly partitioning: TablePartitioning | undefined
  readonly #keys: KeyRule | undefined
  columnNames: readonly string[]
  columnTypes: readonly ColumnType[]
  #columns: GrowingColumn[]
  rows: number
  /** Changes whenever the table removes or moves rows, because positions from before are then invalid. */
  version = 0
  #purgedRows = 0
  /** The rows that a persisted stream table keeps in memory; if there are more, it drops the older half. */
  cachedRows: number | undefined
  /** Index of all rows by key. Without a key rule, the first upsert creates the index for its key columns. */
  #index: KeyIndex | undefined

  /** Without the checks of `createTable`. A keyed table gets no initial rows. */
  constructor(
    kind: TableKind,
    names: readonly string[],
    types: readonly ColumnType[],
    options: TableOptions,
  ) {
    this.kind = kind
    this.partitioning = options.partitioning
    this.stored = options.stored
    this.#keys = keyRule(kind, names, options)
    this.columnNames = names
    this.columnTypes = types
    const columns = this.#keys === undefined ? options.columns : undefined
    this.#columns = types.map((type, at) => new GrowingColumn(columns?.[at] ?? zeroColumn(type, 0)))
    this.rows = columns?.[0]?.length ?? 0
    if (this.#keys !== undefined) this.#openIndex(this.#keys.columns)
  }

  /** Rows that were ever appended, including rows that are no longer in memory. */
  get totalRows(): number {
    return this.rows + this.#purgedRows
  }

  /** Indexes of the key columns; empty for tables without keys. */
  get keyColumns(): readonly number[] {
    return this.#keys?.columns ?? []
  }

  /** The columns with their rows so far. Later appends do not change the returned columns. */
  get columns(): readonly Column[] {
    return this.#columns.map(column => column.view())
  }

  column(index: number): Column {
    return this.#columns[index]!.view()
  }

  /** Like `column`, but the rows are put together only if the caller reads them. */
  snapshot(index: number): () => Column {
    return this.#columns[index]!.snapshot()
  }

  /** @returns new keys of a keyed table in memory, else rows inside the scheme @throws {ScriptError} the table is then unchanged */
  append(written: readonly Column[]): number {
    const batch = this.#place(prepareColumns(this, written))
    const rows = batch.columns[0]!.length
    let inserted = rows
    if (this.#keys === undefined) this.#appendAll(batch.columns)
    else inserted = this.#merge(batch, this.#keys.ignores, {}).inserted
    this.#purge()
    return this.kind === 'dfs' ? rows : inserted
  }

  /** Checks and counts rows as if they were new, without storing them (`serve --discard`). */
  drop(written: readonly Column[]): void {
    prepareColumns(this, written)
    this.#purgedRows += written[0]!.length
  }

  #purge(): void {
    if (this.cachedRows === undefined || this.rows <= this.cachedRows) return
    const left = this.rows >> 1
    this.#purgedRows += left
    this.keepRows(Int32Array.from({ length: this.rows - left }, (_, row) => left + row))
  }

  /** Like `append`, but changes the stored row if a key exists (docs/server-semantics.md#upsert-and-tableupsert). */
  upsert(written: readonly Column[], options: UpsertOptions = {}): UpsertCount {
    const batch = this.#place(prepareColumns(this, written))
    if (this.#keys === undefined) {
      const keys = new Set([...(this.partitioning?.columns ?? []), ...(options.keyColumns ?? [])])
      this.#openIndex([...keys].sort((a, b) => a - b))
    }
    return this.#merge(batch, false, options)
  }

  /** Sets row `rows[i]` of column `index`, which is not a key column, to `values[i]`, which has the type of the column. */
  update(index: number, rows: Int32Array, values: Column): void {
    this.#columns[index]!.assign(rows, values)
    this.#forgetUpsertIndex()
  }

  checkNoKey(index: number): void {
    check(!this.keyColumns.includes(index), "Can't update a key column.")
  }

  /** Keeps only these rows, in this order. */
  keepRows(rows: Int32Array): void {
    this.#columns = this.#columns.map(column => new GrowingColumn(takeRows(column.view(), rows)))
    this.rows = rows.length
    this.version++
    if (this.#keys === undefined) this.#forgetUpsertIndex()
    else this.#openIndex(this.#keys.columns)
  }

  /** Replaces a column. The table takes the type of the new column. */
  replaceColumn(index: number, column: Column): void {
    checkColumnType(this.columnNames[index]!, columnTypeOf(column))
    this.checkNoKey(index)
    this.#columns[index] = new GrowingColumn(column)
    this.columnTypes = this.columnTypes.with(index, columnTypeOf(column))
    this.#forgetUpsertIndex()
  }

  addColumn(name: string, type: ColumnType, column: Column): void {
    checkColumnType(name, type)
    this.columnNames = [...this.columnNames, name]
    this.columnTypes = [...this.columnTypes, type]
    this.#columns.push(new GrowingColumn(column))
  }

  /** Finds the partitions of new rows and leaves out the rows that belong to no partition. */
  #place(given: readonly Column[]): Batch {
    let columns = given
    let partitions = this.partitioning && placeRows(this.partitioning, columns)
    if (partitions?.includes(-1) === true) {
      const placed = partitions
      const kept = Int32Array.from(placed.keys()).filter(row => placed[row]! >= 0)
      columns = columns.map(column => takeRows(column, kept))
      partitions = placed.filter(partition => partition >= 0)
    }
    const fits = this.rows + columns[0]!.length <= maxRows
    check(fits, "An in-memory table can't exceed 2 billion rows. RefId: S05016")
    return { columns, partitions }
  }

  #appendAll(columns: readonly Column[]): void {
    const rows = columns[0]!.length
    if (rows === 0) return
    for (let index = 0; index < columns.length; index++) {
      this.#columns[index]!.append(columns[index]!)
    }
    this.rows += rows
  }

  /**
   * Appends rows with new keys. A row with a known key changes the stored row or, with `forgetKnown`, is dropped. In a table without a key
   * rule, keys of the batch itself are not known, and nulls only with `nullsMatch` (docs/server-semantics.md#upsert-and-tableupsert).
   */
  #merge(batch: Batch, forgetKnown: boolean, options: UpsertOptions): UpsertCount {
    const { ignoreNull = false, nullsMatch = false } = options
    const { rowOf, columns: keyColumns } = this.#index!
    const { columns } = batch
    const rows = columns[0]!.length
    const values = this.#keyValues(keyColumns, columns, batch.partitions)
    const given = keysOf(values, rows)
    const hasRule = this.#keys !== undefined
    const fresh = new Int32Array(rows)
    const known = new Int32Array(rows)
    const targets = new Int32Array(rows)
    let inserted = 0
    let matched = 0
    for (let row = 0; row < rows; row++) {
      const existing = rowOf.get(given[row]!)
      const isKnown = hasRule || nullsMatch || !values.some(column => isNullAt(column, row))
      if (existing === undefined || !isKnown || (!hasRule && existing >= this.rows)) {
        if (existing === undefined) rowOf.set(given[row]!, this.rows + inserted)
        fresh[inserted++] = row
      } else if (!forgetKnown) {
        known[matched] = row
        targets[matched++] = existing
      }
    }
    const taken = fresh.subarray(0, inserted)
    const added = inserted === rows ? columns : columns.map(column => takeRows(column, taken))
    this.#appendAll(added)
    this.#index!.rows = this.rows
    if (matched === 0) return { inserted, updated: 0 }
    return {
      inserted,
      updated: this.#overwrite(columns, known.subarray(0, matched), targets, ignoreNull),
    }
  }

  /** @returns how many rows changed; with `ignoreNull`, a row whose values are all null changes nothing */
  #overwrite(
    columns: readonly Column[],
    known: Int32Array,
    targets: Int32Array,
    ignoreNull: boolean,
  ): number {
    const changed = new Uint8Array(known.length).fill(ignoreNull ? 0 : 1)
    const { columns: keyColumns } = this.#index!
    columns.forEach((column, index) => {
      if (keyColumns.includes(index)) return
      const values = takeRows(column, known)
      const picked = Int32Array.from(known.keys()).filter(i => !ignoreNull || !isNullAt(values, i))
      for (const i of picked) changed[i] = 1
      this.#columns[index]!.assign(
        picked.map(i => targets[i]!),
        takeRows(values, picked),
      )
    })
    return changed.reduce((sum, one) => sum + one, 0)
  }

  #keyValues(
    keyColumns: readonly number[],
    columns: readonly Column[],
    partitions: Float64Array | undefined,
  ): Column[] {
    const values = keyColumns.map(index => columns[index]!)
    if (this.#keys?.withinPartition !== true || partitions === undefined) return values
    const { length } = partitions
    return [{ form: 'vector', type: 'DOUBLE', length, data: partitions }, ...values]
  }

  /** Indexes all rows by these key columns. Extends the existing index if it has the same columns. */
  #openIndex(columns: readonly number[]): void {
    const isKnown = this.#keys === undefined && this.#index?.columns.join() === columns.join()
    if (!isKnown) {
      for (const index of columns) checkKeyType(this.columnTypes[index]!)
      this.#index = { columns, rowOf: new Map(), rows: 0 }
    }
    const { rowOf, rows: from } = this.#index!
    const count = this.rows - from
    const all = this.columns.map(column => sliceColumn(column, from, this.rows))
    const isWithin = this.#keys?.withinPartition === true
    const partitions = this.partitioning && isWithin ? placeRows(this.partitioning, all) : undefined
    keysOf(this.#keyValues(columns, all, partitions), count).forEach((key, row) => {
      if (!rowOf.has(key)) rowOf.set(key, from + row)
    })
    this.#index!.rows = this.rows
  }

  #forgetUpsertIndex(): void {
    if (this.#keys === undefined) this.#index = undefined
  }
}

/** The keys of a keyed table, or the sort columns of a TSDB table that keeps one row of equal ones. */
function keyRule(
  kind: TableKind,
  names: readonly string[],
  { keyColumns = [], stored, partitioning }: TableOptions,
): KeyRule | undefined {
  const isKeyed = keyColumns.length > 0
  const keepsAll = stored === undefined || stored.keepDuplicates === 'ALL'
  const keyNames = isKeyed || keepsAll ? keyColumns : stored.sortColumns
  if (keyNames.length === 0) return undefined
  const columns = keyNames.map(name => {
    const index = names.indexOf(name)
    check(index >= 0, `The key column [${name}] does not exist in the table.`)
    return index
  })
  const ignores = isKeyed ? kind === 'keyedStream' : stored?.keepDuplicates === 'FIRST'
  return { columns, ignores, withinPartition: !isKeyed && partitioning !== undefined }
}

interface Batch {
  columns: readonly Column[]
  /** The partition of each row; undefined for a table without partitions. */
  partitions: Float64Array | undefined
}

/** The keys of one table, at most 2^24 different ones, the limit of a Map. Keys cannot be removed. */
interface KeyIndex {
  readonly columns: readonly number[]
  /** Key → number of the first row with this key. */
  readonly rowOf: Map<Key, number>
  /** The rows of the table that have been indexed. */
  rows: number
}

/** @throws {ScriptError} for types that cannot be keys (DolphinDB allows only INTEGRAL, TEMPORAL, LITERAL, …) */
function checkKeyType({ type, array }: ColumnType): void {
  const isKey = !array && type !== 'ANY' && type !== 'BLOB' && type !== 'VOID'
  check(isKey, `A column of type ${type}${array ? '[]' : ''} can't be a key column.`)
}
