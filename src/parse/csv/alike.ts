/*
  The files of a folder are mostly written by one program: what was found of one is expected of the next, and only checked. A file
  that may be understood in another way is looked at by itself.
*/
import { isUtf8 } from 'node:buffer'
import { carriageReturn, lineFeed } from '../line-ends.js'
import type { InputReader, Known } from '../input-reader.js'
import type { CsvDialect } from './csv-dialect.js'
import { isByteDialect } from './csv-dialect.js'
import { delimiters } from './detect-dialect.js'

/** What was found of an input. */
export type FoundCsv = Pick<
  InputReader<'csv' | 'tsv'>,
  | 'format'
  | 'recordKind'
  | 'dialect'
  | 'isHeaderGuessed'
  | 'fieldNames'
  | 'fieldCount'
  | 'rowNames'
  | 'headerBytes'
  | 'headerLineNumber'
>

/** What is expected of the next input. */
export interface ExpectedCsv {
  readonly dialect: CsvDialect
  readonly found: FoundCsv
  readonly headerBytes: Uint8Array
  /** What each byte means for a file that is expected to be alike. */
  readonly kinds: Uint8Array
}

const plain = 0
const divides = 1
const endsLine = 2
const isBeforeLineEnd = 3
const isNotAscii = 4
/** It may make a file another one. */
const speaks = 5

/** undefined where every input has to be looked at by itself. */
export function expectedOf(dialect: CsvDialect, found: FoundCsv): ExpectedCsv | undefined {
  const { headerBytes, headerLineNumber, rowNames } = found
  const { delimiter, comment, skipLines, trailingDelimiter, trim } = dialect
  if (rowNames || trailingDelimiter || trim || skipLines > 0 || comment !== '') return undefined
  if (found.dialect === undefined || delimiter.length > 1 || !isByteDialect(dialect)) {
    return undefined
  }
  const { decimalComma, quote, escape } = found.dialect
  // Without quotes in sight a file has the usual ones.
  const isUsual = ({ value, how }: Known<string>): boolean => how === 'given' || value === '"'
  if (decimalComma.value || !isUsual(quote) || !isUsual(escape)) return undefined
  if (headerBytes === undefined || headerLineNumber !== 1) return undefined
  if (headerBytes.indexOf(lineFeed) !== headerBytes.length - 1) return undefined
  const kinds = new Uint8Array(256).fill(speaks, 0, 32).fill(isNotAscii, 128)
  for (const text of [...delimiters, '"', "'", '\\', quote.value, escape.value]) {
    if (text !== '') kinds[text.charCodeAt(0)] = speaks
  }
  kinds[delimiter.charCodeAt(0)] = divides
  kinds[lineFeed] = endsLine
  kinds[carriageReturn] = isBeforeLineEnd
  return { dialect, found, headerBytes, kinds }
}

/** Whether a file is to be understood as the one before: the same header, and records that leave no choice. */
export function isAlike({ headerBytes, kinds, found }: ExpectedCsv, bytes: Uint8Array): boolean {
  const { length } = bytes
  if (length < headerBytes.length) return false
  for (let p = 0; p < headerBytes.length; p++) if (bytes[p] !== headerBytes[p]) return false
  let fields = 1
  let lineStart = headerBytes.length
  let isAscii = true
  for (let p = lineStart; p < length; p++) {
    const kind = kinds[bytes[p]!]
    if (kind === plain) continue
    if (kind === divides) fields++
    else if (kind === endsLine) {
      if (fields !== found.fieldCount) return false
      fields = 1
      lineStart = p + 1
    } else if (kind === isNotAscii) isAscii = false
    else if (kind === speaks || bytes[p + 1] !== lineFeed) return false
  }
  if (lineStart < length && fields !== found.fieldCount) return false
  return isAscii || isUtf8(bytes)
}
