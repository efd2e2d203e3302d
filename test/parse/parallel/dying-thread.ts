/*
  A thread that gets a piece and dies.
*/
import { workerData } from 'node:worker_threads'
import { PieceSlots, type SharedSlots } from '../../../src/parse/parallel/piece-slots.js'

const slots = new PieceSlots(workerData as SharedSlots)
for (let version = slots.version; slots.takeNext() < 0; { version } = slots) slots.wait(version)
process.exit(3)
