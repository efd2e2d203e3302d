/*
  The error for a name that no run has.
*/
import { DdbError } from '../../../errors.js'
import { runNames } from '../../../load/journal/known-runs.js'
import { systemPlatform } from '../../../platform/system.js'
import { didYouMean } from '../../output/terminal-text.js'

/** @param folder  of the journals @param more  another sentence for the message */
export async function missingRunError(
  folder: string,
  runId: string,
  more?: string,
): Promise<DdbError> {
  const names = await runNames(folder, systemPlatform.files)
  return new DdbError(
    'DDB_RUN_MISSING',
    `no run "${runId}" in ${folder}/runs${didYouMean(runId, names)}: ddb-ingest runs lists those that have a journal${more === undefined ? '' : `; ${more}`}`,
  )
}
