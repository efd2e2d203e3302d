/*
  Lists the inputs of a run that have changed since the run began, for people who inspect the run.
*/
import { resolve } from 'node:path'
import type { Files } from '../../platform/platform.js'
import type { KnownRun } from './known-runs.js'

/**
 * Judges by size and time of the last change; a process that resumes the run also compares content.
 * @returns the changed inputs, by their names in the journal; none if the run follows its files, because these grow
 */
export async function changedInputs(
  { run, journal: { inputs } }: Pick<KnownRun, 'run' | 'journal'>,
  files: Files,
): Promise<string[]> {
  if (run.options.input?.follow === true) return []
  // If an input was read again, its last reading counts.
  const last = new Map(inputs.map(({ path, fingerprint }) => [path, fingerprint]))
  const changed: string[] = []
  for (const [path, { sizeBytes, modifiedMs }] of last) {
    const now = await files.status(resolve(run.folder, path)).catch(() => undefined)
    const isSame =
      now?.sizeBytes === sizeBytes && Math.floor(now.modifiedMs) === Math.floor(modifiedMs)
    if (!isSame) changed.push(path)
  }
  return changed
}
