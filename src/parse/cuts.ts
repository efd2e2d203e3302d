/*
  Where batches end that are requested as pieces of an input, or known by their place. The place depends on the bytes of the inputs and on sizes that all processes of a run
  share, so it is the same whatever the types, the rules of cells, the chunks, and the cut at which reading began.
*/
import { InputError } from '../errors.js'
import type { ByteRange, ResumePoint } from './batch.js'

/** A batch ends after this many records, or before a record that begins this many bytes after the batch. */
export interface CutSizes {
  readonly records: number
  /** Bytes of the decompressed inputs, headers and blank lines included. */
  readonly bytes: number
}

/**
 * The batch under construction, for all inputs of a stream, one after the other. A batch begins where the last record of the batch before
 * it ends, and has at least one record. Positions count the bytes of the stream from where reading began.
 */
export class Cuts {
  readonly records: number
  readonly #bytes: number
  #batchStart = 0
  #recordEnd = 0
  #inputStart = 0
  #inputEnd = 0

  constructor({ records, bytes }: CutSizes) {
    this.records = records
    this.#bytes = bytes
  }

  /** @param from  the cut in this input at which reading begins; 0 for the input's start */
  beginInput(from: number): void {
    this.#inputStart = this.#inputEnd - from
  }

  endInput(sizeBytes: number): void {
    this.#inputEnd = this.#inputStart + sizeBytes
  }

  /** The offset in the present input from which on a record belongs to the next batch. */
  get offsetBytes(): number {
    return this.#batchStart + this.#bytes - this.#inputStart
  }

  /** The batch has the records up to this offset of the input. */
  passed(offsetBytes: number): void {
    this.#recordEnd = this.#inputStart + offsetBytes
  }

  /** Ends the batch after its last record. */
  cut(): void {
    this.#batchStart = this.#recordEnd
  }
}

/** A range whose rows form a batch. The batch may begin in an earlier input (`joins`), and continue in a later one. */
export interface Piece extends ByteRange {
  readonly joins?: boolean
  readonly continues?: boolean
}

/** The current piece, or the gap before the next one. */
export class PieceBounds {
  isInside = false
  readonly #pieces: readonly Piece[]
  #next = 0

  /** @param pieces  ascending and disjoint */
  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  /** The end of the current piece, or in a gap the start of the next piece; an offset in the decompressed input. */
  get boundaryBytes(): number {
    const piece = this.#pieces[this.#next]
    if (piece === undefined) return Infinity
    return this.isInside ? piece.endBytes : piece.startBytes
  }

  /** True if this piece's rows and rows of a later input go into the same batch. */
  get continues(): boolean {
    return this.isInside && this.#pieces[this.#next]?.continues === true
  }

  /** True if an earlier input has begun the batch of this piece's rows. */
  get joins(): boolean {
    return this.isInside && this.#pieces[this.#next]?.joins === true
  }

  /** Steps over the boundary: into the next piece, or out of the current one. */
  cross(): void {
    if (this.isInside) this.#next++
    this.isInside = !this.isInside
  }
}

/** The error for an input that ends before the place where reading should resume. */
export function endsBefore({ offsetBytes, lineNumber }: ResumePoint, file: string): InputError {
  return new InputError(
    'DDB_INPUT_READ',
    `"${file}" ends before byte ${offsetBytes}, where reading should continue: it is a different input, or was cut short`,
    { file, lineNumber, offsetBytes },
  )
}
