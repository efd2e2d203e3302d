/*
  The files that a run has followed. Remembers those that were read to their end: their counts by name, and how to recognize each file under a
  different name. Finds those of an earlier process, by content and inode: a rotated file has a new name in the same folder.
*/
import { dirname, join } from 'node:path'
import type { DatedFileStatus, Files, FolderEntry, InputFile } from '../../../platform/platform.js'
import { runChanged } from '../../journal/changed-run.js'
import { fingerprintText, isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'
import type { RecordedRun } from '../../journal/recorded-run.js'
import type { RunHistory } from '../../journal/run-history.js'
import type { InputSummary } from '../input-reading.js'
import { newFollowedFile, type FollowedFile } from './followed-file.js'

interface KnownFile {
  readonly fingerprint: Fingerprint
  /** Set once `find` has compared a file with this one: the state of that file, and whether both are the same. */
  looked: { readonly text: string; readonly isSame: boolean } | undefined
}

export type FinishedFiles = ReturnType<typeof newFinishedFiles>

/** The files that the run has read to their end. Takes a few hundred bytes of memory for each file. */
export function newFinishedFiles() {
  const byName = new Map<string, InputSummary>()
  /** If the system has no inode numbers, the key `0` holds all known files, and `find` compares with each of them. */
  const byInode = new Map<string, KnownFile[]>()
  let bytes = 0
  return {
    get bytes(): number {
      return bytes
    },
    add(summary: InputSummary, fingerprint: Fingerprint | undefined): void {
      bytes += summary.bytes
      byName.set(summary.path, sum(byName.get(summary.path), summary))
      // A file without rows can be loaded twice without harm, and a header alone does not identify a file.
      if (fingerprint?.inode === undefined || summary.rows === 0) return
      const known = { fingerprint, looked: undefined }
      const { inode } = fingerprint
      // An inode number belongs to one file at a time, so an earlier file with this number is gone.
      byInode.set(inode, inode === '0' ? [...(byInode.get(inode) ?? []), known] : [known])
    },
    /**
     * Compares a file with the files already read. Returns `read` for one of them, `grown` if that file has become longer
     * since, and undefined for any other file. Returns `touched` if only the time of modification differs and the file
     * system keeps no creation time, so that the file may be new.
     * @throws the system's error
     */
    async find(
      file: InputFile,
      { inode, sizeBytes, modifiedMs, bornNs, changedNs }: DatedFileStatus,
    ): Promise<'read' | 'grown' | 'touched' | undefined> {
      const text = `${sizeBytes} ${modifiedMs} ${bornNs} ${changedNs}`
      for (const known of byInode.get(String(inode)) ?? []) {
        if (known.looked?.text !== text || inode === 0n) {
          known.looked = { text, isSame: await isSameGrown(known.fingerprint, file) }
        }
        if (!known.looked.isSame) continue
        const { fingerprint } = known
        if (sizeBytes > fingerprint.sizeBytes) return 'grown'
        const isTouched = Math.floor(modifiedMs) !== fingerprint.modifiedMs
        return isTouched && fingerprint.born === undefined ? 'touched' : 'read'
      }
      return undefined
    },
    /** Returns one summary per name: the sum over the name's files, including those in `open`. */
    withOpen(open: readonly InputSummary[]): InputSummary[] {
      const all = new Map(byName)
      for (const summary of open) all.set(summary.path, sum(all.get(summary.path), summary))
      return [...all.values()]
    },
  }
}

function sum(before: InputSummary | undefined, more: InputSummary): InputSummary {
  if (before === undefined) return { ...more }
  const contentBytes = { ...more.contentBytes }
  for (const key of Object.keys(contentBytes) as (keyof typeof contentBytes)[]) {
    contentBytes[key] += before.contentBytes[key]
  }
  return {
    ...more,
    bytes: before.bytes + more.bytes,
    rows: before.rows + more.rows,
    ragged: before.ragged + more.ragged,
    firstError: before.firstError ?? more.firstError,
    contentBytes,
  }
}

/**
 * The files that earlier processes of the run have begun to read.
 * @param read  gets those that were read to their end and completely sent
 * @returns the others, opened
 * @throws {DdbError} DDB_RUN_CHANGED if one of the others does not exist any more
 */
export async function resumedFiles(
  { found, resumption }: Pick<RunHistory, 'found' | 'resumption'>,
  files: Files,
  read: Pick<FinishedFiles, 'add'>,
): Promise<FollowedFile[]> {
  const open: FollowedFile[] = []
  try {
    for (const [number, { path, fingerprint, summary }] of found.inputs.entries()) {
      if (summary !== undefined && (resumption.resumed(number)?.isDone ?? true)) {
        read.add(summary, fingerprint)
        continue
      }
      // The file contained every row that was sent, so it certainly reached this size.
      const { offsetBytes } = found.sentOf(number)
      const file = await find(path, fingerprint, offsetBytes, files)
      if (file === undefined) throw isGone(found, path, fingerprint)
      open.push(await newFollowedFile(path, file, { number, fingerprint }))
    }
    return open
  } catch (error) {
    for (const { file } of open) await file.close()
    throw error
  }
}

/** @returns the file, opened, under its name or another name in its folder */
async function find(
  path: string,
  fingerprint: Fingerprint,
  leastBytes: number,
  files: Files,
): Promise<InputFile | undefined> {
  const folder = dirname(path)
  const names = [path]
  const add = ({ name, isFolder }: FolderEntry): void =>
    void (isFolder || names.push(join(folder, name)))
  for (const name of names) {
    let file: InputFile | undefined
    try {
      const status = await files.status(name)
      // Opening a pipe would block.
      if (status.isFile && String(status.inode) === fingerprint.inode) {
        file = await files.open(name)
        if (status.sizeBytes >= leastBytes && (await isSameGrown(fingerprint, file))) return file
      }
    } catch {
      // An unreadable file counts as not found.
    }
    await file?.close()
    // The loop goes on with the names that are added.
    if (names.length === 1) await files.readFolder(folder, false, add).catch(() => undefined)
  }
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
