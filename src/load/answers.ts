/*
  What a server has answered for in a time in which a run has gone about it in one way: with batches of one size, over so many
  connections.
*/
import type { OpenBatch } from './fate/fold.js'

/** What else goes on at both ends may have changed after that. */
export const longestPauseMs = 60_000
const pauseGrowth = 4

/**
 * A trial that brought nothing may have met a moment in which others had the machine: the next one comes after a second, or four
 * times what it took, those after it ever later.
 *
 * @param pauseMs  before that trial; 0 for the first one
 */
export function nextPauseMs(pauseMs: number, trial: Pick<Answers, 'ms'>): number {
  return Math.min(longestPauseMs, Math.max(1_000, pauseMs * pauseGrowth, trial.ms * pauseGrowth))
}

/** What there is to know of a batch here. */
export type AnsweredBatch = Pick<OpenBatch, 'rows' | 'bytes'>

interface Sum {
  readonly atMs: number
  readonly batches: number
  readonly rows: number
  readonly bytes: number
}

/** From the first answers on, with which time begins, to the last ones. */
export class Answers {
  #told: Sum = { atMs: 0, batches: 0, rows: 0, bytes: 0 }
  #last = this.#told
  #first: Sum | undefined

  add({ rows, bytes }: AnsweredBatch, atMs: number): void {
    const told = this.#told
    this.#told = {
      atMs,
      batches: told.batches + 1,
      rows: told.rows + rows,
      bytes: told.bytes + bytes,
    }
  }

  get isEmpty(): boolean {
    return this.#told.batches === 0
  }

  /** All answers that came together are in. */
  look(): void {
    if (this.isEmpty) return
    this.#last = this.#told
    this.#first ??= this.#last
  }

  /** Time begins with the last answers. */
  begin(): void {
    this.#first = this.#last
  }

  get atMs(): number {
    return this.#last.atMs
  }

  get ms(): number {
    return this.#since('atMs')
  }

  get batches(): number {
    return this.#since('batches')
  }

  get bytes(): number {
    return this.#since('bytes')
  }

  /** Infinity without any. */
  get bytesOfBatch(): number {
    const { bytes, batches } = this.#told
    return batches === 0 ? Infinity : bytes / batches
  }

  /** Rows a millisecond. */
  get rate(): number {
    return this.#since('rows') / this.ms
  }

  /** As if an answer of each connection more had come at the beginning, and been none of these. */
  leastRate(connections = 1): number {
    return (this.rate * (this.batches - connections)) / this.batches
  }

  /** As if an answer of each connection more had come in the same time. */
  mostRate(connections = 1): number {
    return (this.rate * (this.batches + connections)) / this.batches
  }

  #since(what: keyof Sum): number {
    return this.#last[what] - (this.#first ?? this.#last)[what]
  }
}
