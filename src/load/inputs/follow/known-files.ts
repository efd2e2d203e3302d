/*
  Files that a run has followed, as its records have them. A rotated file has a new name, usually in the same folder, so content and inode
  identify a file.
*/
import { dirname, join } from 'node:path'
import type { DatedFileStatus, Files, FolderEntry, InputFile } from '../../../platform/platform.js'
import { FollowedFile } from '../../../source/follow/followed-file.js'
import { runChanged } from '../../journal/changed-run.js'
import { fingerprintText, isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'
import type { RecordedRun } from '../../journal/recorded-run.js'
import type { InputSummary } from '../input-reading.js'

/**
 * Compares a file with those that the run has read to their end. Returns `read` for one of them, `grown` if that file has become longer
 * since, and undefined for any other file. Returns `touched` if only the time of modification differs and the file
 * system keeps no creation time, so that the file may be new.
 * @throws the system's error
 */
export async function readBefore(
  { inputs }: Pick<RecordedRun, 'inputs'>,
  file: InputFile,
  status: DatedFileStatus,
): Promise<'read' | 'grown' | 'touched' | undefined> {
  const inode = String(status.inode)
  const alike = inputs.filter(
    // A file without rows can be loaded twice without harm, and a header alone does not identify a file.
    ({ fingerprint, summary }) => fingerprint.inode === inode && (summary?.rows ?? 0) > 0,
  )
  // An inode number belongs to one file at a time, so an earlier file with this number is gone. Some systems have none.
  for (const { fingerprint } of status.inode === 0n ? alike : alike.slice(-1)) {
    if (!(await isSameGrown(fingerprint, file))) continue
    if (status.sizeBytes > fingerprint.sizeBytes) return 'grown'
    const isTouched = Math.floor(status.modifiedMs) !== fingerprint.modifiedMs
    return isTouched && fingerprint.born === undefined ? 'touched' : 'read'
  }
  return undefined
}

/** Adds the counts of a file to those of all files that had its name. */
export function addByName(byName: Map<string, InputSummary>, more: InputSummary): void {
  const before = byName.get(more.path)
  if (before === undefined) return void byName.set(more.path, { ...more })
  const contentBytes = { ...more.contentBytes }
  for (const key of Object.keys(contentBytes) as (keyof typeof contentBytes)[]) {
    contentBytes[key] += before.contentBytes[key]
  }
  byName.set(more.path, {
    ...more,
    bytes: before.bytes + more.bytes,
    rows: before.rows + more.rows,
    ragged: before.ragged + more.ragged,
    firstError: before.firstError ?? more.firstError,
    contentBytes,
  })
}

/**
 * Opens a file that an earlier process has begun to read.
 * @param number  of the file in the journal
 * @throws {DdbError} DDB_RUN_CHANGED if the file does not exist any more
 */
export async function reopened(
  found: RecordedRun,
  number: number,
  files: Files,
): Promise<FollowedFile> {
  const { path, fingerprint } = found.inputs[number]!
  // The file contained every row that was sent, so it certainly reached this size.
  const { offsetBytes } = found.sentOf(number)
  const folder = dirname(path)
  const names = [path]
  const add = ({ name, isFolder }: FolderEntry): void =>
    void (isFolder || names.push(join(folder, name)))
  for (const name of names) {
    const file = await openIfSame(name, fingerprint, offsetBytes, files).catch(() => undefined)
    if (file !== undefined) return new FollowedFile(path, file, await file.status())
    // The loop goes on with the names that are added.
    if (names.length === 1) await files.readFolder(folder, false, add).catch(() => undefined)
  }
  throw runChanged(
    found,
    `"${path}" was not read to its end, and is no longer in its folder under any name ` +
      `(it was ${fingerprintText(fingerprint)}, inode ${fingerprint.inode ?? 'unknown'}). ` +
      'If rotation has compressed it, unpack it and load the rest of it as a separate file',
  )
}

async function openIfSame(
  name: string,
  fingerprint: Fingerprint,
  leastBytes: number,
  files: Files,
): Promise<InputFile | undefined> {
  const { isFile, inode, sizeBytes } = await files.status(name)
  // Opening a pipe would block.
  if (!isFile || String(inode) !== fingerprint.inode || sizeBytes < leastBytes) return undefined
  const file = await files.open(name)
  const isSame = await isSameGrown(fingerprint, file).catch(() => false)
  if (isSame) return file
  await file.close()
  return undefined
}
