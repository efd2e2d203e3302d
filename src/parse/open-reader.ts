/*
  Opens an input of any format behind the one face that the loader knows.
*/
import type { ByteSource } from '../source/byte-source.js'
import type * as Csv from './csv/open-csv.js'
import type * as Json from './json/open-json.js'
import { detectFormat } from './formats.js'
import type { InputFormat, InputReader } from './input-reader.js'

/** What is known of the format; what is left out is found in the input. */
export interface ReaderOptions extends Omit<Csv.CsvOptions, 'format'> {
  /** `auto` goes by the name and the first bytes. */
  readonly format?: 'auto' | InputFormat | undefined
}

// Only the format at hand is loaded, once: a small load ends sooner than the other's modules are read.
let csv: typeof Csv | undefined
let json: typeof Json | undefined

/**
 * Opens the input and reads as far as its first record.
 *
 * @throws {InputError} when there is no reading it
 */
export async function openReader(
  source: ByteSource,
  options: ReaderOptions = {},
): Promise<InputReader> {
  const { format: asked = 'auto', ...dialect } = options
  const format = asked === 'auto' ? detectFormat(source.name, source.head) : asked
  if (format === 'csv' || format === 'tsv') {
    csv ??= await import('./csv/open-csv.js')
    return csv.openCsv(source, { ...dialect, format })
  }
  json ??= await import('./json/open-json.js')
  return json.openJson(source, format, dialect.maxRecordBytes)
}
