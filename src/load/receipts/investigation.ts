/*
  Nothing new in the ledger for a while: is the server working, did it lose requests, or will nothing ever come?
*/
import { ledgerIsGone } from './recovery.js'
import type { ReceiptWatcher } from './watcher.js'

/** How long a question behind all data is waited for: a session busy with a batch answers late. */
const longestBarrierMs = 5_000

/** @throws {ConnectionError} @throws {TimeoutError} */
export async function investigate(watcher: ReceiptWatcher): Promise<void> {
  const { queue, carryOut } = watcher
  const { node } = queue
  if (!(await node.ledgerExists(watcher.queryTimeoutMs))) return ledgerIsGone(watcher)
  const idle = await node.isIdle(watcher.queryTimeoutMs)
  if (idle === false) return
  const barrier = await node.barrier(Math.min(longestBarrierMs, watcher.queryTimeoutMs), idle)
  if (barrier === 'unknown') return
  if (barrier === 'silent') {
    // A session that has nothing to do and does not answer is gone at the other end.
    if (idle === true) watcher.giveUpConnection('data')
    return
  }
  if (barrier === 'forgotten') await node.define(watcher.queryTimeoutMs)
  // Outcomes may have come while we asked.
  if (await watcher.readLedger()) return
  for (const batch of queue.transmitted()) {
    if (batch.state === 'sent') {
      carryOut.repeat(batch, 'sent, but the server never began it')
    } else if (idle === true) {
      carryOut.leaveUncertain(batch, 'begun, but its outcome never came')
    }
  }
}
