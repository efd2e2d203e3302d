/* Reads the words of the command line: replaces `@FILE` by the options in the file, and has commander divide them into command, flags and
   arguments, or print help. definition.ts interprets the texts of the flags. */
import { readFileSync } from 'node:fs'
import { Command as Parser, CommanderError, Option, type HelpConfiguration } from 'commander'
import { UsageError, usageError } from '../../errors.js'
import { systemName } from '../../platform/file-name.js'
import { version } from '../../version.js'
import { type Command, english, englishHelp, type HelpTexts } from '../commands/command.js'
import { clean, displayWidth, systemCode, wrapped } from '../output/output.js'
import type { OptionTable, OptionSources } from './definition.js'

/**
 * Replaces each `@FILE` by the options in the file. They come first, so the command line overrides them. An option whose
 * value is optional gets `=true`, so that the next word is not taken for its value. @throws {UsageError} DDB_CONFIG
 */
function withOptionFiles([command, ...words]: readonly string[], options: OptionTable) {
  if (command === undefined) return { argv: [], files: [] }
  const formOf = (flag = '') =>
    Object.values(options).find(one => [`--${one.name}`, `-${one.short}`].includes(flag))?.form
  const complete = (word: string): string => (formOf(word) === 'optional' ? `${word}=true` : word)
  const end = [...words, '--'].indexOf('--')
  const files: string[] = []
  const own: string[] = []
  for (const [at, word] of words.entries()) {
    if (at >= end || formOf(words[at - 1]) === 'value') own.push(word)
    else if (/^@./.test(word)) files.push(word.slice(1))
    else own.push(complete(word))
  }
  const inFiles = files.flatMap(path => optionsIn(path, formOf))
  return { argv: [command, ...inFiles.map(complete), ...own], files }
}

/** A file has one option in each line, as on the command line but without quotes; `#` begins a comment line. */
function optionsIn(path: string, formOf: (flag?: string) => string | undefined): string[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(systemName(path)))
  } catch (cause) {
    const why = cause instanceof TypeError ? 'it is not UTF-8' : systemCode(cause)
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the options in ${clean(path)} (${why}): @FILE names a file of options, ./@FILE an input`,
      { cause },
    )
  }
  return text.split('\n').flatMap((line, at) => {
    const given = line.trim()
    if (given === '' || given.startsWith('#')) return []
    const [, name, separator, value] = /^(--[a-z-]+)(=|\s+|$)(.*)$/s.exec(given) ?? []
    // The next line would be its value.
    const isCut = separator === '' && formOf(name) === 'value'
    const isLong = separator !== '' && formOf(name) === 'switch'
    if (name !== undefined && !isCut && !isLong)
      return [separator === '' ? name : `${name}=${value}`]
    const one = isLong ? `${name} without a value` : 'one option, such as --table trades'
    const expected = isCut ? `a value after ${name} (${name}= stands for an empty one)` : one
    throw new UsageError('DDB_CONFIG', `${clean(path)}, line ${at + 1}: expected ${expected}`)
  })
}

export interface CommandLine extends Omit<Required<OptionSources>, 'environment'> {
  readonly command: Command
  readonly args: readonly string[]
  readonly help: () => string
}

/** Shows every option, while --help shows only common ones. */
const wholeHelp = 'help-all'

/**
 * @param columns  width of the help @returns `answer`: the help or the version that the user requested: the caller prints it and ends
 * @throws {UsageError} DDB_USAGE, with the nearest names for unknown ones; DDB_CONFIG for a file of options
 */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  columns: number,
  words: HelpTexts = english,
): CommandLine | { readonly answer: string } {
  const named = commands.find(({ name }) => name === argv[0])
  const { argv: expanded, files } = withOptionFiles(argv, named?.options ?? {})
  let answer = ''
  let found: CommandLine | undefined
  const write = (text: string): void => void (answer += text)
  const parser = newParser(words)
    .exitOverride()
    .configureOutput({
      ...{ writeOut: write, writeErr: write, outputError: () => undefined },
      ...{ getOutHelpWidth: () => columns, getErrHelpWidth: () => columns },
    })
  for (const command of commands) {
    const sub = subcommand(parser, command, words)
    // Adding the options of all commands would take most of the time; only the help of the program shows which commands have some.
    if (named !== undefined && command !== named) continue
    const texts = addOptions(sub, command, words)
    const help = (): string => {
      sub.outputHelp()
      return answer
    }
    sub.action(() => {
      const flags = new Map(texts.filter(([, given]) => given.length > 0))
      found = { command, args: sub.args, flags, files, help }
    })
  }
  try {
    parser.parse(expanded, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || error.code === 'commander.help') return { answer }
    throw usageError(complaint(error.message))
  }
  return found ?? { answer: parser.helpInformation() }
}

function newParser(words: HelpTexts): Parser {
  const { say, heading } = words
  return new Parser('ddb-ingest')
    .description(say(englishHelp.summary))
    .version(version, '-V, --version', say('print the version'))
    .helpOption('-h, --help', say('print help'))
    .addHelpCommand(
      new Parser('help')
        .argument('[command]')
        .description(say('print the help of a command'))
        .helpGroup(heading('Tools')),
    )
    .addHelpText('after', words.epilogue('ddb-ingest'))
    .configureHelp(layoutIn(words))
}

/** Chinese characters are two columns wide, and a line may break after each. */
function layoutIn({ language, say }: HelpTexts): HelpConfiguration {
  const layout: HelpConfiguration = {
    // commander wraps texts next to the flags only if this many columns are left, as on a terminal of 60 columns.
    minWidthToWrap: 20,
    // Shows `--json[=file]`, as it must be typed.
    optionTerm: ({ flags }) => flags.replace(/ \[(\w+)\]$/, '[=$1]'),
  }
  if (language === 'en') return layout
  return {
    ...layout,
    displayWidth,
    boxWrap: (text, width) =>
      text
        .split('\n')
        .flatMap(line => wrapped(line, width))
        .join('\n'),
    // commander writes this title itself; the other titles are translated already.
    styleTitle: title => (title === 'Usage:' ? say('Usage: ').trimEnd() : title),
  }
}

/** Help that fits a screen, for the commands with the most options. */
function briefLayout(
  { name, options, brief }: Command,
  summary: string,
  { say, optionHelp }: HelpTexts,
): HelpConfiguration {
  if (brief === undefined) return {}
  return {
    formatHelp(_, helper) {
      const fit = (text: string): string => helper.boxWrap(text, helper.helpWidth ?? 80)
      const rows = brief.options.map(key => {
        const { flags, helpName } = options[key]!
        return helper.formatItem(flags, 29, optionHelp(helpName).split(/[;；]/)[0]!, helper)
      })
      return [
        fit(`${say('Usage: ')}ddb-ingest ${name} [source...] --table <name> [options]`),
        ...[fit(summary), '', ...rows, '', fit(say('Example: ') + brief.example)],
        fit(`${say('All options, examples and exit codes: ')}ddb-ingest ${name} --help-all`),
        '',
      ].join('\n')
    },
  }
}

function subcommand(parser: Parser, command: Command, words: HelpTexts): Parser {
  const { say, heading, language } = words
  const said = say(command.summary)
  const summary = `${said.charAt(0).toUpperCase()}${said.slice(1)}${language === 'zh' ? '。' : '.'}`
  const sub = parser.command(`${command.name} ${command.args}`.trim())
  const isBrief = (): boolean => sub.configureHelp().formatHelp !== undefined
  return sub
    .helpGroup(heading(command.group))
    .summary(said)
    .description(summary)
    .addHelpOption(helpOption('-h, --help', 'print help', words))
    .configureHelp({ ...layoutIn(words), ...briefLayout(command, summary, words) })
    .addHelpText('after', () => (isBrief() ? '' : words.epilogue(command.name)))
    .on(`option:${wholeHelp}`, () => sub.configureHelp(layoutIn(words)).help())
}

const helpOption = (flag: string, text: string, { say, heading }: HelpTexts): Option =>
  new Option(flag, say(text)).helpGroup(heading('Output'))

/** @returns the texts that each flag will be given, in the order of the help */
function addOptions(sub: Parser, { name: command, options }: Command, words: HelpTexts) {
  const texts = Object.values(options).map(definition => {
    const flag = definition.flags.replace(/\[=(\w+)\]/, ' [$1]')
    const option = new Option(flag, words.optionText(command, definition))
    const given: string[] = []
    option.helpGroup(words.heading(definition.group))
    sub.addOption(option.argParser((text = 'true') => given.push(text)))
    return [definition.name, given] as const
  })
  sub.addOption(helpOption(`--${wholeHelp}`, 'print help with all options', words))
  return texts
}

function complaint(message: string): string {
  if (/unknown option '--password(?![a-z-])/.test(message)) {
    return 'a password does not belong on the command line, where other users can read it: use --password-file or DDB_PASSWORD'
  }
  const text = message
    .replace(/^error: |\.$/g, '')
    .replace('(Did you', '(did you')
    // The text after the = of an unknown option may be a secret.
    .replace(/(unknown option '[^'=]*)=[^\n]*'/, "$1'")
  return clean(text)
}
