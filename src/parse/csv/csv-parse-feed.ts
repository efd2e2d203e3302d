/*
  csv-parse, fed by hand: synchronous, with fields as bytes and the place of every record, without its slow `info`
  option.
*/
import type { CsvDialect } from './csv-dialect.js'

/** One field as csv-parse gives it. */
export interface ParsedField {
  readonly text: Uint8Array
  readonly isQuoted: boolean
}

/** One record as csv-parse gives it. */
export interface ParsedRecord {
  readonly fields: readonly ParsedField[]
  /** Position behind the record in the decompressed input. */
  readonly next: number
}

/** One csv-parse at work: synchronous, from a given position of the input on. */
export interface Feed {
  readonly records: ParsedRecord[]
  /** Field (from 1) whose quote is bad, 0 while all is well. */
  badField(): number
  write(bytes: Uint8Array): void
}

/** Starts csv-parse anew; `offsetBytes` is the position of the first byte it will be given. */
export type StartFeed = (offsetBytes: number) => Feed

/** Loads csv-parse; what it gives starts one at any position of the input. */
export async function loadFeed(dialect: CsvDialect): Promise<StartFeed> {
  const { Parser } = await import('csv-parse')

  class RecordParser extends Parser {
    onRecord: (fields: ParsedField[]) => void = () => undefined

    /** Takes the record away, so that nothing waits for a reader of the stream. */
    override push(fields: ParsedField[] | null): boolean {
      if (fields !== null) this.onRecord(fields)
      return true
    }
  }

  return start => {
    const records: ParsedRecord[] = []
    let badField = 0
    const parser = new RecordParser({
      delimiter: dialect.delimiter,
      quote: dialect.quote === '' ? null : dialect.quote,
      escape: dialect.quote === '' ? null : dialect.escape,
      ...(dialect.comment === '' ? {} : { comment: dialect.comment, comment_no_infix: true }),
      record_delimiter: ['\r\n', '\n', '\r'],
      // Fields as bytes: csv-parse would turn what is not UTF-8 into U+FFFD without a word.
      encoding: null,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      cast: (text: unknown, { quoting }): ParsedField => ({
        text: text as Uint8Array,
        isQuoted: quoting,
      }),
      on_skip: error => {
        badField ||= Number(error?.['column'] ?? 0) + 1
        return undefined
      },
    })
    parser.onRecord = fields => {
      if (badField === 0) records.push({ fields, next: start + parser.info.bytes })
    }
    return {
      records,
      badField: () => badField,
      write: bytes => void parser.write(bytes),
    }
  }
}
