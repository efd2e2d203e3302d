/* Takes the first bytes of an input for examination, delivers them again to the reader, and splits them into records by a dialect that
   is being tried. Such records refuse nothing, but show how well the dialect fits. The best one makes the records most alike, and their
   fields look like values. The columns show whether numbers have a decimal comma, and the records whether they end with a further
   delimiter. Inputs arrive piece by piece: bytes, which go to the tokenizer, or rows of a program. */
import { type FieldUse, hasDecimalComma } from './decimal-comma.js'
import { RecordWalk, type TriedDialect } from './record-walk.js'
import { InputError } from '../../errors.js'
import { isAt, utf8Text } from '../cells/cell-bytes.js'
import type { BatchOptions, FlushClock } from '../input-reader.js'
import { afterMark, carriageReturn, lineFeed, nextLine } from '../window.js'
import type { Timer } from '../../platform/platform.js'
import type { FedPiece, FedRows } from '../rows/fed-rows.js'
import type { LineTokenizer } from '../line-tokenizer.js'

const asPiece = (result: IteratorResult<Uint8Array, void>): IteratorResult<FedPiece, void> =>
  result.done === true ? result : { done: false, value: { bytes: result.value } }

export class ArrivingInput {
  ended = false
  /** The source's error; thrown after the rows before it were delivered. */
  error: Error | undefined
  fed: FedRows | undefined
  /** True if the rows so far must not wait for more. */
  endsBatch = false
  readonly #tokenizer: LineTokenizer
  readonly #chunks: AsyncIterator<Uint8Array, void> | undefined
  readonly #options: Pick<BatchOptions, 'feed' | 'onUnreadable'>
  #pending: Promise<IteratorResult<FedPiece, void>> | undefined

  /** @param input  `chunks`: those that the tokenizer does not have yet; undefined if it has the whole input */
  constructor(
    input: { tokenizer: LineTokenizer; chunks: AsyncIterator<Uint8Array, void> | undefined },
    options: Pick<BatchOptions, 'feed' | 'onUnreadable'>,
  ) {
    this.#tokenizer = input.tokenizer
    this.#chunks = input.chunks
    this.#options = options
  }

  get isWhole(): boolean {
    return this.#chunks === undefined && this.#options.feed === undefined
  }

  end(): void {
    this.ended = true
    this.#tokenizer.end()
  }

  /** Passes on the next piece, or the end or failure of the source. */
  async push(): Promise<void> {
    if (this.isWhole) return this.end()
    try {
      const { done, value } = await this.#next()
      if (done === true) return this.end()
      const { bytes, rows, endsBatch = false } = value
      this.endsBatch ||= endsBatch
      if (rows === undefined) this.#tokenizer.push(bytes)
      else this.fed = rows
    } catch (error) {
      this.ended = true
      this.error = error instanceof Error ? error : new Error(String(error))
      if (!(error instanceof InputError)) return
      this.#tokenizer.end(error)
      if (error.code === 'DDB_INPUT_ENCODING') this.#options.onUnreadable?.(error)
    } finally {
      this.#pending = undefined
    }
  }

  /** Waits until a piece arrives; returns true if the time is up first. */
  isIdle(delayMs: number, clock: FlushClock): Promise<boolean> {
    return delayMs <= 0 ? Promise.resolve(true) : isLate(this.#next(), delayMs, clock)
  }

  #next(): Promise<IteratorResult<FedPiece, void>> {
    this.#pending ??= this.#options.feed?.next() ?? this.#chunks!.next().then(asPiece)
    return this.#pending
  }
}

/** True if the promise takes longer than `delayMs`; false for one that rejects earlier. */
async function isLate(pending: Promise<unknown>, delayMs: number, clock: FlushClock) {
  let timer: Timer | undefined
  const late = new Promise<true>(resolve => {
    timer = clock.afterIfAlive(delayMs, () => resolve(true))
  })
  const come = pending.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([come, late])
  } finally {
    timer?.cancel()
  }
}

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
      const isSlow = clock !== undefined && (await isLate(pending, patienceMs, clock))
      if (isSlow && isEnough(Buffer.concat(taken))) break
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
  return { bytes, isWhole, from: 0, chunks: again(taken, pending, chunks) }
}

/** Yields the chunks of the sample, the chunk already requested, and the rest. @param pending  may have failed */
async function* again(
  taken: Uint8Array[],
  pending: Promise<IteratorResult<Uint8Array, void>> | undefined,
  chunks: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, void> {
  yield* taken
  taken.length = 0
  for (let next = pending ?? chunks.next(); ; next = chunks.next()) {
    const { done, value } = await next
    if (done === true) return
    yield value
  }
}

/** True if `bytes` certainly contain a whole line from `start` on, with something after it if it may be a header. */
export function hasLine(bytes: Uint8Array, start: number, isRow: boolean): boolean {
  const at = bytes.subarray(start).findIndex(byte => byte === lineFeed || byte === carriageReturn)
  return (isRow && at > 0) || (at >= 0 && start + at + 1 < bytes.length)
}

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

export class SampleRecords extends RecordWalk {
  readonly #comment: Uint8Array
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
      const next = afterMark(bytes, this.#at, this.end, true)
      if (c === lineFeed || c === carriageReturn) this.#at++
      else if (next > this.#at) this.#at = next
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

export const delimiters = [',', '\t', ';', '|'] as const

/** Limit of the fields whose texts are examined. Of later records, only quotes and field counts matter. */
const lookedAtFields = 1000
/** Limit of the records to examine if only one dialect is possible. */
const someRecords = 50

/** The known parts of a dialect; undefined for parts to detect. */
export type KnownDialect = Pick<TriedDialect, 'comment' | 'trim'> & {
  readonly [Part in 'delimiter' | 'quote' | 'escape']: string | undefined
}

export function detectDialect(sample: Sample, known: KnownDialect): TriedDialect {
  const { delimiter, comment, trim } = known
  const quote = known.quote ?? '"'
  const mayEscape = known.escape === undefined && quote !== '' && has(sample, `\\${quote}`)
  const bestWith = (quote: string, escape: string): Survey => {
    const tried = (delimiter === undefined ? delimiters : [delimiter]).map(one => {
      return { delimiter: one, quote, escape, comment, trim }
    })
    const possible = tried.filter(dialect => {
      const records = new SampleRecords(sample, dialect)
      return records.nextRecord() && records.fieldCount > 1
    })
    const isChoice = possible.length > 1
    const most = isChoice || mayEscape ? Infinity : someRecords
    // Uses the default if no delimiter splits the first record.
    return (isChoice ? possible : [possible[0] ?? tried[0]!])
      .map(dialect => surveyOf(sample, dialect, most, isChoice))
      .reduce((best, next) => (next.score > best.score ? next : best))
  }
  let best = bestWith(quote, known.escape ?? quote)
  if (mayEscape && best.broken > 0) {
    const escaped = bestWith(quote, '\\')
    // Nearly all records with wrong quotes must be right once a backslash escapes quotes.
    if (escaped.quoted > 0 && escaped.broken * 10 < best.broken) best = escaped
  }
  if (known.quote === undefined && best.quoted === 0 && has(sample, "'")) {
    const escapes = has(sample, "\\'") ? ["'", '\\'] : ["'"]
    const single = (known.escape === undefined ? escapes : [known.escape])
      .map(escape => bestWith("'", escape))
      // Apostrophes also occur in texts. They are quotes only if at least half of the records have them around fields.
      .find(({ records, quoted, broken }) => broken === 0 && quoted > 0 && quoted * 2 >= records)
    if (single !== undefined && single.score >= best.score) best = single
  }
  return best.dialect
}

/** True if the sample contains the ASCII text. This fast check shows which other dialects are worth trying. */
function has({ bytes }: Sample, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text)
}

export type Survey = ReturnType<typeof surveyOf>

/** How a dialect splits a sample. @param isLookedAt  true to count in the score how much the fields look like values */
export function surveyOf(sample: Sample, dialect: TriedDialect, most: number, isLookedAt: boolean) {
  const widths: number[] = []
  const count = { quoted: 0, broken: 0, misquoted: 0, overlong: 0, alike: 0, looks: 0, lookedAt: 0 }
  for (const record of new SampleRecords(sample, dialect).first(most)) {
    const width = record.fieldCount
    widths.push(width)
    count.quoted += Number(record.hasQuoted)
    count.broken += Number(record.isBroken)
    count.misquoted += Number(record.isMisquoted)
    count.overlong += Number(record.isOverlong)
    const [first = 1] = widths
    count.alike += Number(width === first || record.isTrailing(first))
    if (!isLookedAt || first === 1 || count.lookedAt >= lookedAtFields) continue
    // Leaves out an empty last field, because the delimiter before it may just end the record.
    const fields = record.isLastEmpty ? width - 1 : width
    for (let field = 0; field < fields; field++) count.looks += looksOf(record, field)
    count.lookedAt += fields
  }
  const { quoted, broken, misquoted } = count
  // Considers the most common number of fields, because a header may have a different number.
  const [, mode] = mostCommon(widths, 2)
  const consistency = Math.max(count.alike, 0.8 * mode) / widths.length
  const look = 0.5 + (0.5 * count.looks) / Math.max(1, count.lookedAt)
  return {
    /** The number of fields of each record. */
    ...{ dialect, records: widths.length, widths },
    /** Numbers of records with a quoted field, with a wrong quote, and with a wrong quote in a field that begins with one. */
    ...{ quoted, broken, misquoted },
    /** True if the sample could not be read completely. */
    isUnsure: count.overlong > 0,
    /** The most common number of fields, and how many records have it. */
    mode: mostCommon(widths),
    /** How well the dialect fits, from 0 to 1; 0 if the first record has only one field. */
    score: (widths[0] ?? 1) < 2 ? 0 : consistency * consistency * look,
  }
}

const number = /^[+-]?[\d.,:/\-TZ %]*\d[\d.,:/\-TZ %]*$/
const otherDelimiter = /[,;|\t]/
const proseDelimiter = /^[^,;|\t]*(?:[,;|] [^,;|\t]*)+$/

/** How much a field looks like a value: most for numbers, dates, quoted texts; least with another delimiter inside. */
function looksOf(record: SampleRecords, field: number): number {
  const length = record.ends[field]! - record.starts[field]!
  if (record.quoted[field] || length === 0) return 1
  if (length > 1000) return 0.5
  const text = record.text(field)
  if (number.test(text)) return 1
  if (!otherDelimiter.test(text)) return text.startsWith(' ') ? 0.5 : 0.8
  return proseDelimiter.test(text) ? 0.5 : 0.2
}

/** Limit of the fields to examine for the layout, because records may be very wide. */
const layoutFields = 600
const leastRecords = 20
/** Limit of columns to examine. More would hardly change the answer. */
export const lookedAtColumns = 200

/** @param dialect  that `detectDialect` found @param usesOf  of the fields, from the texts of the first record */
export function detectLayout(
  sample: Sample,
  dialect: TriedDialect,
  usesOf: (first: readonly string[]) => readonly FieldUse[] = () => [],
) {
  const records = new SampleRecords(sample, dialect)
  if (!records.nextRecord()) return { decimalComma: false, trailingDelimiter: false }
  const { fieldCount } = records
  const width = Math.min(fieldCount, lookedAtColumns)
  const uses = usesOf(records.texts(width))
  const columns = Array.from({ length: width }, (): string[] => [])
  let count = 0
  let trailing = 0
  for (const record of records.first(Math.max(leastRecords, layoutFields / width))) {
    count++
    trailing += Number(record.isTrailing(fieldCount))
    for (const [field, text] of record.texts(width).entries()) columns[field]!.push(text)
  }
  const decimalComma = hasDecimalComma(columns, uses)
  return { decimalComma, trailingDelimiter: trailing > count / 2 }
}
