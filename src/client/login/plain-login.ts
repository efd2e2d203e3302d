/*
  The `login` call and what its answers mean (docs/protocol.md#login).
*/
import { ServerError, UsageError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import { hidePassword } from './hide-password.js'

/** Who logs in. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * The password would be readable on the way, and nobody has allowed that.
 * @param cause  why nothing better will do, as a clause
 */
export function unprotectedLogin(user: string, address: string, cause: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `The password of user "${user}" would travel to ${address} in plain text: ${cause}. There are three ways out: ` +
      'connect with `server.tls`; have the user made for SCRAM (`createUser` with authMode="scram", from server ' +
      '2.00.16 or 3.00.3 on); or allow it with `server.insecureLogin`.',
  )
}

/** Why user and password cannot go inside the connect request. */
export const withConnect =
  'a session that is asynchronous from its first request sends it with that request'

/** @throws {ServerError} DDB_LOGIN when the server answers that it is not the right password */
export function checkLoginAnswer(credentials: Credentials, value: Value | undefined): void {
  if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
    throw loginFailure(credentials, 'the user name or password is incorrect')
  }
}

/** The failure of a login; the server's text may repeat what it was sent, so the password is struck out. */
export function loginFailure({ user, password }: Credentials, received: string): ServerError {
  const safe = hidePassword(received, password)
  const message = `The server refused the login of user "${user}": ${safe}`
  return new ServerError(safe, 'DDB_LOGIN', message, received)
}
