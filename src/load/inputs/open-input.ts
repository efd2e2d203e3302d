/*
  Opens the inputs of a run. Reads a small input immediately if it looks like the previous one. Opens other small inputs
  while another input is read, and large inputs when their turn comes.
*/
import { openReader } from '../../parse/formats.js'
import type { Platform } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { cutShort } from '../../source/file-chunks.js'
import { openSource } from '../../source/open-source.js'
import type { PathList } from '../../source/path-list.js'
import type { LoadOptions } from '../options.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { InputSummary, OpenedInput } from './input-reading.js'
import { newOpenAhead } from './open-ahead.js'
import { newSmallFiles } from './small-files.js'
import { dialectOf, rowTarget } from './reader-options.js'

export interface NamedInputs {
  /** The inputs' names in the journal. */
  readonly names: PathList
  readonly paths: PathList
  /** Size of each input when the run began, in bytes; undefined for anything but a file. */
  readonly sizes: readonly (number | undefined)[]
}

export type FoundInput = Pick<OpenedInput, 'source' | 'reader'>

export interface InputOpener {
  /** A promise to await before opening the input; usually undefined. */
  pause(index: number): Promise<void> | undefined
  /** The opened input, which the caller must not close; undefined if the caller has to await `open` instead. */
  openNow(index: number): FoundInput | undefined
  /**
   * @param summary  is filled in as far as known, even if opening fails
   * @throws {InputError} any error of opening; DDB_INPUT_TRUNCATED for a file that has become shorter
   */
  open(index: number, target: TargetDescription, summary: InputSummary): Promise<FoundInput>
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
    openSource(paths.at(index)!, {
      name: names.at(index)!,
      files: platform.files,
      ...(compression === undefined ? {} : { compression }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(stdin === undefined ? {} : { stdin }),
    }),
  )
  const isWaiting = (index: number): boolean => sizes[index] === undefined || ahead.has(index)
  let last: ByteSource | undefined
  return {
    pause: index => (isWaiting(index) ? undefined : quick.pause()),
    openNow(index) {
      return isWaiting(index)
        ? undefined
        : quick.open(paths.at(index)!, names.at(index)!, sizes[index]!)
    },
    async open(index, target, summary) {
      const source = await ahead.take(index, !quick.isLikely)
      last = source
      summary.compression = source.compression
      const before = sizes[index]
      const now = source.totalBytes
      if (before !== undefined && now !== undefined && now < before) {
        throw cutShort(names.at(index)!, 'after the run had begun', before, now)
      }
      const reader = await openReader(source, {
        ...dialectOf(options),
        target: rowTarget(options, target, names.at(index)!),
        lastLook: quick.look,
        clock: platform.clock,
      })
      return { source, reader }
    },
    async close() {
      await last?.close()
      await ahead.close()
    },
  }
}
