/*
  Finds the files that an earlier process followed, by content and inode. A rotated file has a new name in the same folder.
*/
import { dirname, join } from 'node:path'
import type { Files, FolderEntry, InputFile } from '../../../platform/platform.js'
import { runChanged } from '../../journal/changed-run.js'
import { fingerprintText, isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'
import type { NamedInput } from '../../journal/journal-record.js'
import type { RecordedRun } from '../../journal/recorded-run.js'
import type { RunHistory } from '../../journal/run-history.js'

/** A file that is not completely read or sent. */
export interface ResumedFile {
  readonly number: number
  /** The name under which the file was first found. */
  readonly path: string
  readonly file: InputFile
  readonly fingerprint: Fingerprint
}

/** Files that an earlier process of the run has read, completely or in part. */
export interface ResumedFiles {
  readonly open: readonly ResumedFile[]
  /** Files that were read to their end and completely sent. */
  readonly done: readonly {
    readonly fingerprint: Fingerprint
    readonly input: Readonly<NamedInput>
  }[]
}

/** @throws {DdbError} DDB_RUN_CHANGED if a file does not exist any more */
export async function resumedFiles(
  { found, resumption }: Pick<RunHistory, 'found' | 'resumption'>,
  files: Files,
): Promise<ResumedFiles> {
  const open: ResumedFile[] = []
  const done: ResumedFiles['done'][number][] = []
  try {
    for (const [number, input] of found.inputs.entries()) {
      const { path, fingerprint } = input
      const resumed = resumption.resumed(number)
      if (input.summary !== undefined && (resumed?.isDone ?? true)) {
        done.push({ fingerprint, input })
        continue
      }
      // The file contained every row that was sent, so it certainly reached this size.
      const { offsetBytes: sizeBytes } = found.sentOf(number)
      const file = await find(path, { fingerprint, sizeBytes }, files)
      if (file === undefined) throw isGone(found, path, fingerprint)
      open.push({ number, path, file, fingerprint })
    }
    return { open, done }
  } catch (error) {
    for (const { file } of open) await file.close()
    throw error
  }
}

interface SoughtFile {
  readonly fingerprint: Fingerprint
  readonly sizeBytes: number
}

async function find(
  path: string,
  sought: SoughtFile,
  files: Files,
): Promise<InputFile | undefined> {
  const named = await openIfSame(path, sought, files)
  if (named !== undefined) return named
  const folder = dirname(path)
  const names: string[] = []
  const add = ({ name, isFolder }: FolderEntry): void => void (isFolder || names.push(name))
  await files.readFolder(folder, false, add).catch(() => undefined)
  for (const name of names) {
    const file = await openIfSame(join(folder, name), sought, files)
    if (file !== undefined) return file
  }
  return undefined
}

async function openIfSame(
  path: string,
  { fingerprint, sizeBytes }: SoughtFile,
  files: Files,
): Promise<InputFile | undefined> {
  let file: InputFile | undefined
  try {
    const status = await files.status(path)
    // Opening a pipe would block.
    if (!status.isFile || String(status.inode) !== fingerprint.inode) return undefined
    file = await files.open(path)
    if (status.sizeBytes >= sizeBytes && (await isSameGrown(fingerprint, file))) return file
  } catch {
    // An unreadable file counts as not found.
  }
  await file?.close()
  return undefined
}

function isGone(found: RecordedRun, path: string, fingerprint: Fingerprint): Error {
  return runChanged(
    found,
    `"${path}" was not read to its end, and is no longer in its folder under any name ` +
      `(it was ${fingerprintText(fingerprint)}, inode ${fingerprint.inode ?? 'unknown'}). ` +
      'If rotation has compressed it, unpack it and load the rest of it as a separate file',
  )
}
