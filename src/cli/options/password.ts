/*
  Where a password comes from: a file, standard input, the environment, or a prompt without echo. Never the command line, which
  every user of the machine can read.
*/
import { open, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { LoginOptions } from '../../client/login/protection.js'
import { UsageError } from '../../errors.js'
import { knownLogins, checkedStateFolder, dayMs, checkAndMarkReported } from '../files/state.js'
import type { Output } from '../output/output.js'
import { serverOptions, type ServerSettings } from './load-options.js'
import { findValue, type OptionSources } from './resolve.js'
import type { ProcessEnvironment, TerminalInput, TerminalOutput } from '../process-environment.js'
import { clean, systemCode } from '../output/terminal-text.js'

/** A password is one line; a longer text means that this is the wrong file. */
const maxPasswordBytes = 4096

/** Where the password comes from; `file` is `-` for standard input. */
export interface PasswordSource {
  readonly file?: string
  readonly password?: string
  /** The flag or variable that sets it. */
  readonly origin: string
}

/** The command line counts before the environment. @throws {UsageError} DDB_USAGE for two variables */
export function passwordSource(sources: OptionSources): PasswordSource | undefined {
  const found = findValue(serverOptions.passwordFile, sources)
  const file = found && { file: found.texts.at(-1)!, origin: found.origin }
  const password = sources.environment['DDB_PASSWORD']
  if (!password || file?.origin.startsWith('--')) return file
  if (file === undefined) return { password, origin: 'DDB_PASSWORD' }
  throw new UsageError(
    'DDB_USAGE',
    `${file.origin} and DDB_PASSWORD are both set: unset one of them`,
  )
}

/** Shown on every run, because the author of a script may have forgotten the setting. */
const insecureTls =
  '--tls-insecure: the server is not verified, so an attacker in between can read and change everything that is sent'

/** Has both user and password, or neither. */
export interface Login extends Pick<LoginOptions, 'loginMemory'> {
  user?: string
  password?: string
}

export interface LoginCall {
  readonly sources: OptionSources
  readonly processEnvironment: ProcessEnvironment
  /** Receives warnings about the login's safety, and the password to redact from outputs. */
  readonly output: Pick<Output, 'note' | 'keepSecret'>
}

/**
 * User and password for the servers of a command. @param dataOnStdin  true if data uses standard input
 * @throws {UsageError} DDB_USAGE if one is missing and cannot be asked for, or standard input is needed twice;
 *   DDB_CONFIG if other users could have changed the stored login methods
 */
export async function readCredentials(
  settings: ServerSettings & { readonly quiet?: boolean },
  call: LoginCall,
  dataOnStdin = false,
): Promise<Login> {
  const { sources, processEnvironment, output } = call
  const source = passwordSource(sources)
  const { environment } = processEnvironment
  // A quiet run shows no one-time notices, and leaves them to a later run.
  const warn = settings.quiet === true ? undefined : output.note
  if (settings.tlsInsecure === true) warn?.(insecureTls)
  if (source?.file === '-' && dataOnStdin) {
    throw new UsageError(
      'DDB_USAGE',
      `${source.origin} - and data from standard input exclude each other: put the password into a file`,
    )
  }
  const { user } = settings
  if (user === undefined) {
    if (source === undefined) return {}
    throw new UsageError('DDB_USAGE', `${source.origin} gives a password, but no user: add --user`)
  }
  checkedStateFolder(environment, warn)
  const password = await readPassword(source, user, call, dataOnStdin, warn)
  output.keepSecret(password)
  return { user, password, loginMemory: knownLogins(environment, warn) }
}

async function readPassword(
  source: PasswordSource | undefined,
  user: string,
  { processEnvironment }: LoginCall,
  dataOnStdin: boolean,
  warn: Output['note'] | undefined,
): Promise<string> {
  const { stdin, stderr, environment } = processEnvironment
  if (source?.password !== undefined) return source.password
  if (source?.file === '-') return readPasswordLine(stdin)
  if (source?.file !== undefined) return readPasswordFile(source.file, environment, warn)
  if (!dataOnStdin && stdin.isTTY && stderr.isTTY) {
    return askPassword(`Password of ${clean(user)}: `, stdin, stderr)
  }
  throw new UsageError(
    'DDB_USAGE',
    `no password for user "${clean(user)}": give --password-file or DDB_PASSWORD`,
  )
}

/** The first line of the file. @throws {UsageError} DDB_CONFIG */
export async function readPasswordFile(
  path: string,
  environment: ProcessEnvironment['environment'],
  warn: Output['note'] | undefined,
): Promise<string> {
  try {
    const file = await open(path)
    try {
      const { mode } = await file.stat()
      const isOpen = (mode & 0o077) !== 0 && process.platform !== 'win32'
      if (
        isOpen &&
        warn &&
        !checkAndMarkReported('password-file', resolve(path), dayMs, environment)
      ) {
        warn(`other users of this machine can read ${path}: fix it with chmod 600`)
      }
      const bytes = await readStart(file)
      return firstLine(bytes, bytes.length < maxPasswordBytes, path)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the password file ${clean(path)} (${systemCode(error)})`,
      { cause: error },
    )
  }
}

/** Reads at most as many bytes as a password may have. A pipe delivers them in pieces, which must be read in order. */
async function readStart(file: FileHandle): Promise<Uint8Array> {
  const buffer = Buffer.alloc(maxPasswordBytes)
  let length = 0
  while (length < maxPasswordBytes) {
    const { bytesRead } = await file.read(buffer, length, maxPasswordBytes - length, null)
    length += bytesRead
    // The writer of a pipe may keep the pipe open after the line.
    if (bytesRead === 0 || buffer.subarray(0, length).includes(10)) break
  }
  return buffer.subarray(0, length)
}

function firstLine(bytes: Uint8Array, isWhole: boolean, name: string): string {
  const end = bytes.indexOf(10)
  if (end < 0 && !isWhole) {
    throw new UsageError(
      'DDB_CONFIG',
      `${clean(name)} holds no password: its first line is too long`,
    )
  }
  const line = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
  const password = line.replace(/\r$/, '')
  if (password === '') {
    throw new UsageError('DDB_CONFIG', `${clean(name)} holds no password: its first line is empty`)
  }
  return password
}

async function readPasswordLine(stdin: TerminalInput): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const part = Buffer.from(chunk as Uint8Array)
    chunks.push(part)
    bytes += part.length
    if (part.includes(10) || bytes >= maxPasswordBytes) break
  }
  return firstLine(Buffer.concat(chunks), bytes < maxPasswordBytes, 'standard input')
}

/** Asks on a terminal without echo. @throws {UsageError} DDB_INTERRUPTED if the answer is Ctrl-C or Ctrl-D */
export async function askPassword(
  question: string,
  stdin: TerminalInput,
  stderr: TerminalOutput,
): Promise<string> {
  stderr.write(question)
  stdin.setRawMode?.(true)
  try {
    return await typedLine(stdin)
  } finally {
    stdin.setRawMode?.(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function typedLine(stdin: TerminalInput): Promise<string> {
  let typed = ''
  const decoder = new TextDecoder()
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      stdin.off('data', onData)
      stdin.off('end', onEnd)
      settle()
    }
    const onEnd = (): void =>
      finish(() => reject(new UsageError('DDB_INTERRUPTED', 'no password was given')))
    const onData = (chunk: Uint8Array): void => {
      for (const character of decoder.decode(chunk, { stream: true })) {
        if (character === '\r' || character === '\n') return finish(() => resolve(typed))
        if (character === '\u0003' || character === '\u0004') return onEnd()
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('')
        else typed += character
      }
    }
    stdin.on('data', onData)
    stdin.on('end', onEnd)
    stdin.resume()
  })
}
