/* The server and the login of a command. A password comes from a file, standard input, the environment, or a prompt without echo; never
   from the command line, which every user of the machine can read. */
import { open, type FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface, type Key } from 'node:readline'
import { Writable } from 'node:stream'
import type { Trace } from '../../client/trace.js'
import type { Call } from '../commands/command.js'
import { refuseSharedFiles, type FileSettings } from '../files/one-file.js'
import { openTrace } from '../files/output-files.js'
import { endFailed } from '../output/failures.js'
import { UsageError, usageError } from '../../errors.js'
import type { LoadOptions, ServerTarget } from '../../load/options.js'
import { parseTarget } from '../../load/target/target.js'
import { systemName } from '../../platform/file-name.js'
import { knownLogins, checkStateFolder, dayMs, checkAndMarkReported } from '../files/state.js'
import { clean, type Output, systemCode } from '../output/output.js'
import {
  defined,
  findValue,
  type Found,
  type LoadFields,
  type OptionSources,
} from './definition.js'
import { serverOptions } from './options.js'
import { catchSignals, type Interruption } from '../process-environment.js'
import type { ProcessEnvironment, TerminalInput, TerminalOutput } from '../process-environment.js'

const localServer = { host: '127.0.0.1', port: 8848 }

/** A password is one line; a longer text means that this is the wrong file. */
const maxPasswordBytes = 4096

const variable = 'DDB_PASSWORD'

/** The file that has the password, or DDB_PASSWORD if its text is the password. @throws {UsageError} DDB_USAGE for two variables */
function passwordSource(sources: OptionSources): Found | undefined {
  const file = findValue(serverOptions.passwordFile, sources)
  const password = sources.environment[variable]
  if (!password || sources.flags.has(serverOptions.passwordFile.name)) return file
  if (file === undefined) return { texts: [password], origin: variable }
  throw usageError(`${file.origin} and ${variable} are both set: unset one of them`)
}

/** Shown on every run, because the author of a script may have forgotten the setting. */
const insecureTls =
  '--tls-insecure: the server is not verified, so an attacker in between can read and change everything that is sent'

/** Has both user and password, or neither. */
export type Login = Pick<ServerTarget, 'user' | 'password' | 'loginMemory'>

/** The settings of a command that connects to a server. A quiet command shows no warnings. */
export interface ServerSettings {
  readonly options: LoadFields
  readonly quiet?: boolean
}

export interface LoginCall extends Pick<Call, 'sources' | 'processEnvironment'> {
  /** Receives warnings about the login's safety, and the password to redact from outputs. */
  readonly output: Pick<Output, 'note' | 'keepSecret'>
}

/**
 * User and password for the servers of a command. @param dataOnStdin  true if data uses standard input
 * @throws {UsageError} DDB_USAGE if one is missing and cannot be asked for, or standard input is needed twice;
 *   DDB_CONFIG if other users could have changed the stored login methods
 */
export async function readCredentials(
  { options: { server: { user, tlsInsecure } = {} }, quiet }: ServerSettings,
  call: LoginCall,
  dataOnStdin = false,
): Promise<Login> {
  const { processEnvironment } = call
  const { stderr, environment } = processEnvironment
  const source = passwordSource(call.sources)
  const text = source?.texts.at(-1) ?? ''
  const isTyped = text === '-' && source?.origin !== variable
  // A quiet run shows no one-time notices, and leaves them to a later run.
  const warn = quiet === true ? undefined : call.output.note
  if (tlsInsecure === true) warn?.(insecureTls)
  if (isTyped && dataOnStdin) {
    throw usageError(
      `${source!.origin} - and data from standard input exclude each other: put the password into a file`,
    )
  }
  if (user === undefined) {
    if (source === undefined) return {}
    throw usageError(`${source.origin} gives a password, but no user: add --user`)
  }
  checkStateFolder(environment, warn)
  const read = (): Promise<string> | string => {
    if (source?.origin === variable) return text
    if (isTyped) return firstLine(processEnvironment.stdin, 'standard input')
    if (source !== undefined) return readPasswordFile(text, environment, warn)
    if (!dataOnStdin && stderr.isTTY && processEnvironment.stdin.isTTY) {
      return askPassword(`Password of ${clean(user)}: `, processEnvironment.stdin, stderr)
    }
    throw usageError(`no password for user "${clean(user)}": give --password-file or ${variable}`)
  }
  const password = await read()
  call.output.keepSecret(password)
  return { user, password, loginMemory: knownLogins(environment, warn) }
}

/** The library's options without the journal, which depends on more than settings. @throws {UsageError} for a wrong target or login */
export async function loadOptionsOf(
  settings: ServerSettings,
  inputs: readonly string[],
  call: LoginCall,
  trace?: Trace,
): Promise<LoadOptions> {
  // A folder is not enough for a journal: the run must have a name.
  const { journal: _, target = {}, ...fields } = settings.options
  parseTarget(target)
  const fromStdin = inputs.includes('-')
  const { stdin } = fromStdin ? call.processEnvironment : {}
  const server = await serverOf(settings, call, trace, fromStdin)
  return { ...fields, inputs, server, target, input: defined({ ...fields.input, stdin }) }
}

/** The server with its login. @param dataOnStdin  if true, the password cannot come from standard input */
export async function serverOf(
  settings: ServerSettings,
  call: LoginCall,
  trace?: Trace,
  dataOnStdin?: boolean,
): Promise<ServerTarget> {
  const login = await readCredentials(settings, call, dataOnStdin)
  return { ...localServer, ...settings.options.server, ...login, ...defined({ trace }) }
}

/**
 * Runs a command that asks one server. @param object  to print with a failure, as JSON
 * @param action  calls `begin` to catch signals; not while it reads a script, which nothing but the process's end would interrupt
 * @returns the exit code, of a signal if one ended the command @throws what ended it otherwise
 */
export async function onServer(
  settings: ServerSettings & FileSettings,
  inputs: readonly string[],
  call: Call,
  object: object | false | undefined,
  action: (server: ServerTarget, begin: () => Interruption) => Promise<number>,
): Promise<number> {
  let interruption: Interruption | undefined
  try {
    await refuseSharedFiles(settings, inputs, call)
    using trace = openTrace(settings, call.output)
    const server = await serverOf(settings, call, trace, inputs.includes('-'))
    return await action(server, () => (interruption = catchSignals(call.processEnvironment)))
  } catch (error) {
    return await endFailed(call.output, error, object, interruption)
  } finally {
    interruption?.[Symbol.dispose]()
  }
}

/** The first line of the file. @throws {UsageError} DDB_CONFIG */
async function readPasswordFile(
  path: string,
  environment: ProcessEnvironment['environment'],
  warn: Output['note'] | undefined,
): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = await open(systemName(path))
    const { mode } = await file.stat()
    const isOpen = (mode & 0o077) !== 0 && process.platform !== 'win32'
    const isNew = (): boolean =>
      !checkAndMarkReported('password-file', resolve(path), dayMs, environment)
    if (isOpen && warn && isNew()) {
      warn(`other users of this machine can read ${path}: fix it with chmod 600`)
    }
    return await firstLine(piecesOf(file), path)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(
      'DDB_CONFIG',
      `cannot read the password file ${clean(path)} (${systemCode(cause)})`,
      { cause },
    )
  } finally {
    await file?.close()
  }
}

/** A stream would read on, and wait for the writer of a pipe, who may keep it open after the line. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxPasswordBytes))
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** Reads no further than a password may reach. */
async function firstLine(pieces: AsyncIterable<unknown>, name: string): Promise<string> {
  let bytes = Buffer.alloc(0)
  for await (const piece of pieces) {
    bytes = Buffer.concat([bytes, piece as Uint8Array])
    if (bytes.includes('\n') || bytes.length >= maxPasswordBytes) break
  }
  const [line = '', ...rest] = new TextDecoder().decode(bytes).split('\n')
  const isCut = rest.length === 0 && bytes.length >= maxPasswordBytes
  const password = line.replace(/\r$/, '')
  if (password !== '' && !isCut) return password
  const why = isCut ? 'too long' : 'empty'
  throw new UsageError('DDB_CONFIG', `${clean(name)} holds no password: its first line is ${why}`)
}

/** Asks on a terminal without echo. @throws {UsageError} DDB_INTERRUPTED if the answer is Ctrl-C or Ctrl-D */
export async function askPassword(
  question: string,
  stdin: TerminalInput,
  stderr: TerminalOutput,
): Promise<string> {
  stderr.write(question)
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const typed = createInterface({ input: stdin, output, terminal: true, historySize: 0 })
  const pressed = (_text: unknown, { ctrl, name }: Key): void => {
    if (ctrl === true && name === 'd') typed.close()
  }
  stdin.on('keypress', pressed)
  try {
    return await new Promise((resolve, reject) => {
      typed.on('line', resolve)
      // After Ctrl-Z and `fg`, Node leaves the terminal paused, and nothing would keep the process from ending. Ctrl-U resumes it, and
      // forgets what was typed before the question that the user sees now.
      typed.on('SIGCONT', () => {
        stderr.write(question)
        typed.write(null, { ctrl: true, name: 'u' })
      })
      typed.on('close', () => reject(new UsageError('DDB_INTERRUPTED', 'no password was given')))
    })
  } finally {
    stdin.off('keypress', pressed)
    typed.close()
    stderr.write('\n')
  }
}
