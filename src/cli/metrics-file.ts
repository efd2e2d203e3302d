/*
  The file of --metrics-file: figures of a run in Prometheus' text format, replaced in one step at its end, for a
  textfile collector.
*/
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DdbError, UsageError } from '../errors.js'
import type { LoadResult } from '../load/options.js'
import { systemCode } from './exit.js'
import { lastSuccessOf, metricsText } from './metrics.js'
import type { Output } from './output.js'
import { clean } from './text.js'

/** A metrics file that can be written. */
export interface MetricsFile {
  /** Replaces what the file holds. Returns the exit code: 74 when all went well but for this. */
  write(result: LoadResult, output: Output): Promise<number>
  /** Removes what was prepared and not used. */
  close(): Promise<void>
}

/**
 * Prepares the new file beside the old one before the run, so that a path that cannot be written stops it while
 * nothing has been sent.
 *
 * @throws {UsageError} DDB_OUTPUT_CREATE; DDB_USAGE when it is one of the inputs
 */
export async function openMetrics(path: string, inputs: readonly string[]): Promise<MetricsFile> {
  // A link stays a link: what it leads to is replaced.
  const target = await realpath(path).catch(() => path)
  const found = await stat(target).catch(() => undefined)
  if (found !== undefined && !found.isFile()) throw creationError(path, 'it is no ordinary file')
  for (const input of inputs) {
    const other = await stat(input).catch(() => undefined)
    if (found === undefined || other?.dev !== found.dev || other.ino !== found.ino) continue
    throw new UsageError('DDB_USAGE', `--metrics-file ${clean(path)} is an input of this run`)
  }
  // Collectors read names that end in .prom; this one does not.
  const prepared = join(
    dirname(target),
    `.${basename(target)}.${randomBytes(6).toString('hex')}.new`,
  )
  let file: FileHandle
  try {
    file = await open(prepared, 'wx', 0o644)
  } catch (error) {
    throw creationError(path, systemCode(error), error)
  }
  return {
    async write(result, output) {
      try {
        const before = await readFile(target, 'utf8').catch(() => '')
        await file.writeFile(metricsText(result, lastSuccessOf(before)))
        await file.sync()
        await rename(prepared, target)
        return result.exitCode
      } catch (cause) {
        const failure = new DdbError(
          'DDB_OUTPUT_WRITE',
          `cannot write the metrics ${clean(path)} (${systemCode(cause)})`,
          { cause },
        )
        output.problem(failure.message, failure.code)
        return result.exitCode === 0 ? failure.exitCode : result.exitCode
      }
    },
    async close() {
      await file.close()
      await rm(prepared, { force: true })
    },
  }
}

function creationError(path: string, reason: string, cause?: unknown): UsageError {
  return new UsageError(
    'DDB_OUTPUT_CREATE',
    `cannot create the metrics ${clean(path)} (${reason})`,
    { cause },
  )
}
