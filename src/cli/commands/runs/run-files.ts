/*
  `runs RUN --files`: the outcome of each file of a run with a journal.
*/
import { UsageError } from '../../../errors.js'
import { inputProgress } from '../../../load/journal/input-progress.js'
import { readRun, type KnownRun } from '../../../load/journal/known-runs.js'
import { systemPlatform } from '../../../platform/system.js'
import { version } from '../../../version.js'
import type { RunsSettings } from '../../options/command-options.js'
import { missingRunError } from '../../options/library-options.js'
import { failureOf, writeFailed } from '../../output/failures.js'
import { clean, grouped, jsonLine, tableLines } from '../../output/terminal-text.js'
import type { Call } from '../command.js'

/** `done`: all outcomes known. `uncertain`: some unknown. `begun`: some rows were sent. `waiting`: nothing was read. */
type FileState = 'done' | 'uncertain' | 'begun' | 'waiting'

/** Every field is always present; unknown values are null. */
interface FileReport {
  readonly path: string
  readonly state: FileState
  /** Rows read so far, including rejected rows. */
  readonly rows: number
  readonly rejected: number
  /** When the file was read to its end; null before that. */
  readonly at: string | null
  readonly sizeBytes: number
}

interface FilesReport {
  readonly schema: 'ddb-ingest/runs-files/1'
  readonly version: string
  readonly exitCode: number
  readonly runId: string
  readonly files: readonly FileReport[]
  readonly error: { readonly code: string; readonly message: string } | null
}

/** @throws {DdbError} DDB_RUN_MISSING, DDB_RUN_DAMAGED */
export async function printRunFiles(
  settings: RunsSettings,
  call: Call,
  folder: string,
): Promise<number> {
  const { output, args } = call
  const [runId, other] = args
  if (runId === undefined || other !== undefined) {
    throw new UsageError('DDB_USAGE', '--files needs the name of one run')
  }
  const report: FilesReport = {
    schema: 'ddb-ingest/runs-files/1',
    version,
    exitCode: 0,
    runId,
    files: [],
    error: null,
  }
  try {
    const known = await readRun(folder, runId, systemPlatform.files)
    if (known === undefined) throw await missingRunError(folder, runId)
    const files = filesOf(known)
    if (settings.json) await output.writeData(jsonLine({ ...report, files }))
    else await output.write(textOf(files))
    return 0
  } catch (error) {
    const { code, message, exitCode } = failureOf(error)
    if (settings.json) await writeFailed(output, { ...report, exitCode, error: { code, message } })
    throw error
  }
}

function filesOf({ journal }: KnownRun): FileReport[] {
  const { inputs, rejects } = journal
  return inputs.map((input, index) => {
    const { path, fingerprint, summary, readAt, detected } = input
    const { settled, isDone, uncertain } = inputProgress(input, index)
    const isRead = summary !== undefined && isDone
    const state: FileState =
      uncertain.length > 0
        ? 'uncertain'
        : isRead
          ? 'done'
          : detected === undefined
            ? 'waiting'
            : 'begun'
    const rejected = rejects?.byInput[path]?.rejected ?? summary?.rejected ?? 0
    return {
      path,
      state,
      rows: summary?.rows ?? settled.records,
      rejected,
      at: readAt ?? null,
      sizeBytes: fingerprint.sizeBytes,
    }
  })
}

const heads = ['file', 'state', 'rows', 'rejected', 'when'] as const

function textOf(files: readonly FileReport[]): string {
  const rows = files.map(({ path, state, rows: count, rejected, at }) => [
    ...[clean(path), state, grouped(count), grouped(rejected)],
    at?.replace(/\.\d+Z$/, 'Z') ?? '',
  ])
  const lines = tableLines([[...heads], ...rows], column => column === 2 || column === 3)
  return lines.map(line => `${line}\n`).join('')
}
