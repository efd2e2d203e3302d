/*
  The command that goes on with a run, as it can be put into a shell.
*/
import { resolve } from 'node:path'
import type { ServerTarget } from '../../../load/options.js'
import type { JournaledServer } from './journaled-server.js'
import type { OptionSources } from '../reading/resolve.js'
import { addressText, shellWord } from '../shell-word.js'

/** What the command has to say besides the name of the run. */
export interface GoingOn {
  /** As it was given; undefined for the folder of the program. */
  readonly stateDir: string | undefined
  /** The server of this process, and as the journal has it. */
  readonly server: ServerTarget
  readonly journaled: JournaledServer
  /** What `repeatedFlags` gives. */
  readonly repeated: readonly string[]
}

/** Flags that no journal has and that say nothing in secret. What environment and configuration say, they say again. */
const kept = [
  'password-file',
  'password-stdin',
  'insecure-login',
  'require',
  'tls-insecure',
  'allow-redirect',
  'connect-timeout',
  'config',
  'lock',
] as const
/** Relative ones would mean another file elsewhere. */
const paths: ReadonlySet<string> = new Set(['password-file', 'config'])
const switches: ReadonlySet<string> = new Set(['password-stdin', 'insecure-login', 'tls-insecure'])

/** `ddb-ingest resume ID …`. */
export function resumeCommand(
  runId: string,
  { stateDir, server, journaled, repeated }: GoingOn,
): string {
  const words = ['ddb-ingest', 'resume', runId]
  if (stateDir !== undefined) words.push('--state-dir', resolve(stateDir))
  if (isOther(server, journaled)) {
    words.push('--host', addressesText(server))
  }
  if (server.user !== undefined && server.user !== journaled.user) words.push('--user', server.user)
  return [...words, ...repeated].map(shellWord).join(' ')
}

/** `ddb-ingest exec -e SCRIPT …`, asking the server of a run. @param repeated  what `repeatedFlags` gives */
export function lookCommand(
  script: string,
  server: ServerTarget,
  repeated: readonly string[],
): string {
  const words = ['ddb-ingest', 'exec', '-e', script, '--host', addressesText(server)]
  if (server.user !== undefined) words.push('--user', server.user)
  if (server.tls === true) words.push('--tls')
  for (const [flag, path] of [
    ['--ca-file', server.caFile],
    ['--cert-file', server.certFile],
    ['--key-file', server.keyFile],
  ] as const) {
    if (path !== undefined) words.push(flag, resolve(path))
  }
  const lock = repeated.indexOf('--lock')
  const kept = repeated.filter((_, index) => lock < 0 || (index !== lock && index !== lock + 1))
  return [...words, ...kept].map(shellWord).join(' ')
}

/** Flags of this process that its journal does not keep, as words. To be asked for while the working folder is the user's. */
export function repeatedFlags(flags: OptionSources['flags']): string[] {
  return kept.flatMap(name => {
    const value = flags.get(name)?.at(-1)
    if (value === undefined) return []
    if (switches.has(name)) return [`--${name}`]
    return [`--${name}`, paths.has(name) ? resolve(value) : value]
  })
}

function isOther(server: ServerTarget, journaled: JournaledServer): boolean {
  return addressesText(server) !== addressesText(journaled)
}

function addressesText(server: JournaledServer): string {
  return [server, ...(server.otherHosts ?? [])].map(addressText).join(',')
}
