/*
  Collects the sources of a command's settings: its flags, the environment, and configuration files.
*/
import type { Command } from '../commands/command.js'
import { commands } from '../commands/commands.js'
import { readConfig } from './reading/config-file.js'
import {
  checkEnvironment,
  findValue,
  settableNames,
  type ConfigLayer,
  type OptionSources,
} from './reading/resolve.js'

/** @param flags  from commander @throws {UsageError} as `readConfig`; DDB_USAGE for an unknown DDB_INGEST_ variable */
export async function gatherSources(
  command: Command,
  flags: ReadonlyMap<string, readonly string[]>,
  environment: OptionSources['environment'],
): Promise<OptionSources> {
  checkEnvironment(environment, commands)
  const { environmentPrefix } = command
  const sources = { flags, environment, environmentPrefix, layers: [] as ConfigLayer[] }
  const config = command.options['config']
  if (config === undefined) return sources
  sources.layers = await readConfig(environment, findValue(config, sources)?.texts.at(-1), {
    command: command.name,
    settingsOf: command.settingsOf,
    takesShared: command.takesSharedConfig,
    known: new Map(commands.map(each => [each.name, settableNames(each)])),
  })
  return sources
}
