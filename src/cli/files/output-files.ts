/* The files that a command writes: its result (--json=FILE, --metrics-file, --report, --issue-text) and its --trace. A result replaces an
   ordinary file in one step when the command ends, and is written directly to a device or pipe. */
import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Trace } from '../../client/trace.js'
import { DdbError, errorCodes, UsageError } from '../../errors.js'
import { systemName } from '../../platform/file-name.js'
import { printFailure, writeFailed, type UserCall } from '../output/failures.js'
import { clean, jsonLine, type Output, systemCode } from '../output/output.js'
import type { RunSettings } from '../options/options.js'
import { placeOf } from './one-file.js'

interface Ended {
  exitCode: number
}

export interface ResultContent<Result> {
  readonly name: 'JSON object' | 'metrics' | 'report' | 'text for an issue' | 'certificate'
  /** Null if the result does not go into this file. */
  readonly textOf: (result: Result) => string | null | Promise<string>
}

/**
 * Checks before the command begins whether the file can be written, so that a bad path stops it before it sends anything. An ordinary file
 * keeps its content until the result replaces it. @throws {UsageError} DDB_OUTPUT_CREATE
 */
export async function openResultFile<Result extends Ended>(
  path: string,
  { name, textOf }: ResultContent<Result>,
) {
  const failed = (what: string, cause: unknown): string =>
    `cannot ${what} the ${name} ${clean(path)} (${systemCode(cause) === 'ENOENT' ? 'its folder does not exist' : systemCode(cause)})`
  try {
    const { put, close } = await openSink(path)
    return {
      [Symbol.asyncDispose]: close,
      /** If the command went well and only this write fails, the result gets exit code 74. */
      write: async (result: Result, output: Output): Promise<void> => {
        try {
          const text = await textOf(result)
          if (text !== null) await put(text, output)
        } catch (cause) {
          output.problem(failed('write', cause), 'DDB_OUTPUT_WRITE')
          result.exitCode ||= errorCodes.DDB_OUTPUT_WRITE
        }
      },
    }
  } catch (cause) {
    throw new UsageError('DDB_OUTPUT_CREATE', failed('create', cause), { cause })
  }
}

/** @throws for folders, and if a device has become an ordinary file since it was checked */
async function openSink(path: string) {
  const { name, isOrdinary } = placeOf(path)
  // Replacing the file to which standard output leads would cut off the output.
  if (['/dev/stdout', '/dev/fd/1', `/proc/${process.pid}/fd/1`].includes(name)) {
    return { put: (text: string, output: Output) => output.writeData(text), close: nothing }
  }
  if (isOrdinary) {
    // Names in these folders can be links to open files.
    if (/^\/(?:dev|proc)\//.test(name) || path.endsWith('/'))
      throw new Error('not a name for a file')
    await replaceFile(name)
    return { put: (text: string) => replaceFile(name, text), close: nothing }
  }
  const file = await open(systemName(path), constants.O_WRONLY | constants.O_APPEND)
  if ((await file.stat()).isFile()) {
    await file.close()
    throw new Error('it has just been made')
  }
  return { put: (text: string) => file.writeFile(text), close: () => file.close() }
}

const nothing = (): Promise<void> => Promise.resolve()

/**
 * Replaces a link itself, not the file that it leads to. The new file keeps the permissions of the old one.
 * @param text  undefined: only tests whether a new file can be created next to it, and so can replace it
 */
async function replaceFile(name: string, text?: string): Promise<void> {
  const made = `${dirname(name)}/.ddb-ingest-${randomBytes(6).toString('hex')}.new`
  const [madeName, fullName] = [systemName(made), systemName(name)]
  const file = await open(madeName, 'wx', 0o644)
  try {
    // A name that is too long is noticed here, too.
    const before = await lstat(fullName).catch((cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') throw cause
    })
    if (text === undefined) return
    await file.writeFile(text)
    if (before?.isFile()) await file.chmod(before.mode & 0o777)
    await file.sync()
    await rename(madeName, fullName)
  } finally {
    await file.close()
    await rm(madeName, { force: true })
  }
}

/**
 * Opens the trace. Each line is written immediately, so that the last line shows the last message even if the process is killed.
 * @param output  redacts all passwords of the run, on every connection
 * @returns undefined if no trace was requested @throws {DdbError} DDB_OUTPUT_CREATE
 */
export function openTrace(
  { trace: path }: { trace?: string },
  { hide, note }: Pick<Output, 'hide' | 'note'>,
) {
  if (path === undefined) return undefined
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  // Links are followed only in /dev: `/dev/stderr` is one.
  const follow = path.startsWith('/dev/') ? 0 : O_NOFOLLOW
  let fd: number
  try {
    // A new file is accessible to its owner only.
    fd = openSync(systemName(path), O_WRONLY | O_APPEND | O_CREAT | follow, 0o600)
  } catch (cause) {
    const text = `cannot write the trace ${clean(path)} (${systemCode(cause)}): name a file that can be written`
    throw new DdbError('DDB_OUTPUT_CREATE', text, { cause })
  }
  let failure: string | undefined
  return {
    write: (line: string): void => {
      if (failure !== undefined) return
      try {
        writeSync(fd, `${hide(line)}\n`)
      } catch (error) {
        // A failing trace must not end the run.
        failure = `the trace in ${clean(path)} ends early (${systemCode(error)})`
      }
    },
    /** Closes it. If lines are missing, reports the reason. */
    [Symbol.dispose]: (): void => {
      closeSync(fd)
      if (failure !== undefined) note(failure)
    },
  }
}

type FileOptions = Readonly<Pick<RunSettings, 'json' | 'trace' | 'quiet'>>

export type OutputFiles<Result extends Ended> = ReturnType<typeof outputFiles<Result>>

function outputFiles<Result extends Ended>(
  { output, asked }: { readonly output: Output; readonly asked: UserCall },
  settings: FileOptions,
) {
  const { json, quiet } = settings
  const files: Awaited<ReturnType<typeof openResultFile<Result>>>[] = []
  let trace: ReturnType<typeof openTrace>
  const write = async (result: Result): Promise<void> => {
    for (const file of files) await file.write(result, output)
  }
  const add = async (path: string | undefined, content: ResultContent<Result>): Promise<void> => {
    if (path !== undefined) files.push(await openResultFile(path, content))
  }
  return {
    ...{ write, add },
    /** Opens the file for the JSON object, other files, and the trace. */
    open: async (others?: () => Promise<void>): Promise<Trace | undefined> => {
      await add(json?.file, { name: 'JSON object', textOf: jsonLine })
      await others?.()
      return (trace = openTrace(settings, output))
    },
    /**
     * Writes a result to its files and prints it. If a file cannot be written, the later ones and standard output show exit code 74; if
     * standard output cannot be written, the files are written again. A quiet command that succeeded prints only JSON.
     * @param tell  writes notes @param show  prints the result as text, instead of JSON
     * @param isOwn  false if the files belong to another process @returns the exit code
     */
    publish: async (
      result: Result,
      tell: () => void,
      show: () => Promise<unknown>,
      isOwn = true,
    ): Promise<number> => {
      if (isOwn) await write(result)
      const isSilent = quiet === true && result.exitCode === 0
      try {
        if (!isSilent) tell()
        if (json?.print) await output.writeData(jsonLine(result))
        else if (!isSilent) await show()
      } catch (error) {
        const { exitCode } = printFailure(output, error, asked)
        if (result.exitCode !== 0) return result.exitCode
        result.exitCode = exitCode
        if (isOwn) await write(result)
      }
      return result.exitCode
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const file of files) await file[Symbol.asyncDispose]()
      trace?.[Symbol.dispose]()
    },
  }
}

/** Runs a command that writes files. If it throws, these and, with `--json`, standard output get the result that `failed` makes. */
export async function withFiles<Result extends Ended>(
  call: { readonly output: Output; readonly asked: UserCall },
  settings: FileOptions,
  failed: (error: unknown) => Result,
  action: (files: OutputFiles<Result>) => Promise<number>,
): Promise<number> {
  await using files = outputFiles<Result>(call, settings)
  try {
    return await action(files)
  } catch (error) {
    const result = failed(error)
    await files.write(result)
    if (settings.json?.print) await writeFailed(call.output, result)
    throw error
  }
}
