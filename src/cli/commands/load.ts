/*
  `load`: turns the settings into LoadOptions and runs the load.
*/
import { journalPath } from '../../load/journal/open-journal.js'
import type { Call } from './command.js'
import { inputsOf, refuseTerminal } from '../files/files-from.js'
import { runOnProcess } from './run-on-process.js'
import { refuseSharedFiles } from '../files/one-file.js'
import { defined } from '../options/definition.js'
import { journalOf, loadOptionsOf, targetOptionsOf } from '../options/library-options.js'
import { type LoadSettings } from '../options/load-options.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: LoadSettings, call: Call): Promise<number> {
  refuseTerminal(settings, call)
  if (settings.dryRun) return (await import('./check.js')).run(settings, call)
  const { runId, confirm } = settings
  const asked = { runId, confirm, server: settings.host[0], target: targetOptionsOf(settings) }
  return runOnProcess(settings, call, asked, async ({ openFiles }) => {
    const inputs = await inputsOf(settings, call)
    const journal = journalOf(settings, call.processEnvironment)
    const path = journal && runId && journalPath(journal.folder, runId)
    const files = { ...settings, ...defined({ journal: path }) }
    const sources = await refuseSharedFiles(files, inputs, call)
    const options = await loadOptionsOf(settings, inputs, call, await openFiles())
    return { options: { ...options, ...defined({ journal }) }, sources }
  })
}
