/*
  The plain `login` call (docs/protocol.md#login), and over which connections a password may travel like that.
*/
import { ServerError, UsageError } from '../errors.js'
import type { Request } from '../protocol/request.js'
import type { Value } from '../protocol/value.js'

/** True for a numeric address of this machine. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/**
 * @param remoteAddress  numeric address at the other end
 * @throws {UsageError} DDB_CONFIG when the password would leave this machine readable by others
 */
export function checkLoginIsProtected(
  user: string,
  remoteAddress: string,
  insecureLogin: boolean,
): void {
  if (insecureLogin || isLoopback(remoteAddress)) return
  throw new UsageError(
    'DDB_CONFIG',
    `The password of user "${user}" would travel to ${remoteAddress} unprotected. Connect to a server on this ` +
      'machine (a tunnel will do), or allow it with `server.insecureLogin`.',
  )
}

/** The plain form: both texts travel as they are, so `checkLoginIsProtected` comes first. */
export function loginRequest(user: string, password: string): Request {
  return {
    kind: 'function',
    name: 'login',
    args: [
      { form: 'scalar', type: 'STRING', value: user },
      { form: 'scalar', type: 'STRING', value: password },
    ],
  }
}

/** @throws {ServerError} DDB_LOGIN when the server answers that it is not the right password */
export function checkLoginAnswer(user: string, password: string, value: Value | undefined): void {
  if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
    throw loginFailure(user, password, 'the user name or password is incorrect')
  }
}

/** The failure of a login; the server's text may repeat what it was sent, so the password is struck out. */
export function loginFailure(user: string, password: string, serverMessage: string): ServerError {
  const safe = password === '' ? serverMessage : serverMessage.replaceAll(password, '***')
  return new ServerError(
    safe,
    'DDB_LOGIN',
    `The server refused the login of user "${user}": ${safe}`,
  )
}
