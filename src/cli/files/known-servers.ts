/*
  What runs and `selftest` found out about servers, and how these have logged users in, kept for later runs: a file for each
  server, in the state folder. Nothing depends on it so much that a run could fail for it.
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
  wasTold,
} from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The memory of the user who runs the program; what cannot be written is not remembered. */
export function knownServers(environment: Environment): ServerMemory {
  return {
    known: address => readKnownServer(address, environment),
    keep: (address, known) => void keepKnownServer(address, known, environment),
  }
}

/** What is known of a server; undefined where nothing is, or what is there cannot be read. */
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

/**
 * Keeps what was found out, in the place of what was known before.
 * @returns why it could not be kept; undefined when it is
 */
export function keepKnownServer(
  server: ServerAddress,
  known: KnownServer,
  environment: Environment,
): string | undefined {
  const path = stateFileOf('servers', server, environment)
  const code = replaceStateFile(path, known)
  return code && `what was found out is not kept: ${clean(path)} cannot be written (${code})`
}

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
