/*
  A pool of sessions that share one queue of tasks (DolphinDB's DBConnectionPool): promises with ids that count up,
  tasks under ids of one's own, and tasks whose results are waited for with a time limit.
*/
import { ConnectionError, DdbError, UsageError } from '../errors.js'
import type { Value } from '../protocol/value.js'
import type { ConnectOptions, RunArguments, RunOptions } from './options.js'
import { splitArguments } from './options.js'
import { toColumnList, type PlainOutput } from './plain-output.js'
import { liveNodes, type NodeAddress } from './live-nodes.js'
import { PoolMember } from './pool-member.js'
import { PoolTask } from './pool-task.js'

export interface PoolOptions extends Omit<ConnectOptions, 'enableAsync'> {
  /** Sessions kept open. */
  size: number
  /** Spreads the sessions over the live data nodes of the cluster instead of the one host. */
  loadBalance?: boolean
}

export interface TaskOptions extends RunOptions {
  /** Tables come as lists of columns in plain JavaScript. */
  pickleTableToList?: boolean
}

/** What a task gives: a value, or, with `pickleTableToList`, the columns of a table. */
export type TaskResult = Value | PlainOutput[][] | undefined

export type TaskArguments = RunArguments | readonly [...RunArguments, TaskOptions]

/** The promise of `run`, with the id of its task. */
export type TaskPromise = Promise<TaskResult> & { readonly id: number }

type TaskIds = 'counted' | 'given'

const maxSize = 4_096

export class ConnectionPool implements AsyncDisposable {
  readonly #members: readonly PoolMember[]
  readonly #idle: PoolMember[]
  readonly #queue: PoolTask[] = []
  #queueHead = 0
  readonly #running = new Set<Promise<void>>()
  readonly #given = new Map<number, PoolTask>()
  #ids: TaskIds | undefined
  #nextId = 1
  #closing: Promise<void> | undefined

  private constructor(members: readonly PoolMember[]) {
    this.#members = members
    this.#idle = members.toReversed()
  }

  /**
   * Opens all sessions; when one fails, none stays open.
   *
   * @throws {UsageError} DDB_USAGE
   * @throws {ConnectionError} DDB_CONNECT
   * @throws {ServerError} DDB_LOGIN
   */
  static async connect(options: PoolOptions): Promise<ConnectionPool> {
    const { size, loadBalance = false, ...session } = options
    if (!Number.isInteger(size) || size < 1 || size > maxSize) {
      throw new UsageError('DDB_USAGE', `a pool has 1 to ${maxSize} sessions, not ${size}`)
    }
    const nodes: readonly NodeAddress[] = loadBalance
      ? await liveNodes(session)
      : [{ host: session.host, port: session.port }]
    const members = Array.from(
      { length: size },
      (_, i) => new PoolMember({ ...session, ...nodes[i % nodes.length]! }),
    )
    try {
      await Promise.all(members.map(member => member.open()))
    } catch (error) {
      await Promise.all(members.map(member => member.close()))
      throw error
    }
    return new ConnectionPool(members)
  }

  /**
   * Runs a script, or calls a function with arguments, on the next free session. More tasks than sessions wait in order.
   * The session's variables are released afterwards unless `clearMemory` is false.
   */
  run(script: string, ...args: TaskArguments): TaskPromise {
    const task = this.#countedTask(script, args)
    return Object.assign(task.result(), { id: task.id })
  }

  /** As `run`, giving an object whose result can be waited for with a time limit. */
  runTaskAsync(script: string, ...args: TaskArguments): PoolTask {
    const task = this.#countedTask(script, args)
    // Whoever asks for the result gets the failure; nobody asking is no crash.
    task.result().catch(() => undefined)
    return task
  }

  /**
   * Submits a task under an id of your own. A result that nobody fetched is replaced by a later task of that id.
   *
   * @throws {UsageError} DDB_TASK while a task of that id is not finished, or after `run` was used
   */
  addTask(script: string, id: number, ...args: TaskArguments): Promise<void> {
    return attempt(() => {
      this.#use('given')
      if (!Number.isSafeInteger(id))
        throw new UsageError('DDB_TASK', `a task id is a whole number, not ${id}`)
      if (this.#given.get(id)?.state === 'pending') {
        throw new UsageError(
          'DDB_TASK',
          `task ${id} is not finished: wait for it, or use another id`,
        )
      }
      const task = newTask(id, script, args)
      task.result().catch(() => undefined)
      this.#given.set(id, task)
      this.#submit(task)
    })
  }

  /** @throws {UsageError} DDB_TASK when there is no such task, or its result was fetched */
  isFinished(id: number): Promise<boolean> {
    return attempt(() => this.#taskOf(id).state === 'finished')
  }

  /** Waits for the task and gives its result, once. @throws {UsageError} DDB_TASK, or what the task failed with */
  async getData(id: number): Promise<TaskResult> {
    const task = this.#taskOf(id)
    try {
      return await task.result()
    } finally {
      if (this.#given.get(id) === task) this.#given.delete(id)
    }
  }

  /** Ids of the sessions, in the order of the pool. */
  getSessionId(): Promise<string[]> {
    return attempt(() => {
      this.#checkOpen()
      return this.#members.map(member => member.sessionId)
    })
  }

  /** Ends all tasks, those that run and those that wait, and closes the sessions. */
  shutDown(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown()
  }

  async #shutDown(): Promise<void> {
    const ended = new UsageError('DDB_CLOSED', 'the pool was shut down before the task was done')
    for (const task of this.#queue.splice(0).slice(this.#queueHead)) task.fail(ended)
    this.#queueHead = 0
    await Promise.all(this.#members.map(member => member.abandon(ended)))
    await Promise.all(this.#running)
  }

  #countedTask(script: string, args: TaskArguments): PoolTask {
    this.#use('counted')
    const task = newTask(this.#nextId++, script, args)
    this.#submit(task)
    return task
  }

  #use(ids: TaskIds): void {
    this.#checkOpen()
    this.#ids ??= ids
    if (this.#ids === ids) return
    throw new UsageError(
      'DDB_TASK',
      'addTask gives ids of its own, run and runTaskAsync count theirs: use one way in a pool, not both',
    )
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new UsageError('DDB_CLOSED', 'the pool was shut down')
  }

  #taskOf(id: number): PoolTask {
    this.#checkOpen()
    const task = this.#given.get(id)
    if (task !== undefined) return task
    throw new UsageError('DDB_TASK', `there is no task ${id}, or its result was fetched already`)
  }

  #submit(task: PoolTask): void {
    const member = this.#idle.pop()
    if (member === undefined) this.#queue.push(task)
    else this.#start(member, task)
  }

  #start(member: PoolMember, task: PoolTask): void {
    const running = this.#work(member, task).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** One member works until nothing waits any more. */
  async #work(member: PoolMember, first: PoolTask): Promise<void> {
    for (let task: PoolTask | undefined = first; task !== undefined; task = this.#next()) {
      try {
        task.finish(resultOf(task, await member.perform(task)))
      } catch (error) {
        task.fail(error)
      }
    }
    this.#idle.push(member)
  }

  #next(): PoolTask | undefined {
    const task = this.#queue[this.#queueHead]
    if (task === undefined) {
      this.#queue.length = 0
      this.#queueHead = 0
      return undefined
    }
    this.#queueHead++
    return task
  }
}

function newTask(id: number, script: string, args: TaskArguments): PoolTask {
  const { values, options, pickleTableToList } = splitTaskArguments(args)
  return new PoolTask(id, script, values, { clearMemory: true, ...options }, pickleTableToList)
}

function splitTaskArguments(args: TaskArguments): {
  values: readonly Value[]
  options: RunOptions
  pickleTableToList: boolean
} {
  const last = args.at(-1)
  if (!isTaskOptions(last)) {
    return { ...splitArguments(args as RunArguments), pickleTableToList: false }
  }
  const { pickleTableToList, ...options } = last
  const rest = [...args.slice(0, -1), options] as unknown as RunArguments
  return { ...splitArguments(rest), pickleTableToList }
}

function isTaskOptions(
  last: TaskArguments[number],
): last is TaskOptions & { pickleTableToList: boolean } {
  if (typeof last !== 'object' || last === null || !('pickleTableToList' in last)) return false
  return typeof (last as TaskOptions).pickleTableToList === 'boolean'
}

function resultOf(task: PoolTask, value: Value | undefined): TaskResult {
  return task.pickleTableToList && value?.form === 'table' ? toColumnList(value) : value
}

/** Failures of argument checks come as rejections, like all others. */
function attempt<T>(action: () => T): Promise<T> {
  try {
    return Promise.resolve(action())
  } catch (error) {
    return Promise.reject(
      error instanceof DdbError ? error : new ConnectionError('DDB_INTERNAL', String(error)),
    )
  }
}
