/*
  The words of the command line, before commander reads them: as the shell passed them, and with the options of files that
  the user names with `@FILE`. Node reads arguments as UTF-8 and replaces other bytes by U+FFFD, so a file with such a name
  would not be found. Linux keeps the bytes in /proc/self/cmdline.
*/
import { readFileSync } from 'node:fs'
import { UsageError } from '../../errors.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'
import { clean, systemCode } from '../output/terminal-text.js'
import { longName, shortName, type OptionTable } from './definition.js'

const lostCharacter = '\ufffd'

/**
 * Restores bytes of arguments that Node replaced by U+FFFD, each as a lone surrogate (platform/file-name.ts).
 * @param commandLine  each argument ended by a NUL, those of `argv` last; undefined if the system does not provide it
 */
export function rawArguments(
  argv: readonly string[],
  commandLine: () => Buffer | undefined,
): readonly string[] {
  if (!argv.some(text => text.includes(lostCharacter))) return argv
  const raw = partsOf(commandLine() ?? Buffer.alloc(0))
  return argv.map((text, i) => {
    const bytes = raw[raw.length - argv.length + i]
    return bytes?.toString() === text ? nameOfBytes(bytes) : text
  })
}

function partsOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end))
    start = end + 1
  }
  return parts
}

/**
 * Replaces each `@FILE` by the options in the file. They come first, so the command line overrides them. An option whose
 * value is optional gets `=true`, so that the next word is not taken for its value. @returns the files, too
 * @throws {UsageError} DDB_USAGE, DDB_CONFIG
 */
export function withOptionFiles(
  argv: readonly string[],
  options: OptionTable,
): { readonly argv: readonly string[]; readonly files: readonly string[] } {
  const definitions = Object.values(options)
  const formsOf = (...forms: readonly string[]): Set<string> =>
    new Set(
      definitions
        .filter(({ reader }) => forms.includes(reader.form))
        .flatMap(definition => [`--${longName(definition)}`, `-${shortName(definition)}`]),
    )
  const [takeValue, mayTake] = [formsOf('value', 'repeated'), formsOf('optional')]
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const isOwn = (at: number): boolean => at > 0 && at < end && !takeValue.has(argv[at - 1]!)
  const isFile = (word: string, at: number): boolean => /^@./.test(word) && isOwn(at)
  const files = argv.filter(isFile).map(word => word.slice(1))
  const complete = (word: string, at: number): string =>
    mayTake.has(word) && isOwn(at) ? `${word}=true` : word
  const [command, ...own] = argv.flatMap((word, at) =>
    isFile(word, at) ? [] : [complete(word, at)],
  )
  const given = files.flatMap(optionsIn).map(word => (mayTake.has(word) ? `${word}=true` : word))
  return { argv: command === undefined ? [] : [command, ...given, ...own], files }
}

/** A file has one option in each line, as on the command line but without quotes; `#` begins a comment line. */
function optionsIn(path: string): string[] {
  return textOf(path)
    .split('\n')
    .flatMap((line, at) => {
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

function textOf(path: string): string {
  try {
    return readFileSync(systemName(path), 'utf8').replace(/^\ufeff/, '')
  } catch (cause) {
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the options in ${clean(path)} (${systemCode(cause)}): @FILE names a file of options, ./@FILE an input`,
      { cause },
    )
  }
}
