/* A pool of sessions that share one queue of tasks (DolphinDB's DBConnectionPool). It has three kinds of tasks: promises with consecutive
   ids, tasks with the caller's ids, and tasks whose result the caller awaits with a time limit. */
import { ConnectionError, type DdbError, UsageError } from '../../errors.js'
import { checkFields, flag, texts, whole } from '../../known-fields.js'
import type { Value } from '../../protocol/value.js'
import { addressText } from '../failure.js'
import { connectTyped, type Session } from '../open-session.js'
import { toPlain, type PlainOutput } from '../plain-output.js'
import { connectFields, type AnswerOptions, type ConnectOptions } from '../session-options.js'
import {
  type PoolTask,
  type TaskArguments,
  TaskQueue,
  type TaskRequest,
  taskRequest,
  type TaskResult,
  taskResult,
} from './pool-task.js'

/** Sessions of a pool are synchronous, because every task returns a result. */
export interface PoolOptions extends Omit<ConnectOptions, 'enableAsync'> {
  /** Sessions kept open, 1 to 4,096. */
  size: number
  /** Distributes the sessions over the live data nodes of the cluster instead of one host. */
  loadBalance?: boolean
  /** With `loadBalance`: hosts besides `host` that may get the user's login. Without a user, any host may be used. */
  allowRedirect?: readonly string[]
}

/** The promise of `run`, with the id of its task; 0 if the task was refused. */
export type TaskPromise<T = PlainOutput | undefined> = Promise<T> & { readonly id: number }

type TaskIds = 'counted' | 'given'

const maxSize = 4_096
const ofPool = { size: whole(1, maxSize), loadBalance: flag, allowRedirect: texts }
const poolFields = { ...connectFields, ...ofPool }

/** Sessions that take tasks in order. Tasks wait while all are busy. A lost session is reopened, or another takes the task. */
export class ConnectionPool implements AsyncDisposable {
  readonly #members: readonly PoolMember[]
  readonly #answers: AnswerOptions
  readonly #idle: PoolMember[]
  readonly #queue = new TaskQueue()
  readonly #working = new Set<Promise<void>>()
  readonly #given = new Map<number, PoolTask<TaskResult>>()
  #ids: TaskIds | undefined
  #nextId = 1
  #closing: Promise<void> | undefined

  private constructor(members: readonly PoolMember[], answers: AnswerOptions) {
    this.#members = members
    this.#answers = answers
    this.#idle = members.toReversed()
  }

  /**
   * Opens all sessions; if one fails, none stays open.
   * @throws {UsageError} DDB_USAGE @throws {ConnectionError} DDB_CONNECT @throws {ServerError} DDB_LOGIN
   */
  static async connect(options: PoolOptions): Promise<ConnectionPool> {
    const own = checkFields(options, poolFields)
    const { size, loadBalance = false, allowRedirect = [], ...session } = own
    const nodes = loadBalance ? await liveNodes(session, allowRedirect) : [session]
    const members = Array.from({ length: size }, (_, i) => {
      const { host, port } = nodes[i % nodes.length]!
      return new PoolMember({ ...session, host, port })
    })
    const openings = members.map(member => member.open(own.signal))
    try {
      await Promise.all(openings)
    } catch (error) {
      const reason = new UsageError('DDB_CLOSED', 'Another session of the pool did not open.')
      await Promise.all(members.map(member => member.abandon(reason)))
      await Promise.allSettled(openings)
      throw error
    }
    return new ConnectionPool(members, session)
  }

  /**
   * Runs a script, or calls a function with arguments, on the next free session. The session's variables are released afterwards
   * unless `clearMemory` is false. If the caller gives up waiting (`timeoutMs`, `signal`) while the server works on the task,
   * the session stays busy until the answer has come. `T` is the caller's claim about the result; it is not checked.
   * @throws {UsageError} DDB_TASK after `addTask` was used, DDB_CLOSED after `shutDown`; as a rejection, like all failures
   */
  run<T = PlainOutput | undefined>(script: string, ...args: TaskArguments): TaskPromise<T> {
    try {
      const task = this.#countedTask(script, args)
      return Object.assign(task.result() as Promise<T>, { id: task.id })
    } catch (error) {
      return Object.assign(Promise.reject<T>(error as Error), { id: 0 })
    }
  }

  /**
   * Like `run`, but returns an object with the state of the task and a result that can be awaited with a time limit.
   * @throws {UsageError} DDB_TASK, DDB_CLOSED, DDB_USAGE at once
   */
  runTaskAsync<T = PlainOutput | undefined>(script: string, ...args: TaskArguments): PoolTask<T> {
    const task = this.#countedTask(script, args)
    // Without this handler, a failure that nobody asks for would end the process.
    task.result().catch(() => undefined)
    return task as unknown as PoolTask<T>
  }

  /**
   * Submits a task under an id of your own. A later task with that id replaces a result that was not fetched.
   * @throws {UsageError} DDB_TASK while a task with that id is unfinished, unless `getData` waits for it, or after `run` was used
   */
  addTask(script: string, id: number, ...args: TaskArguments): Promise<void> {
    return attempt(() => {
      this.#use('given')
      if (!Number.isSafeInteger(id)) {
        throw new UsageError('DDB_TASK', `A task id is a whole number, not ${id}.`)
      }
      if (this.#given.get(id)?.state === 'pending') {
        throw new UsageError(
          'DDB_TASK',
          `Task ${id} is not finished: wait for it with getData, or use another id.`,
        )
      }
      const request = taskRequest(id, script, args)
      request.task.result().catch(() => undefined)
      this.#given.set(id, request.task)
      this.#submit(request)
    })
  }

  /** @throws {UsageError} DDB_TASK for an unknown task, or one whose result was fetched */
  isFinished(id: number): Promise<boolean> {
    return attempt(() => this.#taskOf(id).state === 'finished')
  }

  /**
   * Waits for the task, then returns its result or throws its failure. A task's result can be fetched only once.
   * @throws {UsageError} DDB_TASK for an unknown task, or one whose result was fetched
   */
  async getData<T = PlainOutput | undefined>(id: number): Promise<T> {
    const task = this.#taskOf(id)
    this.#given.delete(id)
    return (await task.result()) as T
  }

  /** Ids of the sessions, in the order of the pool. */
  getSessionId(): Promise<string[]> {
    return attempt(() => {
      this.#checkOpen()
      return this.#members.map(member => member.sessionId)
    })
  }

  /** Ends all running and waiting tasks with DDB_CLOSED, and closes the sessions. The server may complete running requests. */
  shutDown(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown()
  }

  async #shutDown(): Promise<void> {
    const ended = new UsageError('DDB_CLOSED', 'The pool was shut down before the task was done.')
    this.#queue.failAll(ended)
    await Promise.all(this.#members.map(member => member.abandon(ended)))
    await Promise.all(this.#working)
  }

  #countedTask(script: string, args: TaskArguments): PoolTask<TaskResult> {
    this.#use('counted')
    const request = taskRequest(this.#nextId, script, args)
    this.#nextId++
    this.#submit(request)
    return request.task
  }

  #use(ids: TaskIds): void {
    this.#checkOpen()
    this.#ids ??= ids
    if (this.#ids === ids) return
    throw new UsageError(
      'DDB_TASK',
      'addTask takes ids from you, run and runTaskAsync assign them: use one way in a pool, not both.',
    )
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    throw new UsageError('DDB_CLOSED', 'The pool was shut down: connect another one.')
  }

  #taskOf(id: number): PoolTask<TaskResult> {
    this.#checkOpen()
    const task = this.#given.get(id)
    if (task !== undefined) return task
    throw new UsageError('DDB_TASK', `There is no task ${id}, or its result was fetched already.`)
  }

  #submit(request: TaskRequest): void {
    this.#queue.push(request)
    if (!this.#wakeOther()) this.#start(this.#idle.pop())
  }

  #start(member: PoolMember | undefined): void {
    if (member === undefined) return
    const working = this.#work(member).finally(() => this.#working.delete(working))
    this.#working.add(working)
  }

  async #work(member: PoolMember): Promise<void> {
    while (member.isOpen || (await this.#isReady(member))) {
      const request = this.#queue.next()
      if (request === undefined) break
      try {
        request.task.finish(taskResult(request, await member.perform(request), this.#answers))
      } catch (error) {
        request.task.fail(error)
      }
    }
    // Members whose connection was lost are used last.
    if (member.isOpen) this.#idle.push(member)
    else this.#idle.unshift(member)
  }

  /** Reopens a lost connection while tasks wait. If reopening fails, members that are still connected run the tasks. */
  async #isReady(member: PoolMember): Promise<boolean> {
    while (!member.isOpen) {
      const request = this.#queue.first()
      if (request === undefined) break
      try {
        await member.open()
      } catch (error) {
        if (this.#members.some(({ isOpen }) => isOpen)) {
          this.#wakeOther()
          return false
        }
        // Fails only the task for which this member tried to connect, not a task that was submitted later.
        if (this.#queue.first() === request) this.#queue.next()?.task.fail(error)
      }
    }
    return true
  }

  /** Starts an idle connected member, if there is one. A busy member needs no start, because it takes the next task by itself. */
  #wakeOther(): boolean {
    const index = this.#idle.findLastIndex(({ isOpen }) => isOpen)
    if (index >= 0) this.#start(this.#idle.splice(index, 1)[0])
    return index >= 0
  }
}

/** Turns a failed argument check into a rejection, because all other failures are rejections. */
function attempt<T>(action: () => T): Promise<T> {
  return new Promise<T>(resolve => resolve(action()))
}

/** One session of a pool, which reopens a lost connection. Not connected until `open`; runs one task at a time. */
export class PoolMember {
  readonly #options: ConnectOptions
  #session: Session | undefined
  /** Aborted when the pool is shut down; its reason is an error. */
  readonly #abort = new AbortController()

  constructor(options: ConnectOptions) {
    this.#options = options
  }

  /** Changes when the session is reopened; '0' before the first `open`. */
  get sessionId(): string {
    return this.#session?.id ?? '0'
  }

  /** False before `open` and once the connection is gone. */
  get isOpen(): boolean {
    return this.#session?.closed === false
  }

  /** @param signal  ends this attempt to connect; that of the options ends only the pool's first one */
  async open(signal?: AbortSignal): Promise<void> {
    const { signal: ended } = this.#abort
    const signals = signal === undefined ? [ended] : [ended, signal]
    try {
      // Sessions answer with typed values; the pool converts them to the form that each task wants.
      const session = await connectTyped({ ...this.#options, signal: AbortSignal.any(signals) })
      this.#session = session
      if (ended.aborted) session.abandon(ended.reason as DdbError)
    } catch (error) {
      ended.throwIfAborted()
      throw error
    }
  }

  /** Runs a task. If the connection is lost, the task fails. It is not repeated, because the server may have run it. */
  perform({ script, args, options }: TaskRequest): Promise<Value | undefined> {
    return this.#session!.run(script, ...args, options)
  }

  /** Ends the running task at once. The member cannot be opened again. */
  async abandon(reason: UsageError): Promise<void> {
    this.#abort.abort(reason)
    this.#session?.abandon(reason)
    // Ignores a failure to close, because the tasks report the lost connection.
    await this.#session?.close().catch(() => undefined)
  }
}

/**
 * The live data nodes of a cluster, found as official pools do (docs/protocol.md#pools).
 * @param allowed  hosts that may get the user's login, besides the host that is asked
 * @throws {ConnectionError} DDB_CONNECT if the cluster names no live node, or a node that must not get the login
 */
export async function liveNodes(
  options: ConnectOptions,
  allowed: readonly string[],
): Promise<readonly { readonly host: string; readonly port: number }[]> {
  const failure = (why: string): ConnectionError => new ConnectionError('DDB_CONNECT', why)
  const session = await connectTyped(options)
  try {
    const script = 'rpc(getControllerAlias(), getClusterLiveDataNodes{false})'
    const names = [toPlain(await session.run(script))].flat()
    const nodes = names.flatMap(name => {
      const match = /^(.+?):(\d+)(?::|$)/.exec(typeof name === 'string' ? name : '')
      return match === null ? [] : [{ host: match[1]!, port: Number(match[2]) }]
    })
    const named = [options.host, ...allowed].map(host => host.toLowerCase())
    const other = nodes.find(({ host }) => !named.includes(host.toLowerCase()))
    if (options.user !== undefined && other !== undefined) {
      throw failure(
        `the cluster names ${addressText(other.host, other.port)}, a host that you did not name: add ${other.host} to ` +
          '`allowRedirect` if it belongs to the cluster and may get the login',
      )
    }
    if (nodes.length > 0) return nodes
    throw failure('the cluster names no live data node to spread sessions over')
  } finally {
    await session.close()
  }
}
