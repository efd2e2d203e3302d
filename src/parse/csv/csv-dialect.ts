/*
  What a delimited text looks like.
*/
import { defaultMaxRecordBytes } from '../tokenizer.js'

/** What becomes of a record with another number of fields than the first one. */
export type Ragged = 'reject' | 'pad' | 'cut'

/** Everything a reader of delimited text has to know, decided. */
export interface CsvDialect {
  /** One or more characters. */
  readonly delimiter: string
  /** One character, or '' when nothing is quoted. */
  readonly quote: string
  /** Stands before a quote inside a quoted field; usually the quote itself. */
  readonly escape: string
  /** A line that starts with this is not a record; '' for none. */
  readonly comment: string
  readonly header: 'auto' | 'yes' | 'no'
  /** Lines to leave out before the header. */
  readonly skipLines: number
  readonly maxRecordBytes: number
  readonly ragged: Ragged
  /** Blanks and tabs around a quoted field belong to no field. */
  readonly trim: boolean
  /** With `lax` a quote inside an unquoted field is a character like others. */
  readonly quotes: 'strict' | 'lax'
  /** Records may end with one delimiter more than the first one has. */
  readonly trailingDelimiter: boolean
  /** Records begin with a name of their own, for which a header has none. */
  readonly rowNames: boolean
}

/** RFC 4180 with a comma, before anything was said or found. */
export const csvDialect: CsvDialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: '',
  header: 'auto',
  skipLines: 0,
  maxRecordBytes: defaultMaxRecordBytes,
  ragged: 'reject',
  trim: false,
  quotes: 'strict',
  trailingDelimiter: false,
  rowNames: false,
}

/** Whether the byte scanner has its fast way for this dialect. */
export function isPlainDialect(dialect: CsvDialect): boolean {
  return (
    isByte(dialect.delimiter) &&
    (dialect.quote === '' || (isPlainQuote(dialect.quote) && dialect.escape === dialect.quote))
  )
}

/** Whether the byte scanner reads this dialect at all; csv-parse reads the others. */
export function isByteDialect({ quote, escape }: CsvDialect): boolean {
  return quote === '' || (isByte(quote) && isByte(escape))
}

/** The fast way looks for quotes among the bytes below the digits, where the usual ones are. */
function isPlainQuote(text: string): boolean {
  return isByte(text) && text < '0'
}

/** Whether a text is one ASCII character. */
export function isByte(text: string): boolean {
  return text.length === 1 && text.charCodeAt(0) < 0x80
}
