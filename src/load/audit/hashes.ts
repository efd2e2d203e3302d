/* Hashes of the rows of one side, in little memory: divided by their first bits into parts, which go to a temporary file. */
import { DdbError, messageOf } from '../../errors.js'
import type { ScratchFile } from '../../platform/platform.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import { RowHasher } from '../target/row-hash.js'

/** Which of the rows with the same key a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

const partBits = 8
export const partCount = 1 << partBits
const bufferLength = 1024

export const partOf = (a: number): number => a >>> (32 - partBits)

/** The bits of a hash that its part does not show, except three. */
export const idOf = (a: number, b: number): number => ((a << partBits) >>> 11) * 2 ** 32 + (b >>> 0)

const newSums = (): Int32Array => new Int32Array(partCount)

export class Hashes {
  /** Hashes of the rows that were hashed last. */
  readonly whole: RowHasher
  readonly #ofKeys: RowHasher
  readonly #keys: readonly number[]
  readonly #scratch: ScratchFile | undefined
  /** By part: number of rows that are compared, and sums of both halves of their hashes: equal for equal rows in any order. */
  readonly #sums = [newSums(), newSums(), newSums()] as const
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
  hash({ columns, rowCount }: RowsOfColumns): RowHasher {
    this.whole.hash(columns, rowCount)
    const keys = this.#keys.map(index => columns[index]!)
    return keys.length === 0 ? this.whole : this.#ofKeys.hash(keys, rowCount)
  }

  /** @param outside  marks rows that are not compared with 1 @throws {DdbError} DDB_OUTPUT_WRITE */
  add(rows: RowsOfColumns, outside?: Uint8Array): void {
    const [counts, sumsA, sumsB] = this.#sums
    const [buffers, filled] = [this.#buffers, this.#filled]
    const isKept = this.#scratch !== undefined
    const { a, b } = this.hash(rows)
    const { a: wholeA, b: wholeB } = this.whole
    const hasKeys = this.#keys.length > 0
    this.starts.push(counts.slice())
    for (let row = 0; row < rows.rowCount; row++) {
      if (outside?.[row] === 1) continue
      const part = partOf(a[row]!)
      counts[part]!++
      sumsA[part]! += wholeA[row]!
      sumsB[part]! += wholeB[row]!
      if (!isKept) continue
      if (filled[part] === bufferLength) this.#write(part)
      const at = part * bufferLength + filled[part]!++
      buffers[at] = idOf(a[row]!, b[row]!)
      if (!hasKeys) continue
      filled[part]!++
      buffers[at + 1] = idOf(wholeA[row]!, wholeB[row]!)
    }
  }

  isEqual(other: Hashes, part: number): boolean {
    return this.#sums.every((sums, i) => sums[part] === other.#sums[i]![part])
  }

  /** Number of all rows that are compared. */
  get count(): number {
    return this.#sums[0].reduce((count, rows) => count + rows)
  }

  /** Number of all rows that are compared, and sums of both halves of their hashes. */
  get digest(): string {
    return this.#sums.map(sums => sums.reduce((sum, one) => (sum + one) | 0)).join()
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
