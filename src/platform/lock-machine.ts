/*
  What a lock needs from its machine: calls of the file system, and queries about processes. Tests supply their own.
*/
import {
  closeSync,
  fsyncSync,
  futimesSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import {
  holderState,
  readLock,
  thisProcess,
  type HolderState,
  type LockHolder,
  type LockText,
} from './lock-holder.js'

/** The open file of a lock. It stays the same file even if a different file later gets its name. */
export interface LockFile {
  /** Sets the file's modification time, ms since the epoch. */
  stamp(ms: number): void
  close(): void
}

/** Methods that access files throw the system's error if they fail. */
export interface LockMachine {
  /** This process as the holder of a lock, with a new token. */
  self(): LockHolder
  /** Determines, without waiting, whether the holder is alive. */
  lifeOf(holder: LockHolder): HolderState
  /** Reads a lock's file. Returns undefined if there is no file, `strange` if it is not an ordinary file. */
  read(this: void, path: string): LockText | 'strange' | undefined
  /** Creates a new file, and waits until the file is on disk. */
  create(path: string, text: string): LockFile
  /** Gives a file a second name; EEXIST if that name exists. */
  link(from: string, to: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
}

export const thisMachine: LockMachine = {
  self: thisProcess,
  lifeOf: holderState,
  read: readLock,
  create(path, text) {
    const descriptor = openSync(path, 'wx', 0o600)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } catch (error) {
      closeSync(descriptor)
      unlinkSync(path)
      throw error
    }
    return {
      stamp: ms => void futimesSync(descriptor, ms / 1000, ms / 1000),
      close: () => void closeSync(descriptor),
    }
  },
  link: linkSync,
  rename: renameSync,
  unlink: unlinkSync,
}
