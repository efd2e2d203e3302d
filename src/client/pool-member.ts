/*
  One session of a pool, opened again when its connection was lost.
*/
import type { UsageError } from '../errors.js'
import { type DdbError } from '../errors.js'
import type { Value } from '../protocol/value.js'
import type { ConnectOptions } from './options.js'
import type { PoolTask } from './pool-task.js'
import { connect, type Session } from './session.js'

export class PoolMember {
  readonly #options: ConnectOptions
  #session: Session | undefined
  #ended: DdbError | undefined
  readonly #abort = new AbortController()

  constructor(options: ConnectOptions) {
    this.#options = options
  }

  get sessionId(): string {
    return this.#session?.id ?? '0'
  }

  async open(): Promise<void> {
    const session = await connect(this.#options)
    if (this.#ended !== undefined) {
      await session.close().catch(() => undefined)
      throw this.#ended
    }
    this.#session = session
  }

  /** Runs a task; a connection that was lost before is opened again, one lost meanwhile fails the task. */
  async perform(task: PoolTask): Promise<Value | undefined> {
    try {
      if (this.#session === undefined || this.#session.closed) await this.open()
      const session = this.#session!
      const { script, args, options } = task
      const signal = options.signal === undefined ? this.#abort.signal : options.signal
      return await session.run(script, ...args, { ...options, signal })
    } catch (error) {
      throw this.#ended ?? error
    }
  }

  /** Ends what runs and closes. */
  async abandon(reason: UsageError): Promise<void> {
    this.#ended = reason
    this.#abort.abort(reason)
    await this.close()
  }

  async close(): Promise<void> {
    await this.#session?.close().catch(() => undefined)
  }
}
