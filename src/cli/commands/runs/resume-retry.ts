/* `resume` and `retry`: continue a run, and load its repaired rejects, with the options of the run. */
import { dirname, resolve } from 'node:path'
import { DdbError, usageError } from '../../../errors.js'
import { readRun, type KnownRun, journalPath } from '../../../load/journal/journals.js'
import type { CellOptions, LoadOptions } from '../../../load/options.js'
import { reasonsPath } from '../../../source/data-files.js'
import {
  checkRepaired,
  readRejectRun,
  retryRejectsPath,
  retryRunId,
  type KnownRejects,
} from '../../../load/rejects/retry.js'
import { systemPlatform } from '../../../platform/system-files.js'
import type { Call } from '../command.js'
import { runOnProcess } from '../load.js'
import { refuseSharedFiles } from '../../files/one-file.js'
import { otherWritersAt } from '../../files/state.js'
import { defined, type LoadFields, type OptionSources } from '../../options/definition.js'
import { serverOf } from '../../options/login.js'
import { auditCommand, goTo, journalFolder, knownRun, withJournaled } from './known-run.js'
import { withWholePaths } from './known-run.js'
import { runId as runIdReader } from '../../options/readers.js'
import { addressesText, newFile, runCommand, shellWord } from '../../options/shell-command.js'
import { commandOptions, type Settings } from '../../options/options.js'

/** Continues a run with its recorded options. @returns the exit code; failures of the run itself are in its result, not thrown */
export async function resume(given: Settings<'resume'>, call: Call): Promise<number> {
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
    refuseStrangeTransform(known)
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
function refuseStrangeTransform({ path, runId, run }: KnownRun): void {
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

/** Loads a repaired rejects file with the options of its run. @returns and throws as `resume` */
export async function retry(settings: Settings<'retry'>, call: Call): Promise<number> {
  const { args, processEnvironment } = call
  const { files } = systemPlatform
  const path = resolve(args[0] ?? '')
  const rejects = settings.rejects ?? retryRejectsPath(path)
  const folder = journalFolder(settings, processEnvironment)
  const begun: LoadFields = {}
  return runOnProcess(settings, call, begun, async openFiles => {
    if (args[0] === '-') throw usageError('retry takes the rejects file of a run')
    const known = await readRejectRun(path, files)
    const { folder: begunIn, options } = known.run
    const runId = retryRunId(known.runId, known.run.path)
    Object.assign(begun, { ...options, runId })
    refuseStrangeReasons(known, reasonsPath(path), call.sources)
    const journal = journalPath(folder, runId)
    const inputs = [path, reasonsPath(path)]
    await refuseSharedFiles({ ...settings, rejects, journal }, inputs, call)
    const trace = await openFiles()
    const asked = optionsOf(known, path, rejects, settings)
    await checkRepaired(known.run, asked, settings.encoding !== undefined, files)
    const begunOn = withJournaled(settings, call.sources, options.server, begunIn)
    const server = await serverOf(begunOn, call, trace)
    const before = await readRun(folder, runId, files)
    const origin = await readRun(folder, known.runId, files).catch(() => undefined)
    const { restart = false } = settings
    if (origin && !restart && !known.isOfAudit) refuseReadAgain(path, known, origin)
    if (origin !== undefined && origin.state !== 'finished') {
      const open = `run "${known.runId}" is not finished`
      if (known.isOfAudit) {
        const clean = runCommand('runs', known.runId, settings.stateDir, ['--clean'])
        throw usageError(
          `${open}, and would send these rows, too, if it were resumed: resume it and audit it again, or give it up first: ${clean}`,
        )
      }
      const may = `${open}, and may add rows to this file`
      call.output.note(`${may}: continue it first, or with --rejects and another file`)
    }
    if (origin?.state === 'finished' && known.run.isUnfinished) {
      const words = ['--missing', newFile('missing')]
      const again = auditCommand(known.runId, settings.stateDir, options.target, words)
      throw usageError(
        `run "${known.runId}" was not finished when it was audited, and has gone on since: it may have stored these rows. Audit it again: ${again}`,
      )
    }
    if (!restart && before?.journal.isUntouched !== true) refuseCopy(path, runId, before)
    // If no earlier attempt stored rows, and no retry of their rejects, the run starts over, even if the file now contains other rows.
    const restartUntouched = !(await haveBeenRetried(before, folder))
    const journaled = { folder, workingFolder: dirname(path), restart, restartUntouched }
    return { ...asked, server, runId, journal: journaled }
  })
}

/** Whether a retry of the run's rejects, or of the rejects of such a retry, has stored rows. */
async function haveBeenRetried(run: KnownRun | undefined, folder: string): Promise<boolean> {
  for (const { path } of run?.journal.rejects?.files ?? []) {
    const retried = await readRun(folder, retryRunId(run!.runId, path), systemPlatform.files)
    if (retried?.journal.isUntouched === false) return true
    if (await haveBeenRetried(retried, folder)) return true
  }
  return false
}

/** The reasons name the server that gets rows and password: if others can write them, the user repeats it. @throws {UsageError} DDB_USAGE */
function refuseStrangeReasons(
  { run }: KnownRejects,
  reasons: string,
  { flags }: OptionSources,
): void {
  const strangers = otherWritersAt(reasons)
  if (strangers === undefined) return
  const { user, caFile, certFile, otherHosts = [], ...server } = run.options.server
  // The user must give the transform again, too, because it runs on the server with the user's rights.
  const { transform } = run.options.target
  const named = Object.entries(defined({ user, caFile, certFile, transform }))
  const missing = named.flatMap(([name, text]) => {
    const flag = commandOptions.retry[name as 'user' | 'caFile' | 'certFile' | 'transform'].name
    return flags.has(flag) ? [] : [`--${flag}`, text]
  })
  if (!flags.has('host')) missing.unshift('--host', addressesText([server, ...otherHosts]))
  if (missing.length === 0) return
  const as = user === undefined ? 'without a login' : `as user "${user}"`
  throw usageError(
    `${strangers.who} may have written "${reasons}", which sends the rows to ${addressesText([server])}, ${as}: if that is right, ` +
      `confirm it with ${missing.map(shellWord).join(' ')}`,
  )
}

function optionsOf(
  { run: { options: asked } }: KnownRejects,
  path: string,
  rejects: string,
  settings: Settings<'retry'>,
): Omit<LoadOptions, 'server'> {
  const { options: given, maxErrors = '100%', expectRows } = settings
  return {
    inputs: [path],
    target: { ...asked.target, ...given.target },
    input: { ...asked.input, ...given.input },
    mapping: { ...asked.mapping, ...given.mapping },
    cells: cellsOf(asked.cells, given.cells),
    delivery: { ...asked.delivery, ...given.delivery },
    rejects: { file: resolve(rejects), maxErrors },
    ...defined({ expectRows }),
  }
}

/** A time zone given now replaces the time zone offsets of the run. */
function cellsOf(asked: CellOptions = {}, given: CellOptions = {}): CellOptions {
  const { offsets: known, ...others } = asked
  const offsets = { ...(given.timeZone === undefined ? known : {}), ...given.offsets }
  return { ...others, ...given, ...(Object.keys(offsets).length === 0 ? {} : { offsets }) }
}

/** Refuses rejects that their run reads again. Shards keep no journal, so one of their run's name is of another. */
function refuseReadAgain(path: string, known: KnownRejects, { run, journal }: KnownRun): void {
  const { token, rows, run: own } = known
  if (token === undefined || own.path.startsWith(token)) return
  const place = resolve(own.folder, own.path)
  const kept = journal.rejects?.files.find(one => resolve(run.folder, one.path) === place)
  const counted = kept?.rows ?? 0
  const isOther = run.token !== token
  if (!isOther && rows <= counted) return
  const why = isOther
    ? 'was started over after it had saved them, and reads them again. Move the file away, and repair what the run saves then; only if it does not read them any more,'
    : `counts only the first ${counted} of ${rows}, and reads the others again. Resume it first, with --rejects and another file if you have repaired this one; then take those others out of it, and`
  const message = `rows of "${path}" may be loaded twice: run "${run.runId}" ${why} load it with --restart`
  throw new DdbError('DDB_RUN_CHANGED', message)
}

/** Refuses a copy: the same rejects under two names would be loaded twice. */
function refuseCopy(path: string, runId: string, before: KnownRun | undefined): void {
  const loaded = before?.journal.inputs[0]?.path
  if (loaded === undefined || loaded === path) return
  throw new DdbError(
    'DDB_RUN_CHANGED',
    `rows of "${path}" may already be loaded: run "${runId}" has loaded this rejects file as "${loaded}". ` +
      'Continue with that file; if this one holds other rows, load it with --restart',
  )
}
