/*
  Decides how many threads read a run's inputs. Starts them once, when an input is large enough, and ends them with the run.
*/
import type { StartedThreads, startPieceThreads } from '../../parse/parallel/piece-threads.js'
import type { Feed, FedInput } from '../../parse/parallel/piece-reading.js'
import type { Threads } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { packageFile } from '../../version.js'

/** Starting a thread takes as long as reading this many bytes. */
const worthBytes = 16 * 1024 * 1024
/** Smallest input to read ahead: a smaller input ends before threads gain much. */
const leastBytes = 1024 * 1024
/** The main thread and two others. More would read faster than the main thread sends rows (docs/decisions/0064). */
const mostAuto = 3

export interface ParseThreads {
  /** How many threads read, including the main thread; 1 until further threads are started. */
  readonly count: number
  /** A promise to await before the first input; undefined unless the user requested several threads. */
  ready(): Promise<void> | undefined
  /** The threads that read the input ahead; undefined as long as threads would gain nothing. */
  feed(input: FedInput, source: Pick<ByteSource, 'compression' | 'totalBytes'>): Feed | undefined
  end(): Promise<void>
}

/**
 * Starts no thread yet.
 * @param asked  `auto` depends on the machine's cores and on how much there is to read
 */
export function newParseThreads(threads: Threads, asked: number | 'auto' = 'auto'): ParseThreads {
  const isAuto = asked === 'auto'
  // One core is left to the server.
  const helpers = (isAuto ? Math.min(threads.cores - 1, mostAuto) : asked) - 1
  let started: StartedThreads | undefined
  // Loaded only when needed, because most runs start no thread.
  let start: typeof startPieceThreads | undefined
  let loading: Promise<void> | undefined
  /** `readBytes` were read of all inputs, `lastBytes` of them from `last`, the input being read. */
  let readBytes = 0
  let last: unknown
  let lastBytes = 0
  const load = async (): Promise<void> => {
    ;({ startPieceThreads: start } = await import('../../parse/parallel/piece-threads.js'))
  }
  return {
    get count() {
      return 1 + (started?.count ?? 0)
    },
    ready: () => (isAuto || helpers < 1 ? undefined : (loading ??= load())),
    feed(input, source) {
      if (helpers < 1) return undefined
      const { bytesRead, contentBytesRead } = input.taken()
      if (source !== last) lastBytes = 0
      last = source
      readBytes += contentBytesRead - lastBytes
      lastBytes = contentBytesRead
      const size = source.compression === 'none' ? source.totalBytes : undefined
      const left = size === undefined ? Infinity : size - bytesRead
      if (left < leastBytes) return undefined
      const isWorth = !isAuto || readBytes >= worthBytes || (left >= worthBytes && left < Infinity)
      if (started === undefined && !isWorth) return undefined
      loading ??= load()
      if (start === undefined) return undefined
      started ??= start(threads, threadEntry(), helpers)
      return started.feed(input)
    },
    async end() {
      await loading
      await started?.end()
    },
  }
}

/** If the program runs from its sources, the threads do so, too. */
function threadEntry(): string {
  const isSource = import.meta.url.endsWith('.ts')
  return packageFile(isSource ? 'src/parse/parallel/piece-thread.ts' : 'dist/piece-thread.js')
}
