/*
  Opens the inputs of a run. Reads a small input immediately if it looks like the previous one. Opens other small inputs
  while another input is read, and large inputs when their turn comes.
*/
import { openReader, detectFormat, type InputFormat } from '../../parse/formats.js'
import type { Platform, Clock, Files } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { cutShort, chunkBytes } from '../../source/file-chunks.js'
import { openSource, wholeSource } from '../../source/open-source.js'
import type { LoadOptions } from '../options.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { InputSummary, OpenedInput } from './input-reading.js'
import { dialectOf, rowTarget } from './reader-options.js'
import type { PreviousFindings } from '../../parse/input-reader.js'

export interface NamedInputs {
  /** The inputs' names in the journal. */
  readonly names: readonly string[]
  readonly paths: readonly string[]
  /** Size of each input when the run began, in bytes; undefined for anything but a file. */
  readonly sizes: readonly (number | undefined)[]
}

export type FoundInput = Pick<OpenedInput, 'source' | 'reader'>

export interface InputOpener {
  /**
   * The caller need not close an input that it gets without a promise.
   * @param summary  is filled in as far as known, even if opening fails
   * @throws {InputError} any error of opening; DDB_INPUT_TRUNCATED for a file that has become shorter
   */
  open(
    index: number,
    target: TargetDescription,
    summary: InputSummary,
  ): FoundInput | Promise<FoundInput>
  close(): Promise<void>
}

/** @param isRead  whether an input will be read */
export function newInputOpener(
  platform: Platform,
  options: LoadOptions,
  { names, paths, sizes }: NamedInputs,
  isRead: (index: number) => boolean,
): InputOpener {
  const { compression, encoding, stdin } = options.input ?? {}
  const quick = newSmallFiles(platform, options)
  const ahead = newOpenAhead(sizes, isRead, index =>
    openSource(paths[index]!, {
      name: names[index]!,
      files: platform.files,
      compression,
      encoding,
      stdin,
    }),
  )
  let last: ByteSource | undefined
  const openUsual = async (
    index: number,
    target: TargetDescription,
    summary: InputSummary,
  ): Promise<FoundInput> => {
    const source = await ahead.take(index, !quick.isLikely)
    last = source
    summary.compression = source.compression
    const before = sizes[index]
    const now = source.totalBytes
    if (before !== undefined && now !== undefined && now < before) {
      throw cutShort(names[index]!, 'after the run had begun', before, now)
    }
    const reader = await openReader(source, {
      ...dialectOf(options),
      target: rowTarget(options, target, names[index]!),
      lastLook: quick.look,
      clock: platform.clock,
    })
    return { source, reader }
  }
  return {
    open(index, target, summary) {
      const size = sizes[index]
      if (size === undefined || ahead.has(index)) return openUsual(index, target, summary)
      const open = (): FoundInput | Promise<FoundInput> =>
        quick.open(paths[index]!, names[index]!, size) ?? openUsual(index, target, summary)
      return quick.pause()?.then(open) ?? open()
    },
    async close() {
      await last?.close()
      await ahead.close()
    },
  }
}

const maxFiles = 16
/** Limit of the content that opened inputs hold in memory. */
const maxBytes = 2 * chunkBytes

/**
 * Opens the next small inputs while an input is read, because reading many small files would otherwise mostly be waiting
 * for the disk. Large inputs are opened when their turn comes, because their files may still be replaced before that.
 * @param sizes  of all inputs, bytes; undefined for anything but a file, because opening it may block
 * @param isRead  whether an input will be read
 */
function newOpenAhead(
  sizes: readonly (number | undefined)[],
  isRead: (index: number) => boolean,
  open: (index: number) => Promise<ByteSource>,
) {
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
    has: (index: number): boolean => opened.has(index),
    /**
     * Opens an input whose turn has come, or throws the error of opening.
     * @param goesOn  whether to open the following inputs while this one is read
     */
    take(index: number, goesOn: boolean): Promise<ByteSource> {
      const source = opened.get(index) ?? open(index)
      if (opened.delete(index)) bytes -= sizes[index]!
      next = Math.max(next, index + 1)
      if (goesOn && isSmall(index)) openNext()
      return source
    },
    /** Closes open inputs that were not taken. */
    async close(): Promise<void> {
      isClosed = true
      const left = [...opened.values()]
      opened.clear()
      for (const source of left) await source.then(one => one.close()).catch(() => undefined)
    },
  }
}

/** Larger files gain nothing from quick reading, because reading itself takes most of the time. */
const mostBytes = 64 * 1024
/** Synchronous reading blocks the connections, which get a turn after this many files. */
const filesInTurn = 16
/**
 * If reading takes this long for more than half of `filesInTurn` files, for example over a network, several files are opened ahead
 * instead. On a busy machine, a few files take much longer.
 */
const slowMs = 2.5
/** After this many files opened in the usual way, quick reading is tried again. */
const usualFiles = 256

interface SmallFilesPlatform {
  readonly files: Pick<Files, 'readNow'>
  readonly clock: Pick<Clock, 'nowMs' | 'nextTurn'>
}

export type SmallFiles = ReturnType<typeof newSmallFiles>

/**
 * Reads small files that look like the previous file, each with one call, all into the same buffer. In a folder of ten
 * thousand files, passing each file to another thread and back would take longer than everything else.
 */
export function newSmallFiles(
  { files, clock }: SmallFilesPlatform,
  { input = {} }: Pick<LoadOptions, 'input'>,
) {
  const { compression = 'auto', encoding = 'auto', format = 'auto' } = input
  const asked = encoding === 'utf-8' || encoding === 'auto' ? encoding : undefined
  const isPossible = asked !== undefined && (compression === 'auto' || compression === 'none')
  const look: PreviousFindings<InputFormat> = {}
  let buffer: Uint8Array | undefined
  let usualLeft = 0
  let opened = 0
  let slow = 0
  /** How many files since the last success were read quickly, but did not look like the previous file. */
  let misses = 0
  const read = (path: string, sizeBytes: number): Uint8Array | undefined => {
    buffer ??= new Uint8Array(mostBytes + 1)
    const beganMs = clock.nowMs()
    try {
      // One byte more than expected: if the byte exists, the file has changed.
      const length = files.readNow(path, buffer.subarray(0, sizeBytes + 1))
      if (clock.nowMs() - beganMs >= slowMs) slow++
      return length === sizeBytes ? buffer.subarray(0, length) : undefined
    } catch {
      return undefined
    }
  }
  return {
    /** Findings about the last delimited text that was opened in the usual way, not by `open`. */
    look,
    /** Whether `open` will probably open the next small files; if not, they should be opened ahead in the usual way. */
    get isLikely(): boolean {
      return isPossible && look.open !== undefined && usualLeft === 0
    },
    /** A promise to await before the next file is opened; usually undefined. */
    pause(): Promise<void> | undefined {
      if (++opened % filesInTurn !== 0) return undefined
      if (2 * slow > filesInTurn) usualLeft = usualFiles
      slow = 0
      return new Promise<void>(resolve => clock.nextTurn(resolve))
    },
    /**
     * @param sizeBytes  size when the run began
     * @returns undefined for a file that must be opened in the usual way, which also reports its faults
     */
    open(path: string, name: string, sizeBytes: number): FoundInput | undefined {
      if (usualLeft > 0) {
        usualLeft--
        return undefined
      }
      if (!isPossible || look.open === undefined || sizeBytes > mostBytes) return undefined
      const bytes = read(path, sizeBytes)
      const source = bytes && wholeSource(path, name, bytes, asked)
      const reader = source && look.open(source, bytes)
      if (
        reader === undefined ||
        (format === 'auto' && detectFormat(name, bytes!) !== reader.format)
      ) {
        usualLeft = Math.min(usualFiles, 2 ** misses++)
        return undefined
      }
      misses = 0
      return { source: source!, reader }
    },
  }
}
