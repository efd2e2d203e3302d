/*
  Delivery with a receipt for every batch. Follows the batches until each has an outcome: decides when to read the ledger (the server-side
  table of receipts), how long silence may last, and when to stop waiting.
*/
import { ConnectionError, TimeoutError, type DdbError } from '../../../errors.js'
import type { Batch } from '../../../parse/batch.js'
import { wait } from '../../../platform/clocks.js'
import type { Session } from '../../../client/open-session.js'
import { followedLook, rowsGoneMessage, type Evidence } from '../../evidence/evidence.js'
import { checkOwner } from '../../journal/check-sole-process.js'
import { newPieces, type LaneRows } from '../../outcomes/lanes.js'
import type { LeftPiece } from '../../outcomes/pieces.js'
import type { Run } from '../../run.js'
import { silenceError, type Delivery } from '../delivery.js'
import { ReceiptLink, type LinkSetup } from './link.js'

/** After this many batches, the run reads the ledger at once, so that it can release the memory of many small batches. */
const batchesPerRead = 128
const firstPollMs = 5
const slowestPollMs = 500
/** Pause while batches are sent and confirmed. It is long enough that a query is worth its cost. */
const busyPollMs = 50
/** After this time without news, the run asks the server less often. */
const silenceMs = 1_000
/**
 * The run investigates silence after this time (docs/server-semantics.md#what-receipts-rely-on), or after a quarter of the allowed
 * silence if that is shorter.
 */
const longestQuietMs = 5_000
const quietShare = 4
/** After this many rows, a new ledger begins. With two rows per batch, the old ledger uses about ten megabytes on the server. */
const maxLedgerRows = 100_000

/** Whether the inputs may never end: the run follows files, or a program passes the rows. */
function mayBeEndless({ options, rows }: Run): boolean {
  return options.input?.follow === true || rows !== undefined
}

export class ReceiptWatcher implements Delivery {
  readonly link: ReceiptLink
  readonly #setup: LinkSetup
  #sentSinceRead = 0
  /** True once no more batches will come, and only receipts are missing. */
  #allSent = false
  #watching: Promise<void> | undefined
  /** When the watcher last investigated silence. */
  #lookedAtMs = -Infinity
  #bufferedBytes = 0
  /**
   * Rows that the ledger had when this process sent its first batch. They do not count for `maxLedgerRows`, because this process has
   * already read them.
   */
  #firstRows = 0
  readonly #lookAtTarget: (session: Session) => Promise<void>

  /** Opens no session: the node in `setup` has open ones. The node belongs to the delivery from now on. */
  constructor(setup: LinkSetup) {
    this.#setup = setup
    this.link = new ReceiptLink(setup)
    const { recorder, run } = setup
    this.#lookAtTarget = followedLook(run, recorder.target.evidence, change =>
      recorder.replaced(rowsGoneMessage(change), true),
    )
  }

  get keepsReceipts(): boolean {
    return this.link.batches.node.ledger !== undefined
  }

  get used(): 'answers' | 'receipts' {
    return this.link.batches.node.carriesOneBatch ? 'answers' : 'receipts'
  }

  get failure(): DdbError | undefined {
    return this.link.failure
  }

  get inFlightBytes(): number {
    return this.#setup.run.state.openBytes
  }

  deliver(batch: Batch, lanes?: LaneRows, left?: readonly LeftPiece[]): void | Promise<void> {
    const { link } = this
    if (link.failure !== undefined) throw link.failure
    const isRoom = this.#handOver(batch, lanes, left)
    if (++this.#sentSinceRead % batchesPerRead === 0) link.lookNow()
    this.#begin()
    const { evidence } = this.#setup.recorder.target
    if (evidence?.learns === true) return this.#learn(evidence)
    return isRoom && this.#hasRoom ? undefined : this.#room()
  }

  /** @returns whether there is room for more */
  #handOver(batch: Batch, lanes?: LaneRows, left?: readonly LeftPiece[]): boolean {
    const { link } = this
    const { batches, receipts } = link
    const { run } = this.#setup
    receipts.checkCut(batch, lanes)
    let room = true
    const earlier = left === undefined ? [] : [...left]
    for (const piece of left === undefined ? newPieces(run, batch, lanes) : []) {
      if (receipts.isBegun(piece)) earlier.push({ piece, isSent: true, hasNoReceipt: false })
      else room = batches.add(piece) && room
    }
    for (const one of earlier) {
      link.isInDoubt = true
      try {
        receipts.takeUp(one)
      } catch (error) {
        // Does not throw, because the piece is already open. The failing run gives it an outcome with all other open pieces.
        link.fail(error)
      }
    }
    return room && batches.node.bufferedBytes < run.checked.maxInFlightBytes
  }

  get #hasRoom(): boolean {
    const { batches } = this.link
    const { state, checked } = this.#setup.run
    return (
      batches.hasRoom && (!batches.node.carriesOneBatch || state.open.size < checked.connections)
    )
  }

  /** Waits until there is room for a further batch, or the run has failed. */
  async #room(): Promise<void> {
    const { link } = this
    let full = true
    const drained = (): void => {
      full = false
      link.wake()
    }
    // Not awaited, because the run must be able to fail even while the server does not read.
    void link.batches.node.drained().then(drained, (error: unknown) => link.fail(error))
    while ((full || !this.#hasRoom) && link.failure === undefined) await link.woken()
    if (link.failure !== undefined) throw link.failure
  }

  async #learn(from: Evidence): Promise<void> {
    const { link } = this
    await this.#room()
    while (this.#setup.run.state.open.size > 0 && link.failure === undefined) await link.woken()
    await link.batches.node.ask(control => from.learn(control))
  }

  checkOwner(): Promise<void> {
    const { batches, queryTimeoutMs } = this.link
    return batches.node.ask(control => checkOwner(this.#setup.run, control, queryTimeoutMs))
  }

  close(): Promise<void> {
    return this.link.batches.node.close()
  }

  /** Starts the watcher with the first batch. Each later call wakes it. */
  #begin(): void {
    const { link } = this
    link.wake()
    if (this.#watching !== undefined) return
    this.#firstRows = link.batches.node.ledgerRows
    link.news()
    this.#watching = this.#watch().catch((error: unknown) => {
      link.fail(error)
      const isLost = error instanceof ConnectionError
      link.batches.end(
        `${isLost ? 'the connection was lost' : 'the run failed'} before its receipt came`,
      )
    })
  }

  /** Resolves once every batch has an outcome. @throws {DdbError} the failure that ended delivery */
  async finish(): Promise<void> {
    const { link } = this
    this.#allSent = true
    link.lookNow()
    link.wake()
    await this.#watching
    link.batches.endHalves()
    const { ending, checked, state } = this.#setup.run
    // If the server fell silent, parts and retries that were still waiting are certainly not stored.
    if (ending.failure === undefined && state.rows.unsent > 0) {
      link.fail(silenceError(checked.confirmTimeoutMs, this.#missing))
    }
    await link.end()
    if (link.failure !== undefined) throw link.failure
  }

  /** Ends every wait and all connections at once. The outcome of batches in flight stays unknown. */
  leave(reason: ConnectionError): void {
    this.link.fail(reason)
    this.link.batches.node.leave(reason)
    this.link.lookNow()
  }

  async #watch(): Promise<void> {
    const { link } = this
    const { run } = this.#setup
    const { state } = run
    let pollMs = firstPollMs
    // The first batch has hardly left this machine.
    await wait(run.platform.clock, firstPollMs)
    while (!this.#allSent || state.open.size > 0) {
      // If a different process has taken over the run, this process must not change anything of the run any more.
      if (!run.ending.maySend() && run.ending.isLeaving) return this.#giveUp()
      if (await this.#renewsLedger()) continue
      // Even if batches were given up, the run waits until the kernel has taken all of their bytes.
      const isTaken = link.batches.node.bufferedBytes === 0
      if (state.open.size === 0 && isTaken && !link.batches.isHeld) {
        // If `finish` was called while the ledger was being read, nothing would wake the watcher later.
        if (this.#allSent) continue
        await link.woken()
        link.news()
        continue
      }
      // Time counts as silence only if batches wait for an outcome, bytes are unsent, or silence has ended the connection.
      if (state.inFlightCount === 0) link.isInDoubt = false
      const isUnreachable = link.isSilent && link.batches.node.isLost
      if (state.inFlightCount === 0 && isTaken && !isUnreachable) link.news()
      if (link.leftMs <= 0 || run.ending.isLeaving) return this.#giveUp()
      const hasNews = await this.#look()
      // Even if the ledger has no new rows, there may be room for further batches by now.
      link.wake()
      if (hasNews) {
        pollMs = firstPollMs
        // After the last receipt, there is no reason to pause.
        if (this.#allSent && state.open.size === 0) continue
        await link.rest(
          link.needsLedger ? (this.#allSent ? firstPollMs : busyPollMs) : slowestPollMs,
        )
        continue
      }
      await link.rest(link.needsLedger ? pollMs : slowestPollMs)
      // Pauses become long only after long silence, so that the last receipt of a run is not delayed by a long pause.
      const silentMs = link.nowMs - link.newsAtMs
      pollMs = Math.min(pollMs * 2, silentMs < silenceMs ? busyPollMs : slowestPollMs)
    }
  }

  /** Asks the server once. @returns whether the ledger contained new rows */
  async #look(): Promise<boolean> {
    const { link } = this
    if (link.batches.node.isLost) await link.reconnect()
    try {
      if (link.batches.leader !== undefined) await link.moveToLeader()
      const hasNews = link.needsLedger && (await link.readLedger())
      await link.batches.node.ask(this.#lookAtTarget)
      if (hasNews) return true
      this.#seeProgress()
      const quietMs = link.nowMs - Math.max(link.newsAtMs, this.#lookedAtMs)
      if (link.isStranded || quietMs >= this.#quietMs) {
        link.isStranded = false
        await link.investigateSilence()
        this.#lookedAtMs = link.nowMs
      }
      return false
    } catch (error) {
      const { node } = link.batches
      if (error instanceof TimeoutError || node.isControlLost) link.isMemoryUnsure = true
      // A connection over which nothing arrives may be lost at the other end. A new connection will show whether it was.
      if (error instanceof TimeoutError) link.giveUpConnection('control')
      else if (!(error instanceof ConnectionError) || !node.isLost) throw error
      return false
    }
  }

  /**
   * Begins a new ledger if the old one has become too long, as in a run that follows its inputs for months. The journal
   * has all outcomes of the old ledger. @returns whether it tried to begin a new ledger
   */
  async #renewsLedger(): Promise<boolean> {
    const { link } = this
    const { batches } = link
    const { node } = batches
    if (!batches.isHeld) {
      const { run } = this.#setup
      if (!mayBeEndless(run) || !run.state.uncertain.isEmpty) return false
      const rows = node.ledgerRows - this.#firstRows
      if (this.#allSent || rows < maxLedgerRows) return false
      batches.isHeld = true
    }
    if (node.isLost || batches.leader !== undefined || !batches.isIdle) return false
    try {
      await link.replaceLedger()
    } catch (error) {
      if (error instanceof TimeoutError) link.giveUpConnection('control')
      if (!node.isLost) throw error
    }
    link.wake()
    return true
  }

  get #missing(): string {
    return this.link.batches.node.carriesOneBatch ? 'did not answer' : 'gave no receipt'
  }

  get #quietMs(): number {
    return Math.min(longestQuietMs, this.#setup.run.checked.confirmTimeoutMs / quietShare)
  }

  /** Regards sent bytes as progress, because sending a large batch can take longer than the allowed silence. */
  #seeProgress(): void {
    const before = this.#bufferedBytes
    this.#bufferedBytes = this.link.batches.node.bufferedBytes
    if (this.#bufferedBytes < before) this.link.news()
  }

  #giveUp(): void {
    const { link } = this
    const error = silenceError(this.#setup.run.checked.confirmTimeoutMs, this.#missing)
    // If all batches were sent, a missing receipt does not stop the run. The batch then counts as unconfirmed.
    if (!this.#allSent) link.fail(error)
    link.batches.end('no receipt came in time')
    // A server that answers is only busy, so the session for queries can still be closed cleanly.
    if (!link.isSilent && !link.isMemoryUnsure) link.batches.node.abandon('data', error)
    else link.batches.node.leave(error)
  }
}
