/*
  One task of a pool: what to run, and a result that can be waited for.
*/
import { TimeoutError, UsageError } from '../errors.js'
import type { Value } from '../protocol/value.js'
import type { RunOptions } from './options.js'
import type { TaskResult } from './pool.js'

export class PoolTask {
  readonly id: number
  readonly script: string
  readonly args: readonly Value[]
  readonly options: RunOptions
  readonly pickleTableToList: boolean
  #state: 'pending' | 'finished' = 'pending'
  readonly #done: Promise<TaskResult>
  #resolve: (result: TaskResult) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  /** @internal */
  constructor(
    id: number,
    script: string,
    args: readonly Value[],
    options: RunOptions,
    pickleTableToList: boolean,
  ) {
    this.id = id
    this.script = script
    this.args = args
    this.options = options
    this.pickleTableToList = pickleTableToList
    this.#done = new Promise<TaskResult>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Finished means done, whether it succeeded or failed. */
  get state(): 'pending' | 'finished' {
    return this.#state
  }

  /**
   * The result, waited for no longer than `timeoutSeconds`; the task goes on after a timeout.
   *
   * @throws {TimeoutError} DDB_TIMEOUT
   */
  result(timeoutSeconds?: number): Promise<TaskResult> {
    if (timeoutSeconds === undefined || this.#state === 'finished') return this.#done
    if (!(timeoutSeconds >= 0)) {
      throw new UsageError('DDB_USAGE', `a timeout is a number of seconds, not ${timeoutSeconds}`)
    }
    return this.#within(timeoutSeconds)
  }

  async #within(timeoutSeconds: number): Promise<TaskResult> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new TimeoutError(`task ${this.id} did not finish within ${timeoutSeconds} seconds`))
      }, timeoutSeconds * 1000)
    })
    try {
      return await Promise.race([this.#done, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  /** @internal */
  finish(result: TaskResult): void {
    this.#state = 'finished'
    this.#resolve(result)
  }

  /** @internal */
  fail(error: unknown): void {
    this.#state = 'finished'
    this.#reject(error)
  }
}
