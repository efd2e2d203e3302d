/*
  How large batches are. Where nobody says so, they begin as usual and grow as long as the server answers for more rows a second
  then (docs/decisions/0067). It is a fold of the events of the run: the same events lead to the same sizes.
*/
import { Answers, longestPauseMs, nextPauseMs, type AnsweredBatch } from './answers.js'
import type { RunEvent } from './fate/events.js'
import type { RunState } from './fate/fold.js'
import type { Plan } from './plan.js'

/** Of one run. It changes between two batches, never within one. */
export interface BatchSize {
  /** Most rows of the batch that is made now. */
  readonly rows: number
  /** With so many bytes on the wire it is full. */
  readonly bytes: number
  /** Most rows of the batches with which the run has been fastest so far. */
  readonly found: number
  /** Bytes that may be out: what is found out of batches is not to wait for all that was sent before them. */
  readonly mostInFlightBytes: number
  /** Nothing is being tried. */
  readonly isSettled: boolean
  /** Batches stay, or become, as large as at first. */
  fix(): void
  /** Batches stay as large as they have become. */
  stay(): void
  /**
   * Where nobody answers: the server has come to a batch, as far as its connection tells.
   * @param place  among all that were handed over, from 1
   */
  reached(batch: AnsweredBatch, place: number, atMs: number): void
  /** Where nobody answers: the server has nothing left to do. */
  keptUp(): void
  /** @param state  what has followed from the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** More rows a second by this much are worth batches of twice the size. */
const worthwhile = 1.1
/** Larger batches are tried after so many. */
const leastBatches = 8
/** So many answers that come at once, as from the ledger, are known to a thirtieth. */
const enoughBatches = 32
const shortestMs = 50
/** What a server has for one batch at most before another may be larger: receipts, signals and limits are waited for by batches. */
const longestBatchMs = 500
const fallen = 0.5
/** Of the bytes that one connection may have out a batch has an eighth at most: others are on their way meanwhile, and memory stays what it was. */
const batchShare = 8
/** So much of the work of a server is out while larger batches are tried: their answers come after those of all that was sent before. */
const aheadMs = 500
const leastShare = 4

type SizeOptions = Pick<
  Plan,
  'batchRows' | 'batchBytes' | 'mostBatchBytes' | 'maxInFlightBytes' | 'connections'
>

export function newBatchSize(plan: SizeOptions): BatchSize {
  return new GrowingSize(plan)
}

class GrowingSize implements BatchSize {
  readonly #plan: SizeOptions
  /** By what batches are larger than at first; a power of two. */
  #factor = 1
  #isFixed: boolean
  /** Batches with this number, or where they have none in this place, and later ones have the present size. */
  #firstNo = 0
  #present = new Answers()
  /** Of batches half as large; undefined where it is settled which are better. */
  #before: Answers | undefined
  /** Until when it is; and rows a millisecond since then, once what had piled up at the server is done. */
  #settled: { readonly untilMs: number; readonly rate: number } | undefined
  /** For how long the last trial in vain has settled it; 0 while larger batches have always been better. */
  #pauseMs = 0

  constructor(plan: SizeOptions) {
    this.#plan = plan
    this.#isFixed = plan.mostBatchBytes === undefined
  }

  get rows(): number {
    return this.#plan.batchRows * this.#factor
  }

  get bytes(): number {
    const { batchBytes } = this.#plan
    return this.#factor === 1 ? batchBytes : Math.min(batchBytes * this.#factor, this.#mostBytes)
  }

  get found(): number {
    return this.#before === undefined ? this.rows : this.rows / 2
  }

  get mostInFlightBytes(): number {
    const { maxInFlightBytes } = this.#plan
    const isOpen = this.#before !== undefined || (this.#settled === undefined && this.#mayDouble)
    const seen = this.#present.ms > 0 ? this.#present : this.#before
    if (!isOpen || seen === undefined) return maxInFlightBytes
    const least = maxInFlightBytes / leastShare
    return Math.min(maxInFlightBytes, Math.max(least, (seen.bytes / seen.ms) * aheadMs))
  }

  get #mayDouble(): boolean {
    return !this.#isFixed && this.#present.bytesOfBatch * 2 <= this.#mostBytes
  }

  get #mostBytes(): number {
    const { mostBatchBytes = 0, maxInFlightBytes, connections } = this.#plan
    return Math.min(mostBatchBytes, Math.floor(maxInFlightBytes / connections / batchShare))
  }

  reached(batch: AnsweredBatch, place: number, atMs: number): void {
    // What is told of batches half as large was told before: where the server is by now is only estimated.
    if (!this.#isFixed && place >= this.#firstNo) this.#present.add(batch, atMs)
  }

  keptUp(): void {
    if (this.#isFixed) return
    // What is tried is large enough for now.
    this.#before = undefined
    this.#present = new Answers()
  }

  take(event: RunEvent, { open, lastNo, batches }: Readonly<RunState>): void {
    // Halves of a small batch are fewer rows that go out twice, and others may be refused for their size alone.
    if (event.kind === 'divided') return this.fix()
    if (this.#isFixed) return
    if (event.kind === 'answered') {
      const answers = event.no < this.#firstNo ? this.#before : this.#present
      answers?.add(open.get(event.no)!, event.atMs)
    } else if (event.kind === 'handedOver') {
      // All that one look at the ledger has told is known by now, and the next batch has no rows yet. The time in which the last
      // batches of one size and the first of another were done is that of neither.
      if (this.#present.isEmpty) this.#before?.look()
      this.#present.look()
      if (this.#present.ms >= shortestMs) this.#judge(Math.max(lastNo, batches.sent))
    }
  }

  get isSettled(): boolean {
    if (this.#before !== undefined) return false
    if (this.#isFixed || this.#settled !== undefined) return true
    return !this.#present.isEmpty && !this.#mayDouble
  }

  fix(): void {
    this.stay()
    this.#factor = 1
  }

  stay(): void {
    this.#isFixed = true
    this.#before = undefined
  }

  #judge(lastNo: number): void {
    const present = this.#present
    const before = this.#before
    if (before !== undefined) {
      if (isFaster(present, before)) {
        this.#pauseMs = 0
        this.#grow(lastNo)
      } else if (present.batches >= enoughBatches) {
        this.#resize(this.#factor / 2, lastNo)
        this.#pauseMs = nextPauseMs(this.#pauseMs, present)
        this.#settle(present, this.#pauseMs)
      }
      return
    }
    if (present.batches < leastBatches) return
    const settled = this.#settled
    if (settled === undefined) return this.#grow(lastNo)
    if (present.rate < settled.rate * fallen) return this.#resize(1, lastNo)
    if (present.batches < enoughBatches) return
    if (present.atMs >= settled.untilMs) this.#grow(lastNo)
    else {
      this.#settled = { ...settled, rate: Math.min(settled.rate || Infinity, present.rate) }
      present.begin()
    }
  }

  /** Tries batches of twice the size, where these may be. */
  #grow(lastNo: number): void {
    const present = this.#present
    if (!this.#mayDouble || present.ms / present.batches > longestBatchMs) {
      this.#settle(present, longestPauseMs)
      present.begin()
      return
    }
    this.#resize(this.#factor * 2, lastNo)
    this.#before = present
  }

  #settle({ atMs }: Answers, pauseMs: number): void {
    this.#before = undefined
    this.#settled = { untilMs: atMs + pauseMs, rate: 0 }
  }

  #resize(factor: number, lastNo: number): void {
    this.#settled = undefined
    this.#factor = factor
    this.#firstNo = lastNo + 1
    this.#before = undefined
    this.#present = new Answers()
  }
}

/** A batch more or less at either end of the time is nothing that counts, unless there were many. */
function isFaster(present: Answers, before: Answers): boolean {
  const many = present.batches >= enoughBatches
  const least = many ? present.rate : present.leastRate()
  const most = many ? before.rate : before.mostRate()
  return least >= most * worthwhile
}
