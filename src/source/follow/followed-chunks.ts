/*
  Reads a growing file. At the end of the file, the reader waits for more, until reading is stopped, or until the file was renamed
  or removed and no longer grows. Whenever the file changes, and when reading ends, the reader compares the first and last bytes it
  has read with the file, to notice replaced content.
*/
import { DdbError, InputError, option } from '../../errors.js'
import type { Clock, DatedFileStatus, InputFile } from '../../platform/platform.js'
import { wait } from '../../platform/clocks.js'
import type { Chunks } from '../byte-source.js'
import { chunkBytes } from '../file-chunks.js'

/** How often to check whether a file has grown: often enough for users, rarely enough for hundreds of files. */
export const lookEveryMs = 250

/** How long a renamed file must stay quiet before its end is final, because the file's writer may continue for a moment. */
export const quietMs = 30_000

/** How many of the first and last bytes are compared. Even files with similar lines differ within this length. */
export const keptBytes: number = 16 * 1024

export interface GrowingFile {
  readonly file: InputFile
  readonly name: string
  readonly clock: Clock
  readonly turns: Turns
  /** Aborted when reading must stop. */
  readonly ended: AbortSignal
  /** Whether the file's name still leads to the file. */
  readonly isNamed: () => Promise<boolean>
  /** Called whenever all bytes that are in the file have been read. */
  readonly onEnd?: (isNamed: boolean) => void
}

/** A part of a file, from its start, and the state of the file when the part was read. */
export interface ReadPart {
  sizeBytes: number
  /** The first and the last bytes of the part, at most `keptBytes` each. */
  head: Uint8Array
  tail: Uint8Array
  /** Undefined before the first look. */
  status: DatedFileStatus | undefined
}

/** The bytes of a file, and a check that the file still holds them. */
export interface FollowedChunks {
  /**
   * The bytes from the file's start, readable once. While a chunk is used, no other file gets a turn; `return` ends that.
   * @throws {InputError} DDB_INPUT_TRUNCATED if the file has become shorter, or its content was replaced
   * @throws {DdbError} DDB_INTERRUPTED if reading is stopped
   */
  readonly chunks: Chunks
  readonly read: Readonly<ReadPart>
  /**
   * Call this after the last chunk to check the file again.
   * @throws {InputError} DDB_INPUT_TRUNCATED for the same reasons as `chunks`; DDB_INPUT_READ if reading fails
   */
  checkRead(): Promise<void>
}

const nothing = new Uint8Array(0)

export function followedChunks(growing: GrowingFile): FollowedChunks {
  const read: ReadPart = { sizeBytes: 0, head: nothing, tail: nothing, status: undefined }
  const { file, name } = growing
  return {
    chunks: chunksOf(growing, read),
    read,
    async checkRead() {
      try {
        await check(file, name, read)
      } catch (cause) {
        if (cause instanceof DdbError) throw cause
        throw unreadable(name, cause)
      }
    },
  }
}

async function* chunksOf(growing: GrowingFile, read: ReadPart): Chunks {
  const { file, name, clock, turns, ended, isNamed, onEnd } = growing
  let quietSinceMs = clock.nowMs()
  for (;;) {
    const hasName = await isNamed()
    const status = await file.status()
    const { sizeBytes } = status
    if (status.changedNs !== read.status?.changedNs || sizeBytes !== read.sizeBytes) {
      await check(file, name, read)
    }
    read.status = status
    if (hasName || sizeBytes > read.sizeBytes) quietSinceMs = clock.nowMs()
    if (sizeBytes > read.sizeBytes) {
      const pass = await turns()
      try {
        if (ended.aborted) throw stopped()
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - read.sizeBytes))
        for (;;) {
          const count = await file.read(buffer, 0, buffer.length)
          if (count === 0) break
          add(read, buffer.subarray(0, count))
          yield buffer.subarray(0, count)
          if (ended.aborted) throw stopped()
        }
      } finally {
        pass()
      }
      continue
    }
    onEnd?.(hasName)
    if (!hasName && clock.nowMs() - quietSinceMs >= quietMs) return
    await wait(clock, lookEveryMs, ended)
    if (ended.aborted) throw stopped()
  }
}

function add(read: ReadPart, chunk: Uint8Array): void {
  const { head, tail } = read
  read.sizeBytes += chunk.length
  if (head.length < keptBytes) {
    read.head = Buffer.concat([head, chunk.subarray(0, keptBytes - head.length)])
  }
  read.tail = Buffer.concat([tail, chunk.subarray(-keptBytes)]).subarray(-keptBytes)
}

/** @throws {InputError} DDB_INPUT_TRUNCATED if the file no longer holds the part that was read */
async function check(
  file: InputFile,
  name: string,
  { sizeBytes, head, tail }: Readonly<ReadPart>,
): Promise<void> {
  const now = await file.status()
  if (now.sizeBytes < sizeBytes) throw cutShort(name, sizeBytes, now.sizeBytes)
  const isSame = (await holds(file, head, 0)) && (await holds(file, tail, sizeBytes - tail.length))
  if (!isSame) throw rewritten(name, sizeBytes)
}

/** Whether the file has these bytes at this offset. */
async function holds(file: InputFile, bytes: Uint8Array, start: number): Promise<boolean> {
  const found = new Uint8Array(bytes.length)
  let done = 0
  while (done < found.length) {
    const count = await file.readAt(found, done, found.length - done, start + done)
    if (count === 0) return false
    done += count
  }
  return Buffer.compare(bytes, found) === 0
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

/**
 * Lets the run read only one file at a time, so that memory does not grow with the number of files. Each call waits until all earlier callers
 * have passed the turn on.
 * @returns a function that passes the turn on
 */
export type Turns = () => Promise<() => void>

export function newTurns(): Turns {
  let last = Promise.resolve()
  return async () => {
    const mine = last
    let pass = (): void => undefined
    last = new Promise(resolve => (pass = resolve))
    await mine
    return pass
  }
}
