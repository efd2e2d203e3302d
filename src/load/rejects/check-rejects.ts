/* Checks before the first row that the run can create its files of rejects, and which of those that are there it has created. */
import { DdbError, messageOf, option, usageError } from '../../errors.js'
import { fileKey } from '../../platform/file-name.js'
import type { Files, Platform } from '../../platform/platform.js'
import { archiveOf } from '../../source/archive/archives.js'
import { failureOf } from '../journal/journal-file.js'
import { createError } from './reject-files.js'
import { reasonsPath } from '../../source/data-files.js'

/** @param isOwn  whether the run made these files @throws {UsageError} DDB_USAGE for an input @throws {DdbError} DDB_OUTPUT_CREATE */
export function checkRejects(
  path: string,
  inputPaths: Iterable<string>,
  platform: Pick<Platform, 'files' | 'random'>,
  isOwn = (): boolean => false,
): void {
  try {
    refuseInputs(path, inputPaths, platform.files)
    const failure = failureOf(() => checkNew(path, platform))
    // Asked last, because another shard may just have named its files so.
    if (failure !== undefined && !isOwn()) throw failure
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    throw createError(`cannot create "${path}": ${messageOf(cause)}`, cause)
  }
}

function refuseInputs(path: string, inputPaths: Iterable<string>, files: Files): void {
  const keyOf = (name: string): string | undefined => {
    const status = files.statusNow(name)
    return status && fileKey(name, status)
  }
  const keys = [path, reasonsPath(path)].flatMap(name => keyOf(name) ?? [])
  for (const input of keys.length === 0 ? [] : inputPaths) {
    if (input === '-' || !keys.includes(keyOf(archiveOf(input, files) ?? input) ?? '')) continue
    throw usageError(`"${path}" is an input of this run: name another file to write`)
  }
}

/** Why an existing file cannot take rejects, by the code of the system's error. */
const unfit: Readonly<Record<string, string>> = {
  EEXIST: 'exists and is not empty: load or move it first, or name another',
  ELOOP: 'is a symbolic link, and rejects follow none: name the file itself',
}

function checkNew(path: string, { files, random }: Pick<Platform, 'files' | 'random'>): void {
  if (files.statusNow(path)?.isFile === false) {
    throw createError(
      `"${path}" is not an ordinary file and cannot take rejects: name another, or leave bad rows out with ${option('rejects.onError')} skip`,
    )
  }
  const reasons = reasonsPath(path)
  const [failure, free] = [path, reasons].map(
    name => failureOf(() => files.openEmpty(name).close()) as NodeJS.ErrnoException | undefined,
  )
  const why = unfit[failure?.code ?? '']
  if (why !== undefined) throw createError(`"${path}" ${why}`)
  if (failure !== undefined && failure.code !== 'ENOENT') throw failure
  // Even an empty file, or a link to none.
  if (free?.code !== 'ENOENT') {
    throw createError(
      `"${reasons}" exists: another run keeps its rejects there, or kept them. ` +
        'Move or remove it if no run needs it, or name another rejects file',
    )
  }
  // Creates a file and removes it, because the mode of a folder does not show whether that is possible.
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const probe = `${folder}.ddb-ingest-${Buffer.from(random.bytes(8)).toString('hex')}`
  files.create(probe).close()
  files.remove(probe)
}

/** Number of bytes at the start of a file of reasons that always contain the run's name. */
const startBytes = 256

/** Whether the run created this file of reasons: another may have the name by now. A truncated file is compared as far as it goes. */
export function isOfRun(reasons: string, runId: string, files: Files): boolean {
  if (files.statusNow(reasons)?.isFile !== true) return false
  const start = `{"runId":${JSON.stringify(runId)},`
  const buffer = Buffer.alloc(startBytes)
  const text = buffer.toString('utf8', 0, files.readNow(reasons, buffer))
  return text.startsWith(start) || start.startsWith(text)
}
