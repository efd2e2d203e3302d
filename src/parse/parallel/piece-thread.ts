/*
  What a thread runs that reads pieces: it takes the first one that nobody has taken, answers, and waits for the next. It never turns to
  its event loop; who has started it ends it.
*/
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import type { PieceAnswer } from './piece-feed.js'
import { PieceParser } from './piece-parser.js'
import type { PieceReading } from './piece-reading.js'
import { PieceCopy, PieceSlots, type SharedSlots } from './piece-slots.js'

/** How pieces of a number are read, sent before the first of them; or what the thread has filled, and may fill again. */
export type ThreadMessage =
  | { readonly number: number; readonly reading: PieceReading }
  | { readonly buffers: readonly ArrayBuffer[] }

/** What it says of a piece. */
export type ThreadAnswer = Omit<PieceAnswer, 'thread'>

function readPieces(port: MessagePort, slots: PieceSlots): never {
  const copy = new PieceCopy(slots)
  const readings = new Map<number, PieceReading>()
  let parser: PieceParser | undefined
  let known = -1
  const listen = (): void => {
    for (;;) {
      const received = receiveMessageOnPort(port) as { message: ThreadMessage } | undefined
      if (received === undefined) return
      const { message } = received
      if ('buffers' in message) parser?.takeBack(message.buffers)
      else readings.set(message.number, message.reading)
    }
  }
  for (;;) {
    const { version } = slots
    const slot = slots.takeNext()
    if (slot < 0) {
      slots.wait(version)
      continue
    }
    const number = slots.reading(slot)
    listen()
    while (parser === undefined || known !== number) {
      const reading = readings.get(number)
      if (reading === undefined) listen()
      else {
        parser = new PieceParser(reading)
        known = number
        // Pieces that still wait are read as one of the last that were told.
        for (const told of readings.keys()) if (told < number - slots.count) readings.delete(told)
      }
    }
    const buffers: ArrayBuffer[] = []
    const parsed = parser.parse(copy.of(slot), buffers)
    port.postMessage({ slot, parsed, buffers } satisfies ThreadAnswer, buffers)
  }
}

if (parentPort !== null) readPieces(parentPort, new PieceSlots(workerData as SharedSlots))
