/*
  Files of rejects that a killed process has made and of whose rows its journal knows nothing: the rows are read again, so
  the files go.
*/
import type { Files } from '../../platform/platform.js'
import type { FoundRun } from '../fate/found-run.js'
import { reasonsPath } from './reject-path.js'

/** Longer than the start of any line of reasons that names a run. */
const startBytes = 256

/**
 * Removes what the run has made and its journal does not count; to be asked once it is certain that the journal can be relied on.
 * @throws the system's error
 */
export async function removeLeftovers(
  found: FoundRun,
  past: FoundRun,
  runId: string,
  files: Files,
): Promise<void> {
  const counted = new Set(found.rejects?.files.map(({ path }) => path))
  for (const path of new Set(past.rejectsFiles)) {
    if (counted.has(path) || !(await isOfRun(reasonsPath(path), runId, files))) continue
    for (const name of [path, reasonsPath(path)]) {
      if (files.statusNow(name) !== undefined) files.remove(name)
    }
  }
}

/**
 * Whether a run has made the file of reasons: somebody else may have taken the name by now. A file that was cut short is ours as
 * far as it goes.
 */
export async function isOfRun(reasons: string, runId: string, files: Files): Promise<boolean> {
  if (files.statusNow(reasons)?.isFile !== true) return false
  const start = `{"runId":${JSON.stringify(runId)},`
  const file = await files.open(reasons)
  try {
    const buffer = new Uint8Array(startBytes)
    const text = Buffer.from(
      buffer.subarray(0, await file.readAt(buffer, 0, startBytes, 0)),
    ).toString()
    return text.startsWith(start) || start.startsWith(text)
  } finally {
    await file.close()
  }
}
