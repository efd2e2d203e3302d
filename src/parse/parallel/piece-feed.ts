/*
  Takes an input's chunks some pieces ahead of the reader, so that threads can read them. Delivers pieces in the order of the
  input. The reader itself reads a piece that no thread has reached.
*/
import type { FedPiece, ParsedPiece } from './parsed-piece.js'
import type { FedInput, Feed, PieceReading, SourceProgress } from './piece-reading.js'
import { PieceCopy, type PieceSlots } from './piece-slots.js'

/** A thread's result for the piece in a slot. */
export interface PieceAnswer {
  readonly slot: number
  readonly parsed: ParsedPiece | undefined
  /** Memory that `parsed` uses; it must return to the thread. */
  readonly buffers: readonly ArrayBuffer[]
  /** Number of the thread, from 0. */
  readonly thread: number
}

export interface PieceThreads {
  readonly count: number
  readonly slots: PieceSlots
  /** Pieces with fewer bytes are read by the reader itself, not by a thread. */
  readonly leastBytes: number
  /** Announces to all threads how to read the following pieces. Returns a number that identifies this reading. */
  announce(reading: PieceReading): number
  /** Resolves after one turn of the event loop. */
  nextTurn(): Promise<void>
  /** Called with every answer, one at a time. */
  onAnswer: (answer: PieceAnswer) => void
  /** Returns the buffers of an answer to the thread that filled them. */
  giveBack(answer: PieceAnswer): void
  /**
   * Resolves with the next answer.
   * @throws {DdbError} DDB_THREAD if a thread has died, because the answer may then never come
   */
  answered(): Promise<void>
  /** @throws {DdbError} DDB_THREAD if a thread has died */
  check(): void
}

interface Piece {
  readonly slot: number
  readonly taken: SourceProgress
  /** Set once a thread has read the piece. */
  answer: PieceAnswer | undefined
  /** True if no thread may read the piece, because the reader itself has taken it. */
  readonly isOwn: boolean
}

/** Limit of event loop turns to wait for a pipe. In this time, a fast writer has written more. */
const mostTurns = 4

const nothing = new Uint8Array(0)

export class PieceFeed implements Feed {
  taken: SourceProgress
  readonly #threads: PieceThreads
  readonly #input: FedInput
  readonly #copy: PieceCopy
  readonly #queue: Piece[] = []
  /** The unused part of the last chunk. */
  #rest: Uint8Array = nothing
  /** How much the source had delivered up to the end of the last chunk. */
  #restTaken: SourceProgress
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #filling: Promise<void> | undefined
  /** How often the feed has waited for more input since it delivered a piece. */
  #turns = 0
  /** The piece that was delivered last and is still in use. */
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

  async next(): Promise<IteratorResult<FedPiece, void>> {
    const { slots } = this.#threads
    this.#endLoan()
    this.#threads.check()
    for (;;) {
      this.#fill()
      const piece = this.#queue[0]
      if (piece === undefined) {
        if (this.#filling !== undefined) await this.#filling
        else if (!this.#isOver || this.#rest.length > 0) {
          // No slot is free, because threads still read pieces of the previous input.
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

  close(): void {
    this.#isOver = true
    this.#rest = nothing
    const { slots } = this.#threads
    this.#endLoan()
    for (const piece of this.#queue.splice(0)) {
      // A piece that a thread works on keeps its slot until the thread answers.
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

  /** True to wait for more input before the reader continues, because no input can arrive while the reader works. */
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

  /** Fills as many slots as possible now, and the remaining ones when chunks arrive. */
  #fill(): void {
    if (this.#filling !== undefined) return
    while (this.#rest.length > 0) if (!this.#put()) return
    if (this.#isOver || this.#threads.slots.freeSlot() < 0) return
    this.#filling = this.#takeChunk().then(() => {
      this.#filling = undefined
      this.#fill()
    })
  }

  /** The promise never rejects, because `#failure` keeps the error. */
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

  /** Fills a free slot with as much of the chunk's rest as the slot can take. Returns false if no slot is free. */
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

  /** Sends the threads new time zone offsets. A column without a given offset takes the offset of its first time. */
  #tell(): void {
    const known = this.#input.offsets?.knownCount ?? 0
    if (this.#reading >= 0 && this.#knownOffsets === known) return
    this.#knownOffsets = known
    this.#reading = this.#threads.announce(this.#readingNow())
  }
}

/** True if no thread needs to read the piece, because a thread has read it, or only the reader may. */
function isRead({ answer, isOwn }: Piece): boolean {
  return isOwn || answer !== undefined
}
