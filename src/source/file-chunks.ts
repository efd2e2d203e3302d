/*
  The read loop of a file: two buffers take turns, so the next read runs while the last chunk is parsed, and memory
  stays the same whatever the size of the file. A file that ends before it should is told from one that is read.
*/
import { InputError } from '../errors.js'
import type { InputFile } from '../platform/platform.js'
import type { Chunks } from './byte-source.js'

/** Large enough that a read costs little against parsing it, small enough to stay in the second-level cache. */
export const chunkBytes: number = 512 * 1024

/**
 * The bytes of an open file from its start to the size it has when its end is reached. A chunk is overwritten after
 * the next one was asked for.
 *
 * @param openedBytes  size at opening; undefined for what has none, such as a pipe
 * @throws {InputError} DDB_INPUT_TRUNCATED, behind the last chunk, when the file has become shorter
 */
export async function* fileChunks(
  file: InputFile,
  name: string,
  openedBytes: number | undefined,
): Chunks {
  let current = Buffer.allocUnsafeSlow(chunkBytes)
  let other = Buffer.allocUnsafeSlow(chunkBytes)
  let position = 0
  /** Known once the end was reached: a file that goes on growing is not followed for ever. */
  let endBytes = Infinity
  const readOn = (): Promise<number> => {
    const reading = file.read(current, 0, Math.min(chunkBytes, endBytes - position))
    // A failure while the consumer is busy is reported at the next turn, not as an unhandled rejection.
    reading.catch(() => undefined)
    return reading
  }
  let pending = readOn()
  try {
    for (;;) {
      const bytesRead = await pending
      if (bytesRead === 0) {
        if (openedBytes === undefined || position === endBytes) return
        const expectedBytes = endBytes === Infinity ? openedBytes : endBytes
        endBytes = await sizeAtEnd(file, name, position, expectedBytes)
        pending = readOn()
        continue
      }
      position += bytesRead
      const chunk = current.subarray(0, bytesRead)
      ;[current, other] = [other, current]
      pending = readOn()
      yield chunk
    }
  } finally {
    await pending.catch(() => undefined)
  }
}

/** The size of a file of which `position` bytes were read before its end came. */
async function sizeAtEnd(
  file: InputFile,
  name: string,
  position: number,
  expectedBytes: number,
): Promise<number> {
  const { sizeBytes } = await file.status()
  if (position >= expectedBytes && sizeBytes >= position) return sizeBytes
  const before = Math.max(expectedBytes, position)
  const after = Math.min(position, sizeBytes)
  throw new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was cut short while it was read: it had ${before} bytes and ends after ${after}. ` +
      'Find out what is missing before you load it again.',
    { file: name, offsetBytes: after },
  )
}
