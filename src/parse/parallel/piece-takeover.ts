/*
  Moves rows and rejects from a thread's result for a piece of the input into the batch, in order and in parts.
*/
import type { BatchBuilder } from '../batch-builder.js'
import type { Reject, ResumePoint } from '../batch.js'
import { countLineEnds } from '../line-ends.js'
import type { ReadElsewhere } from '../tokenizer.js'
import {
  firstRecordOffset,
  type FedPiece,
  type ParsedPiece,
  type PieceReject,
} from './parsed-piece.js'

export class PieceTakeover {
  readonly parsed: ParsedPiece
  readonly bytes: Uint8Array
  /** End of the records taken over so far. */
  readonly #point: { offsetBytes: number; lineNumber: number }
  readonly #builder: BatchBuilder
  /** Position of the piece in the text, and the line of its first record. */
  readonly #textOffset: number
  readonly #firstLine: number
  /** Start of the first record, in the piece and in the decompressed input. */
  readonly #begin: number
  readonly #beginBytes: number
  readonly #recordBytesBefore: number
  #rejectedBytes = 0
  #row = 0
  #reject = 0

  /**
   * @param point  where the piece's first record begins in the decompressed input
   * @param textOffset  where the same record begins in the text, that is, in the input decoded to UTF-8
   */
  constructor(
    piece: FedPiece & { readonly parsed: ParsedPiece },
    builder: BatchBuilder,
    point: ResumePoint,
    textOffset: number,
  ) {
    const { bytes, parsed } = piece
    this.#begin = firstRecordOffset(piece)
    this.#beginBytes = point.offsetBytes
    this.#recordBytesBefore = builder.recordBytes
    this.parsed = parsed
    this.bytes = bytes
    this.#builder = builder
    this.#point = { ...point }
    this.#textOffset = textOffset - this.#begin
    this.#firstLine = point.lineNumber
    const { lineNumbers } = parsed.bounds
    for (let row = 0; row < parsed.rowCount; row++) lineNumbers[row]! += point.lineNumber
    builder.count(parsed.rows)
  }

  get point(): ResumePoint {
    return { ...this.#point }
  }

  get #nextReject(): PieceReject | undefined {
    return this.parsed.rejects[this.#reject]
  }

  /** The part of the piece that a thread has split into records, so that the tokenizer passes over it. */
  get passed(): ReadElsewhere {
    const { end, lines, otherBytes } = this.parsed
    const textBytes = end - this.#begin
    if (otherBytes === 0 || !this.#builder.isDecoded) return { textBytes, lines, otherBytes }
    const { recordBytes } = this.#builder
    const bytes = this.#builder.inputOffset(this.#textOffset + end) - this.#beginBytes
    return {
      textBytes,
      lines,
      otherBytes: bytes - (recordBytes - this.#recordBytesBefore) - this.#rejectedBytes,
    }
  }

  /** Number of rows left before the next reject, or before the piece's end. */
  get rowsLeft(): number {
    return (this.#nextReject?.rowsBefore ?? this.parsed.rowCount) - this.#row
  }

  /**
   * Appends at most `mostRows` rows to the batch, and only rows that begin within the next `textBytes` of text.
   * @returns the number of rows appended
   */
  takeRows(mostRows: number, textBytes: number): number {
    const { recordStarts, recordEnds, lineNumbers } = this.parsed.bounds
    const first = this.#row
    let rowCount = Math.min(this.rowsLeft, Math.max(1, mostRows))
    const start = recordStarts[first]!
    while (rowCount > 1 && recordStarts[first + rowCount - 1]! - start >= textBytes) rowCount >>= 1
    const next = first + rowCount
    this.#builder.appendRows(this.parsed.rows, first, {
      recordStarts: recordStarts.subarray(first, next),
      recordEnds: recordEnds.subarray(first, next),
      lineNumbers: lineNumbers.subarray(first, next),
      rowCount,
      bytes: this.bytes,
      bytesOffset: this.#textOffset,
    })
    this.#row = next
    this.#moveTo(recordStarts[next - 1]!, recordEnds[next - 1]!, lineNumbers[next - 1]!)
    return rowCount
  }

  /** Takes over the next reject. Returns undefined if a row comes first, or at the end. */
  takeReject(): Reject | undefined {
    const reject = this.#nextReject
    if (reject === undefined || this.rowsLeft > 0) return undefined
    this.#reject++
    const lineNumber = this.#firstLine + reject.lines
    this.#moveTo(reject.start, reject.end, lineNumber)
    const told = this.#builder.rejectAt(reject, this.bytes, this.#textOffset, lineNumber)
    this.#rejectedBytes += told.lengthBytes
    return told
  }

  #moveTo(start: number, end: number, lineNumber: number): void {
    this.#point.offsetBytes = this.#builder.inputOffset(this.#textOffset + end)
    this.#point.lineNumber = lineNumber + countLineEnds(this.bytes, start, end)
  }
}
