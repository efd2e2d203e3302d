/*
  Stores facts about servers, and the login methods that worked, for later runs. Each server has its own files in the
  state folder. A run never fails because such a file cannot be written.
*/
import { addressText } from '../../client/failure.js'
import { type LoginMemory, type LoginMethod, loginMethods } from '../../client/login/protection.js'
import type { KnownServer, ServerAddress, ServerMemory } from '../../load/options.js'
import { clean } from '../output/terminal-text.js'
import {
  isEmbeddedServer,
  isRecord,
  readStateFile,
  replaceStateFile,
  stateFileOf,
  checkAndMarkReported,
} from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Remembers servers in the user's state folder; ignores failures to write. */
export function knownServers(environment: Environment): ServerMemory {
  return {
    known: address => readKnownServer(address, environment),
    keep: (address, known) => void keepKnownServer(address, known, environment),
  }
}

/** undefined if nothing is known about the server, or its file is unreadable. */
export function readKnownServer(
  server: ServerAddress,
  environment: Environment,
): KnownServer | undefined {
  const found = readStateFile(stateFileOf('servers', server, environment)) ?? {}
  const { version, facts, users } = found
  const isKnown =
    typeof version === 'string' &&
    isFacts(facts) &&
    isRecord(users) &&
    Object.values(users).every(isFacts)
  return isKnown ? (found as object as KnownServer) : undefined
}

function isFacts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(fact => typeof fact === 'boolean')
}

/** Replaces earlier facts. @returns a notice with the reason if the file cannot be written */
export function keepKnownServer(
  server: ServerAddress,
  known: KnownServer,
  environment: Environment,
): string | undefined {
  const path = stateFileOf('servers', server, environment)
  const code = replaceStateFile(path, known)
  return (
    code &&
    `the findings about the server are not saved: ${clean(path)} cannot be written (${code})`
  )
}

/** @param warn  called once for each server whose RSA key is not verified; if left out, a later run warns */
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
