/*
  `resume`: goes on with a run as its journal says it was begun.
*/
import { resolve } from 'node:path'
import { DdbError, InputError, UsageError } from '../../../errors.js'
import type { JournaledServer } from '../../../load/journal/journal-record.js'
import { readRun, type KnownRun } from '../../../load/journal/known-runs.js'
import { systemPlatform } from '../../../platform/system.js'
import type { Call } from '../command.js'
import { missingRun } from './missing-run.js'
import { runOnProcess } from '../run-on-process.js'
import { refuseSharedFiles, type FileSettings } from '../../files/one-file.js'
import { defined } from '../../options/reading/defined.js'
import { journalFolder } from '../../options/journal/journal-folder.js'
import { serverSettingsOf } from '../../options/journal/journaled-server.js'
import { serverTargetOf } from '../../options/load-options.js'
import { passwordSource, readCredentials } from '../../options/password.js'
import { runId as runIdReader } from '../../options/reading/readers.js'
import { repeatedFlags, resumeCommand } from '../../options/journal/resume-command.js'
import type { ResumeSettings } from '../../options/journal/resume-options.js'
import type { ProcessEnvironment } from '../../process-environment.js'
import { systemCode } from '../../output/terminal-text.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(given: ResumeSettings, call: Call): Promise<number> {
  const { args, processEnvironment, output, sources } = call
  const repeated = repeatedFlags(sources.flags)
  const settings = withWholePaths(given)
  const folder = journalFolder(settings, processEnvironment)
  const runId = args[0] ?? ''
  let known: KnownRun | undefined
  const { restart, onDoubt, stateDir } = settings
  return runOnProcess(
    {
      settings,
      asked() {
        const options = known?.run.options
        return {
          runId,
          confirm: options?.delivery?.confirm,
          server: options?.server,
          target: options?.target ?? {},
        }
      },
      async check() {
        known = await knownRun(folder, runId, restart)
        await refuseSharedFiles(...filesOf(settings, known), call)
      },
      async options(trace) {
        const { folder: workingFolder, options } = known!.run
        const server = serverSettingsOf(settings, options.server)
        const credentials = await readCredentials(
          server,
          passwordSource(sources),
          processEnvironment,
          false,
          output,
        )
        // From here on relative paths are those of the journal; all others have been read, or are whole.
        goTo(known!, processEnvironment)
        const delivery = onDoubt === undefined ? options.delivery : { ...options.delivery, onDoubt }
        return {
          ...options,
          server: {
            ...protectionOf(options.server),
            ...serverTargetOf(server, credentials, trace),
          },
          ...(delivery === undefined ? {} : { delivery }),
          journal: { folder, workingFolder, ...(restart === undefined ? {} : { restart }) },
        }
      },
      goOn(server) {
        const journaled = known!.run.options.server
        return Promise.resolve(resumeCommand(runId, { stateDir, server, journaled, repeated }))
      },
    },
    call,
  )
}

/**
 * @param restart  a journal that cannot be relied on will do, if only it tells how the run was begun
 * @throws {DdbError} DDB_RUN_MISSING, with the nearest names; DDB_RUN_DAMAGED
 */
async function knownRun(folder: string, runId: string, restart = false): Promise<KnownRun> {
  if (runIdReader.read([runId]) === undefined) {
    throw new UsageError('DDB_USAGE', `a run is named by ${runIdReader.expected}`)
  }
  try {
    const known = await readRun(folder, runId, systemPlatform.files, { evenDamaged: restart })
    if (known !== undefined) return known
  } catch (error) {
    if (!restart || !(error instanceof DdbError) || error.code !== 'DDB_RUN_DAMAGED') throw error
    const remedy = `Begin it anew with the whole command: \`load … --run-id ${runId} --restart\``
    throw new DdbError(
      error.code,
      `${error.message}. It does not tell how the run was begun. ${remedy}`,
    )
  }
  throw await missingRun(folder, runId)
}

/** How the run's server was reached holds, unless it is said otherwise. */
function protectionOf({
  tls,
  caFile,
  certFile,
  keyFile,
  compress,
}: JournaledServer): Omit<JournaledServer, 'host' | 'port' | 'otherHosts' | 'user'> {
  return defined({ tls, caFile, certFile, keyFile, compress })
}

/** Files of the program itself lie where the user is, and not where the run was begun. */
function withWholePaths(settings: ResumeSettings): ResumeSettings {
  const { summary, metricsFile, trace, caFile, certFile, keyFile } = settings
  const whole = (name: string, path: string | undefined): object =>
    path === undefined ? {} : { [name]: resolve(path) }
  return {
    ...settings,
    ...whole('stateDir', settings.stateDir),
    ...whole('summary', summary),
    ...whole('metricsFile', metricsFile),
    ...whole('trace', trace),
    ...whole('caFile', caFile),
    ...whole('certFile', certFile),
    ...whole('keyFile', keyFile),
  }
}

/** As `refuseSharedFiles` takes them: files of the journal begin elsewhere. */
function filesOf(
  settings: ResumeSettings,
  { path, run: { folder, options } }: KnownRun,
): [FileSettings, readonly string[]] {
  const file = options.rejects?.file
  const inputs = options.inputs.map(input => resolve(folder, input))
  const rejects = file === undefined ? {} : { rejects: resolve(folder, file) }
  return [{ ...settings, ...rejects, journal: path }, inputs]
}

/** @throws {InputError} DDB_INPUT_MISSING */
function goTo({ runId, run: { folder } }: KnownRun, processEnvironment: ProcessEnvironment): void {
  if (folder === '' || folder === processEnvironment.workingFolder()) return
  try {
    processEnvironment.changeFolder(folder)
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      `run "${runId}" was begun in the folder "${folder}", where its paths begin, and that cannot be entered (${systemCode(cause)})`,
      { file: folder },
      { cause },
    )
  }
}
