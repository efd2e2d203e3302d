/*
  Decides how many connections a run has. With `auto`, a run starts with one connection and doubles the number while it has to wait for
  the server. The run keeps a larger number if the server then confirms more rows a second (docs/decisions/0071). The number depends only
  on the run's events.
*/
import { AnswerRate, longestPauseMs, nextPauseMs } from './answer-rate.js'
import type { BatchSize } from './batch-size.js'
import type { RunEvent } from './outcomes/events.js'
import type { RunState } from './outcomes/fold.js'
import type { Plan } from './plan.js'

/** The number of connections of one run. The number changes between batches, while no batch is in flight. */
export interface ConnectionCount {
  /** The number of connections to change to; undefined to stay. */
  readonly wanted: number | undefined
  /** Limit of batches in flight. Without it, most rows might be sent before the best number of connections is found. */
  readonly mostOpen: number
  /** Why the run uses this many connections and not more; undefined if the user chose the number. */
  readonly why: string | undefined
  /** Limits the number of connections. A later, higher limit changes nothing. */
  limit(most: number, why: string): void
  /** Call this after the wanted connections were opened. */
  changed(): void
  /** Reports that the loader waited for the server for this many milliseconds. */
  waited(ms: number): void
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** A loader that spends this share of its time waiting tries more connections, and may become a third faster. */
const leastWait = 1 / 4
/** Doubling the connections must raise the rate by at least this factor. */
const worthwhile = 1.2
const leastMs = 250
/** Batches per connection: fewer than `leastRounds` prove nothing, and `enoughRounds` always suffice for a decision. */
const leastRounds = 4
const enoughRounds = 16
/** Limit of the server's backlog while the run tries more connections; at least four times the delay of an answer. */
const aheadMs = 250
const aheadLatencies = 4
/** Limit of batches in flight before anything is measured, and smallest limit per connection afterwards. */
const firstOpen = 32
const leastOpen = 8

const tooFew = 'the server has not confirmed enough batches to tell whether more would help'

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
  #whyNoMore = 'a run opens no more unless asked to'
  #count = 1
  #wanted: number | undefined
  #why = tooFew
  #answers = new AnswerRate()
  /** The server's answers before the present trial of twice as many connections; undefined without a trial. */
  #before: AnswerRate | undefined
  #waitedMs = 0
  /** When the last trial of more connections failed; undefined before that, and once a new trial may begin. */
  #settledAtMs: number | undefined
  /** The pause after the last trial if it failed, otherwise 0. */
  #pauseMs = 0
  /** Shortest time from sending a batch to its answer, ms. */
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
    // The trial has doubled the connections, which may double the answers.
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
    this.#answers = new AnswerRate()
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
      // Until answers are measured, the limit of batches in flight is a guess. If the loader waits, the reason may be
      // this limit alone, not a slow server.
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

  #judgeTrial(half: AnswerRate): void {
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
