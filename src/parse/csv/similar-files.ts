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

/**
 * The test whether a whole file can be read like the file before: it has the same header, each line is a record with as many fields, and
 * no byte makes its dialect unclear. Undefined if every input must be examined by itself.
 */
export function similarTest(
  dialect: CsvDialect,
  { headerBytes, headerLineNumber, fieldCount, dialect: known }: FoundShape<'csv' | 'tsv'>,
): ((bytes: Uint8Array) => boolean) | undefined {
  const { delimiter, comment, skipLines, trailingDelimiter, trim } = dialect
  if (trailingDelimiter || trim || skipLines > 0 || comment !== '') return undefined
  if (known === undefined || !isByte(delimiter) || !isByteDialect(dialect)) return undefined
  const { decimalComma, quote, escape } = known
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
  const record = `(?:${field}${signs[0]}){${fieldCount - 1}}${field}`
  const lines = new RegExp(`^(?:${record}(?:\\r?\\n|$))*$`)
  return bytes => {
    if (!isAt(headerBytes, bytes, 0) || !isUtf8(bytes)) return false
    const { buffer, byteOffset, length } = bytes
    // V8 compiles an expression at once, but would interpret a loop over the bytes of the first hundreds of files.
    return lines.test(
      Buffer.from(buffer, byteOffset, length).toString('latin1', headerBytes.length),
    )
  }
}
