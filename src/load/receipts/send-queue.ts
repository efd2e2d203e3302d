/*
  What goes out with receipts, and what waits: batches on their way to the present node, those that the journal has to have
  first, refused ones that rest before they are sent again, and those held back without a connection or while another
  node leads.
*/
import type { Timer } from '../../platform/platform.js'
import type { Part } from '../fate/part.js'
import type { ServerAddress } from '../options.js'
import type { DdbError } from '../../errors.js'
import { asDdbError, type Run } from '../run.js'
import type { ReceiptNode } from './receipt-node.js'
import {
  newBatchRegistry,
  type BatchRegistry,
  type LedgerRow,
  type OpenBatch,
} from './batch-registry.js'
import type { EarlierReceipts } from './earlier-receipts.js'

export type OpenPart = OpenBatch<Part>

/** Sends in order, and never waits. */
export class SendQueue {
  readonly registry: BatchRegistry<Part>
  /** The node that leads by now: what is to be sent waits until the present one has answered for the rest. */
  leader: ServerAddress | undefined
  node: ReceiptNode
  /** Nothing is sent until receipts have another ledger. */
  isHeld = false
  readonly #run: Run
  readonly #stop: (error: DdbError) => void
  /** New ones of this turn of the event loop: the journal is told of all of them in one write, and none goes out before. */
  #unwritten: OpenPart[] = []
  /** Refused batches that are to be sent again. */
  readonly #resting = new Set<Timer>()

  /** @param stop  ends the run when the journal cannot be written: what is queued must not go out any more */
  constructor(
    run: Run,
    node: ReceiptNode,
    earlier: EarlierReceipts,
    stop: (error: DdbError) => void,
  ) {
    this.#run = run
    this.#stop = stop
    this.node = node
    this.registry = newBatchRegistry(earlier.lastNo + 1, earlier.firstSendNo)
  }

  /** False when too much is out, or what comes goes to another node. */
  get hasRoom(): boolean {
    if (this.isHeld) return false
    return this.leader === undefined && this.registry.openBytes < this.#run.plan.maxInFlightBytes
  }

  /**
   * Gives a part its number and sends it, at the end of the turn where there is a journal, or holds it back.
   * @returns room: false when the caller has to wait
   */
  add(part: Part): { batch: OpenPart; room: boolean } {
    const { journal, plan, platform } = this.#run
    journal?.announce(this.registry.nextBatchNo, part)
    const batch = this.registry.add(part, part.end - part.start, part.encodedBytes)
    if (journal === undefined) return { batch, room: this.#send(batch) }
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(batch)
    return { batch, room: this.node.bufferedBytes < plan.maxInFlightBytes }
  }

  /** Sends what was added since the last time, once it is in the journal. */
  #sendWritten(): void {
    const batches = this.#unwritten
    if (batches.length === 0) return
    this.#unwritten = []
    try {
      this.#run.journal?.commit()
      for (const batch of batches) {
        // It may have been given up in the meantime.
        if (batch.state === 'queued') this.#send(batch)
      }
    } catch (error) {
      this.#stop(asDdbError(error))
    }
  }

  /**
   * Registers a part that an earlier process sent under a number, with what the ledger says of it: its rows of the last
   * attempt. Without any it is sent, under the same attempt, should the earlier copy still come.
   */
  takeUp(part: Part, batchNo: number, receipts: readonly LedgerRow[]): OpenPart {
    const attempt = receipts.at(-1)?.attempt ?? 0
    const batch = this.registry.takeUp(
      part,
      part.end - part.start,
      part.encodedBytes,
      { batchNo, attempt, sent: receipts.length > 0 },
      this.#run.platform.clock.nowMs(),
    )
    if (receipts.length === 0) this.#send(batch)
    return batch
  }

  /** The same attempt once more, for a copy that may be lost: claims decide. */
  repeat(batch: OpenPart): void {
    this.#run.counts.sentAgain()
    this.#transmit(batch)
  }

  /** The next attempt, for one that left nothing behind or that the user wants sent again. */
  sendAgain(batch: OpenPart): void {
    this.#run.counts.sentAgain()
    this.registry.nextAttempt(batch)
    this.#send(batch)
  }

  /** The next attempt after a rest, unless the batch is closed by then. */
  sendLater(batch: OpenPart, delayMs: number): void {
    const timer = this.#run.platform.clock.after(delayMs, () => {
      this.#resting.delete(timer)
      if (batch.state === 'refused') this.sendAgain(batch)
    })
    this.#resting.add(timer)
  }

  /** Refused batches are not sent again any more. */
  endRest(): void {
    for (const timer of this.#resting) timer.cancel()
    this.#resting.clear()
  }

  /** Sends what was held back. */
  flush(): void {
    this.#sendWritten()
    for (const batch of this.registry.open.values()) {
      if (batch.state === 'queued') this.#send(batch)
    }
  }

  /** What the present node has been sent and has not answered for. */
  transmitted(): OpenPart[] {
    return this.#inStates('sent', 'claimed')
  }

  /** Nothing is with the server. */
  get isQueued(): boolean {
    return [...this.registry.open.values()].every(({ state }) => state === 'queued')
  }

  /** What waits for the node that leads: never sent, or refused by the present one. */
  held(): OpenPart[] {
    return this.leader === undefined ? [] : this.#inStates('queued', 'refused')
  }

  #inStates(...states: readonly OpenPart['state'][]): OpenPart[] {
    return [...this.registry.open.values()].filter(({ state }) => states.includes(state))
  }

  #send(batch: OpenPart): boolean {
    if (this.leader !== undefined || this.isHeld) return false
    // Without a connection it stays queued; the watcher opens another one for its sake.
    return this.node.isLost || this.#transmit(batch)
  }

  #transmit(batch: OpenPart): boolean {
    // After the journal knows of it: another process that has the run since then finds it there.
    if (!this.#run.maySend()) {
      this.#stop(this.#run.failure!)
      return false
    }
    const sendNo = this.registry.transmit(batch, this.#run.platform.clock.nowMs())
    return this.node.send(batch, sendNo)
  }
}
