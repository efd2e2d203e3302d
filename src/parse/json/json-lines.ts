/*
  Reads NDJSON: one object per line.
*/
import { option } from '../../errors.js'
import { carriageReturn, lineFeed, nextLine } from '../line-ends.js'
import { comma } from '../cells/read-cell.js'
import { faulty, unfinished, type LineFormat, type ScanFault } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import type { JsonRecords } from './json-records.js'
import { openBrace, type JsonScanner } from './json-scanner.js'

/** A line that is not JSON is rejected alone; the next line is read normally. */
export class JsonLines implements LineFormat {
  readonly #lines: LineTokenizer
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords
  /** True if the line goes on after its object. */
  #isAfterObject = false

  /** @param scanner  the scanner that `records` uses; for it, line ends are no blanks */
  constructor(lines: LineTokenizer, scanner: JsonScanner, records: JsonRecords) {
    this.#lines = lines
    this.#scanner = scanner
    this.#records = records
  }

  startBlock(): void {
    this.#scanner.startBlock(this.#lines.window)
  }

  toRecord(end: number): boolean {
    return this.#lines.toRecordLine(end, this)
  }

  /** A blank line is not a record. If it is longer than a record may be, it counts as a record that is too long. */
  isNoRecord(start: number): boolean {
    const { bytes, end } = this.#lines.window
    if (bytes[start]! > 32) return false
    const p = this.#scanner.skipBlanks(start)
    if (p >= end || (bytes[p] !== lineFeed && bytes[p] !== carriageReturn)) return false
    return this.#lines.contentEnd(p + 1) - start <= this.#lines.maxRecordBytes
  }

  /** Finds records of the usual shape with the block's kernel. */
  scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    const lines = this.#lines
    const { window, maxRecordBytes } = lines
    const { kernel } = block
    const shape = kernel && this.#records.usualShape(block, firstRow)
    if (kernel === undefined || shape === undefined || !kernel.useShape(shape)) return firstRow
    const { start } = window
    if (start >= Math.min(stopAt, kernel.textEnd)) return firstRow
    const rows = [firstRow, rowEnd, lines.lineNumber, maxRecordBytes] as const
    const next = kernel.jsonLines(block, start, stopAt, ...rows)
    window.start = kernel.nextStart
    lines.lineNumber += next - firstRow
    return next
  }

  scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes, end } = scanner
    this.#isAfterObject = false
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
    this.#isAfterObject = true
    return faulty
  }

  faultOf(_block: RecordBlock, start: number, scanned: number): ScanFault | undefined {
    if (scanned !== faulty) return undefined
    const { bytes, end } = this.#lines.window
    const next = nextLine(bytes, start, end)
    const { obstacle } = this.#records
    if (obstacle !== undefined) return { ...obstacle, next }
    const { stoppedAt } = this.#scanner
    const column = stoppedAt - start + 1
    const c = this.#isAfterObject ? bytes[stoppedAt] : undefined
    const advice =
      c === comma
        ? ", the comma after an object: take it out, such as with sed 's/,$//'"
        : c === openBrace
          ? `, where another object begins: ${option('input.format')} json reads objects without line ends between them`
          : ''
    return {
      code: 'DDB_INPUT_JSON',
      message: `the line is not a JSON object: ${this.#scanner.reason} at byte ${column} of the line${advice}`,
      next,
    }
  }
}
