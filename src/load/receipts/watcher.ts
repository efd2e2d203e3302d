/*
  Follows the batches of a run with receipts until each is counted: reads the ledger as it grows, and hands over to those
  who look into silence, lost connections and new leaders.
*/
import { ConnectionError, ServerError, TimeoutError, type DdbError } from '../../errors.js'
import { wait } from '../../platform/wait.js'
import { silenceError } from '../connection/idle-timeout.js'
import type { RetryRules } from '../connection/retry.js'
import type { Recorder } from '../fate/recorder.js'
import { CarryOut } from '../fate/carry-out.js'
import { hasUncertain } from '../fate/projections.js'
import { SendQueue } from '../fate/send-queue.js'
import type { ServerAddress } from '../options.js'
import { asDdbError, type Run } from '../run.js'
import type { EarlierReceipts } from './earlier-receipts.js'
import { investigate } from './investigation.js'
import type { LedgerRow } from './ledger.js'
import { readReceipt } from './read-receipt.js'
import type { ReceiptNode } from './receipt-node.js'
import { endMemory, ledgerIsGone, moveToLeader, reconnect, renewLedger } from './recovery.js'

export interface WatcherSetup {
  readonly run: Run
  /** Where the run begins. */
  readonly node: ReceiptNode
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** What earlier processes of the run have left in the ledger. */
  readonly earlier: EarlierReceipts
  /** Opens the same on the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  readonly follow: (to: ServerAddress) => Promise<ReceiptNode>
  /** So many rows of a ledger are enough, in a run without an end. */
  readonly maxLedgerRows?: number
}

const firstPollMs = 5
const slowestPollMs = 500
/** While batches go out and come in, the ledger is read in pieces worth the question. */
const busyPollMs = 50
/** A server that says nothing for so long is asked less often. */
const silenceMs = 1_000
/**
 * Nothing new for this long is looked into (docs/server-semantics.md#what-receipts-rely-on), or for a share of the time
 * that there is.
 */
const longestQuietMs = 5_000
const quietShare = 4
/** Two a batch: some ten megabytes on the server. */
const maxLedgerRows = 100_000

export class ReceiptWatcher {
  readonly setup: WatcherSetup
  readonly queue: SendQueue<ReceiptNode>
  readonly carryOut: CarryOut
  /** Connections opened again since the ledger last said anything. */
  reconnects = 0
  /** True while nobody knows whether the server still has in memory what it confirmed. */
  memoryIsUnsure = false
  /** A connection was given up because nothing came over it. */
  isSilent = false
  #failure: DdbError | undefined
  /** Nothing more will be handed over: what is left to wait for are receipts. */
  #allSent = false
  /** Ends the present pause. */
  #pause = new AbortController()
  #watching: Promise<void> | undefined
  /** Whoever waits for room, or for something to watch. */
  #sleepers: (() => void)[] = []
  /** When the server last said or took anything, and when silence was last looked into. */
  #newsAtMs = 0
  #lookedAtMs = 0
  #bufferedBytes = 0
  /** Of the ledger, when the run began: what of it is asked for again is in the memory of this process. */
  readonly #firstRows: number

  constructor(setup: WatcherSetup) {
    this.setup = setup
    this.queue = new SendQueue(setup.run, setup.node, error => {
      setup.run.fail(error)
      this.carryOut.stop(error)
    })
    this.#firstRows = setup.node.ledgerRows
    const { run, recorder, rules } = setup
    const fail = (error: unknown): void => this.fail(error)
    this.carryOut = new CarryOut({ run, recorder, rules, fail }, this.queue)
  }

  get failure(): DdbError | undefined {
    return this.#failure
  }

  /** Time until the server counts as silent, ms; not above 0 when it does. */
  get leftMs(): number {
    return this.#newsAtMs + this.setup.run.plan.confirmTimeoutMs - this.#nowMs
  }

  /** How long one question may take: a second one is to have its time, too. */
  get queryTimeoutMs(): number {
    const { confirmTimeoutMs } = this.setup.run.plan
    return Math.max(1, Math.ceil(Math.min(this.leftMs, confirmTimeoutMs / 2)))
  }

  get #nowMs(): number {
    return this.setup.rules.clock.nowMs()
  }

  /** Starts watching with the first batch, and wakes the watcher for each. */
  begin(): void {
    this.wake()
    if (this.#watching !== undefined) return
    this.news()
    this.#watching = this.#watch().catch((error: unknown) => {
      this.fail(error)
      const isLost = error instanceof ConnectionError
      this.carryOut.endAll(
        `${isLost ? 'the connection was lost' : 'the run failed'} before its receipt came`,
      )
    })
  }

  /** The server has said or done something. */
  news(): void {
    this.#newsAtMs = this.#nowMs
    this.#lookedAtMs = this.#newsAtMs
  }

  /** Ends the present pause: there is enough to ask for. */
  lookNow(): void {
    this.#pause.abort()
  }

  /** Resolves with the next `wake`. */
  woken(): Promise<void> {
    return new Promise(resolve => this.#sleepers.push(resolve))
  }

  wake(): void {
    if (this.#sleepers.length === 0) return
    const sleepers = this.#sleepers
    this.#sleepers = []
    for (const resolve of sleepers) resolve()
  }

  fail(error: unknown): void {
    this.#failure ??= asDdbError(error)
    this.wake()
  }

  /** Resolves once every batch is counted. @throws {DdbError} what ended the run here */
  async finish(): Promise<void> {
    this.#allSent = true
    this.lookNow()
    this.wake()
    await this.#watching
    this.carryOut.endBisecting()
    await endMemory(this)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Ends both connections and every wait at once; what is out stays unknown. */
  leave(reason: ConnectionError): void {
    this.fail(reason)
    this.queue.node.leave(reason)
    this.lookNow()
  }

  async #watch(): Promise<void> {
    const { state } = this.setup.run
    let pollMs = firstPollMs
    while (!this.#allSent || state.open.size > 0) {
      // Nothing of the run is touched any more once another process has it.
      if (!this.setup.run.maySend() && this.setup.run.isLeaving) return this.#giveUp()
      if (await this.#renewsLedger()) continue
      // Bytes that nobody takes are waited for even if their batches were given up.
      const isTaken = this.queue.node.bufferedBytes === 0
      if (state.open.size === 0 && isTaken) {
        await this.woken()
        this.news()
        continue
      }
      // What rests or waits for a connection is not the server's silence, unless silence has cost the connection.
      const isUnreachable = this.isSilent && this.queue.node.isLost
      if (state.sentCount === 0 && isTaken && !isUnreachable) this.news()
      if (this.leftMs <= 0 || this.setup.run.isLeaving) return this.#giveUp()
      const hasNews = await this.#look()
      // Whatever was found out, there may be room now.
      this.wake()
      if (hasNews) {
        pollMs = firstPollMs
        // Behind the last receipt there is nothing to rest for.
        if (this.#allSent && state.open.size === 0) continue
        await this.#rest(this.#allSent ? firstPollMs : busyPollMs)
        continue
      }
      await this.#rest(pollMs)
      // Long pauses are for long silence: the last receipt of a run must not wait for one to pass.
      const silentMs = this.#nowMs - this.#newsAtMs
      pollMs = Math.min(pollMs * 2, silentMs < silenceMs ? busyPollMs : slowestPollMs)
    }
  }

  /** One look at the server. @returns whether the ledger said anything new */
  async #look(): Promise<boolean> {
    if (this.queue.node.isLost) await reconnect(this)
    const { node } = this.queue
    try {
      if (this.queue.leader !== undefined) await moveToLeader(this)
      if (await this.readLedger()) return true
      this.#seeProgress()
      if (this.#nowMs - this.#lookedAtMs >= this.#quietMs) {
        await investigate(this)
        this.#lookedAtMs = this.#nowMs
      }
      return false
    } catch (error) {
      this.memoryIsUnsure ||= error instanceof TimeoutError || node.isControlLost
      // A connection over which nothing comes any more may be gone at the other end: another one will tell.
      if (error instanceof TimeoutError) this.giveUpConnection('control')
      else if (!(error instanceof ConnectionError) || !node.isLost) throw error
      return false
    }
  }

  /** A run that follows its inputs goes on for months; what was told of them is in the journal. */
  async #renewsLedger(): Promise<boolean> {
    const { queue, setup } = this
    const { node } = queue
    if (!queue.isHeld) {
      if (setup.run.options.input?.follow !== true || hasUncertain(setup.run.state)) return false
      if (
        this.#allSent ||
        node.ledgerRows - this.#firstRows < (setup.maxLedgerRows ?? maxLedgerRows)
      )
        return false
      queue.isHeld = true
    }
    if (node.isLost || queue.leader !== undefined || !queue.isQueued) return false
    try {
      await renewLedger(this)
    } catch (error) {
      if (error instanceof TimeoutError) this.giveUpConnection('control')
      if (!node.isLost) throw error
    }
    this.wake()
    return true
  }

  /** Without retries no other connection would take its place. */
  giveUpConnection(which: 'control' | 'data'): void {
    if (this.setup.rules.retries === 0) return
    this.isSilent = true
    const reason = 'the server does not answer on this connection'
    this.queue.node.abandon(which, new ConnectionError('DDB_CONNECTION_LOST', reason))
  }

  get #quietMs(): number {
    return Math.min(longestQuietMs, this.setup.run.plan.confirmTimeoutMs / quietShare)
  }

  /**
   * Reads the ledger and applies what it tells.
   * @returns whether it said anything new
   */
  async readLedger(): Promise<boolean> {
    const { queue } = this
    let rows
    try {
      rows = await queue.node.read(this.queryTimeoutMs)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await queue.node.ledgerExists(this.queryTimeoutMs)) throw error
      await ledgerIsGone(this)
      return true
    }
    this.memoryIsUnsure = false
    for (const row of rows) this.take(row)
    if (rows.length > 0) {
      this.news()
      this.isSilent = false
      this.reconnects = 0
    }
    return rows.length > 0
  }

  /** What a row of the ledger says. */
  take(row: LedgerRow): void {
    const { earlier, recorder, run } = this.setup
    const isWaited = run.state.open.has(row.batchNo)
    const found = readReceipt(run, row, recorder.target.evidence?.leastRows)
    if (row.batchNo <= earlier.lastNo && !isWaited) earlier.add(row)
    if (found !== undefined) this.carryOut.apply(found.batch, found.outcome)
  }

  /** Bytes that leave are a sign of life: a batch may take longer to send than silence may last. */
  #seeProgress(): void {
    const before = this.#bufferedBytes
    this.#bufferedBytes = this.queue.node.bufferedBytes
    if (this.#bufferedBytes < before) this.news()
  }

  async #rest(ms: number): Promise<void> {
    if (this.setup.run.isLeaving) return
    this.#pause = new AbortController()
    await wait(this.setup.rules.clock, ms, this.#pause.signal)
  }

  #giveUp(): void {
    const error = silenceError(this.setup.run.plan.confirmTimeoutMs, 'gave no receipt')
    // Once all is handed over, a missing receipt ends nothing: its batch counts as unconfirmed.
    if (!this.#allSent) this.fail(error)
    this.carryOut.endAll('no receipt came in time')
    // A server that answers and is only busy can still be told goodbye.
    if (this.isSilent || this.memoryIsUnsure) this.queue.node.leave(error)
    else this.queue.node.abandon('data', error)
  }
}
