/*
  How the inputs of a run are opened: at once, where they are small and look as the one before; while another one is read; or when
  their turn has come.
*/
import { openReader } from '../../parse/formats.js'
import type { Platform } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { cutShort } from '../../source/file-chunks.js'
import { openSource } from '../../source/open-source.js'
import type { LoadOptions } from '../options.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { InputSummary, OpenedInput } from './input-reading.js'
import { newOpenAhead } from './open-ahead.js'
import { newQuickFiles } from './quick-files.js'
import { dialectOf, rowTarget } from './reader-options.js'

/** The inputs of a run, each at its number. */
export interface NamedInputs {
  /** What the journal calls them. */
  readonly names: readonly string[]
  readonly paths: readonly string[]
  /** Bytes of each when the run began; undefined for anything but a file. */
  readonly sizes: readonly (number | undefined)[]
}

/** An input that is open. */
export type FoundInput = Pick<OpenedInput, 'source' | 'reader'>

/** Opens one input after the other. */
export interface InputOpener {
  /** To be waited for before the input is opened; mostly nothing. */
  pause(index: number): Promise<void> | undefined
  /** undefined for one that is to be waited for; it is not to be closed. */
  openNow(index: number): FoundInput | undefined
  /**
   * @param summary  gets what is known, even if the input is no good
   * @throws {InputError} what opening throws; DDB_INPUT_TRUNCATED for a file that is shorter than it was
   */
  open(index: number, target: TargetDescription, summary: InputSummary): Promise<FoundInput>
  /** What is open. */
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
  const quick = newQuickFiles(platform, options)
  const ahead = newOpenAhead(sizes, isRead, index =>
    openSource(paths[index]!, {
      name: names[index]!,
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
      return isWaiting(index) ? undefined : quick.open(paths[index]!, names[index]!, sizes[index]!)
    },
    async open(index, target, summary) {
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
    },
    async close() {
      await last?.close()
      await ahead.close()
    },
  }
}
