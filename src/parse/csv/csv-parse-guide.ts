/*
  Scans dialects whose quote or escape character is not a single byte. csv-parse finds the ends of records and wrong quotes.
  Cells stay in place in the window; only unescaped fields are written after the window's content.
*/
import { lineFeed } from '../line-ends.js'
import { faulty, undecided, unfinished } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { Window } from '../window.js'
import type { CsvDialect } from './csv-dialect.js'
import type { RecordGuide } from './csv-tokenizer.js'
import type { RecordWalk } from './record-walk.js'

/** Size of a slice for csv-parse. After a record with a bad quote, csv-parse restarts and reads the rest of its slice again. */
const sliceBytes = 64 * 1024

/** A csv-parse instance that is fed synchronously, without its slow features. */
interface Feed {
  /** For each record, the position of its end, in bytes after the first byte that this csv-parse instance got. */
  readonly ends: number[]
  /** True after a record with a wrong quote. */
  isBad: boolean
  write(bytes: Uint8Array): unknown
}

/** How many bytes csv-parse needs after a record or quote, because a delimiter or a comment may be there. */
const lookAheadOf = ({ delimiter, comment }: CsvDialect): number =>
  8 + 4 * Math.max(delimiter.length, comment.length)

/** Loads csv-parse. Only dialects whose quote or escape character is not a single byte need it. */
export async function loadCsvParse(dialect: CsvDialect): Promise<RecordGuide> {
  const { Parser } = await import('csv-parse')
  const asBytes = (text: string): string => Buffer.from(text).toString('latin1')
  const { quote, comment } = dialect
  class RecordParser extends Parser implements Feed {
    readonly ends: number[] = []
    isBad = false
    /** Notes the end of each record, because nobody reads the stream. */
    override push(fields: string[] | null): boolean {
      if (fields !== null && !this.isBad) this.ends.push(this.info.bytes)
      return true
    }
  }
  const startFeed = (): Feed => {
    const feed: RecordParser = new RecordParser({
      delimiter: asBytes(dialect.delimiter),
      quote: quote === '' ? null : asBytes(quote),
      escape: quote === '' ? null : asBytes(dialect.escape),
      ...(comment === '' ? {} : { comment: asBytes(comment), comment_no_infix: true }),
      record_delimiter: ['\r\n', '\n', '\r'],
      // Keeps bytes unchanged. With UTF-8, csv-parse would silently turn invalid bytes into U+FFFD.
      encoding: 'latin1',
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: () => {
        feed.isBad = true
        return undefined
      },
    })
    return feed
  }
  return new CsvParseGuide(dialect, startFeed)
}

class CsvParseGuide implements RecordGuide {
  readonly #startFeed: () => Feed
  readonly #lookAhead: number
  /** The current csv-parse; undefined if it must be restarted. */
  #feed: Feed | undefined
  /** Input offsets of the first byte given to the feed, and of the byte after the last one. */
  #feedOffset = 0
  #fedOffset = 0
  /** True once the feed has the whole input, then added blank lines, which make csv-parse return its last record. */
  #isFlushed = false
  #nextRecord = 0

  constructor(dialect: CsvDialect, startFeed: () => Feed) {
    this.#startFeed = startFeed
    this.#lookAhead = lookAheadOf(dialect)
  }

  /** Drops the feed. It may already have met a bad quote in later bytes, and would then return no more records. */
  jumped(): void {
    this.#feed = undefined
  }

  scan(walk: RecordWalk, lines: LineTokenizer, start: number): number {
    const next = this.#recordEnd(lines, start)
    if (next === undecided) return next
    // Finds the cells, or the quote at fault. csv-parse allows a comment after a closing quote; the walk does not.
    walk.limitTo(start, lines)
    if (walk.walk(start) && walk.next === next) return next
    // csv-parse can continue only after a record, or while it waits for more input.
    this.#feed = undefined
    const isWrong = next === faulty || (next > 0 && next <= walk.end)
    if (isWrong && walk.badQuoteAt < 0) walk.badQuoteAt = start
    return walk.badQuoteAt < 0 ? unfinished : faulty
  }

  /**
   * Position after the record at `start`; `faulty`; `unfinished`, also for a record that is too long; or `undecided` if
   * more input is needed. If the input was truncated, the position may lie beyond the window's end.
   */
  #recordEnd(lines: LineTokenizer, start: number): number {
    const { window, maxRecordBytes, isOver } = lines
    const { offset } = window
    const startOffset = offset + start
    if (this.#feed === undefined || this.#fedOffset < startOffset) {
      this.#feed = this.#startFeed()
      this.#feedOffset = startOffset
      this.#fedOffset = startOffset
      this.#isFlushed = false
      this.#nextRecord = 0
    }
    const feed = this.#feed
    const { ends } = feed
    const position = this.#feedOffset - offset
    const isOverLimit = window.contentEnd(window.end) - start > maxRecordBytes
    const maxFed = startOffset + maxRecordBytes + this.#lookAhead
    for (;;) {
      while (this.#nextRecord < ends.length && position + ends[this.#nextRecord]! <= start) {
        this.#nextRecord++
      }
      if (this.#nextRecord < ends.length) {
        const next = position + ends[this.#nextRecord]!
        return window.contentEnd(next) - start > maxRecordBytes ? unfinished : next
      }
      if (feed.isBad) return isOverLimit ? unfinished : faulty
      if (this.#fedOffset >= maxFed) return unfinished
      ends.length = 0
      this.#nextRecord = 0
      if (this.#feedSlice(feed, window, maxFed)) continue
      if (!isOver) return undecided
      if (this.#isFlushed) return unfinished
      // Blank lines are not records, and make csv-parse return the record that it holds.
      feed.write(Buffer.alloc(this.#lookAhead, lineFeed))
      this.#isFlushed = true
    }
  }

  /** Gives csv-parse more bytes, up to the offset `maxFed`. Returns false if there are none. */
  #feedSlice(feed: Feed, { bytes, end, offset }: Window, maxFed: number): boolean {
    const from = this.#fedOffset - offset
    if (from >= end) return false
    const to = Math.min(end, from + sliceBytes, maxFed - offset)
    feed.write(Buffer.from(bytes.slice(from, to)))
    this.#fedOffset = offset + to
    return true
  }
}
