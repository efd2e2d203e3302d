/* Scans dialects whose quote or escape character is not a single byte. csv-parse finds the ends of records and wrong quotes. Cells stay in
   place in the window; only unescaped fields are written after the window's content. */
import { lineFeed } from '../window.js'
import { faulty, undecided, unfinished, type LineTokenizer } from '../line-tokenizer.js'
import type { CsvDialect } from './csv-dialect.js'
import type { RecordGuide } from './csv-tokenizer.js'

/** Fewest bytes that csv-parse reads at a time. It reads those after the last whole record, or after a bad quote, again. */
const sliceBytes = 64 * 1024

/** What csv-parse finds in a slice of text: the ends of its records, up to one with a wrong quote. */
interface Found {
  readonly ends: number[]
  readonly isBad: boolean
}

/** Loads csv-parse. Only dialects whose quote or escape character is not a single byte need it. */
export async function loadCsvParse(dialect: CsvDialect): Promise<RecordGuide> {
  const { Parser } = await import('csv-parse')
  const asBytes = (text: string): string => Buffer.from(text).toString('latin1')
  const { delimiter, quote, comment } = dialect
  // csv-parse needs so many bytes after a record or quote, because a delimiter or a comment may be there.
  const lookAhead = 8 + 4 * Math.max(delimiter.length, comment.length)
  const options = {
    delimiter: asBytes(delimiter),
    quote: quote === '' ? null : asBytes(quote),
    escape: quote === '' ? null : asBytes(dialect.escape),
    ...(comment === '' ? {} : { comment: asBytes(comment), comment_no_infix: true }),
    record_delimiter: ['\r\n', '\n', '\r'],
    // Keeps bytes unchanged. With UTF-8, csv-parse would silently turn invalid bytes into U+FFFD.
    encoding: 'latin1' as const,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  }
  /** @param isLast  true if the text ends there. Blank lines, which are not records, then make csv-parse return the last record */
  const read = (bytes: Uint8Array, isLast: boolean): Found => {
    const found = { ends: [] as number[], isBad: false }
    const onSkip = (): undefined => void (found.isBad = true)
    const parser = new Parser({ ...options, on_skip: onSkip })
    // Nobody reads the stream.
    parser.push = (fields: string[] | null) => {
      if (fields !== null && !found.isBad) found.ends.push(parser.info.bytes)
      return true
    }
    parser.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    if (isLast) parser.write(Buffer.alloc(lookAhead, lineFeed))
    return found
  }
  return csvParseGuide(read, lookAhead)
}

function csvParseGuide(
  read: (bytes: Uint8Array, isLast: boolean) => Found,
  lookAhead: number,
): RecordGuide {
  let ends: number[] = []
  /**
   * Position after the record at `start`; `faulty`; `unfinished`, also for a record that is too long; or `undecided` if
   * more input is needed. If the input was truncated, the position may lie beyond the window's end.
   */
  const recordEnd = ({ window, maxRecordBytes, isOver }: LineTokenizer, start: number): number => {
    const { offset, bytes, end } = window
    const limit = start + maxRecordBytes + lookAhead
    const last = Math.min(end, limit)
    const known = ends.findIndex(one => one > offset + start)
    ends.splice(0, known < 0 ? ends.length : known)
    let isBad = false
    for (let to = start; ends.length === 0 && !isBad && to < last;) {
      to = Math.min(last, start + Math.max(sliceBytes, 2 * (to - start)))
      const found = read(bytes.subarray(start, to), isOver && to === end)
      ends = found.ends.map(one => offset + start + one)
      isBad = found.isBad
    }
    const isTooLong = (next: number): boolean => window.contentEnd(next) - start > maxRecordBytes
    const [first] = ends
    if (first !== undefined) return isTooLong(first - offset) ? unfinished : first - offset
    if (isBad) return isTooLong(end) ? unfinished : faulty
    return limit <= end || isOver ? unfinished : undecided
  }
  return {
    jumped: () => void (ends = []),
    scan(walk, lines, start) {
      const next = recordEnd(lines, start)
      if (next === undecided) return next
      // Finds the cells, or the quote at fault. csv-parse allows a comment after a closing quote; the walk does not.
      walk.limitTo(start, lines)
      if (walk.walk(start) && walk.next === next) return next
      ends = []
      const isWrong = next === faulty || (next > 0 && next <= walk.end)
      if (isWrong && walk.badQuoteAt < 0) walk.badQuoteAt = start
      return walk.badQuoteAt < 0 ? unfinished : faulty
    },
  }
}
