/*
  The description of a command: its options, its place in the help, and the module that runs it, loaded on demand.
*/
import type { OptionTable, SettingsOf } from '../options/definition.js'
import { resolveOptions, type OptionSources } from '../options/resolve.js'
import { epilogues } from './help.js'
import type { HelpTexts } from '../language/help-texts.js'
import type { UserCall } from '../output/failures.js'
import type { Output } from '../output/output.js'
import type { ProcessEnvironment } from '../process-environment.js'

export interface Call {
  /** Every command. */
  readonly commands: readonly Command[]
  readonly args: readonly string[]
  /** The arguments after `--` in `serve -- CMD…`. */
  readonly childCommand: readonly string[]
  readonly sources: OptionSources
  readonly processEnvironment: ProcessEnvironment
  readonly output: Output
  /** The help in the reader's language. */
  readonly helpTexts: HelpTexts
  /** The user's call, for reporting failures. `run` may store here which command to try next. */
  readonly asked: UserCall
  /** Prints this command's help on standard error, for incomplete calls. */
  showHelp(): void
}

export interface CommandFacts<Table extends OptionTable> {
  readonly name: string
  readonly group: string
  readonly summary: string
  /** The command's arguments in commander's notation, such as `[source...]`; empty if it takes none. */
  readonly args: string
  readonly options: Table
  /** False if this command does not use the settings that clients share, such as `host`. */
  readonly isClient?: false
  readonly load: () => Promise<{ run(settings: SettingsOf<Table>, call: Call): Promise<number> }>
}

/** A command without the type of its settings. */
export interface Command extends Omit<CommandFacts<OptionTable>, 'load' | 'isClient'> {
  readonly environmentPrefix: string
  /** The help text that follows the options. */
  readonly epilogue: string
  /** Reads the settings immediately, so that errors in them are found before anything runs. */
  prepare(sources: OptionSources): (call: Call) => Promise<number>
}

/** Hides the type of a command's settings, so that all commands have one type. */
export function defineCommand<Table extends OptionTable>(facts: CommandFacts<Table>): Command {
  const { name, isClient = true } = facts
  return {
    ...facts,
    environmentPrefix: isClient ? 'DDB_INGEST_' : `DDB_INGEST_${name.toUpperCase()}_`,
    epilogue: epilogues[name] ?? '',
    prepare(sources) {
      const settings = resolveOptions(facts.options, sources)
      return async call => (await facts.load()).run(settings, call)
    },
  }
}
