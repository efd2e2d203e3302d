/*
  One session of a pool, which reopens a lost connection.
*/
import type { UsageError } from '../../errors.js'
import { type DdbError } from '../../errors.js'
import type { ConnectOptions } from '../session-options.js'
import type { Value } from '../../protocol/value.js'
import { connectTyped, type Session } from '../open-session.js'
import type { TaskRequest } from './pool-task.js'

/** Not connected until `open`; runs one task at a time. */
export class PoolMember {
  readonly #options: ConnectOptions
  #session: Session | undefined
  #ended: DdbError | undefined
  readonly #abort = new AbortController()

  constructor(options: ConnectOptions) {
    // Sessions answer with typed values; the pool converts them to the form that each task wants.
    this.#options = { ...options }
    // This signal ends only the pool's first attempt to connect, not a later reconnection.
    delete this.#options.signal
  }

  /** Changes when the session is reopened; '0' before the first `open`. */
  get sessionId(): string {
    return this.#session?.id ?? '0'
  }

  /** False before `open` and once the connection is gone. */
  get isOpen(): boolean {
    return this.#session?.closed === false
  }

  /** @param signal  ends this attempt to connect */
  async open(signal?: AbortSignal): Promise<void> {
    const signals = signal === undefined ? [this.#abort.signal] : [this.#abort.signal, signal]
    try {
      const session = await connectTyped({ ...this.#options, signal: AbortSignal.any(signals) })
      this.#session = session
      if (this.#ended !== undefined) session.abandon(this.#ended)
    } catch (error) {
      throw this.#ended ?? error
    }
  }

  /** Runs a task. If the connection is lost, the task fails. It is not repeated, because the server may have run it. */
  perform({ script, args, options }: TaskRequest): Promise<Value | undefined> {
    return this.#session!.run(script, ...args, options)
  }

  /** Ends the running task at once. The member cannot be opened again. */
  async abandon(reason: UsageError): Promise<void> {
    this.#ended = reason
    this.#abort.abort(reason)
    this.#session?.abandon(reason)
    // Ignores a failure to close, because the tasks report the lost connection.
    await this.#session?.close().catch(() => undefined)
  }
}
