/*
  What a lock needs of the machine that it lies on: a few calls of its file system, and who lives there. Tests bring machines of
  their own.
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
  lifeOf,
  readLock,
  thisProcess,
  type Life,
  type LockHolder,
  type LockText,
} from './lock-holder.js'

/** A lock's file that stays open, whatever has its name later. */
export interface LockFile {
  /** Sets the time of its last change, ms since the epoch. */
  stamp(ms: number): void
  close(): void
}

/** Every call on files throws the system's error. */
export interface LockMachine {
  /** This process, with a token that nobody had before. */
  self(): LockHolder
  /** What is known of a holder without waiting. */
  lifeOf(holder: LockHolder): Life
  /** undefined when there is none, `strange` when it is no ordinary file. */
  read(this: void, path: string): LockText | 'strange' | undefined
  /** Makes a file that was not there, and waits for the disk. */
  create(path: string, text: string): LockFile
  /** Gives a file one more name; EEXIST when something has it. */
  link(from: string, to: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
}

export const thisMachine: LockMachine = {
  self: thisProcess,
  lifeOf,
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
