/*
  Compares the rows of an input with the rows of a table by their hashes: first as sums in 65,536 buckets, whose memory does not depend
  on the number of rows, then row by row for the buckets that differ.
*/

import type { RowHashes } from './row-hash.js'

const bucketBits = 12
export const bucketCount: number = 1 << bucketBits

/** Rows of a batch or of an answer. */
export interface HashedRows {
  readonly rowCount: number
  /** 1 for each row to leave out. */
  readonly outside?: Uint8Array | undefined
  /** Hashes of what identifies a row: the key of a table that keeps one row a key, else the whole row. They choose the bucket. */
  readonly identity: RowHashes
  readonly whole: RowHashes
}

/** The 48 bits of a hash that its bucket does not show. */
const bitsOf = (a: number, b: number): number =>
  (a & (0xffffffff >>> bucketBits)) * 2 ** 32 + (b >>> 0)

/** Visits the rows of the chosen buckets. `whole` and `key` are bits of their hashes. */
export function eachChosen(
  { rowCount, outside, identity, whole }: HashedRows,
  chosen: Uint8Array,
  visit: (row: number, bucket: number, whole: number, key: number) => void,
): void {
  for (let row = 0; row < rowCount; row++) {
    const bucket = identity.a[row]! >>> (32 - bucketBits)
    if (chosen[bucket] === 0 || outside?.[row] === 1) continue
    const bits = bitsOf(whole.a[row]!, whole.b[row]!)
    visit(row, bucket, bits, bitsOf(identity.a[row]!, identity.b[row]!))
  }
}

/** How many rows each bucket has, and the sums of their hashes: equal for equal rows in any order. */
export class RowSums {
  rows = 0
  readonly counts: Uint32Array = new Uint32Array(bucketCount)
  readonly #sums = new Int32Array(2 * bucketCount)

  add({ rowCount, outside, identity, whole: { a, b } }: HashedRows): void {
    const { counts } = this
    const sums = this.#sums
    for (let row = 0; row < rowCount; row++) {
      if (outside?.[row] === 1) continue
      const bucket = identity.a[row]! >>> (32 - bucketBits)
      counts[bucket]!++
      sums[2 * bucket]! += a[row]!
      sums[2 * bucket + 1]! += b[row]!
      this.rows++
    }
  }

  /** 1 for each bucket that differs. */
  differences(other: RowSums): Uint8Array {
    return Uint8Array.from(this.counts, (count, bucket) => {
      const isEqual =
        count === other.counts[bucket] &&
        this.#sums[2 * bucket] === other.#sums[2 * bucket] &&
        this.#sums[2 * bucket + 1] === other.#sums[2 * bucket + 1]
      return isEqual ? 0 : 1
    })
  }

  /**
   * What the sums show if the chosen buckets differ in one row each.
   * @returns for each bucket, which side alone has the row, and the bits of its hash; undefined if a bucket differs in more rows
   */
  singles(other: RowSums, chosen: Uint8Array): Map<number, Single> | undefined {
    const singles = new Map<number, Single>()
    for (let bucket = chosen.indexOf(1); bucket >= 0; bucket = chosen.indexOf(1, bucket + 1)) {
      const sign = this.counts[bucket]! - other.counts[bucket]!
      const [a, b] = [2 * bucket, 2 * bucket + 1].map(
        at => sign * (this.#sums[at]! - other.#sums[at]!),
      )
      if (Math.abs(sign) !== 1 || (a! | 0) >>> (32 - bucketBits) !== bucket) return undefined
      singles.set(bucket, { isOwn: sign === 1, bits: bitsOf(a!, b!) })
    }
    return singles
  }

  /** The number of rows, and the sum of each half over all buckets in hexadecimal. */
  digest(): string {
    const halves = new Uint32Array(2)
    this.#sums.forEach((sum, at) => (halves[at & 1]! += sum))
    return [this.rows, ...Array.from(halves, half => half.toString(16).padStart(8, '0'))].join('-')
  }
}

/** A row that only one side has, by the bits of its hash. */
export interface Single {
  readonly isOwn: boolean
  readonly bits: number
}

/** Which of the rows with the same identity a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

/** `found`: a row of the input. `repeated`: like a row of the input, once too often. */
export type Struck = 'found' | 'repeated' | 'other'

/** Rows of the input in the chosen buckets, as bits of their hashes: 8 bytes a row, 16 with a key. */
export class KeptRows {
  /** Number of rows whose key another row of the input has, which the table keeps. */
  replaced = 0
  /** Number of rows that were not struck. */
  open = 0
  /** Number of rows that the table has once too often. */
  repeated = 0
  readonly #starts = new Uint32Array(bucketCount + 1)
  /** Ends of the rows of each bucket. */
  readonly #ends: Uint32Array
  readonly #keeps: Keeps
  /** Sorted in each bucket: twice the bits of an open row, and one more for a struck one. */
  readonly #wholes: Float64Array
  readonly #keys: Float64Array

  /**
   * @param chosen  1 for each bucket whose rows are kept
   * @param counts  most rows of each bucket
   */
  constructor(chosen: Uint8Array, counts: Uint8Array | Uint32Array, keeps: Keeps) {
    let size = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      this.#starts[bucket] = size
      size += chosen[bucket]! * counts[bucket]!
    }
    this.#starts[bucketCount] = size
    this.#ends = this.#starts.slice()
    this.#keeps = keeps
    this.#wholes = new Float64Array(size)
    this.#keys = new Float64Array(keeps === 'all' ? 0 : size)
  }

  /** Keeps a row of a chosen bucket. */
  keep(bucket: number, whole: number, key: number): void {
    const at = this.#ends[bucket]!
    // An input that has grown has other sums, too.
    if (at === this.#starts[bucket + 1]) return
    this.#wholes[at] = 2 * whole
    if (this.#keeps !== 'all') this.#keys[at] = 2 * key
    this.#ends[bucket] = at + 1
  }

  /** Must be called after the last row was kept. */
  sort(): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const [start, end] = [this.#starts[bucket]!, this.#ends[bucket]!]
      if (this.#keeps !== 'all' && start < end) this.#leaveOneOfEachKey(bucket, start, end)
      this.#wholes.subarray(start, this.#ends[bucket]).sort()
      this.open += this.#ends[bucket]! - start
    }
  }

  #leaveOneOfEachKey(bucket: number, start: number, end: number): void {
    const byKey = new Map<number, number>()
    for (let at = start; at < end; at++) {
      const key = this.#keys[at]!
      if (this.#keeps === 'last' || !byKey.has(key)) byKey.set(key, this.#wholes[at]!)
    }
    this.#wholes.set([...byKey.values()], start)
    this.#keys.set(
      [...byKey.keys()].sort((a, b) => a - b),
      start,
    )
    this.#ends[bucket] = start + byKey.size
    this.replaced += end - start - byKey.size
  }

  /** Looks for a row of the table among the rows of the input, and strikes it. */
  strike(bucket: number, whole: number, key: number): Struck {
    const struck = this.take(bucket, whole)
    if (struck === 'repeated') this.repeated++
    if (struck === 'other' && this.#keeps !== 'all') this.#strike(this.#keys, bucket, key)
    return struck
  }

  /** Strikes an open row. */
  take(bucket: number, whole: number): Struck {
    const struck = this.#strike(this.#wholes, bucket, whole)
    if (struck === 'found') this.open--
    return struck
  }

  /** Whether the table has a row of the input with other values. */
  isChanged(bucket: number, key: number): boolean {
    const bits = 2 * key + 1
    return this.#keys[this.#endOf(this.#keys, bucket, bits) - 1] === bits
  }

  /** Forgets what was struck. */
  reopen(): void {
    for (const values of [this.#wholes, this.#keys]) {
      for (let at = 0; at < values.length; at++) values[at] = values[at]! - (values[at]! % 2)
    }
    this.repeated = 0
    this.open = this.#ends.reduce((sum, end, bucket) => sum + end - this.#starts[bucket]!, 0)
  }

  #strike(values: Float64Array, bucket: number, bits: number): Struck {
    const end = this.#endOf(values, bucket, 2 * bits)
    if (end > this.#starts[bucket]! && values[end - 1] === 2 * bits) {
      values[end - 1] = 2 * bits + 1
      return 'found'
    }
    return end < this.#ends[bucket]! && values[end] === 2 * bits + 1 ? 'repeated' : 'other'
  }

  /** The end of the values in a bucket that are not larger. */
  #endOf(values: Float64Array, bucket: number, value: number): number {
    let low = this.#starts[bucket]!
    let high = this.#ends[bucket]!
    while (low < high) {
      const middle = (low + high) >> 1
      if (values[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Rows of the inputs to keep at once. */
const mostKept = 10_000_000

/** Divides the chosen buckets, so that the rows of each part can be kept at once. */
export function* parts(counts: Uint32Array, chosen: Uint8Array): Generator<Uint8Array, void, void> {
  let part = new Uint8Array(bucketCount)
  let rows = 0
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if (chosen[bucket] === 0) continue
    if (rows > 0 && rows + counts[bucket]! > mostKept) {
      yield part
      part = new Uint8Array(bucketCount)
      rows = 0
    }
    part[bucket] = 1
    rows += counts[bucket]!
  }
  yield part
}
