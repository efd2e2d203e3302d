/*
  The request of a task, and the queue in which tasks wait for a free session.
*/
import type { Value } from '../../protocol/value.js'
import type { AnswerOptions, RunOptions } from '../session-options.js'
import { checkRunOptions, runOptionNames, splitArguments } from '../session-options.js'
import type { PlainInput } from '../plain-input.js'
import { toColumnList, toPlain } from '../plain-output.js'
import { PoolTask, type TaskResult } from './pool-task.js'
import type { Result } from '../session-result.js'

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
  readonly options: RunOptions
  /** The task's own settings for the form of the answer; the pool's settings are the defaults. */
  readonly answer: AnswerOptions
  readonly pickleTableToList: boolean
}

const taskOptionNames: ReadonlySet<string> = new Set([...runOptionNames, 'pickleTableToList'])

/** @throws {UsageError} DDB_USAGE for bad options @throws {ValueError} for arguments without a DolphinDB equivalent */
export function taskRequest(id: number, script: string, args: TaskArguments): TaskRequest {
  const { values, options } = splitArguments<TaskOptions>(args, taskOptionNames)
  if (options === undefined) return plainRequest(id, script, values)
  const { pickleTableToList = false, timeoutMs, signal, typed, times, ...sent } = options
  const limits = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  }
  checkRunOptions(options)
  return {
    task: new PoolTask<TaskResult>(id, limits),
    script,
    args: values,
    options: { clearMemory: true, ...sent },
    answer: {
      ...(typed === undefined ? {} : { typed }),
      ...(times === undefined ? {} : { times }),
    },
    pickleTableToList,
  }
}

/** A task without options, which is the usual case. */
function plainRequest(id: number, script: string, args: readonly Value[]): TaskRequest {
  const task = new PoolTask<TaskResult>(id, nothing)
  return { task, script, args, options: defaultOptions, answer: nothing, pickleTableToList: false }
}

const nothing = {}
const defaultOptions: RunOptions = { clearMemory: true }

/** Converts a typed answer by the task's options. The pool's options are their defaults. */
export function taskResult(
  { answer, pickleTableToList }: TaskRequest,
  value: Result | undefined,
  { typed: isTyped = false, times: timesOfPool }: AnswerOptions,
): TaskResult {
  const { typed = isTyped, times = timesOfPool } = answer
  if (pickleTableToList && value?.form === 'table') return toColumnList(value, times)
  return typed || value === undefined ? value : toPlain(value, times)
}

/** First in, first out. Skips tasks whose caller has given up. */
export class TaskQueue {
  #requests: TaskRequest[] = []
  #head = 0

  push(request: TaskRequest): void {
    this.#requests.push(request)
  }

  first(): TaskRequest | undefined {
    while (this.#head < this.#requests.length) {
      const request = this.#requests[this.#head]!
      if (request.task.state === 'pending') return request
      this.#advance()
    }
    return undefined
  }

  next(): TaskRequest | undefined {
    const request = this.first()
    if (request !== undefined) this.#advance()
    return request
  }

  /** Empties the queue and fails its tasks. Tasks whose caller gave up earlier keep their own failure. */
  failAll(error: unknown): void {
    for (const { task } of this.#requests.splice(0).slice(this.#head)) task.fail(error)
    this.#head = 0
  }

  #advance(): void {
    this.#head++
    const isLast = this.#head === this.#requests.length
    if (!isLast && (this.#head < compactAt || this.#head * 2 < this.#requests.length)) return
    this.#requests.splice(0, this.#head)
    this.#head = 0
  }
}

// Finished tasks are removed in groups of at least this many, because every removal shifts all remaining tasks.
const compactAt = 1024
