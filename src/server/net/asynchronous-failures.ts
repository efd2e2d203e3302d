/*
  Failures nobody is told of: asynchronous requests get no answer, so the embedded server keeps the latest of them for
  whoever asks it from inside (a real server has nothing like it, docs/server-semantics.md#failed-asynchronous-requests).
*/

/** One request that failed unheard. */
export interface AsynchronousFailure {
  readonly sessionId: string
  /** Script, function name, or variable names, clipped. */
  readonly text: string
  /** The error line a synchronous client would have read. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const keptFailures = 256

/** The latest 256 failures of a server. */
export class AsynchronousFailures {
  readonly #onFailure: ((failure: AsynchronousFailure) => void) | undefined
  readonly #now: () => number
  #kept: AsynchronousFailure[] = []
  #count = 0

  constructor(now: () => number, onFailure?: (failure: AsynchronousFailure) => void) {
    this.#now = now
    this.#onFailure = onFailure
  }

  /** All failures so far, forgotten ones included. */
  get count(): number {
    return this.#count
  }

  /** The latest ones, oldest first. */
  get recent(): readonly AsynchronousFailure[] {
    return this.#kept
  }

  /** Forgets the oldest failure when there are too many. */
  add(sessionId: string, text: string, message: string): void {
    const failure = { sessionId, text, message, at: this.#now() }
    this.#count += 1
    this.#kept = [...this.#kept.slice(1 - keptFailures), failure]
    this.#onFailure?.(failure)
  }
}
