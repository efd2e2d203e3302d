/*
  A file that only grows, and that a later process can continue: what was not certainly written to the disk is cut off again.
*/
import { DdbError, messageOf } from '../../errors.js'
import type { Files } from '../../platform/platform.js'

/** Open only while it is written. */
export class AppendedFile {
  readonly path: string
  /** Size of what is certainly on the disk. The owner of the file adds what it has written. */
  sizeBytes: number
  readonly #files: Files
  #inode: bigint | undefined
  #isMade = false

  /** Changes no file. */
  constructor(path: string, files: Files, sizeBytes = 0) {
    this.path = path
    this.sizeBytes = sizeBytes
    this.#files = files
    this.#inode = files.statusNow(path)?.inode
  }

  get isWhole(): boolean {
    return this.#presentBytes >= this.sizeBytes
  }

  /** −1 if the file does not exist. */
  get #presentBytes(): number {
    return this.#files.statusNow(this.path)?.sizeBytes ?? -1
  }

  /** @param mayTakeEmpty  whether an empty file may be there @throws {Error} the system's error */
  create(mayTakeEmpty = false): void {
    try {
      const file = this.#files.create(this.path)
      this.#isMade = true
      file.close()
    } catch (error) {
      if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      this.#files.openEmpty(this.path).close()
    }
    this.#inode = this.#files.statusNow(this.path)?.inode
  }

  /** Checks that the path still leads to this file, and that nothing is missing. @throws {DdbError} DDB_OUTPUT_WRITE */
  check(): void {
    const isSame = this.#files.statusNow(this.path)?.inode === this.#inode
    if (isSame && this.isWhole) return
    throw this.#failure('somebody has removed, cut or replaced it while the run wrote it')
  }

  /** Replaces everything after `sizeBytes`, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  write(bytes: Uint8Array): void {
    this.check()
    try {
      const file = this.#files.reopen(this.path)
      try {
        if (this.#presentBytes !== this.sizeBytes) file.truncate(this.sizeBytes)
        for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
        if (bytes.length > 0) file.sync()
      } finally {
        file.close()
      }
    } catch (cause) {
      throw this.#failure(messageOf(cause), cause)
    }
  }

  /** Removes everything after `sizeBytes`, and a file without content that this process made. */
  cutBack(): void {
    this.write(new Uint8Array(0))
    this.removeEmpty()
  }

  removeEmpty(): void {
    if (this.#isMade && this.sizeBytes === 0) this.#files.remove(this.path)
    this.#isMade = false
  }

  #failure(why: string, cause?: unknown): DdbError {
    return new DdbError('DDB_OUTPUT_WRITE', `cannot write "${this.path}": ${why}`, { cause })
  }
}

export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
