/*
  What a command is: its options, its place in the help, and the module that does the work, loaded when it is used.
*/
import type { OptionTable, SettingsOf } from '../options/reading/definition.js'
import { resolveOptions, type OptionSources } from '../options/reading/resolve.js'
import { epilogues } from './help.js'
import type { Asked } from '../output/advice.js'
import type { Output } from '../output/output.js'
import type { ProcessEnvironment } from '../process-environment.js'

/** What a command is given besides its settings. */
export interface Call {
  readonly args: readonly string[]
  /** What follows `--` of `serve -- CMD…`. */
  readonly childCommand: readonly string[]
  readonly sources: OptionSources
  readonly processEnvironment: ProcessEnvironment
  readonly output: Output
  /** What is known of the call when something fails; a command may say which one comes next. */
  readonly asked: Asked
  /** Prints this command's help on standard error, for calls that lack what they need. */
  showHelp(): void
}

/** A command as the registry describes it. */
export interface CommandFacts<Table extends OptionTable> {
  readonly name: string
  readonly group: string
  readonly summary: string
  /** `[source...]`, as commander reads it; empty for none. */
  readonly args: string
  readonly options: Table
  /** False where the settings shared by clients (`host`, `port`) would mean something else. */
  readonly isClient?: false
  /** Another command whose own settings in configuration files count as well. */
  readonly settingsOf?: string
  readonly load: () => Promise<{ run(settings: SettingsOf<Table>, call: Call): Promise<number> }>
}

/** A command without the type of its settings. */
export interface Command extends Omit<CommandFacts<OptionTable>, 'load' | 'isClient'> {
  /** Prefix of its environment variables. */
  readonly environmentPrefix: string
  readonly takesSharedConfig: boolean
  /** Shown below the options. */
  readonly epilogue: string
  /** Reads the settings now, so that wrong ones are found before anything runs. */
  prepare(sources: OptionSources): (call: Call) => Promise<number>
}

/** Settings keep their type inside; outside all commands look alike. */
export function defineCommand<Table extends OptionTable>(facts: CommandFacts<Table>): Command {
  const { name, isClient = true } = facts
  return {
    ...facts,
    environmentPrefix: isClient ? 'DDB_INGEST_' : `DDB_INGEST_${name.toUpperCase()}_`,
    takesSharedConfig: isClient,
    epilogue: epilogues[name] ?? '',
    prepare(sources) {
      const settings = resolveOptions(facts.options, sources)
      return async call => (await facts.load()).run(settings, call)
    },
  }
}
