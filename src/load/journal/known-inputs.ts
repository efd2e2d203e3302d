/*
  Matches the inputs of a resumed run with the names in its journal. A different folder or a link may have changed an input's name.
*/
import { resolve } from 'node:path'
import { fileKey } from '../../platform/file-name.js'
import type { Files } from '../../platform/platform.js'

export interface KnownInputs {
  /** Name in the journal → path in this process, if they differ. */
  readonly places: ReadonlyMap<string, string>
  /** Inputs that are not in the journal. */
  readonly added: readonly string[]
}

/**
 * @param names  names in the journal
 * @param folder  base of relative names; '' if it was not recorded
 * @param paths  paths in this process
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
