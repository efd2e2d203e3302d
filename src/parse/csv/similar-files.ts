/*
  Opens a file with the findings about the previous file, because files of a folder usually come from one program. Only
  checks that the header and the dialect are the same. A file that may need a different dialect is examined by itself.
*/
import { isUtf8 } from 'node:buffer'
import { isAt } from '../cells/cell-bytes.js'
import { lineFeed } from '../line-ends.js'
import type { FoundShape, Known } from '../input-reader.js'
import type { CsvDialect } from './csv-dialect.js'
import { isByte, isByteDialect } from './csv-dialect.js'
import { delimiters } from './detect-dialect.js'

/** The dialect and header that the next input should have. */
export interface ExpectedCsv {
  readonly dialect: CsvDialect
  readonly found: FoundShape<'csv' | 'tsv'>
  readonly headerBytes: Uint8Array
  /** Matches lines with the header's number of fields, in which no byte may be a sign of a different dialect. */
  readonly lines: RegExp
}

/** Returns undefined if every input must be examined by itself. */
export function expectedOf(
  dialect: CsvDialect,
  found: FoundShape<'csv' | 'tsv'>,
): ExpectedCsv | undefined {
  const { headerBytes, headerLineNumber } = found
  const { delimiter, comment, skipLines, trailingDelimiter, trim } = dialect
  if (trailingDelimiter || trim || skipLines > 0 || comment !== '') return undefined
  if (found.dialect === undefined || !isByte(delimiter) || !isByteDialect(dialect)) {
    return undefined
  }
  const { decimalComma, quote, escape } = found.dialect
  // A quote or escape character other than `"` that was only detected may not suit the next file: in a file without
  // quotes, detection would choose the default `"`.
  const isUsual = ({ value, how }: Known<string>): boolean => how === 'given' || value === '"'
  if (decimalComma.value || !isUsual(quote) || !isUsual(escape)) return undefined
  if (headerBytes === undefined || headerLineNumber !== 1) return undefined
  if (headerBytes.indexOf(lineFeed) !== headerBytes.length - 1) return undefined
  // If the header has a further delimiter, quote or escape character, detection might choose it for the next file.
  const others = Buffer.from([...delimiters, "'", '\\'].filter(one => one !== delimiter).join(''))
  if (headerBytes.some(byte => others.includes(byte))) return undefined
  const signs = [delimiter, ...others.toString(), '"', ...quote.value, ...escape.value].map(
    byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  const field = `[^\\0-\\x1f${signs.join('')}]*`
  const record = `(?:${field}${signs[0]}){${found.fieldCount - 1}}${field}`
  return { dialect, found, headerBytes, lines: new RegExp(`^(?:${record}(?:\\r?\\n|$))*$`) }
}

/**
 * True if `bytes` (a whole file) can be read like the file before: it has the same header, each line is a record with as many
 * fields, and no byte makes its dialect unclear.
 */
export function isSimilar({ headerBytes, lines }: ExpectedCsv, bytes: Uint8Array): boolean {
  if (!isAt(headerBytes, bytes, 0) || !isUtf8(bytes)) return false
  const { buffer, byteOffset, length } = bytes
  // V8 compiles an expression at once, but would interpret a loop over the bytes of the first hundreds of files.
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1', headerBytes.length)
  return lines.test(text)
}
