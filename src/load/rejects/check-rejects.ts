/*
  Prepares for rejects before the first row: checks that the run can create its files, and removes those that a killed
  process has created and its journal does not count. The run reads their rows again.
*/
import { DdbError, messageOf, option, usageError } from '../../errors.js'
import { fileKey } from '../../platform/file-name.js'
import type { Files, FileStatus, Platform } from '../../platform/platform.js'
import { archiveOf } from '../../source/archive/archives.js'
import { failureOf } from './reject-file.js'
import { reasonsPath } from './reject-path.js'
import type { RecordedRun } from '../journal/recorded-run.js'

/**
 * Checks that `path` and its file of reasons can be written without overwriting anything.
 * @param isOwn  whether an earlier process of the run created these files
 * @throws {UsageError} DDB_USAGE if one of these files is an input
 * @throws {DdbError} DDB_OUTPUT_CREATE if one of these files has content, or cannot be created
 */
export function checkRejects(
  path: string,
  inputPaths: Iterable<string>,
  { files, random }: Pick<Platform, 'files' | 'random'>,
  isOwn = false,
): void {
  const reasons = reasonsPath(path)
  for (const name of [path, reasons]) {
    const status = statusOf(name, files)
    const key = status && fileKey(name, status)
    if (key === undefined) continue
    for (const input of inputPaths) {
      if (input === '-' || !isFile(input, key, files)) continue
      throw usageError(`the rejects file "${name}" is an input of this run: name another`)
    }
  }
  if (isOwn) return
  checkRecords(path, files)
  if (isTaken(reasons, files)) {
    throw refused(
      `"${reasons}" exists: another run keeps its rejects there, or kept them. ` +
        'Move or remove it if no run needs it, or name another rejects file',
    )
  }
  checkFolder(path, files, random)
}

function checkRecords(path: string, files: Files): void {
  const status = statusOf(path, files)
  if (status?.isFile === false) {
    throw refused(
      `"${path}" is not an ordinary file and cannot take rejects: name another, or leave bad rows out with ${option('rejects.onError')} skip`,
    )
  }
  const failure = failureOf(() => files.openEmpty(path).close())
  switch (codeOf(failure)) {
    case undefined:
    case 'ENOENT':
      return
    case 'EEXIST':
      throw refused(
        `the rejects file "${path}" exists and is not empty: load or move it first, or name another`,
      )
    case 'ELOOP':
      throw refused(`"${path}" is a symbolic link, and rejects follow none: name the file itself`)
    default:
      throw uncreatable(path, failure)
  }
}

/** Also true for a dangling link. */
function isTaken(path: string, files: Files): boolean {
  return codeOf(failureOf(() => files.openEmpty(path).close())) !== 'ENOENT'
}

/** Creates a file and removes it, because the mode of a folder does not show whether that is possible. */
function checkFolder(path: string, files: Files, random: Platform['random']): void {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const name = Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
  const probe = `${folder}.ddb-ingest-${name}`
  try {
    files.create(probe).close()
    files.remove(probe)
  } catch (cause) {
    throw uncreatable(path, cause)
  }
}

function statusOf(path: string, files: Files): FileStatus | undefined {
  try {
    return files.statusNow(path)
  } catch (cause) {
    throw uncreatable(path, cause)
  }
}

function isFile(input: string, key: string, files: Files): boolean {
  const path = archiveOf(input, files) ?? input
  const status = files.statusNow(path)
  return status !== undefined && fileKey(path, status) === key
}

function uncreatable(path: string, cause: unknown): DdbError {
  return refused(`cannot create "${path}": ${messageOf(cause)}`, cause)
}

function refused(message: string, cause?: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', message, { cause })
}

function codeOf(failure: Error | undefined): string | undefined {
  return failure && ((failure as NodeJS.ErrnoException).code ?? 'unknown')
}

/** Number of bytes at the start of a file of reasons that always contain the run's name. */
const startBytes = 256

/**
 * Removes the run's rejects files that its journal does not count. Call it only after the journal was proved complete.
 * @throws the error of the operating system
 */
export function removeLeftovers(
  found: RecordedRun,
  { rejectsFiles }: Pick<RecordedRun, 'rejectsFiles'>,
  runId: string,
  files: Files,
): void {
  const counted = new Set(found.rejects?.files.map(({ path }) => path))
  for (const path of new Set(rejectsFiles)) {
    if (counted.has(path) || !isOfRun(reasonsPath(path), runId, files)) continue
    for (const name of [path, reasonsPath(path)]) {
      if (files.statusNow(name) !== undefined) files.remove(name)
    }
  }
}

/**
 * Whether the run created this file of reasons. A different file may have the name by now. Compares the first bytes, or fewer if
 * the file is truncated.
 */
export function isOfRun(reasons: string, runId: string, files: Files): boolean {
  if (files.statusNow(reasons)?.isFile !== true) return false
  const start = `{"runId":${JSON.stringify(runId)},`
  const buffer = Buffer.alloc(startBytes)
  const text = buffer.toString('utf8', 0, files.readNow(reasons, buffer))
  return text.startsWith(start) || start.startsWith(text)
}
