/* Takes an input piece by piece as it arrives: bytes, which go to the tokenizer, or rows of a program. */
import { InputError } from '../errors.js'
import type { Timer } from '../platform/platform.js'
import type { BatchOptions, FlushClock } from './input-reader.js'
import type { FedPiece, FedRows } from './rows/fed-rows.js'
import type { LineTokenizer } from './line-tokenizer.js'

const asPiece = (result: IteratorResult<Uint8Array, void>): IteratorResult<FedPiece, void> =>
  result.done === true ? result : { done: false, value: { bytes: result.value } }

export class ArrivingInput {
  ended = false
  /** The source's error; thrown after the rows before it were delivered. */
  error: Error | undefined
  fed: FedRows | undefined
  /** True if the rows so far must not wait for more. */
  endsBatch = false
  readonly #tokenizer: LineTokenizer
  readonly #chunks: AsyncIterator<Uint8Array, void> | undefined
  readonly #options: Pick<BatchOptions, 'feed' | 'onUnreadable'>
  #pending: Promise<IteratorResult<FedPiece, void>> | undefined

  /** @param input  `chunks`: those that the tokenizer does not have yet; undefined if it has the whole input */
  constructor(
    input: { tokenizer: LineTokenizer; chunks: AsyncIterator<Uint8Array, void> | undefined },
    options: Pick<BatchOptions, 'feed' | 'onUnreadable'>,
  ) {
    this.#tokenizer = input.tokenizer
    this.#chunks = input.chunks
    this.#options = options
  }

  get isWhole(): boolean {
    return this.#chunks === undefined && this.#options.feed === undefined
  }

  end(): void {
    this.ended = true
    this.#tokenizer.end()
  }

  /** Passes on the next piece, or the end or failure of the source. */
  async push(): Promise<void> {
    if (this.isWhole) return this.end()
    try {
      const { done, value } = await this.#next()
      if (done === true) return this.end()
      const { bytes, rows, endsBatch = false } = value
      this.endsBatch ||= endsBatch
      if (rows === undefined) this.#tokenizer.push(bytes)
      else this.fed = rows
    } catch (error) {
      this.ended = true
      this.error = error instanceof Error ? error : new Error(String(error))
      if (!(error instanceof InputError)) return
      this.#tokenizer.end(error)
      if (error.code === 'DDB_INPUT_ENCODING') this.#options.onUnreadable?.(error)
    } finally {
      this.#pending = undefined
    }
  }

  /** Waits until a piece arrives; returns true if the time is up first. */
  isIdle(delayMs: number, clock: FlushClock): Promise<boolean> {
    return delayMs <= 0 ? Promise.resolve(true) : isLate(this.#next(), delayMs, clock)
  }

  #next(): Promise<IteratorResult<FedPiece, void>> {
    this.#pending ??= this.#options.feed?.next() ?? this.#chunks!.next().then(asPiece)
    return this.#pending
  }
}

/** True if the promise takes longer than `delayMs`; false for one that rejects earlier. */
export async function isLate(
  pending: Promise<unknown>,
  delayMs: number,
  clock: FlushClock,
): Promise<boolean> {
  let timer: Timer | undefined
  const late = new Promise<true>(resolve => {
    timer = clock.afterIfAlive(delayMs, () => resolve(true))
  })
  const come = pending.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([come, late])
  } finally {
    timer?.cancel()
  }
}
