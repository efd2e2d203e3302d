/*
  The server of a run that has a journal: what is not given holds as the journal has it.
*/
import type { ServerTarget } from '../../../load/options.js'
import { defined } from '../reading/defined.js'
import type { SettingsOf } from '../reading/definition.js'
import { serverOptions, type ServerSettings } from '../server-options.js'

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

/** Settings without gaps. */
export function serverSettingsOf<Given extends GivenServer>(
  given: Given,
  journaled: JournaledServer,
): Given & ServerSettings {
  const { host, port, otherHosts = [], user } = journaled
  const hosts = [{ host, port }, ...otherHosts]
  return {
    ...given,
    host: given.host ?? hosts.map(own => ({ ...own, port: given.port ?? own.port })),
    port: given.port ?? port,
    ...(user === undefined || given.user !== undefined ? {} : { user }),
  }
}
