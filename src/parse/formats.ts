/*
  The formats of inputs: recognizes the format of an input and opens it as an `InputReader`. A new format gets a folder of its
  own and an entry here.
*/
import { UsageError } from '../errors.js'
import type { ByteSource } from '../source/byte-source.js'
import type { CsvOptions } from './csv/open-csv.js'
import type { JsonOptions } from './json/open-json.js'
import type { InputReader } from './input-reader.js'

/** Formats that can be read: CSV, tab-separated text, a JSON value on each line, a JSON array. */
export type InputFormat = 'csv' | 'tsv' | 'ndjson' | 'json'

/** What is known of the input; formats look at what concerns them. */
export type FormatOptions = Omit<CsvOptions, 'format'> & JsonOptions

interface Format {
  /** Of file names, in lower case; each belongs to one format. Files of folders that have one are taken for data. */
  readonly extensions: readonly string[]
  /** What records consist of: fields in an order, or members with names. */
  readonly records: InputReader['recordKind']
  /** The format of one record by itself, where that is another. */
  readonly keptAs?: InputFormat
  /** First byte above the blanks of an input whose name says nothing. */
  readonly firstByte?: number
  /** Opens an input; delimited text is read as far as its first record, which says what the columns are. */
  readonly open: (source: ByteSource, options: FormatOptions) => Promise<InputReader<InputFormat>>
}

// Only the format at hand is loaded, once: a small load ends sooner than the other's modules are read.
const csvModule = once(() => import('./csv/open-csv.js'))
const jsonModule = once(() => import('./json/open-json.js'))

const openCsvAs =
  (format: 'csv' | 'tsv'): Format['open'] =>
  async (source, options) =>
    (await csvModule()).openCsv(source, { ...options, format })

const openJsonAs =
  (format: 'ndjson' | 'json'): Format['open'] =>
  async (source, options) =>
    (await jsonModule()).openJson(source, format, options)

const openBrace = 0x7b
const openBracket = 0x5b

export const formats: Readonly<Record<InputFormat, Format>> = {
  csv: { extensions: ['csv'], records: 'fields', open: openCsvAs('csv') },
  tsv: { extensions: ['tsv', 'tab'], records: 'fields', open: openCsvAs('tsv') },
  ndjson: {
    extensions: ['ndjson', 'jsonl'],
    records: 'members',
    firstByte: openBrace,
    open: openJsonAs('ndjson'),
  },
  json: {
    extensions: ['json'],
    records: 'members',
    // Elements of a document are shown as lines.
    keptAs: 'ndjson',
    firstByte: openBracket,
    open: openJsonAs('json'),
  },
}

export const inputFormats = Object.keys(formats) as InputFormat[]

/** Extensions of all formats, in lower case. */
export const dataExtensions: readonly string[] = inputFormats.flatMap(
  name => formats[name].extensions,
)

/** The format in which records of an input stand that are written down by themselves. */
export function recordFormat(format: InputFormat): InputFormat {
  return formats[format].keptAs ?? format
}

/** Of inputs that no format recognizes. */
const defaultFormat: InputFormat = 'csv'

/**
 * Which format an input has, when nobody said so: by the extension of its name, else by its first bytes.
 *
 * @param name  of the file; what stands before `.gz`, `.zst` and `.br` counts
 * @param head  the first bytes of the content
 */
export function detectFormat(name: string, head: Uint8Array): InputFormat {
  const extension = /\.([A-Za-z0-9]+)(?:\.(?:gz|zst|br))?$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const first = head.find(byte => byte > 0x20)
  return (
    formatWhere(format => format.extensions.includes(extension)) ??
    formatWhere(format => format.firstByte !== undefined && format.firstByte === first) ??
    defaultFormat
  )
}

/** What is known of the format; what is left out is found in the input. */
export interface ReaderOptions extends FormatOptions {
  /** `auto` goes by the name and the first bytes. */
  readonly format?: 'auto' | InputFormat | undefined
}

/** A reader, and which format it found. */
export type OpenedReader = InputReader<InputFormat>

/**
 * Opens the input; of delimited text it reads the first record, which says what the columns are.
 *
 * @throws {InputError} when its first record cannot be read
 * @throws {UsageError} DDB_USAGE when options do not suit the format
 */
export async function openReader(
  source: ByteSource,
  options: ReaderOptions = {},
): Promise<OpenedReader> {
  const { format = 'auto', ...dialect } = options
  const known = format === 'auto' ? detectFormat(source.name, source.head) : format
  if (dialect.jsonPath !== undefined && formats[known].records === 'fields') {
    throw new UsageError(
      'DDB_USAGE',
      `\`input.jsonPath\` is for JSON, and ${source.name} is ${known}: \`input.format\` json says otherwise`,
    )
  }
  return formats[known].open(source, { ...dialect, isFormatGiven: format !== 'auto' })
}

function formatWhere(suits: (format: Format) => boolean): InputFormat | undefined {
  return inputFormats.find(name => suits(formats[name]))
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
