/*
  Small files that look as the one before them. Each is read at once, into the same bytes: of a folder of ten thousand of them, handing
  every file to another thread and back would take longer than all the rest.
*/
import { detectFormat, type InputFormat, type OpenedReader } from '../../parse/formats.js'
import type { LastLook } from '../../parse/input-reader.js'
import type { Clock, Files } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { wholeSource } from '../../source/open-source.js'
import type { LoadOptions } from '../options.js'

export interface QuickFiles {
  /** Kept up by readers of files that were opened in the usual way. */
  readonly look: LastLook<InputFormat>
  /** Whether the next small files are likely to be opened here. */
  readonly isLikely: boolean
  /** To be waited for before the next file is opened; mostly nothing. */
  pause(): Promise<void> | undefined
  /**
   * @param sizeBytes  when the run began
   * @returns undefined for a file that is to be opened in the usual way, which tells what is wrong with it
   */
  open(
    path: string,
    name: string,
    sizeBytes: number,
  ): { source: ByteSource; reader: OpenedReader } | undefined
}

/** Of larger files reading takes most of the time. */
const mostBytes = 64 * 1024
/** What is read at once leaves connections no time: after so many files they have some. */
const filesInTurn = 16
/** Where so many take longer, as over a network, several are waited for at the same time instead. */
const slowMs = 40
/** So many files at most are opened in the usual way before it is tried again. */
const usualFiles = 256

export interface QuickPlatform {
  readonly files: Pick<Files, 'readNow'>
  readonly clock: Pick<Clock, 'nowMs' | 'nextTurn'>
}

export function newQuickFiles(
  { files, clock }: QuickPlatform,
  { input = {} }: Pick<LoadOptions, 'input'>,
): QuickFiles {
  const { compression = 'auto', encoding = 'auto', format = 'auto' } = input
  const asked = encoding === 'utf-8' || encoding === 'auto' ? encoding : undefined
  const isPossible = asked !== undefined && (compression === 'auto' || compression === 'none')
  const look: LastLook<InputFormat> = {}
  let buffer: Uint8Array | undefined
  let usualLeft = 0
  let opened = 0
  let spentMs = 0
  /** Files that were read in vain since the last one that was not. */
  let misses = 0
  const read = (path: string, sizeBytes: number): Uint8Array | undefined => {
    buffer ??= new Uint8Array(mostBytes + 1)
    const beganMs = clock.nowMs()
    try {
      // One byte more than there should be: if it comes, the file has changed.
      const length = files.readNow(path, buffer.subarray(0, sizeBytes + 1))
      spentMs += clock.nowMs() - beganMs
      return length === sizeBytes ? buffer.subarray(0, length) : undefined
    } catch {
      return undefined
    }
  }
  return {
    look,
    get isLikely() {
      return isPossible && look.open !== undefined && usualLeft === 0
    },
    pause() {
      if (++opened % filesInTurn !== 0) return undefined
      if (spentMs > slowMs) usualLeft = usualFiles
      spentMs = 0
      return new Promise<void>(resolve => clock.nextTurn(resolve))
    },
    open(path, name, sizeBytes) {
      if (usualLeft > 0) usualLeft--
      else if (isPossible && look.open !== undefined && sizeBytes <= mostBytes) {
        const bytes = read(path, sizeBytes)
        const source = bytes && wholeSource(path, name, bytes, asked)
        const reader = source && look.open(source, bytes)
        const isSame =
          reader !== undefined &&
          (format !== 'auto' || detectFormat(name, bytes!) === reader.format)
        if (isSame) {
          misses = 0
          return { source: source!, reader }
        }
        usualLeft = Math.min(usualFiles, 2 ** misses++)
      }
      return undefined
    },
  }
}
