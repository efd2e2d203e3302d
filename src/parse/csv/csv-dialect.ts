/*
  What a delimited text looks like.
*/
import { defaultMaxRecordBytes } from '../tokenizer.js'

/** What delimited text looks like, as far as it is said; the rest is found in the input, or the usual. */
export interface DialectOptions {
  /** Between fields, of one or more characters; found in the first 1 MiB when left out. */
  readonly delimiter?: string
  /** One character; '' when nothing is quoted. Found in the first 1 MiB when left out, `"` unless it is `'`. */
  readonly quote?: string
  /** Stands before a quote inside quotes. Found in the first 1 MiB when left out, the quote itself unless it is `\\`. */
  readonly escape?: string
  /** Lines that start with it are not records. */
  readonly comment?: string
  /**
   * Whether the first record is one. `auto`, the default, goes by the names of the target's columns, and by what fits into
   * them; where that does not tell, the run ends (docs/csv.md#header).
   */
  readonly header?: 'auto' | 'yes' | 'no'
  /** Records end with a delimiter: an empty last field is dropped; found in the first 1 MiB when left out. */
  readonly trailingDelimiter?: boolean
  /** Records begin with a name of their own, which is left out, and for which a header has none; default false. */
  readonly rowNames?: boolean
  /** Records with more or fewer fields than the first: `pad` makes missing ones null, `cut` leaves out the rest; default `reject`. */
  readonly ragged?: 'reject' | 'pad' | 'cut'
  /** Blanks and tabs around quoted fields belong to no field; default false. */
  readonly trim?: boolean
  /** With `lax` a quote inside an unquoted field is a character like others; default `strict`. */
  readonly quotes?: 'strict' | 'lax'
  /** Most bytes of a record, line end included; default 16 MiB. */
  readonly maxRecordBytes?: number
  /** Lines left out before anything is read, of each input. */
  readonly skipLines?: number
}

/** Everything a reader of delimited text has to know, decided. */
export type CsvDialect = Required<DialectOptions>

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

const dialectNames = Object.keys(csvDialect) as (keyof CsvDialect)[]

/** What options say of the dialect, without what they leave open. */
export function saidOf(options: { readonly [K in keyof CsvDialect]?: unknown }): DialectOptions {
  const said = dialectNames.filter(name => options[name] !== undefined)
  return Object.fromEntries(said.map(name => [name, options[name]]))
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
