/*
  Writes the result of a run to a file: --json=FILE, --metrics-file, --report and --issue-text. The program replaces an
  ordinary file in one step when the run ends, and writes directly to a device or pipe.
*/
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DdbError, UsageError } from '../../errors.js'
import { isStandardOutput, isSystemName, placeOf } from './file-place.js'
import type { Output } from '../output/output.js'
import { clean, systemCode } from '../output/terminal-text.js'

export interface ResultFile<Result> {
  /** Returns the exit code: the result's own, or 74 if the run went well and only this write fails. */
  readonly write: (result: Result, output: Output) => Promise<number>
  readonly close: () => Promise<void>
}

interface Ended {
  readonly exitCode: number
}

/** The content of the file, and its name in messages. */
export interface ResultContent<Result> {
  readonly name: 'JSON object' | 'metrics' | 'report' | 'text for an issue'
  readonly textOf: (result: Result) => string | Promise<string>
}

/**
 * Checks before the run whether the file can be written, so that a bad path stops the run before it sends anything. An
 * ordinary file keeps its content until the result replaces it. @throws {UsageError} DDB_OUTPUT_CREATE
 */
export async function openResultFile<Result extends Ended>(
  path: string,
  content: ResultContent<Result>,
): Promise<ResultFile<Result>> {
  try {
    const sink = await openSink(path)
    return {
      close: sink.close,
      write: (result, output) => writeResult(sink, path, content, result, output),
    }
  } catch (cause) {
    throw new UsageError(
      'DDB_OUTPUT_CREATE',
      `cannot create the ${content.name} ${clean(path)} (${systemCode(cause)})`,
      { cause },
    )
  }
}

async function writeResult<Result extends Ended>(
  sink: Sink,
  path: string,
  { name, textOf }: ResultContent<Result>,
  result: Result,
  output: Output,
): Promise<number> {
  try {
    await sink.put(await textOf(result), output)
    return result.exitCode
  } catch (cause) {
    const failure = new DdbError(
      'DDB_OUTPUT_WRITE',
      `cannot write the ${name} ${clean(path)} (${systemCode(cause)})`,
      { cause },
    )
    output.problem(failure.message, failure.code)
    return result.exitCode === 0 ? failure.exitCode : result.exitCode
  }
}

interface Sink {
  readonly put: (text: string, output: Output) => Promise<void>
  readonly close: () => Promise<void>
}

async function openSink(path: string): Promise<Sink> {
  const { name, isOrdinary } = placeOf(path)
  const close = (): Promise<void> => Promise.resolve()
  if (isStandardOutput(name)) {
    return { put: async (text, output) => void (await output.writeData(text)), close }
  }
  if (!isOrdinary) return openDevice(path)
  if (isSystemName(name) || path.endsWith('/')) throw new Error('not a name for a file')
  // The file can be replaced if a new file can be created next to it.
  await (await createBeside(name)).discard()
  return { put: text => replaceFile(name, text), close }
}

/** @throws for folders, and if the path has become an ordinary file since it was checked */
async function openDevice(path: string): Promise<Sink> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
  if ((await file.stat()).isFile()) {
    await file.close()
    throw new Error('it has just been made')
  }
  return { put: text => file.writeFile(text), close: () => file.close() }
}

/** Replaces a link itself, not the file that it leads to. The new file keeps the permissions of the old one. */
async function replaceFile(name: string, text: string): Promise<void> {
  const before = await lstat(name).catch(() => undefined)
  const { file, madeName, discard } = await createBeside(name)
  try {
    await file.writeFile(text)
    if (before?.isFile()) await file.chmod(before.mode & 0o777)
    await file.sync()
    await rename(madeName, name)
  } finally {
    await discard()
  }
}

interface MadeFile {
  readonly file: FileHandle
  readonly madeName: string
  /** Closes the file, and removes it unless it was renamed. */
  readonly discard: () => Promise<void>
}

async function createBeside(name: string): Promise<MadeFile> {
  const madeName = `${dirname(name)}/.ddb-ingest-${randomBytes(6).toString('hex')}.new`
  const file = await open(madeName, 'wx', 0o644)
  return {
    file,
    madeName,
    async discard() {
      await file.close()
      await rm(madeName, { force: true })
    },
  }
}
