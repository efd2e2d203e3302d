/*
  How long a run waits for a server that keeps its connections and does nothing: until nothing has moved for the time
  that `confirmTimeoutMs` gives.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, TimeoutError } from '../../errors.js'
import type { Clock, Timer } from '../../platform/platform.js'

/** How long nothing may move. */
export interface IdleTimeout {
  clock: Clock
  timeoutMs: number
}

/** A silent server: what is out stays unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps its connection, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      'See what it is busy with, or allow more time with `delivery.confirmTimeoutMs`',
  )
}

/**
 * Waits until a session has room for more.
 *
 * @throws {ConnectionError} DDB_UNCONFIRMED when the server takes nothing any more: the session is given up then; or
 *   the loss of the connection
 */
export async function drainedInTime(
  session: Session,
  { clock, timeoutMs }: IdleTimeout,
): Promise<void> {
  let bufferedBytes = session.bufferedBytes
  const moves = (): Promise<boolean> => {
    const before = bufferedBytes
    bufferedBytes = session.bufferedBytes
    return Promise.resolve(bufferedBytes < before)
  }
  const watch = new SilenceWatch(session, 'took nothing', moves, { clock, timeoutMs })
  await watch.until(session.drained()).finally(() => watch.end())
}

/**
 * Waits for answers as long as the server works on them.
 *
 * @param isIdle  whether it has nothing of the session to do; undefined when it does not tell. It has so many
 *   milliseconds
 */
export function answerWatch(
  session: Session,
  isIdle: (timeoutMs: number) => Promise<boolean | undefined>,
  timeout: IdleTimeout,
): SilenceWatch {
  const moves = async (timeoutMs: number): Promise<boolean> => {
    try {
      return (await isIdle(timeoutMs)) === false
    } catch (error) {
      if (error instanceof TimeoutError || error instanceof ConnectionError) return false
      throw error
    }
  }
  return new SilenceWatch(session, 'did not answer', moves, timeout)
}

/** Kept of the time for a question, and for what was on its way when the server had nothing more to do. */
const longestLookMs = 2_000

/** Something that a session owes. */
interface Wait {
  /** When it began, or when something moved last. */
  sinceMs: number
  /** Nothing moves any more; what was on its way has a moment left. */
  isSilent: boolean
  readonly giveUp: (error: unknown) => void
}

/**
 * Watches over what one session owes, under one timer: starting and ending one for each of many short waits would take
 * longer than the waits.
 */
export class SilenceWatch {
  readonly #session: Session
  readonly #missing: string
  readonly #moves: (timeoutMs: number) => Promise<boolean>
  readonly #timeout: IdleTimeout
  readonly #lookMs: number
  /** In the order in which the session owes them. */
  readonly #waits = new Set<Wait>()
  #isWatching = false
  #timer: Timer | undefined

  /** @param moves  whether to wait on, asked whenever the time is nearly up */
  constructor(
    session: Session,
    missing: string,
    moves: (timeoutMs: number) => Promise<boolean>,
    timeout: IdleTimeout,
  ) {
    this.#session = session
    this.#missing = missing
    this.#moves = moves
    this.#timeout = timeout
    this.#lookMs = Math.min(longestLookMs, timeout.timeoutMs / 2)
  }

  /**
   * What was awaited.
   *
   * @throws {ConnectionError} DDB_UNCONFIRMED when nothing moves and it does not come: the session is given up then
   */
  until<T>(awaited: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const sinceMs = this.#timeout.clock.nowMs()
      const wait: Wait = { sinceMs, isSilent: false, giveUp: reject }
      this.#waits.add(wait)
      awaited.then(
        value => {
          this.#waits.delete(wait)
          resolve(value)
        },
        (error: unknown) => {
          this.#waits.delete(wait)
          // As it came, whatever it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error)
        },
      )
      if (this.#isWatching) return
      this.#isWatching = true
      this.#lookLater()
    })
  }

  /** Watches no more. */
  end(): void {
    this.#timer?.cancel()
  }

  #lookLater(): void {
    const [oldest] = this.#waits
    this.#isWatching = oldest !== undefined
    if (oldest === undefined) return
    const { clock, timeoutMs } = this.#timeout
    const leftMs = oldest.isSilent
      ? this.#lookMs / 2
      : oldest.sinceMs + timeoutMs - this.#lookMs - clock.nowMs()
    // The connection keeps the process alive, and nothing else should once that has ended.
    this.#timer = clock.afterIfAlive(Math.max(leftMs, 0), () => void this.#look())
  }

  async #look(): Promise<void> {
    const { clock, timeoutMs } = this.#timeout
    const [oldest] = this.#waits
    if (oldest?.isSilent === true) this.#giveUp(oldest)
    else if (oldest !== undefined && clock.nowMs() >= oldest.sinceMs + timeoutMs - this.#lookMs) {
      try {
        if (await this.#moves(Math.ceil(this.#lookMs / 2))) oldest.sinceMs = clock.nowMs()
        else oldest.isSilent = true
      } catch (error) {
        this.#waits.delete(oldest)
        oldest.giveUp(error)
      }
    }
    this.#lookLater()
  }

  #giveUp(wait: Wait): void {
    const error = silenceError(this.#timeout.timeoutMs, this.#missing)
    this.#waits.delete(wait)
    wait.giveUp(error)
    this.#session.abandon(error)
  }
}
