/*
  Opens an input of any format behind the one face that the loader knows.
*/
import { UsageError } from '../errors.js'
import type { ByteSource } from '../source/byte-source.js'
import { detectFormat, formats, type FormatOptions, type InputFormat } from './formats.js'
import type { InputReader } from './input-reader.js'

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
