/*
  Threads that are none: they read pieces in this process, when chance has it, and answer late and in any order.
*/
import {
  PieceFeed,
  type PieceAnswer,
  type PieceThreads,
} from '../../../src/parse/parallel/piece-feed.js'
import { PieceParser } from '../../../src/parse/parallel/piece-parser.js'
import type { PieceReading } from '../../../src/parse/parallel/piece-reading.js'
import { newSharedSlots, PieceSlots } from '../../../src/parse/parallel/piece-slots.js'
import type { BatchOptions } from '../../../src/parse/input-reader.js'

/** What it looked like in the end. */
export interface Seen {
  /** Pieces that threads have read, and those of which nothing could be had. */
  pieces: number
  refused: number
}

export interface FakeThreads extends PieceThreads {
  readonly seen: Seen
}

/** @param chance  from 0 to 1, as often as it is asked */
export function fakeThreads(count: number, slotBytes: number, chance: () => number): FakeThreads {
  const readings: PieceReading[] = []
  const parsers: { reading: number; parser: PieceParser }[] = []
  const working: { slot: number; thread: number }[] = []
  const seen = { pieces: 0, refused: 0 }
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
    tell: reading => readings.push(structuredClone(reading)) - 1,
    onAnswer: () => undefined,
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

/** Reads every input ahead. */
export function readAhead(threads: PieceThreads): NonNullable<BatchOptions['readAhead']> {
  return input => new PieceFeed(threads, input)
}
