/*
  Small files of the state folder: read by later runs, replaced in one step, for their owner alone.
*/
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ServerAddress } from '../../load/options.js'
import { checkStateFolder, stateFolder } from './state-folder.js'
import { systemCode } from '../output/terminal-text.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Where something is kept of a server. */
export function stateFileOf(
  kind: 'servers' | 'logins',
  { host, port }: ServerAddress,
  environment: Environment,
): string {
  // A host name in a path: signs that folders and shells take for something else are escaped.
  const name = encodeURIComponent(`${host.toLowerCase()}_${port}`).replace(/^\./, '%2E')
  return join(stateFolder(environment), kind, `${name}.json`)
}

/** Names the server of `serve -- CMD` to the command: nothing is kept of it, as the next one at its port is another. */
export const embeddedServerVariable = 'DDB_EMBEDDED_SERVER'

/** Whether the server ends with this process or before. */
export function isEmbeddedServer({ host, port }: ServerAddress, environment: Environment): boolean {
  return environment[embeddedServerVariable] === `${host}:${port}`
}

/** What a state file says; undefined where there is none, or nobody can read it. Whoever may write there may write anything. */
export function readStateFile(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isRecord(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** An object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Puts an object in the place of what was there.
 * @returns the system's code when it cannot be written
 */
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
      // Where a part of the path is a file, nothing of ours is there.
    }
    return systemCode(error)
  }
}

/** How long a notice of what stays as it is keeps a job that runs every minute quiet. */
export const dayMs = 86_400_000

/** What this process has told, also where no folder can keep it. */
const toldHere = new Set<string>()

/**
 * Whether something was told within the last `forMs`, by this or an earlier process; from now on it was. Where it cannot
 * be kept, every process tells it once.
 *
 * @param subject  what it was told of, such as a path
 */
export function wasTold(
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
  // A time that is still to come was kept by a clock that was wrong.
  if (atMs <= nowMs && nowMs - atMs < forMs) return true
  replaceStateFile(path, { told: new Date(nowMs).toISOString() })
  return false
}

/** Folders in a state folder. */
export const stateParts = ['runs', 'locks', 'logins', 'servers', 'told'] as const

/**
 * The state folder of this program, or the one that was named, once it was looked at.
 *
 * @param warn  told at most once a day where its group may write; undefined keeps that for later
 * @throws {UsageError} DDB_CONFIG when others could have written what is in it
 */
export function checkedStateFolder(
  environment: Environment,
  warn: ((sentence: string) => void) | undefined,
  path = stateFolder(environment),
): string {
  for (const folder of [path, ...stateParts.map(part => join(path, part))]) {
    const notice = checkStateFolder(folder)
    if (notice !== undefined && warn && !wasTold('group', folder, dayMs, environment)) warn(notice)
  }
  return path
}
