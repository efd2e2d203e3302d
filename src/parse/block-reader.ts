/*
  The loop every format shares: input into the tokenizer, blocks into the batch, full batches out, rejects told in
  the order of the input.
*/
import { InputError } from '../errors.js'
import type { Timer } from '../platform/platform.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import type { MappedColumn } from '../schema/column-mapping.js'
import { BatchBuilder } from './batch-builder.js'
import { systemClock } from '../platform/system.js'
import type {
  Batch,
  BatchOptions,
  ByteCounts,
  ColumnCounts,
  FlushClock,
  RecordShape,
  Reject,
} from './input-reader.js'
import type { RecordBlock, RecordFault } from './record-block.js'
import type { Tokenizer } from './tokenizer.js'

/** Input of one block at most: its cells are read while they are still in the cache. */
const blockBytes = 128 * 1024

/** What a format brings to the loop: its tokenizer, its input, and how columns find their cells in a block. */
export interface BlockInput {
  readonly file: string
  readonly tokenizer: Tokenizer
  /** What comes behind the bytes that the tokenizer has already. */
  readonly chunks: AsyncIterator<Uint8Array, void>
  readonly block: RecordBlock
  readonly shape: RecordShape
  /** Of the source. */
  readonly text: SourceText
  readonly fieldOf: (column: MappedColumn, columnIndex: number) => number
  /** Between the elements of arrays in the block, when the format has its own. */
  readonly arrayDelimiter?: string
  /** A record's bytes as they are shown to the loader, when the input's own would not do. */
  readonly showRecord?: (record: Uint8Array) => Uint8Array
}

/** One input on its way from bytes to batches. */
export class BlockReader {
  recordsRead = 0
  /** The input has ended by itself, and what it held is out. */
  readToEnd = false
  #rejectedBytes = 0
  readonly #input: BlockInput
  readonly #options: BatchOptions
  readonly #clock: FlushClock
  readonly #builder: BatchBuilder
  #pendingChunk: Promise<IteratorResult<Uint8Array, void>> | undefined
  #inputEnded = false
  /** Why the source gave up; told once the rows before it are out. */
  #sourceError: Error | undefined
  /** When the first row of the batch was read. */
  #batchBeganMs = 0

  constructor(input: BlockInput, options: BatchOptions) {
    this.#input = input
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { file, block, fieldOf, arrayDelimiter, shape, text, showRecord } = input
    const { mapping, cells: rules = {}, keepRecords = false } = options
    this.#builder = new BatchBuilder({
      file,
      mapping,
      fieldOf,
      block,
      rules,
      arrayDelimiter,
      keepRecords,
      showRecord,
      shape,
      text,
    })
  }

  /** Per column of the mapping, over all batches so far. */
  get columnCounts(): readonly ColumnCounts[] {
    return this.#builder.columnCounts
  }

  get byteCounts(): Pick<ByteCounts, 'rows' | 'rejected'> {
    return { rows: this.#builder.recordBytes, rejected: this.#rejectedBytes }
  }

  /**
   * The rows in batches, to be iterated once.
   * @throws {InputError} as `InputReader.batches`, after the last batch
   */
  async *batches(): AsyncGenerator<Batch, void, void> {
    const { tokenizer } = this.#input
    const { limit = Infinity, stopped } = this.#options
    const builder = this.#builder
    let startOffsetBytes = tokenizer.offsetBytes
    const take = (): Batch => {
      const batch = builder.take(startOffsetBytes, tokenizer.offsetBytes)
      startOffsetBytes = tokenizer.offsetBytes
      return batch
    }
    while (this.recordsRead < limit && stopped?.() !== true) {
      const more = this.#fillBlock(limit)
      for (const reject of this.#appendBlock()) {
        this.#rejectedBytes += reject.lengthBytes
        const wait = this.#options.onReject(reject)
        if (wait !== undefined) await wait
      }
      if (this.#isFull()) {
        yield take()
      } else if (!more) {
        this.readToEnd = this.#inputEnded && this.#failure() === undefined
        if (this.#inputEnded || tokenizer.failure !== undefined) break
        if (await this.#isIdle()) yield take()
        else await this.#pushChunk()
      }
    }
    if (builder.rowCount > 0) yield take()
    if (stopped?.() === true) return
    const failure = this.#failure()
    if (failure !== undefined) throw failure
  }

  #failure(): Error | undefined {
    return this.#input.tokenizer.failure ?? this.#sourceError
  }

  #fillBlock(limit: number): boolean {
    const { block, tokenizer } = this.#input
    const { batchRows, batchBytes } = this.#options
    const builder = this.#builder
    block.clear()
    const maxRecords = Math.min(batchRows - builder.rowCount, limit - this.recordsRead)
    const maxBytes = Math.min(blockBytes, Math.max(1, batchBytes - builder.encodedBytes))
    return tokenizer.fill(block, maxRecords, maxBytes)
  }

  #appendBlock(): Reject[] {
    const { block } = this.#input
    const builder = this.#builder
    if (block.rowCount === 0 && block.faults.length === 0) return []
    this.recordsRead += block.rowCount + block.faults.length
    if (builder.rowCount === 0 && this.#options.flushIntervalMs !== undefined) {
      this.#batchBeganMs = this.#clock.nowMs()
    }
    const refused = builder.append(block)
    if (block.faults.length === 0) return refused
    const faults = block.faults.map(fault => rejectOf(fault, this.#input.file))
    return [...refused, ...faults].sort((a, b) => a.offsetBytes - b.offsetBytes)
  }

  #isFull(): boolean {
    const { rowCount } = this.#builder
    const { batchRows, batchBytes } = this.#options
    return rowCount > 0 && (rowCount >= batchRows || this.#builder.encodedBytes >= batchBytes)
  }

  /** Waits for input as long as the rows in hand may wait; true when they have to go. */
  async #isIdle(): Promise<boolean> {
    const { flushIntervalMs } = this.#options
    if (flushIntervalMs === undefined || this.#builder.rowCount === 0) return false
    const delayMs = this.#batchBeganMs + flushIntervalMs - this.#clock.nowMs()
    if (delayMs <= 0) return true
    let timer: Timer | undefined
    const idle = new Promise<true>(resolve => {
      timer = this.#clock.afterIfAlive(delayMs, () => resolve(true))
    })
    const arrived = this.#nextChunk().then(
      () => false,
      () => false,
    )
    try {
      return await Promise.race([arrived, idle])
    } finally {
      timer?.cancel()
    }
  }

  async #pushChunk(): Promise<void> {
    const { tokenizer } = this.#input
    try {
      const { done, value } = await this.#nextChunk()
      if (done === true) {
        this.#inputEnded = true
        tokenizer.end()
      } else {
        tokenizer.push(value)
      }
    } catch (error) {
      this.#inputEnded = true
      this.#sourceError = error instanceof Error ? error : new Error(String(error))
      if (!(error instanceof InputError)) return
      tokenizer.end(error)
      if (error.code === 'DDB_INPUT_ENCODING') this.#options.onUnreadable?.(error)
    } finally {
      this.#pendingChunk = undefined
    }
  }

  #nextChunk(): Promise<IteratorResult<Uint8Array, void>> {
    this.#pendingChunk ??= this.#input.chunks.next()
    return this.#pendingChunk
  }
}

function rejectOf(fault: RecordFault, file: string): Reject {
  return {
    file,
    lineNumber: fault.lineNumber,
    offsetBytes: fault.offsetBytes,
    lengthBytes: fault.lengthBytes,
    columnName: fault.columnName,
    code: fault.code,
    class: fault.class ?? 'parse',
    message: fault.message,
    value: fault.value,
    bytes: fault.record,
  }
}
