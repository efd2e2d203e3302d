/* What a command is, and what it gets to run. The texts of the help, which are data in docs/: in English; in Chinese, like those of
   `explain`, for a terminal with a Chinese locale. */
import { readFileSync } from 'node:fs'
import type { OptionDefinition, OptionSources, OptionTable } from '../options/definition.js'
import type { CommandName } from '../options/options.js'
import type { UserCall } from '../output/failures.js'
import type { Output } from '../output/output.js'
import { startProgress } from '../output/progress.js'
import { catchSignals, type ProcessEnvironment } from '../process-environment.js'
import type { LoadOptions } from '../../load/options.js'
import { packageFile } from '../../version.js'

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
  action: (watch: Required<Pick<LoadOptions, 'signal' | 'leave' | 'onReport'>>) => Promise<Result>,
): Promise<Result> {
  const progress = await startProgress(quiet ?? false, output, processEnvironment)
  using interruption = catchSignals(processEnvironment)
  const { signal, leaving: leave } = interruption
  try {
    const result = await action({
      ...{ signal, leave },
      onReport: report => progress.report({ ...report, sentRows: report.rows.unsent }),
    })
    if (result.status === 'interrupted') result.exitCode = interruption.exitCode ?? result.exitCode
    return result
  } finally {
    progress.stop()
  }
}

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

const readJson = (path: string): unknown => JSON.parse(readFileSync(packageFile(path), 'utf8'))

/** The content of docs/help.json. A test compares it with the commands and their options, and with the Chinese texts. */
interface EnglishHelp {
  readonly summary: string
  readonly commands: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** Defaults that the program determines later; `resume.host` is that of `host` in `resume`. */
  readonly defaults: Readonly<Record<string, string>>
  /** The lines below the options, by the name of the command or of the program. */
  readonly epilogues: Readonly<Record<string, readonly string[]>>
}

export const englishHelp = readJson('docs/help.json') as EnglishHelp

interface ChineseHelp extends Omit<EnglishHelp, 'summary' | 'commands' | 'defaults'> {
  /** Headings, summaries and defaults, by their English texts. */
  readonly texts: Readonly<Record<string, string>>
}

export const readChineseHelp = (): ChineseHelp => readJson('docs/zh/help.json') as ChineseHelp

export type HelpTexts = Readonly<ReturnType<typeof textsOf>>

/** The texts of one language; a text without a translation stays English. */
function textsOf(
  language: 'en' | 'zh',
  { options, epilogues }: Pick<EnglishHelp, 'options' | 'epilogues'>,
  texts: ChineseHelp['texts'] = {},
) {
  const say = (text: string): string => texts[text] ?? text
  const optionHelp = (name: string): string => options[name] ?? ''
  const [open, close] = language === 'zh' ? ['（', '）'] : [' (', ')']
  return {
    ...{ language, say, optionHelp },
    heading: (text: string) => say(text) + say(':'),
    /** What an option of a command does, and its default in parentheses. */
    optionText: (command: string, { helpName, default: own }: OptionDefinition): string => {
      const { defaults } = englishHelp
      const note = defaults[`${command}.${helpName}`] ?? own ?? defaults[helpName]
      const text = optionHelp(helpName)
      return note === undefined ? text : `${text}${open}${say(note)}${close}`
    },
    epilogue: (name: string) => epilogues[name]?.join('\n') ?? '',
  }
}

export const english = textsOf('en', englishHelp)

/** Reads Chinese only if it is needed. Pipes and files get English, because programs may read it. */
export function helpTextsFor(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): HelpTexts {
  // The first variable that is set counts, as in POSIX.
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  if (!isTerminal || !/^zh(?:[_.-]|$)/i.test(locale)) return english
  const chinese = readChineseHelp()
  return textsOf('zh', chinese, chinese.texts)
}
