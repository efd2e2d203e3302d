/* Builds batches: fills all columns, records the place of every row, and leaves out rows that some column refused. Successive inputs of a
   run share the columns, and the rows left at the end of an input. Batches that are known by their place end where the bytes of the inputs
   and sizes that all processes of a run share say, so the place is the same whatever the types, the rules of cells, the chunks, and the cut
   at which reading began. Other batches, those of a program's rows, end with the row that makes them complete, or with the block that
   brings them to their size on the wire. */
import type { Batch, BatchEnding, InputRange, RecordShape, ResumePoint } from './batch.js'
import { BufferPool } from './columns/fixed-column.js'
import type { InputTexts } from '../source/data-files.js'
import { type ColumnsSetup, MappedColumns } from './mapped-columns.js'
import { RecordBlock, wholeRow } from './record-block.js'
import { oneByteLines, rangeAt, type RowBounds, RowPlaces } from './row-places.js'
import type { FedRows } from './rows/fed-rows.js'

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
   * Cuts batches by place, in place of the sizes: a batch may then have no rows, if all its records were bad; its rejects come before it.
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

export interface BuilderSetup extends ColumnsSetup {
  readonly keepRecords: boolean
}

export interface BuilderInput {
  readonly file: string
  readonly texts?: InputTexts | undefined
  readonly showRecord: ((record: Uint8Array) => Uint8Array) | undefined
  readonly shape: RecordShape
}

type OpenRange = Pick<BuilderInput, 'showRecord'> & {
  -readonly [Name in keyof InputRange]: InputRange[Name]
} & { readonly firstRecord: number }

/** Call `beginInput` before each input. */
export class BatchBuilder {
  rowCount = 0
  /** Number of the batch's records, good and bad. Counted by the reader, and only if batches are cut by place. */
  recordCount = 0
  /** Bytes of all records of the current input that became rows, including rows in earlier batches. */
  recordBytes = 0
  readonly #pool = new BufferPool()
  readonly columns: MappedColumns
  readonly #places: RowPlaces
  readonly #lenient: boolean
  #open!: OpenRange
  #ended: OpenRange[] = []

  /** @throws {UsageError} as the constructor of `MappedColumns` */
  constructor(setup: BuilderSetup) {
    this.columns = new MappedColumns(setup, this.#pool)
    this.#places = new RowPlaces(this.#pool, setup.keepRecords)
    this.#lenient = setup.rules.lenient ?? false
  }

  /** Announces the limits of a batch, so that the memory of the first one need not grow with it. */
  expect(batchRows: number, batchBytes: number): void {
    const rowBytes = Math.max(1, this.columns.encodedBytes(1))
    this.#pool.batchRows = Math.min(batchRows, Math.ceil(batchBytes / rowBytes))
  }

  /** The next rows belong to this input. @throws {InputError} DDB_INPUT_COLUMN if a text of its path is no value of its column */
  beginInput({ texts = {}, ...input }: BuilderInput, startOffsetBytes: number): void {
    this.columns.setTexts(input.file, texts, this.rowCount)
    this.columns.beginCounts()
    this.#open = this.#rangeFrom(input, startOffsetBytes)
    this.recordBytes = 0
  }

  /** Ends the rows of the current input in this batch. @returns their range; undefined without rows and counted records */
  endInput({ offsetBytes, lineNumber }: ResumePoint): InputRange | undefined {
    const range = this.#open
    if (this.#ended.at(-1) === range) return range
    range.rowCount = this.rowCount - range.firstRow
    range.recordCount = this.recordCount - range.firstRecord
    if (range.rowCount === 0 && range.recordCount === 0) return undefined
    range.endOffsetBytes = offsetBytes
    range.endLineNumber = lineNumber
    if (this.#ended.length === 0) this.#ended = [range]
    else this.#ended.push(range)
    return range
  }

  #rangeFrom({ file, showRecord, shape }: BuilderInput, startOffsetBytes: number): OpenRange {
    return {
      file,
      firstRow: this.rowCount,
      rowCount: 0,
      firstRecord: this.recordCount,
      recordCount: 0,
      startOffsetBytes,
      endOffsetBytes: startOffsetBytes,
      endLineNumber: 1,
      shape,
      place: undefined,
      showRecord,
    }
  }

  /** Reads the block into the columns, and marks refused rows. Explain them (`faultOf`) before `append`, which drops them. */
  read(block: RecordBlock): void {
    this.columns.read(block, this.rowCount)
    this.#refuseBroken(block)
  }

  append(block: RecordBlock): void {
    this.columns.keep(block, this.rowCount)
    this.#addRows(block)
  }

  #addRows(bounds: RowBounds): void {
    this.recordBytes += this.#places.append(bounds, this.rowCount)
    this.rowCount += bounds.rowCount
  }

  /** Appends a program's rows up to one that must be read as text, each as a line of one byte from `start` on. Returns how many. */
  putRows(rows: FedRows, rowCount: number, start: ResumePoint): number {
    const taken = this.columns.put(rows, rowCount, this.rowCount)
    this.#addRows(oneByteLines(start, taken))
    return taken
  }

  get encodedBytes(): number {
    return this.columns.encodedBytes(this.rowCount)
  }

  get isEmpty(): boolean {
    return this.rowCount === 0 && this.recordCount === 0
  }

  /** Hands out the rows so far as a batch, which must not be empty, and begins a new batch. */
  take(end: ResumePoint, endedBy: BatchEnding): Batch {
    const { rowCount, encodedBytes } = this
    const pool = this.#pool
    let buffers: ArrayBuffer[] = []
    const columns = this.columns.take(rowCount, buffers)
    const { place, record } = this.#places.take(buffers)
    this.endInput(end)
    const ranges = this.#ended
    this.rowCount = this.recordCount = 0
    this.#ended = []
    this.#open = this.#rangeFrom(this.#open, end.offsetBytes)
    return {
      place: undefined,
      rowCount,
      columns,
      encodedBytes,
      ranges,
      endedBy,
      locate: rowIndex => ({ file: rangeAt(ranges, rowIndex).file, ...place(rowIndex) }),
      record: rowIndex =>
        rangeAt(ranges, rowIndex).showRecord?.(record(rowIndex)) ?? record(rowIndex),
      release() {
        for (const buffer of buffers) pool.give(buffer)
        buffers = []
      },
    }
  }

  /** Refuses rows with bytes that form no character, even if no column reads those bytes. */
  #refuseBroken(block: RecordBlock): void {
    const { bytes, bytesOffset, recordStarts, recordEnds, rowCount, window } = block
    const broken = window?.text?.broken
    if (broken === undefined || this.#lenient || rowCount === 0) return
    if (!broken.mayBeBroken(bytesOffset + recordStarts[0]!)) return
    for (let row = 0; row < rowCount; row++) {
      const start = recordStarts[row]!
      const record = bytes.subarray(start, recordEnds[row])
      if (broken.brokenBytes(record, bytesOffset + start) !== undefined) block.refuse(row, wholeRow)
    }
  }
}

export type SharedRows = ReturnType<typeof newSharedRows>

/** One object serves all inputs of a run. Their readers use it one after the other. */
export function newSharedRows() {
  let setup: BuilderSetup | undefined
  let builder: BatchBuilder | undefined
  /** The builder of the previous setup. Its rows cannot share a batch with later rows. */
  let left: BatchBuilder | undefined
  let block: RecordBlock | undefined
  return {
    /** Returns a block for records with this number of fields. Only one reader may use it at a time. */
    blockFor(fieldCount: number): RecordBlock {
      if (block?.fieldCount !== fieldCount) block = new RecordBlock(fieldCount)
      return block
    },
    /** True if every row is in a batch, so that `take` returns none. */
    get isEmpty(): boolean {
      return left?.isEmpty !== false && builder?.isEmpty !== false
    },
    /** Returns the builder for an input: the previous input's if everything in the setup is identical, else a new one. */
    builderFor(wanted: BuilderSetup): BatchBuilder {
      const isSame = setup?.mapping === wanted.mapping && setup.rules === wanted.rules
      if (builder === undefined || !isSame) {
        left = builder
        builder = new BatchBuilder(wanted)
        setup = wanted
      }
      return builder
    },
    /** Takes the present rows, if any, as a batch, but not those in `unlessIn`, because their batch can still grow. */
    take(endedBy: BatchEnding, unlessIn?: BatchBuilder): Batch | undefined {
      const from = left ?? (builder === unlessIn ? undefined : builder)
      left = undefined
      return from === undefined || from.isEmpty ? undefined : from.take(nowhere, endedBy)
    },
  }
}

/** The resume point of a batch whose inputs have all ended: nothing resumes there. */
const nowhere: ResumePoint = { offsetBytes: 0, lineNumber: 1 }
