/*
  The code of a thread that reads piece after piece. It never enters its event loop; the main thread terminates it.
*/
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import type { PieceAnswer } from './piece-feed.js'
import { PieceParser } from './piece-parser.js'
import type { PieceReading } from './piece-reading.js'
import { PieceCopy, PieceSlots, type SharedSlots } from './piece-slots.js'

/** How to read all pieces with this `number`, sent before the first piece; or buffers returned to the thread. */
export type ThreadMessage =
  | { readonly number: number; readonly reading: PieceReading }
  | { readonly buffers: readonly ArrayBuffer[] }

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
        // Forgets old `readings`, because the waiting pieces need only the latest entries, at most one for each slot.
        for (const told of readings.keys()) if (told < number - slots.count) readings.delete(told)
      }
    }
    const buffers: ArrayBuffer[] = []
    const parsed = parser.parse(copy.of(slot), buffers)
    port.postMessage({ slot, parsed, buffers } satisfies ThreadAnswer, buffers)
  }
}

if (parentPort !== null) readPieces(parentPort, new PieceSlots(workerData as SharedSlots))
