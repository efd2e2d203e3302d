/*
  The help of the program and of its commands. Its texts are data in docs/: in English, and in Chinese for a terminal with a Chinese
  locale. `explain` chooses its language in the same way.
*/
import { readFileSync } from 'node:fs'
import { packageFile } from '../../version.js'
import type { Command } from '../commands/command.js'
import type { OptionDefinition } from '../options/definition.js'
import { displayWidth, fieldLines, wrapped } from '../output/terminal-text.js'

const readJson = (path: string): unknown => JSON.parse(readFileSync(packageFile(path), 'utf8'))

/** The content of docs/help.json. A test compares it with the commands and their options, and with the Chinese texts. */
interface EnglishHelp {
  readonly summary: string
  /** What each command does. */
  readonly commands: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  /** The lines below the options, by the name of the command or of the program. */
  readonly epilogues: Readonly<Record<string, readonly string[]>>
}

export const englishHelp = readJson('docs/help.json') as EnglishHelp

/** The content of docs/zh/help.json. */
interface ChineseHelp extends Omit<EnglishHelp, 'summary' | 'commands'> {
  /** Headings, summaries and defaults, by their English texts. */
  readonly texts: Readonly<Record<string, string>>
}

export const readChineseHelp = (): ChineseHelp => readJson('docs/zh/help.json') as ChineseHelp

/** The texts of one language; a text without a translation stays English. */
export interface HelpTexts {
  readonly language: 'en' | 'zh'
  say(this: void, english: string): string
  optionHelp(this: void, name: string): string
  /** The text below the options of a command, or of the program. */
  epilogue(this: void, name: string): string
}

const textsOf = (
  language: HelpTexts['language'],
  { options, epilogues }: Pick<EnglishHelp, 'options' | 'epilogues'>,
  texts: ChineseHelp['texts'] = {},
): HelpTexts => ({
  language,
  say: text => texts[text] ?? text,
  optionHelp: name => options[name] ?? '',
  epilogue: name => epilogues[name]?.join('\n') ?? '',
})

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

type Row = readonly [term: string, text: string]

/** Groups of rows under their headings; all texts begin in the same column. */
function sections(rows: readonly (readonly [group: string, ...Row])[], columns: number): string {
  const width = Math.max(...rows.map(([, term]) => displayWidth(term)))
  const groups = [...new Set(rows.map(([group]) => group))].map(group => {
    const own = rows.filter(([one]) => one === group)
    const padded = own.map(([, term, text]): Row => [term.padEnd(width), text])
    // On a very narrow terminal, the terminal wraps the texts.
    const lines = fieldLines(padded, Math.max(columns, width + 24))
    return `\n${group}\n${lines.join('\n')}\n`
  })
  return groups.join('')
}

const asSentence = (text: string, language: HelpTexts['language']): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${language === 'zh' ? '。' : '.'}`

const fitted = (text: string, columns: number): string => `${wrapped(text, columns).join('\n')}\n`

/** The output of `ddb-ingest --help`. */
export function programHelp(
  commands: readonly Command[],
  columns: number,
  { say, epilogue }: HelpTexts,
): string {
  const [options, tools] = [say('Options'), say('Tools')].map(title => title + say(':'))
  const rows = commands.map(({ group, name, args, summary }) => {
    return [say(group) + say(':'), `${name} ${args}`.trim(), say(summary)] as const
  })
  const all = [
    [options!, '-V, --version', say('print the version')] as const,
    [options!, '-h, --help', say('print help')] as const,
    ...rows,
    [tools!, 'help [command]', say('print the help of a command')] as const,
  ]
  const usage = `${say('Usage: ')}ddb-ingest <command> [options]\n\n`
  const summary = fitted(say(englishHelp.summary), columns)
  return `${usage}${summary}${sections(all, columns)}${epilogue('ddb-ingest')}\n`
}

/** The output of `ddb-ingest NAME --help`: for the commands with the most options, only the common ones, unless `isWhole`. */
export function commandHelp(
  command: Command,
  columns: number,
  words: HelpTexts,
  isWhole: boolean,
): string {
  const { name, args, options, brief } = command
  const { say, optionHelp, epilogue, language } = words
  const summary = fitted(asSentence(say(command.summary), language), columns)
  if (brief !== undefined && !isWhole) {
    const rows = brief.options.map((key): Row => {
      const { flags, helpName } = options[key]!
      return [flags, optionHelp(helpName).split(/[;；]/)[0]!]
    })
    const usage = `${say('Usage: ')}ddb-ingest ${name} [source...] --table <name> [options]`
    const more = `${say('All options, examples and exit codes: ')}ddb-ingest ${name} --help-all`
    const lines = fieldLines(rows, columns).join('\n')
    const example = fitted(say('Example: ') + brief.example, columns)
    return `${fitted(usage, columns)}${summary}\n${lines}\n\n${example}${fitted(more, columns)}`
  }
  const rows = Object.values(options).map(one => {
    return [say(one.group) + say(':'), one.flags, optionText(one, words)] as const
  })
  const output = say('Output') + say(':')
  const all = [
    ...rows,
    [output, '-h, --help', say('print help')] as const,
    [output, '--help-all', say('print help with all options')] as const,
  ]
  const usage = `${say('Usage: ')}ddb-ingest ${`${name} [options] ${args}`.trim()}\n\n`
  return `${usage}${summary}${sections(all, columns)}${epilogue(name)}\n`
}

/** The help text of an option, with its default in brackets. */
function optionText(definition: OptionDefinition, words: HelpTexts): string {
  const { defaultNote, helpName } = definition
  const fallback = definition.default ?? (defaultNote && words.say(defaultNote))
  const text = words.optionHelp(helpName)
  if (fallback === undefined) return text
  return words.language === 'zh' ? `${text}（${fallback}）` : `${text} (${fallback})`
}
