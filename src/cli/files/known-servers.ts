/*
  What `selftest` found out about servers, kept for later runs: a file for each, in the state folder. Nothing depends on
  it so much that a run could fail for it.
*/
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KnownServer, ServerAddress } from '../../load/options.js'
import { systemCode } from '../output/print-failure.js'
import { clean } from '../output/terminal-text.js'
import { stateFolder } from './state-folder.js'

type Environment = Readonly<Record<string, string | undefined>>

function fileOf({ host, port }: ServerAddress, environment: Environment): string {
  // A host name in a path: signs that folders and shells take for something else are escaped.
  const name = encodeURIComponent(`${host.toLowerCase()}_${port}`).replace(/^\./, '%2E')
  return join(stateFolder(environment), 'servers', `${name}.json`)
}

/** What is known of a server; undefined where nothing is, or what is there cannot be read. */
export function readKnownServer(
  server: ServerAddress,
  environment: Environment,
): KnownServer | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(fileOf(server, environment), 'utf8'))
    return isKnownServer(found) ? found : undefined
  } catch {
    return undefined
  }
}

function isKnownServer(value: unknown): value is KnownServer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'string' &&
    'mixedFlags' in value &&
    typeof value.mixedFlags === 'boolean'
  )
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
  const path = fileOf(server, environment)
  const draft = `${path}.${process.pid}.new`
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${JSON.stringify(known)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
    return undefined
  } catch (error) {
    removeIfThere(draft)
    return `what was found out is not kept: ${clean(path)} cannot be written (${systemCode(error)})`
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Where a part of the path is a file, nothing of ours is there.
  }
}
