/*
  The `login` call and the meaning of its answers (docs/protocol.md#login).
*/
import { ServerError, UsageError, option } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import { hidePassword } from './hide-password.js'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** The error if a password would be sent in plain text. @param cause  a clause that says why nothing better is possible */
export function unprotectedLogin(user: string, address: string, cause: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `The password of user "${user}" would travel to ${address} in plain text: ${cause}. There are three ways out: ` +
      `connect with ${option('server.tls')}; have the user created for SCRAM (\`createUser\` with authMode="scram", from server ` +
      `2.00.16 or 3.00.3 on); or allow it with ${option('server.insecureLogin')}.`,
  )
}

/** A cause for `unprotectedLogin`: the password is part of the connect request. */
export const withConnect =
  'a session that is asynchronous from its first request sends it with that request'

/** @throws {ServerError} DDB_LOGIN if the server answers that the password is wrong */
export function checkLoginAnswer(credentials: Credentials, value: Value | undefined): void {
  if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
    throw loginFailure(credentials, 'the user name or password is incorrect')
  }
}

/** The failure of a login, with the password redacted, because the server's text may repeat it. */
export function loginFailure({ user, password }: Credentials, received: string): ServerError {
  const safe = hidePassword(received, password)
  const message = `The server refused the login of user "${user}": ${safe}`
  return new ServerError(safe, 'DDB_LOGIN', message, received)
}
