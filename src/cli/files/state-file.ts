/*
  Reads and replaces the small files of the state folder. Each is replaced in one step; only its owner has access.
*/
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ServerAddress } from '../../load/options.js'
import { checkStateFolder, stateFolder } from './state-folder.js'
import { systemCode } from '../output/terminal-text.js'

type Environment = Readonly<Record<string, string | undefined>>

/** The path of the file with the login methods of a server's users. */
export function loginFile({ host, port }: ServerAddress, environment: Environment): string {
  // The host name becomes part of a path: characters that are special in paths or shells are escaped.
  const name = encodeURIComponent(`${host.toLowerCase()}_${port}`).replace(/^\./, '%2E')
  return join(stateFolder(environment), 'logins', `${name}.json`)
}

/** In this variable `serve -- CMD` passes its address to CMD. CMD stores nothing about a server that ends with CMD. */
export const embeddedServerVariable = 'DDB_EMBEDDED_SERVER'

/** True if `serve -- CMD` of this server started this process: the server then ends with this process. */
export function isEmbeddedServer({ host, port }: ServerAddress, environment: Environment): boolean {
  return environment[embeddedServerVariable] === `${host}:${port}`
}

/** The object in a state file, with unchecked members; undefined if the file is missing or unreadable. */
export function readStateFile(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRecord(found) ? found : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Replaces the content with an object. @returns the system's error code if that fails */
export function replaceStateFile(path: string, content: object): string | undefined {
  const draft = `${path}.${process.pid}.new`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
    return undefined
  } catch (error) {
    try {
      rmSync(draft, { force: true })
    } catch {
      // Removing fails if a part of the path is a file: then there is no draft to remove.
    }
    return systemCode(error)
  }
}

/** An unchanged notice is not repeated for this long, so that a job that runs every minute stays quiet. */
export const dayMs = 86_400_000

/** Paths of the records of what this process has reported, in case the state folder cannot store these records. */
const toldHere = new Set<string>()

/**
 * Whether this or an earlier process reported `subject` within `forMs`; if not, records that this process reports it
 * now. If no folder can store the record, each process reports once. @param subject  of the report, such as a path
 */
export function checkAndMarkReported(
  what: string,
  subject: string,
  forMs: number,
  environment: Environment,
  nowMs = Date.now(),
): boolean {
  const name = `${what}-${createHash('sha256').update(subject).digest('hex').slice(0, 16)}.json`
  const path = join(stateFolder(environment), 'told', name)
  if (toldHere.has(path)) return true
  toldHere.add(path)
  const { told } = readStateFile(path) ?? {}
  const atMs = typeof told === 'string' ? Date.parse(told) : NaN
  // Ignores a time in the future, which came from a wrong clock.
  if (atMs <= nowMs && nowMs - atMs < forMs) return true
  replaceStateFile(path, { told: new Date(nowMs).toISOString() })
  return false
}

export const stateParts = ['runs', 'logins', 'told'] as const

/**
 * Checks the state folder (this program's, or the one that the user named) and returns its path.
 * @param warn  called at most once a day if the folder's group may write; without `warn`, a later check warns
 * @throws {UsageError} DDB_CONFIG if other users could have written the folder's content
 */
export function checkedStateFolder(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
  path = stateFolder(environment),
): string {
  for (const folder of [path, ...stateParts.map(part => join(path, part))]) {
    const notice = checkStateFolder(folder)
    if (notice !== undefined && warn && !checkAndMarkReported('group', folder, dayMs, environment))
      warn(notice)
  }
  return path
}
