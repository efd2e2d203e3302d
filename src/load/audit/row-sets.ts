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

/** Visits the rows of the chosen buckets. `whole` and `key` are bits of their hashes. */
export function eachChosen(
  { rowCount, outside, identity, whole }: HashedRows,
  chosen: Uint8Array,
  visit: (row: number, bucket: number, whole: number, key: number) => void,
): void {
  for (let row = 0; row < rowCount; row++) {
    const bucket = bucketOf(identity.a[row]!)
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
  /** Sums of the products of both halves of a hash: they tell the sum of one hash from sums of several. */
  readonly #products = new Int32Array(bucketCount)

  add({ rowCount, outside, identity, whole: { a, b } }: HashedRows): void {
    const { counts } = this
    const sums = this.#sums
    for (let row = 0; row < rowCount; row++) {
      if (outside?.[row] === 1) continue
      const bucket = bucketOf(identity.a[row]!)
      counts[bucket]!++
      sums[2 * bucket]! += a[row]!
      sums[2 * bucket + 1]! += b[row]!
      this.#products[bucket]! += Math.imul(a[row]!, b[row]!)
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
      const product = sign * (this.#products[bucket]! - other.#products[bucket]!)
      if (Math.abs(sign) !== 1 || bucketOf(a!) !== bucket) return undefined
      if (Math.imul(a!, b!) !== (product | 0)) return undefined
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

/** Rows of a table to collect, so that they can be compared in the order of their hashes: random reads of the memory take longer. */
const mostCollected = 1 << 19
/** Hashes to remember of rows that only the table has. */
const mostRemembered = 1_000

/** Hashes of rows of the input, or of their keys, in the chosen buckets: 8 bytes each. */
export class KeptHashes {
  /** Number of hashes that the table lacks. */
  open = 0
  /** Number of rows that the table has too often, and their hashes. */
  repeatedRows = 0
  readonly repeated = new Set<number>()
  /** Hashes that only the table has. */
  readonly strange = new Set<number>()
  readonly #chosen: Uint8Array
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
   * @param counts  most rows of each bucket
   */
  constructor(chosen: Uint8Array, counts: Uint8Array | Uint32Array) {
    this.#chosen = chosen
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      this.#starts[bucket + 1] = this.#starts[bucket]! + chosen[bucket]! * counts[bucket]!
    }
    this.#ends = this.#starts.slice()
    this.#values = new Float64Array(this.#starts[bucketCount]!)
  }

  /** Keeps the input's rows. @param hashes  of whole rows or of their keys */
  keep({ rowCount, outside, identity }: HashedRows, { a, b }: RowHashes): void {
    for (let row = 0; row < rowCount; row++) {
      const bucket = bucketOf(identity.a[row]!)
      if (this.#chosen[bucket] === 0 || outside?.[row] === 1) continue
      this.add(bucket, bitsOf(a[row]!, b[row]!))
    }
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

  /** Strikes the table's rows, once `strikeCollected` is called. */
  strike({ rowCount, identity }: HashedRows, { a, b }: RowHashes): void {
    for (let row = 0; row < rowCount; row++) {
      const bucket = bucketOf(identity.a[row]!)
      if (this.#chosen[bucket] === 0) continue
      if (this.#count === mostCollected) this.strikeCollected()
      this.#collected[this.#count] = 2 * bitsOf(a[row]!, b[row]!)
      this.#collectedBuckets[this.#count++] = bucket
    }
  }

  strikeCollected(): void {
    const ends = new Uint32Array(bucketCount)
    for (let i = 0; i < this.#count; i++) ends[this.#collectedBuckets[i]!]!++
    for (let bucket = 1; bucket < bucketCount; bucket++) ends[bucket]! += ends[bucket - 1]!
    const starts = ends.slice()
    const values = new Float64Array(this.#count)
    for (let i = 0; i < this.#count; i++) {
      values[--starts[this.#collectedBuckets[i]!]!] = this.#collected[i]!
    }
    this.#count = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const found = values.subarray(starts[bucket], ends[bucket])
      if (found.length > 0) this.#strikeAll(bucket, found.sort())
    }
  }

  /** @param found  twice the bits of rows of the table, sorted */
  #strikeAll(bucket: number, found: Float64Array): void {
    const values = this.#values
    const end = this.#ends[bucket]!
    let at = this.#starts[bucket]!
    for (let next = 0; next < found.length;) {
      const value = found[next]!
      let rows = 0
      for (; found[next] === value; next++) rows++
      while (at < end && values[at]! < value) at++
      let open = at
      while (open < end && values[open] === value) open++
      const struck = Math.min(rows, open - at)
      values.fill(value + 1, open - struck, open)
      this.open -= struck
      const isKnown = at < end && values[at]! <= value + 1
      if (isKnown) this.repeatedRows += rows - struck
      const others = isKnown ? this.repeated : this.strange
      if (rows > struck && others.size <= mostRemembered) others.add(value / 2)
    }
  }

  /** Leaves the rows that the table lacks. */
  leaveOpen(): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      let end = this.#starts[bucket]!
      for (let at = end; at < this.#ends[bucket]!; at++) {
        if (this.#values[at]! % 2 === 0) this.#values[end++] = this.#values[at]!
      }
      this.#ends[bucket] = end
    }
  }

  /** Strikes one row. @returns false if it is not open */
  take(bucket: number, bits: number): boolean {
    const at = this.#lastUpTo(bucket, 2 * bits)
    if (this.#values[at] !== 2 * bits) return false
    this.#values[at] = 2 * bits + 1
    this.open--
    return true
  }

  isStruck(bucket: number, bits: number): boolean {
    return this.#values[this.#lastUpTo(bucket, 2 * bits + 1)] === 2 * bits + 1
  }

  /** The place of the last value in a bucket that is not larger; the place before the bucket if all are. */
  #lastUpTo(bucket: number, value: number): number {
    let low = this.#starts[bucket]!
    let high = this.#ends[bucket]!
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#values[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low - 1
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
