/*
  What goes out with receipts, and what waits: parts on the lane of the present node, parts that rest before they are
  tried again, and parts held for a node that leads by now.
*/
import type { Clock } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import type { ServerAddress } from '../options.js'
import { newReceiptBook, type OpenBatch, type ReceiptBook } from './registry.js'
import type { ReceiptLane } from './sender.js'
import type { Part } from '../delivery/slice.js'
import type { Run } from '../run.js'

export type OpenPart = OpenBatch<Part>

export class Outbox {
  readonly book: ReceiptBook<Part> = newReceiptBook()
  /** The node that leads by now; what it is to get is held until the present one has answered for the rest. */
  leader: ServerAddress | undefined
  lane: ReceiptLane
  readonly #run: Run
  readonly #clock: Clock
  readonly #held = new Set<OpenPart>()
  readonly #resting = new Set<OpenPart>()

  constructor(run: Run, clock: Clock, lane: ReceiptLane) {
    this.#run = run
    this.#clock = clock
    this.lane = lane
  }

  get hasRoom(): boolean {
    return this.leader === undefined && this.book.openBytes < this.#run.plan.maxInFlightBytes
  }

  /** Gives a part its number and sends it, or holds it. */
  add(part: Part): { open: OpenPart; room: boolean } {
    const open = this.book.add(part, part.end - part.start, part.encodedBytes)
    return { open, room: this.#send(open) }
  }

  /** The same attempt once more, for a copy that may be lost: claims decide. */
  repeat(open: OpenPart): void {
    this.#run.tally.retriedBatches++
    this.#sendHere(open)
  }

  /** The next attempt, for one that left nothing behind or that the user wants sent again. */
  again(open: OpenPart): void {
    this.#run.tally.retriedBatches++
    this.book.nextAttempt(open)
    this.#send(open)
  }

  /** The next attempt after a rest; until then nobody looks for an outcome. */
  async rest(open: OpenPart, delayMs: number): Promise<void> {
    this.#resting.add(open)
    await wait(this.#clock, delayMs)
    this.#resting.delete(open)
    if (this.book.open.get(open.batchNo) === open) this.again(open)
  }

  /** Keeps a part that the present node has refused for the one that leads. */
  hold(open: OpenPart, leader: ServerAddress): void {
    this.leader = leader
    this.#held.add(open)
  }

  /** What was held; it is the caller's to send or to give up. */
  release(): OpenPart[] {
    const held = [...this.#held]
    this.#held.clear()
    this.leader = undefined
    return held
  }

  /** What the present node has been sent and has not answered for. */
  transmitted(): OpenPart[] {
    return [...this.book.open.values()].filter(
      open => !this.#held.has(open) && !this.#resting.has(open),
    )
  }

  /** @returns false when the sender has to wait */
  #send(open: OpenPart): boolean {
    if (this.leader === undefined) return this.#sendHere(open)
    this.#held.add(open)
    return false
  }

  #sendHere(open: OpenPart): boolean {
    const sendNo = this.book.transmit(open, this.#clock.nowMs())
    return this.lane.send(open, sendNo)
  }
}
