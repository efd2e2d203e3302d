/*
  `load`: settings become LoadOptions.
*/
import { readRun } from '../../load/journal/known-runs.js'
import { journalPath } from '../../load/journal/open-journal.js'
import type { JournalOptions } from '../../load/options.js'
import { parseTarget } from '../../load/target/target.js'
import { systemPlatform } from '../../platform/system.js'
import type { Call } from './command.js'
import { inputsOf, refuseTerminal } from './inputs-of.js'
import { runOnProcess } from './run-on-process.js'
import { refuseSharedFiles, type FileSettings } from '../files/one-file.js'
import { journalOf } from '../options/journal/journal-folder.js'
import { loadOptionsOf, targetOptionsOf, type LoadSettings } from '../options/load-options.js'
import { passwordSource, readCredentials } from '../options/password.js'
import { repeatedFlags, resumeCommand, type GoingOn } from '../options/journal/resume-command.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(settings: LoadSettings, call: Call): Promise<number> {
  const { processEnvironment, output, sources } = call
  refuseTerminal(settings, call)
  if (settings.dryRun) return (await import('./check.js')).run(settings, call)
  let inputs: readonly string[] = []
  let journal: JournalOptions | undefined
  const { runId, confirm, stateDir } = settings
  const { host, port = settings.port } = settings.host[0]!
  return runOnProcess(
    {
      settings,
      asked: () => ({ runId, confirm, server: { host, port }, target: targetOptionsOf(settings) }),
      async check() {
        inputs = await inputsOf(settings, call)
        journal = journalOf(settings, processEnvironment)
        await refuseSharedFiles(withJournal(settings, journal), inputs, call)
      },
      async options(trace) {
        parseTarget(targetOptionsOf(settings), settings.verify !== undefined)
        const credentials = await readCredentials(
          settings,
          passwordSource(sources),
          processEnvironment,
          inputs.includes('-'),
          output,
        )
        const { stdin } = processEnvironment
        const options = loadOptionsOf(settings, inputs, credentials, stdin, trace)
        return journal === undefined ? options : { ...options, journal }
      },
      goOn: server =>
        goOn(runId!, journal!.folder, { server, stateDir, repeated: repeatedFlags(sources.flags) }),
    },
    call,
  )
}

function withJournal(settings: LoadSettings, journal: JournalOptions | undefined): FileSettings {
  const { runId } = settings
  if (journal === undefined || runId === undefined) return settings
  return { ...settings, journal: journalPath(journal.folder, runId) }
}

/** A run that was taken up again may have been begun on another server. */
async function goOn(
  runId: string,
  folder: string,
  going: Omit<GoingOn, 'journaled'>,
): Promise<string> {
  const known = await readRun(folder, runId, systemPlatform.files).catch(() => undefined)
  return resumeCommand(runId, { ...going, journaled: known?.run.options.server ?? going.server })
}
