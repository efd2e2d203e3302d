/*
  Parses pieces of text ahead of the reader, without knowing the pieces before. The parser begins after a piece's first
  line end and stops at the incomplete last record. If it finds anything unusual, the reader reads the piece instead.
*/
import type { RecordShape } from '../batch.js'
import { BatchBuilder, type BuilderInput } from '../batch-builder.js'
import { sourceFields } from '../sourced-column.js'
import { BufferPool } from '../columns/buffer-pool.js'
import { ColumnOffsets } from '../cells/column-offset.js'
import {
  guessedFirstRecordOffset,
  type ParsedPiece,
  type PieceBounds,
  type PieceReject,
} from './parsed-piece.js'
import { pieceLines, type PieceLines } from './piece-lines.js'
import type { PieceReading } from './piece-reading.js'

/** Limits the input of one block to about this many bytes, as in `BlockReader`. */
const largestBlockBytes = 128 * 1024

/** Limit of rejects in a piece. With more, the assumed start is probably wrong, and rejects take much memory. */
const mostRejects = 2000

const noShape: RecordShape = {
  format: '',
  delimiter: undefined,
  fieldNames: undefined,
  fieldCount: 0,
  headerBytes: undefined,
  text: { encoding: 'utf-8', mark: new Uint8Array(0) },
}

/** A placeholder for the input of a piece. Offsets count from the piece's start. Only the reader knows the file. */
const noInput: Omit<BuilderInput, 'texts'> = {
  file: '',
  showRecord: undefined,
  shape: noShape,
  text: { ...noShape.text, how: 'found', broken: undefined, origin: undefined },
}

/** Reads pieces of all inputs that have the same `PieceReading`. */
export class PieceParser {
  readonly #lines: PieceLines
  readonly #builder: BatchBuilder
  readonly #pool: BufferPool = new BufferPool()
  readonly #input: BuilderInput
  readonly #offsets: ColumnOffsets | undefined
  readonly #leftOut = new Set<string>()
  #rowCount = 0
  #begin = 0
  #starts = new Int32Array(0)
  #ends = new Int32Array(0)
  #lineNumbers = new Float64Array(0)
  #rejects: PieceReject[] = []
  /** The number of rows in the last piece, because the next piece probably has as many. */
  #expectedRows = 1024

  constructor(reading: PieceReading) {
    const { mapping, cells, offsets, texts } = reading
    this.#input = { ...noInput, texts }
    this.#lines = pieceLines(reading)
    this.#offsets = offsets && new ColumnOffsets(offsets)
    const { block, fieldOf, arrayDelimiter } = this.#lines
    this.#builder = new BatchBuilder({
      mapping,
      fields: sourceFields(mapping, fieldOf),
      rowCapacity: block.rowCapacity,
      rules: {
        ...cells,
        columnOffsets: this.#offsets,
        onOffset: name => {
          this.#leftOut.add(name)
          return true
        },
      },
      arrayDelimiter,
      keepRecords: false,
      pool: this.#pool,
    })
  }

  /**
   * @param buffers  receives the memory of the result; the caller passes this memory to `takeBack` later
   * @returns undefined if the reader must read the piece itself
   */
  parse(bytes: Uint8Array, buffers: ArrayBuffer[]): ParsedPiece | undefined {
    const begin = guessedFirstRecordOffset(bytes)
    if (begin === 0 || begin === bytes.length) return undefined
    const { lines, raggedRecords } = this.#lines
    const raggedBefore = raggedRecords()
    this.#begin = begin
    this.#rowCount = 0
    this.#rejects = []
    this.#leftOut.clear()
    this.#builder.beginInput(this.#input, 0)
    lines.restart()
    lines.push(bytes.subarray(begin))
    const isUsual = this.#readBlocks()
    const rows = this.#builder.give(buffers)
    // The reader continues at the incomplete last record.
    const { start } = lines.window
    const isWhole = lines.resumePoint.offsetBytes === lines.window.offset + start
    const bounds = this.#bounds(buffers)
    if (!isUsual || !isWhole) {
      this.takeBack(buffers.splice(0))
      return undefined
    }
    return {
      end: begin + start,
      lines: lines.lineNumber,
      otherBytes: lines.otherBytes,
      raggedRecords: raggedRecords() - raggedBefore,
      rowCount: this.#rowCount,
      rows,
      bounds,
      rejects: this.#rejects,
      offsets: this.#offsets?.known() ?? {},
      ignoredOffsets: [...this.#leftOut],
    }
  }

  takeBack(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) this.#pool.give(buffer)
  }

  /** @returns false if the reader must read the piece */
  #readBlocks(): boolean {
    const { lines, block } = this.#lines
    const builder = this.#builder
    for (let more = true; more;) {
      block.clear()
      more = lines.fill(block, Infinity, largestBlockBytes)
      if (block.rowCount > 0) builder.read(block)
      const isPlain = block.refusedCount + block.faults.length === 0
      if (!isPlain && !this.#keepRejects()) return false
      if (block.rowCount === 0) continue
      builder.append(block)
      this.#keepRows()
    }
    return lines.failure === undefined
  }

  /** Keeps the rejects of the block in order. Returns false if the reader must handle one of them. */
  #keepRejects(): boolean {
    const { block } = this.#lines
    const { rowCount, refusedBy, recordStarts, recordEnds, lineNumbers, faults } = block
    let rowsBefore = this.#rowCount
    let nextFault = 0
    for (let row = 0; row <= rowCount; row++) {
      const start = row < rowCount ? recordStarts[row]! : Infinity
      for (; nextFault < faults.length; nextFault++) {
        const fault = faults[nextFault]!
        const faultStart = fault.offsetBytes - block.bytesOffset
        if (faultStart > start) break
        // If the kept record is shorter than the record in the text, the record was too long and was cut.
        if (fault.lengthBytes !== fault.record.length) return false
        const end = faultStart + fault.lengthBytes
        this.#reject(fault, rowsBefore, faultStart, end, fault.lineNumber, false)
      }
      if (row === rowCount) break
      if (refusedBy[row] === 0) rowsBefore++
      else {
        const reject = this.#builder.rejectOf(block, row)
        this.#reject(reject, rowsBefore, start, recordEnds[row]!, lineNumbers[row]!, true)
      }
    }
    return this.#rejects.length <= mostRejects
  }

  #reject(
    {
      columnName,
      code,
      class: kind,
      message,
      value,
    }: Pick<PieceReject, 'columnName' | 'code' | 'class' | 'message' | 'value'>,
    rowsBefore: number,
    start: number,
    end: number,
    lines: number,
    isRow: boolean,
  ): void {
    const place = { rowsBefore, start: this.#begin + start, end: this.#begin + end, lines, isRow }
    this.#rejects.push({ columnName, code, class: kind, message, value, ...place })
  }

  #keepRows(): void {
    const { rowCount, recordStarts, recordEnds, lineNumbers } = this.#lines.block
    const first = this.#rowCount
    const begin = this.#begin
    this.#reserve(first + rowCount)
    for (let row = 0; row < rowCount; row++) {
      this.#starts[first + row] = begin + recordStarts[row]!
      this.#ends[first + row] = begin + recordEnds[row]!
      this.#lineNumbers[first + row] = lineNumbers[row]!
    }
    this.#rowCount += rowCount
  }

  #reserve(rowCount: number): void {
    if (rowCount <= this.#starts.length) return
    const length = Math.max(rowCount, 2 * this.#starts.length, this.#expectedRows)
    this.#starts = this.#larger(this.#starts, new Int32Array(this.#pool.take(4 * length)))
    this.#ends = this.#larger(this.#ends, new Int32Array(this.#pool.take(4 * length)))
    this.#lineNumbers = this.#larger(
      this.#lineNumbers,
      new Float64Array(this.#pool.take(8 * length)),
    )
  }

  #larger<A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(before: A, array: A): A {
    array.set(before)
    if (before.length > 0) this.#pool.give(before.buffer)
    return array
  }

  #bounds(buffers: ArrayBuffer[]): PieceBounds {
    const count = this.#rowCount
    const bounds = {
      recordStarts: this.#starts.subarray(0, count),
      recordEnds: this.#ends.subarray(0, count),
      lineNumbers: this.#lineNumbers.subarray(0, count),
    }
    if (this.#starts.length > 0) {
      buffers.push(this.#starts.buffer, this.#ends.buffer, this.#lineNumbers.buffer)
    }
    this.#expectedRows = count
    this.#starts = new Int32Array(0)
    this.#ends = new Int32Array(0)
    this.#lineNumbers = new Float64Array(0)
    return bounds
  }
}
