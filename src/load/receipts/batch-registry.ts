/*
  The registry of a run's batches: which are out, under which number and attempt, in which state, and what the ledger
  has said of each. Pure state; sending, waiting and deciding happen elsewhere.
*/
import { DdbError } from '../../errors.js'
import type { Outcome } from '../fate/decide.js'
import { claimPhase, outcomePhase } from './script.js'
import { rowsText } from '../row-counts.js'

/** One row of the ledger. */
export interface LedgerRow {
  batchNo: number
  attempt: number
  phase: number
  sendNo: number
  /** Of a claim, rows that arrived; of an outcome, rows that were taken, −1 after a refusal, null when the server does not tell. */
  rowCount: number | null
  /** Rows that the target has had; undefined when it does not tell. */
  had?: number | undefined
  errText: string
}

/**
 * Where a batch stands. `queued`: it waits to be sent, for the first time or once more. `sent`: nothing is known of it.
 * `claimed`: the server has begun it. `refused`: the server has ended it and stored nothing. `closed`: it, or each of its parts, is counted.
 */
export type BatchState = 'queued' | 'sent' | 'claimed' | 'refused' | 'closed'

/** What may follow each state. A batch that is sent again under the same attempt stays where it is. */
const transitions: Readonly<Record<BatchState, readonly BatchState[]>> = {
  queued: ['sent', 'closed'],
  sent: ['sent', 'claimed', 'refused', 'queued', 'closed'],
  claimed: ['claimed', 'refused', 'queued', 'closed'],
  refused: ['queued', 'closed'],
  closed: [],
}

/** A batch, or a part of one, that is not counted yet. */
export interface OpenBatch<B> {
  readonly batchNo: number
  readonly content: B
  readonly rowCount: number
  readonly encodedBytes: number
  state: BatchState
  attempt: number
  /** Numbers of this attempt's transmissions, newest last. */
  sendNos: number[]
  /** Transmissions after the first, over all attempts. */
  resends: number
  /** Why the server refused it last; '' when it has not. */
  refusal: string
  /** ms, of the first transmission of the current attempt. */
  sentAtMs: number
  /** Rows that the target had at least when the batch was claimed; undefined when nothing is known. */
  leastHad: number | undefined
}

/** A batch for which the ledger has an outcome. */
export interface EndedBatch<B> {
  batch: OpenBatch<B>
  outcome: Outcome
}

/** All batches of a run that are not counted yet. */
export interface BatchRegistry<B> {
  /** In the order of their numbers. */
  readonly open: ReadonlyMap<number, OpenBatch<B>>
  readonly openBytes: number
  /** Batches that the server was sent and has not answered for. */
  readonly sentCount: number
  /** What the next new batch will be called. */
  readonly nextBatchNo: number
  /** Registers a new batch, queued, under the next number. */
  add(content: B, rowCount: number, encodedBytes: number): OpenBatch<B>
  /** Registers a batch that an earlier process of the run has sent; `sent` says so, else it is queued. */
  takeUp(
    content: B,
    rowCount: number,
    encodedBytes: number,
    earlier: { readonly batchNo: number; readonly attempt: number; readonly sent: boolean },
    nowMs: number,
  ): OpenBatch<B>
  /** Notes a transmission and gives its number. */
  transmit(batch: OpenBatch<B>, nowMs: number): number
  /** The present attempt has left nothing behind: the batch may go out under the next one. */
  refuse(batch: OpenBatch<B>, errText: string): void
  /** Queues a batch for its next attempt. */
  nextAttempt(batch: OpenBatch<B>): void
  /**
   * Takes one ledger row; gives the batch whose outcome it tells, if any. The batch stays open until `close`.
   * @param leastHad  rows that the target has had at least, as far as rows of the ledger have told
   * @throws {DdbError} DDB_PROTOCOL when the row cannot be about what was sent
   */
  read(row: LedgerRow, leastHad?: number): EndedBatch<B> | undefined
  close(batch: OpenBatch<B>): void
}

/**
 * @param firstBatchNo  not given to any batch of the run before
 * @param firstSendNo  above the numbers of all transmissions by earlier processes of the run
 */
export function newBatchRegistry<B>(firstBatchNo = 1, firstSendNo = 1): BatchRegistry<B> {
  const open = new Map<number, OpenBatch<B>>()
  let nextBatchNo = firstBatchNo
  let nextSendNo = firstSendNo
  let openBytes = 0
  let sentCount = 0
  const move = (batch: OpenBatch<B>, to: BatchState): void => {
    checkTransition(batch, to)
    sentCount += Number(isOut(to)) - Number(isOut(batch.state))
    batch.state = to
  }
  const register = (
    batchNo: number,
    content: B,
    rowCount: number,
    encodedBytes: number,
  ): OpenBatch<B> => {
    const batch = newOpenBatch(batchNo, content, rowCount, encodedBytes)
    open.set(batchNo, batch)
    openBytes += encodedBytes
    return batch
  }
  const registry: BatchRegistry<B> = {
    open,
    get openBytes() {
      return openBytes
    },
    get sentCount() {
      return sentCount
    },
    get nextBatchNo() {
      return nextBatchNo
    },
    add: (content, rowCount, encodedBytes) =>
      register(nextBatchNo++, content, rowCount, encodedBytes),
    takeUp(content, rowCount, encodedBytes, { batchNo, attempt, sent }, nowMs) {
      const batch = register(batchNo, content, rowCount, encodedBytes)
      batch.attempt = attempt
      batch.sentAtMs = nowMs
      if (sent) move(batch, 'sent')
      return batch
    },
    transmit(batch, nowMs) {
      if (batch.sendNos.length === 0) batch.sentAtMs = nowMs
      if (batch.attempt > 0 || batch.sendNos.length > 0) batch.resends++
      if (batch.state !== 'claimed') move(batch, 'sent')
      batch.sendNos.push(nextSendNo)
      return nextSendNo++
    },
    refuse(batch, errText) {
      move(batch, 'refused')
      batch.refusal = errText
    },
    nextAttempt(batch) {
      move(batch, 'queued')
      batch.attempt++
      batch.sendNos = []
    },
    read(row, leastHad) {
      const batch = open.get(row.batchNo)
      // Rows of earlier attempts were dealt with when they came.
      if (batch === undefined || batch.attempt !== row.attempt) return undefined
      if (row.phase !== claimPhase && row.phase !== outcomePhase) return undefined
      if (!isOut(batch.state)) return undefined
      checkReceipt(batch, row, firstSendNo)
      move(batch, 'claimed')
      if (row.phase === claimPhase) {
        batch.leastHad = leastHad
        return undefined
      }
      return { batch, outcome: { rows: row.rowCount, had: row.had, errText: row.errText } }
    },
    close(batch) {
      move(batch, 'closed')
      open.delete(batch.batchNo)
      openBytes -= batch.encodedBytes
    },
  }
  return registry
}

function newOpenBatch<B>(
  batchNo: number,
  content: B,
  rowCount: number,
  encodedBytes: number,
): OpenBatch<B> {
  return {
    batchNo,
    content,
    rowCount,
    encodedBytes,
    state: 'queued',
    attempt: 0,
    sendNos: [],
    resends: 0,
    refusal: '',
    sentAtMs: 0,
    leastHad: undefined,
  }
}

function isOut(state: BatchState): boolean {
  return state === 'sent' || state === 'claimed'
}

function checkTransition({ batchNo, state }: OpenBatch<unknown>, to: BatchState): void {
  if (transitions[state].includes(to)) return
  throw new DdbError(
    'DDB_INTERNAL',
    `batch ${batchNo} cannot become ${to}, as it is ${state}; this is a bug of ddb-ingest: please report it`,
  )
}

/** A claim names the rows that arrived; both claim and outcome name the transmission that wrote them. */
function checkReceipt(batch: OpenBatch<unknown>, row: LedgerRow, firstSendNo: number): void {
  // What earlier processes have sent is theirs to know.
  if (row.sendNo >= firstSendNo && !batch.sendNos.includes(row.sendNo)) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server has a receipt for transmission ${row.sendNo} of batch ${batch.batchNo}, which was never sent`,
    )
  }
  if (row.phase === claimPhase && row.rowCount !== batch.rowCount) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server claimed ${rowsText(row.rowCount ?? 0)} of batch ${batch.batchNo}, which has ${batch.rowCount}`,
    )
  }
}
