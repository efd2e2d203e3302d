/*
  Asynchronous delivery with a receipt for every batch. The run sends numbered batches, while the watcher reads the outcome of each
  batch in the ledger (the server-side table of receipts).
*/
import type { Batch } from '../../../parse/batch.js'
import type { Delivery, LeftPieces } from '../delivery.js'
import { cutOfBatch, newPieces, type LaneRows } from '../../outcomes/lanes.js'
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
  const { batches } = link
  let sentSinceRead = 0

  const hasRoom = (): boolean =>
    batches.hasRoom &&
    (!batches.node.carriesOneBatch || run.state.open.size < run.checked.connections)

  /** Waits until there is room for a further batch, or the run has failed. */
  const room = async (): Promise<void> => {
    let full = true
    const drained = (): void => {
      full = false
      link.wake()
    }
    // Not awaited, because the run must be able to fail even while the server does not read.
    void batches.node.drained().then(drained, (error: unknown) => link.fail(error))
    while ((full || !hasRoom()) && link.failure === undefined) await link.woken()
    if (link.failure !== undefined) throw link.failure
  }

  const learn = async (from: Evidence): Promise<void> => {
    await room()
    while (run.state.open.size > 0 && link.failure === undefined) await link.woken()
    await batches.node.ask(control => from.learn(control))
  }

  /** @returns whether there is room for more */
  const handOver = (batch: Batch, lanes?: LaneRows, left?: LeftPieces): boolean => {
    const begun = setup.earlier.cutOf(batch.place!)
    // Checked for the whole batch, because another division by lane has other parts.
    if (begun !== undefined && begun !== cutOfBatch(batch, lanes)) throw cutElsewhere()
    let room = true
    for (const piece of left === undefined ? newPieces(run, batch, lanes) : []) {
      if (link.isBegun(piece)) link.takeUp(piece, true, false)
      else room = batches.add(piece) && room
    }
    for (const { piece, isSent } of left?.pieces ?? []) {
      link.takeUp(piece, isSent, left!.known.hasNoReceipt)
    }
    return room && batches.node.bufferedBytes < run.checked.maxInFlightBytes
  }

  return {
    keepsReceipts: batches.node.ledger !== undefined,
    used: batches.node.carriesOneBatch ? 'answers' : 'receipts',
    get failure() {
      return link.failure
    },
    get inFlightBytes() {
      return run.state.openBytes
    },
    deliver(batch: Batch, lanes?: LaneRows, left?: LeftPieces) {
      if (link.failure !== undefined) throw link.failure
      const isRoom = handOver(batch, lanes, left)
      if (++sentSinceRead % batchesPerRead === 0) link.lookNow()
      watcher.begin()
      if (evidence?.learns === true) return learn(evidence)
      return isRoom && hasRoom() ? undefined : room()
    },
    checkOwner: () => batches.node.checkOwner(link.queryTimeoutMs),
    finish: () => watcher.finish(),
    leave: reason => watcher.leave(reason),
    close: () => batches.node.close(),
  }
}
