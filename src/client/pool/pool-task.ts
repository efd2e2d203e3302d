/*
  One task of a pool as callers see it: an id, a state, and a result to wait for.
*/
import { TimeoutError, usageError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import { systemClock } from '../../platform/system.js'
import { maxInt32 } from '../session-options.js'
import type { PlainOutput } from '../plain-output.js'
import type { Result } from '../session-result.js'
import { limitWait, type WaitLimits } from '../wait-limits.js'

/** Result of a task: a plain value, or a typed one; with `pickleTableToList`, the columns of a table. */
export type TaskResult = PlainOutput | Result | undefined

/** A task of a pool, as `runTaskAsync` returns it. */
export class PoolTask<T = PlainOutput | undefined> {
  readonly id: number
  #state: 'pending' | 'finished' = 'pending'
  readonly #done: Promise<T>
  #resolve: (result: T) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #release: () => void = () => undefined

  /** @internal */
  constructor(id: number, limits: WaitLimits) {
    this.id = id
    this.#done = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const release = limitWait(systemClock, limits, 'answer', error => this.fail(error))
    if (this.#state === 'pending') this.#release = release
  }

  /** `pending` until the result is there, then `finished`, whether the task succeeded or failed. */
  get state(): 'pending' | 'finished' {
    return this.#state
  }

  /**
   * Waits at most `timeoutSeconds` for the result. After a timeout the task continues; `result` can be called again.
   * @throws {TimeoutError} DDB_TIMEOUT if the result is not there in time; otherwise the task's failure
   */
  result(timeoutSeconds?: number): Promise<T> {
    if (timeoutSeconds === undefined || this.#state === 'finished') return this.#done
    return this.#resultWithin(timeoutSeconds)
  }

  async #resultWithin(timeoutSeconds: number): Promise<T> {
    if (!(timeoutSeconds >= 0)) {
      throw usageError(`A time limit is a number of seconds, not ${timeoutSeconds}.`)
    }
    let timer: Timer | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = systemClock.after(Math.min(timeoutSeconds * 1000, maxInt32), () => {
        reject(
          new TimeoutError(
            `Task ${this.id} did not finish within ${timeoutSeconds} s. It is still running: ask again, or wait longer.`,
          ),
        )
      })
    })
    try {
      return await Promise.race([this.#done, timeout])
    } finally {
      timer?.cancel()
    }
  }

  /** @internal Has no effect on a finished task. */
  finish(result: T): void {
    this.#end(() => this.#resolve(result))
  }

  /** @internal Has no effect on a finished task. */
  fail(error: unknown): void {
    this.#end(() => this.#reject(error))
  }

  #end(settle: () => void): void {
    if (this.#state === 'finished') return
    this.#state = 'finished'
    this.#release()
    settle()
  }
}
