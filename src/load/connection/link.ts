/*
  A session that comes back: when its connection is lost it is opened again, prepared as before, by the retry rules.
*/
import type { Session } from '../../client/session.js'
import { ConnectionError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import { withRetries, type RetryRules } from './retry.js'

export interface Link {
  /** The session of the moment. */
  readonly session: Session
  /** How often the connection was opened again. */
  readonly reconnects: number
  /**
   * Runs a script whose repetition does no harm, over a new connection when the old one is lost.
   * @throws {TimeoutError} when the server keeps the connection and does not answer
   */
  run(script: string): Promise<Value | undefined>
  /** Opens a new connection unless the present one works. @throws {ConnectionError} when the rules are used up */
  restore(): Promise<void>
  close(): Promise<void>
}

export interface LinkSetup {
  open: () => Promise<Session>
  /** Makes a new session what the old one was. */
  prepare?: (session: Session) => Promise<void>
  rules: RetryRules
  /** How long an answer is waited for, ms. */
  answerTimeoutMs: number
  /** To begin with, prepared already; the link closes it in the end. */
  opened?: Session
}

/** @throws {ConnectionError} */
export async function openLink({
  open,
  prepare = () => Promise.resolve(),
  rules,
  answerTimeoutMs,
  opened,
}: LinkSetup): Promise<Link> {
  const openPrepared = async (): Promise<Session> => {
    const session = await open()
    try {
      await prepare(session)
      return session
    } catch (error) {
      await session.close().catch(() => undefined)
      throw error
    }
  }
  let session = opened ?? (await withRetries(rules, openPrepared, isConnectionError))
  let reconnects = 0
  let restoring: Promise<void> | undefined

  const restore = async (): Promise<void> => {
    if (!session.closed) return
    restoring ??= withRetries(rules, openPrepared, isConnectionError)
      .catch((error: unknown) => {
        throw isConnectionError(error) ? notComingBack(error) : error
      })
      .then(next => {
        session = next
        reconnects++
      })
      .finally(() => {
        restoring = undefined
      })
    await restoring
  }
  return {
    get session() {
      return session
    },
    get reconnects() {
      return reconnects
    },
    async run(script) {
      await restore()
      try {
        return await session.run(script, { timeoutMs: answerTimeoutMs })
      } catch (error) {
        if (!isConnectionError(error)) throw error
        await restore()
        return session.run(script, { timeoutMs: answerTimeoutMs })
      }
    },
    restore,
    async close() {
      await session.close().catch((error: unknown) => {
        if (!isConnectionError(error)) throw error
      })
    },
  }
}

function isConnectionError(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError
}

/** A server that was there and is gone is another failure than one that never was. */
function notComingBack(cause: ConnectionError): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `the connection was lost and could not be opened again: ${cause.message}`,
    { cause },
  )
}
