/*
  Compares rows one by one, and names the lines and, if a similar row is stored, the columns that differ.
*/
import type { Batch } from '../../parse/batch.js'
import { formatElement } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import type { RowHasher } from './row-hash.js'
import type { HashedRows, KeptRows } from './row-sets.js'

/** Rows of a batch or of an answer. */
export interface Block {
  readonly columns: readonly Column[]
  readonly rowCount: number
  readonly hashed: HashedRows
}

/** Hashes of single cells are kept only for so few rows. */
const mostCellRows = 50_000
const mostStrangers = 1_000
const mostRanges = 1_000
const mostCharacters = 100

/** A stored row that is not in the input. */
interface Stranger {
  /** The row of the input with the same key; −1 if rows have no key. */
  readonly ordinal: number
  readonly cells: Int32Array
  readonly texts: readonly string[]
}

export class Differences {
  #repeated = 0
  readonly #repeatedOrdinals = new Set<number>()
  readonly #kept: KeptRows
  readonly #names: readonly string[]
  readonly #hasher: RowHasher
  /** Hashes of the cells of kept rows, by ordinal. */
  readonly #cells = new Map<number, Int32Array>()
  #strangers: Stranger[] = []

  /** @param hasher  hashes single columns */
  constructor(kept: KeptRows, names: readonly string[], hasher: RowHasher) {
    this.#kept = kept
    this.#names = names
    this.#hasher = hasher
  }

  /** Keeps the input's rows. @param outside  1 for each row that no partition takes */
  keep(block: Block, batch: Batch, outside: Uint8Array | undefined): void {
    const chosen: [row: number, ordinal: number][] = []
    for (let row = 0; row < block.rowCount; row++) {
      if (outside?.[row] === 1 || !this.#kept.isChosen(block.hashed, row)) continue
      const { file, lineNumber } = batch.locate(row)
      chosen.push([row, this.#kept.keep(block.hashed, row, file, lineNumber)])
    }
    if (this.#kept.size > mostCellRows || chosen.length === 0) return
    const cells = this.#cellsOf(
      block,
      chosen.map(([row]) => row),
    )
    for (const [i, [, ordinal]] of chosen.entries()) this.#cells.set(ordinal, cells[i]!)
  }

  /** Strikes the table's rows out of the input's. */
  strike(block: Block): void {
    const strange: [row: number, ordinal: number][] = []
    for (let row = 0; row < block.rowCount; row++) {
      if (!this.#kept.isChosen(block.hashed, row)) continue
      const struck = this.#kept.strike(block.hashed, row)
      const ordinal = this.#kept.struckOrdinal
      if (struck === 'repeated') {
        this.#repeated++
        if (this.#repeatedOrdinals.size < mostRanges) this.#repeatedOrdinals.add(ordinal)
      } else if (struck !== 'found' && this.#strangers.length + strange.length < mostStrangers) {
        strange.push([row, ordinal])
      }
    }
    if (this.#cells.size === 0 || strange.length === 0) return
    const cells = this.#cellsOf(
      block,
      strange.map(([row]) => row),
    )
    for (const [i, [row, ordinal]] of strange.entries()) {
      const texts = block.columns.map(column => formatElement(column, row).slice(0, mostCharacters))
      this.#strangers.push({ ordinal, cells: cells[i]!, texts })
    }
  }

  /** Forgets the table's rows, before they are read again. */
  reopen(): void {
    this.#kept.reopen()
    this.#repeated = 0
    this.#repeatedOrdinals.clear()
    this.#strangers = []
  }

  tell({ rows, lines }: AuditResult): void {
    const [missing, changed] = [this.#kept.missing(), this.#kept.changed()]
    rows.missing = (rows.missing ?? 0) + missing.length
    rows.changed = (rows.changed ?? 0) + changed.length
    rows.repeated = (rows.repeated ?? 0) + this.#repeated
    rows.replaced += this.#kept.replaced
    this.#addLines(lines.missing, missing, ordinal => this.#similar(ordinal, -1))
    this.#addLines(lines.changed, changed, ordinal => this.#similar(ordinal, ordinal))
    this.#addLines(lines.repeated, Uint32Array.from(this.#repeatedOrdinals).sort(), () => null)
  }

  #addLines(
    lines: AuditedLines[],
    ordinals: Uint32Array,
    storedOf: (ordinal: number) => AuditedLines['stored'],
  ): void {
    for (const ordinal of ordinals) {
      const { file, line } = this.#kept.rowOf(ordinal)
      const stored = storedOf(ordinal)
      const last = lines.at(-1)
      const isNext = last?.file === file && last.stored === null && last.lastLine + 1 >= line
      if (isNext && stored === null && last.lastLine <= line) last.lastLine = line
      else if (lines.length === mostRanges) return
      else lines.push({ file, firstLine: line, lastLine: line, stored })
    }
  }

  /** The stored row that shares the most cells with a row of the input, at least half of them. */
  #similar(ordinal: number, strangerOrdinal: number): AuditedLines['stored'] {
    const own = this.#cells.get(ordinal)
    if (own === undefined) return null
    let best: Stranger | undefined
    let bestCount = (own.length - 1) >> 1
    for (const stranger of this.#strangers) {
      if (stranger.ordinal !== strangerOrdinal) continue
      const count = stranger.cells.reduce((sum, cell, i) => sum + Number(cell === own[i]), 0)
      if (count > bestCount) [best, bestCount] = [stranger, count]
    }
    if (best === undefined) return null
    const { cells, texts } = best
    return this.#names.flatMap((column, i) =>
      cells[i] === own[i] ? [] : [{ column, value: texts[i]! }],
    )
  }

  /** Hashes each cell of the rows. */
  #cellsOf({ columns, rowCount }: Block, rows: readonly number[]): Int32Array[] {
    const cells = rows.map(() => new Int32Array(columns.length))
    for (const [i, column] of columns.entries()) {
      this.#hasher.hash([column], rowCount)
      for (const [at, row] of rows.entries()) cells[at]![i] = this.#hasher.hashes.b[row]!
    }
    return cells
  }
}
