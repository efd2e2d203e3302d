/*
  Inputs of a run that goes on, as its journal calls them: a file may be named otherwise by now, relative to another folder or by
  a link, and is the same input.
*/
import { resolve } from 'node:path'
import { fileKey } from '../../platform/file-identity.js'
import type { Files } from '../../platform/platform.js'

/** The inputs of a process, held against those of the journal. */
export interface KnownInputs {
  /** Name in the journal → path of this process, where they differ. */
  readonly places: ReadonlyMap<string, string>
  /** Inputs that the journal does not have. */
  readonly added: readonly string[]
}

/**
 * @param names  in the journal
 * @param folder  where they begin if they are relative; '' where that was left open
 * @param paths  of this process
 */
export function knownInputs(
  names: readonly string[],
  folder: string,
  paths: readonly string[],
  files: Files,
): KnownInputs {
  const places = new Map<string, string>()
  const others = new Set(paths)
  const renamed = names.filter(name => !others.delete(name))
  if (renamed.length === 0 || others.size === 0) return { places, added: [...others] }
  const byKey = new Map<string, string>()
  for (const path of others) {
    const key = keyOf(path, files)
    if (key !== undefined) byKey.set(key, path)
  }
  for (const name of renamed) {
    const key = keyOf(resolve(folder, name), files)
    const path = key === undefined ? undefined : byKey.get(key)
    if (path === undefined || !others.delete(path)) continue
    places.set(name, path)
  }
  return { places, added: [...others] }
}

function keyOf(path: string, files: Files): string | undefined {
  try {
    const status = files.statusNow(path)
    return status && fileKey(path, status)
  } catch {
    return undefined
  }
}
