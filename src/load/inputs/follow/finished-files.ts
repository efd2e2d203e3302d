/*
  Remembers files that were followed to their end: their counts by name, and how to recognize each file under a different name.
*/
import type { DatedFileStatus, InputFile } from '../../../platform/platform.js'
import type { InputSummary } from '../input-reading.js'
import { isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'

/** The files that the run has read to their end. Takes a few hundred bytes of memory for each file. */
export interface FinishedFiles {
  readonly bytes: number
  add(summary: InputSummary, fingerprint: Fingerprint | undefined): void
  /**
   * Compares a file with the files already read. Returns `read` for one of them, `grown` if that file has become longer
   * since, and undefined for any other file. Returns `touched` if only the time of modification differs and the file
   * system keeps no creation time, so that the file may be new.
   * @throws the system's error
   */
  find(file: InputFile, status: DatedFileStatus): Promise<'read' | 'grown' | 'touched' | undefined>
  /** Returns one summary per name: the sum over the name's files, including those in `open`. */
  withOpen(open: readonly InputSummary[]): InputSummary[]
}

interface KnownFile {
  readonly fingerprint: Fingerprint
  /** Set once `find` has compared a file with this one: the state of that file, and whether both are the same. */
  looked: { readonly text: string; readonly isSame: boolean } | undefined
}

export function newFinishedFiles(): FinishedFiles {
  const byName = new Map<string, InputSummary>()
  /** If the system has no inode numbers, the key `0` holds all known files, and `find` compares with each of them. */
  const byInode = new Map<string, KnownFile[]>()
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(summary, fingerprint) {
      bytes += summary.bytes
      byName.set(summary.path, sum(byName.get(summary.path), summary))
      // A file without rows can be loaded twice without harm, and a header alone does not identify a file.
      if (fingerprint?.inode === undefined || summary.rows === 0) return
      const known = { fingerprint, looked: undefined }
      const { inode } = fingerprint
      // An inode number belongs to one file at a time, so an earlier file with this number is gone.
      byInode.set(inode, inode === '0' ? [...(byInode.get(inode) ?? []), known] : [known])
    },
    async find(file, { inode, sizeBytes, modifiedMs, bornNs, changedNs }) {
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
    withOpen(open) {
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
