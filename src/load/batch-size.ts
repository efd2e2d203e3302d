/*
  Decides how large batches are. If the user gives no size, batches start at the default size. They grow as long as the server confirms
  more rows a second with larger batches (docs/decisions/0067). The size depends only on the run's events: the same events lead to the
  same sizes.
*/
import { AnswerRate, longestPauseMs, nextPauseMs, type AnsweredBatch } from './answer-rate.js'
import type { RunEvent } from './outcomes/events.js'
import type { RunState } from './outcomes/fold.js'
import type { Plan } from './plan.js'

/** The batch size of one run. The size changes between batches, never within a batch. */
export interface BatchSize {
  /** Row limit of the batch being built. */
  readonly rows: number
  /** A batch is full at this many bytes on the wire. */
  readonly bytes: number
  /** The row limit with which the run has been fastest so far. */
  readonly found: number
  /**
   * Limit of bytes in flight. The limit is lower while the run tries larger batches, because the server answers these
   * only after everything sent earlier.
   */
  readonly mostInFlightBytes: number
  /** False while the run is still looking for a better size. */
  readonly isSettled: boolean
  /** Returns to the first size and keeps it. */
  fix(): void
  /** Keeps the present size until the run ends. */
  stay(): void
  /**
   * For servers that confirm no batch: reports that the server seems to have started on this batch.
   * @param place  position among all batches handed to the server, from 1
   */
  reached(batch: AnsweredBatch, place: number, atMs: number): void
  /** For servers that confirm no batch: reports that the server has no work left. */
  keptUp(): void
  /** Must get every event of the run. @param state  the run's state after the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** Doubling the batch size must raise the rate by at least this factor. */
const worthwhile = 1.1
/** Batches to measure before trying a larger size. */
const leastBatches = 8
/** With this many batches, rates are accurate to a thirtieth, even if many answers arrive at once. */
const enoughBatches = 32
const shortestMs = 50
/** Batches stop growing if one takes the server longer than this: receipts, signals and limits wait for whole batches. */
const longestBatchMs = 500
const fallen = 0.5
/** A batch takes at most an eighth of a connection's share of the bytes in flight, which leaves room for more batches. */
const batchShare = 8
/** Limit of the server's backlog during a trial of larger batches, which the server answers only after the backlog. */
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
  /** The batch size as a multiple of the first size; a power of two. */
  #factor = 1
  #isFixed: boolean
  /** Number of the first batch of the present size. If batches have no numbers: its position among the sent batches. */
  #firstNo = 0
  #present = new AnswerRate()
  /** Answers to batches of the previous size, while the run tries twice that size; otherwise undefined. */
  #before: AnswerRate | undefined
  /** `untilMs`: when to try a different size. `rate`: this size's lowest rate so far, rows/ms; 0 before measuring. */
  #settled: { readonly untilMs: number; readonly rate: number } | undefined
  /** The pause after the last trial if it failed, otherwise 0. */
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
    // Batches that were handed over before the size changed do not count.
    if (!this.#isFixed && place >= this.#firstNo) this.#present.add(batch, atMs)
  }

  keptUp(): void {
    if (this.#isFixed) return
    // The server keeps up, so the present size is large enough for now.
    this.#before = undefined
    this.#present = new AnswerRate()
  }

  take(event: RunEvent, { open, lastNo, batches }: Readonly<RunState>): void {
    // The server refused a batch, which was halved. Perhaps it was only too big, so the run returns to the first size:
    // smaller batches need fewer halvings, and fewer rows are sent twice.
    if (event.kind === 'divided') return this.fix()
    if (this.#isFixed) return
    if (event.kind === 'answered') {
      const answers = event.no < this.#firstNo ? this.#before : this.#present
      answers?.add(open.get(event.no)!, event.atMs)
    } else if (event.kind === 'handedOver') {
      // All results of the last look at the ledger are counted by now, and the next batch is still empty. The time
      // between the last batch of one size and the first batch of the next size counts for neither.
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

  /** Starts trying batches of twice the size, if that is allowed. */
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

  #settle({ atMs }: AnswerRate, pauseMs: number): void {
    this.#before = undefined
    this.#settled = { untilMs: atMs + pauseMs, rate: 0 }
  }

  #resize(factor: number, lastNo: number): void {
    this.#settled = undefined
    this.#factor = factor
    this.#firstNo = lastNo + 1
    this.#before = undefined
    this.#present = new AnswerRate()
  }
}

/** Compares more strictly if there are few batches: a single answer at either end of a period must not decide. */
function isFaster(present: AnswerRate, before: AnswerRate): boolean {
  const many = present.batches >= enoughBatches
  const least = many ? present.rate : present.leastRate()
  const most = many ? before.rate : before.mostRate()
  return least >= most * worthwhile
}
