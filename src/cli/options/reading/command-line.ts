/*
  Reads the command line with commander: which command, which flags, which arguments. commander only collects text;
  what it means is decided in resolve.ts.
*/
import { Command as Parser, CommanderError, Option } from 'commander'
import { UsageError } from '../../../errors.js'
import { version } from '../../../version.js'
import { briefHelp, firstSteps } from '../../commands/brief-help.js'
import type { Command } from '../../commands/command.js'
import { program } from '../../commands/help.js'
import { longName, type OptionDefinition } from './definition.js'
import { clean } from '../../output/terminal-text.js'

/** What was typed, not yet understood. */
export interface CommandLine {
  readonly command: Command
  readonly args: readonly string[]
  /** Long name → what was given; `true` for switches. */
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** Help or the version was asked for: print and end. */
export interface Answered {
  readonly answer: string
}

/**
 * @param columns  width of the help
 * @throws {UsageError} DDB_USAGE, with the nearest names for what is unknown
 */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  columns: number,
): CommandLine | Answered {
  if (argv.length === 0) return { answer: firstSteps }
  let answer = ''
  let found: CommandLine | undefined
  const parser = new Parser(program.name)
    .description(program.summary)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpCommand(
      new Parser('help')
        .argument('[command]')
        .description('print the help of a command')
        .helpGroup('Tools:'),
    )
    .addHelpText('after', program.epilogue)
    .exitOverride()
    .configureOutput({
      writeOut: text => (answer += text),
      writeErr: text => (answer += text),
      outputError: () => undefined,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    })
  for (const command of commands) {
    const sub = subcommand(parser, command, columns)
    sub.on(`option:${wholeHelp}`, () => {
      sub.configureHelp({})
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

/** Every option, where --help has only those that people use. */
const wholeHelp = 'help-all'

/** What `ddb-ingest NAME --help` prints. */
export function helpText(name: string, commands: readonly Command[], columns: number): string {
  const line = readCommandLine([name, '--help'], commands, columns)
  return 'answer' in line ? line.answer : ''
}

function subcommand(parser: Parser, command: Command, columns: number): Parser {
  const sub = parser
    .command(`${command.name} ${command.args}`.trim())
    .helpGroup(`${command.group}:`)
    .summary(command.summary)
    .description(sentence(command.summary))
    .addHelpOption(new Option('-h, --help', 'print help').helpGroup('Output:'))
  for (const definition of Object.values(command.options)) sub.addOption(optionOf(definition))
  sub.addOption(new Option(`--${wholeHelp}`, 'print help with all options').helpGroup('Output:'))
  const brief = briefHelp(command.name, command.options, columns)
  if (brief !== undefined) sub.configureHelp({ formatHelp: () => brief })
  const isBrief = (): boolean => sub.configureHelp().formatHelp !== undefined
  sub.addHelpText('after', () => (isBrief() ? '' : command.epilogue))
  return sub
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function optionOf(definition: OptionDefinition): Option {
  const fallback = definition.default ?? definition.defaultNote
  const help = fallback === undefined ? definition.help : `${definition.help} (${fallback})`
  const option = new Option(definition.flags, help)
    .helpGroup(`${definition.group}:`)
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
    return 'a password does not belong on the command line, where others can read it: use --password-file, --password-stdin or DDB_PASSWORD'
  }
  const text = message
    .replace(/^error: |\.$/g, '')
    .replace('(Did you', '(did you')
    // What follows the = of an unknown option may be anything, a secret included.
    .replace(/(unknown option '[^'=]*)=[^\n]*'/, "$1'")
  return clean(text)
}
