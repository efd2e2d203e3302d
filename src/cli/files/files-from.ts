/* Reads DolphinDB scripts, and lists of inputs: one path per line, or a NUL after each path, as from `find -print0`. */
import type { Call } from '../commands/command.js'
import type { Settings } from '../options/options.js'
import { fstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { attempt, usageError, type UsageError } from '../../errors.js'
import { nameOfBytes, systemName } from '../../platform/file-name.js'
import { missingInput } from '../../source/open-source.js'

/** Enough for a hundred thousand long paths. A larger file is probably a data file given by mistake. */
const maxListBytes = 32 * 1024 * 1024

const utf16Marks = [Buffer.of(0xff, 0xfe), Buffer.of(0xfe, 0xff)]

/**
 * The sources in a list, in order; blank lines are skipped. @param path  of the list; `-` is standard input
 * @throws {InputError} DDB_INPUT_MISSING @throws {UsageError} DDB_USAGE if the file is empty, or not a list
 */
export async function readFilesFrom(path: string, stdin: Readable): Promise<string[]> {
  const bytes = path === '-' ? await readStream(stdin) : await readNamed(path)
  if (bytes.length > maxListBytes) throw noList(path, `has more than ${maxListBytes} bytes`)
  if (utf16Marks.some(mark => bytes.subarray(0, 2).equals(mark))) {
    throw noList(path, 'is UTF-16: write it in UTF-8')
  }
  const list = nameOfBytes(bytes).replace(/^\ufeff/, '')
  const separator = list.includes('\0') ? '\0' : /\r?\n/
  const names = list.split(separator).filter(name => name !== '')
  if (names.length === 0) throw noList(path, 'names no file')
  if (names.includes('-')) throw noList(path, 'names -, which is not a file')
  return names
}

function readNamed(path: string): Promise<Buffer> {
  return readFile(systemName(path)).catch((cause: unknown) => {
    throw missingInput(path, cause)
  })
}

async function readStream(stdin: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer)
    chunks.push(bytes)
    length += bytes.length
    if (length > maxListBytes) break
  }
  return Buffer.concat(chunks)
}

function noList(path: string, why: string): UsageError {
  return usageError(`--files-from ${path} ${why}`)
}

/** @param path  `-` is standard input @throws {InputError} DDB_INPUT_MISSING */
export async function readScriptFile(
  path: string,
  { processEnvironment }: Pick<Call, 'processEnvironment'>,
): Promise<string> {
  return path === '-' ? text(processEnvironment.stdin) : String(await readNamed(path))
}

/** The sources that the user names, else standard input. @throws {InputError} @throws {UsageError} also if that is needed twice, or a folder */
export async function inputsOf(
  { filesFrom, passwordFile }: Pick<Settings<'load'>, 'filesFrom' | 'passwordFile'>,
  { args, processEnvironment }: Call,
): Promise<readonly string[]> {
  const named = args.length > 0 || filesFrom !== undefined ? args : ['-']
  // Node takes a folder for an empty input.
  if (named.includes('-') && attempt(() => fstatSync(0))?.isDirectory()) {
    throw usageError('standard input is a folder: name it, or give a file')
  }
  if (filesFrom === undefined) return named
  if (filesFrom === '-' && (args.includes('-') || passwordFile === '-')) {
    throw usageError(
      '--files-from - takes the names of sources from standard input: nothing else can come from there',
    )
  }
  return [...args, ...(await readFilesFrom(filesFrom, processEnvironment.stdin))]
}

/** @throws {UsageError} DDB_USAGE, after showing the help, if the user would have to type the data */
export function refuseTerminal(
  { filesFrom }: Pick<Settings<'load'>, 'filesFrom'>,
  call: Call,
): void {
  if (filesFrom !== undefined || call.args.length > 0) return
  if (!call.processEnvironment.stdin.isTTY) return
  call.showHelp()
  throw usageError('no input: name files to load, or pipe data into standard input')
}
