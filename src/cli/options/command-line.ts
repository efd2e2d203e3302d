/*
  Reads the words of the command line: restores their bytes, and divides them into command, flags and arguments; `@FILE` stands for the
  options in a file. resolve.ts interprets the texts of the flags.
*/
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UsageError, usageError } from '../../errors.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'
import { version } from '../../version.js'
import type { Command } from '../commands/command.js'
import { commandHelp, programHelp } from '../language/help.js'
import { english, type HelpTexts } from '../language/help.js'
import { clean, didYouMean, systemCode } from '../output/terminal-text.js'
import type { Reader } from './readers.js'

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

/** A command line, not yet interpreted. */
export interface CommandLine {
  readonly command: Command
  readonly args: readonly string[]
  /**
   * Long name → the given texts, in the order of the options; `true` for switches. The texts of files come first, so those of the command
   * line override them.
   */
  readonly flags: ReadonlyMap<string, readonly string[]>
  /** The files named with `@FILE`. */
  readonly files: readonly string[]
}

/** The user requested the help or the version: the caller prints `answer` and ends. */
export interface Answered {
  readonly answer: string
}

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
  const [first = 'help', ...others] = argv
  const isHelp = ['help', '-h', '--help'].includes(first)
  const name = isHelp && others.length > 0 ? others[0]! : first
  const command = commands.find(one => one.name === name)
  if (command !== undefined) {
    const line = isHelp ? '--help' : wordsOf(command, others)
    if (typeof line !== 'string') return line
    return { answer: commandHelp(command, columns, words, line === '--help-all') }
  }
  if (name === '--version' || name === '-V') return { answer: `${version}\n` }
  const own = programHelp(commands, columns, words)
  if (name === first && isHelp) return { answer: own }
  if (name === '--help-all') {
    const all = commands.map(one => `\n${commandHelp(one, columns, words, true)}`)
    return { answer: own + all.join('') }
  }
  const what = name.startsWith('-') ? 'option' : 'command'
  const names = commands.map(one => one.name)
  throw usageError(`unknown ${what} '${clean(name.split('=')[0]!)}'${didYouMean(name, names)}`)
}

/** @returns the word that asks for help, if there is one */
function wordsOf(command: Command, argv: readonly string[]): CommandLine | string {
  const definitions = Object.values(command.options)
  const options = definitions.map(({ name, short, reader }) => {
    const type = isValued(reader) ? 'string' : 'boolean'
    return [name, { type, ...(short && { short }) }] as const
  })
  const { tokens } = parseArgs({
    args: [...argv],
    ...{ strict: false, allowPositionals: true, tokens: true },
    options: { ...Object.fromEntries(options), help: { type: 'boolean', short: 'h' } },
  })
  const args: string[] = []
  const files: string[] = []
  const typed: (readonly [flag: string, value: string | undefined])[] = []
  let isOver = false
  for (const token of tokens) {
    if (token.kind === 'option-terminator') isOver = true
    else if (token.kind === 'option') typed.push([flagOf(token), token.value])
    else if (!isOver && /^@./.test(token.value)) files.push(token.value.slice(1))
    else args.push(token.value)
  }
  const help = typed.find(([flag]) => flag === '--help' || flag === '--help-all')
  if (help !== undefined) return help[0]
  const given = new Map<string, readonly string[]>()
  for (const [flag, value] of [...files.flatMap(optionsIn), ...typed]) {
    const definition = definitions.find(({ name }) => `--${name}` === flag)
    if (definition === undefined) throw unknownOption(flag, definitions)
    const { name, reader } = definition
    if (value !== undefined && reader.form === 'switch') throw usageError(`${flag} takes no value`)
    if (value === undefined && isValued(reader)) {
      throw usageError(`${flag} needs a value: ${definition.flags}`)
    }
    given.set(name, [...(given.get(name) ?? []), value ?? 'true'])
  }
  checkArguments(command, args)
  const flags = new Map(definitions.map(({ name }) => [name, given.get(name) ?? []]))
  for (const [name, texts] of flags) if (texts.length === 0) flags.delete(name)
  return { command, args, flags, files }
}

/** `--batch-rows` also for `-b`; for an unknown option the word as typed. */
function flagOf({ name, rawName }: { name: string; rawName: string }): string {
  return name.length === 1 && !rawName.startsWith('--') ? `-${name}` : `--${name}`
}

const isValued = ({ form }: Reader<unknown>): boolean => form === 'value' || form === 'repeated'

function unknownOption(flag: string, known: readonly { readonly name: string }[]): UsageError {
  if (flag === '--password') {
    return usageError(
      'a password does not belong on the command line, where other users can read it: use --password-file or DDB_PASSWORD',
    )
  }
  const names = [...known.map(({ name }) => name), 'help', 'help-all']
  const near = didYouMean(flag.replace(/^-+/, ''), names, '--')
  return usageError(`unknown option '${clean(flag)}'${near}`)
}

/** @throws {UsageError} DDB_USAGE if there are fewer or more arguments than the command takes */
function checkArguments({ name, args: form }: Command, { length }: readonly string[]): void {
  const most = form.includes('...') ? Infinity : form === '' ? 0 : 1
  if (length > most) {
    throw usageError(`too many arguments: ddb-ingest ${name} takes ${form === '' ? 'none' : form}`)
  }
  if (length === 0 && form.startsWith('<')) throw usageError(`ddb-ingest ${name} needs ${form}`)
}

/** A file has one option in each line, as on the command line but without quotes; `#` begins a comment line. */
function optionsIn(path: string): (readonly [flag: string, value: string | undefined])[] {
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
    const [, flag, separator, value] = /^(--[a-z-]+)(=|\s+|$)(.*)$/s.exec(given) ?? []
    if (flag !== undefined) return [[flag, separator === '' ? undefined : value] as const]
    throw new UsageError(
      'DDB_CONFIG',
      `${clean(path)}, line ${at + 1}: expected one option, such as --table trades`,
    )
  })
}
