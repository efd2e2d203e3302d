/*
  Removes rejects files that a killed process created but its journal does not count. The run reads the rejected rows again.
*/
import type { Files } from '../../platform/platform.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import { reasonsPath } from './reject-path.js'

/** Number of bytes at the start of a file of reasons that always contain the run's name. */
const startBytes = 256

/**
 * Removes the run's rejects files that its journal does not count. Call it only after the journal was proved complete.
 * @throws the error of the operating system
 */
export async function removeLeftovers(
  found: JournaledRun,
  past: JournaledRun,
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
 * Whether the run created this file of reasons. A different file may have the name by now. Compares the first bytes, or fewer if
 * the file is truncated.
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
