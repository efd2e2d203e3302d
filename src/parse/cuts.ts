/* Where batches end. Batches that are known by their place end where the bytes of the inputs and sizes that all processes of a run share
   say, so the place is the same whatever the types, the rules of cells, the chunks, and the cut at which reading began. Other batches,
   those of a program's rows, end with the row that makes them complete, or with the block that brings them to their size on the wire. */
import { InputError } from '../errors.js'
import type { BatchBuilder } from './batch-builder.js'
import type { ResumePoint } from './batch.js'

/** A batch ends after this many records, or before a record that begins this many bytes after the batch. */
export interface CutSizes {
  readonly records: number
  /** Decompressed bytes, with headers and lines between records; those after an input's last record only for its own last batch. */
  readonly bytes: number
}

export interface BatchSizes {
  readonly batchRows: number
  /** A batch ends with the block of rows that brings it to this many bytes on the wire. */
  readonly batchBytes: number
  /**
   * Cuts batches by place: `batchRows` and `batchBytes` are then ignored, and a batch may have no rows, if all its records were bad.
   * Its rejects are reported before it.
   */
  readonly cuts?: Cuts | undefined
}

/** What the batch under construction still takes. */
export interface BatchRoom {
  /** Number of records; 0 if the batch is full. */
  readonly records: number
  /** Offset in the input from which on a record belongs to the next batch. */
  readonly boundaryBytes: number
}

const noRoom: BatchRoom = { records: 0, boundaryBytes: 0 }
const roomForOne: BatchRoom = { records: 1, boundaryBytes: Infinity }

/** Decides where the batch ends. @param nextBytes  offset in the input after which the next record begins */
export function batchRoom(
  { cuts, batchRows, batchBytes }: BatchSizes,
  builder: BatchBuilder,
  nextBytes: number,
): BatchRoom {
  if (cuts !== undefined) return cuts.roomAfter(builder.recordCount, nextBytes)
  const { rowCount } = builder
  if (rowCount > 0 && (rowCount >= batchRows || builder.encodedBytes >= batchBytes)) return noRoom
  return { records: Math.max(1, batchRows - rowCount), boundaryBytes: Infinity }
}

/**
 * The place of the batch under construction, for all inputs of a stream, one after the other. A batch begins where the last record of the
 * batch before it ends, and has at least one record. Positions count the bytes of the stream from where reading began.
 */
export class Cuts {
  readonly #sizes: CutSizes
  #batchStart = 0
  #recordEnd = 0
  #inputStart = 0
  #ends: readonly number[] = []

  constructor(sizes: CutSizes) {
    this.#sizes = sizes
  }

  /**
   * @param from  the cut in this input at which reading begins; 0 for the input's start
   * @param ends  further offsets in this input, ascending, at which a batch ends that is not full
   */
  beginInput(from: number, ends: readonly number[] = []): void {
    this.#inputStart = this.#recordEnd - from
    this.#ends = ends
  }

  /** @param recordCount  of the batch; @param nextBytes  offset in the input after which the next record begins */
  roomAfter(recordCount: number, nextBytes: number): BatchRoom {
    const start = this.#batchStart - this.#inputStart
    const end = this.#ends.find(end => end > start) ?? Infinity
    const boundaryBytes = Math.min(start + this.#sizes.bytes, end)
    // Wherever the first record of a batch begins, it is in the batch.
    if (nextBytes >= boundaryBytes) return recordCount > 0 ? noRoom : roomForOne
    const records = Math.max(0, this.#sizes.records - recordCount)
    return { records, boundaryBytes }
  }

  /** The batch has the records up to this offset of the input. */
  passed(offsetBytes: number): void {
    this.#recordEnd = this.#inputStart + offsetBytes
  }

  cut(): void {
    this.#batchStart = this.#recordEnd
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
