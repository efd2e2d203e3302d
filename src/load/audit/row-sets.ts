/*
  Compares the rows of an input with the rows of a table by their hashes: first as sums in 4,096 buckets, whose memory does not depend
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

const bucketOf = (a: number): number => a >>> (32 - bucketBits)

/** The 52 bits of a hash that its bucket does not show. */
const bitsOf = (a: number, b: number): number =>
  (a & (0xffffffff >>> bucketBits)) * 2 ** 32 + (b >>> 0)

/** The same bits of the hash of a row. */
export const rowBits = ({ a, b }: RowHashes, row: number): number => bitsOf(a[row]!, b[row]!)

/** Visits the rows of the chosen buckets. */
export function eachChosen(
  { rowCount, outside, identity: { a } }: HashedRows,
  chosen: Uint8Array,
  visit: (row: number, bucket: number) => void,
): void {
  for (let row = 0; row < rowCount; row++) {
    const bucket = bucketOf(a[row]!)
    if (chosen[bucket] === 1 && outside?.[row] !== 1) visit(row, bucket)
  }
}

/** How many rows each bucket has, and the sums of their hashes: equal for equal rows in any order. */
export class RowSums {
  rows = 0
  /** Of each bucket: number of rows, sums of both halves of their hashes, and sum of the products of both halves. */
  readonly #sums = new Int32Array(4 * bucketCount)

  add({ rowCount, outside, identity, whole: { a, b } }: HashedRows): void {
    const sums = this.#sums
    for (let row = 0; row < rowCount; row++) {
      if (outside?.[row] === 1) continue
      const at = 4 * bucketOf(identity.a[row]!)
      sums[at]!++
      sums[at + 1]! += a[row]!
      sums[at + 2]! += b[row]!
      sums[at + 3]! += Math.imul(a[row]!, b[row]!)
      this.rows++
    }
  }

  rowsIn(bucket: number): number {
    return this.#sums[4 * bucket]!
  }

  /** 1 for each bucket that differs. */
  differences(other: RowSums): Uint8Array {
    const chosen = new Uint8Array(bucketCount)
    this.#sums.forEach((sum, at) => sum !== other.#sums[at] && (chosen[at >> 2] = 1))
    return chosen
  }

  /**
   * What the sums show if the chosen buckets differ in one row each; the products tell the sum of one hash from sums of several.
   * @returns the bucket of each row, the bits of its hash, and whether this side has it; undefined if a bucket differs in more rows
   */
  singles(
    other: RowSums,
    chosen: Uint8Array,
  ): { bucket: number; bits: number; isOwn: boolean }[] | undefined {
    const singles = []
    for (let bucket = chosen.indexOf(1); bucket >= 0; bucket = chosen.indexOf(1, bucket + 1)) {
      const sign = this.rowsIn(bucket) - other.rowsIn(bucket)
      const [a, b, product] = [1, 2, 3].map(
        part => (sign * (this.#sums[4 * bucket + part]! - other.#sums[4 * bucket + part]!)) | 0,
      )
      const isSingle = Math.abs(sign) === 1 && Math.imul(a!, b!) === product
      if (!isSingle || bucketOf(a!) !== bucket) return undefined
      singles.push({ bucket, bits: bitsOf(a!, b!), isOwn: sign === 1 })
    }
    return singles
  }

  /** The number of rows, and the sum of each half over all buckets in hexadecimal. */
  digest(): string {
    const totals = new Uint32Array(4)
    this.#sums.forEach((sum, at) => (totals[at & 3]! += sum))
    const halves = [totals[1]!, totals[2]!].map(half => half.toString(16).padStart(8, '0'))
    return [this.rows, ...halves].join('-')
  }
}

/** Which of the rows with the same identity a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

/** Rows of a table to collect, so that they can be struck bucket by bucket: random reads of the memory take longer. */
const mostCollected = 1 << 20
/** Hashes to remember of rows that only the table has. */
const mostRemembered = 1_000
/** How far to look for a hash from the place where it should be. */
const mostSteps = 64

/** Hashes of rows of the input, or of their keys, in the chosen buckets: 8 bytes each. */
export class KeptHashes {
  /** Number of hashes that the table lacks. */
  open = 0
  /** Number of rows that the table has too often, and their hashes. */
  repeatedRows = 0
  readonly repeated = new Set<number>()
  /** Hashes that only the table has. */
  readonly strange = new Set<number>()
  readonly #starts = new Uint32Array(bucketCount + 1)
  /** Ends of the hashes of each bucket. */
  readonly #ends: Uint32Array
  /** Sorted in each bucket: twice the bits of an open hash, and one more for a struck one. */
  readonly #values: Float64Array
  readonly #collected = new Float64Array(mostCollected)
  readonly #collectedBuckets = new Uint16Array(mostCollected)
  #count = 0

  /**
   * @param chosen  1 for each bucket whose rows are kept
   * @param most  most rows of a bucket
   */
  constructor(chosen: Uint8Array, most: (bucket: number) => number) {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      this.#starts[bucket + 1] = this.#starts[bucket]! + (chosen[bucket] === 1 ? most(bucket) : 0)
    }
    this.#ends = this.#starts.slice()
    this.#values = new Float64Array(this.#starts[bucketCount]!)
  }

  add(bucket: number, bits: number): void {
    const at = this.#ends[bucket]!
    // An input that has grown has other sums, too.
    if (at === this.#starts[bucket + 1]) return
    this.#values[at] = 2 * bits
    this.#ends[bucket] = at + 1
  }

  /** Leaves one row for each key. @returns the number of the other rows */
  leaveOne(keys: KeptHashes, keeps: Keeps): number {
    let replaced = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const [start, end] = [this.#starts[bucket]!, this.#ends[bucket]!]
      const byKey = new Map<number, number>()
      for (let at = start; at < end; at++) {
        const key = keys.#values[at]!
        if (keeps === 'last' || !byKey.has(key)) byKey.set(key, this.#values[at]!)
      }
      this.#values.set([...byKey.values()], start)
      keys.#values.set([...byKey.keys()], start)
      this.#ends[bucket] = start + byKey.size
      keys.#ends[bucket] = start + byKey.size
      replaced += end - start - byKey.size
    }
    return replaced
  }

  /** Must be called after the last row was kept. */
  sort(): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const [start, end] = [this.#starts[bucket]!, this.#ends[bucket]!]
      this.#values.subarray(start, end).sort()
      this.open += end - start
    }
  }

  /** Strikes a row of the table, at the latest when `strikeCollected` is called. */
  collect(bucket: number, bits: number): void {
    if (this.#count === mostCollected) this.strikeCollected()
    this.#collected[this.#count] = bits
    this.#collectedBuckets[this.#count++] = bucket
  }

  strikeCollected(): void {
    const ends = new Uint32Array(bucketCount)
    for (let i = 0; i < this.#count; i++) ends[this.#collectedBuckets[i]!]!++
    for (let bucket = 1; bucket < bucketCount; bucket++) ends[bucket]! += ends[bucket - 1]!
    const next = ends.slice()
    const ordered = new Float64Array(this.#count)
    for (let i = 0; i < this.#count; i++) {
      ordered[--next[this.#collectedBuckets[i]!]!] = this.#collected[i]!
    }
    this.#count = 0
    for (let bucket = 0, i = 0; bucket < bucketCount; bucket++) {
      for (; i < ends[bucket]!; i++) {
        const bits = ordered[i]!
        if (this.strike(bucket, bits)) continue
        const isKnown = this.isStruck(bucket, bits)
        if (isKnown) this.repeatedRows++
        const others = isKnown ? this.repeated : this.strange
        if (others.size < mostRemembered) others.add(bits)
      }
    }
  }

  /** Strikes one row. @returns false if it is not open */
  strike(bucket: number, bits: number): boolean {
    const at = this.#lastUpTo(bucket, 2 * bits)
    if (this.#values[at] !== 2 * bits) return false
    // Those that are struck follow those that are open.
    this.#values[at] = 2 * bits + 1
    this.open--
    return true
  }

  isStruck(bucket: number, bits: number): boolean {
    return this.#values[this.#lastUpTo(bucket, 2 * bits) + 1] === 2 * bits + 1
  }

  /** The place of the last value in a bucket that is not larger; the place before the bucket if all are. */
  #lastUpTo(bucket: number, value: number): number {
    const values = this.#values
    let low = this.#starts[bucket]!
    let high = this.#ends[bucket]!
    // Hashes are spread evenly, so the place is near, unless many rows are equal.
    let at = low + ((value * ((high - low) / 2 ** (65 - bucketBits))) >>> 0)
    for (let steps = 0; steps < mostSteps; steps++) {
      if (at < high && values[at]! <= value) at++
      else if (at > low && values[at - 1]! > value) at--
      else return at - 1
    }
    while (low < high) {
      const middle = (low + high) >> 1
      if (values[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Rows of the inputs to keep at once. */
const mostKept = 10_000_000

/** Divides the chosen buckets, so that the input's rows of each part can be kept at once. */
export function* parts(input: RowSums, chosen: Uint8Array): Generator<Uint8Array, void, void> {
  let part = new Uint8Array(bucketCount)
  let rows = 0
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    if (chosen[bucket] === 0) continue
    if (rows > 0 && rows + input.rowsIn(bucket) > mostKept) {
      yield part
      part = new Uint8Array(bucketCount)
      rows = 0
    }
    part[bucket] = 1
    rows += input.rowsIn(bucket)
  }
  yield part
}
