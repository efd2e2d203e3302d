/*
  Reads small files that look like the previous file, each with one call, all into the same buffer. In a folder of ten thousand files,
  passing each file to another thread and back would take longer than everything else.
*/
import { detectFormat, type InputFormat, type OpenedReader } from '../../parse/formats.js'
import type { PreviousFindings } from '../../parse/input-reader.js'
import type { Clock, Files } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { wholeSource } from '../../source/open-source.js'
import type { LoadOptions } from '../options.js'

export interface SmallFiles {
  /** Findings about the last delimited text that was opened in the usual way, not by `open`. */
  readonly look: PreviousFindings<InputFormat>
  /** Whether `open` will probably open the next small files; if not, they should be opened ahead in the usual way. */
  readonly isLikely: boolean
  /** A promise to await before the next file is opened; usually undefined. */
  pause(): Promise<void> | undefined
  /**
   * @param sizeBytes  size when the run began
   * @returns undefined for a file that must be opened in the usual way, which also reports its faults
   */
  open(
    path: string,
    name: string,
    sizeBytes: number,
  ): { source: ByteSource; reader: OpenedReader } | undefined
}

/** Larger files gain nothing from quick reading, because reading itself takes most of the time. */
const mostBytes = 64 * 1024
/** Synchronous reading blocks the connections, which get a turn after this many files. */
const filesInTurn = 16
/** If `filesInTurn` files take longer than this, for example over a network, several files are opened ahead instead. */
const slowMs = 40
/** After this many files opened in the usual way, quick reading is tried again. */
const usualFiles = 256

export interface SmallFilesPlatform {
  readonly files: Pick<Files, 'readNow'>
  readonly clock: Pick<Clock, 'nowMs' | 'nextTurn'>
}

export function newSmallFiles(
  { files, clock }: SmallFilesPlatform,
  { input = {} }: Pick<LoadOptions, 'input'>,
): SmallFiles {
  const { compression = 'auto', encoding = 'auto', format = 'auto' } = input
  const asked = encoding === 'utf-8' || encoding === 'auto' ? encoding : undefined
  const isPossible = asked !== undefined && (compression === 'auto' || compression === 'none')
  const look: PreviousFindings<InputFormat> = {}
  let buffer: Uint8Array | undefined
  let usualLeft = 0
  let opened = 0
  let spentMs = 0
  /** How many files since the last success were read quickly, but did not look like the previous file. */
  let misses = 0
  const read = (path: string, sizeBytes: number): Uint8Array | undefined => {
    buffer ??= new Uint8Array(mostBytes + 1)
    const beganMs = clock.nowMs()
    try {
      // One byte more than expected: if the byte exists, the file has changed.
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
