/*
  What a server has confirmed during one period of a run. Throughout a period the batch size and the number of
  connections stay the same.
*/
import type { OpenBatch } from './fate/fold.js'

/** After this time other load on both machines may have changed. */
export const longestPauseMs = 60_000
const pauseGrowth = 4

/**
 * How long to wait after a failed trial, ms. Other processes may have had the machine during it, so the next one comes
 * after a second or four times the length of the trial, and each later one after a longer pause.
 *
 * @param pauseMs  pause before the failed trial; 0 for the first one
 */
export function nextPauseMs(pauseMs: number, trial: Pick<Answers, 'ms'>): number {
  return Math.min(longestPauseMs, Math.max(1_000, pauseMs * pauseGrowth, trial.ms * pauseGrowth))
}

/** The size of a batch. */
export type AnsweredBatch = Pick<OpenBatch, 'rows' | 'bytes'>

interface Sum {
  readonly atMs: number
  readonly batches: number
  readonly rows: number
  readonly bytes: number
}

/** The period lasts from the first answers to the last; the first ones only start the clock. */
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

  /** Call it after adding all answers that came together. */
  look(): void {
    if (this.isEmpty) return
    this.#last = this.#told
    this.#first ??= this.#last
  }

  /** Starts a new period at the time of the last answers. */
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

  /** Infinity if there are no answers yet. */
  get bytesOfBatch(): number {
    const { bytes, batches } = this.#told
    return batches === 0 ? Infinity : bytes / batches
  }

  /** Rows per millisecond. */
  get rate(): number {
    return this.#since('rows') / this.ms
  }

  /** A lower bound: assumes that one more answer per connection came at the start and counts for nothing. */
  leastRate(connections = 1): number {
    return (this.rate * (this.batches - connections)) / this.batches
  }

  /** An upper bound: assumes one more answer per connection in the same time. */
  mostRate(connections = 1): number {
    return (this.rate * (this.batches + connections)) / this.batches
  }

  #since(what: keyof Sum): number {
    return this.#last[what] - (this.#first ?? this.#last)[what]
  }
}
