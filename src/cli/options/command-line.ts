/*
  Reads the words of the command line: restores their bytes, replaces `@FILE` by the options in the file, and has commander divide
  them into command, flags and arguments, or print help. resolve.ts interprets the texts of the flags.
*/
import { readFileSync } from 'node:fs'
import { Command as Parser, CommanderError, Option, type HelpConfiguration } from 'commander'
import { UsageError, usageError } from '../../errors.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'
import { version } from '../../version.js'
import type { Command } from '../commands/command.js'
import { english, englishHelp, type HelpTexts } from '../language/help-texts.js'
import { clean, displayWidth, systemCode, wrapped } from '../output/terminal-text.js'
import type { OptionDefinition, OptionTable } from './definition.js'

/**
 * Restores bytes of arguments, each as a lone surrogate (platform/file-name.ts). Node reads arguments as UTF-8 and replaces other
 * bytes by U+FFFD, so a file with such a name would not be found. Linux keeps the bytes in /proc/self/cmdline.
 * @param commandLine  each argument ended by a NUL, those of `argv` last; undefined if the system does not provide it
 */
export function rawArguments(
  argv: readonly string[],
  commandLine: () => Buffer | undefined,
): readonly string[] {
  if (!argv.some(text => text.includes('\ufffd'))) return argv
  const raw = (commandLine()?.toString('latin1') ?? '').split('\0').slice(0, -1)
  return argv.map((text, i) => {
    const bytes = Buffer.from(raw.at(i - argv.length) ?? '', 'latin1')
    return bytes.toString() === text ? nameOfBytes(bytes) : text
  })
}

/**
 * Replaces each `@FILE` by the options in the file. They come first, so the command line overrides them. An option whose
 * value is optional gets `=true`, so that the next word is not taken for its value. @throws {UsageError} DDB_CONFIG
 */
function withOptionFiles([command, ...words]: readonly string[], options: OptionTable) {
  if (command === undefined) return { argv: [], files: [] }
  const forms = new Map(
    Object.values(options).flatMap(({ name, short, reader: { form } }) => [
      [`--${name}`, form],
      [`-${short}`, form],
    ]),
  )
  const complete = (word: string): string =>
    forms.get(word) === 'optional' ? `${word}=true` : word
  const end = words.includes('--') ? words.indexOf('--') : words.length
  const isValue = (at: number): boolean =>
    at >= end || /^(?:value|repeated)$/.test(forms.get(words[at - 1] ?? '') ?? '')
  const isFile = (word: string, at: number): boolean => /^@./.test(word) && !isValue(at)
  const files = words.filter(isFile).map(word => word.slice(1))
  const own = words.flatMap((word, at) =>
    isFile(word, at) ? [] : [isValue(at) ? word : complete(word)],
  )
  return { argv: [command, ...files.flatMap(optionsIn).map(complete), ...own], files }
}

/** A file has one option in each line, as on the command line but without quotes; `#` begins a comment line. */
function optionsIn(path: string): string[] {
  let text: string
  try {
    text = readFileSync(systemName(path), 'utf8').replace(/^\ufeff/, '')
  } catch (cause) {
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the options in ${clean(path)} (${systemCode(cause)}): @FILE names a file of options, ./@FILE an input`,
      { cause },
    )
  }
  return text.split('\n').flatMap((line, at) => {
    const given = line.trim()
    if (given === '' || given.startsWith('#')) return []
    const [, name, separator, value] = /^(--[a-z-]+)(=|\s+|$)(.*)$/s.exec(given) ?? []
    if (name !== undefined) return [separator === '' ? name : `${name}=${value}`]
    throw new UsageError(
      'DDB_CONFIG',
      `${clean(path)}, line ${at + 1}: expected one option, such as --table trades`,
    )
  })
}

/** A command line, not yet interpreted. */
export interface CommandLine {
  readonly command: Command
  readonly args: readonly string[]
  /** Long name → the given texts; `true` for switches. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  /** The files named with `@FILE`, whose options are among `flags`. */
  readonly files: readonly string[]
}

/** The user requested the help or the version: the caller prints `answer` and ends. */
export interface Answered {
  readonly answer: string
}

/** Shows every option, while --help shows only common ones. */
const wholeHelp = 'help-all'

/**
 * @param columns  width of the help
 * @throws {UsageError} DDB_USAGE, with the nearest names for unknown ones; DDB_CONFIG for a file of options
 */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  columns: number,
  words: HelpTexts = english,
): CommandLine | Answered {
  const named = commands.find(({ name }) => name === argv[0])
  const { argv: expanded, files } = withOptionFiles(argv, named?.options ?? {})
  let answer = ''
  let found: CommandLine | undefined
  const parser = newParser(words)
    .exitOverride()
    .configureOutput({
      writeOut: text => (answer += text),
      writeErr: text => (answer += text),
      outputError: () => undefined,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
  const isWhole = argv[0] === `--${wholeHelp}` && argv.length === 1
  if (isWhole) parser.outputHelp()
  for (const command of commands) {
    const sub = subcommand(parser, command, words)
    const showAll = (): Parser => sub.configureHelp(layoutIn(words))
    if (isWhole) {
      answer += '\n'
      showAll().outputHelp()
    }
    sub.on(`option:${wholeHelp}`, () => showAll().help())
    sub.action(() => {
      found = { command, args: sub.args, flags: flagsOf(sub, command), files }
    })
  }
  if (isWhole) return { answer }
  try {
    parser.parse(expanded, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || error.code === 'commander.help') return { answer }
    throw usageError(complaint(error.message))
  }
  return found ?? { answer: parser.helpInformation() }
}

/** The output of `ddb-ingest NAME --help`. */
export function helpText(
  name: string,
  commands: readonly Command[],
  columns: number,
  words?: HelpTexts,
): string {
  const line = readCommandLine([name, '--help'], commands, columns, words)
  return 'answer' in line ? line.answer : ''
}

function newParser(words: HelpTexts): Parser {
  const { say } = words
  return new Parser('ddb-ingest')
    .description(say(englishHelp.summary))
    .version(version, '-V, --version', say('print the version'))
    .helpOption('-h, --help', say('print help'))
    .addHelpCommand(
      new Parser('help')
        .argument('[command]')
        .description(say('print the help of a command'))
        .helpGroup(say('Tools') + say(':')),
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
  const { say, language } = words
  const said = say(command.summary)
  const summary = `${said.charAt(0).toUpperCase()}${said.slice(1)}${language === 'zh' ? '。' : '.'}`
  const output = say('Output') + say(':')
  const sub = parser
    .command(`${command.name} ${command.args}`.trim())
    .helpGroup(say(command.group) + say(':'))
    .summary(said)
    .description(summary)
    .addHelpOption(new Option('-h, --help', say('print help')).helpGroup(output))
    .configureHelp({ ...layoutIn(words), ...briefLayout(command, summary, words) })
  for (const definition of Object.values(command.options)) {
    sub.addOption(optionOf(definition, words))
  }
  const isBrief = (): boolean => sub.configureHelp().formatHelp !== undefined
  return sub
    .addOption(new Option(`--${wholeHelp}`, say('print help with all options')).helpGroup(output))
    .addHelpText('after', () => (isBrief() ? '' : words.epilogue(command.name)))
}

function optionOf(definition: OptionDefinition, { say, optionHelp, language }: HelpTexts): Option {
  const { defaultNote } = definition
  const fallback = definition.default ?? (defaultNote && say(defaultNote))
  const text = optionHelp(definition.helpName)
  const [open, close] = language === 'zh' ? ['（', '）'] : [' (', ')']
  const help = fallback === undefined ? text : `${text}${open}${fallback}${close}`
  const option = new Option(definition.flags.replace(/\[=(\w+)\]/, ' [$1]'), help)
    .helpGroup(say(definition.group) + say(':'))
    .argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text])
  return definition.reader.form === 'switch' ? option.argParser(() => ['true']) : option
}

function flagsOf(sub: Parser, command: Command): Map<string, readonly string[]> {
  const names = new Set(Object.values(command.options).map(({ name }) => name))
  const flags = new Map<string, readonly string[]>()
  for (const option of sub.options) {
    const name = option.long?.slice(2) ?? ''
    const key = option.attributeName()
    if (!names.has(name) || sub.getOptionValueSource(key) !== 'cli') continue
    const value: unknown = sub.getOptionValue(key)
    flags.set(name, Array.isArray(value) ? (value as string[]) : ['true'])
  }
  return flags
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
