/*
  The reader's side of reading ahead: the piece at hand, and whether what others have read of it is what the reader would have read. If
  it is not, for whatever reason, the reader reads the piece itself.
*/
import { textSources, type ColumnMapping } from '../../schema/cell-source.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { BatchBuilder } from '../batch-builder.js'
import type { BatchOptions } from '../input-reader.js'
import type { Tokenizer } from '../tokenizer.js'
import { guessedBegin, type FedPiece, type ParsedPiece } from './parsed-piece.js'
import { PieceFold } from './piece-fold.js'
import type { Feed, PieceFormat, Taken } from './piece-reading.js'

/** An input, as far as others may read ahead of its reader. */
export interface ReadInput {
  readonly tokenizer: Tokenizer
  /** What comes after the bytes that the tokenizer has already; undefined where it has all. */
  readonly chunks: AsyncIterator<Uint8Array, void> | undefined
  /** Of the source. */
  readonly text: SourceText
  /** Of the source, at the moment. */
  readonly taken: () => Taken
  readonly isPrompt: boolean
  /** How others read pieces of it; undefined for what only the reader can read. */
  readonly plain?: PieceFormat | undefined
  /** Records that others have padded or cut. */
  readonly addRagged?: ((count: number) => void) | undefined
}

type ReadPiece = FedPiece & { readonly parsed: ParsedPiece }

/** Gives the reader its chunks, and what others have made of them. */
export class ReadAhead {
  /** A piece that others have read, as long as something of it is still to be taken over. */
  fold: PieceFold | undefined
  readonly #input: ReadInput
  readonly #options: BatchOptions
  readonly #builder: BatchBuilder
  /** undefined until threads read ahead. */
  #feed: Feed | undefined
  #hasBegun = false
  /** The tokenizer has it up to where a record may begin. */
  #piece: ReadPiece | undefined

  constructor(input: ReadInput, options: BatchOptions, builder: BatchBuilder) {
    this.#input = input
    this.#options = options
    this.#builder = builder
  }

  get taken(): Taken {
    return this.#feed?.taken ?? this.#input.taken()
  }

  /** From the next chunk on others may read: what stands before the first record to be read is passed over. */
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
    // Other threads cannot know offsets that only the reader finds out.
    const isKnown = offsets !== undefined || rules.timeZone !== undefined
    if (!this.#hasBegun || !isKnown || onBlock !== undefined || holdsLines(mapping))
      return undefined
    const reading = { format: plain, mapping, texts, cells: rules, offsets: undefined }
    this.#feed = readAhead({ chunks, taken, offsets, reading, isPrompt })
    return this.#feed
  }

  /** Gives the tokenizer a piece; of one that was read ahead only as much as comes before a record that may begin. */
  push({ bytes, parsed }: FedPiece): void {
    const { tokenizer } = this.#input
    if (parsed === undefined) tokenizer.push(bytes)
    else {
      tokenizer.push(bytes.subarray(0, guessedBegin(bytes)))
      this.#piece = { bytes, parsed }
    }
  }

  /**
   * Goes on in the piece at hand after that place: there are rows to take over, or more text for the tokenizer.
   *
   * @param mostRecords  that are still to be read
   * @returns false without a piece
   */
  goOn(mostRecords: number): boolean {
    const piece = this.#piece
    const { tokenizer } = this.#input
    if (piece === undefined || tokenizer.failure !== undefined) return false
    this.#piece = undefined
    const begin = guessedBegin(piece.bytes)
    if (!this.#isRight(piece.parsed, begin, mostRecords)) {
      tokenizer.push(piece.bytes.subarray(begin))
      return true
    }
    const { resumePoint, textOffset = 0 } = tokenizer
    for (const name of piece.parsed.leftOut) this.#options.cells?.onOffset?.(name)
    this.fold = new PieceFold(piece, this.#builder, resumePoint, textOffset)
    return true
  }

  /**
   * Whether a record begins at the guessed place, and the reader would read from there on what was read ahead: all of it, and in the
   * same way.
   */
  #isRight({ end, rowCount, rejects, offsets }: ParsedPiece, begin: number, most: number): boolean {
    const { tokenizer, text } = this.#input
    const { isBetweenRecords = false, textOffset = 0, boundaryBytes } = tokenizer
    // The last record to be read is the reader's.
    if (!isBetweenRecords || rowCount + rejects.length >= most) return false
    // So is a reject that ends the run: what was counted of the piece was counted of all of it.
    if (rejects.length > 0 && this.#options.mayEnd?.(rejects.length) === true) return false
    if (this.#builder.inputOffset(textOffset + end - begin) > boundaryBytes) return false
    if (text.broken?.mayBeBroken(textOffset) === true) return false
    const known = this.#options.cells?.columnOffsets?.known() ?? {}
    return Object.entries(offsets).every(([name, offset]) => known[name] === offset)
  }

  /** All of the piece is taken over: the tokenizer goes on where it was not whole. */
  end({ bytes, parsed, passed }: PieceFold): void {
    const { tokenizer, addRagged } = this.#input
    tokenizer.passRead?.(passed)
    tokenizer.push(bytes.subarray(parsed.end))
    addRagged?.(parsed.raggedRecords)
    this.fold = undefined
  }
}

/** Which line a piece begins at is known once all before it is read. */
function holdsLines({ columns }: ColumnMapping): boolean {
  return columns.some(({ source }) => textSources(source).some(({ kind }) => kind === 'line'))
}

const asPiece = (result: IteratorResult<Uint8Array, void>): IteratorResult<FedPiece, void> =>
  result.done === true ? result : { done: false, value: { bytes: result.value, parsed: undefined } }
