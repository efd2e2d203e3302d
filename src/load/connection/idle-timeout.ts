/*
  Gives up on a server that keeps its connections open but makes no progress for `confirmTimeoutMs`.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, TimeoutError, option } from '../../errors.js'
import type { Clock, Timer } from '../../platform/platform.js'

export interface IdleTimeout {
  clock: Clock
  timeoutMs: number
}

/** The error for a silent server: batches in flight stay unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps the connection open, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      `Find out what it is busy with, or allow more time with ${option('delivery.confirmTimeoutMs')}`,
  )
}

/**
 * Waits until a session has room for more.
 * @throws {ConnectionError} DDB_UNCONFIRMED if the server stops reading (the session is then abandoned), or the
 *   session's error if the connection is lost
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
 * @param isIdle  asks whether the server has finished everything for the session. Must end within its `timeoutMs`;
 *   resolves to undefined if the server does not answer that
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

/** Time reserved for asking whether the server is idle, and for answers already on their way when it became idle. */
const longestLookMs = 2_000

/** One wait for an answer that a session owes, or for room to send. */
interface Wait {
  /** When the wait began, or when the server last made progress. */
  sinceMs: number
  /** True if the server makes no progress: only answers already on their way may still come. */
  isSilent: boolean
  readonly giveUp: (error: unknown) => void
}

/** Watches everything a session owes with one timer: a timer for each of many short waits would cost more than the waits. */
export class SilenceWatch {
  readonly #session: Session
  readonly #missing: string
  readonly #moves: (timeoutMs: number) => Promise<boolean>
  readonly #timeout: IdleTimeout
  readonly #lookMs: number
  /** Oldest first. */
  readonly #waits = new Set<Wait>()
  #isWatching = false
  #timer: Timer | undefined

  /** @param moves  asks whether the server makes progress; called whenever the time is nearly up */
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
   * @throws {ConnectionError} DDB_UNCONFIRMED if neither progress nor an answer comes; the session is then abandoned
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
          // Pass on whatever was thrown.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error)
        },
      )
      if (this.#isWatching) return
      this.#isWatching = true
      this.#lookLater()
    })
  }

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
    // Once the connection has ended, this timer must not keep the process alive.
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
