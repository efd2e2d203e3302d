/*
  Opens the next inputs while one is read: of many small files most of the time would be spent on waiting for the disk. Large ones
  are opened when their turn has come, for until then they may become others.
*/
import type { ByteSource } from '../../source/byte-source.js'
import { chunkBytes } from '../../source/file-chunks.js'

export interface OpenAhead {
  /**
   * @param goesOn  whether the inputs after it are opened meanwhile
   * @throws what opening throws, when its turn has come
   */
  take(index: number, goesOn: boolean): Promise<ByteSource>
  /** Whether the input is open. */
  has(index: number): boolean
  /** Those that nobody has taken. */
  close(): Promise<void>
}

const maxFiles = 16
/** Of their content in memory. */
const maxBytes = 2 * chunkBytes

/**
 * @param sizes  of all inputs, bytes; undefined for what is no file, and may wait for somebody when it is opened
 * @param isRead  whether an input will be taken
 */
export function newOpenAhead(
  sizes: readonly (number | undefined)[],
  isRead: (index: number) => boolean,
  open: (index: number) => Promise<ByteSource>,
): OpenAhead {
  const opened = new Map<number, Promise<ByteSource>>()
  let next = 0
  let bytes = 0
  let isClosed = false
  const isSmall = (index: number): boolean => (sizes[index] ?? Infinity) <= chunkBytes
  const openNext = (): void => {
    for (; next < sizes.length && opened.size < maxFiles; next++) {
      if (!isSmall(next) || isClosed) return
      if (!isRead(next)) continue
      if (bytes + sizes[next]! > maxBytes) return
      const source = open(next)
      // It is reported when its turn has come.
      source.catch(() => undefined)
      opened.set(next, source)
      bytes += sizes[next]!
    }
  }
  return {
    has: index => opened.has(index),
    take(index, goesOn) {
      const source = opened.get(index) ?? open(index)
      if (opened.delete(index)) bytes -= sizes[index]!
      next = Math.max(next, index + 1)
      if (goesOn && isSmall(index)) openNext()
      return source
    },
    async close() {
      isClosed = true
      const left = [...opened.values()]
      opened.clear()
      for (const source of left) await source.then(one => one.close()).catch(() => undefined)
    },
  }
}
