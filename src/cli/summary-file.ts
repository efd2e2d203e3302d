/*
  The file of --summary.
*/
import { open, stat, type FileHandle } from 'node:fs/promises'
import { DdbError, UsageError } from '../errors.js'
import type { LoadResult } from '../load/options.js'
import { systemCode } from './exit.js'
import type { Output } from './output.js'
import { clean, jsonLine } from './text.js'

/** A summary file that can be written. */
export interface SummaryFile {
  /** Replaces what the file holds. Returns the exit code: 74 when all went well but for this. */
  write(result: LoadResult, output: Output): Promise<number>
  close(): Promise<void>
}

/**
 * Opens the file before the run, so that a path that cannot be written stops it while nothing has been sent. What the
 * file holds stays until there is something to put in its place.
 *
 * @throws {UsageError} DDB_OUTPUT_CREATE; DDB_USAGE when it is one of the inputs
 */
export async function openSummary(path: string, inputs: readonly string[]): Promise<SummaryFile> {
  const file = await openForAppending(path)
  const { dev, ino } = await file.stat()
  for (const input of inputs) {
    const found = await stat(input).catch(() => undefined)
    if (found?.dev !== dev || found.ino !== ino) continue
    await file.close()
    throw new UsageError('DDB_USAGE', `--summary ${clean(path)} is an input of this run`)
  }
  return {
    write: (result, output) => writeResult(file, path, result, output),
    close: () => file.close(),
  }
}

async function openForAppending(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a')
  } catch (error) {
    throw new UsageError(
      'DDB_OUTPUT_CREATE',
      `cannot create the summary ${clean(path)} (${systemCode(error)})`,
      { cause: error },
    )
  }
}

async function writeResult(
  file: FileHandle,
  path: string,
  result: LoadResult,
  output: Output,
): Promise<number> {
  try {
    if ((await file.stat()).isFile()) await file.truncate()
    await file.writeFile(jsonLine(result))
    return result.exitCode
  } catch (error) {
    const failure = new DdbError(
      'DDB_OUTPUT_WRITE',
      `cannot write the summary ${clean(path)} (${systemCode(error)})`,
      { cause: error },
    )
    output.problem(failure.message, failure.code)
    return result.exitCode === 0 ? failure.exitCode : result.exitCode
  }
}
