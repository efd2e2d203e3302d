/*
  Reads a growing file. At the end of the file, the reader waits for more, until reading is stopped, or until the file was renamed
  or removed and no longer grows. Whenever the file changes, and when reading ends, the reader compares the first and last bytes it
  has read with the file, to notice replaced content.
*/
import { DdbError, InputError, option } from '../../errors.js'
import type { Clock, InputFile } from '../../platform/platform.js'
import { wait } from '../../platform/clocks.js'
import type { Chunks } from '../byte-source.js'
import { chunkBytes } from '../file-chunks.js'

/** How often to check whether a file has grown: often enough for users, rarely enough for hundreds of files. */
export const lookEveryMs = 250

/** How long a renamed file must stay quiet before its end is final, because the file's writer may continue for a moment. */
export const quietMs = 30_000

/** How many of the first and last bytes are compared. Even files with similar lines differ within this length. */
export const keptBytes: number = 16 * 1024

export interface FollowedFile {
  readonly file: InputFile
  readonly name: string
  readonly clock: Clock
  readonly turns: Turns
  /** Aborted when reading must stop. */
  readonly ended: AbortSignal
  /** True once the file's name leads to another file or to none. */
  readonly hasLostName: () => boolean
  /** Called whenever all bytes that are in the file have been read. */
  readonly onEnd?: () => void
}

/** The bytes of a file, and a check that the file still holds them. */
export interface FollowedChunks {
  /**
   * The bytes from the file's start, readable once.
   * @throws {InputError} DDB_INPUT_TRUNCATED if the file has become shorter, or its content was replaced
   * @throws {DdbError} DDB_INTERRUPTED if reading is stopped
   */
  readonly chunks: Chunks
  /**
   * Call this after the last chunk to check the file again.
   * @throws {InputError} DDB_INPUT_TRUNCATED for the same reasons as `chunks`; DDB_INPUT_READ if reading fails
   */
  checkRead(): Promise<void>
}

export function followedChunks(followed: FollowedFile): FollowedChunks {
  const read = newReadBytes(followed)
  return {
    chunks: chunksOf(followed, read),
    async checkRead() {
      try {
        await read.check()
      } catch (cause) {
        if (cause instanceof DdbError) throw cause
        throw unreadable(followed.name, cause)
      }
    },
  }
}

async function* chunksOf(followed: FollowedFile, read: ReadBytes): Chunks {
  const { file, clock, turns, ended, hasLostName, onEnd } = followed
  let quietSinceMs = clock.nowMs()
  let changedNs: bigint | undefined
  for (;;) {
    const status = await file.status()
    const { sizeBytes } = status
    if (status.changedNs !== changedNs || sizeBytes !== read.position) await read.check()
    changedNs = status.changedNs
    if (sizeBytes > read.position) {
      if (!(await turns.take(ended))) throw stopped()
      try {
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - read.position))
        for (;;) {
          const count = await file.read(buffer, 0, buffer.length)
          if (count === 0) break
          read.add(buffer.subarray(0, count))
          yield buffer.subarray(0, count)
          if (ended.aborted) throw stopped()
        }
      } finally {
        turns.release()
      }
      quietSinceMs = clock.nowMs()
      continue
    }
    onEnd?.()
    if (hasLostName() && clock.nowMs() - quietSinceMs >= quietMs) return
    await wait(clock, lookEveryMs, ended)
    if (ended.aborted) throw stopped()
  }
}

/** The part of a file that was already read: its length, and its first and last bytes. */
interface ReadBytes {
  readonly position: number
  add(chunk: Uint8Array): void
  /** @throws {InputError} DDB_INPUT_TRUNCATED if the file no longer holds the part that was read */
  check(): Promise<void>
}

function newReadBytes({ file, name }: FollowedFile): ReadBytes {
  let head: Uint8Array = new Uint8Array(0)
  let tail: Uint8Array = new Uint8Array(0)
  let position = 0
  const isThere = async (bytes: Uint8Array, start: number): Promise<boolean> => {
    const found = new Uint8Array(bytes.length)
    let done = 0
    while (done < found.length) {
      const count = await file.readAt(found, done, found.length - done, start + done)
      if (count === 0) return false
      done += count
    }
    return Buffer.compare(bytes, found) === 0
  }
  return {
    get position() {
      return position
    },
    add(chunk) {
      position += chunk.length
      if (head.length < keptBytes) {
        head = Buffer.concat([head, chunk.subarray(0, keptBytes - head.length)])
      }
      tail =
        chunk.length >= keptBytes
          ? chunk.slice(chunk.length - keptBytes)
          : Buffer.concat([tail, chunk]).subarray(-keptBytes)
    },
    async check() {
      const { sizeBytes } = await file.status()
      if (sizeBytes < position) throw cutShort(name, position, sizeBytes)
      const isSame = (await isThere(head, 0)) && (await isThere(tail, position - tail.length))
      if (!isSame) throw rewritten(name, position)
    },
  }
}

const advice = (): string =>
  'A file that is followed may only grow: rotate it by renaming it and creating another (logrotate: `create`, not ' +
  `\`copytruncate\`). Find out what is missing in the table, then start a run with another ${option('runId')}`

function cutShort(name: string, position: number, sizeBytes: number): InputError {
  return new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was cut short while it was followed: ${position} bytes of it were read, and it has ${sizeBytes}. ${advice()}`,
    { file: name, offsetBytes: sizeBytes },
  )
}

function rewritten(name: string, position: number): InputError {
  return new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was overwritten while it was followed: the bytes before ${position} are not those that were read. ${advice()}`,
    { file: name, offsetBytes: position },
  )
}

function unreadable(file: string, cause: unknown): InputError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `"${file}" cannot be checked again after its end was reached: ${reason}`
  return new InputError('DDB_INPUT_READ', message, { file }, { cause })
}

function stopped(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'reading was stopped')
}

/** Lets the run read only one file at a time, in the order of requests, so that memory does not grow with the number of files. */
export interface Turns {
  /** Waits for a turn. Returns false if `ended` is aborted first. */
  take(ended: AbortSignal): Promise<boolean>
  /** Passes the turn to the longest waiting request. */
  release(): void
}

export function newTurns(): Turns {
  let isTaken = false
  const waiting = new Set<() => void>()
  return {
    take(ended) {
      if (ended.aborted) return Promise.resolve(false)
      if (!isTaken) {
        isTaken = true
        return Promise.resolve(true)
      }
      return new Promise(resolve => {
        const settle = (isMine: boolean): void => {
          waiting.delete(begin)
          ended.removeEventListener('abort', leave)
          resolve(isMine)
        }
        const begin = (): void => settle(true)
        const leave = (): void => settle(false)
        waiting.add(begin)
        ended.addEventListener('abort', leave)
      })
    },
    release() {
      const [next] = waiting
      if (next === undefined) isTaken = false
      else next()
    },
  }
}
