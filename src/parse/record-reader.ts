/* The reader of all formats. It holds what the format has detected (dialect, header, fields), passes input to the tokenizer, blocks to the
   batch builder, and full batches to the caller. It reports rejects in the order of the input, and how much was read. */
import { InputError } from '../errors.js'
import { systemClock } from '../platform/clocks.js'
import type { InputShape } from '../schema/cell-source.js'
import type { ByteSource, SourceText } from '../source/byte-source.js'
import { ArrivingInput } from './csv/sample.js'
import { BatchBuilder, batchRoom, type BatchRoom, type BuilderInput } from './batch-builder.js'
import type { Batch, BatchEnding, ColumnCounts, Fault, InputRange, ResumePoint } from './batch.js'
import type { CellRules } from './cell-rules.js'
import type { BatchOptions, ByteCounts, FlushClock, FoundShape } from './input-reader.js'
import type { LineTokenizer } from './line-tokenizer.js'
import { wholeRow, type RecordBlock } from './record-block.js'
import type { FedRows, SourceProgress } from './rows/fed-rows.js'

/** Limits the input of one block, so that the processor's cache still holds the cells when they are read. */
const largestBlockBytes = 128 * 1024

const noRules: CellRules = {}

/** What the reader needs from a format. */
export interface Records {
  readonly tokenizer: LineTokenizer
  /** The chunks after the bytes that the tokenizer already has; undefined if it has the whole input. */
  readonly chunks: AsyncIterator<Uint8Array, void> | undefined
  readonly block: RecordBlock
}

export interface OpenedInput {
  readonly source: ByteSource
  /** The tokenizer, if the format needed one to detect the shape. */
  readonly tokenizer?: LineTokenizer
  /** Called once, as soon as the columns are known. */
  readonly records: (options: BatchOptions) => Records
}

/** An opened input whose shape is known and whose records are yet to be read. */
export type InputReader = RecordReader & FoundShape

/** @param found  the detected shape; one object may serve many small files that look alike */
export function recordReader(found: FoundShape, opened: OpenedInput): InputReader {
  return Object.assign(new RecordReader(found, opened), found)
}

/** Turns the bytes of one input into batches. A class: a literal with so many getters takes longer than reading a hundred rows. */
export class RecordReader {
  readonly delimiter: string | undefined
  /** True once the input has ended and all its content was delivered, so that `byteCounts` has every byte. */
  readToEnd: boolean
  /** Range of the last rows, if they wait for rows of another input; otherwise undefined. */
  lastRange: InputRange | undefined
  /** Number of records up to the last reject reported: rows and rejects, without header, blank lines and comments. */
  recordsRead = 0
  #rejectedBytes = 0
  readonly #found: FoundShape
  readonly #opened: OpenedInput
  readonly #source: ByteSource
  #tokenizer: LineTokenizer | undefined
  /** What reading needs, from `steps` on. */
  #isBegun = false
  #input!: Records
  #options!: BatchOptions
  #clock!: FlushClock
  #builder!: BatchBuilder
  #arriving!: ArrivingInput
  /** Where reading must resume later: at the record where the source failed, or after the reject that ended the run. */
  #cutPoint: ResumePoint | undefined
  #begin: ResumePoint = { offsetBytes: 0, lineNumber: 1 }
  /** Time when the first row of the batch was read. */
  #batchBeganMs = 0

  constructor(found: FoundShape, opened: OpenedInput) {
    this.delimiter = found.dialect?.delimiter.value
    this.readToEnd = found.recordKind === 'fields' && found.fieldCount === 0
    this.#found = found
    this.#opened = opened
    this.#source = opened.source
    this.#tokenizer = opened.tokenizer
  }

  get text(): SourceText {
    return this.#source.text
  }

  /** As in the tokenizer, which may come with the columns. */
  get raggedRecords(): number {
    return this.#tokenizer?.raggedRecords ?? 0
  }

  get elementNames(): readonly string[] | undefined {
    return this.#tokenizer?.elementNames
  }

  get droppedMarks(): number {
    return this.#tokenizer?.droppedMarks ?? 0
  }

  /** The counts of each target column, in the order of the mapping; empty before `batches` is called. */
  get columnCounts(): readonly ColumnCounts[] {
    return this.#isBegun ? this.#builder.columns.counts : []
  }

  get byteCounts(): ByteCounts {
    return {
      rows: this.#isBegun ? this.#builder.recordBytes : 0,
      rejected: this.#rejectedBytes,
      header: this.#found.headerBytes?.length ?? 0,
      other: this.#source.startOffsetBytes + (this.#tokenizer?.otherBytes ?? 0),
      skipped: this.#tokenizer?.skippedBytes ?? 0,
    }
  }

  /** Progress of the source up to the chunk that the reader took last; excludes later ones. */
  get taken(): SourceProgress {
    const fed = this.#isBegun ? this.#options.feed : undefined
    const { bytesRead, contentBytesRead } = this.#source
    return fed?.taken ?? { bytesRead, contentBytesRead }
  }

  close(): Promise<void> {
    return this.#source.close()
  }

  /**
   * Reads the rows in batches; may be iterated once.
   * @throws {InputError} if reading cannot continue (broken JSON, a quote that is never closed, a failing disk); the
   *   rows before the fault are delivered first. DDB_INPUT_READ if the input ends before `from`
   */
  batches(options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { name: file, text } = this.#source
    const input = this.#opened.records(options)
    const { tokenizer } = input
    const { mapping, cells: rules = noRules, keepRecords = false, shared, texts } = options
    const setup = { mapping, rules, keepRecords }
    this.#input = input
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#tokenizer = tokenizer
    this.#builder = shared?.builderFor(setup) ?? new BatchBuilder(setup)
    this.#builder.expect(options.batchRows, options.batchBytes)
    this.#arriving = new ArrivingInput(input, options)
    this.readToEnd = false
    this.#isBegun = true
    const { format, fieldNames, fieldCount, headerBytes } = this.#found
    const { delimiter } = this
    // Copies two properties, because batches outlive the reader and must not keep the whole source in memory.
    const { encoding, mark } = text
    const own = { format, delimiter, fieldNames, fieldCount, headerBytes }
    const { showRecord } = tokenizer.window
    return this.#read({ file, showRecord, shape: { ...own, text: { encoding, mark } }, texts })
  }

  async *#read(begun: BuilderInput): AsyncGenerator<Batch, void, void> {
    const { tokenizer, block } = this.#input
    const { limit = Infinity, stopped, from, shared, cuts, ends, onBlock } = this.#options
    const builder = this.#builder
    const other = shared?.take('end', builder)
    if (other !== undefined) {
      cuts?.cut()
      yield other
    }
    if (from !== undefined) await this.#passTo(from)
    this.#begin = tokenizer.resumePoint
    builder.beginInput(begun, this.#begin.offsetBytes)
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
        if (block.rowCount + block.faults.length > 0) this.#beginBatch()
        if (block.rowCount > 0) builder.read(block)
        await this.#tellRejects()
        if (block.rowCount > 0) builder.append(block)
        if (block.rowCount > 0) onBlock?.(block)
      }
      if (cuts !== undefined && this.recordsRead > recordsRead) {
        builder.recordCount += this.recordsRead - recordsRead
        cuts.passed(this.#recordsEnd.offsetBytes)
      }
      // A record that a failed read has cut off fills no batch: the next process reads it whole.
      if (stopped?.() === true || this.#cutPoint !== undefined) break
      if (this.#room.records === 0) {
        yield this.#take('full')
      } else if (!more) {
        const { ended } = this.#arriving
        this.readToEnd = ended && this.#failure() === undefined
        if (ended || tokenizer.failure !== undefined) break
        const batch = await this.#goOnReading()
        if (batch !== undefined) yield batch
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

  /** Waits for the next chunk. Returns the rows so far if the chunk is late, or if a program asks for them. */
  async #goOnReading(): Promise<Batch | undefined> {
    const { flushIntervalMs } = this.#options
    const { tokenizer } = this.#input
    const arriving = this.#arriving
    const isKept = flushIntervalMs !== undefined && tokenizer.isWaiting
    if (isKept && (await arriving.isIdle(flushIntervalMs, this.#clock))) {
      tokenizer.neededBytes = 0
      return undefined
    }
    if (flushIntervalMs !== undefined && !this.#builder.isEmpty && !arriving.isWhole) {
      const leftMs = this.#batchBeganMs + flushIntervalMs - this.#clock.nowMs()
      if (await arriving.isIdle(leftMs, this.#clock)) return this.#take('idle')
    }
    await arriving.push()
    // A flush ends only the current batch, not the input.
    const { endsBatch } = arriving
    arriving.endsBatch = false
    return endsBatch && !this.#builder.isEmpty ? this.#take('idle') : undefined
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
      if (this.#arriving.ended) {
        const { name: file } = this.#source
        const { offsetBytes, lineNumber } = from
        throw new InputError(
          'DDB_RUN_CHANGED',
          `"${file}" ends before byte ${offsetBytes}, up to which the run has read it: it is a different input, or has lost its end`,
          { file, lineNumber, offsetBytes },
        )
      }
      if (!tokenizer.jumpTo(from, this.#source.skipTo)) await this.#arriving.push()
    }
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
    const { batchBytes } = this.#options
    const { records, boundaryBytes } = this.#room
    tokenizer.boundaryBytes = boundaryBytes
    const maxRecords = Math.min(records, limit - this.recordsRead)
    return tokenizer.fill(block, maxRecords, Math.min(largestBlockBytes, batchBytes))
  }

  get #room(): BatchRoom {
    const { tokenizer } = this.#input
    return batchRoom(this.#options, this.#builder, tokenizer.resumePoint.offsetBytes)
  }

  /** Appends a program's rows to the batch, as many as have room and need not be read as text. */
  #takeFed(rows: FedRows): void {
    const { tokenizer } = this.#input
    const builder = this.#builder
    let rowCount = Math.min(rows.rowCount, this.#room.records)
    this.#beginBatch()
    rowCount = builder.putRows(rows, rowCount, tokenizer.resumePoint)
    this.#arriving.fed = undefined
    this.#options.feed!.took(rowCount)
    if (rowCount === 0) return
    tokenizer.passRows(rowCount)
    this.recordsRead += rowCount
  }

  #beginBatch(): void {
    if (this.#builder.isEmpty && this.#options.flushIntervalMs !== undefined) {
      this.#batchBeganMs = this.#clock.nowMs()
    }
  }

  /**
   * Reports the rejects of the block in the order of the input: rows that some column refused, and records that cannot be rows. Makes
   * one at a time, because all of them would enlarge the garbage collector's young generation.
   */
  async #tellRejects(): Promise<void> {
    const { block } = this.#input
    const { onReject, stopped } = this.#options
    const { faults, refusedBy, rowCount, recordStarts, recordEnds, lineNumbers } = block
    const recordsBefore = this.recordsRead
    const explain = (): Fault => this.#builder.columns.faultOf(block, row)
    const offsetOf = (row: number): number => block.window!.inputOffset(recordStarts[row]!)
    let row = 0
    let told = 0
    const isRowNext = (): boolean =>
      row < rowCount && (told === faults.length || offsetOf(row) < faults[told]!.offsetBytes)
    while (block.refusedCount + faults.length > 0) {
      while (refusedBy[row] === 0 && isRowNext()) row++
      const isRow = isRowNext()
      if (!isRow && told === faults.length) break
      const reject = isRow
        ? block.window!.rejectAt(recordStarts[row]!, recordEnds[row]!, lineNumbers[row]!, explain)
        : faults[told]!
      if (isRow) row++
      else told++
      this.recordsRead = recordsBefore + row + told
      const { code, offsetBytes, lineNumber } = reject
      const { error } = this.#arriving
      const isCut = error instanceof InputError && error.code === code
      if (isCut && !isRow) this.#cutPoint = { offsetBytes, lineNumber }
      this.#rejectedBytes += reject.lengthBytes
      const wait = onReject(reject)
      if (stopped?.() === true) {
        // Leaves the records after the reject that ended the run. Otherwise the result would depend on the chunks of the input.
        const next = isRowNext()
          ? { offsetBytes: offsetOf(row), lineNumber: lineNumbers[row]! }
          : faults[told]
        if (next !== undefined) {
          this.#cutPoint = { offsetBytes: next.offsetBytes, lineNumber: next.lineNumber }
        }
        for (; row < rowCount; row++) block.refuse(row, wholeRow)
        if (wait !== undefined) await wait
        return
      }
      if (wait !== undefined) await wait
    }
    this.recordsRead = recordsBefore + rowCount + faults.length
  }
}

/** Findings about the previous input. `openCsv` replaces them if it gets this object in its options. */
export interface PreviousFindings {
  /**
   * Opens an input with the findings about the previous input. Returns undefined if the new input may need a different
   * dialect. Both inputs share memory, so the previous input must have been read to its end.
   * @param bytes  all bytes of the file, which are copied
   */
  open?: ((source: ByteSource, bytes: Uint8Array) => InputReader | undefined) | undefined
}

/** Properties of an input that are known before its first row is read. */
export function inputShape(reader: InputReader, file: string): InputShape {
  return {
    file,
    kind: reader.recordKind,
    names: reader.fieldNames,
    fieldCount: reader.fieldCount,
    headerLineNumber: reader.headerLineNumber,
    emptyFields: reader.emptyFields,
  }
}
