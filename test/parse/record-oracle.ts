/* Finds the records of a text, and what each record is, with the simplest algorithm: one pass over the whole text, without chunks or
   windows. Tests compare the results of readers with it. */
import { InputError, type ErrorCode } from '../../src/errors.js'
import type { ByteCounts } from '../../src/parse/input-reader.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import { batchesFrom, mappingFor, memorySource } from './reading.js'

/** A row or a reject. Only a reject has a code. */
export interface FoundRecord {
  readonly code: ErrorCode | undefined
  readonly offset: number
  readonly length: number
}

export interface Outcome {
  readonly records: readonly FoundRecord[]
  /** The error that stopped the reading. */
  readonly failure: ErrorCode | undefined
  /** Number of bytes at the end of a cut input that belong to no known record. */
  readonly unreadBytes?: number
}

export interface Layout {
  readonly delimiter: string
  readonly fields: number
  readonly maxRecordBytes: number
  /** Whether the input was cut, so that a last record without a line end is incomplete. */
  readonly isCut: boolean
}

const cutCode = 'DDB_INPUT_TRUNCATED'

/** Position after the first line end at or after `from`; the end of the text if there is no line end. */
function lineEnd(text: string, from: number): number {
  const found = /\r\n|\n|\r/.exec(text.slice(from))
  return found === null ? text.length : from + found.index + found[0].length
}

interface Walk {
  readonly kind: 'whole' | 'bad quote' | 'open quote' | 'endless quote' | 'too long'
  /** Only complete records have `end` and `fields`. */
  readonly end?: number
  readonly fields?: number
}

/** Follows the fields of the record at `start`. Ignores bytes beyond the limit. */
function walk(text: string, start: number, { delimiter, maxRecordBytes }: Layout): Walk {
  const reaches = (position: number): boolean => position - start < maxRecordBytes
  const overLimit = text.length - start > maxRecordBytes
  let fields = 1
  let p = start
  for (;;) {
    if (text[p] === '"') {
      const open = p++
      while (p < text.length && (text[p] !== '"' || text[p + 1] === '"')) {
        p += text[p] === '"' ? 2 : 1
      }
      if (overLimit && reaches(open) && (p >= text.length || !reaches(p))) {
        return { kind: 'endless quote' }
      }
      if (p >= text.length) return { kind: overLimit ? 'too long' : 'open quote' }
      p++
    } else {
      while (p < text.length && !/["\r\n]/.test(text[p]!) && !text.startsWith(delimiter, p)) p++
    }
    if (p === text.length) return { kind: 'whole', end: p, fields }
    if (text[p] === '\n' || text[p] === '\r') {
      return { kind: 'whole', end: lineEnd(text, p), fields }
    }
    if (!text.startsWith(delimiter, p)) return { kind: reaches(p) ? 'bad quote' : 'too long' }
    fields++
    p += delimiter.length
  }
}

interface LaxWalk {
  readonly end: number
  /** Whether one of the record's line ends may be inside a field. */
  readonly doubt: boolean
  /** Whether the record has a quote that may close a field of an earlier record. */
  readonly settles: boolean
}

/** The record at `start`, with invalid quotes read as text; a string if the record does not end before `limit`. */
function laxWalk(
  text: string,
  start: number,
  limit: number,
  delimiter: string,
  isSettling: boolean,
): LaxWalk | 'open' | 'cut' {
  const endsField = (p: number): boolean =>
    p >= text.length || /[\r\n]/.test(text[p]!) || text.startsWith(delimiter, p)
  let doubt = false
  let settles = false
  let p = start
  for (;;) {
    let isBlank = true
    if (text[p] === '"') {
      let close = p + 1
      const mayClose = endsField(close)
      settles ||= mayClose
      while (close < limit && (text[close] !== '"' || text[close + 1] === '"')) {
        close += text[close] === '"' ? 2 : 1
      }
      if (close >= limit) {
        if (!mayClose || !isSettling) return 'open'
        close = p
      }
      p = close + 1
      isBlank = false
      if (!endsField(p)) doubt = true
    }
    for (; !endsField(p); p++) {
      if (text[p] === '"') {
        settles ||= endsField(p + 1)
        doubt ||= isBlank
      }
      isBlank &&= text[p] === ' '
    }
    if (p >= limit) return 'cut'
    if (!text.startsWith(delimiter, p)) {
      const end = lineEnd(text, p)
      return end <= limit ? { end, doubt, settles } : 'cut'
    }
    p += delimiter.length
    if (p >= limit) return 'cut'
  }
}

/** Position after the record with broken quotes and all lines that may belong to it. */
function brokenEnd(
  source: string,
  start: number,
  { delimiter, maxRecordBytes, isCut }: Layout,
): number | 'open' | 'cut' {
  // Adds a missing last line feed.
  const text = isCut || source.endsWith('\n') ? source : `${source}\n`
  const isLimited = source.length - start > maxRecordBytes
  const limit = isLimited ? start + maxRecordBytes : text.length
  const first = laxWalk(text, start, limit, delimiter, false)
  if (typeof first === 'string') return isCut && !isLimited ? 'cut' : first
  let { end } = first
  for (let inDoubt = first.doubt; inDoubt;) {
    inDoubt = false
    for (let at = end; at < limit;) {
      if (/[\r\n#]/.test(text[at]!)) {
        at = lineEnd(text, at)
        continue
      }
      const next = laxWalk(text, at, limit, delimiter, isLimited || !isCut)
      if (typeof next === 'string') {
        if (isCut && !isLimited) return 'cut'
        break
      }
      at = next.end
      if (!next.settles) continue
      end = at
      inDoubt = true
      break
    }
    // The missing part of a cut input could have shown where the record ends.
    if (!inDoubt && isCut && !isLimited) return 'cut'
  }
  return Math.min(end, source.length)
}

/**
 * Position after the empty line or comment at `at`; `row` if an empty line is a row; undefined if a cut input leaves
 * this open. With one column, an empty line is a row if a record follows.
 */
function passedTo(text: string, at: number, layout: Layout): number | 'row' | undefined {
  const { fields, maxRecordBytes, isCut } = layout
  if (text[at] === '#' || fields > 1) return lineEnd(text, at)
  let next = at
  while (next < text.length && /[\r\n#]/.test(text[next]!)) next = lineEnd(text, next)
  if (next < text.length || text.length - at > maxRecordBytes) return 'row'
  return isCut ? undefined : text.length
}

/** The records of delimited text with comments that begin with `#`. */
export function delimitedRecords(text: string, layout: Layout): Outcome {
  const records: FoundRecord[] = []
  const { maxRecordBytes, isCut } = layout
  let at = 0
  const add = (code: ErrorCode | undefined, end: number, isWhole: boolean): void => {
    records.push({ code: isCut && !isWhole ? cutCode : code, offset: at, length: end - at })
    at = end
  }
  while (at < text.length) {
    if (/[\r\n#]/.test(text[at]!)) {
      const next = passedTo(text, at, layout)
      if (next === undefined) break
      if (next === 'row') add(undefined, lineEnd(text, at), true)
      else at = next
      continue
    }
    const found = walk(text, at, layout)
    if (found.kind === 'endless quote') return { records, failure: 'DDB_INPUT_QUOTE' }
    if (found.kind === 'open quote') {
      add('DDB_INPUT_QUOTE', text.length, false)
      continue
    }
    const broken = found.kind === 'bad quote' ? brokenEnd(text, at, layout) : undefined
    if (broken === 'open') {
      if (text.length - at > maxRecordBytes) return { records, failure: 'DDB_INPUT_QUOTE' }
      add('DDB_INPUT_QUOTE', text.length, true)
      continue
    }
    if (broken === 'cut' && text.length - at <= maxRecordBytes) {
      add(undefined, text.length, false)
      continue
    }
    const end = typeof broken === 'number' ? broken : (found.end ?? lineEnd(text, at))
    if (found.kind === 'too long' || broken === 'cut' || end - at > maxRecordBytes) {
      const next = lineEnd(text, at + maxRecordBytes)
      const isWhole = isEnded(text, next)
      // The lines after it may be inside the quotes of a later field.
      const quotes = text.slice(at + maxRecordBytes, next).split('"').length - 1
      if (quotes % 2 === 1 && (isWhole || !isCut)) return { records, failure: 'DDB_INPUT_QUOTE' }
      add('DDB_INPUT_RECORD_TOO_LONG', next, isWhole)
    } else if (found.kind === 'bad quote') add('DDB_INPUT_QUOTE', end, isEnded(text, end))
    else if (found.fields === layout.fields) add(undefined, end, isEnded(text, end))
    else add('DDB_INPUT_FIELD_COUNT', end, isEnded(text, end))
  }
  const unreadBytes = text.length - at
  return { records, failure: isCut ? cutCode : undefined, unreadBytes }
}

/** Whether a line ends before `end`. A CR at the end of the text does not count: it may be half of a line end. */
function isEnded(text: string, end: number): boolean {
  return text[end - 1] === '\n' || (text[end - 1] === '\r' && end < text.length)
}

/** The records of NDJSON with one STRING column `v`, which is filled or null. */
export function jsonLineRecords(text: string, maxRecordBytes: number, isCut: boolean): Outcome {
  const records: FoundRecord[] = []
  let next = 0
  while (next < text.length) {
    const at = next
    next = lineEnd(text, at)
    const line = text.slice(at, next)
    const length = next - at
    const isBlank = /^[ \t]*(\r\n|\n|\r|$)$/.test(line)
    const isShort = line.replace(/\r\n$/, '\n').length <= maxRecordBytes
    const isLineEnded = /[\r\n]$/.test(line)
    if (isBlank && isShort && (isLineEnded || !isCut)) continue
    let code: ErrorCode | undefined
    if (isCut && !isEnded(text, next)) code = cutCode
    else if (length > maxRecordBytes) code = 'DDB_INPUT_RECORD_TOO_LONG'
    else if (!isObject(line)) code = 'DDB_INPUT_JSON'
    records.push({ code, offset: at, length })
  }
  return { records, failure: isCut ? cutCode : undefined }
}

function isObject(line: string): boolean {
  try {
    return /^[ \t]*\{/.test(line) && JSON.parse(line) !== undefined
  } catch {
    return false
  }
}

export interface Reading extends Outcome {
  readonly byteCounts: ByteCounts
  readonly readToEnd: boolean
}

export interface Piecewise {
  readonly types: string
  readonly chunkBytes: number
  readonly isCut: boolean
  readonly dialect: ReaderOptions
}

/** The records that a reader finds in the text in chunks. */
export async function recordsRead(
  text: string,
  { types, chunkBytes, isCut, dialect }: Piecewise,
): Promise<Reading> {
  const cutOff = new InputError(cutCode, 'cut', { file: 'input' })
  const source = memorySource(text, { chunkBytes, ...(isCut ? { failure: cutOff } : {}) })
  const reader = await openReader(source, dialect)
  const records: FoundRecord[] = []
  if (reader.headerBytes !== undefined) {
    records.push({ code: undefined, offset: 0, length: reader.headerBytes.length })
  }
  let failure: ErrorCode | undefined
  const batches = batchesFrom(reader, mappingFor(reader, types, { allowMissing: true }), {
    batchRows: 3,
    onReject: ({ code, offsetBytes, lengthBytes }) =>
      void records.push({ code, offset: offsetBytes, length: lengthBytes }),
  })
  try {
    for await (const batch of batches) {
      for (let row = 0; row < batch.rowCount; row++) {
        const { offsetBytes, lengthBytes } = batch.locate(row)
        records.push({ code: undefined, offset: offsetBytes, length: lengthBytes })
      }
      batch.release()
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    failure = error.code
  }
  records.sort((a, b) => a.offset - b.offset)
  const { byteCounts, readToEnd } = reader
  return { records, failure, byteCounts: { ...byteCounts }, readToEnd }
}
