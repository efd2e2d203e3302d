/*
  The read loop of all formats. It passes input to the tokenizer, blocks to the batch builder, and full batches to the caller. It
  reports rejects in the order of the input.
*/
import { InputError } from '../errors.js'
import type { ByteSource } from '../source/byte-source.js'
import type { TextSource } from '../schema/cell-source.js'
import { ArrivingInput } from './arriving-input.js'
import { BatchBuilder, type BuilderInput } from './batch-builder.js'
import { sourceFields } from './sourced-column.js'
import { systemClock } from '../platform/system.js'
import type { CellRules } from './cell-rules.js'
import type {
  Batch,
  BatchEnding,
  ColumnCounts,
  InputRange,
  RecordShape,
  ResumePoint,
  Step,
} from './batch.js'
import type { BatchOptions, ByteCounts, FlushClock } from './input-reader.js'
import { mostFedRows, type FedRows, type SourceProgress } from './rows/fed-rows.js'
import { lineFeed } from './line-ends.js'
import type { LineTokenizer } from './line-tokenizer.js'
import { batchRoom, endsBefore, type BatchRoom } from './cuts.js'
import { BlockRejects } from './block-rejects.js'
import type { RecordBlock } from './record-block.js'

/** Limits the input of one block, so that the processor's cache still holds the cells when they are read. */
const largestBlockBytes = 128 * 1024

const noRules: CellRules = {}

/** What `BlockReader` needs from a format: its tokenizer, its input, and how columns find their cells in a block. */
export interface Records {
  readonly tokenizer: LineTokenizer
  /** The chunks after the bytes that the tokenizer already has; undefined if it has the whole input. */
  readonly chunks: AsyncIterator<Uint8Array, void> | undefined
  readonly block: RecordBlock
  readonly fieldOf: (source: TextSource) => number
  /** Separator of array elements in the block; undefined if the format has none of its own. */
  readonly arrayDelimiter?: string | undefined
  /** Rewrites a record for a rejects file; undefined if the file takes the record's own bytes. */
  readonly showRecord?: ((record: Uint8Array) => Uint8Array) | undefined
}

/** Where each row of a piece begins, and the one before it ends, because a row counts as one byte. */
const fedStarts = Int32Array.from({ length: mostFedRows + 1 }, (_, row) => row)
const fedText = new Uint8Array(mostFedRows).fill(lineFeed)

/** Turns the bytes of one input into batches. */
export class BlockReader {
  /** True once the input has ended and all its content was delivered. */
  readToEnd = false
  lastRange: InputRange | undefined
  #rejectedBytes = 0
  readonly #source: ByteSource
  readonly #input: Records
  readonly #options: BatchOptions
  readonly #clock: FlushClock
  readonly #builder: BatchBuilder
  readonly #begun: BuilderInput
  readonly #rejects: BlockRejects
  readonly #arriving: ArrivingInput
  /** Where reading must resume later: at the record where the source failed, or after the reject that ended the run. */
  #cutPoint: ResumePoint | undefined
  /** Where reading began. */
  #begin: ResumePoint = { offsetBytes: 0, lineNumber: 1 }
  /** Time when the first row of the batch was read. */
  #batchBeganMs = 0

  constructor(source: ByteSource, shape: RecordShape, input: Records, options: BatchOptions) {
    this.#source = source
    this.#input = input
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { name: file, text } = source
    const { block, fieldOf, arrayDelimiter, showRecord } = input
    const { mapping, cells: rules = noRules, keepRecords = false, shared, texts } = options
    const { rowCapacity } = block
    const fields = (shared?.fieldsFor ?? sourceFields)(mapping, fieldOf)
    const setup = { mapping, fields, rowCapacity, rules, arrayDelimiter, keepRecords }
    this.#builder = shared?.builderFor(setup) ?? new BatchBuilder(setup)
    this.#begun = { file, showRecord, shape, text, texts }
    this.#rejects = new BlockRejects(block, this.#builder)
    this.#arriving = new ArrivingInput(input, options)
  }

  get recordsRead(): number {
    return this.#rejects.recordsRead
  }

  get columnCounts(): readonly ColumnCounts[] {
    return this.#builder.columnCounts
  }

  get byteCounts(): Pick<ByteCounts, 'rows' | 'rejected'> {
    return { rows: this.#builder.recordBytes, rejected: this.#rejectedBytes }
  }

  get taken(): SourceProgress {
    return this.#options.feed?.taken ?? takenFrom(this.#source)
  }

  /**
   * Reads the rows and yields them in batches; may be iterated once.
   * @throws {InputError} for the same reasons as `InputReader.batches`, after the last batch
   */
  *steps(): Generator<Step, void, void> {
    const { tokenizer } = this.#input
    const { limit = Infinity, stopped, from, shared, cuts, ends } = this.#options
    const builder = this.#builder
    const other = shared?.take('end', builder)
    if (other !== undefined) {
      cuts?.cut()
      yield other
    }
    if (from !== undefined) yield this.#passTo(from)
    const first = tokenizer.resumePoint
    this.#begin = first
    builder.beginInput(this.#begun, first.offsetBytes)
    cuts?.beginInput(from?.offsetBytes ?? 0, ends)
    // The records of earlier inputs and this input's header may be as long as a batch.
    if (cuts !== undefined && this.#room.records === 0) yield this.#take('full')
    while (this.recordsRead < limit && stopped?.() !== true) {
      const { recordsRead } = this
      let more = true
      const { fed } = this.#arriving
      if (fed !== undefined) this.#takeFed(fed)
      else {
        more = this.#fillBlock(limit)
        if (this.#readBlock()) {
          for (let wait = this.#tellRejects(); wait !== undefined; wait = this.#tellRejects())
            yield wait
        }
        this.#appendBlock()
      }
      if (cuts !== undefined && this.recordsRead > recordsRead) {
        builder.recordCount += this.recordsRead - recordsRead
        cuts.passed(this.#recordsEnd.offsetBytes)
      }
      if (stopped?.() === true) break
      if (this.#room.records === 0) {
        yield this.#take('full')
      } else if (!more) {
        const { ended } = this.#arriving
        this.readToEnd = ended && this.#failure() === undefined
        if (ended || tokenizer.failure !== undefined) break
        yield* this.#goOnReading()
      }
    }
    const isStopped = stopped?.() === true
    const failure = isStopped ? undefined : this.#failure()
    if (shared !== undefined && !isStopped && failure === undefined) {
      this.lastRange = builder.endInput(this.#recordsEnd) ?? this.lastRange
    } else if (!builder.isEmpty) {
      yield this.#take(isStopped || failure !== undefined ? 'broken' : 'end')
    }
    if (failure !== undefined) throw failure
  }

  /** Waits for the next chunk. If the chunk is late, yields the rows so far. */
  *#goOnReading(): Generator<Step, void, void> {
    const arriving = this.#arriving
    let isIdle = false
    if (arriving.isWhole) return arriving.end()
    if (this.#mayBeIdle) {
      const untilMs = this.#batchBeganMs + this.#options.flushIntervalMs!
      yield arriving
        .isIdle(untilMs - this.#clock.nowMs(), this.#clock)
        .then(idle => (isIdle = idle))
    }
    if (isIdle) yield this.#take('idle')
    else yield arriving.push()
    // A flush ends only the current batch, not the input.
    const { endsBatch } = arriving
    arriving.endsBatch = false
    if (endsBatch && !this.#builder.isEmpty) yield this.#take('idle')
  }

  /** @throws {InputError} if the input ends before `from` */
  async #passTo(from: ResumePoint): Promise<void> {
    const { tokenizer } = this.#input
    const { stopped } = this.#options
    if (from.offsetBytes <= tokenizer.resumePoint.offsetBytes) return
    while (!tokenizer.passTo(from)) {
      if (stopped?.() === true) return
      const failure = this.#failure()
      if (failure !== undefined) throw failure
      if (this.#arriving.ended) throw endsBefore(from, this.#source.name)
      if (!this.#jumpTo(from)) await this.#arriving.push()
    }
  }

  /** @returns false if the input before `from` must be read */
  #jumpTo(from: ResumePoint): boolean {
    const { tokenizer } = this.#input
    const { skipTo } = this.#source
    if (skipTo === undefined || !tokenizer.canJump) return false
    if (!skipTo(tokenizer.resumePoint.offsetBytes, from.offsetBytes)) return false
    tokenizer.jumpTo(from)
    return true
  }

  get #recordsEnd(): ResumePoint {
    return this.#input.tokenizer.recordsEnd ?? this.#begin
  }

  #take(endedBy: BatchEnding): Batch {
    const end = this.#cutPoint ?? this.#recordsEnd
    this.#options.cuts?.cut()
    return this.#builder.take(end, endedBy)
  }

  #failure(): Error | undefined {
    return this.#input.tokenizer.failure ?? this.#arriving.error
  }

  #fillBlock(limit: number): boolean {
    const { block, tokenizer } = this.#input
    block.clear()
    const { records, textBytes, boundaryBytes } = this.#room
    tokenizer.boundaryBytes = boundaryBytes
    const maxRecords = Math.min(records, limit - this.recordsRead)
    return tokenizer.fill(block, maxRecords, Math.min(largestBlockBytes, textBytes))
  }

  get #room(): BatchRoom {
    const { tokenizer } = this.#input
    return batchRoom(this.#options, this.#builder, tokenizer.resumePoint.offsetBytes)
  }

  /** @returns true if there are rejects to report */
  #readBlock(): boolean {
    const { block } = this.#input
    if (block.rowCount === 0 && block.faults.length === 0) return false
    this.#beginBatch()
    if (block.rowCount > 0) this.#builder.read(block)
    return this.#rejects.begin()
  }

  /** Appends a program's rows to the batch, as many as have room and need not be read as text. */
  #takeFed(rows: FedRows): void {
    const { tokenizer } = this.#input
    const builder = this.#builder
    const { records, textBytes } = this.#room
    let rowCount = Math.min(rows.rowCount, records)
    while (rowCount > 1 && rowCount > textBytes) rowCount >>= 1
    rowCount = builder.putRows(rows, 0, rowCount)
    this.#arriving.fed = undefined
    this.#options.feed!.took(rowCount)
    if (rowCount === 0) return
    this.#beginBatch()
    const { lineNumber, offsetBytes } = tokenizer.resumePoint
    const lineNumbers = new Float64Array(rowCount)
    for (let row = 0; row < rowCount; row++) lineNumbers[row] = lineNumber + row
    builder.addPlaces({
      recordStarts: fedStarts.subarray(0, rowCount),
      recordEnds: fedStarts.subarray(1, rowCount + 1),
      lineNumbers,
      rowCount,
      bytes: fedText,
      bytesOffset: offsetBytes,
    })
    tokenizer.passRows(rowCount)
    this.#rejects.recordsRead += rowCount
  }

  #beginBatch(): void {
    if (this.#builder.isEmpty && this.#options.flushIntervalMs !== undefined) {
      this.#batchBeganMs = this.#clock.nowMs()
    }
  }

  /** @returns a promise to await before continuing; undefined if all rejects are reported, or a reject ended the run */
  #tellRejects(): Promise<void> | undefined {
    const { onReject, stopped } = this.#options
    const rejects = this.#rejects
    for (let reject = rejects.next(); reject !== undefined; reject = rejects.next()) {
      const { code, offsetBytes, lineNumber } = reject
      const { error } = this.#arriving
      const isCut = error instanceof InputError && error.code === code
      if (isCut && !rejects.isRow) this.#cutPoint = { offsetBytes, lineNumber }
      this.#rejectedBytes += reject.lengthBytes
      const wait = onReject(reject)
      if (stopped?.() === true) this.#cutPoint = rejects.leaveRest() ?? this.#cutPoint
      if (wait !== undefined) return wait
    }
    return undefined
  }

  #appendBlock(): void {
    const { block } = this.#input
    if (block.rowCount === 0) return
    this.#builder.append(block)
    if (block.rowCount > 0) this.#options.onBlock?.(block)
  }

  /** True if rows may only wait a limited time for the rest of their batch. */
  get #mayBeIdle(): boolean {
    const { flushIntervalMs } = this.#options
    return flushIntervalMs !== undefined && !this.#builder.isEmpty
  }
}

/** Progress of the source up to the chunk that the reader took last. */
export function takenFrom({ bytesRead, contentBytesRead }: ByteSource): SourceProgress {
  return { bytesRead, contentBytesRead }
}
