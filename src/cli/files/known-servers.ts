/*
  What runs and `selftest` found out about servers, kept for later runs: a file for each, in the state folder. Nothing
  depends on it so much that a run could fail for it.
*/
import type { KnownServer, ServerAddress, ServerMemory } from '../../load/options.js'
import { clean } from '../output/terminal-text.js'
import { isRecord, readStateFile, replaceStateFile, stateFileOf } from './state-file.js'

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
