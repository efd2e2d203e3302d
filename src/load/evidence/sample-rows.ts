/*
  Keeps the values of a few rows of a run: the first row, one about halfway, and the last. A run looks up these rows
  before it claims that its rows are in the table.
*/
import type { Batch } from '../../parse/batch.js'
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt } from '../../protocol/element.js'
import type { Column, Scalar, TypedVector } from '../../protocol/value.js'
import { isIdentifier } from '../../schema/identifier.js'

export interface SampleCell {
  readonly column: string
  readonly scalar: Scalar
}

/** The values of a row in columns that can be compared. At least one value is not null. */
export type SampleRow = readonly SampleCell[]

/** A sample of the rows that the target accepted in one run. */
export type SampleRows = ReturnType<typeof newSampleRows>

/** With small batches, the next row is kept after `keepEvery` rows or, if less, `keepShare` of the rows so far. */
const keepEvery = 1_000
const keepShare = 1 / 8

/** Number of values to look up per row, for tables without a key. */
const mostColumns = 12

/**
 * Types whose values DolphinDB compares with `=`. Types whose comparison is fast and whose values seldom repeat come
 * first, because each condition applies only to rows that passed the previous one.
 */
const comparable: readonly DataType[] = [
  ...(['INT', 'DATE', 'SECOND', 'TIME', 'MINUTE', 'MONTH', 'DATETIME', 'DATEHOUR'] as const),
  ...(['LONG', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP', 'DOUBLE', 'FLOAT', 'SHORT'] as const),
  ...(['DECIMAL32', 'DECIMAL64', 'DECIMAL128', 'UUID', 'IPADDR', 'INT128'] as const),
  ...(['SYMBOL', 'STRING', 'CHAR', 'BOOL'] as const),
]

/** Longest text to compare, because some tables cut longer texts (docs/server-semantics.md#inserting). */
const longestText = 200

/**
 * @param columnNames  in the order of the target
 * @param keys  key columns of the target; may be empty
 * @param first  columns to compare first, because the server selects partitions by them
 * @param earlier  sample of earlier processes of the run
 */
export function newSampleRows(
  columnNames: readonly string[],
  keys: readonly string[],
  earlier: readonly SampleRow[],
  first: readonly string[],
) {
  let before = earlier
  /**
   * One row per doubling of the number of accepted rows. The last but one of these samples usually comes after 1/4 to
   * 1/2 of all accepted rows.
   */
  let doublings: SampleRow[] = []
  let last: SampleRow | undefined
  let isLearned = false
  let [rows, nextKept, nextDoubling, largest] = [0, 0, 0, 0]
  /** Computed once, because columns have the same types in every batch. */
  let order: readonly number[] | undefined
  const keep = ({ columns }: Batch, row: number): SampleRow | undefined => {
    order ??= orderOf(columns, columnNames, first)
    const cells = cellsOf(columns, order, columnNames, keys, row)
    if (first.some(name => cells.every(({ column }) => column !== name))) return undefined
    return cells.some(({ scalar }) => scalar.value !== null) ? cells : undefined
  }
  return {
    /**
     * The sample of earlier processes. With rows of this process at most four rows: the first and the last of earlier processes, or else
     * the first of this process, then a middle row and the last row of this process.
     */
    get rows(): readonly SampleRow[] {
      if (last === undefined) return before
      const first = before.length === 0 ? [doublings[0]] : [before[0], before.at(-1)]
      const all = new Set([...first, doublings.at(-2), last])
      return [...all].filter(row => row !== undefined)
    },
    /**
     * Must be called when the target has accepted rows `start` to `end` (exclusive) of a batch.
     * @returns true if the number of accepted rows has doubled; the caller should then record the sample in the journal
     */
    taken(batch: Batch, start: number, end: number): boolean {
      if (isLearned) return false
      const count = end - start
      rows += count
      // A batch that is smaller than the largest may be the last of the run, so one of its rows is kept.
      if (rows < nextKept && count === largest) return false
      largest = Math.max(largest, count)
      nextKept = rows + Math.min(keepEvery, rows * keepShare)
      last = keep(batch, end - 1) ?? last
      if (rows < nextDoubling) return false
      const row = doublings.length === 0 ? keep(batch, start) : last
      if (row === undefined) return false
      nextDoubling = 2 * rows
      doublings.push(row)
      return true
    },
    /** Replaces the sample by rows that are in the table. The sample then stays as it is. */
    learned(rows: readonly SampleRow[]): void {
      before = rows
      doublings = []
      last = undefined
      isLearned = true
    },
    /** Drops the sample, because the rows are lost. */
    clear(): void {
      before = []
      doublings = []
      last = undefined
      rows = nextKept = nextDoubling = 0
    },
  }
}

/** As `SampleRows.taken` keeps them: the values of a row of these columns; undefined if none can be compared. */
export function sampleRow(
  columns: readonly Column[],
  names: readonly string[],
  keys: readonly string[],
  row: number,
): SampleRow | undefined {
  const cells = cellsOf(columns, orderOf(columns, names, []), names, keys, row)
  return cells.some(({ scalar }) => scalar.value !== null) ? cells : undefined
}

/** The values of a row to compare; empty if a key column cannot be compared. */
function cellsOf(
  columns: readonly Column[],
  order: readonly number[],
  names: readonly string[],
  keys: readonly string[],
  row: number,
): SampleRow {
  const cells: SampleCell[] = []
  for (const index of order) {
    const name = names[index]!
    if (keys.length === 0 ? cells.length === mostColumns : !keys.includes(name)) continue
    const scalar = scalarAt(columns[index] as TypedVector, row)
    if (isExact(scalar)) cells.push({ column: name, scalar })
  }
  return cells.length < keys.length ? [] : cells
}

function orderOf(
  columns: readonly Column[],
  names: readonly string[],
  first: readonly string[],
): readonly number[] {
  const ranks = columns.map((column, index) => {
    const { type, array } = columnTypeOf(column)
    const name = names[index]
    return array === true || name === undefined || !isIdentifier(name)
      ? -1
      : comparable.indexOf(type)
  })
  const rank = (index: number): number =>
    first.includes(names[index]!) ? ranks[index]! - comparable.length : ranks[index]!
  return [...ranks.keys()].filter(index => ranks[index]! >= 0).sort((a, b) => rank(a) - rank(b))
}

function isExact({ value }: Scalar): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'string' || (value.length <= longestText && !value.includes('\0'))
}

/** A row in the form of the journal: column, type, scale of a decimal, and the value as text (null for a null). */
export type JournaledRow = readonly (readonly [
  column: string,
  type: string,
  scale: number | null,
  value: string | null,
])[]

export function journaledRow(row: SampleRow): JournaledRow {
  return row.map(({ column, scalar }) => [
    column,
    scalar.type,
    'scale' in scalar ? scalar.scale : null,
    journaledValue(scalar),
  ])
}

function journaledValue({ value }: Scalar): string | null {
  if (value === null) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'object' ? null : String(value)
}

export function rowOfJournal(row: JournaledRow): SampleRow {
  return row.map(([column, type, scale, text]) => {
    const value = text === null ? null : valueOf(type, text)
    return {
      column,
      scalar: { form: 'scalar', type, ...(scale === null ? {} : { scale }), value } as Scalar,
    }
  })
}

const textTypes: ReadonlySet<string> = new Set(['STRING', 'SYMBOL'])
const bytesTypes: ReadonlySet<string> = new Set(['UUID', 'IPADDR', 'INT128'])
const bigTypes = /^(LONG|TIMESTAMP|NANOTIME|NANOTIMESTAMP|DECIMAL\d+)$/

function valueOf(type: string, text: string): unknown {
  if (textTypes.has(type)) return text
  if (type === 'BOOL') return text === 'true'
  if (bytesTypes.has(type)) return new Uint8Array(Buffer.from(text, 'hex'))
  return bigTypes.test(type) ? BigInt(text) : Number(text)
}
