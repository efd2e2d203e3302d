/*
  A file that only grows, and that a later process can continue: what was not certainly written to the disk is cut off again.
*/
import { DdbError, messageOf } from '../../errors.js'
import type { Files } from '../../platform/platform.js'

export type AppendedFile = ReturnType<typeof appendedFile>

/**
 * Changes no file. The file is open only while it is written.
 * @param sizeBytes  of what is certainly on the disk. The owner of the file adds what it has written
 */
export function appendedFile(path: string, files: Files, sizeBytes = 0) {
  let inode = files.statusNow(path)?.inode
  let isMade = false
  /** −1 if the file does not exist. */
  const presentBytes = (): number => files.statusNow(path)?.sizeBytes ?? -1
  const failure = (why: string, cause?: unknown): DdbError =>
    new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${why}`, { cause })
  const file = {
    path,
    sizeBytes,
    isWhole: (): boolean => presentBytes() >= file.sizeBytes,
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
    /** Checks that the path still leads to this file, and that nothing is missing. @throws {DdbError} DDB_OUTPUT_WRITE */
    check(): void {
      if (files.statusNow(path)?.inode === inode && file.isWhole()) return
      throw failure('somebody has removed, cut or replaced it while the run wrote it')
    },
    /** Replaces everything after `sizeBytes`, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
    write(bytes: Uint8Array): void {
      file.check()
      try {
        const opened = files.reopen(path)
        try {
          if (presentBytes() !== file.sizeBytes) opened.truncate(file.sizeBytes)
          for (let done = 0; done < bytes.length;) done += opened.write(bytes.subarray(done))
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
      file.removeEmpty()
    },
    removeEmpty(): void {
      if (isMade && file.sizeBytes === 0) files.remove(path)
      isMade = false
    },
  }
  return file
}

export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}

export function createError(message: string, cause?: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', message, { cause })
}
