/* The dialect of delimited text: how it separates and quotes fields, and which lines are not records. */
import type { ScanRules } from '../../kernel/kernel.js'
import { carriageReturn, lineFeed, markStarts } from '../window.js'
import { defaultMaxRecordBytes } from '../line-tokenizer.js'

/** The parts of the dialect that the user gives. Other parts are detected or have defaults. */
export interface DialectOptions {
  /** Separates fields; one or more characters. Detected in the first 1 MiB if left out. */
  readonly delimiter?: string
  /** One character; '' if nothing is quoted. If left out: `"`, or `'` if the first 1 MiB quotes fields with `'`. */
  readonly quote?: string
  /** Precedes a quote inside quotes. If left out: the quote itself, or `\\` if the first 1 MiB escapes with `\\`. */
  readonly escape?: string
  /** Lines that start with this text are not records. */
  readonly comment?: string
  /**
   * Whether the first record is a header. `auto`, the default, compares the record with the names and types of the target's
   * columns. If the answer remains unclear, the run ends (docs/files.md#header).
   */
  readonly header?: 'auto' | 'yes' | 'no'
  /** Number of fields of each record of an input without a header; 0, the default, takes that of the first. */
  readonly fieldCount?: number
  /** True if records end with a delimiter, so that the empty last field is dropped. Detected in the first 1 MiB if left out. */
  readonly trailingDelimiter?: boolean
  /** Records with more or fewer fields than the first: `pad` adds nulls, `cut` drops the surplus; default `reject`. */
  readonly ragged?: 'reject' | 'pad' | 'cut'
  /** Ignores blanks and tabs around fields; default false. */
  readonly trim?: boolean
  /**
   * With `lax` a quote inside an unquoted field is an ordinary character; with `excel` also, and `="1"` is the text 1. Default `strict`.
   */
  readonly quotes?: 'strict' | 'lax' | 'excel'
  /** Longest record in bytes, including the line end; default 16 MiB. */
  readonly maxRecordBytes?: number
  /** Lines to skip at the start of each input. */
  readonly skipLines?: number
}

export type CsvDialect = Required<DialectOptions>

/** The default dialect: RFC 4180 with a comma. */
export const csvDialect: CsvDialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  comment: '',
  header: 'auto',
  fieldCount: 0,
  skipLines: 0,
  maxRecordBytes: defaultMaxRecordBytes,
  ragged: 'reject',
  trim: false,
  quotes: 'strict',
  trailingDelimiter: false,
}

const dialectNames = Object.keys(csvDialect) as (keyof CsvDialect)[]

export function givenDialect(options: {
  readonly [K in keyof CsvDialect]?: unknown
}): DialectOptions {
  const said = dialectNames.filter(name => options[name] !== undefined)
  return Object.fromEntries(said.map(name => [name, options[name]]))
}

/** True if the byte scanner reads this dialect; csv-parse reads all other dialects. */
export function isByteDialect({ quote, escape }: CsvDialect): boolean {
  return quote === '' || (isByte(quote) && isByte(escape))
}

/** True if the text is one ASCII character. */
export function isByte(text: string): boolean {
  return text.length === 1 && text.charCodeAt(0) < 0x80
}

/** What the kernel must know of the dialect, without a header; undefined if it does not know such dialects. */
export function kernelRules(dialect: CsvDialect): ScanRules | undefined {
  const { delimiter, quote, escape, quotes, comment, trim, ...limits } = dialect
  const isDoubled = quote === '' || (escape === quote && isByte(quote))
  if (!isByte(delimiter) || !isDoubled || trim || quotes !== 'strict') return undefined
  const others = new Uint8Array(256)
  const [commentStart = lineFeed] = Buffer.from(comment)
  for (const byte of [lineFeed, carriageReturn, commentStart, ...markStarts]) others[byte] = 1
  const { trailingDelimiter, maxRecordBytes } = limits
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quote === '' ? -1 : quote.charCodeAt(0),
    ...{ trailingDelimiter, maxRecordBytes, others, header: new Uint8Array(0) },
  }
}

/** Options with which every record of the sample can be read, and a sentence that explains them. */
export interface FoundQuotes {
  readonly options: {
    /** Set if quotes are ordinary characters. */
    readonly quote?: ''
    readonly quotes?: 'lax' | 'excel'
    readonly trim?: true
  }
  readonly said: string
}
