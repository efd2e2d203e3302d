/*
  The hashes of the rows of the input or of the table, in little memory. They are divided by their first bits into parts, which go to a
  temporary file once they are too many.
*/
import { DdbError, messageOf } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { ScratchFile } from '../../platform/platform.js'
import type { Column } from '../../protocol/value.js'
import { RowHasher } from '../target/row-hash.js'

export interface Rows {
  readonly rowCount: number
  readonly columns: readonly Column[]
  /** 1 for each row that is not to be compared. */
  readonly outside?: Uint8Array | undefined
  readonly batch?: Batch
}

/** Which of the rows with the same key a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

const partBits = 8
export const partCount = 1 << partBits
const bufferLength = 1024

/** The bits of a hash that its part does not show, except three. */
export const idOf = (a: number, b: number): number => ((a << partBits) >>> 11) * 2 ** 32 + (b >>> 0)

export class Hashes {
  /** Number of all rows, including those that are not compared. */
  total = 0
  /** Of the rows that were added last: their hashes, their parts, and the number of each in its part, from 0; −1 outside. */
  readonly whole: RowHasher
  parts = new Uint8Array(0)
  numbers = new Int32Array(0)
  readonly #ofKeys: RowHasher
  readonly #keys: readonly number[]
  readonly #scratch: ScratchFile | undefined
  /** Of each part: number of rows, and sums of both halves of their hashes. */
  readonly #sums = new Int32Array(3 * partCount)
  /** Of each row: the id of its key, if it has one, and its own. */
  readonly #buffers: Float64Array
  readonly #filled = new Int32Array(partCount)
  readonly #places: readonly number[][] = Array.from({ length: partCount }, () => [])

  /**
   * @param keys  indexes of the columns that identify a row; empty if all do
   * @param scratch  undefined if no parts are wanted
   */
  constructor(key: Int32Array, keys: readonly number[], scratch?: ScratchFile) {
    this.whole = new RowHasher(key)
    this.#ofKeys = new RowHasher(key)
    this.#keys = keys
    this.#scratch = scratch
    this.#buffers = new Float64Array(scratch === undefined ? 0 : partCount * bufferLength)
  }

  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  add({ columns, rowCount, outside }: Rows): void {
    const { a: wholeA, b: wholeB } = this.whole.hash(columns, rowCount)
    const keys = this.#keys.map(index => columns[index]!)
    const { a, b } = keys.length === 0 ? this.whole : this.#ofKeys.hash(keys, rowCount)
    if (this.parts.length < rowCount) {
      this.parts = new Uint8Array(rowCount)
      this.numbers = new Int32Array(rowCount)
    }
    const { parts, numbers } = this
    const [sums, buffers, filled] = [this.#sums, this.#buffers, this.#filled]
    for (let row = 0; row < rowCount; row++) {
      numbers[row] = -1
      if (outside?.[row] === 1) continue
      const part = a[row]! >>> (32 - partBits)
      parts[row] = part
      numbers[row] = sums[3 * part]!++
      sums[3 * part + 1]! += wholeA[row]!
      sums[3 * part + 2]! += wholeB[row]!
      if (this.#scratch === undefined) continue
      if (filled[part] === bufferLength) this.#write(part)
      const at = part * bufferLength + filled[part]!++
      buffers[at] = idOf(a[row]!, b[row]!)
      if (keys.length === 0) continue
      filled[part]!++
      buffers[at + 1] = idOf(wholeA[row]!, wholeB[row]!)
    }
    this.total += rowCount
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
