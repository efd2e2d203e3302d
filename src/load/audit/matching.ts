/*
  The hashes of the rows of the input and of the table, in little memory, and which of them only one side has. They are divided by their
  first bits into parts, which go to a temporary file once they are too many; then each part is compared by itself.
*/
import { DdbError, messageOf } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { ScratchFile } from '../../platform/platform.js'
import type { Column } from '../../protocol/value.js'
import { RowHasher } from './row-hash.js'

/** Rows of the input or of the table. */
export interface Rows {
  readonly rowCount: number
  readonly columns: readonly Column[]
  /** 1 for each row that no partition takes. */
  readonly outside?: Uint8Array | undefined
  /** Set for rows of the input. */
  readonly batch?: Batch
}

/** Reads the rows of the input or of the table. @param take  returns true if it needs no more rows of the input */
export type Side = (take: (rows: Rows) => boolean | void) => Promise<void>

const partBits = 8
const partCount = 1 << partBits
/** Numbers of a part in memory: a multiple of the numbers of a row, which are one to three. */
const bufferLength = 6 * 341

/** The bits of a hash that its part does not show, except three. */
export const idOf = (a: number, b: number): number => ((a << partBits) >>> 11) * 2 ** 32 + (b >>> 0)

/** The hashes of the rows of one side. */
export class Hashes {
  /** Number of all rows, including those outside. */
  total = 0
  readonly #whole: RowHasher
  readonly #ofKeys: RowHasher
  readonly #keys: readonly number[]
  readonly #scratch: ScratchFile | undefined
  /** Of each part: number of rows, and sums of both halves of their hashes. */
  readonly #sums = new Int32Array(3 * partCount)
  /** Of each row: the id of its key or, without keys, its own; its own if it has a key; its number if it is of the input. */
  readonly #buffers = new Float64Array(partCount * bufferLength)
  readonly #filled = new Int32Array(partCount)
  /** Where each part is in the file. */
  readonly #places: readonly number[][] = Array.from({ length: partCount }, () => [])

  /**
   * @param keys  indexes of the columns that identify a row; empty if all do
   * @param scratch  undefined if only the digest is wanted
   */
  constructor(key: Int32Array, keys: readonly number[], scratch?: ScratchFile) {
    this.#whole = new RowHasher(key)
    this.#ofKeys = new RowHasher(key)
    this.#keys = keys
    this.#scratch = scratch
  }

  /** @returns the hashes of the rows @throws {DdbError} DDB_OUTPUT_WRITE */
  add({ columns, rowCount, outside, batch }: Rows): RowHasher {
    const [whole, isKeyed] = [this.#whole.hash(columns, rowCount), this.#keys.length > 0]
    const keyColumns = this.#keys.map(index => columns[index]!)
    const { a, b } = isKeyed ? this.#ofKeys.hash(keyColumns, rowCount) : whole
    const { a: wholeA, b: wholeB } = whole
    const [sums, buffers, filled] = [this.#sums, this.#buffers, this.#filled]
    for (let row = 0; row < rowCount; row++) {
      if (outside?.[row] === 1) continue
      const part = a[row]! >>> (32 - partBits)
      sums[3 * part]!++
      sums[3 * part + 1]! += wholeA[row]!
      sums[3 * part + 2]! += wholeB[row]!
      if (this.#scratch === undefined) continue
      if (filled[part] === bufferLength) this.#write(part)
      const start = part * bufferLength
      let at = start + filled[part]!
      buffers[at++] = idOf(a[row]!, b[row]!)
      if (isKeyed) buffers[at++] = idOf(wholeA[row]!, wholeB[row]!)
      if (batch !== undefined) buffers[at++] = this.total + row
      filled[part] = at - start
    }
    this.total += rowCount
    return whole
  }

  /** Number of rows that are not outside, and sums of both halves of their hashes: equal for equal rows in any order. @param part  default: all */
  sums(part?: number): Float64Array {
    const sums = new Float64Array(3)
    const chosen = part === undefined ? this.#sums : this.#sums.subarray(3 * part, 3 * part + 3)
    chosen.forEach((sum, at) => (sums[at % 3]! += sum))
    return sums
  }

  get count(): number {
    return this.sums()[0]!
  }

  get digest(): string {
    return this.sums().join()
  }

  /** The numbers of a part, in the order of its rows. @throws {DdbError} DDB_OUTPUT_WRITE */
  part(part: number): Float64Array {
    const places = this.#places[part]!
    const all = new Float64Array(places.length * bufferLength + this.#filled[part]!)
    for (const [i, place] of places.entries()) {
      const piece = all.subarray(i * bufferLength, (i + 1) * bufferLength)
      guarded(() => this.#scratch!.read(bytesOf(piece), place))
    }
    const buffer = this.#bufferOf(part).subarray(0, this.#filled[part])
    all.set(buffer, all.length - buffer.length)
    return all
  }

  #bufferOf(part: number): Float64Array {
    return this.#buffers.subarray(part * bufferLength, (part + 1) * bufferLength)
  }

  #write(part: number): void {
    const place = guarded(() => this.#scratch!.write(bytesOf(this.#bufferOf(part))))
    this.#places[part]!.push(place)
    this.#filled[part] = 0
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

function guarded<T>(act: () => T): T {
  try {
    return act()
  } catch (cause) {
    const message = `a temporary file failed (${messageOf(cause)}): name a folder with more room in TMPDIR`
    throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
  }
}

/** Which of the rows with the same key a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

/** What became of a row of the input; its index is the row's mark. */
const outcomes = ['found', 'missing', 'changed', 'repeated', 'replaced'] as const
type Outcome = (typeof outcomes)[number]

/** Rows of the table to remember that the input does not have. */
const mostStrangers = 1_000

export class Matching {
  /** Numbers of rows of the input; for `repeated`, of rows that the table has too often. */
  readonly counts = { found: 0, missing: 0, changed: 0, repeated: 0, replaced: 0 }
  /** Ids of the first rows that only the table has. */
  readonly strangers = new Set<number>()
  /** The last row to be named; -1 if there is none. */
  last = -1
  /** Sum of the ids of all rows to be named. */
  sum = 0
  /** The mark of each row of the input. */
  readonly #marks: Uint8Array

  /** @param rows  number of rows of the input */
  constructor(rows: number) {
    this.#marks = new Uint8Array(rows)
  }

  /** @param rest  called between two parts, because each takes a while @throws {DdbError} DDB_OUTPUT_WRITE */
  async match(
    input: Hashes,
    table: Hashes,
    keeps: Keeps,
    rest: () => Promise<void>,
  ): Promise<void> {
    for (let part = 0; part < partCount; part++) {
      if (keeps !== 'all') this.#matchKeys(input.part(part), table.part(part), keeps)
      else if (String(input.sums(part)) !== String(table.sums(part))) {
        this.#matchRows(input.part(part), table.part(part))
      } else continue
      await rest()
    }
  }

  /** Number of rows of the input that the table lacks, or has with other values. */
  get lacking(): number {
    return this.counts.missing + this.counts.changed
  }

  outcomeOf(row: number): Outcome {
    return outcomes[this.#marks[row] ?? 0]!
  }

  #mark(row: number, outcome: Outcome, id: number): void {
    this.#marks[row] = outcomes.indexOf(outcome)
    if (outcome === 'replaced') return
    this.last = Math.max(this.last, row)
    this.sum = (this.sum + (id | 0)) | 0
  }

  #addStranger(id: number): void {
    if (this.strangers.size < mostStrangers) this.strangers.add(id)
  }

  #matchRows(own: Float64Array, theirs: Float64Array): void {
    const [ids, others] = [own.filter((_, at) => at % 2 === 0).sort(), theirs.sort()]
    /** How many copies of a row the table lacks; 0 if it has too many. */
    const different = new Map<number, number>()
    for (let i = 0, j = 0; i < ids.length || j < others.length;) {
      const [id, other] = [ids[i] ?? Infinity, others[j] ?? Infinity]
      if (id <= other) i++
      if (id >= other) j++
      if (id < other) different.set(id, (different.get(id) ?? 0) + 1)
      else if (id === other) continue
      else if (ids[i - 1] !== other) this.#addStranger(other)
      else {
        different.set(other, 0)
        this.counts.repeated++
      }
    }
    for (let at = 0; different.size > 0 && at < own.length; at += 2) {
      const id = own[at]!
      const copies = different.get(id)
      if (copies === undefined) continue
      if (copies > 1) different.set(id, copies - 1)
      else different.delete(id)
      if (copies > 0) this.counts.missing++
      this.#mark(own[at + 1]!, copies > 0 ? 'missing' : 'repeated', id)
    }
  }

  #matchKeys(own: Float64Array, theirs: Float64Array, keeps: Keeps): void {
    /** Of each key, where the row is that counts. */
    const kept = new Map<number, number>()
    for (let at = 0; at < own.length; at += 3) {
      const earlier = kept.get(own[at]!)
      if (earlier === undefined || keeps === 'last') kept.set(own[at]!, at)
      if (earlier === undefined) continue
      this.#mark(own[(keeps === 'last' ? earlier : at) + 2]!, 'replaced', 0)
      this.counts.replaced++
    }
    const changed = new Set<number>()
    for (let at = 0; at < theirs.length; at += 2) {
      const place = kept.get(theirs[at]!)
      if (place !== undefined && own[place + 1] === theirs[at + 1]) kept.delete(theirs[at]!)
      else {
        this.#addStranger(theirs[at + 1]!)
        if (place !== undefined) changed.add(place)
      }
    }
    for (const place of kept.values()) {
      const outcome = changed.has(place) ? 'changed' : 'missing'
      this.counts[outcome]++
      this.#mark(own[place + 2]!, outcome, own[place + 1]!)
    }
  }
}
