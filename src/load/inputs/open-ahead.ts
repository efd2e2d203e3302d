/*
  Opens the next small inputs while an input is read, because reading many small files would otherwise mostly be waiting for the disk.
  Large inputs are opened when their turn comes, because their files may still be replaced before that.
*/
import type { ByteSource } from '../../source/byte-source.js'
import { chunkBytes } from '../../source/file-chunks.js'

export interface OpenAhead {
  /**
   * @param goesOn  whether to open the following inputs while this one is read
   * @throws errors of opening, when the input's turn has come
   */
  take(index: number, goesOn: boolean): Promise<ByteSource>
  has(index: number): boolean
  /** Closes open inputs that were not taken. */
  close(): Promise<void>
}

const maxFiles = 16
/** Limit of the content that opened inputs hold in memory. */
const maxBytes = 2 * chunkBytes

/**
 * @param sizes  of all inputs, bytes; undefined for anything but a file, because opening it may block
 * @param isRead  whether an input will be read
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
      // The error is reported when the input's turn comes.
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
