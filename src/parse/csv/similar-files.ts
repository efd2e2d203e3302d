/*
  Opens a file with the findings about the previous file, because files of a folder usually come from one program. Only
  checks that the header and the dialect are the same. A file that may need a different dialect is examined by itself.
*/
import { isUtf8 } from 'node:buffer'
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
  /** Bits for each byte value, which describe what the byte means in a file of this dialect. */
  readonly kinds: Uint8Array
}

/**
 * The constants up to `divides` are bits of a byte's entry in `kinds`. `speaks`: the byte may be a sign of a different
 * dialect. `isNotAscii`: the text must be checked to be UTF-8.
 */
const speaks = 1
const isNotAscii = 2
/** Set for the delimiter and the line feed. Right before a line end, they may mean an empty field or an empty line. */
const matters = 4
const isLineEnd = matters << 1
/** Set for the carriage return. The next byte must be a line feed. */
const isReturn = 16
const isNoLineFeed = isReturn << 1
const divides = 64

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
  const kinds = new Uint8Array(256).fill(isNoLineFeed | speaks, 0, 32)
  kinds.fill(isNoLineFeed, 32).fill(isNoLineFeed | isNotAscii, 128)
  for (const byte of Buffer.from(`${others.toString()}"${quote.value}${escape.value}`)) {
    kinds[byte] = isNoLineFeed | speaks
  }
  kinds[delimiter.charCodeAt(0)] = isNoLineFeed | divides | matters
  kinds[carriageReturn] = isNoLineFeed | isReturn | isLineEnd
  kinds[lineFeed] = isLineEnd | matters
  return { dialect, found, headerBytes, kinds }
}

/**
 * True if `bytes` (a whole file) can be read like the file before: it has the same header, and no record that would
 * make its dialect unclear.
 */
export function isSimilar(expected: ExpectedCsv, bytes: Uint8Array): boolean {
  const { headerBytes, kinds } = expected
  const { length } = bytes
  if (length < headerBytes.length) return false
  for (let p = 0; p < headerBytes.length; p++) if (bytes[p] !== headerBytes[p]) return false
  // Has no branch at delimiters. No processor could predict this branch, and the loop would take four times as long.
  let all = 0
  let pairs = 0
  let before = kinds[lineFeed]!
  for (let p = headerBytes.length; p < length; p++) {
    const kind = kinds[bytes[p]!]!
    all |= kind
    pairs |= (before << 1) & kind
    before = kind
  }
  if ((all & speaks) !== 0) return false
  // The end of the file ends a line, too.
  if (before !== kinds[lineFeed]) pairs |= before << 1
  const isClear = (pairs & (isLineEnd | isNoLineFeed)) === 0
  if (!isClear && !areRecordsAlike(expected, bytes)) return false
  return (all & isNotAscii) === 0 || isUtf8(bytes)
}

/** True if each line is a record with as many fields as the header. */
function areRecordsAlike({ headerBytes, kinds, found }: ExpectedCsv, bytes: Uint8Array): boolean {
  const { length } = bytes
  let fields = 1
  let lineStart = headerBytes.length
  for (let p = lineStart; p < length; p++) {
    const byte = bytes[p]!
    if (byte === lineFeed) {
      if (fields !== found.fieldCount) return false
      fields = 1
      lineStart = p + 1
    } else if (byte === carriageReturn) {
      if (bytes[p + 1] !== lineFeed) return false
    } else if ((kinds[byte]! & divides) !== 0) fields++
  }
  return lineStart === length || fields === found.fieldCount
}
