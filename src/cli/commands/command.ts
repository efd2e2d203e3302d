/* What a command is, and what it gets to run. */
import type { OptionTable, OptionSources } from '../options/definition.js'
import type { CommandName } from '../options/options.js'
import type { HelpTexts } from '../language/help-texts.js'
import type { UserCall } from '../output/failures.js'
import type { Output } from '../output/output.js'
import { startProgress } from '../output/progress.js'
import { catchSignals, type ProcessEnvironment } from '../process-environment.js'
import type { LoadOptions } from '../../load/options.js'

export interface Call {
  readonly commands: readonly Command[]
  readonly args: readonly string[]
  /** The arguments after `--` in `serve -- CMD…`. */
  readonly childCommand: readonly string[]
  readonly sources: OptionSources
  readonly processEnvironment: ProcessEnvironment
  readonly output: Output
  readonly helpTexts: HelpTexts
  /** The user's call, for reporting failures. `run` may store here which command to try next. */
  readonly asked: UserCall
  /** Prints this command's help on standard error, for incomplete calls. */
  showHelp(): void
}

/** Runs what reads inputs without sending them: shows its progress, and ends it at a signal. @param action  gets the options for that */
export async function watched<Result extends { readonly status: string; exitCode: number }>(
  quiet: boolean | undefined,
  { output, processEnvironment }: Call,
  action: (watch: Watch) => Promise<Result>,
): Promise<Result> {
  const progress = await startProgress(quiet ?? false, output, processEnvironment)
  using interruption = catchSignals(processEnvironment)
  const { signal, leaving: leave } = interruption
  try {
    const result = await action({
      ...{ signal, leave },
      onReport: report => progress.report({ ...report, sentRows: report.rows.unsent }),
    })
    if (result.status === 'interrupted') {
      result.exitCode = interruption.exitCode ?? result.exitCode
    }
    return result
  } finally {
    progress.stop()
  }
}

type Watch = Pick<Required<LoadOptions>, 'signal' | 'leave' | 'onReport'>

/** A command without the type of its settings. */
export interface Command {
  readonly name: CommandName
  /** Heading under which the help lists the command. */
  readonly group: string
  /** The command's arguments: `<one>`, `[one]`, `[several...]`, or none. */
  readonly args: string
  readonly summary: string
  /** What a brief help shows instead of all options: the keys of the common ones, and an example. */
  readonly brief?: { readonly options: readonly string[]; readonly example: string } | undefined
  readonly options: OptionTable
  /** Reads the settings immediately, so that errors in them are found before anything runs. */
  prepare(sources: OptionSources): (call: Call) => Promise<number>
}
