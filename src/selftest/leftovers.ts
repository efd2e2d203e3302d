/*
  What `selftest` creates on a server, under names `ddbIngestTest_<token>_<yyyymmddHHMMSS>_<purpose>`, written down before it is
  created, and how it is removed again: this run's, and what is a day old. Nothing else is ever removed, so the form is exact.
*/
import { ServerError } from '../errors.js'
import type { Random } from '../platform/platform.js'
import type { Value } from '../protocol/value.js'
import { textsOf } from './answers.js'

/** What names of this program's tests begin with. */
const namePrefix = 'ddbIngestTest_'

const form = /^(?:dfs:\/\/)?ddbIngestTest_([0-9a-f]{16})_(\d{14})_[a-z][A-Za-z0-9]{0,39}$/
const dayMs = 86_400_000

/** Who creates, and when. */
export interface NameStamp {
  /** 16 hexadecimal digits. */
  readonly token: string
  /** `yyyymmddHHMMSS` by the server's clock. */
  readonly time: string
}

/** @param timeMs  by the server's clock: machines that test one server need not agree about the time */
export function newStamp(random: Random, timeMs: number): NameStamp {
  const token = Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
  return { token, time: new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14) }
}

/** @param purpose  letters and digits */
export function throwAwayName({ token, time }: NameStamp, purpose: string): string {
  return `${namePrefix}${token}_${time}_${purpose}`
}

/** Whether a run may remove what has this name: it is its own, or a day old. */
export function mayRemove(name: string, own: NameStamp, nowMs: number): boolean {
  const [, token, time = ''] = form.exec(name) ?? []
  if (token === undefined || token === own.token) return token === own.token
  const iso = time.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')
  // A time that cannot be is no time, and never a day ago.
  return nowMs - Date.parse(iso) > dayMs
}

/** Whether a run with this token made what has this name. */
export function isOwn(name: string, own: NameStamp): boolean {
  return form.exec(name)?.[1] === own.token
}

/** What has a throw-away name; a database begins with `dfs://`. */
export interface NamedObject {
  readonly kind: 'table' | 'database' | 'view'
  readonly name: string
}

/** A right of another user, which outlives what it is for. */
export interface Grant {
  readonly kind: 'grant'
  /** What it is for: a view, or `dfs://DB/TABLE`. */
  readonly name: string
  readonly right: 'TABLE_INSERT' | 'VIEW_EXEC'
  /** Fit for a script. */
  readonly user: string
}

/** A shared table, a DFS database, a function view or a right. */
export type MadeObject = NamedObject | Grant

/**
 * Removes what is there and passes over what cannot be removed, rights first: they name what the others are. The server
 * executes it after everything that was asked on the same session before.
 */
export function removalScript(objects: readonly MadeObject[]): string {
  const rights = objects.filter(({ kind }) => kind === 'grant')
  const others = objects.filter(({ kind }) => kind !== 'grant')
  return [...rights, ...others].map(object => `try { ${removal(object)} } catch(ex) { }`).join('\n')
}

function removal(object: MadeObject): string {
  const { kind, name } = object
  switch (kind) {
    case 'table':
      return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }`
    case 'database':
      return `if(existsDatabase("${name}")) { dropDatabase("${name}") }`
    case 'view':
      return `dropFunctionView("${name}")`
    case 'grant':
      return `revoke("${object.user}", ${object.right}, "${name}")`
  }
}

/** Each answers a list of names; servers and users differ in which of them they may ask. */
export const listScripts: Readonly<Record<NamedObject['kind'], string>> = {
  table: 'exec name from objs(true) where shared=true, form="TABLE", name like "ddbIngestTest_%"',
  database: 'getClusterDFSDatabases()',
  view: 'exec name from getFunctionViews() where name like "ddbIngestTest_%"',
}

/** As a session has it. */
interface Asked {
  run(script: string, options: { signal: AbortSignal }): Promise<Value | undefined>
}

const kinds = ['table', 'view', 'database'] as const

/**
 * Everything whose name begins as those of tests, as far as this user may see.
 * @throws {ConnectionError} when the connection is lost, or the wait is ended
 */
export async function listObjects(session: Asked, signal: AbortSignal): Promise<NamedObject[]> {
  const objects: NamedObject[] = []
  for (const kind of kinds) {
    for (const name of await namesOf(session, kind, signal)) objects.push({ kind, name })
  }
  return objects
}

async function namesOf(
  session: Asked,
  kind: NamedObject['kind'],
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const answer = await session.run(listScripts[kind], { signal })
    return answer?.form === 'vector' ? textsOf(answer) : []
  } catch (error) {
    if (error instanceof ServerError) return []
    throw error
  }
}

/**
 * Removes what this run and old ones have left.
 *
 * @param nowMs  by the clock that stamps names
 * @param inUse  names that stay
 * @returns what is still there of it
 */
export async function sweep(
  session: Asked,
  own: NameStamp,
  nowMs: number,
  signal: AbortSignal,
  inUse: ReadonlySet<string> = new Set(),
): Promise<NamedObject[]> {
  const removable = async (): Promise<NamedObject[]> => {
    const objects = await listObjects(session, signal)
    return objects.filter(({ name }) => !inUse.has(name) && mayRemove(name, own, nowMs))
  }
  const found = await removable()
  if (found.length === 0) return []
  await session.run(removalScript(found), { signal })
  return removable()
}
