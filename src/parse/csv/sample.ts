/*
  Takes the first bytes of an input for examination, delivers them again to the reader, and splits them into records by a dialect that
  is being tried. Such records refuse nothing, but show how well the dialect fits.
*/
import { InputError } from '../../errors.js'
import { isLate } from '../arriving-input.js'
import { isAt, utf8Text } from '../cells/cell-bytes.js'
import type { FlushClock } from '../input-reader.js'
import { carriageReturn, lineFeed, nextLine } from '../line-ends.js'
import { RecordWalk, type TriedDialect } from './record-walk.js'

/** Size of a sample. It holds some thousand records, and examining it takes a few milliseconds. */
const sampleBytes = 1024 * 1024

/** How long to wait for a slow input. After that, a sample with at least one line is enough. */
const patienceMs = 200

export interface Sample {
  readonly bytes: Uint8Array
  /** True if nothing follows these bytes. */
  readonly isWhole: boolean
  /** Where the first record may begin. */
  readonly from: number
}

/**
 * Takes up to 1 MiB from the input.
 * @param clock  set if the input may be slow; a smaller sample may then be enough
 * @param isEnough  returns true if the bytes so far are enough in case the next chunk is slow
 * @returns the sample, and the whole input from its start
 */
export async function takeSample(
  chunks: AsyncIterator<Uint8Array, void>,
  clock: FlushClock | undefined,
  isEnough: (bytes: Uint8Array) => boolean,
): Promise<Sample & { readonly chunks: AsyncIterator<Uint8Array, void> }> {
  const taken: Uint8Array[] = []
  let length = 0
  let pending: Promise<IteratorResult<Uint8Array, void>> | undefined
  let isWhole = false
  try {
    while (length < sampleBytes && !isWhole) {
      pending ??= chunks.next()
      if (
        clock !== undefined &&
        (await isLate(pending, patienceMs, clock)) &&
        isEnough(Buffer.concat(taken))
      ) {
        break
      }
      const { done, value } = await pending
      pending = undefined
      if (done === true) isWhole = true
      else {
        // Copies the chunk, because it will be overwritten; a Buffer's `slice` would not copy.
        taken.push(new Uint8Array(value))
        length += value.length
      }
    }
  } catch (error) {
    // If the encoding is not the expected one, no row of the input may be loaded. Other errors come after the sample.
    if (error instanceof InputError && error.code === 'DDB_INPUT_ENCODING') throw error
  }
  const bytes = taken.length === 1 ? taken[0]! : Buffer.concat(taken)
  return { bytes, isWhole, from: 0, chunks: again(taken, pending, isWhole, chunks) }
}

/** Yields the chunks of the sample, the chunk already requested, and the rest. @param pending  may have failed */
async function* again(
  taken: Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array, void>> | undefined,
  isWhole: boolean,
  chunks: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, void> {
  // Releases each chunk when it is delivered.
  for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk
  if (isWhole) return
  for (let next = pending ?? chunks.next(); ; next = chunks.next()) {
    const { done, value } = await next
    if (done === true) return
    yield value
  }
}

/** True if `bytes` certainly contain a whole line from `start` on. */
export function hasLine(bytes: Uint8Array, start: number): boolean {
  const at = bytes.subarray(start).findIndex(byte => byte === lineFeed || byte === carriageReturn)
  return at >= 0 && start + at + 1 < bytes.length
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

/** A quote that is not closed within this many bytes is an ordinary character. */
const maxQuotedBytes = 65_536

/** Steps from record to record. */
export class SampleRecords extends RecordWalk {
  readonly #comment: Uint8Array
  /** Position of the next record. */
  #at: number

  constructor({ bytes, from, isWhole }: Sample, dialect: TriedDialect) {
    super(dialect, { maxQuotedBytes, rereadsFields: true })
    this.bytes = bytes
    this.end = bytes.length
    this.limit = bytes.length
    this.isWhole = isWhole
    this.#comment = Buffer.from(dialect.comment)
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

  text(field: number): string {
    return utf8Text(this.cell(field))
  }

  /** The texts of at most so many fields, without blanks around them. */
  texts(most: number): string[] {
    const length = Math.min(most, this.fieldCount)
    return Array.from({ length }, (_, field) => this.text(field).trim())
  }

  /** True if the record has `count` fields and an empty field after them. */
  isTrailing(count: number): boolean {
    return this.fieldCount === count + 1 && this.isLastEmpty
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

/** The most common of the numbers from `least` on, and how often it occurs; `[1, 0]` if there is none. */
export function mostCommon(numbers: readonly number[], least = 1): readonly [number, number] {
  const counts = new Map<number, number>()
  for (const one of numbers) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].reduce(
    (most, next) => (next[0] >= least && next[1] > most[1] ? next : most),
    [1, 0],
  )
}
