/*
  The bytes of a file that goes on growing: at its end more is waited for, until the file has lost its name and nothing
  more comes, or reading is stopped.
*/
import { DdbError, InputError } from '../../errors.js'
import type { Clock, InputFile } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import type { Chunks } from '../byte-source.js'
import { chunkBytes } from '../file-chunks.js'
import type { Turns } from './turns.js'

/** So often is looked whether a file has grown: seen at once by people, and cheap for hundreds of files. */
export const lookEveryMs = 250

/** Whoever writes a file that was renamed goes on for a moment: only then is its end its end. */
export const quietMs = 30_000

/** Of what was read last, to be found in its place before reading goes on. */
const keptBytes = 64

/** What the reading of a file depends on. */
export interface FollowedFile {
  readonly file: InputFile
  readonly name: string
  readonly clock: Clock
  readonly turns: Turns
  /** Aborted when nothing more is to be read. */
  readonly ended: AbortSignal
  /** The file's name leads to another one by now, or nowhere. */
  readonly hasLostName: () => boolean
  /** Told whenever all that is there was read. */
  readonly onEnd?: () => void
}

/**
 * From the file's start on. A chunk is overwritten after the next one was asked for.
 *
 * @throws {InputError} DDB_INPUT_TRUNCATED when the file has become shorter, or holds something else than was read
 * @throws {DdbError} DDB_INTERRUPTED when reading is stopped
 */
export async function* followedChunks(followed: FollowedFile): Chunks {
  const { file, clock, turns, ended, hasLostName, onEnd } = followed
  let position = 0
  let last: Uint8Array = new Uint8Array(0)
  let quietSinceMs = clock.nowMs()
  for (;;) {
    const { sizeBytes } = await file.status()
    if (sizeBytes < position) throw cutShort(followed, position, sizeBytes)
    if (sizeBytes > position) {
      if (!(await turns.take(ended))) throw stopped()
      try {
        await checkLast(followed, last, position)
        const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, sizeBytes - position))
        for (;;) {
          const count = await file.read(buffer, 0, buffer.length)
          if (count === 0) break
          position += count
          last = lastOf(last, buffer.subarray(0, count))
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

function lastOf(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (chunk.length >= keptBytes) return chunk.slice(chunk.length - keptBytes)
  return Buffer.concat([before, chunk]).subarray(-keptBytes)
}

/** A file that was emptied and has grown again beyond what was read shows it there. */
async function checkLast(
  followed: FollowedFile,
  last: Uint8Array,
  position: number,
): Promise<void> {
  const found = new Uint8Array(last.length)
  let done = 0
  while (done < found.length) {
    const start = position - last.length + done
    const count = await followed.file.readAt(found, done, found.length - done, start)
    if (count === 0) break
    done += count
  }
  if (!last.every((byte, i) => byte === found[i])) throw rewritten(followed, position)
}

const advice =
  'A file that is followed may only grow: let whoever rotates it rename it and begin another (logrotate: `create`, not ' +
  '`copytruncate`). See what is missing in the table, then begin a run with another `runId`'

function cutShort({ name }: FollowedFile, position: number, sizeBytes: number): InputError {
  return new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was cut short while it was followed: ${position} bytes of it were read, and it has ${sizeBytes}. ${advice}`,
    { file: name, offsetBytes: sizeBytes },
  )
}

function rewritten({ name }: FollowedFile, position: number): InputError {
  return new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was written anew while it was followed: what stands before byte ${position} is not what was read. ${advice}`,
    { file: name, offsetBytes: position },
  )
}

function stopped(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'reading was stopped')
}
