/* `resume`: continues a run with the options recorded in its journal. */
import { dirname, resolve } from 'node:path'
import { DdbError, usageError } from '../../../errors.js'
import type { KnownRun } from '../../../load/journal/known-runs.js'
import type { Call } from '../command.js'
import { runOnProcess } from '../load.js'
import { refuseSharedFiles } from '../../files/one-file.js'
import { otherWritersAt } from '../../files/state.js'
import { shellWord } from '../../options/shell-command.js'
import { defined, type LoadFields } from '../../options/definition.js'
import { serverOf } from '../../options/login.js'
import { goTo, journalFolder, knownRun, withJournaled, withWholePaths } from './known-run.js'
import { runId as runIdReader } from '../../options/readers.js'
import type { Settings } from '../../options/options.js'

/** @returns the exit code of the run; failures of the run itself are in its result, not thrown */
export async function run(given: Settings<'resume'>, call: Call): Promise<number> {
  const { args, processEnvironment } = call
  const settings = withWholePaths(given)
  const folder = journalFolder(settings, processEnvironment)
  const runId = args[0] ?? ''
  const { restart, onDoubt } = settings
  const asked: LoadFields = { runId }
  return runOnProcess(settings, call, asked, async openFiles => {
    const known = await runToResume(folder, runId, restart)
    const { folder: workingFolder, options } = known.run
    Object.assign(asked, { ...options, runId })
    refuseStrange(known)
    refuseOtherNulls(known, settings)
    const inputs = options.inputs.map(input => resolve(workingFolder, input))
    const { file } = rejectsOf(known, settings)
    const rejects = file === undefined ? {} : { rejects: resolve(workingFolder, file) }
    await refuseSharedFiles({ ...settings, ...rejects, journal: known.path }, inputs, call)
    const trace = await openFiles()
    const journaled = withJournaled(settings, call.sources, options.server, workingFolder)
    const server = await serverOf(journaled, call, trace)
    // From here on relative paths start at the run's folder. The user's own paths are absolute or no longer needed.
    goTo(known, processEnvironment)
    const delivery = onDoubt === undefined ? options.delivery : { ...options.delivery, onDoubt }
    return {
      ...options,
      ...defined({ delivery }),
      rejects: rejectsOf(known, settings),
      server,
      journal: { folder, workingFolder, ...defined({ restart }) },
    }
  })
}

/** @throws {UsageError} DDB_USAGE if other users could have changed the transform, which runs with the user's rights */
function refuseStrange({ path, runId, run }: KnownRun): void {
  if (run.options.target.transform === undefined) return
  const strange = [path, dirname(path)].find(one => otherWritersAt(one) !== undefined)
  if (strange === undefined) return
  throw usageError(
    `other users may write "${strange}", and the journal of run "${runId}" holds a function that would run on the server: ` +
      'check that function, and resume with the whole command: ' +
      `ddb-ingest load … --run-id ${runId} --transform ${shellWord(run.options.target.transform)}`,
  )
}

/** @throws {UsageError} DDB_USAGE if part of the rows would have nulls for bad cells, and part not */
function refuseOtherNulls({ run }: KnownRun, { onError }: Settings<'resume'>): void {
  if (onError === undefined || (onError === 'null') === (run.options.cells?.lenient ?? false))
    return
  throw usageError(
    '--on-error cannot change to or from null within a run: leave it out, or start over with the whole command and --restart',
  )
}

/** @param restart  accept a damaged journal if it still records how the run began @throws {DdbError} as `knownRun` */
async function runToResume(folder: string, runId: string, restart = false): Promise<KnownRun> {
  if (runIdReader.read([runId]) === undefined) {
    throw usageError(`a run is named by ${runIdReader.expected}`)
  }
  try {
    return await knownRun(folder, runId, { evenDamaged: restart })
  } catch (error) {
    if (!restart || !(error instanceof DdbError) || error.code !== 'DDB_RUN_DAMAGED') throw error
    const remedy = `Start it over with the whole command: \`load … --run-id ${runId} --restart\``
    throw new DdbError(error.code, `${error.message}. It does not say how the run began. ${remedy}`)
  }
}

/** If neither the user nor the run's options name a rejects file, uses the file that an earlier process recorded. */
function rejectsOf(
  { runId, run: { folder, options }, journal }: KnownRun,
  settings: Settings<'resume'>,
) {
  const { onError, ...kept } = options.rejects ?? {}
  const own = settings.options.rejects ?? {}
  const isSame = kept.file !== undefined && resolve(folder, kept.file) === own.file
  // A journal may lack `rejects`; then `rejectsFiles` still names the rejects file.
  const before = journal.rejects?.files[0]?.path ?? journal.rejectsFiles[0]
  const file = isSame ? kept.file : (own.file ?? kept.file ?? before)
  if (file !== own.file && ![undefined, 'quarantine'].includes(own.onError)) {
    throw usageError(
      `run "${runId}" puts its bad rows into "${file}", and can only go on so: leave --on-error out, or name another file with --rejects`,
    )
  }
  return {
    ...kept,
    ...(file === undefined ? defined({ onError }) : { file }),
    ...own,
    ...defined({ file }),
  }
}
