/* Runs with a journal: where it is, which run a name means, its server with the user's changes, and the command to go on with. */
import { resolve } from 'node:path'
import { DdbError, InputError, usageError } from '../../../errors.js'
import type { JournaledServer } from '../../../load/journal/journal-record.js'
import { readRun, runNames, type KnownRun } from '../../../load/journal/journals.js'
import type { JournalOptions, LoadOptions, TargetOptions } from '../../../load/options.js'
import { mayChangeValues } from '../../../load/target/target.js'
import { systemPlatform } from '../../../platform/system-files.js'
import { stateFolder } from '../../files/state.js'
import { defined, type OptionDefinition, type OptionSources } from '../../options/definition.js'
import type { ServerSettings } from '../../options/login.js'
import { serverOptions, type Settings } from '../../options/options.js'
import { addressesText, flagWords, runCommand } from '../../options/shell-command.js'
import { didYouMean, systemCode } from '../../output/output.js'
import type { ProcessEnvironment } from '../../process-environment.js'

type JournalSettings = Pick<Settings<'load'>, 'runId' | 'stateDir' | 'restart'>

/** The folder that the user named, or the program's own; absolute. */
export function journalFolder(
  { stateDir }: JournalSettings,
  { environment }: ProcessEnvironment,
): string {
  return stateDir === undefined ? stateFolder(environment) : resolve(stateDir)
}

/** undefined for a run without a name. @throws {UsageError} DDB_USAGE for --restart without a name */
export function journalOf(
  settings: JournalSettings,
  processEnvironment: ProcessEnvironment,
): JournalOptions | undefined {
  const { runId, restart } = settings
  if (runId === undefined) {
    if (!restart) return undefined
    throw usageError('--restart needs --run-id: which run should start over?')
  }
  const workingFolder = processEnvironment.workingFolder()
  const folder = journalFolder(settings, processEnvironment)
  return { folder, ...defined({ workingFolder, restart }) }
}

/** A run with a journal. @param folder  of the journals @throws {DdbError} DDB_RUN_MISSING, with the nearest names; DDB_RUN_DAMAGED */
export async function knownRun(
  folder: string,
  runId: string,
  look: Parameters<typeof readRun>[3] = {},
): Promise<KnownRun> {
  const { files } = systemPlatform
  const known = await readRun(folder, runId, files, look)
  if (known !== undefined) return known
  const names = await runNames(folder, files)
  throw new DdbError(
    'DDB_RUN_MISSING',
    `no run "${runId}" in ${folder}/runs${didYouMean(runId, names)}: ddb-ingest runs lists those that have a journal`,
  )
}

/** Whether the name may mean a run that shards load: it has no journal, and the user names the server that knows it. */
export async function isOfShards(
  { options: { server } }: ServerSettings,
  folder: string,
  runId: string,
): Promise<boolean> {
  if (server?.host === undefined) return false
  const known = await readRun(folder, runId, systemPlatform.files, { evenDamaged: true })
  return known === undefined
}

/** The flag that sets a field of the server; `--host` sets several. */
const flagOf = (member: string): string =>
  Object.values<OptionDefinition>(serverOptions).find(({ field }) => field === `server.${member}`)
    ?.name ?? 'host'

/**
 * Completes the user's settings with the journal's server and its protection. The environment only adds what the journal lacks: it may
 * name another server by now, or have named one that `--host` overrode. @param folder  base of relative paths in the journal
 */
export function withJournaled<Given extends ServerSettings>(
  given: Given,
  { flags }: Pick<OptionSources, 'flags'>,
  journaled: JournaledServer,
  folder = '',
): Given & { readonly options: { readonly server: JournaledServer } } {
  const [caFile, certFile] = [journaled.caFile, journaled.certFile].map(
    path => path && resolve(folder, path),
  )
  const set = given.options.server ?? {}
  const named = Object.entries(set).filter(([name]) => flags.has(flagOf(name)))
  const begun = { otherHosts: [], ...journaled, ...defined({ caFile, certFile }) }
  const server = { ...set, ...begun, ...Object.fromEntries(named) }
  return { ...given, options: { ...given.options, server } }
}

const pathSettings =
  'stateDir rejects metricsFile report trace missing certificate caFile certFile'.split(' ')

/** Makes the user's paths absolute, because they are relative to the user's folder, not to the run's folder. */
export function withWholePaths<Given extends Settings<'resume'> | Settings<'audit'>>(
  settings: Given,
): Given {
  const whole = (given: Readonly<Record<string, unknown>> = {}): Record<string, string> => {
    const known = Object.entries(given).filter(([name]) => pathSettings.includes(name))
    return Object.fromEntries(known.map(([name, path]) => [name, resolve(path as string)]))
  }
  const { json, options } = settings
  const { rejects, server } = options
  return {
    ...{ ...settings, ...whole(settings) },
    ...(json?.file === undefined ? {} : { json: { ...json, file: resolve(json.file) } }),
    options: {
      ...options,
      ...(rejects?.file && { rejects: { ...rejects, file: resolve(rejects.file) } }),
      server: { ...server, ...whole(server) },
    },
  }
}

/** Changes to the folder in which the run began. @throws {InputError} DDB_INPUT_MISSING */
export function goTo(
  { runId, run: { folder } }: KnownRun,
  processEnvironment: ProcessEnvironment,
): void {
  if (folder === '' || folder === processEnvironment.workingFolder()) return
  try {
    processEnvironment.changeFolder(folder)
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      `run "${runId}" began in the folder "${folder}", the base of its paths, but that folder cannot be entered (${systemCode(cause)})`,
      { file: folder },
      { cause },
    )
  }
}

const { passwordFile, insecureLogin, require, tlsInsecure, allowRedirect } = serverOptions
/** Options without secrets that no journal keeps. Variables of the environment will apply again. */
const ofProcess = { passwordFile, insecureLogin, require, tlsInsecure, allowRedirect }

/** Flags of this process that a command must repeat. @param folder  of the user, the base of relative paths */
export function repeatedWords(flags: OptionSources['flags'], folder = ''): string[] {
  const files = flags.get('password-file') ?? []
  const whole = files.map(path => (path === '-' ? path : resolve(folder, path)))
  return flagWords(ofProcess, new Map([...flags, ['password-file', whole]]))
}

/** Options with which a resumed run passes the bad rows that ended it; none if the run ended for a different reason. */
export function optionsPastRejects(
  runId: string,
  { file, onError = 'stop' }: Exclude<LoadOptions['rejects'], undefined> = {},
  { rows, error = null }: { rows: { rejected: number }; error?: { code: string } | null },
): string[] {
  if (error?.code === 'DDB_INPUT_LIMIT') return ['--max-errors', String(2 * rows.rejected)]
  const stops = file === undefined && onError === 'stop' && error !== null && rows.rejected > 0
  return stops ? ['--rejects', `${runId}.rejects.csv`] : []
}

/** Words that name the server of this process, if it is not the one in the run's journal. */
export function otherServerWords(server: JournaledServer, journaled: JournaledServer): string[] {
  const hostsOf = (one: JournaledServer): string => addressesText([one, ...(one.otherHosts ?? [])])
  const hosts = hostsOf(server)
  return [
    ...(hosts === hostsOf(journaled) ? [] : ['--host', hosts]),
    ...(server.user && server.user !== journaled.user ? ['--user', server.user] : []),
  ]
}

/** The command that finds out which rows of the run are in the table. What the run does not say, the user has to name. */
export function auditCommand(
  runId: string,
  stateDir: string | undefined,
  target: TargetOptions,
  words: readonly string[] = [],
): string {
  const isNamed = (target.table ?? target.confirmTable) !== undefined
  const named = isNamed ? [] : ['--confirm-table', 'TABLE']
  const kept = mayChangeValues(target) ? ['--columns', 'COLUMN'] : []
  return runCommand('audit', runId, stateDir, [...words, ...named, ...kept])
}
