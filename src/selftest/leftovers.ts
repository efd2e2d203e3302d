/* Names the objects that `selftest` creates on a server, and removes them. A name has the form
   `ddbIngestTest_<token>_<yyyymmddHHMMSS>_<purpose>` and is recorded before the object is created. A run removes only its own objects and
   those older than a day. The form is so exact that no other object has such a name. */
import { ServerError } from '../errors.js'
import type { Random } from '../platform/platform.js'
import type { Value } from '../protocol/value.js'
import { textsOf } from './answers.js'

const form = /^(?:dfs:\/\/)?ddbIngestTest_([0-9a-f]{16})_(\d{14})_[a-z][A-Za-z0-9]{0,39}$/
const dayMs = 86_400_000

export interface NameStamp {
  /** 16 hexadecimal digits. */
  readonly token: string
  /** `yyyymmddHHMMSS` by the server's clock. */
  readonly time: string
}

/** @param timeMs  by the server's clock, because machines that test the same server may have different clocks */
export function newStamp(random: Random, timeMs: number): NameStamp {
  const token = Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
  return { token, time: new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14) }
}

/** @param purpose  letters and digits */
export function temporaryName({ token, time }: NameStamp, purpose: string): string {
  return `ddbIngestTest_${token}_${time}_${purpose}`
}

/** True if a run may remove the object with this name: its own, or one older than a day. */
export function mayRemove(name: string, own: NameStamp, nowMs: number): boolean {
  const [, token, time = ''] = form.exec(name) ?? []
  if (token === undefined || token === own.token) return token === own.token
  const iso = time.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')
  // For an impossible time the age is NaN, so the function returns false.
  return nowMs - Date.parse(iso) > dayMs
}

export function isOwn(name: string, own: NameStamp): boolean {
  return form.exec(name)?.[1] === own.token
}

/** An object with a temporary name. */
export interface TestObject {
  readonly kind: keyof typeof kinds
  /** That of a database starts with `dfs://`, followed by the temporary name. */
  readonly name: string
}

/** Ignores objects that cannot be removed. */
export function removalScript(objects: readonly TestObject[]): string {
  return objects
    .map(({ kind, name }) => `try { ${kinds[kind].remove(name)} } catch(ex) { }`)
    .join('\n')
}

/** How to list the names of objects, and how to remove one. Scripts fail if the server or the user lacks a function. */
const kinds = {
  table: {
    list: 'exec name from objs(true) where shared=true, form="TABLE", name like "ddbIngestTest_%"',
    remove: (name: string) => `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }`,
  },
  view: {
    list: 'exec name from getFunctionViews() where name like "ddbIngestTest_%"',
    remove: (name: string) => `dropFunctionView("${name}")`,
  },
  database: {
    list: 'getClusterDFSDatabases()',
    remove: (name: string) => `if(existsDatabase("${name}")) { dropDatabase("${name}") }`,
  },
} as const

interface Asked {
  run(script: string, options: { signal: AbortSignal }): Promise<Value | undefined>
}

/** Tables and views of tests, and all databases, that this user may see. @throws {ConnectionError} if the connection is lost; on abort */
export async function listObjects(session: Asked, signal: AbortSignal): Promise<TestObject[]> {
  const objects: TestObject[] = []
  for (const kind of ['table', 'view', 'database'] as const) {
    const answer = await session.run(kinds[kind].list, { signal }).catch((error: unknown) => {
      if (!(error instanceof ServerError)) throw error
    })
    const names = answer?.form === 'vector' ? textsOf(answer) : []
    objects.push(...names.map(name => ({ kind, name })))
  }
  return objects
}

/** Also old objects of other runs. @param nowMs  by the server's clock, like the time in names @returns those that still exist */
export async function removeTestObjects(
  session: Asked,
  own: NameStamp,
  nowMs: number,
  signal: AbortSignal,
): Promise<TestObject[]> {
  const removable = async () =>
    (await listObjects(session, signal)).filter(({ name }) => mayRemove(name, own, nowMs))
  const found = await removable()
  if (found.length === 0) return []
  await session.run(removalScript(found), { signal })
  return removable()
}
