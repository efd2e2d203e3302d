/*
  `load`: turns the settings into LoadOptions and runs the load.
*/
import { readRun } from '../../load/journal/known-runs.js'
import { journalPath } from '../../load/journal/open-journal.js'
import { systemPlatform } from '../../platform/system.js'
import type { ExpandedSources } from '../../source/expand-sources.js'
import type { Call } from './command.js'
import { inputsOf, refuseTerminal } from '../files/files-from.js'
import { runOnProcess } from './run-on-process.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { journalOf, loadOptionsOf, targetOptionsOf } from '../options/library-options.js'
import { type LoadSettings } from '../options/load-options.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: LoadSettings, call: Call): Promise<number> {
  refuseTerminal(settings, call)
  if (settings.dryRun) return (await import('./check.js')).run(settings, call)
  const { runId, confirm } = settings
  const [server] = settings.host
  let looked: ExpandedSources | undefined
  return runOnProcess(
    {
      settings,
      async find() {
        const inputs = await inputsOf(settings, call)
        const journal = journalOf(settings, call.processEnvironment)
        return {
          inputs,
          kept: runId === undefined || journal === undefined ? undefined : { runId, journal },
        }
      },
      asked: () => ({ runId, confirm, server, target: targetOptionsOf(settings) }),
      async check({ inputs, kept }) {
        const journal = kept && { journal: journalPath(kept.journal.folder, kept.runId) }
        looked = await refuseSharedFiles({ ...settings, ...journal }, inputs, call)
      },
      expandedInputs: () => looked,
      async options({ inputs, kept }, trace) {
        const options = await loadOptionsOf(settings, inputs, call, trace)
        return kept === undefined ? options : { ...options, journal: kept.journal }
      },
      // The journal names the server on which the run began, which may be a different server.
      async resumedRun({ kept }, server) {
        if (kept === undefined) return undefined
        const { folder } = kept.journal
        const known = await readRun(folder, kept.runId, systemPlatform.files).catch(() => undefined)
        return { runId: kept.runId, journaled: known?.run.options.server ?? server }
      },
    },
    call,
  )
}
