/*
  What a thread runs that reads pieces: it takes the first one that nobody has taken, answers, and waits for the next. It never turns to
  its event loop; the main thread ends it.
*/
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { PieceParser } from './piece-parser.js'
import type { PieceReading } from './piece-reading.js'
import { PieceSlots, type SharedSlots } from './piece-slots.js'

/** How pieces of a number are read; sent before the first of them. */
interface ReadingMessage {
  readonly number: number
  readonly reading: PieceReading
}

function readPieces(port: MessagePort, slots: PieceSlots): never {
  let parser: PieceParser | undefined
  let known = -1
  for (;;) {
    const { version } = slots
    const slot = slots.takeNext()
    if (slot < 0) {
      slots.wait(version)
      continue
    }
    const reading = slots.reading(slot)
    // How it is read comes before the piece.
    while (parser === undefined || known !== reading) {
      const received = receiveMessageOnPort(port) as { message: ReadingMessage } | undefined
      if (received === undefined) continue
      known = received.message.number
      if (known === reading) parser = new PieceParser(received.message.reading)
    }
    const buffers: ArrayBuffer[] = []
    const parsed = parser.parse(slots.text(slot), buffers)
    port.postMessage({ slot, parsed }, buffers)
  }
}

if (parentPort !== null) readPieces(parentPort, new PieceSlots(workerData as SharedSlots))
