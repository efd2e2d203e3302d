/*
  NDJSON: one object a line.
*/
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { JsonRecords } from './json-records.js'
import type { JsonScanner } from './json-scanner.js'
import { nextLine } from '../line-ends.js'
import {
  carriageReturn,
  faulty,
  lineFeed,
  LineTokenizer,
  unfinished,
  type ScanFault,
} from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/** The tokenizer of NDJSON. A line that is not JSON is set aside alone: the next one starts afresh. */
export class JsonLines extends LineTokenizer {
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords

  /** @param scanner  the one that `records` uses, for single lines */
  constructor(
    file: string,
    scanner: JsonScanner,
    records: JsonRecords,
    maxRecordBytes: number,
    offsetBytes: number,
    text?: SourceText,
  ) {
    super(file, maxRecordBytes, offsetBytes, text)
    this.#scanner = scanner
    this.#records = records
  }

  protected override startBlock(): void {
    const { bytes, view, end, scratchStart } = this.window
    this.#scanner.bytes = bytes
    this.#scanner.view = view
    this.#scanner.end = end
    this.#scanner.scratch = scratchStart
  }

  /** A line of blanks that is longer than a record may be is a record that is too long. */
  protected isNoRecord(start: number): boolean {
    const { bytes, end } = this.window
    if (bytes[start]! > 32) return false
    const p = this.#scanner.skipBlanks(start)
    if (p >= end || (bytes[p] !== lineFeed && bytes[p] !== carriageReturn)) return false
    return this.contentEnd(p + 1) - start <= this.maxRecordBytes
  }

  protected override scanRun(
    block: RecordBlock,
    firstRow: number,
    rowEnd: number,
    stopAt: number,
  ): number {
    const { window, maxRecordBytes } = this
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
      lineNumbers[row] = this.lineNumber++
      start = p + 1
      recordEnds[row] = start
    }
    window.start = start
    return row
  }

  protected scanRecord(block: RecordBlock, row: number, start: number): number {
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

  protected faultOf(_block: RecordBlock, start: number): ScanFault {
    const { bytes, end } = this.window
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
