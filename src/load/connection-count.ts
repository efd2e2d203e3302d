/*
  How many connections a run has. Where that is for the run to find (`auto`), it begins with one, and takes twice as many where it
  waits for the server and the server then answers for more rows a second (docs/decisions/0071). As the size of batches it is a
  fold of the events of the run.
*/
import { Answers, longestPauseMs, nextPauseMs } from './answers.js'
import type { BatchSize } from './batch-size.js'
import type { RunEvent } from './fate/events.js'
import type { RunState } from './fate/fold.js'
import type { Plan } from './plan.js'

/** Of one run. It changes between two batches, once nothing is out. */
export interface ConnectionCount {
  /** So many should there be from now on; undefined where their number stays. */
  readonly wanted: number | undefined
  /** Most batches that may be out: what is found out is not to come after all that there is to send. */
  readonly mostOpen: number
  /** Why there are not more; undefined where somebody has said how many. */
  readonly why: string | undefined
  /** There are to be no more than these. A later limit that is higher changes nothing. */
  limit(most: number, why: string): void
  /** There are as many as were wanted. */
  changed(): void
  /** The loader had to wait for the server for so long, ms. */
  waited(ms: number): void
  /** @param state  what has followed from the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** More are tried where the loader waits for the server for a fourth of its time: as many as keep it busy gain a third at least. */
const leastWait = 1 / 4
/** Twice as many have to be worth it. */
const worthwhile = 1.2
const leastMs = 250
/** Batches of each connection, by which a number of connections is judged at the soonest, and at the latest. */
const leastRounds = 4
const enoughRounds = 16
/** So much of the work of a server is out while more connections are tried, and four times what it takes to hear of a batch. */
const aheadMs = 250
const aheadLatencies = 4
/** Batches that may be out before anything is known, and of each connection at least. */
const firstOpen = 32
const leastOpen = 8

const tooFew = 'the server has not answered for enough batches to tell what more would bring'

export function newConnectionCount(
  plan: Pick<Plan, 'mostConnections'>,
  batchSize: Pick<BatchSize, 'isSettled'>,
): ConnectionCount {
  return new FoundCount(plan, batchSize)
}

class FoundCount implements ConnectionCount {
  readonly #batchSize: Pick<BatchSize, 'isSettled'>
  readonly #isAsked: boolean
  #most: number
  #whyNoMore = 'a run takes no more by itself'
  #count = 1
  #wanted: number | undefined
  #why = tooFew
  #answers = new Answers()
  /** Of half as many; undefined where it is settled which are better. */
  #before: Answers | undefined
  #waitedMs = 0
  /** When more were no better. */
  #settledAtMs: number | undefined
  /** For how long that holds; 0 while more have always been better. */
  #pauseMs = 0
  /** Of the batch that was answered soonest, ms. */
  #latencyMs = Infinity
  #isWarm = false

  constructor(
    { mostConnections }: Pick<Plan, 'mostConnections'>,
    batchSize: Pick<BatchSize, 'isSettled'>,
  ) {
    this.#batchSize = batchSize
    this.#isAsked = mostConnections !== undefined
    this.#most = mostConnections ?? 1
  }

  get wanted(): number | undefined {
    return this.#wanted
  }

  get why(): string | undefined {
    return this.#isAsked ? this.#why : undefined
  }

  get mostOpen(): number {
    const before = this.#before
    const isLookedFor = this.#settledAtMs === undefined || this.#pauseMs < longestPauseMs
    const mayGrow = isLookedFor && 2 * this.#count <= this.#most
    const isOpen = this.#isAsked && (before !== undefined || mayGrow)
    if (!isOpen || !this.#batchSize.isSettled) return Infinity
    const { ms, batches } = this.#answers
    const present = ms > 0 ? batches / ms : 0
    // Twice as many connections may answer for twice as much.
    const expected = before === undefined ? 0 : (2 * before.batches) / before.ms
    const known = Math.max(present, expected)
    const windowMs = Math.max(aheadMs, aheadLatencies * this.#latencyMs)
    return known === 0 ? firstOpen : Math.max(leastOpen * this.#count, known * windowMs)
  }

  limit(most: number, why: string): void {
    this.#wanted = undefined
    if (most >= this.#most) return
    this.#most = most
    this.#whyNoMore = why
    if (most === this.#count) this.#why = why
  }

  changed(): void {
    const wanted = this.#wanted
    if (wanted === undefined) return
    const isTrial = wanted > this.#count
    this.#why = isTrial ? tooFew : `${this.#count} were not a fifth faster`
    this.#before = isTrial ? this.#answers : undefined
    this.#settledAtMs = isTrial ? undefined : this.#answers.atMs
    if (!isTrial) this.#pauseMs = nextPauseMs(this.#pauseMs, this.#answers)
    this.#count = wanted
    this.#wanted = undefined
    this.#answers = new Answers()
    this.#waitedMs = 0
  }

  waited(ms: number): void {
    if (!this.#answers.isEmpty) this.#waitedMs += ms
  }

  take(event: RunEvent, { open }: Readonly<RunState>): void {
    if (!this.#isAsked || this.#most === 1) return
    if (event.kind === 'answered') {
      const batch = open.get(event.no)!
      this.#answers.add(batch, event.atMs)
      this.#latencyMs = Math.min(this.#latencyMs, event.atMs - batch.sentAtMs)
    } else if (event.kind === 'handedOver' && this.#wanted === undefined) {
      this.#answers.look()
      this.#judge()
    }
  }

  #judge(): void {
    const answers = this.#answers
    const count = this.#count
    if (!this.#batchSize.isSettled) return this.#begin()
    if (!this.#isWarm) {
      // How much may be out has to be known, or the loader would seem to wait for the server.
      this.#isWarm = answers.ms >= leastMs / 2
      return this.#isWarm ? this.#begin() : undefined
    }
    if (answers.ms < leastMs || answers.batches < leastRounds * count) return
    if (this.#before !== undefined) return this.#judgeTrial(this.#before)
    const settledAtMs = this.#settledAtMs
    if (settledAtMs !== undefined && answers.atMs - settledAtMs < this.#pauseMs) return
    this.#settledAtMs = undefined
    const isLimit = 2 * count > this.#most
    if (this.#waitedMs >= answers.ms * leastWait && !isLimit) {
      this.#wanted = 2 * count
      return
    }
    this.#why = isLimit ? this.#whyNoMore : 'the server keeps up with the loader'
    this.#begin()
  }

  #judgeTrial(half: Answers): void {
    const answers = this.#answers
    const count = this.#count
    const isLate = answers.batches >= enoughRounds * count
    const [present, past] = isLate
      ? [answers.rate, half.rate]
      : [answers.leastRate(count), half.mostRate(count / 2)]
    if (present >= past * worthwhile) {
      this.#before = undefined
      this.#pauseMs = 0
    } else if (isLate) this.#wanted = count / 2
  }

  #begin(): void {
    this.#answers.begin()
    this.#waitedMs = 0
  }
}
