/*
  The reader's side of reading ahead. Uses a thread's result for a piece only if the reader itself would have read exactly the
  same. Otherwise the reader reads the piece itself.
*/
import { textSources, type ColumnMapping } from '../../schema/cell-source.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { BatchBuilder } from '../batch-builder.js'
import type { BatchOptions } from '../input-reader.js'
import type { Tokenizer } from '../tokenizer.js'
import { firstRecordOffset, type FedPiece, type ParsedPiece } from './parsed-piece.js'
import { PieceTakeover } from './piece-takeover.js'
import type { Feed, PieceFormat, SourceProgress } from './piece-reading.js'

/** The properties of an input that reading ahead needs. */
export interface ReadInput {
  readonly tokenizer: Tokenizer
  /** The chunks after the bytes that the tokenizer already has; undefined if it has the whole input. */
  readonly chunks: AsyncIterator<Uint8Array, void> | undefined
  readonly text: SourceText
  readonly taken: () => SourceProgress
  readonly isPrompt: boolean
  /** Format for threads that read pieces; undefined if only the reader can read the input. */
  readonly plain?: PieceFormat | undefined
  /** Adds records that threads have padded or cut to the count of such records. */
  readonly addRagged?: ((count: number) => void) | undefined
}

type ReadPiece = FedPiece & { readonly parsed: ParsedPiece }

/** Gives the reader its chunks; threads have already read the rows of some chunks. */
export class ReadAhead {
  /** A piece that a thread has read, until the reader has taken over all of it. */
  fold: PieceTakeover | undefined
  readonly #input: ReadInput
  readonly #options: BatchOptions
  readonly #builder: BatchBuilder
  /** Undefined until threads read ahead. */
  #feed: Feed | undefined
  #hasBegun = false
  #endsBatch = false
  /** A piece that a thread has read. The tokenizer got only the bytes that precede the piece's assumed first record. */
  #piece: ReadPiece | undefined

  constructor(input: ReadInput, options: BatchOptions, builder: BatchBuilder) {
    this.#input = input
    this.#options = options
    this.#builder = builder
  }

  get taken(): SourceProgress {
    return this.#feed?.taken ?? this.#input.taken()
  }

  /** Lets threads read from the next chunk on. Call this once everything before the first wanted record was skipped. */
  begin(): void {
    this.#hasBegun = true
  }

  next(): Promise<IteratorResult<FedPiece, void>> {
    const { chunks } = this.#input
    if (chunks === undefined) return Promise.resolve({ done: true, value: undefined })
    return this.#opened(chunks)?.next() ?? chunks.next().then(asPiece)
  }

  close(): void {
    this.#feed?.close()
  }

  #opened(chunks: AsyncIterator<Uint8Array, void>): Feed | undefined {
    const { plain, taken, isPrompt } = this.#input
    const { readAhead, onBlock, mapping, texts, cells = {} } = this.#options
    if (this.#feed !== undefined || readAhead === undefined || plain === undefined)
      return this.#feed
    const { columnOffsets: offsets, onOffset: _, ...rules } = cells
    // Threads cannot know time zone offsets that only the reader finds.
    const isKnown = offsets !== undefined || rules.timeZone !== undefined
    if (!this.#hasBegun || !isKnown || onBlock !== undefined || holdsLines(mapping))
      return undefined
    const reading = { format: plain, mapping, texts, cells: rules, offsets: undefined }
    this.#feed = readAhead({ chunks, taken, offsets, reading, isPrompt })
    return this.#feed
  }

  /** Gives the tokenizer a piece. If a thread has read it, gives only the bytes before the assumed first record. */
  push(piece: FedPiece): void {
    const { tokenizer } = this.#input
    const { bytes, parsed, endsBatch = false } = piece
    this.#endsBatch ||= endsBatch
    if (parsed === undefined) tokenizer.push(bytes)
    else {
      tokenizer.push(bytes.subarray(0, firstRecordOffset(piece)))
      this.#piece = { bytes, parsed }
    }
  }

  /** True if a piece that ends its batch was pushed since the last call. */
  takeEnd(): boolean {
    const endsBatch = this.#endsBatch
    this.#endsBatch = false
    return endsBatch
  }

  /**
   * Continues at the piece's assumed beginning: takes over the thread's rows, or gives the text to the tokenizer.
   * @param mostRecords  number of records still wanted
   * @returns false if there is no piece
   */
  goOn(mostRecords: number): boolean {
    const piece = this.#piece
    const { tokenizer } = this.#input
    if (piece === undefined || tokenizer.failure !== undefined) return false
    this.#piece = undefined
    const begin = firstRecordOffset(piece)
    if (!this.#isRight(piece.parsed, begin, mostRecords)) {
      tokenizer.push(piece.bytes.subarray(begin))
      return true
    }
    const { resumePoint, textOffset = 0 } = tokenizer
    for (const name of piece.parsed.ignoredOffsets) this.#options.cells?.onOffset?.(name)
    this.fold = new PieceTakeover(piece, this.#builder, resumePoint, textOffset)
    return true
  }

  /** True if a record begins at the assumed place, and the reader would read everything as the thread did. */
  #isRight({ end, rowCount, rejects, offsets }: ParsedPiece, begin: number, most: number): boolean {
    const { tokenizer, text } = this.#input
    const { isBetweenRecords = false, textOffset = 0, boundaryBytes } = tokenizer
    // The reader itself must read the last wanted record, so a piece that contains it is not taken over.
    if (!isBetweenRecords || rowCount + rejects.length >= most) return false
    // If a reject may end the run, the reader must read the piece itself, because the thread counts only whole pieces.
    if (rejects.length > 0 && this.#options.mayEnd?.(rejects.length) === true) return false
    if (this.#builder.inputOffset(textOffset + end - begin) > boundaryBytes) return false
    if (text.broken?.mayBeBroken(textOffset) === true) return false
    const known = this.#options.cells?.columnOffsets?.known() ?? {}
    return Object.entries(offsets).every(([name, offset]) => known[name] === offset)
  }

  /** Ends a piece whose records were all taken over. Its last bytes may begin a record, so the tokenizer gets them. */
  end({ bytes, parsed, passed }: PieceTakeover): void {
    const { tokenizer, addRagged } = this.#input
    tokenizer.passRead?.(passed)
    tokenizer.push(bytes.subarray(parsed.end))
    addRagged?.(parsed.raggedRecords)
    this.fold = undefined
  }
}

/** True if columns hold line numbers, which a thread cannot know before everything above its piece was read. */
function holdsLines({ columns }: ColumnMapping): boolean {
  return columns.some(({ source }) => textSources(source).some(({ kind }) => kind === 'line'))
}

const asPiece = (result: IteratorResult<Uint8Array, void>): IteratorResult<FedPiece, void> =>
  result.done === true ? result : { done: false, value: { bytes: result.value, parsed: undefined } }
