/*
  Asynchronous delivery with a receipt for every batch. The run sends numbered batches, while the watcher reads the outcome of each
  batch in the ledger (the server-side table of receipts).
*/
import type { Batch } from '../../../parse/batch.js'
import type { Delivery, LeftParts } from '../delivery.js'
import type { BatchPart } from '../../outcomes/batch-part.js'
import type { LaneRows } from '../../outcomes/lane-batches.js'
import { cutOfBatch, newParts } from '../../outcomes/lane-rows.js'
import { cutElsewhere } from './earlier-receipts.js'
import type { LinkSetup } from './link.js'
import type { Evidence } from '../../evidence/evidence.js'
import { ReceiptWatcher } from './watcher.js'

/** After this many batches, the run reads the ledger at once, so that it can release the memory of many small batches. */
const batchesPerRead = 128

/** Opens no session: the node in `setup` has open ones. The node belongs to the delivery from now on. */
export function openReceiptDelivery(setup: LinkSetup): Delivery {
  const { run } = setup
  const { evidence } = setup.recorder.target
  const watcher = new ReceiptWatcher(setup)
  const { link } = watcher
  const { queue } = link
  let sentSinceRead = 0

  const hasRoom = (): boolean =>
    queue.hasRoom && (!queue.node.carriesOneBatch || run.state.open.size < run.checked.connections)

  /** Waits until there is room for a further batch, or the run has failed. */
  const room = async (): Promise<void> => {
    let full = true
    const drained = (): void => {
      full = false
      link.wake()
    }
    // Not awaited, because the run must be able to fail even while the server does not read.
    void queue.node.drained().then(drained, (error: unknown) => link.fail(error))
    while ((full || !hasRoom()) && link.failure === undefined) await link.woken()
    if (link.failure !== undefined) throw link.failure
  }

  const learn = async (from: Evidence): Promise<void> => {
    await room()
    while (run.state.open.size > 0 && link.failure === undefined) await link.woken()
    await queue.node.ask(control => from.learn(control))
  }

  /** @returns whether there is room for more */
  const handOver = (batch: Batch, lanes?: LaneRows, left?: LeftParts): boolean => {
    const begun = setup.earlier.cutOf(batch.place!)
    // Checked for the whole batch, because another division by lane has other parts.
    if (begun !== undefined && begun !== cutOfBatch(batch, lanes)) throw cutElsewhere()
    let room = true
    const handed = (part: BatchPart): void =>
      run.emit({ kind: 'handedOver', rows: part.end - part.start })
    for (const part of left === undefined ? newParts(run, batch, lanes) : []) {
      if (link.isBegun(part)) link.takeUp(part, true, false)
      else room = queue.addNew(part) && room
      handed(part)
    }
    for (const { part, isSent } of left?.parts ?? []) {
      link.takeUp(part, isSent, left!.known.hasNoReceipt)
      handed(part)
    }
    return room && queue.node.bufferedBytes < run.checked.maxInFlightBytes
  }

  return {
    keepsReceipts: queue.node.ledger !== undefined,
    used: queue.node.carriesOneBatch ? 'answers' : 'receipts',
    get failure() {
      return link.failure
    },
    get inFlightBytes() {
      return run.state.openBytes
    },
    deliver(batch: Batch, lanes?: LaneRows, left?: LeftParts) {
      if (link.failure !== undefined) throw link.failure
      const isRoom = handOver(batch, lanes, left)
      if (++sentSinceRead % batchesPerRead === 0) link.lookNow()
      watcher.begin()
      if (evidence?.learns === true) return learn(evidence)
      return isRoom && hasRoom() ? undefined : room()
    },
    checkOwner: () => queue.node.checkOwner(link.queryTimeoutMs),
    finish: () => watcher.finish(),
    leave: reason => watcher.leave(reason),
    close: () => queue.node.close(),
  }
}
