/*
  The chunks of an input on their way to its reader, some pieces ahead of it, so that threads read them meanwhile. Pieces come out in the
  order of the input; one that no thread has come to is left to the reader.
*/
import type { FedPiece, ParsedPiece } from './parsed-piece.js'
import type { FedInput, Feed, PieceReading, Taken } from './piece-reading.js'
import { PieceCopy, type PieceSlots } from './piece-slots.js'

/** What a thread has made of the piece in a slot. */
export interface PieceAnswer {
  readonly slot: number
  readonly parsed: ParsedPiece | undefined
  /** What `parsed` is in; the thread wants it back. */
  readonly buffers: readonly ArrayBuffer[]
  /** From 0. */
  readonly thread: number
}

/** The threads of a run. */
export interface PieceThreads {
  readonly count: number
  readonly slots: PieceSlots
  /** Smaller pieces are not worth handing over. */
  readonly leastBytes: number
  /** Tells all threads how pieces are read; the number is that of pieces that are read so. */
  tell(reading: PieceReading): number
  /** Resolves once what has come meanwhile is there. */
  nextTurn(): Promise<void>
  /** Called with every answer; one at a time. */
  onAnswer: (answer: PieceAnswer) => void
  /** Nobody looks at it any more: its buffers go back to the thread that has filled them. */
  giveBack(answer: PieceAnswer): void
  /** Resolves with the next answer. @throws {DdbError} DDB_THREAD when a thread has died, and none may come */
  answered(): Promise<void>
}

interface Piece {
  readonly slot: number
  readonly taken: Taken
  /** Set once it was read ahead. */
  answer: PieceAnswer | undefined
  /** No thread is to read it. */
  readonly isOwn: boolean
}

/** Of the event loop: who writes into a pipe quickly has written more by then. */
const mostTurns = 4

const nothing = new Uint8Array(0)

/** Gives the pieces of one input. */
export class PieceFeed implements Feed {
  /** What the source had given when the piece that was given out last had come. */
  taken: Taken
  readonly #threads: PieceThreads
  readonly #input: FedInput
  readonly #copy: PieceCopy
  readonly #queue: Piece[] = []
  /** What is left of the last chunk, and what the source had given with it. */
  #rest: Uint8Array = nothing
  #restTaken: Taken
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #filling: Promise<void> | undefined
  /** Waited for more since a piece was given out. */
  #turns = 0
  /** Given out last. */
  #lent: Piece | undefined
  #reading = -1
  #knownOffsets = -1

  constructor(threads: PieceThreads, input: FedInput) {
    this.#threads = threads
    this.#input = input
    this.#copy = new PieceCopy(threads.slots)
    this.taken = input.taken()
    this.#restTaken = this.taken
    threads.onAnswer = answer => this.#keep(answer)
  }

  /**
   * The next piece; done behind the last one.
   * @throws what the source failed with, behind all that it gave; as `PieceThreads.answered`
   */
  async next(): Promise<IteratorResult<FedPiece, void>> {
    const { slots } = this.#threads
    this.#endLoan()
    for (;;) {
      this.#fill()
      const piece = this.#queue[0]
      if (piece === undefined) {
        if (this.#filling !== undefined) await this.#filling
        else if (!this.#isOver || this.#rest.length > 0) {
          // All slots are with threads that still read pieces of the input before.
          await this.#threads.answered()
        } else if (this.#failure !== undefined) throw this.#failure.error
        else break
      } else if (!isRead(piece) && this.#mayGetMore()) {
        await (this.#input.isPrompt ? this.#filling : this.#threads.nextTurn())
      } else if (isRead(piece) || slots.take(piece.slot)) {
        this.#queue.shift()
        this.#lent = piece
        this.#turns = 0
        this.taken = piece.taken
        const parsed = piece.answer?.parsed
        const bytes = parsed === undefined ? this.#copy.of(piece.slot) : slots.text(piece.slot)
        return { done: false, value: { bytes, parsed } }
      } else await this.#threads.answered()
    }
    this.taken = this.#restTaken
    return { done: true, value: undefined }
  }

  /** Nothing more is asked for. */
  close(): void {
    this.#isOver = true
    this.#rest = nothing
    const { slots } = this.#threads
    this.#endLoan()
    for (const piece of this.#queue.splice(0)) {
      // What a thread is at is freed with its answer.
      if (isRead(piece) || slots.take(piece.slot)) this.#free(piece)
    }
  }

  #endLoan(): void {
    if (this.#lent !== undefined) this.#free(this.#lent)
    this.#lent = undefined
  }

  #free({ slot, answer }: Pick<Piece, 'slot' | 'answer'>): void {
    this.#threads.slots.free(slot)
    if (answer !== undefined) this.#threads.giveBack(answer)
  }

  /** While the reader is busy nothing comes: what threads are to read has to be there before. A pipe is hardly waited for. */
  #mayGetMore(): boolean {
    const isEnough = this.#queue.length > 2 * this.#threads.count
    if (isEnough || this.#filling === undefined) return false
    return this.#input.isPrompt || this.#turns++ < mostTurns
  }

  #keep(answer: PieceAnswer): void {
    const { slot } = answer
    const piece = this.#queue.find(piece => piece.slot === slot)
    if (piece === undefined) this.#free({ slot, answer })
    else piece.answer = answer
  }

  #readingNow(): PieceReading {
    const { reading, offsets } = this.#input
    return { ...reading, offsets: offsets?.known() }
  }

  /** Puts as much as there is room for; what has to be waited for comes later. */
  #fill(): void {
    if (this.#filling !== undefined) return
    while (this.#rest.length > 0) if (!this.#put()) return
    if (this.#isOver || this.#threads.slots.freeSlot() < 0) return
    this.#filling = this.#takeChunk().then(() => {
      this.#filling = undefined
      this.#fill()
    })
  }

  /** Never rejects. */
  async #takeChunk(): Promise<void> {
    try {
      const { done, value } = await this.#input.chunks.next()
      this.#restTaken = this.#input.taken()
      if (done === true) this.#isOver = true
      else if (!this.#isOver) this.#rest = value
    } catch (error) {
      this.#isOver = true
      this.#failure = { error }
    }
  }

  /** Puts what is left of the chunk, as far as it goes into one slot; false without a free one. */
  #put(): boolean {
    const { slots, leastBytes } = this.#threads
    const slot = slots.freeSlot()
    if (slot < 0) return false
    const text = this.#rest.subarray(0, slots.slotBytes)
    this.#rest = this.#rest.subarray(text.length)
    this.#tell()
    slots.put(slot, this.#reading, text)
    const isOwn = text.length < leastBytes && slots.take(slot)
    this.#queue.push({ slot, taken: this.#restTaken, answer: undefined, isOwn })
    return true
  }

  /** The first time of a column decides what offset its times have. */
  #tell(): void {
    const known = this.#input.offsets?.knownCount ?? 0
    if (this.#reading >= 0 && this.#knownOffsets === known) return
    this.#knownOffsets = known
    this.#reading = this.#threads.tell(this.#readingNow())
  }
}

/** Nobody else has it. */
function isRead({ answer, isOwn }: Piece): boolean {
  return isOwn || answer !== undefined
}
