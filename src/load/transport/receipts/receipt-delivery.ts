/*
  Asynchronous delivery with a receipt for every batch. The run sends numbered batches, while the watcher reads the outcome of each
  batch in the ledger (the server-side table of receipts).
*/
import type { Batch } from '../../../parse/batch.js'
import type { Delivery } from '../delivery.js'
import type { LaneRows } from '../../outcomes/lane-batches.js'
import { handOverLanes } from '../../outcomes/lane-rows.js'
import { wholeBatch, type BatchPart } from '../../outcomes/batch-part.js'
import type { SentBefore } from '../../journal/resumed-input.js'
import type { LinkSetup } from './link.js'
import { ReceiptWatcher } from './watcher.js'

/** After this many batches, the run reads the ledger at once, so that it can release the memory of many small batches. */
const batchesPerRead = 128

/** Opens no session: the node in `setup` has open ones. The node belongs to the delivery from now on. */
export function openReceiptDelivery(setup: LinkSetup): Delivery {
  const { run } = setup
  const watcher = new ReceiptWatcher(setup)
  const { link } = watcher
  const { queue } = link
  let sentSinceRead = 0

  /** Waits until there is room for a further batch, or the run has failed. */
  const room = async (): Promise<void> => {
    let full = true
    const drained = (): void => {
      full = false
      link.wake()
    }
    // Not awaited, because the run must be able to fail even while the server does not read.
    void queue.node.drained().then(drained, (error: unknown) => link.fail(error))
    while ((full || !queue.hasRoom) && link.failure === undefined) await link.woken()
    if (link.failure !== undefined) throw link.failure
  }

  const takeUp = (part: BatchPart, sentBefore: SentBefore): void => link.takeUp(part, sentBefore)

  /** @returns whether there is room for more */
  const handOver = (batch: Batch, sentBefore?: SentBefore, lanes?: LaneRows): boolean => {
    if (lanes !== undefined) return handOverLanes(run, batch, lanes, queue, takeUp)
    const part = wholeBatch(batch)
    let room = true
    if (sentBefore === undefined) ({ room } = queue.add(part))
    else takeUp(part, sentBefore)
    run.emit({ kind: 'handedOver', rows: batch.rowCount })
    return room && queue.node.bufferedBytes < run.checked.maxInFlightBytes
  }

  return {
    used: 'receipts',
    get failure() {
      return link.failure
    },
    get inFlightBytes() {
      return run.state.openBytes
    },
    deliver(batch: Batch, sentBefore?: SentBefore, lanes?: LaneRows) {
      if (link.failure !== undefined) throw link.failure
      const hasRoom = handOver(batch, sentBefore, lanes)
      if (++sentSinceRead % batchesPerRead === 0) watcher.lookNow()
      watcher.begin()
      return hasRoom && queue.hasRoom ? undefined : room()
    },
    checkOwner: () => queue.node.checkOwner(link.queryTimeoutMs),
    finish: () => watcher.finish(),
    leave: reason => watcher.leave(reason),
    close: () => queue.node.close(),
  }
}
