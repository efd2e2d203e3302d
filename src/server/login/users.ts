/*
  Checks passwords in the three forms that clients send: plain, encrypted, and as a SCRAM proof. All connections of a
  server share one `Users`. The users themselves are in the node, where scripts create and delete them.
*/
import type { Buffer } from 'node:buffer'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { loginKey, type ScramExchange, finishScram } from './scram.js'
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'

/** User and password of a freshly installed DolphinDB server. */
export const initialAdmin = { user: 'admin', password: '123456' } as const

export class Users {
  readonly #node: ServerNode
  /** A password for unknown users. Comparing with it makes the refusal as slow as the refusal of a wrong password. */
  readonly #nobody: string = randomBytes(16).toString('hex')

  constructor(node: ServerNode) {
    this.#node = node
  }

  /** @throws {ScriptError} with the server's message */
  check(user: string, password: string): void {
    const expected = this.#node.users.get(user)?.password ?? this.#nobody
    if (!timingSafeEqual(digest(password), digest(expected))) throw badLogin()
  }

  /**
   * The text of the error matters: official clients or their tests search for it (docs/protocol.md#scram).
   * @throws {ScriptError} for users without SCRAM, and for unknown users
   */
  checkHasScram(user: string): void {
    if (this.#node.users.get(user)?.hasScram === true) return
    throw new ScriptError(
      `user '${user}' doesn't support scram authMode: sha256 authMode doesn't support scram authMode`,
      { located: true },
    )
  }

  /** The RSA login key as PEM text. */
  publicKey(): string {
    return loginKey().publicPem
  }

  /** Like `check`, for encrypted texts. @returns the user */
  checkEncrypted(userBase64: string, passwordBase64: string): string {
    const key = loginKey()
    const user = key.decrypt(userBase64)
    const password = key.decrypt(passwordBase64)
    if (user === undefined || password === undefined) throw badLogin()
    this.check(user, password)
    return user
  }

  /**
   * @returns the signature that proves to the client that the server knows the password
   * @throws {ScriptError} with the server's message
   */
  checkScram(exchange: ScramExchange, proofBase64: string): string {
    const password = this.#node.users.get(exchange.user)?.password ?? this.#nobody
    const signature = finishScram(exchange, password, proofBase64)
    if (signature === undefined) throw badLogin()
    return signature
  }
}

/** Hashes have the same length, so the time of a comparison does not reveal the length of a password. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function badLogin(): ScriptError {
  return new ScriptError('The user name or password is incorrect.', { located: true })
}
