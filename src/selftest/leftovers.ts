/*
  What tests have left on the server: found by the exact form of its name, removed when it is this run's or a day old.
*/
import { ServerError } from '../errors.js'
import type { Value } from '../protocol/value.js'
import { textsOf } from './answers.js'
import { listScripts, removalScript, type NamedObject } from './made-objects.js'
import { mayRemove, type NameStamp } from './throw-away-name.js'

/** As a session has it. */
interface Asked {
  run(script: string, options: { signal: AbortSignal }): Promise<Value | undefined>
}

const kinds = ['table', 'view', 'database'] as const

/**
 * Everything whose name begins as those of tests, as far as this user is told.
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
