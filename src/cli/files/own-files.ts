/*
  Recognizes the program's own files (journals, locks, login methods), so that no run overwrites them.
*/
import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { looksLikeJournal } from '../../load/journal/read-journal.js'
import { parseHolder } from '../../platform/lock-holder.js'
import { placeOf } from './file-place.js'
import { stateParts } from './state-file.js'
import { stateFolder } from './state-folder.js'

/**
 * Describes the program's own file at a path, as the end of a sentence; undefined for any other file. Opens only
 * ordinary files, for reading. @param stateDir  as `--state-dir`
 */
export function ownFileAt(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  stateDir?: string,
): string | undefined {
  const { isOrdinary } = placeOf(path)
  // Resolves links, because a journal is a journal under any name.
  const name = realPath(path)
  const states = [stateFolder(environment), ...(stateDir === undefined ? [] : [resolve(stateDir)])]
  const folders = states.flatMap(state => stateParts.map(folder => realPath(join(state, folder))))
  if (folders.some(folder => name === folder || name.startsWith(folder + sep))) {
    return 'among the files that ddb-ingest keeps for itself'
  }
  const start = isOrdinary ? startOf(name) : ''
  if (looksLikeJournal(start)) return 'the journal of a run'
  return parseHolder(start) === undefined ? undefined : 'a lock of ddb-ingest'
}

/** The path with links resolved, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(realPath(folder), basename(path))
  }
}

/** Reads at most this many bytes of a file: more than a lock file has. */
const mostBytes = 4096

function startOf(path: string): string {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(mostBytes)
      return buffer.toString('utf8', 0, readSync(descriptor, buffer))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}
