/*
  Simulated threads. They read pieces in this process at random times, and answer late and in any order.
*/
import { ColumnOffsets } from '../../../src/parse/cells/column-offset.js'
import {
  PieceFeed,
  type PieceAnswer,
  type PieceThreads,
} from '../../../src/parse/parallel/piece-feed.js'
import { PieceParser } from '../../../src/parse/parallel/piece-parser.js'
import type { ThreadMessage } from '../../../src/parse/parallel/piece-thread.js'
import type { FedInput, PieceReading } from '../../../src/parse/parallel/piece-reading.js'
import type { StartedThreads } from '../../../src/parse/parallel/piece-threads.js'
import {
  newSharedSlots,
  PieceSlots,
  type SharedSlots,
} from '../../../src/parse/parallel/piece-slots.js'
import type { BatchOptions } from '../../../src/parse/input-reader.js'
import type { Threads } from '../../../src/platform/platform.js'
import { seed } from '../../helpers/runs.js'
import { Chance } from '../../simulator/random.js'

export interface Seen {
  /** Number of pieces that threads read (`pieces`), and of pieces that they could not read (`refused`). */
  pieces: number
  refused: number
}

export interface FakeThreads extends PieceThreads {
  readonly seen: Seen
}

/** @param chance  returns a random number from 0 to 1 */
export function fakeThreads(
  count: number,
  slotBytes: number,
  chance: () => number,
  seen: Seen = { pieces: 0, refused: 0 },
): FakeThreads {
  const readings: PieceReading[] = []
  const parsers: { reading: number; parser: PieceParser }[] = []
  const working: { slot: number; thread: number }[] = []
  const begin = (): void => {
    const thread = Array.from({ length: count }, (_, i) => i).find(i =>
      working.every(work => work.thread !== i),
    )
    if (thread === undefined) return
    const slot = slots.takeNext()
    if (slot >= 0) working.push({ slot, thread })
  }
  const read = ({ slot, thread }: { slot: number; thread: number }): PieceAnswer => {
    const reading = slots.reading(slot)
    if (parsers[thread]?.reading !== reading) {
      parsers[thread] = { reading, parser: new PieceParser(readings[reading]!) }
    }
    const buffers: ArrayBuffer[] = []
    const parsed = parsers[thread].parser.parse(slots.text(slot), buffers)
    seen.pieces++
    if (parsed === undefined) seen.refused++
    return structuredClone({ slot, parsed, buffers, thread }, { transfer: buffers })
  }
  class Slots extends PieceSlots {
    override put(slot: number, reading: number, text: Uint8Array): void {
      super.put(slot, reading, text)
      if (chance() < 0.7) begin()
    }
  }
  const slots = new Slots(newSharedSlots(2 + 2 * count, slotBytes))
  const threads: FakeThreads = {
    count,
    slots,
    leastBytes: 0,
    nextTurn: () => Promise.resolve(),
    seen,
    announce: reading => readings.push(structuredClone(reading)) - 1,
    onAnswer: () => undefined,
    check: () => undefined,
    giveBack: ({ buffers, thread }) =>
      parsers[thread]?.parser.takeBack(structuredClone(buffers, { transfer: [...buffers] })),
    async answered() {
      await Promise.resolve()
      if (chance() < 0.5) begin()
      if (working.length === 0) return
      const [work] = working.splice(Math.floor(chance() * working.length), 1)
      const answer = read(work!)
      if (chance() < 0.5) await Promise.resolve()
      threads.onAnswer(answer)
    },
  }
  return threads
}

/**
 * Simulated threads that read in this process, one piece in each turn of the event loop.
 * @param onPiece called for each piece that was read successfully
 */
export function turnThreads(onPiece: () => void): Threads {
  return {
    cores: 8,
    start(_entry, data, { onMessage }) {
      const slots = new PieceSlots(data as SharedSlots)
      const parsers = new Map<number, PieceParser>()
      let last: PieceParser | undefined
      let hasEnded = false
      const turn = (): void => {
        if (hasEnded) return
        const slot = slots.takeNext()
        if (slot >= 0) {
          const buffers: ArrayBuffer[] = []
          const parsed = parsers.get(slots.reading(slot))!.parse(slots.text(slot), buffers)
          if (parsed !== undefined) onPiece()
          onMessage(structuredClone({ slot, parsed, buffers }, { transfer: buffers }))
        }
        setImmediate(turn)
      }
      setImmediate(turn)
      return {
        post(message, transfer = []) {
          const told = structuredClone(message, { transfer: [...transfer] }) as ThreadMessage
          if ('buffers' in told) last?.takeBack(told.buffers)
          else parsers.set(told.number, (last = new PieceParser(told.reading)))
        },
        keepAlive: () => undefined,
        end() {
          hasEnded = true
          return Promise.resolve()
        },
      }
    },
  }
}

export function readAhead(threads: PieceThreads): NonNullable<BatchOptions['readAhead']> {
  return input => new PieceFeed(threads, input)
}

/** A piece has between a part of a record and several records. */
const tinyBytes = (chance: Chance): number => chance.between(24, 320)

/** `count` threads besides the reader. They read its input in tiny pieces. @param seen  receives the counts */
export function newReadAhead(
  count: number,
  chance: Chance,
  seen: Seen,
): NonNullable<BatchOptions['readAhead']> {
  const threads = fakeThreads(count, tinyBytes(chance), () => chance.number(), seen)
  return readAhead(threads)
}

/** For readers and loads that set no number of threads (test/helpers/other-defaults.js). */
const ownChance = new Chance(seed)

/**
 * The threads of a run.
 * @public
 */
export function startFakeThreads(count: number): StartedThreads {
  const threads = fakeThreads(count, tinyBytes(ownChance), () => ownChance.number())
  return Object.assign(threads, {
    feed: (input: FedInput) => new PieceFeed(threads, input),
    end: () => Promise.resolve(),
  })
}

/**
 * Divides a chunk into tiny pieces.
 * @public
 */
export function* tinyPieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length;) {
    const end = at + tinyBytes(ownChance)
    yield chunk.subarray(at, end)
    at = end
  }
}

/**
 * Lets `count` threads besides the reader read the input, unless the options already set the threads.
 * @public
 */
export function withThreads(options: BatchOptions, count: number): BatchOptions {
  const { cells = {} } = options
  const threads = startFakeThreads(count)
  // If no time zone is given, ColumnOffsets passes the offsets that the reader has found to the threads, as in a run.
  const isKnown = cells.timeZone !== undefined || cells.columnOffsets !== undefined
  // Inherits from the options instead of copying them, because sizes may change and are read again each time.
  return Object.create(options, {
    readAhead: { value: options.readAhead ?? ((input: FedInput) => threads.feed(input)) },
    cells: { value: isKnown ? cells : { ...cells, columnOffsets: new ColumnOffsets() } },
  }) as BatchOptions
}
