/*
  What a thread runs that reads pieces: it takes the first one that nobody has taken, answers, and waits for the next. It never turns to
  its event loop; who has started it ends it.
*/
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { PieceParser } from './piece-parser.js'
import type { PieceReading } from './piece-reading.js'
import { PieceSlots, type SharedSlots } from './piece-slots.js'

const port = parentPort!
const slots = new PieceSlots(workerData as SharedSlots)

/** How pieces of a number are read; sent before the first of them. */
export interface ReadingMessage {
  readonly number: number
  readonly reading: PieceReading
}

let parser: PieceParser | undefined
let known = -1

/** Of pieces that are read so; it comes before they do. */
function parserFor(reading: number): PieceParser {
  while (parser === undefined || known !== reading) {
    const received = receiveMessageOnPort(port) as { message: ReadingMessage } | undefined
    if (received === undefined) continue
    const { number, reading: next } = received.message
    known = number
    if (number === reading) parser = new PieceParser(next)
  }
  return parser
}

for (;;) {
  const { version } = slots
  const slot = slots.takeFirst()
  if (slot < 0) slots.wait(version)
  else {
    const buffers: ArrayBuffer[] = []
    const parsed = parserFor(slots.reading(slot)).parse(slots.text(slot), buffers)
    // Not afterwards: whoever has the answer gives the slot back.
    slots.setAnswered(slot)
    port.postMessage({ slot, parsed }, buffers)
  }
}
