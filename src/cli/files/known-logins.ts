/*
  How servers have logged users in, kept for later runs: a file for each server, in the state folder. One that wants a
  password in a weaker way later may not be the same server. Without a folder there is no memory, and no run fails for it.
*/
import { addressText } from '../../client/failure.js'
import { loginMethods, type LoginMemory, type LoginMethod } from '../../client/login/protection.js'
import {
  isEmbeddedServer,
  readStateFile,
  replaceStateFile,
  stateFileOf,
  wasTold,
} from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The memory of the user who runs the program.
 * @param warn  told once for each server whose key for RSA nobody has verified; undefined keeps that for later
 */
export function knownLogins(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
): LoginMemory {
  const place = (host: string, port: number): string =>
    stateFileOf('logins', { host, port }, environment)
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
      // What cannot be written is not remembered: the login itself went well.
      replaceStateFile(path, { users: [...users] })
    },
    unverified(host, port) {
      if (warn === undefined || isEmbeddedServer({ host, port }, environment)) return
      const address = addressText(host, port)
      if (wasTold('rsa', address.toLowerCase(), Infinity, environment)) return
      warn(
        `${address}: the password is sent encrypted, but the server is not verified: --tls verifies it`,
      )
    },
  }
}

/** By user; what was kept without a user, by earlier versions, says nothing of any. */
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
