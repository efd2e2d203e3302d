/*
  How many threads read the inputs of a run, and from when on. They are started once, when an input pays for them, and end with the run.
*/
import type { StartedThreads, startPieceThreads } from '../../parse/parallel/piece-threads.js'
import type { Feed, FedInput } from '../../parse/parallel/piece-reading.js'
import type { Threads } from '../../platform/platform.js'
import type { ByteSource } from '../../source/byte-source.js'
import { packageFile } from '../../version.js'

/** Starting a thread takes as long as reading some of this. */
const worthBytes = 16 * 1024 * 1024
/** Of an input: a smaller one is read before much of it could be read ahead. */
const leastBytes = 1024 * 1024
/** Two besides the main one read as fast as that takes over what they have read, and sends it (docs/decisions/0064). */
const mostAuto = 3

/** The threads of a run. */
export interface ParseThreads {
  /** So many read, the main one included; 1 until others are started. */
  readonly count: number
  /** To be awaited before the first input; undefined unless a number of threads was asked for. */
  ready(): Promise<void> | undefined
  /** The threads that read the input ahead; undefined as long as that does not pay. */
  feed(input: FedInput, source: Pick<ByteSource, 'compression' | 'totalBytes'>): Feed | undefined
  end(): Promise<void>
}

/** Starts nothing yet. @param asked  `auto` goes by the cores of the machine, and by how much there is to read */
export function newParseThreads(threads: Threads, asked: number | 'auto' = 'auto'): ParseThreads {
  const isAuto = asked === 'auto'
  // The server gets a core.
  const helpers = (isAuto ? Math.min(threads.cores - 1, mostAuto) : asked) - 1
  let started: StartedThreads | undefined
  // Most runs do without: what they do not need is not loaded.
  let start: typeof startPieceThreads | undefined
  let loading: Promise<void> | undefined
  /** Read of inputs so far, and what of it the input at hand had given. */
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

/** In a checkout that is run from its sources they are read as they are. */
function threadEntry(): string {
  const isSource = import.meta.url.endsWith('.ts')
  return packageFile(isSource ? 'src/parse/parallel/piece-thread.ts' : 'dist/piece-thread.js')
}
