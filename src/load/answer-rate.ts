/*
  Measures how fast a server confirms rows during one period of a run. The batch size and the number of connections stay the same
  throughout a period.
*/
import type { OpenBatch } from './outcomes/fold.js'

/**
 * Longest pause before the run again tries a larger batch size or more connections. The load of client or server may
 * change within minutes.
 */
export const longestPauseMs = 60_000
const pauseGrowth = 4

/**
 * Pause after a failed trial, ms: four times the trial's length or four times the previous pause, whichever is
 * longer, but at least 1 s and at most 60 s. The first pauses are short because a disturbance on the machine may have
 * made the trial fail.
 * @param pauseMs  the previous pause; 0 before the first one
 */
export function nextPauseMs(pauseMs: number, trial: Pick<AnswerRate, 'ms'>): number {
  return Math.min(longestPauseMs, Math.max(1_000, pauseMs * pauseGrowth, trial.ms * pauseGrowth))
}

export type AnsweredBatch = Pick<OpenBatch, 'rows' | 'bytes'>

interface Sum {
  readonly atMs: number
  readonly batches: number
  readonly rows: number
  readonly bytes: number
}

/** Adds up the answers of one period. The first answers of a period only start the clock. */
export class AnswerRate {
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

  /** Ends the measured period at the latest answer. Call this after all answers that arrived together were added. */
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

  /** Average bytes of an answered batch; Infinity if there are no answers yet. */
  get bytesOfBatch(): number {
    const { bytes, batches } = this.#told
    return batches === 0 ? Infinity : bytes / batches
  }

  /** Rows per millisecond. */
  get rate(): number {
    return this.#since('rows') / this.ms
  }

  /** Lower bound of the rate: the rate with one answer fewer on each connection. */
  leastRate(connections = 1): number {
    return (this.rate * (this.batches - connections)) / this.batches
  }

  /** Upper bound of the rate: the rate with one answer more on each connection. */
  mostRate(connections = 1): number {
    return (this.rate * (this.batches + connections)) / this.batches
  }

  #since(what: keyof Sum): number {
    return this.#last[what] - (this.#first ?? this.#last)[what]
  }
}
