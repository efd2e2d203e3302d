/*
  Opens a file with the findings about the previous file, because files of a folder usually come from one program. Only
  checks that the header and the dialect are the same. A file that may need a different dialect is examined by itself.
*/
import { isUtf8 } from 'node:buffer'
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { Known } from '../input-reader.js'
import type { FoundShape } from '../record-reader.js'
import type { CsvDialect } from './csv-dialect.js'
import { isByteDialect } from './csv-dialect.js'
import { delimiters } from './detect-dialect.js'

/** The dialect and header that the next input should have. */
export interface ExpectedCsv {
  readonly dialect: CsvDialect
  readonly found: FoundShape<'csv' | 'tsv'>
  readonly headerBytes: Uint8Array
  /** For each byte value: what the byte means in a file of this dialect. */
  readonly kinds: Uint8Array
}

/** Kinds of bytes; 0 for a byte of a field. `sign`: the byte may be a sign of a different dialect. */
const sign = 1
const divides = 2
const endsLine = 3
/** A carriage return, after which a line feed must come. */
const precedesEnd = 4

/** Returns undefined if every input must be examined by itself. */
export function expectedOf(
  dialect: CsvDialect,
  found: FoundShape<'csv' | 'tsv'>,
): ExpectedCsv | undefined {
  const { headerBytes, headerLineNumber } = found
  const { delimiter, comment, skipLines, trailingDelimiter, trim } = dialect
  if (trailingDelimiter || trim || skipLines > 0 || comment !== '') return undefined
  if (found.dialect === undefined || delimiter.length > 1 || !isByteDialect(dialect)) {
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
  const kinds = new Uint8Array(256).fill(sign, 0, 32)
  for (const byte of Buffer.from(`${others.toString()}"${quote.value}${escape.value}`)) {
    kinds[byte] = sign
  }
  kinds[delimiter.charCodeAt(0)] = divides
  kinds[carriageReturn] = precedesEnd
  kinds[lineFeed] = endsLine
  return { dialect, found, headerBytes, kinds }
}

/**
 * True if `bytes` (a whole file) can be read like the file before: it has the same header, each line is a record with as many
 * fields, and no byte makes its dialect unclear.
 */
export function isSimilar({ headerBytes, kinds, found }: ExpectedCsv, bytes: Uint8Array): boolean {
  const { length } = bytes
  if (!isAt(headerBytes, bytes, 0)) return false
  let fields = 1
  let lineStart = headerBytes.length
  for (let p = lineStart; p < length; p++) {
    const kind = kinds[bytes[p]!]!
    if (kind === 0) continue
    if (kind === sign) return false
    if (kind === divides) fields++
    else if (kind === precedesEnd) {
      if (bytes[p + 1] !== lineFeed) return false
    } else {
      if (fields !== found.fieldCount) return false
      fields = 1
      lineStart = p + 1
    }
  }
  return (lineStart === length || fields === found.fieldCount) && isUtf8(bytes)
}
