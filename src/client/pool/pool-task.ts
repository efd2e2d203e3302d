/* One task of a pool: its id, state, request and awaited result; and the queue in which tasks wait for a free session. */
import { TimeoutError, usageError } from '../../errors.js'
import { systemClock } from '../../platform/clocks.js'
import type { Value } from '../../protocol/value.js'
import type { PlainInput } from '../plain-input.js'
import { toPlain, type PlainOutput } from '../plain-output.js'
import type { AnswerOptions, RunOptions } from '../session-options.js'
import { checkRunOptions, maxInt32, runOptionNames, splitArguments } from '../session-options.js'
import { limitWait, noAnswer, type WaitLimits } from '../exchange-queue.js'

export type TaskResult = PlainOutput | Value | undefined

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
    this.#release = limitWait(systemClock, limits, noAnswer, error => this.fail(error))
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
    return new Promise<T>((resolve, reject) => {
      if (!(timeoutSeconds >= 0)) {
        throw usageError(`A time limit is a number of seconds, not ${timeoutSeconds}.`)
      }
      const text = `Task ${this.id} did not finish within ${timeoutSeconds} s. It is still running: ask again, or wait longer.`
      const timer = systemClock.after(Math.min(timeoutSeconds * 1000, maxInt32), () =>
        reject(new TimeoutError(text)),
      )
      this.#done.finally(() => timer.cancel()).then(resolve, reject)
    })
  }

  /** @internal Has no effect on a finished task. */
  finish(result: T): void {
    this.#end()
    this.#resolve(result)
  }

  /** @internal Has no effect on a finished task. */
  fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    this.#state = 'finished'
    this.#release()
  }
}

/** `clearMemory` defaults to true; `timeoutMs` and `signal` count from the call, including the wait in the queue. */
export interface TaskOptions extends RunOptions {
  /** True to get a table as a list of its columns, each an array of plain values. */
  pickleTableToList?: boolean
}

/** Values for a function's parameters, optionally followed by options. */
export type TaskArguments = readonly PlainInput[] | readonly [...PlainInput[], TaskOptions]

/** A task with all its arguments already converted to values, so that a wrong argument is reported on submission. */
export interface TaskRequest {
  readonly task: PoolTask<TaskResult>
  readonly script: string
  readonly args: readonly Value[]
  /** What the session is told. The task itself limits the wait, because it may wait in the queue. */
  readonly options: RunOptions
  /** The form of the answer; the pool's settings are the defaults. */
  readonly answer: Pick<TaskOptions, 'typed' | 'times' | 'pickleTableToList'>
  /** The next one in the queue. */
  after?: TaskRequest
}

const taskOptionNames: ReadonlySet<string> = new Set([...runOptionNames, 'pickleTableToList'])

/** @throws {UsageError} DDB_USAGE for bad options @throws {ValueError} for arguments without a DolphinDB equivalent */
export function taskRequest(id: number, script: string, args: TaskArguments): TaskRequest {
  const { values, options: answer = {} } = splitArguments<TaskOptions>(args, taskOptionNames)
  const { pickleTableToList, ...ofRequest } = answer
  checkRunOptions(ofRequest)
  const { timeoutMs, signal, typed, times, ...sent } = ofRequest
  return {
    task: new PoolTask<TaskResult>(id, answer),
    script,
    args: values,
    options: { clearMemory: true, ...sent },
    answer,
  }
}

/** Converts a typed answer by the task's options. The pool's options are their defaults. */
export function taskResult(
  { answer }: TaskRequest,
  value: Value | undefined,
  pool: AnswerOptions,
): TaskResult {
  const { typed = pool.typed ?? false, times = pool.times, pickleTableToList = false } = answer
  if (pickleTableToList && value?.form === 'table') {
    return value.columns.map(column => toPlain(column, times))
  }
  return typed || value === undefined ? value : toPlain(value, times)
}

/** Skips tasks whose caller has given up. */
export class TaskQueue {
  #first: TaskRequest | undefined
  #last: TaskRequest | undefined

  push(request: TaskRequest): void {
    if (this.#first === undefined) this.#first = request
    else this.#last!.after = request
    this.#last = request
  }

  first(): TaskRequest | undefined {
    while (this.#first?.task.state === 'finished') this.#first = this.#first.after
    return this.#first
  }

  next(): TaskRequest | undefined {
    const request = this.first()
    this.#first = request?.after
    return request
  }

  failAll(error: unknown): void {
    for (let request = this.next(); request !== undefined; request = this.next()) {
      request.task.fail(error)
    }
  }
}

/**
 * Yields each result as soon as it is there (Python's as_completed). If a promise fails, the iteration throws the
 * failure. After that, or if the caller stops early, the remaining promises cause no unhandled rejection.
 */
export function asCompleted<T>(
  promises: Iterable<PromiseLike<T>>,
): AsyncGenerator<Awaited<T>, void, void> {
  const settle: { resolve: (value: Awaited<T>) => void; reject: (reason: unknown) => void }[] = []
  let settled = 0
  const places = Array.from(promises, promise => {
    const place = new Promise<Awaited<T>>((resolve, reject) => settle.push({ resolve, reject }))
    place.catch(() => undefined)
    Promise.resolve(promise).then(
      value => settle[settled++]!.resolve(value),
      (reason: unknown) => settle[settled++]!.reject(reason),
    )
    return place
  })
  return (async function* () {
    for (const place of places) yield await place
  })()
}
