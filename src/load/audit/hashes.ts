/* Hashes of the rows of one side, in little memory: divided by their first bits into parts, which go to a temporary file. */
import { DdbError, messageOf } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { ScratchFile } from '../../platform/platform.js'
import type { Column } from '../../protocol/value.js'
import { RowHasher } from '../target/row-hash.js'

export interface Rows {
  readonly rowCount: number
  readonly columns: readonly Column[]
  /** Marks rows that are not to be compared with 1. */
  readonly outside?: () => Uint8Array | undefined
  readonly batch?: Batch
}

/** Which of the rows with the same key a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

const partBits = 8
export const partCount = 1 << partBits
const bufferLength = 1024

export const partOf = (a: number): number => a >>> (32 - partBits)

/** The bits of a hash that its part does not show, except three. */
export const idOf = (a: number, b: number): number => ((a << partBits) >>> 11) * 2 ** 32 + (b >>> 0)

export class Hashes {
  /** Number of all rows, including those that are not compared. */
  total = 0
  /** Hashes of the rows that were hashed last. */
  readonly whole: RowHasher
  readonly #ofKeys: RowHasher
  readonly #keys: readonly number[]
  readonly #scratch: ScratchFile | undefined
  /** Of each part: number of rows, and sums of both halves of their hashes. */
  readonly #sums = new Int32Array(3 * partCount)
  /** For each time rows were added: how many rows each part had before. */
  readonly starts: Int32Array[] = []
  /** Of each row: the id of its key, if it has one, and its own. */
  readonly #buffers: Float64Array
  readonly #filled = new Int32Array(partCount)
  readonly #places: readonly number[][] = Array.from({ length: partCount }, () => [])

  /** @param keys  indexes of the columns that identify a row; empty if all do @param scratch  undefined if sums of all rows suffice */
  constructor(key: Int32Array, keys: readonly number[], scratch?: ScratchFile) {
    this.whole = new RowHasher(key)
    this.#ofKeys = keys.length === 0 ? this.whole : new RowHasher(key)
    this.#keys = keys
    this.#scratch = scratch
    this.#buffers = new Float64Array(scratch === undefined ? 0 : partCount * bufferLength)
  }

  /** @returns hashes of what identifies each row: its part is their first bits */
  hash({ columns, rowCount }: Rows): RowHasher {
    this.whole.hash(columns, rowCount)
    if (this.#keys.length === 0) return this.whole
    return this.#ofKeys.hash(
      this.#keys.map(index => columns[index]!),
      rowCount,
    )
  }

  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  add(rows: Rows): void {
    const { rowCount } = rows
    this.total += rowCount
    const [sums, buffers, filled] = [this.#sums, this.#buffers, this.#filled]
    const isKept = this.#scratch !== undefined
    const outside = rows.outside?.()
    const { a, b } = this.hash(rows)
    const { a: wholeA, b: wholeB } = this.whole
    const hasKeys = this.#keys.length > 0
    this.starts.push(Int32Array.from({ length: partCount }, (_, part) => sums[3 * part]!))
    for (let row = 0; row < rowCount; row++) {
      if (outside?.[row] === 1) continue
      const part = partOf(a[row]!)
      sums[3 * part]!++
      sums[3 * part + 1]! += wholeA[row]!
      sums[3 * part + 2]! += wholeB[row]!
      if (!isKept) continue
      if (filled[part] === bufferLength) this.#write(part)
      const at = part * bufferLength + filled[part]!++
      buffers[at] = idOf(a[row]!, b[row]!)
      if (!hasKeys) continue
      filled[part]!++
      buffers[at + 1] = idOf(wholeA[row]!, wholeB[row]!)
    }
  }

  /** Number of rows of a part that are compared, and sums of both halves of their hashes: equal for equal rows in any order. */
  sums(part: number): Int32Array {
    return this.#sums.subarray(3 * part, 3 * part + 3)
  }

  /** Number of all rows that are compared. */
  get count(): number {
    return this.#total(0)
  }

  /** `count`, and sums of both halves of the hashes of all these rows. */
  get digest(): string {
    return [this.count, this.#total(1) | 0, this.#total(2) | 0].join()
  }

  #total(which: number): number {
    return this.#sums.reduce((sum, value, i) => (i % 3 === which ? sum + value : sum), 0)
  }

  /** The ids of a part, in the order of its rows. @throws {DdbError} DDB_OUTPUT_WRITE */
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
