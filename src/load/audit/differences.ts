/* The rows that only one side has: finds them part by part, by their hashes, and names their lines and columns when both are read again. */
import type { RecordLocation } from '../../parse/batch.js'
import { formatElement } from '../../protocol/element.js'
import type { AuditedLines, AuditResult } from './audit-result.js'
import type { ComparedTable } from './compared-table.js'
import { idOf, partCount, partOf, type Hashes, type Keeps, type Rows } from './hashes.js'

type Compared = Pick<ComparedTable, 'keeps' | 'columns'>

const outcomes = ['found', 'missing', 'changed', 'repeated'] as const
type Different = Exclude<(typeof outcomes)[number], 'found'>

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
  /** The marks of the rows of each part; none for a part that is equal. */
  readonly #marks: Uint8Array[] = []
  /** The first batch of the input that has rows to be named. */
  first = Infinity
  readonly #batches = new Set<number>()
  /** Number of rows that must still be named, and the sum of their ids. */
  #unnamed = 0
  #sum = 0
  #compared = 0

  constructor(table: Compared) {
    this.#table = table
  }

  /** @param rest  called between two parts, because each takes a while @throws {DdbError} DDB_OUTPUT_WRITE */
  async find(input: Hashes, table: Hashes, rest: () => Promise<void>): Promise<void> {
    const { keeps } = this.#table
    for (let part = 0; part < partCount; part++) {
      const [own, theirs] = [input.sums(part), table.sums(part)]
      if (String(own) === String(theirs)) continue
      const marks = (this.#marks[part] = new Uint8Array(own[0]!))
      if (keeps === 'all') this.#findRows(marks, input.part(part), table.part(part))
      else this.#findKeys(marks, input.part(part), table.part(part), keeps)
      for (const [batch, starts] of input.starts.entries()) {
        const end = input.starts[batch + 1]?.[part] ?? marks.length
        if (!marks.subarray(starts[part], end).some(mark => mark > 0)) continue
        this.first = Math.min(this.first, batch)
        this.#batches.add(batch)
      }
      await rest()
    }
  }

  /** Number of rows of the input that the table lacks, or has with other values. */
  get lacking(): number {
    return this.counts.missing + this.counts.changed
  }

  get areNamed(): boolean {
    return this.#unnamed === 0
  }

  /** Whether the rows that were named are those that were found to differ. */
  get areRight(): boolean {
    return this.areNamed && this.#sum === 0
  }

  #findRows(marks: Uint8Array, own: Float64Array, theirs: Float64Array): void {
    /** Of each row of the input, how many copies the table lacks; below 0 if it has too many. */
    const lacking = new Map<number, number>()
    for (const id of own) lacking.set(id, (lacking.get(id) ?? 0) + 1)
    for (const id of theirs) {
      const copies = lacking.get(id)
      if (copies === undefined) this.#addStranger(id)
      else {
        lacking.set(id, copies - 1)
        if (copies <= 0) this.counts.repeated++
      }
    }
    for (const [row, id] of own.entries()) {
      const copies = lacking.get(id)!
      if (copies === 0) continue
      lacking.set(id, Math.max(0, copies - 1))
      this.#mark(marks, row, copies > 0 ? 'missing' : 'repeated', id)
    }
  }

  #findKeys(marks: Uint8Array, own: Float64Array, theirs: Float64Array, keeps: Keeps): void {
    /** Of each key, the number of the row that counts. */
    const kept = new Map<number, number>()
    for (let row = 0; row < marks.length; row++) {
      const earlier = kept.get(own[2 * row]!)
      if (earlier === undefined || keeps === 'last') kept.set(own[2 * row]!, row)
      if (earlier !== undefined) this.counts.replaced++
    }
    const changed = new Set<number>()
    for (let at = 0; at < theirs.length; at += 2) {
      const row = kept.get(theirs[at]!)
      if (row !== undefined && own[2 * row + 1] === theirs[at + 1]) kept.delete(theirs[at]!)
      else {
        this.#addStranger(theirs[at + 1]!)
        if (row !== undefined) changed.add(row)
      }
    }
    for (const row of kept.values()) {
      this.#mark(marks, row, changed.has(row) ? 'changed' : 'missing', own[2 * row + 1]!)
    }
  }

  #mark(marks: Uint8Array, row: number, outcome: Different, id: number): void {
    marks[row] = outcomes.indexOf(outcome)
    if (outcome !== 'repeated') this.counts[outcome]++
    this.#unnamed++
    this.#sum = (this.#sum + (id | 0)) | 0
  }

  #addStranger(id: number): void {
    if (this.strangers.size < mostCompared) this.strangers.add(id)
  }

  /** Keeps the rows that are to be compared with rows of the input. @param hashes  got these rows last */
  look({ columns, rowCount }: Rows, { whole: { a, b } }: Hashes): void {
    const mayBe = new Uint8Array(2 ** 16)
    for (const id of this.strangers) mayBe[id & 0xffff] = 1
    for (let row = 0; row < rowCount && this.strangers.size > 0; row++) {
      if (mayBe[b[row]! & 0xffff] === 0) continue
      if (!this.strangers.delete(idOf(a[row]!, b[row]!))) continue
      this.#cells.push(columns.map(column => formatElement(column, row)))
    }
  }

  /** Names the rows of a batch that differ. @param number  that of the batch @param input  as for `find` */
  name(
    rows: Rows,
    number: number,
    input: Hashes,
    onRow: (row: number, outcome: Different) => void,
  ): void {
    if (!this.#batches.has(number)) return
    const { a } = input.hash(rows)
    const next = input.starts[number]!.slice()
    const outside = rows.outside?.()
    for (let row = 0; row < rows.rowCount; row++) {
      if (outside?.[row] === 1) continue
      const part = partOf(a[row]!)
      const outcome = outcomes[this.#marks[part]?.[next[part]!++] ?? 0]!
      if (outcome === 'found') continue
      this.#unnamed--
      this.#sum = (this.#sum - input.whole.b[row]!) | 0
      onRow(row, outcome)
      const stored = outcome === 'repeated' ? null : this.#similar(rows.columns, row)
      addLine(this.lines[outcome], rows.batch!.locate(row), stored)
    }
  }

  /** Where the stored row that shares the most cells with a row of the input, at least half, differs. */
  #similar(columns: Rows['columns'], row: number): AuditedLines['stored'] {
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
