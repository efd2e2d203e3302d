/*
  Compares rows one by one, and names the lines of those that differ and, if a similar row is stored, the columns.
*/
import type { Batch, RecordLocation } from '../../parse/batch.js'
import { formatElement, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import type { Compared } from './compared.js'
import type { RowHasher } from './row-hash.js'
import {
  eachChosen,
  KeptRows,
  type HashedRows,
  type RowSums,
  type Single,
  type Struck,
} from './row-sets.js'

/** Each of so many rows of the input is compared with each of so many stored rows. */
const mostCompared = 1_000
const mostRanges = 1_000
const mostCharacters = 100

/** Rows of a batch or of an answer. */
export interface Block extends HashedRows {
  readonly columns: readonly Column[]
}

/** A stored row that is not in the input. */
interface Stranger {
  readonly cells: Int32Array
  readonly texts: readonly string[]
}

export class Differences {
  /** Whether the input must be read to know its rows in the chosen buckets. */
  readonly needsInput: boolean
  readonly #chosen: Uint8Array
  readonly #compared: Compared
  readonly #hasher: RowHasher
  readonly #singles: Map<number, Single> | undefined
  readonly #kept: KeptRows
  #strangers: Stranger[] = []
  /** Hashes of rows that may be more often in the table than in the input. */
  readonly #repeated = new Set<number>()
  #comparedRows = 0

  /**
   * @param input  sums of the input
   * @param table  sums of the table; undefined if they cannot be compared
   * @param hasher  hashes single cells
   */
  constructor(
    chosen: Uint8Array,
    [input, table]: readonly [RowSums, RowSums | undefined],
    compared: Compared,
    hasher: RowHasher,
  ) {
    this.#chosen = chosen
    this.#compared = compared
    this.#hasher = hasher
    this.#singles = table && input.singles(table, chosen)
    this.needsInput = this.#singles === undefined
    this.#kept = new KeptRows(chosen, this.#singles ? chosen : input.counts, compared.keeps)
    this.#singles?.forEach(
      ({ isOwn, bits }, bucket) => isOwn && this.#kept.keep(bucket, bits, bits),
    )
  }

  /** Keeps the input's rows. */
  keep(block: Block): void {
    eachChosen(block, this.#chosen, (_, ...hash) => this.#kept.keep(...hash))
  }

  /** Must be called after the last row was kept. */
  sort(): void {
    this.#kept.sort()
    if (this.open > 0) return
    this.#singles?.forEach(({ bits }) => this.#repeated.add(bits))
  }

  /** Number of rows of the input that the table lacks, or has with other values. */
  get open(): number {
    return this.#kept.open
  }

  /** Whether no row is left to be named. */
  get isDone(): boolean {
    return this.open === 0 && this.#repeated.size === 0
  }

  /** Forgets the table's rows, before they are read again. */
  reopen(): void {
    this.#kept.reopen()
    this.#repeated.clear()
    this.#strangers = []
  }

  /** Strikes the table's rows out of the input's. */
  strike(block: Block): void {
    eachChosen(block, this.#chosen, (row, bucket, whole, key) => {
      const struck = this.#strike(bucket, whole, key)
      if (struck === 'other' && this.#strangers.length < mostCompared) {
        this.#addStranger(block.columns, row)
      } else if (struck === 'repeated' && this.#repeated.size < mostRanges) {
        this.#repeated.add(whole)
      }
    })
  }

  #strike(bucket: number, whole: number, key: number): Struck {
    const single = this.#singles?.get(bucket)
    if (single === undefined) return this.#kept.strike(bucket, whole, key)
    return !single.isOwn && single.bits === whole ? 'other' : 'found'
  }

  /** Counts what is known before the rows are named. */
  tell({ rows }: AuditResult): void {
    const isUnknown = this.#singles !== undefined && this.open > 0
    rows.missing ??= 0
    rows.changed ??= 0
    rows.replaced += this.#kept.replaced
    rows.repeated = isUnknown ? null : (rows.repeated ?? 0) + this.#kept.repeated
  }

  /**
   * Names the rows of a batch that differ.
   * @param onMissing  gets each row that the table lacks
   */
  name(block: Block, batch: Batch, result: AuditResult, onMissing: (row: number) => void): void {
    eachChosen(block, this.#chosen, (row, bucket, whole, key) => {
      const isOpen = this.#kept.take(bucket, whole) === 'found'
      if (!isOpen && !this.#repeated.delete(whole)) return
      const isChanged = isOpen && this.#kept.isChanged(bucket, key)
      const kind = isChanged ? 'changed' : isOpen ? 'missing' : 'repeated'
      if (isOpen || this.#singles !== undefined) result.rows[kind]!++
      if (kind === 'missing') onMissing(row)
      const stored = isOpen ? this.#similar(block.columns, row, isChanged) : null
      addLine(result.lines[kind], batch.locate(row), stored)
    })
  }

  #addStranger(columns: readonly Column[], row: number): void {
    const texts = columns.map(column => formatElement(column, row).slice(0, mostCharacters))
    this.#strangers.push({ cells: this.#cellsOf(columns, row), texts })
  }

  /** The stored row that shares the most cells with a row of the input, at least half of them. */
  #similar(columns: readonly Column[], row: number, isChanged: boolean): AuditedLines['stored'] {
    if (this.#strangers.length === 0 || this.#comparedRows++ >= mostCompared) return null
    const { keys } = this.#compared
    const own = this.#cellsOf(columns, row)
    let best: Stranger | undefined
    let bestCount = (own.length - 1) >> 1
    for (const stranger of this.#strangers) {
      const { cells } = stranger
      if (keys.length > 0 && keys.every(key => cells[key] === own[key]) !== isChanged) continue
      const count = cells.reduce((sum, cell, i) => sum + Number(cell === own[i]), 0)
      if (count > bestCount) [best, bestCount] = [stranger, count]
    }
    if (best === undefined) return null
    const { cells, texts } = best
    return this.#compared.columns.flatMap(({ name: column }, i) =>
      cells[i] === own[i] ? [] : [{ column, value: texts[i]! }],
    )
  }

  #cellsOf(columns: readonly Column[], row: number): Int32Array {
    return Int32Array.from(columns, column => {
      this.#hasher.hash([takeRows(column, Int32Array.of(row))], 1)
      return this.#hasher.b[0]!
    })
  }
}

/** Rows come in the order of the input. */
function addLine(
  lines: AuditedLines[],
  { file, lineNumber: line }: RecordLocation,
  stored: AuditedLines['stored'],
): void {
  const last = lines.at(-1)
  const follows =
    last?.file === file &&
    last.stored === null &&
    last.lastLine <= line &&
    line <= last.lastLine + 1
  if (follows && stored === null) last.lastLine = line
  else if (lines.length < mostRanges) lines.push({ file, firstLine: line, lastLine: line, stored })
}
