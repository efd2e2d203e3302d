/*
  Options of commands that resume a run: the folder of its journal, and its server. Default: the server in the journal.
*/
import { resolve } from 'node:path'
import { DdbError, UsageError } from '../../errors.js'
import { runNames } from '../../load/journal/known-runs.js'
import type { JournalOptions, ServerTarget } from '../../load/options.js'
import { systemPlatform } from '../../platform/system.js'
import { didYouMean } from '../output/terminal-text.js'
import { stateFolder } from '../files/state-folder.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { defined, type SettingsOf } from './reading/definition.js'
import { serverOptions, type ServerSettings } from './server-options.js'

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
    throw new UsageError('DDB_USAGE', '--restart needs --run-id: which run should start over?')
  }
  const workingFolder = processEnvironment.workingFolder()
  return {
    folder: journalFolder(settings, processEnvironment),
    ...(workingFolder === undefined ? {} : { workingFolder }),
    ...(restart === undefined ? {} : { restart }),
  }
}

/** The error for a name that no run has. @param folder  of the journals */
export async function missingRunError(folder: string, runId: string): Promise<DdbError> {
  const names = await runNames(folder, systemPlatform.files)
  return new DdbError(
    'DDB_RUN_MISSING',
    `no run "${runId}" in ${folder}/runs${didYouMean(runId, names)}: ddb-ingest runs lists those that have a journal`,
  )
}

const journaled = { default: undefined, defaultNote: "the run's own" }

/** Like `serverOptions`, but the journal provides the defaults. */
export const journaledServerOptions = {
  ...serverOptions,
  host: defined({ ...serverOptions.host, ...journaled }),
  user: defined({ ...serverOptions.user, ...journaled }),
}

/** The server settings from flags or environment. */
export type GivenServer = SettingsOf<typeof journaledServerOptions>

/** The part of a server's options that journals keep. */
export type JournaledServer = Pick<ServerTarget, 'host' | 'port' | 'otherHosts' | 'user'>

/** The TLS and compression options of the run's connection. @param placeOf  the present path of a file of the run */
export function protectionOf(
  { tls, caFile, certFile, compress }: ServerTarget,
  placeOf = (path: string): string => path,
): Partial<ServerTarget> {
  const files = Object.entries(defined({ caFile, certFile }))
  const placed = Object.fromEntries(files.map(([name, path]) => [name, placeOf(path)]))
  return { ...defined({ tls, compress }), ...placed }
}

/** Completes the user's settings with the journal's server. */
export function serverSettingsOf<Given extends GivenServer>(
  given: Given,
  journaled: JournaledServer,
): Given & ServerSettings {
  const { host, port, otherHosts = [], user } = journaled
  return {
    ...given,
    host: given.host ?? [{ host, port }, ...otherHosts],
    ...(user === undefined || given.user !== undefined ? {} : { user }),
  }
}
