/*
  The read loop of a file: two buffers take turns, so the next read runs while the last chunk is parsed, and memory
  stays the same whatever the size of the file.
*/
import type { InputFile } from '../platform/platform.js'

/** Large enough that a read costs little against parsing it, small enough to stay in the second-level cache. */
export const chunkBytes: number = 512 * 1024

/**
 * The bytes of an open file from its current position. A chunk is overwritten after the next one was asked for.
 */
export async function* fileChunks(file: InputFile): AsyncGenerator<Uint8Array, void, void> {
  let current = Buffer.allocUnsafeSlow(chunkBytes)
  let other = Buffer.allocUnsafeSlow(chunkBytes)
  let pending = file.read(current, 0, chunkBytes)
  // A failure while the consumer is busy is reported at the next turn, not as an unhandled rejection.
  pending.catch(() => undefined)
  try {
    for (;;) {
      const bytesRead = await pending
      if (bytesRead === 0) return

      const chunk = current.subarray(0, bytesRead)
      ;[current, other] = [other, current]
      pending = file.read(current, 0, chunkBytes)
      pending.catch(() => undefined)
      yield chunk
    }
  } finally {
    await pending.catch(() => undefined)
  }
}
