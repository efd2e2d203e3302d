/*
  The books of a run with receipts: which batches are out, under which attempt, and what the ledger has said of each.
  Pure state; sending, waiting and deciding happen elsewhere.
*/
import { claimPhase, outcomePhase } from './script.js'

/** One row of the ledger. */
export interface LedgerRow {
  batchNo: number
  attempt: number
  phase: number
  sendNo: number
  rowCount: number
  errText: string
}

export interface OpenBatch<B> {
  readonly batchNo: number
  attempt: number
  /** Numbers of this attempt's transmissions, newest last. */
  sendNos: number[]
  readonly rowCount: number
  readonly encodedBytes: number
  readonly content: B
  /** True once the ledger holds a claim of the current attempt. */
  claimed: boolean
  /** ms, of the first transmission of the current attempt. */
  sentAtMs: number
}

/** What a ledger row settled. */
export interface Settlement<B> {
  batch: OpenBatch<B>
  /** Rows the target reported, −1 for a refusal. */
  rows: number
  errText: string
}

export interface ReceiptBook<B> {
  /** Batches without an outcome, in the order of their numbers. */
  readonly open: ReadonlyMap<number, OpenBatch<B>>
  readonly openBytes: number
  readonly openRows: number
  /** Registers a new batch and gives it the next number. */
  add(content: B, rowCount: number, encodedBytes: number): OpenBatch<B>
  /** Notes a transmission and gives its number. */
  transmit(batch: OpenBatch<B>, nowMs: number): number
  /** Starts the next attempt of a batch whose last one left nothing behind. */
  nextAttempt(batch: OpenBatch<B>): void
  /** Takes one ledger row; gives what it settles, if anything. The batch stays open until `close`. */
  read(row: LedgerRow): Settlement<B> | undefined
  close(batch: OpenBatch<B>): void
}

export function newReceiptBook<B>(): ReceiptBook<B> {
  const open = new Map<number, OpenBatch<B>>()
  let nextBatchNo = 1
  let nextSendNo = 1
  let openBytes = 0
  let openRows = 0
  return {
    open,
    get openBytes() {
      return openBytes
    },
    get openRows() {
      return openRows
    },
    add(content, rowCount, encodedBytes) {
      const batch: OpenBatch<B> = {
        batchNo: nextBatchNo++,
        attempt: 0,
        sendNos: [],
        rowCount,
        encodedBytes,
        content,
        claimed: false,
        sentAtMs: 0,
      }
      open.set(batch.batchNo, batch)
      openBytes += encodedBytes
      openRows += rowCount
      return batch
    },
    transmit(batch, nowMs) {
      if (batch.sendNos.length === 0) batch.sentAtMs = nowMs
      batch.sendNos.push(nextSendNo)
      return nextSendNo++
    },
    nextAttempt(batch) {
      batch.attempt++
      batch.sendNos = []
      batch.claimed = false
    },
    read(row) {
      const batch = open.get(row.batchNo)
      // Rows of earlier attempts were dealt with when they came.
      if (batch === undefined || batch.attempt !== row.attempt) return undefined
      if (row.phase === claimPhase) {
        batch.claimed = true
        return undefined
      }
      if (row.phase !== outcomePhase) return undefined
      return { batch, rows: row.rowCount, errText: row.errText }
    },
    close(batch) {
      if (!open.delete(batch.batchNo)) return
      openBytes -= batch.encodedBytes
      openRows -= batch.rowCount
    },
  }
}
