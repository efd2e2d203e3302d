/*
  Files that were followed to their end: what was read of them, by the names that they had, and how they are known should they
  be met again under another name.
*/
import type { DatedFileStatus, InputFile } from '../../../platform/platform.js'
import type { InputSummary } from '../input-reading.js'
import { isSameGrown, type Fingerprint } from '../../journal/fingerprint.js'

/** Grows by some hundred bytes with every file. */
export interface FilesRead {
  /** Bytes of all of them. */
  readonly bytes: number
  add(summary: InputSummary, fingerprint: Fingerprint | undefined): void
  /**
   * Whether a file is one of them, and what has happened to it since: `grown`, or `touched`, when it has the same content and
   * may all the same be another.
   *
   * @throws the system's error
   */
  find(file: InputFile, status: DatedFileStatus): Promise<'read' | 'grown' | 'touched' | undefined>
  /** One summary a name, of these and those that are being read. */
  withOpen(open: readonly InputSummary[]): InputSummary[]
}

interface KnownFile {
  readonly fingerprint: Fingerprint
  /** What it looked like when it was compared last, and what came of it. */
  looked: { readonly text: string; readonly isSame: boolean } | undefined
}

/** None. */
export function newFilesRead(): FilesRead {
  const byName = new Map<string, InputSummary>()
  /** Where files have no number, all are candidates for every file. */
  const byInode = new Map<string, KnownFile[]>()
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(summary, fingerprint) {
      bytes += summary.bytes
      byName.set(summary.path, sum(byName.get(summary.path), summary))
      // Without rows there is nothing that could come twice, and a header alone tells no file from another.
      if (fingerprint?.inode === undefined || summary.rows === 0) return
      const known = { fingerprint, looked: undefined }
      const { inode } = fingerprint
      // A number is of one file at a time.
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
