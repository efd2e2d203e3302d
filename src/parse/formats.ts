/* Recognizes the format of an input and opens it as an `InputReader`. A new format needs its own folder and an entry here. */
import * as ascii from './ascii.js'
import { option, usageError } from '../errors.js'
import type { ByteSource } from '../source/byte-source.js'
import type { CsvOptions } from './csv/open-csv.js'
import type { JsonOptions } from './json/open-json.js'
import type { InputFormat } from './input-reader.js'
import type { InputReader } from './record-reader.js'

export type { InputFormat }

/** Options of all formats; each format uses its own. */
export type FormatOptions = Omit<CsvOptions, 'format'> & JsonOptions

interface Format {
  /** File name extensions in lower case, each in only one format. In a folder, only files with these count as data. */
  readonly extensions: readonly string[]
  readonly records: InputReader['recordKind']
  /** The format in which the program writes single records to a file. Default: the input's format. */
  readonly keptAs?: InputFormat
  readonly open: (source: ByteSource, options: FormatOptions) => Promise<InputReader>
}

// Loads only the modules of the needed format, because loading all of them would delay small loads. Each is loaded once: to import a loaded
// module again takes several turns of the event loop, for every input.
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

export const formats: Readonly<Record<InputFormat, Format>> = {
  csv: { extensions: ['csv'], records: 'fields', open: openCsvAs('csv') },
  tsv: { extensions: ['tsv', 'tab'], records: 'fields', open: openCsvAs('tsv') },
  ndjson: { extensions: ['ndjson', 'jsonl'], records: 'members', open: openJsonAs('ndjson') },
  json: {
    extensions: ['json'],
    records: 'members',
    // If the program writes single elements of a JSON array, such as rejects, it puts each on a line of its own.
    keptAs: 'ndjson',
    open: openJsonAs('json'),
  },
}

export const inputFormats = Object.keys(formats) as InputFormat[]

export const dataExtensions: readonly string[] = inputFormats.flatMap(
  name => formats[name].extensions,
)

/** The format in which single records of an input are written to a file, for example to a rejects file. */
export function recordFormat(format: InputFormat): InputFormat {
  return formats[format].keptAs ?? format
}

/** Detects the format by the extension of the file's name (before `.gz`, `.zst` and `.br`), else by the first bytes, `head`. */
export function detectFormat(name: string, head: Uint8Array): InputFormat {
  const extension = /\.([A-Za-z0-9]+)(?:\.(?:gz|zst|br))?$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const named = inputFormats.find(format => formats[format].extensions.includes(extension))
  const first = head.find(byte => byte > 0x20)
  const likely = first === ascii.openBrace ? 'ndjson' : first === ascii.openBracket ? 'json' : 'csv'
  return named ?? contentFormat(head) ?? likely
}

/** The format and options that the user gave; the rest is detected. */
export interface ReaderOptions extends FormatOptions {
  /** `auto` detects the format by the name and the first bytes. */
  readonly format?: 'auto' | InputFormat | undefined
}

/**
 * Opens the input. Delimited text is read up to its first record, which determines the columns.
 * @throws {InputError} if the first record cannot be read @throws {UsageError} DDB_USAGE if options do not fit the format
 */
export async function openReader(
  source: ByteSource,
  options: ReaderOptions = {},
): Promise<InputReader> {
  const { format = 'auto', ...dialect } = options
  const known = format === 'auto' ? detectFormat(source.name, source.head) : format
  if ((dialect.skipLines ?? 0) > 0 && formats[known].records !== 'fields') {
    throw usageError(
      `${option('input.skipLines')} is for delimited text, and ${source.name} is ${known}: remove these lines`,
    )
  }
  if (dialect.jsonPath !== undefined && formats[known].records === 'fields') {
    throw usageError(
      `${option('input.jsonPath')} is for JSON, and ${source.name} is ${known}: ${option('input.format')} json says otherwise`,
    )
  }
  const content = dialect.jsonPath === undefined ? contentFormat(source.head) : undefined
  if (format === 'auto' && content !== undefined && !isRead(content, known)) {
    throw usageError(
      `${source.name} looks like ${content}, and its name says ${known}: set ${option('input.format')} to ${content}`,
      { fix: { options: { 'input.format': content } } },
    )
  }
  return formats[known].open(source, { ...dialect, isFormatGiven: format !== 'auto' })
}

/** The format that the content surely has, whatever the name says. */
function contentFormat(head: Uint8Array): InputFormat | undefined {
  const text = Buffer.from(head).toString('latin1').trimStart()
  if (/^(?:\[\s*[[{]|\{\s*[\r\n])/.test(text)) return 'json'
  if (/^\{ *"/.test(text)) return 'ndjson'
  const [first = ''] = /^"?\w[^\r\n{}]*/.exec(text) ?? []
  return /\w[",;|\t]/.test(first) ? 'csv' : undefined
}

/** True if the reader of a format reads the content: that of documents also reads a value in each line. */
const isRead = (content: InputFormat, known: InputFormat): boolean =>
  formats[content].records === formats[known].records && (content !== 'json' || known === 'json')

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => (loading ??= load())
}
