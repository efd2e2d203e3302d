/*
  Asynchronous delivery with a receipt for every batch: batches go out under numbers, and the watcher reads in the ledger
  what became of each.
*/
import type { Batch } from '../../parse/input-reader.js'
import type { Delivery } from '../delivery/delivery.js'
import { wholeBatch } from '../fate/part.js'
import type { SentBefore } from '../journal/resumed-input.js'
import { ReceiptWatcher, type WatcherSetup } from './watcher.js'

/** Small batches are many: so many more, and their memory is worth an earlier question. */
const batchesPerRead = 128

/** Opens nothing itself: the node belongs to the delivery from here on. */
export function openReceiptDelivery(setup: WatcherSetup): Delivery {
  const { run, recorder } = setup
  const watcher = new ReceiptWatcher(setup)
  const { queue } = watcher
  let sentSinceRead = 0

  /** Waits until there is room for another batch, or nothing more will be sent. */
  const room = async (): Promise<void> => {
    let full = true
    const drained = (): void => {
      full = false
      watcher.wake()
    }
    // Not waited for: a server that takes nothing more must not keep the run from failing.
    void queue.node.drained().then(drained, (error: unknown) => watcher.fail(error))
    while ((full || !queue.hasRoom) && watcher.failure === undefined) await watcher.woken()
    if (watcher.failure !== undefined) throw watcher.failure
  }

  /** @returns whether there is room for more */
  const takeUp = (batch: Batch, { no, isLost }: SentBefore): boolean => {
    const { earlier } = setup
    const receipts = earlier.isLedgerKept && !isLost ? earlier.of(no) : undefined
    watcher.outcomes.takeUp(wholeBatch(batch), no, receipts, earlier.resends)
    return queue.node.bufferedBytes < run.plan.maxInFlightBytes
  }

  return {
    used: 'receipts',
    get note() {
      return recorder.note
    },
    get duplicates() {
      return recorder.keys.duplicates
    },
    get uncertain() {
      return recorder.uncertainRanges
    },
    get failure() {
      return watcher.failure
    },
    get inFlightBytes() {
      return queue.registry.openBytes
    },
    deliver(batch: Batch, sentBefore?: SentBefore) {
      if (watcher.failure !== undefined) throw watcher.failure
      const hasRoom =
        sentBefore === undefined ? queue.add(wholeBatch(batch)).room : takeUp(batch, sentBefore)
      run.counts.sent(batch.rowCount)
      if (++sentSinceRead % batchesPerRead === 0) watcher.lookNow()
      watcher.begin()
      return hasRoom && queue.hasRoom ? undefined : room()
    },
    checkOwner: () => queue.node.checkOwner(watcher.queryTimeoutMs),
    finish: () => watcher.finish(),
    leave: reason => watcher.leave(reason),
    close: () => queue.node.close(),
  }
}
