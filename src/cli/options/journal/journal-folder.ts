/*
  Where the journal of a run is kept, and what the library is told of it.
*/
import { resolve } from 'node:path'
import { UsageError } from '../../../errors.js'
import type { JournalOptions } from '../../../load/options.js'
import { stateFolder } from '../../files/state-folder.js'
import type { ProcessEnvironment } from '../../process-environment.js'

/** Settings that journals depend on. */
export interface JournalSettings {
  readonly runId?: string
  readonly stateDir?: string
  readonly restart?: boolean
}

/** The folder that was named, else that of the program; absolute. */
export function journalFolder(
  { stateDir }: JournalSettings,
  { environment }: ProcessEnvironment,
): string {
  return stateDir === undefined ? stateFolder(environment) : resolve(stateDir)
}

/**
 * The journal of a run with a name; undefined for others.
 * @throws {UsageError} DDB_USAGE when a run without a name is to begin anew
 */
export function journalOf(
  settings: JournalSettings,
  processEnvironment: ProcessEnvironment,
): JournalOptions | undefined {
  const { runId, restart } = settings
  if (runId === undefined) {
    if (!restart) return undefined
    throw new UsageError('DDB_USAGE', '--restart needs --run-id: which run shall begin anew?')
  }
  const workingFolder = processEnvironment.workingFolder()
  return {
    folder: journalFolder(settings, processEnvironment),
    ...(workingFolder === undefined ? {} : { workingFolder }),
    ...(restart === undefined ? {} : { restart }),
  }
}
