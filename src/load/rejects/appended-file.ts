/* A rejects file, or one of reasons, on the disk: what a later process may continue, what users have changed, and what was not certainly written. */
import { createHash } from 'node:crypto'
import { DdbError, messageOf } from '../../errors.js'
import type { Files } from '../../platform/platform.js'
import { writeAll } from '../journal/journal-file.js'

const windowBytes = 1024 * 1024

/** A hash of a file's first bytes. @throws {DdbError} DDB_OUTPUT_WRITE */
export function hashOf(path: string, files: Files, sizeBytes: number) {
  const buffer = Buffer.alloc(Math.min(sizeBytes, windowBytes))
  const hash = createHash('sha1')
  for (let at = 0, bytes = -1; at < sizeBytes && bytes !== 0; at += bytes) {
    const left = buffer.subarray(0, sizeBytes - at)
    try {
      bytes = files.readNow(path, left, at)
    } catch (cause) {
      const message = `cannot read "${path}": ${messageOf(cause)}`
      throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
    }
    hash.update(left.subarray(0, bytes))
  }
  return hash
}

/**
 * A file that only grows, and that a later process can continue: what was not certainly written to the disk is cut off again. It is open only
 * while it is written.
 * @param sizeBytes  of what is certainly on the disk. The owner of the file adds what it has written
 * @param digest  of what earlier processes have written; undefined if they recorded none
 */
export function appendedFile(path: string, files: Files, sizeBytes: number, digest?: string) {
  /** Of what is certainly in the file; undefined until an earlier process's part is read. */
  let hash = sizeBytes === 0 ? createHash('sha1') : undefined
  /** Whether nothing may be after `sizeBytes`. */
  let isExact = sizeBytes === 0
  let inode = files.statusNow(path)?.inode
  let isMade = false
  const failure = (why: string, cause?: unknown): DdbError =>
    new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${why}`, { cause })
  const file = {
    sizeBytes,
    has: (bytes: number): boolean => (files.statusNow(path)?.sizeBytes ?? -1) >= bytes,
    isWhole: (): boolean => file.has(file.sizeBytes),
    isSame: (): boolean => files.statusNow(path)?.inode === inode,
    /** @param mayTakeEmpty  whether an empty file may be there @throws {Error} the system's error */
    create(mayTakeEmpty = false): void {
      try {
        const made = files.create(path)
        isMade = true
        made.close()
      } catch (error) {
        if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        files.openEmpty(path).close()
      }
      inode = files.statusNow(path)?.inode
    },
    /** Checks that the path leads to this file, as the run has made it. @param reads  all of it @throws {DdbError} DDB_OUTPUT_WRITE */
    check(reads = false): void {
      const isLonger = isExact && file.has(file.sizeBytes + 1)
      if (file.isSame() && file.isWhole() && !isLonger && (!reads || file.isUnchanged())) return
      throw failure('somebody has removed, cut, changed or replaced it while the run wrote it')
    },
    /** Whether the file has what the run has written: users may repair it meanwhile. */
    isUnchanged(): boolean {
      const found = hashOf(path, files, file.sizeBytes)
      const isSo = [undefined, found.copy().digest('hex')].includes(file.digest())
      if (isSo) [hash, digest] = [found, undefined]
      return isSo
    },
    digest: (): string | undefined => digest ?? hash?.copy().digest('hex'),
    wrote(bytes: Uint8Array): void {
      hash!.update(bytes)
      file.sizeBytes += bytes.length
      isExact = true
    },
    /** Replaces everything after `sizeBytes`, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
    write(bytes: Uint8Array): void {
      file.check()
      isExact = false
      try {
        const opened = files.reopen(path)
        try {
          opened.truncate(file.sizeBytes)
          writeAll(opened, bytes)
          if (bytes.length > 0) opened.sync()
        } finally {
          opened.close()
        }
      } catch (cause) {
        throw failure(messageOf(cause), cause)
      }
    },
    /** Removes everything after `sizeBytes`, and a file without content that this process made. */
    cutBack(): void {
      file.write(new Uint8Array(0))
      isExact = true
      file.removeEmpty()
    },
    remove(): void {
      if (file.isSame()) files.remove(path)
    },
    removeEmpty(): void {
      if (isMade && file.sizeBytes === 0) files.remove(path)
    },
  }
  return file
}
