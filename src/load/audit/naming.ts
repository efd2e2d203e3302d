/*
  Names the lines of rows that differ and, if a similar row is stored, the columns.
*/
import type { Batch, RecordLocation } from '../../parse/batch.js'
import { formatElement } from '../../protocol/element.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import { idOf, type Matching, type Rows } from './matching.js'
import type { RowHasher } from './row-hash.js'

/** So many rows of the input are compared with stored rows. */
const mostCompared = 1_000
const mostRanges = 1_000
const mostCharacters = 100

export class Naming {
  readonly lines: AuditResult['lines'] = { missing: [], changed: [], repeated: [] }
  readonly #matching: Matching
  readonly #columns: readonly TargetColumn[]
  /** 1 for the last 16 bits of the id of each stranger. */
  readonly #ends = new Uint8Array(1 << 16)
  /** Cells of rows that only the table has. */
  readonly #strangers: string[][] = []
  #compared = 0
  /** Number of the next row of the input. */
  #next = 0
  #sum = 0

  constructor(matching: Matching, columns: readonly TargetColumn[]) {
    this.#matching = matching
    this.#columns = columns
    for (const id of matching.strangers) this.#ends[id & 0xffff] = 1
  }

  /** Keeps the rows of the table that are to be compared with missing ones. */
  look({ columns, rowCount }: Rows, { a, b }: RowHasher): void {
    const ends = this.#ends
    for (let row = 0; row < rowCount; row++) {
      if (ends[b[row]! & 0xffff] === 0) continue
      if (!this.#matching.strangers.delete(idOf(a[row]!, b[row]!))) continue
      this.#strangers.push(columns.map(column => formatElement(column, row)))
    }
  }

  /**
   * Names the rows of a batch that differ.
   * @param onMissing  gets each row that the table lacks
   * @returns whether no more rows are to be named
   */
  name(
    { columns, rowCount, batch }: Rows,
    hasher: RowHasher,
    onMissing: (batch: Batch, row: number) => void,
  ): boolean {
    let isHashed = false
    const first = this.#next
    this.#next += rowCount
    for (let row = 0; row < rowCount; row++) {
      const outcome = this.#matching.outcomeOf(first + row)
      if (outcome === 'found' || outcome === 'replaced') continue
      if (!isHashed) hasher.hash(columns, rowCount)
      isHashed = true
      this.#sum = (this.#sum + hasher.b[row]!) | 0
      if (outcome === 'missing') onMissing(batch!, row)
      const stored = outcome === 'repeated' ? null : this.#similar(columns, row)
      addLine(this.lines[outcome], batch!.locate(row), stored)
    }
    return this.#next > this.#matching.last
  }

  /** Whether the rows that were named are those that differ. */
  get isRight(): boolean {
    return this.#next > this.#matching.last && this.#sum === this.#matching.sum
  }

  /** Where the stored row that shares the most cells with a row of the input, at least half, differs. */
  #similar(columns: Rows['columns'], row: number): AuditedLines['stored'] {
    if (this.#strangers.length === 0 || this.#compared++ >= mostCompared) return null
    const own = columns.map(column => formatElement(column, row))
    let best: readonly string[] | undefined
    let fewest = (own.length >> 1) + 1
    for (const stranger of this.#strangers) {
      const count = stranger.reduce((sum, text, i) => sum + Number(text !== own[i]), 0)
      if (count < fewest) [best, fewest] = [stranger, count]
    }
    const cells = best?.map((text, i) => ({ column: this.#columns[i]!.name, value: text }))
    const differing = cells?.filter(({ value }, i) => value !== own[i])
    return differing?.map(cell => ({ ...cell, value: cell.value.slice(0, mostCharacters) })) ?? null
  }
}

/** Rows come in the order of the input. */
function addLine(
  lines: AuditedLines[],
  { file, lineNumber: line }: RecordLocation,
  stored: AuditedLines['stored'],
): void {
  const last = lines.at(-1)
  const isNext = last?.file === file && last.lastLine <= line && line <= last.lastLine + 1
  if (isNext && last.stored === null && stored === null) last.lastLine = line
  else if (lines.length < mostRanges) lines.push({ file, firstLine: line, lastLine: line, stored })
}
