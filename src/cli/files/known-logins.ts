/*
  Stores the login methods that worked, for later runs. Each server has its own file in the state folder. A run never fails because such
  a file cannot be written.
*/
import { addressText } from '../../client/failure.js'
import { type LoginMemory, type LoginMethod, loginMethods } from '../../client/login/protection.js'
import {
  checkAndMarkReported,
  isEmbeddedServer,
  loginFile,
  readStateFile,
  replaceStateFile,
} from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** @param warn  called once for each server whose RSA key is not verified; if left out, a later run warns */
export function knownLogins(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
): LoginMemory {
  const place = (host: string, port: number): string => loginFile({ host, port }, environment)
  return {
    place,
    best(host, port, user) {
      if (isEmbeddedServer({ host, port }, environment)) return undefined
      return readUsers(place(host, port)).get(user)
    },
    keep(host, port, user, method) {
      if (isEmbeddedServer({ host, port }, environment)) return
      const path = place(host, port)
      const users = readUsers(path).set(user, method)
      // Ignores a failure to write, because the login itself succeeded.
      replaceStateFile(path, { users: [...users] })
    },
    unverified(host, port) {
      if (warn === undefined || isEmbeddedServer({ host, port }, environment)) return
      const address = addressText(host, port)
      if (checkAndMarkReported('rsa', address.toLowerCase(), Infinity, environment)) return
      warn(
        `${address}: the password is sent encrypted, but the server is not verified: --tls verifies it`,
      )
    },
  }
}

/** User → login method. Ignores entries without a user, which earlier versions wrote. */
function readUsers(path: string): Map<string, LoginMethod> {
  const { users } = readStateFile(path) ?? {}
  return new Map(Array.isArray(users) ? users.filter(isLogin) : [])
}

function isLogin(entry: unknown): entry is readonly [string, LoginMethod] {
  return (
    Array.isArray(entry) &&
    typeof entry[0] === 'string' &&
    (loginMethods as readonly unknown[]).includes(entry[1])
  )
}
