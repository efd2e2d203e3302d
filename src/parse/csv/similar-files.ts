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
  /** For each byte value: `sign` if the byte may be a sign of a different dialect, all other bits for a line feed. */
  readonly masks: Int32Array
  /** For each byte value: what the byte adds to a sum that is 0 after each line with the header's number of fields. */
  readonly weights: Int32Array
}

/** A bit that no sum of weights needs. */
const sign = 1 << 30

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
  const masks = new Int32Array(256).fill(sign, 0, 32)
  for (const byte of Buffer.from(`${others.toString()}"${quote.value}${escape.value}`)) {
    masks[byte] = sign
  }
  const delimiterByte = delimiter.charCodeAt(0)
  masks[delimiterByte] = masks[carriageReturn] = 0
  masks[lineFeed] = ~sign
  const weights = new Int32Array(256)
  weights[delimiterByte] = 1
  weights[lineFeed] = 1 - found.fieldCount
  return { dialect, found, headerBytes, masks, weights }
}

/**
 * True if `bytes` (a whole file) can be read like the file before: it has the same header, each line is a record with as many
 * fields, and no byte makes its dialect unclear.
 */
export function isSimilar(expected: ExpectedCsv, bytes: Uint8Array): boolean {
  const { headerBytes, masks, weights } = expected
  if (!isAt(headerBytes, bytes, 0)) return false
  let differences = 0
  let balance = 0
  // Has no branch at delimiters. No processor could predict this branch, and the loop would take four times as long.
  for (let p = headerBytes.length; p < bytes.length; p++) {
    const byte = bytes[p]!
    balance += weights[byte]!
    differences |= masks[byte]! & (balance | sign)
  }
  // The end of the file ends a line, too.
  if (bytes.at(-1) !== lineFeed) balance += weights[lineFeed]!
  return differences === 0 && balance === 0 && areReturnsInLineEnds(bytes) && isUtf8(bytes)
}

function areReturnsInLineEnds(bytes: Uint8Array): boolean {
  let at = bytes.indexOf(carriageReturn)
  while (at >= 0 && bytes[at + 1] === lineFeed) at = bytes.indexOf(carriageReturn, at + 1)
  return at < 0
}
