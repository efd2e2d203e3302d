/*
  Turns the failures of a session into errors with a class and a message.
*/
import { ConnectionError, DdbError, ServerError } from '../errors.js'
import type { Hide } from './login/hide-password.js'
import {
  lacksLogin,
  lacksRight,
  withLoginAdvice,
  rightAdvice,
  settingAdvice,
} from './missing-right.js'
import type { SendCounts } from './outgoing.js'

/** `host:port`, with brackets around an IPv6 address. */
export function addressText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  if ('code' in cause && typeof cause.code === 'string') return cause.code
  // If a host name has several addresses, each attempt to connect has its own error.
  if (cause instanceof AggregateError) return systemCode(cause.errors[0])
  return undefined
}

export function connectFailure(host: string, port: number, cause: unknown): DdbError {
  const address = addressText(host, port)
  const options = { cause, safeToRetry: true }
  if (cause instanceof DdbError) {
    if (cause.code !== 'DDB_CONNECTION_LOST') return cause
    return new ConnectionError(
      'DDB_CONNECT',
      `${address} accepted the connection but ended it before the session was ready. Is it a DolphinDB server?`,
      options,
    )
  }
  const code = systemCode(cause)
  if (code === 'ECONNREFUSED') {
    return new ConnectionError(
      'DDB_CONNECT',
      `Nothing listens on ${address} (connection refused). Check host and port, or start the embedded server ` +
        `with "ddb-ingest serve --port ${port}".`,
      { ...options, fix: { command: `ddb-ingest serve --port ${port}` } },
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new ConnectionError(
      'DDB_CONNECT',
      `The host name "${host}" cannot be resolved.`,
      options,
    )
  }
  const reason = cause instanceof Error ? cause.message : 'the connection was closed'
  return new ConnectionError('DDB_CONNECT', `Cannot connect to ${address}: ${reason}.`, options)
}

export function connectionLost(
  host: string,
  port: number,
  cause: unknown,
  counts: SendCounts,
): DdbError {
  if (cause instanceof DdbError) return cause
  const reason = cause instanceof Error ? cause.message : 'the server closed it'
  const sent =
    counts.accepted === 0
      ? ''
      : ` ${counts.written} of ${counts.accepted} asynchronous requests had been written to the network in full.`
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `The connection to ${addressText(host, port)} was lost: ${reason}.${sent} The server may or may not have ` +
      'executed the requests that it did not answer.',
    { cause },
  )
}

const loginRefused = /RefId: ?S04009|user name or password is incorrect/i

export function isRefusedLogin(message: string): boolean {
  return loginRefused.test(message)
}

/** Converts an error line (docs/server-semantics.md#refusals). @param hide  redacts the passwords of the session */
export function serverFailure(received: string, hide: Hide = text => text): ServerError {
  const safe = hide(received)
  const failure = (...[code, message]: [ServerFailureCode?, string?]): ServerError =>
    new ServerError(safe, code, message, received)
  if (lacksLogin(received)) return failure('DDB_LOGIN', withLoginAdvice(safe))
  if (isRefusedLogin(received)) return failure('DDB_LOGIN')
  if (!lacksRight(received)) {
    const setting = settingAdvice(received)
    return setting === undefined ? failure() : failure('DDB_SERVER', `${safe}. ${setting}`)
  }
  return failure('DDB_PRIVILEGE', `${safe}. ${rightAdvice(safe)}`)
}

type ServerFailureCode = ConstructorParameters<typeof ServerError>[1]
