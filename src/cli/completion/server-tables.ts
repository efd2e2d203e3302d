/*
  Looks up the tables of the server that the command line names. Pressing Tab must be harmless: the look-up never asks
  for a password, sends one only by a method with which the user has logged in before, and stores nothing.
*/
import { statSync } from 'node:fs'
import type { LoginMemory } from '../../client/login/protection.js'
import { isVerified } from '../../client/tls/tls-options.js'
import { connectServer } from '../../load/connection/connect.js'
import { tableNames } from '../../load/target/table-list.js'
import { systemPlatform } from '../../platform/system.js'
import type { Command } from '../commands/command.js'
import { knownLogins } from '../files/known-logins.js'
import { checkedStateFolder } from '../files/state-file.js'
import { serverTargetOf } from '../options/load-options.js'
import { passwordSource, readPasswordFile, type Login } from '../options/password.js'
import { resolveOptions, type OptionSources } from '../options/reading/resolve.js'
import { serverOptions, type ServerSettings } from '../options/server-options.js'

/** Adds tables to `found` as they arrive. @throws any failure, which the caller ignores */
export async function findTables(
  command: Command,
  sources: OptionSources,
  withinMs: number,
  found: string[],
): Promise<void> {
  const deadlineMs = systemPlatform.clock.nowMs() + withinMs
  const settings = resolveOptions(serverOptions, sources)
  const login = await quietLogin(settings, sources)
  if (login === undefined) return
  // Follows redirects only to hosts that the user has typed.
  const server = { ...serverTargetOf(settings, login), allowRedirect: [] }
  const session = await connectServer(systemPlatform, server, { deadlineMs })
  try {
    for await (const name of tableNames({ session, timeoutMs: withinMs })) {
      if (isAccepted(command, name)) found.push(name)
    }
  } finally {
    await session.close().catch(() => undefined)
  }
}

/** undefined if the login would need a prompt, or would send the password to a server that has never received it. */
async function quietLogin(
  settings: ServerSettings,
  sources: OptionSources,
): Promise<Login | undefined> {
  const { environment } = sources
  const { user, host: hosts } = settings
  const source = passwordSource(sources)
  if (user === undefined) return source === undefined ? {} : undefined
  checkedStateFolder(environment, undefined)
  const known = knownLogins(environment, undefined)
  const isKnown = hosts.every(({ host, port }) => known.best(host, port, user) !== undefined)
  if (!isKnown && !isVerified(settings)) return undefined
  const loginMemory: LoginMemory = {
    ...known,
    keep: () => undefined,
    // The server may redirect to a port with no known login. Without verified TLS, only SCRAM is safe there.
    best: (...login) => known.best(...login) ?? (isVerified(settings) ? undefined : 'scram'),
  }
  if (source?.password !== undefined) return { user, password: source.password, loginMemory }
  // Reads the password only from a regular file: a pipe can be read once, and the command itself needs the password.
  const file = source?.file ?? '-'
  if (file === '-' || !statSync(file).isFile()) return undefined
  const password = await readPasswordFile(file, environment, undefined)
  return { user, password, loginMemory }
}

/** True if the option accepts the name. A name from a server may contain anything. */
function isAccepted({ options }: Command, name: string): boolean {
  try {
    return options['table']?.reader.read([name]) !== undefined
  } catch {
    return false
  }
}
