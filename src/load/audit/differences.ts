/* The rows that only one side has: finds them part by part, by their hashes, and names their lines and columns when both are read again.
   First which of the table's columns are compared, and what identifies a row there. */
import type { Batch } from '../../parse/batch.js'
import { firstRows, formatElement } from '../../protocol/element.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import { type Hashes, idOf, type Keeps, partCount, partOf } from './hashes.js'
import { DdbError, option, usageError } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { nearestHint } from '../../schema/nearest.js'
import { member, schemaFromServer, type TargetColumn } from '../../schema/target-schema.js'
import type { Run } from '../run.js'
import { neverDecreases } from '../target/describe-target.js'
import { isSameType } from '../target/table-rows.js'
import { hasTransform, tableText, watchedTable } from '../target/target.js'

export type ComparedTable = ReturnType<typeof comparedTable>

/** @throws {UsageError} DDB_USAGE if values cannot be compared @throws {DdbError} DDB_UNPROVEN if it is unclear which rows stay */
export function comparedTable(run: Run, names: readonly string[] | undefined) {
  const { checked, target } = run
  const { state, keyColumns = [], partitionColumns = [], keyed } = target
  const table = watchedTable(checked)
  if (table === undefined || state?.schema === undefined) {
    throw usageError(
      `an audit reads a table: name the one that the function writes to with ${option('target.confirmTable')}`,
    )
  }
  const { schema, total, chunkId, physicalIndex } = state
  const { columns: stored, partition } = schemaFromServer(schema)
  const columns = columnsToCompare(run, stored, names)
  const keys = keyed ? keyColumns.map(key => columns.findIndex(({ name }) => name === key)) : []
  const isByKey = partitionColumns.every(name => keyColumns.includes(name))
  if (keyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst = neverDecreases(total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  const keeps: Keeps = !keyed ? 'all' : keepsFirst ? 'first' : 'last'
  const sent = columns.map(({ name }) => target.columns.findIndex(one => one.name === name))
  return {
    ...{ table, partition },
    /** Identifiers of its storage; null if the server gives none. */
    identity: chunkId === null && physicalIndex === null ? null : `${chunkId}/${physicalIndex}`,
    /** Columns to compare, as the table has them. */
    columns,
    /** Takes these columns from a batch. */
    rowsOf: ({ columns: all, rowCount }: RowsOfColumns): RowsOfColumns => {
      return { rowCount, columns: sent.map(index => all[index]!) }
    },
    /** Those that identify a row, as indexes of `columns`; empty if the table keeps every row. */
    keys,
    keeps,
  }
}

function columnsToCompare(
  { checked, target: { columns: sent } }: Run,
  stored: readonly TargetColumn[],
  names: readonly string[] | undefined,
): readonly TargetColumn[] {
  const refuse = (why: string): never => {
    throw usageError(`${why}: name the columns to compare in ${option('columns')}`)
  }
  if (names === undefined && hasTransform(checked)) {
    refuse(`only columns that ${option('target.transform')} leaves as they are can be compared`)
  }
  if (names?.length === 0) refuse('there is no column to compare')
  const known = stored.map(({ name }) => name)
  return [...new Set(names ?? sent.map(({ name }) => name))].map(name => {
    const [source, column] = [sent, stored].map(all => all.find(one => one.name === name))
    if (names === undefined && column?.sensitive)
      refuse(`"${name}" is a sensitive column, which the server masks for some users`)
    if (source && column && isSameType(source.type, column.type)) return column
    const types = [source, column].map(one => (one ? columnTypeText(one.type) : 'no such column'))
    const hint = nearestHint(name, known)
    return refuse(`column "${name}" is sent as ${types[0]} and stored as ${types[1]}${hint}`)
  })
}

type Compared = Pick<ComparedTable, 'keeps' | 'columns'>

const outcomes = ['found', 'missing', 'changed', 'repeated'] as const

/** So many rows that only the table has are compared with rows of the input, and so many of those with them. */
const mostCompared = 1_000
const mostRanges = 1_000
const mostCharacters = 100

export class Differences {
  /** Numbers of rows of the input; for `repeated`, of rows that the table has too often. */
  readonly counts = { missing: 0, changed: 0, repeated: 0, replaced: 0 }
  readonly lines: AuditResult['lines'] = { missing: [], changed: [], repeated: [] }
  /** Ids of the first rows that only the table has, until their cells are known. */
  readonly strangers = new Set<number>()
  readonly #cells: string[][] = []
  readonly #table: Compared
  readonly #input: Hashes
  /** The marks of the rows of each part; none for a part that is equal. */
  readonly #marks: Uint8Array[] = []
  /** Number of rows that must still be named, and the sum of their ids. */
  #unnamed = 0
  #sum = 0
  #compared = 0

  constructor(table: Compared, input: Hashes) {
    this.#table = table
    this.#input = input
  }

  /** @param rest  called between two parts, because each takes a while @throws {DdbError} DDB_OUTPUT_WRITE */
  async find(table: Hashes, rest: () => Promise<void>): Promise<void> {
    for (let part = 0; part < partCount; part++) {
      if (this.#input.isEqual(table, part)) continue
      this.#marks[part] = this.#match(this.#input.part(part), table.part(part))
      await rest()
    }
  }

  /** Number of rows of the input that the table lacks, or has with other values. */
  get lacking(): number {
    return this.counts.missing + this.counts.changed
  }

  /** Whether all rows that differ were named, and no others. */
  get areNamed(): boolean {
    return this.#unnamed === 0 && this.#sum === 0
  }

  /** @param own  ids of the rows of a part @param theirs  those of the table's rows @returns the marks of the former */
  #match(own: Float64Array, theirs: Float64Array): Uint8Array {
    const { keeps } = this.#table
    const width = keeps === 'all' ? 1 : 2
    const marks = new Uint8Array(own.length / width)
    /** Those that count. */
    const rows = keeps === 'all' ? [...marks.keys()] : keptRows(own, keeps)
    this.counts.replaced += marks.length - rows.length
    const idAt = (row: number): number => own[row * width + width - 1]!
    /** Of each id, how many copies the table lacks; below 0 if it has too many. */
    const lacking = new Map<number, number>()
    for (const row of rows) lacking.set(idAt(row), (lacking.get(idAt(row)) ?? 0) + 1)
    /** Keys that the table has with other values. */
    const changed = new Set<number>()
    for (let at = 0; at < theirs.length; at += width) {
      const id = theirs[at + width - 1]!
      const copies = lacking.get(id)
      if (copies === undefined) {
        if (this.strangers.size < mostCompared) this.strangers.add(id)
        if (keeps !== 'all') changed.add(theirs[at]!)
      } else {
        lacking.set(id, copies - 1)
        if (copies <= 0) this.counts.repeated++
      }
    }
    for (const row of rows) {
      const id = idAt(row)
      const copies = lacking.get(id)!
      if (copies === 0) continue
      lacking.set(id, Math.max(0, copies - 1))
      const lacks = changed.has(own[row * width]!) ? 'changed' : 'missing'
      if (copies > 0) this.counts[lacks]++
      marks[row] = outcomes.indexOf(copies > 0 ? lacks : 'repeated')
      this.#unnamed++
      this.#sum = (this.#sum + (id | 0)) | 0
    }
    return marks
  }

  /** Keeps the rows that are to be compared with rows of the input. @param hashes  got these rows last */
  look({ columns, rowCount }: RowsOfColumns, { whole: { a, b } }: Hashes): void {
    const mayBe = new Uint8Array(2 ** 16)
    for (const id of this.strangers) mayBe[id & 0xffff] = 1
    for (let row = 0; row < rowCount && this.strangers.size > 0; row++) {
      if (mayBe[b[row]! & 0xffff] === 0) continue
      if (!this.strangers.delete(idOf(a[row]!, b[row]!))) continue
      this.#cells.push(columns.map(column => formatElement(column, row)))
    }
  }

  /** Whether a batch of the input has rows to be named. @param number  counts batches from 0 */
  isIn(number: number): boolean {
    const [starts, ends] = this.#input.starts.slice(number, number + 2)
    const areMarked = (marks: Uint8Array, part: number): boolean =>
      marks.subarray(starts![part], ends?.[part]).some(mark => mark > 0)
    return starts !== undefined && this.#marks.some(areMarked)
  }

  /** Names the rows of a batch that differ. @param number  as for `isIn` @param outside  as when they were hashed */
  *name(number: number, batch: Pick<Batch, 'locate'>, rows: RowsOfColumns, outside?: Uint8Array) {
    const { a } = this.#input.hash(rows)
    const { b } = this.#input.whole
    const next = this.#input.starts[number]!.slice()
    const columns = rows.columns.map(column => firstRows(column, rows.rowCount))
    for (let row = 0; row < rows.rowCount; row++) {
      if (outside?.[row] === 1) continue
      const part = partOf(a[row]!)
      const outcome = outcomes[this.#marks[part]?.[next[part]!++] ?? 0]!
      if (outcome === 'found') continue
      this.#unnamed--
      this.#sum = (this.#sum - b[row]!) | 0
      const stored = outcome === 'repeated' ? null : this.#similar(columns, row)
      const { file, lineNumber: line } = batch.locate(row)
      const lines = this.lines[outcome]
      const last = lines.at(-1)
      // Rows come in the order of the input.
      const isNext = last?.file === file && last.lastLine <= line && line <= last.lastLine + 1
      if (isNext && last.stored === null && stored === null) last.lastLine = line
      else if (lines.length < mostRanges)
        lines.push({ file, firstLine: line, lastLine: line, stored })
      yield { row, outcome }
    }
  }

  /** Where the stored row that shares the most cells with a row of the input, at least half, differs. */
  #similar(columns: RowsOfColumns['columns'], row: number): AuditedLines['stored'] {
    if (this.#cells.length === 0 || this.#compared++ >= mostCompared) return null
    const own = columns.map(column => formatElement(column, row))
    let best: readonly string[] | undefined
    let fewest = (own.length >> 1) + 1
    for (const stranger of this.#cells) {
      const count = stranger.reduce((sum, text, i) => sum + Number(text !== own[i]), 0)
      if (count < fewest) [best, fewest] = [stranger, count]
    }
    const differing = best?.flatMap((text, i) => {
      const column = this.#table.columns[i]!.name
      return text === own[i] ? [] : [{ column, value: text.slice(0, mostCharacters) }]
    })
    return differing ?? null
  }
}

/** Of each key, the number of the row that the table keeps. @param ids  of the key and of the row, for each row */
function keptRows(ids: Float64Array, keeps: Exclude<Keeps, 'all'>): number[] {
  const kept = new Map<number, number>()
  for (let row = 0; 2 * row < ids.length; row++) {
    if (keeps === 'last' || !kept.has(ids[2 * row]!)) kept.set(ids[2 * row]!, row)
  }
  return [...kept.values()]
}
