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

/** The password would be readable on the way, and nobody has allowed that. */
export function unprotectedLogin(user: string, address: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `The password of user "${user}" would travel to ${address} unprotected. Connect with \`server.tls\`, connect to a ` +
      'server on this machine (a tunnel will do), or allow it with `server.insecureLogin`.',
  )
}

/** @throws {ServerError} DDB_LOGIN when the server answers that it is not the right password */
export function checkLoginAnswer(credentials: Credentials, value: Value | undefined): void {
  if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
    throw loginFailure(credentials, 'the user name or password is incorrect')
  }
}

/** The failure of a login; the server's text may repeat what it was sent, so the password is struck out. */
export function loginFailure({ user, password }: Credentials, serverMessage: string): ServerError {
  const safe = hidePassword(serverMessage, password)
  return new ServerError(
    safe,
    'DDB_LOGIN',
    `The server refused the login of user "${user}": ${safe}`,
  )
}
