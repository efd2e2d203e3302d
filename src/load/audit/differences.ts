/*
  Compares rows one by one, and names the lines of those that differ and, if a similar row is stored, the columns.
*/
import type { Batch, RecordLocation } from '../../parse/batch.js'
import { formatElement, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import type { Compared } from './compared.js'
import { RowHasher } from './row-hash.js'
import { eachChosen, KeptHashes, rowBits, type HashedRows, type RowSums } from './row-sets.js'

/** Each of so many rows of the input is compared with each of so many stored rows. */
const mostCompared = 1_000
const mostRanges = 1_000
const mostCharacters = 100

/** Rows of a batch or of an answer. */
export interface Block extends HashedRows {
  readonly columns: readonly Column[]
}

/**
 * @param keys  as in `Compared`
 * @returns a function that hashes rows; each block is valid until the next
 */
export function blockHasher(
  key: Int32Array,
  keys: readonly number[],
): (columns: readonly Column[], rowCount: number, outside?: Uint8Array) => Block {
  const [whole, ofKeys] = [new RowHasher(key), new RowHasher(key)]
  const identity = keys.length > 0 ? ofKeys : whole
  return (columns, rowCount, outside) => {
    const keyColumns = keys.map(index => columns[index]!)
    whole.hash(columns, rowCount)
    if (identity === ofKeys) ofKeys.hash(keyColumns, rowCount)
    return { columns, rowCount, outside, whole, identity }
  }
}

/** A stored row that is not in the input. */
interface Stranger {
  readonly cells: Int32Array
  readonly texts: readonly string[]
}

export class Differences {
  /** Whether the input and the table must be read to compare their rows in the chosen buckets. */
  readonly needsRows: boolean
  readonly #chosen: Uint8Array
  readonly #compared: Compared
  readonly #hasher: RowHasher
  readonly #wholes: KeptHashes
  /** Undefined if the table keeps every row. */
  readonly #keys: KeptHashes | undefined
  /** Hashes of rows that the input may have as well, but less often. */
  #repeated = new Set<number>()
  #replaced = 0
  readonly #named = { missing: 0, changed: 0, repeated: 0 }
  readonly #strangers: Stranger[] = []
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
    const singles = table && input.singles(table, chosen)
    this.needsRows = singles === undefined
    const most = (bucket: number): number => (singles ? 1 : input.rowsIn(bucket))
    this.#wholes = new KeptHashes(chosen, most)
    this.#keys = compared.keeps === 'all' ? undefined : new KeptHashes(chosen, most)
    for (const { bucket, bits, isOwn } of singles ?? []) {
      if (isOwn) this.#wholes.add(bucket, bits)
      else this.#wholes.strange.add(bits)
    }
    if (singles === undefined) return
    this.#wholes.sort()
    if (this.open === 0) this.#repeated = this.#wholes.strange
  }

  /** Keeps the input's rows. */
  keep(block: Block): void {
    eachChosen(block, this.#chosen, (row, bucket) => {
      this.#wholes.add(bucket, rowBits(block.whole, row))
      this.#keys?.add(bucket, rowBits(block.identity, row))
    })
  }

  /** Must be called after the last row was kept. */
  sort(): void {
    if (this.#keys) this.#replaced = this.#wholes.leaveOne(this.#keys, this.#compared.keeps)
    this.#wholes.sort()
    this.#keys?.sort()
  }

  /** Strikes the table's rows out of the input's. */
  strike(block: Block): void {
    eachChosen(block, this.#chosen, (row, bucket) => {
      this.#wholes.collect(bucket, rowBits(block.whole, row))
      this.#keys?.collect(bucket, rowBits(block.identity, row))
    })
  }

  /** Must be called after the last row of the table. */
  endStrikes(): void {
    this.#wholes.strikeCollected()
    this.#keys?.strikeCollected()
    this.#repeated = this.#wholes.repeated
  }

  /** Number of rows of the input that the table lacks, or has with other values. */
  get open(): number {
    return this.#wholes.open
  }

  /** Whether no row is left to be named. */
  get isDone(): boolean {
    return this.open === 0 && this.#repeated.size === 0
  }

  /** Keeps rows of the table that the input does not have. */
  addStrangers(block: Block): void {
    eachChosen(block, this.#chosen, row => {
      const whole = rowBits(block.whole, row)
      if (this.#strangers.length === mostCompared || !this.#wholes.strange.has(whole)) return
      const texts = block.columns.map(column => formatElement(column, row).slice(0, mostCharacters))
      this.#strangers.push({ cells: this.#cellsOf(block.columns, row), texts })
    })
  }

  /**
   * Names the rows of a batch that differ.
   * @param onMissing  gets each row that the table lacks
   */
  name(
    block: Block,
    batch: Batch,
    lines: AuditResult['lines'],
    onMissing: (row: number) => void,
  ): void {
    eachChosen(block, this.#chosen, (row, bucket) => {
      const whole = rowBits(block.whole, row)
      const isOpen = this.#wholes.strike(bucket, whole)
      if (!isOpen && !this.#repeated.delete(whole)) return
      const isChanged =
        isOpen && this.#keys?.isStruck(bucket, rowBits(block.identity, row)) === true
      const kind = isChanged ? 'changed' : isOpen ? 'missing' : 'repeated'
      this.#named[kind]++
      if (kind === 'missing') onMissing(row)
      const stored = isOpen ? this.#similar(block.columns, row, isChanged) : null
      addLine(lines[kind], batch.locate(row), stored)
    })
  }

  /** Adds the numbers of rows to a result. Must be called after the last row was named. */
  tell({ rows }: AuditResult): void {
    const { missing, changed, repeated } = this.#named
    const isUnknown = !this.needsRows && missing > 0
    rows.missing = (rows.missing ?? 0) + missing
    rows.changed = (rows.changed ?? 0) + changed
    rows.replaced += this.#replaced
    const found = this.needsRows ? this.#wholes.repeatedRows : repeated
    rows.repeated = isUnknown ? null : (rows.repeated ?? 0) + found
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
