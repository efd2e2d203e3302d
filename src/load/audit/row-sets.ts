/*
  Compares the rows of an input with the rows of a table by their hashes: first as sums in 65,536 buckets, whose memory does not depend
  on the number of rows, then row by row for the buckets that differ.
*/
import type { RowHashes } from './row-hash.js'

const bucketBits = 16
export const bucketCount: number = 1 << bucketBits

const bucketOf = ({ a }: RowHashes, row: number): number => a[row]! >>> (32 - bucketBits)

/** How many rows each bucket has, and the sums of their hashes: equal for equal rows in any order. */
export class RowSums {
  readonly counts: Uint32Array = new Uint32Array(bucketCount)
  readonly #sums = new Int32Array(4 * bucketCount)

  /** Adds the first `rows` rows. @param outside  1 for each row to leave out */
  add(hashes: RowHashes, rows: number, outside?: Uint8Array): void {
    const { a, b, c, d } = hashes
    const { counts } = this
    const sums = this.#sums
    for (let row = 0; row < rows; row++) {
      if (outside !== undefined && outside[row] === 1) continue
      const bucket = bucketOf(hashes, row)
      const at = 4 * bucket
      counts[bucket] = counts[bucket]! + 1
      sums[at] = (sums[at]! + a[row]!) | 0
      sums[at + 1] = (sums[at + 1]! + b[row]!) | 0
      sums[at + 2] = (sums[at + 2]! + c[row]!) | 0
      sums[at + 3] = (sums[at + 3]! + d[row]!) | 0
    }
  }

  get rows(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** 1 for each bucket that differs. */
  differences(other: RowSums): Uint8Array {
    const marks = new Uint8Array(bucketCount)
    for (let at = 0; at < 4 * bucketCount; at++) {
      if (this.#sums[at] !== other.#sums[at]) marks[at >> 2] = 1
    }
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      if (this.counts[bucket] !== other.counts[bucket]) marks[bucket] = 1
    }
    return marks
  }

  /** The number of rows, and the sum of each lane over all buckets in hexadecimal. */
  digest(): string {
    const lanes = new Uint32Array(4)
    this.#sums.forEach((sum, at) => (lanes[at & 3]! += sum))
    return [this.rows, ...Array.from(lanes, lane => lane.toString(16).padStart(8, '0'))].join('-')
  }
}

/** Hashes of rows, and of what identifies a row: the key of a table that keeps one row a key, else the whole row. */
export interface HashedRows {
  readonly identity: RowHashes
  readonly whole: RowHashes
}

/** Which of the rows with the same identity a table keeps. */
export type Keeps = 'all' | 'first' | 'last'

/** `found`: a row of the input. `repeated`: like a row of the input, once too often. `changed`: only its key is that of a row of the input. */
export type Struck = 'found' | 'repeated' | 'changed' | 'other'

/** A row of the input. `ordinal`: its number among the kept rows. */
export interface KeptRow {
  readonly ordinal: number
  readonly file: string
  readonly line: number
}

/** The input's rows of the chosen buckets: 17 bytes a row, 25 with a key. */
export class KeptRows {
  /** Number of rows whose key another row of the input has, which the table keeps. */
  replaced = 0
  /** Ordinal of the row of the input that the last call of `strike` found, repeated or changed. */
  struckOrdinal = -1
  readonly #starts = new Uint32Array(bucketCount + 1)
  /** Ends of the rows of each bucket. */
  readonly #ends: Uint32Array
  /** Ends of the rows that were not struck: struck rows follow them, so that equal rows are found at once. */
  readonly #openEnds: Uint32Array
  readonly #chosen: Uint8Array
  readonly #keeps: Keeps
  readonly #identities: Int32Array
  /** Hashes of whole rows; empty if they identify rows. */
  readonly #wholes: Int32Array
  readonly #changed: Uint8Array
  readonly #ordinals: Uint32Array
  readonly #lines: Uint32Array
  readonly #files: { readonly file: string; readonly from: number }[] = []
  #kept = 0

  /**
   * @param counts  rows of the input in each bucket
   * @param chosen  1 for each bucket whose rows are kept
   */
  constructor(counts: Uint32Array, chosen: Uint8Array, keeps: Keeps) {
    let size = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      this.#starts[bucket] = size
      if (chosen[bucket] === 1) size += counts[bucket]!
    }
    this.#starts[bucketCount] = size
    this.#ends = this.#starts.slice()
    this.#openEnds = this.#starts.slice()
    this.#chosen = chosen
    this.#keeps = keeps
    this.#identities = new Int32Array(2 * size)
    this.#wholes = new Int32Array(keeps === 'all' ? 0 : 2 * size)
    this.#changed = new Uint8Array(size)
    this.#ordinals = new Uint32Array(size)
    this.#lines = new Uint32Array(size)
  }

  /** Number of rows for which there is room. */
  get size(): number {
    return this.#ordinals.length
  }

  isChosen({ identity }: HashedRows, row: number): boolean {
    return this.#chosen[bucketOf(identity, row)] === 1
  }

  /** Keeps a row of a chosen bucket. @returns its ordinal; −1 if the table keeps an earlier row, or if there is no room */
  keep({ identity, whole }: HashedRows, row: number, file: string, line: number): number {
    const bucket = bucketOf(identity, row)
    const known = this.#keeps === 'all' ? -1 : this.#findOpen(identity, row)
    if (known >= 0) this.replaced++
    if (known >= 0 && this.#keeps === 'first') return -1
    const at = known < 0 ? this.#ends[bucket]! : known
    // The input has grown since its rows were counted.
    if (at === this.#starts[bucket + 1]) return -1
    if (known < 0) this.#openEnds[bucket] = ++this.#ends[bucket]!
    this.#identities[2 * at] = identity.b[row]!
    this.#identities[2 * at + 1] = identity.c[row]!
    if (this.#keeps !== 'all') {
      this.#wholes[2 * at] = whole.b[row]!
      this.#wholes[2 * at + 1] = whole.c[row]!
    }
    const ordinal = this.#kept++
    this.#ordinals[at] = ordinal
    this.#lines[ordinal] = line
    if (this.#files.at(-1)?.file !== file) this.#files.push({ file, from: ordinal })
    return ordinal
  }

  /** Looks for a row of the table among the rows of the input. */
  strike(rows: HashedRows, row: number): Struck {
    const { identity } = rows
    const bucket = bucketOf(identity, row)
    const at = this.#findOpen(identity, row)
    if (at < 0) {
      const struck = this.#find(identity, row, this.#openEnds[bucket]!, this.#ends[bucket]!)
      this.struckOrdinal = struck < 0 ? -1 : this.#ordinals[struck]!
      if (struck < 0) return 'other'
      return this.#isWhole(rows, row, struck) ? 'repeated' : 'changed'
    }
    this.struckOrdinal = this.#ordinals[at]!
    if (this.#isWhole(rows, row, at)) {
      this.#close(bucket, at)
      return 'found'
    }
    this.#changed[at] = 1
    return 'changed'
  }

  /** Strikes a missing row when the input is read again. @returns true if this record is to be loaded */
  takeMissing(rows: HashedRows, row: number): boolean {
    const at = this.#findOpen(rows.identity, row)
    if (at < 0 || this.#changed[at] === 1 || !this.#isWhole(rows, row, at)) return false
    this.#close(bucketOf(rows.identity, row), at)
    return true
  }

  /** Forgets what was struck. */
  reopen(): void {
    this.#openEnds.set(this.#ends)
    this.#changed.fill(0)
  }

  /** Ordinals of rows that the table lacks, in the order of the input. */
  missing(): Uint32Array {
    return this.#open(0)
  }

  /** Ordinals of rows whose keys are in the table with other values, in the order of the input. */
  changed(): Uint32Array {
    return this.#open(1)
  }

  rowOf(ordinal: number): KeptRow {
    const { file } = this.#files.findLast(({ from }) => from <= ordinal)!
    return { ordinal, file, line: this.#lines[ordinal]! }
  }

  #open(changed: number): Uint32Array {
    const ordinals = new Uint32Array(this.#kept)
    let count = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      for (let at = this.#starts[bucket]!; at < this.#openEnds[bucket]!; at++) {
        if (this.#changed[at] === changed) ordinals[count++] = this.#ordinals[at]!
      }
    }
    return ordinals.subarray(0, count).sort()
  }

  #findOpen(identity: RowHashes, row: number): number {
    const bucket = bucketOf(identity, row)
    return this.#find(identity, row, this.#starts[bucket]!, this.#openEnds[bucket]!)
  }

  #find(identity: RowHashes, row: number, start: number, end: number): number {
    const [b, c] = [identity.b[row]!, identity.c[row]!]
    const identities = this.#identities
    for (let at = start; at < end; at++) {
      if (identities[2 * at] === b && identities[2 * at + 1] === c) return at
    }
    return -1
  }

  #isWhole({ whole }: HashedRows, row: number, at: number): boolean {
    if (this.#keeps === 'all') return true
    return this.#wholes[2 * at] === whole.b[row] && this.#wholes[2 * at + 1] === whole.c[row]
  }

  #close(bucket: number, at: number): void {
    const last = --this.#openEnds[bucket]!
    for (const pairs of this.#keeps === 'all'
      ? [this.#identities]
      : [this.#identities, this.#wholes]) {
      swap(pairs, 2 * at, 2 * last)
      swap(pairs, 2 * at + 1, 2 * last + 1)
    }
    swap(this.#ordinals, at, last)
    swap(this.#changed, at, last)
  }
}

function swap(values: Int32Array | Uint32Array | Uint8Array, i: number, j: number): void {
  const value = values[i]!
  values[i] = values[j]!
  values[j] = value
}
