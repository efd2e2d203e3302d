/*
  Reads NDJSON: one object per line.
*/
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { JsonRecords } from './json-records.js'
import type { JsonScanner } from './json-scanner.js'
import { carriageReturn, lineFeed, nextLine } from '../line-ends.js'
import {
  faulty,
  LineTokenizer,
  unfinished,
  type LineFormat,
  type ScanFault,
} from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/**
 * Makes the tokenizer of NDJSON. A line that is not JSON is rejected alone; the next line is read normally.
 * @param scanner  the scanner that `records` uses, made for single lines
 */
export function jsonLines(
  file: string,
  scanner: JsonScanner,
  records: JsonRecords,
  maxRecordBytes: number,
  offsetBytes: number,
  text?: SourceText,
): LineTokenizer {
  const formatOf = (lines: LineTokenizer): LineFormat => new JsonLines(lines, scanner, records)
  return new LineTokenizer(file, maxRecordBytes, offsetBytes, formatOf, text)
}

class JsonLines implements LineFormat {
  readonly #lines: LineTokenizer
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords

  constructor(lines: LineTokenizer, scanner: JsonScanner, records: JsonRecords) {
    this.#lines = lines
    this.#scanner = scanner
    this.#records = records
  }

  startBlock(): void {
    const { bytes, view, end, scratchStart } = this.#lines.window
    this.#scanner.bytes = bytes
    this.#scanner.view = view
    this.#scanner.end = end
    this.#scanner.scratch = scratchStart
  }

  /** A blank line is not a record. If it is longer than a record may be, it counts as a record that is too long. */
  isNoRecord(start: number): boolean {
    const { bytes, end } = this.#lines.window
    if (bytes[start]! > 32) return false
    const p = this.#scanner.skipBlanks(start)
    if (p >= end || (bytes[p] !== lineFeed && bytes[p] !== carriageReturn)) return false
    return this.#lines.contentEnd(p + 1) - start <= this.#lines.maxRecordBytes
  }

  scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    const lines = this.#lines
    const { window, maxRecordBytes } = lines
    const { bytes, end } = window
    const { recordStarts, recordEnds, lineNumbers } = block
    const records = this.#records
    let { start } = window
    let row = firstRow
    for (; row < rowEnd && start < stopAt; row++) {
      let p = records.scanUsual(block, row, start)
      if (bytes[p] === carriageReturn && p + 1 < end) p++
      if (p < 0 || p >= end || bytes[p] !== lineFeed || p - start >= maxRecordBytes) break
      recordStarts[row] = start
      lineNumbers[row] = lines.lineNumber++
      start = p + 1
      recordEnds[row] = start
    }
    window.start = start
    return row
  }

  scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes, end } = scanner
    let p = this.#records.scan(block, row, scanner.skipBlanks(start))
    if (p < 0) {
      return this.#records.obstacle === undefined && scanner.stoppedAt >= end ? unfinished : faulty
    }
    p = scanner.skipBlanks(p)
    const c = bytes[p]
    if (p === end || (c === carriageReturn && p + 1 === end)) return unfinished
    if (c === lineFeed) return p + 1
    if (c === carriageReturn) return bytes[p + 1] === lineFeed ? p + 2 : p + 1
    scanner.stoppedAt = p
    return faulty
  }

  faultOf(_block: RecordBlock, start: number, scanned: number): ScanFault | undefined {
    if (scanned !== faulty) return undefined
    const { bytes, end } = this.#lines.window
    const next = nextLine(bytes, start, end)
    const { obstacle } = this.#records
    if (obstacle !== undefined) return { ...obstacle, next }
    const column = this.#scanner.stoppedAt - start + 1
    return {
      code: 'DDB_INPUT_JSON',
      message: `the line is not a JSON object: ${this.#scanner.reason} at byte ${column} of the line`,
      next,
    }
  }
}
