/*
  Splits a sample into records by a dialect that is being tried. Refuses nothing, but shows how well the dialect fits.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed, nextLine } from '../line-ends.js'
import { RecordWalk, type TriedDialect } from './record-walk.js'

const maxQuotedBytes = 65_536

/** How many records to examine if every one counts. */
export const lookedAtRecords = 1000

/** Steps from record to record. */
export class SampleRecords extends RecordWalk {
  readonly #buffer: Buffer
  readonly #comment: Uint8Array
  /** Position of the next record. */
  #at: number

  /**
   * @param from  where the first record may begin
   * @param isWhole  true if the input ends with the sample
   */
  constructor(bytes: Uint8Array, from: number, isWhole: boolean, dialect: TriedDialect) {
    super(dialect, { maxQuotedBytes, rereadsFields: true })
    this.bytes = bytes
    this.end = bytes.length
    this.limit = bytes.length
    this.isWhole = isWhole
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#comment = new TextEncoder().encode(dialect.comment)
    this.#at = from
  }

  /** Moves to the next complete record. Returns false if there is none. */
  nextRecord(): boolean {
    this.#passOtherLines()
    const isFound = this.#at < this.end && this.walk(this.#at)
    if (isFound) this.#at = this.next
    return isFound
  }

  /** Steps over the next complete records, at most so many. */
  *first(count: number): Generator<this, void, void> {
    for (let left = count; left > 0 && this.nextRecord(); left--) yield this
  }

  /** The text of a field, with one character per byte. */
  text(field: number): string {
    return this.#buffer.toString('latin1', this.starts[field], this.ends[field])
  }

  #passOtherLines(): void {
    const { bytes } = this
    for (;;) {
      const c = bytes[this.#at]
      if (c === lineFeed || c === carriageReturn) this.#at++
      else if (this.#comment.length > 0 && isAt(this.#comment, bytes, this.#at)) {
        this.walkLine(this.#at)
        this.#at = this.next
      } else return
    }
  }
}

/** Position after the first `count` lines. */
export function afterLines(bytes: Uint8Array, count: number): number {
  let p = 0
  for (let left = count; left > 0 && p >= 0; left--) p = nextLine(bytes, p, bytes.length)
  return p < 0 ? bytes.length : p
}

/** The delimiter in a first line `sep=;`, which spreadsheets write and read. */
export function separatorLine(bytes: Uint8Array): string | undefined {
  const line = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  return /^sep=([^\r\n])(?:[\r\n]|$)/i.exec(line)?.[1]
}

/** Fields without a name that are empty in the records after the header. */
export function emptyFields(names: readonly string[], records: SampleRecords): number[] {
  let empty = [...names.keys()].filter(field => names[field] === '')
  records.nextRecord()
  for (const { fieldCount } of records.first(empty.length === 0 ? 0 : lookedAtRecords)) {
    empty = empty.filter(field => field >= fieldCount || records.cell(field).length === 0)
  }
  return empty
}

/** The most common of the numbers from `least` on, and how often it occurs; `[1, 0]` if there is none. */
export function mostCommon(numbers: readonly number[], least = 1): readonly [number, number] {
  const counts = new Map<number, number>()
  for (const one of numbers) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].reduce(
    (most, next) => (next[0] >= least && next[1] > most[1] ? next : most),
    [1, 0],
  )
}
