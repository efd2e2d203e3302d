/*
  How servers have logged us in, kept for later runs: a file for each, in the state folder. One that wants a password in
  a weaker way later may not be the same server. Without a folder there is no memory, and no run fails for it.
*/
import { readFileSync } from 'node:fs'
import { loginMethods, type LoginMemory, type LoginMethod } from '../../client/login/protection.js'
import { replaceStateFile, stateFileOf } from './state-file.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The memory of the user who runs the program. */
export function knownLogins(environment: Environment): LoginMemory {
  const place = (host: string, port: number): string =>
    stateFileOf('logins', { host, port }, environment)
  return {
    place,
    best(host, port) {
      try {
        const found: unknown = JSON.parse(readFileSync(place(host, port), 'utf8'))
        return isRecord(found) ? found.method : undefined
      } catch {
        return undefined
      }
    },
    keep(host, port, method) {
      // What cannot be written is not remembered: the login itself went well.
      replaceStateFile(place(host, port), { method })
    },
  }
}

function isRecord(value: unknown): value is { method: LoginMethod } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'method' in value &&
    (loginMethods as readonly unknown[]).includes(value.method)
  )
}
