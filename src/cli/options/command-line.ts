/*
  Reads command, flags and arguments with commander, which only collects their text; resolve.ts interprets it.
*/
import { Command as Parser, CommanderError, Option, type HelpConfiguration } from 'commander'
import { UsageError } from '../../errors.js'
import { version } from '../../version.js'
import { briefHelp, firstSteps } from '../commands/brief-help.js'
import type { Command } from '../commands/command.js'
import { program } from '../commands/help.js'
import { english, type HelpTexts } from '../language/help-texts.js'
import { longName, type OptionDefinition } from './definition.js'
import { clean, displayWidth, wrapped } from '../output/terminal-text.js'

/** A command line, not yet interpreted. */
export interface CommandLine {
  readonly command: Command
  readonly args: readonly string[]
  /** Long name → the given texts; `true` for switches. */
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** The user requested the help or the version: the caller prints `answer` and ends. */
export interface Answered {
  readonly answer: string
}

/** @param columns  width of the help @throws {UsageError} DDB_USAGE, with the nearest names for unknown ones */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  columns: number,
  words: HelpTexts = english,
): CommandLine | Answered {
  if (argv.length === 0) return { answer: firstSteps[words.language] }
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
  const layout = layoutIn(words)
  const subs = commands.map(command => subcommand(parser, command, columns, words))
  if (argv.length === 1 && argv[0] === `--${wholeHelp}`) {
    parser.outputHelp()
    for (const sub of subs) {
      answer += '\n'
      sub.configureHelp(layout).outputHelp()
    }
    return { answer }
  }
  for (const [at, command] of commands.entries()) {
    const sub = subs[at]!
    sub.on(`option:${wholeHelp}`, () => {
      sub.configureHelp(layout)
      sub.help()
    })
    sub.action(() => {
      found = { command, args: sub.args, flags: flagsOf(sub, command) }
    })
  }
  try {
    parser.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || error.code === 'commander.help') return { answer }
    throw new UsageError('DDB_USAGE', complaint(error.message))
  }
  return found ?? { answer: parser.helpInformation() }
}

function newParser(words: HelpTexts): Parser {
  const { say } = words
  return new Parser(program.name)
    .description(say(program.summary))
    .version(version, '-V, --version', say('print the version'))
    .helpOption('-h, --help', say('print help'))
    .addHelpCommand(
      new Parser('help')
        .argument('[command]')
        .description(say('print the help of a command'))
        .helpGroup(say('Tools') + say(':')),
    )
    .addHelpText('after', words.epilogue(program.name, program.epilogue))
    .configureHelp(layoutIn(words))
}

/** commander wraps texts next to the flags only if this many columns are left, as on a terminal of 60 columns. */
const minWidthToWrap = 20

/** Shows `--json[=file]`, as it must be typed. */
const optionTerm = ({ flags }: Option): string => flags.replace(/ \[(\w+)\]$/, '[=$1]')

/** Chinese characters are two columns wide, and a line may break after each. */
function layoutIn({ language, say }: HelpTexts): HelpConfiguration {
  if (language === 'en') return { minWidthToWrap, optionTerm }
  return {
    minWidthToWrap,
    optionTerm,
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

/** Shows every option, while --help shows only common ones. */
const wholeHelp = 'help-all'

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

function subcommand(parser: Parser, command: Command, columns: number, words: HelpTexts): Parser {
  const { say } = words
  const summary = sentence(say(command.summary))
  const sub = parser
    .command(`${command.name} ${command.args}`.trim())
    .helpGroup(say(command.group) + say(':'))
    .summary(say(command.summary))
    .description(summary)
    .addHelpOption(new Option('-h, --help', say('print help')).helpGroup(say('Output') + say(':')))
  for (const definition of Object.values(command.options)) {
    sub.addOption(optionOf(definition, words))
  }
  sub.addOption(
    new Option(`--${wholeHelp}`, say('print help with all options')).helpGroup(
      say('Output') + say(':'),
    ),
  )
  const brief = briefHelp({ ...command, summary }, columns, words)
  sub.configureHelp(brief === undefined ? layoutIn(words) : { formatHelp: () => brief })
  const isBrief = (): boolean => sub.configureHelp().formatHelp !== undefined
  sub.addHelpText('after', () => (isBrief() ? '' : words.epilogue(command.name, command.epilogue)))
  return sub
}

function sentence(text: string): string {
  const end = /[\u4e00-\u9fff]/.test(text) ? '。' : '.'
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`
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
  const names = new Set(Object.values(command.options).map(longName))
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
