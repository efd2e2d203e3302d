/* The texts of the help, which are data in docs/: in English; in Chinese, like those of `explain`, for a terminal with a Chinese locale. */
import { readFileSync } from 'node:fs'
import { packageFile } from '../../version.js'
import type { OptionDefinition } from '../options/definition.js'

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

/** The content of docs/zh/help.json. */
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
