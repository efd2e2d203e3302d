/*
  Removes the rejects files that a killed process made, if its journal does not count their rows: the run reads those rows again.
*/
import type { Files } from '../../platform/platform.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import { reasonsPath } from './reject-path.js'

/** Bytes to read at the start of a file of reasons: enough to contain the run's name. */
const startBytes = 256

/**
 * Removes the run's rejects files that its journal does not count. Call it only after the journal has proved complete.
 * @throws the system's error
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
 * Whether the run made this file of reasons: by now, another file may have the name. Compares the first bytes, or as
 * many of them as a truncated file has.
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
