/*
  What commands that go on with a run read of it: where its journal is kept, and the server as far as nothing else is given.
*/
import { resolve } from 'node:path'
import { UsageError } from '../../errors.js'
import type { JournalOptions, ServerAddress, ServerTarget } from '../../load/options.js'
import { stateFolder } from '../files/state-folder.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { defined, type SettingsOf } from './reading/definition.js'
import type { HostAddress } from './reading/readers.js'
import { serverOptions, type ServerSettings } from './server-options.js'

/** Settings that journals depend on. */
export interface JournalSettings {
  readonly runId?: string
  readonly stateDir?: string
  readonly restart?: boolean
  readonly changed?: boolean
}

/** The folder that was named, else that of the program; absolute. */
export function journalFolder(
  { stateDir }: JournalSettings,
  { environment }: ProcessEnvironment,
): string {
  return stateDir === undefined ? stateFolder(environment) : resolve(stateDir)
}

/**
 * The journal of a run with a name; undefined for others.
 * @throws {UsageError} DDB_USAGE when a run without a name is to begin anew
 */
export function journalOf(
  settings: JournalSettings,
  processEnvironment: ProcessEnvironment,
): JournalOptions | undefined {
  const { runId, restart, changed } = settings
  if (runId === undefined) {
    if (changed) {
      throw new UsageError('DDB_USAGE', '--changed needs --run-id: changed since which run?')
    }
    if (!restart) return undefined
    throw new UsageError('DDB_USAGE', '--restart needs --run-id: which run shall begin anew?')
  }
  const workingFolder = processEnvironment.workingFolder()
  return {
    folder: journalFolder(settings, processEnvironment),
    ...(workingFolder === undefined ? {} : { workingFolder }),
    ...(restart === undefined ? {} : { restart }),
    ...(changed === undefined ? {} : { changed }),
  }
}

const journaled = { default: undefined, defaultNote: "the run's own" }

/** As `serverOptions`, where the journal takes the place of defaults. */
export const journaledServerOptions = {
  ...serverOptions,
  host: defined({ ...serverOptions.host, ...journaled }),
  port: defined({ ...serverOptions.port, ...journaled }),
  user: defined({ ...serverOptions.user, ...journaled }),
}

/** What was given, by flags, environment or configuration. */
export type GivenServer = SettingsOf<typeof journaledServerOptions>

/** The server as far as journals keep it. */
export type JournaledServer = Pick<ServerTarget, 'host' | 'port' | 'otherHosts' | 'user'>

/** How the server of a run was reached: it holds, unless it is said otherwise. @param placeOf  its files now */
export function protectionOf(
  { tls, caFile, certFile, keyFile, compress }: ServerTarget,
  placeOf = (path: string): string => path,
): Partial<ServerTarget> {
  const files = Object.entries(defined({ caFile, certFile, keyFile }))
  const placed = Object.fromEntries(files.map(([name, path]) => [name, placeOf(path)]))
  return { ...defined({ tls, compress }), ...placed }
}

/** Settings without gaps. */
export function serverSettingsOf<Given extends GivenServer>(
  given: Given,
  journaled: JournaledServer,
): Given & ServerSettings {
  const { host, port, otherHosts = [], user } = journaled
  const own = (address: ServerAddress): HostAddress => ({
    ...address,
    port: given.port ?? address.port,
  })
  return {
    ...given,
    host: given.host ?? [own({ host, port }), ...otherHosts.map(own)],
    port: given.port ?? port,
    ...(user === undefined || given.user !== undefined ? {} : { user }),
  }
}
