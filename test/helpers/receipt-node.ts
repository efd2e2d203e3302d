/*
  A simulated node that gives receipts to a run. It records the batches and questions that it gets.
*/
import { wholeBatch, type BatchPart } from '../../src/load/outcomes/batch-part.js'
import { newRecorder, type RecordedTarget } from '../../src/load/outcomes/recorder.js'
import { retryRules } from '../../src/load/connection/retry.js'
import type { DeliveryOptions } from '../../src/load/options.js'
import type { OpenBatch } from '../../src/load/outcomes/fold.js'
import type { LedgerRow } from '../../src/load/transport/receipts/ledger.js'
import { noEarlierReceipts } from '../../src/load/transport/receipts/earlier-receipts.js'
import type { ReceiptNode } from '../../src/load/transport/receipts/receipt-node.js'
import type { LinkSetup } from '../../src/load/transport/receipts/link.js'
import { ReceiptWatcher } from '../../src/load/transport/receipts/watcher.js'
import type { Platform } from '../../src/platform/platform.js'
import { batchOf } from './batches.js'
import { testRun } from './load-run.js'

/** A node that accepts all requests, has kept its memory, and has no news. A test replaces some of its answers. */
export interface NodeStub {
  isLost: boolean
  isControlLost: boolean
  bufferedBytes: number
  ledgerRows: number
  /** Results of successive calls of `read`. */
  readonly ledger: LedgerRow[][]
  readonly sent: [batchNo: number, attempt: number, sendNo: number][]
  /** Names of the recorded calls other than `send`, in order. */
  readonly asked: string[]
  answers: Partial<
    Pick<
      ReceiptNode,
      | 'read'
      | 'ask'
      | 'ledgerExists'
      | 'isIdle'
      | 'barrier'
      | 'restore'
      | 'reopen'
      | 'finish'
      | 'drained'
    >
  >
  readonly node: ReceiptNode
}

export function nodeStub(): NodeStub {
  const stub: NodeStub = {
    isLost: false,
    isControlLost: false,
    bufferedBytes: 0,
    ledgerRows: 0,
    ledger: [],
    sent: [],
    asked: [],
    answers: {},
    node: undefined as unknown as ReceiptNode,
  }
  const asks =
    <T>(name: keyof NodeStub['answers'] | 'define' | 'close' | 'dropLedger', usual: () => T) =>
    (...given: unknown[]): Promise<T> => {
      stub.asked.push(name)
      const answer = (
        stub.answers as Record<string, ((...all: unknown[]) => Promise<T>) | undefined>
      )[name]
      return answer === undefined ? Promise.resolve(usual()) : answer(...given)
    }
  const lose = (which: string): void => {
    stub.asked.push(which)
    stub.isLost = true
    if (which !== 'abandon data' && which !== 'abandon silent') stub.isControlLost = true
  }
  const node = {
    get isLost() {
      return stub.isLost
    },
    get isControlLost() {
      return stub.isControlLost
    },
    get bufferedBytes() {
      return stub.bufferedBytes
    },
    send({ no, attempt }: OpenBatch, _part: BatchPart, sendNo: number) {
      stub.sent.push([no, attempt, sendNo])
      return true
    },
    // A node that was lost has lost its memory, including all rows.
    carries: () => false,
    drained: () => stub.answers.drained?.() ?? Promise.resolve(),
    // Not recorded, because the run calls it all the time. Its results show in the batches.
    read: (timeoutMs: number) =>
      stub.answers.read?.(timeoutMs) ?? Promise.resolve(stub.ledger.shift() ?? []),
    ledgerExists: asks('ledgerExists', () => true),
    isIdle: asks('isIdle', () => undefined),
    barrier: asks('barrier', () => 'passed'),
    define: asks('define', () => undefined),
    restore: asks('restore', () => {
      stub.isLost = stub.isControlLost = false
      return 'kept'
    }),
    reopen: asks('reopen', () => true),
    ask: asks('ask', () => undefined),
    get ledgerRows() {
      return stub.ledgerRows
    },
    leavesLedger: () => asks('dropLedger', () => undefined),
    finish: asks('finish', () => undefined),
    close: asks('close', () => undefined),
    abandon: (which: 'control' | 'data' | 'silent') => lose(`abandon ${which}`),
    leave: () => lose('leave'),
  }
  return Object.assign(stub, { node: node as unknown as ReceiptNode })
}

export interface WatchedChange {
  readonly delivery?: DeliveryOptions
  readonly target?: Partial<RecordedTarget>
  readonly machine?: Partial<Platform>
  readonly follow?: LinkSetup['follow']
  /** The run follows files, so its inputs never end. */
  readonly isFollowing?: boolean
  readonly maxLedgerRows?: number
}

/** The watcher of a run on the simulated node. `add` hands over a batch of eight rows. */
export function watchedRun(change: WatchedChange = {}) {
  const run = testRun(
    {
      delivery: { retries: 3, ...change.delivery },
      rejects: { onError: 'skip' },
      input: { follow: change.isFollowing === true },
    },
    change.machine,
  )
  const stub = nodeStub()
  const recorder = newRecorder(run, {
    description: { columns: [], keyed: false },
    kind: 'table',
    allOrNothing: true,
    retries: 3,
    keyed: false,
    inMemory: true,
    ...change.target,
  })
  const watcher = new ReceiptWatcher({
    run,
    node: stub.node,
    recorder,
    rules: retryRules(run),
    earlier: noEarlierReceipts,
    follow: change.follow ?? (() => Promise.reject(new Error('no other node was expected'))),
    ...(change.maxLedgerRows === undefined ? {} : { maxLedgerRows: change.maxLedgerRows }),
  })
  let batches = 0
  return {
    run,
    stub,
    recorder,
    watcher,
    add: () => {
      run.emit({ kind: 'records', upTo: run.state.rows.read + 8 })
      run.emit({ kind: 'handedOver', rows: 8 })
      return watcher.link.queue.add(wholeBatch(batchOf(8, 8 * batches++))).batch
    },
    /** Rows confirmed, unconfirmed, rejected, unsent. */
    counts: () => {
      const { confirmed, unconfirmed, rejected, unsent } = run.state.rows
      return [confirmed, unconfirmed, rejected, unsent]
    },
  }
}

/** A ledger row that claims eight rows. By default, the send number equals the batch number. */
export const claim = (batchNo: number, sendNo = batchNo, attempt = 0): LedgerRow => ({
  batchNo,
  attempt,
  phase: 0,
  sendNo,
  rowCount: 8,
  errText: '',
})

export const outcome = (batchNo: number, sendNo = batchNo, attempt = 0): LedgerRow => ({
  ...claim(batchNo, sendNo, attempt),
  phase: 1,
})

export const refusal = (batchNo: number, errText: string, sendNo = batchNo): LedgerRow => ({
  ...outcome(batchNo, sendNo),
  rowCount: -1,
  errText,
})
