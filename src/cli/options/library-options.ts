/*
  Turns settings of the command line into options of the library: targets, servers with their logins, and journals.
*/
import { resolve } from 'node:path'
import type { Trace } from '../../client/trace.js'
import { DdbError, usageError } from '../../errors.js'
import type { JournaledServer } from '../../load/journal/journal-record.js'
import { readRun, runNames, type KnownRun } from '../../load/journal/known-runs.js'
import type { JournalOptions, LoadOptions, ServerTarget } from '../../load/options.js'
import { parseTarget } from '../../load/target/target.js'
import { systemPlatform } from '../../platform/system.js'
import { stateFolder } from '../files/state.js'
import { didYouMean } from '../output/terminal-text.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { defined } from './definition.js'
import { readCredentials, type LoginCall, type ServerSettings } from './password.js'

const localServer = { host: '127.0.0.1', port: 8848 }

/**
 * The options for the library, including the password but not the journal, which depends on more than the settings.
 * @throws {UsageError} for a wrong target or login
 */
export async function loadOptionsOf(
  settings: ServerSettings,
  inputs: readonly string[],
  call: LoginCall,
  trace?: Trace,
): Promise<LoadOptions> {
  // A folder is not enough for a journal: the run must have a name.
  const { journal: _, target = {}, ...fields } = settings.options
  parseTarget(target)
  const fromStdin = inputs.includes('-')
  const { stdin } = fromStdin ? call.processEnvironment : {}
  const server = await serverOf(settings, call, trace, fromStdin)
  return { ...fields, inputs, server, target, input: defined({ ...fields.input, stdin }) }
}

/** The server with its login. @param dataOnStdin  if true, the password cannot come from standard input */
export async function serverOf(
  settings: ServerSettings,
  call: LoginCall,
  trace?: Trace,
  dataOnStdin?: boolean,
): Promise<ServerTarget> {
  const login = await readCredentials(settings, call, dataOnStdin)
  return { ...localServer, ...settings.options.server, ...login, ...defined({ trace }) }
}

export interface JournalSettings {
  readonly runId?: string
  readonly stateDir?: string
  readonly restart?: boolean
}

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

/**
 * Completes the user's settings with the journal's server and the protection of its connection.
 * @param folder  base of relative paths in the journal
 */
export function withJournaled<Given extends ServerSettings>(
  given: Given,
  journaled: JournaledServer,
  folder = '',
): Given & { readonly options: { readonly server: JournaledServer } } {
  const [caFile, certFile] = [journaled.caFile, journaled.certFile].map(
    path => path && resolve(folder, path),
  )
  const server = { ...journaled, ...defined({ caFile, certFile }), ...given.options.server }
  return { ...given, options: { ...given.options, server } }
}
