/*
  Starts the threads that read pieces of a run's inputs, and exchanges messages with them.
*/
import { DdbError } from '../../errors.js'
import type { Thread, Threads } from '../../platform/platform.js'
import { systemClock } from '../../platform/system.js'
import { PieceFeed, type PieceThreads } from './piece-feed.js'
import type { FedInput, Feed, PieceReading } from './piece-reading.js'
import { newSharedSlots, PieceSlots } from './piece-slots.js'
import type { ThreadAnswer, ThreadMessage } from './piece-thread.js'

/** Size of a slot: as many bytes as one read from a file delivers. */
const slotBytes = 512 * 1024

/** Slots per thread: for the piece that it reads, and for pieces that wait while the reader sends batches. */
const slotsPerThread = 4
/** Slots for the reader: one each for the piece in use, a piece too small for a thread, and the newest piece. */
const slotsOfReader = 3

/** For smaller pieces, taking over a result takes as long as reading. */
const leastBytes = 16 * 1024

export interface StartedThreads extends PieceThreads {
  /** Begins to read an input ahead. The feed of the previous input must be closed. */
  feed(input: FedInput): Feed
  /** Resolves once all threads have ended. */
  end(): Promise<void>
}

/**
 * @param entry  path of `piece-thread`
 * @param count  number of threads besides the main one
 */
export function startPieceThreads(threads: Threads, entry: string, count: number): StartedThreads {
  const shared = newSharedSlots(slotsPerThread * count + slotsOfReader, slotBytes)
  let reading = -1
  let last: string | undefined
  let failure: DdbError | undefined
  let wake: () => void = () => undefined
  const listener = (thread: number) => (message: unknown) => {
    started.onAnswer({ ...(message as ThreadAnswer), thread })
    wake()
  }
  const onDeath = (cause: Error): void => {
    failure ??= died(cause)
    wake()
  }
  const all: Thread[] = []
  const started: StartedThreads = {
    count,
    slots: new PieceSlots(shared),
    leastBytes,
    nextTurn: () => new Promise<void>(resolve => systemClock.nextTurn(resolve)),
    onAnswer: () => undefined,
    giveBack({ buffers, thread }) {
      if (buffers.length > 0) all[thread]!.post({ buffers } satisfies ThreadMessage, buffers)
    },
    feed: input => new PieceFeed(started, input),
    announce(next: PieceReading) {
      // Usually all inputs of a run are read in the same way. The threads then keep their parsers.
      const text = JSON.stringify(next)
      if (text === last) return reading
      last = text
      reading++
      for (const thread of all)
        thread.post({ number: reading, reading: next } satisfies ThreadMessage)
      return reading
    },
    check: () => throwIf(failure),
    async answered() {
      throwIf(failure)
      for (const thread of all) thread.keepAlive(true)
      await new Promise<void>(resolve => (wake = resolve))
      for (const thread of all) thread.keepAlive(false)
      throwIf(failure)
    },
    async end() {
      await Promise.all(all.map(thread => thread.end()))
    },
  }
  for (let i = 0; i < count; i++) {
    all.push(threads.start(entry, shared, { onMessage: listener(i), onDeath }))
  }
  return started
}

function died(cause: Error): DdbError {
  return new DdbError(
    'DDB_THREAD',
    `a thread that read the input has ended: ${cause.message}. Load again with \`input.threads\` 1, or with fewer; if memory was short, ` +
      'that needs less',
    { cause },
  )
}

function throwIf(failure: DdbError | undefined): void {
  if (failure !== undefined) throw failure
}
