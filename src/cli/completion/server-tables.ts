/*
  The tables of the server that a command line names. The user has only pressed Tab, so the look-up never asks for a
  password. It sends a password only by a method by which the user has logged in before, and stores nothing.
*/
import { statSync } from 'node:fs'
import type { LoginMemory } from '../../client/login/protection.js'
import { isVerified } from '../../client/tls/tls-options.js'
import { connectServer } from '../../load/connection/connect.js'
import { tableNames } from '../../load/target/table-list.js'
import { systemPlatform } from '../../platform/system.js'
import type { Command } from '../commands/command.js'
import { knownLogins } from '../files/known-servers.js'
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
  // Allows no redirects: the user did not type those hosts.
  const server = { ...serverTargetOf(settings, login), allowRedirect: [] }
  const session = await connectServer(systemPlatform, server, { deadlineMs })
  try {
    for await (const name of tableNames({ session, timeoutMs: withinMs })) {
      if (isTaken(command, name)) found.push(name)
    }
  } finally {
    await session.close().catch(() => undefined)
  }
}

/** undefined if the login would need a prompt, or send the password to a server that never got it before. */
async function quietLogin(
  settings: ServerSettings,
  sources: OptionSources,
): Promise<Login | undefined> {
  const { environment } = sources
  const { user, host: hosts } = settings
  const source = passwordSource(sources)
  if (user === undefined) return source.kind === 'none' ? {} : undefined
  checkedStateFolder(environment, undefined)
  const known = knownLogins(environment, undefined)
  const isKnown = hosts.every(
    ({ host, port = settings.port }) => known.best(host, port, user) !== undefined,
  )
  if (!isKnown && !isVerified(settings)) return undefined
  const loginMemory: LoginMemory = {
    ...known,
    keep: () => undefined,
    // A server may redirect to a port where no login is known yet: without verified TLS, only SCRAM is safe there.
    best: (...login) => known.best(...login) ?? (isVerified(settings) ? undefined : 'scram'),
  }
  if (source.kind === 'environment') return { user, password: source.password, loginMemory }
  // If this process read a pipe, the load would find no password in it.
  if (source.kind !== 'file' || !statSync(source.path).isFile()) return undefined
  const password = await readPasswordFile(source.path, environment, undefined)
  return { user, password, loginMemory }
}

/** Names come from a server: offers only names that the option accepts. */
function isTaken({ options }: Command, name: string): boolean {
  try {
    return options['table']?.reader.read([name]) !== undefined
  } catch {
    return false
  }
}
