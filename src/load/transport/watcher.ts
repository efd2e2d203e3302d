/* Delivery with a receipt for every batch. Follows the batches until each has an outcome: decides when to read the ledger (the server-side
   table of receipts), how long silence may last, and when to stop waiting. */
import { ConnectionError, DdbError, TimeoutError, option } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { wait } from '../../platform/clocks.js'
import type { Session } from '../../client/open-session.js'
import { targetChanged } from '../journal/changed-run.js'
import type { SentBatch } from '../journal/recorded-run.js'
import { divideBatch, leftOf, type Piece } from '../outcomes/pieces.js'
import { checkOwner } from '../register/sole-process.js'
import type { Delivery } from '../run.js'
import { ReceiptLink, unreachable } from './link.js'

/** After this many batches, the run reads the ledger at once, so that it can release the memory of many small batches. */
const batchesPerRead = 128
const firstPollMs = 5
const slowestPollMs = 500
/** Pause while batches are sent and confirmed. It is long enough that a query is worth its cost. */
const busyPollMs = 50
/** After this time without news, the run asks the server less often. */
const silenceMs = 1_000
/** Silence is investigated after this time (docs/server-semantics.md#what-receipts-rely-on), or a quarter of what is allowed. */
const longestQuietMs = 5_000
const quietShare = 4
/** After this many transmissions, a new ledger begins. Each adds up to two rows: the old ledger uses about ten megabytes on the server. */
const maxSendings = 50_000

/** The error for a silent server: batches in flight stay unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps the connection open, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      `Find out what it is busy with, or allow more time with ${option('delivery.confirmTimeoutMs')}`,
  )
}

export class ReceiptWatcher extends ReceiptLink implements Delivery {
  #lookedAtMs = -Infinity
  #bufferedBytes = 0
  #unacknowledgedBytes = 0
  #sentSinceRead = 0
  #leftOpen: DdbError | undefined
  /** True once no more batches will come, and only receipts are missing. */
  #allSent = false
  #watching: Promise<void> | undefined
  /** The last transmission before those to the present ledger. */
  #firstSendNo = Infinity

  get used(): 'answers' | 'receipts' {
    return this.node.isAnswered ? 'answers' : 'receipts'
  }

  async beforeFirst(): Promise<void> {
    const { evidence } = this.recorder
    if (evidence.learns && !this.run.history.found.hasBatches) await evidence.beginAgain()
  }

  deliver(batch: Batch, known?: SentBatch): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure
    const { run, receipts } = this
    const divided = divideBatch(batch, known, run.lanes, run.checked.connections)
    if (divided === undefined) return this.#leaveOpen(batch)
    const { pieces, cut, ranges, lanes } = divided
    receipts.checkCut(batch, cut)
    if (known === undefined) run.history.begins(batch, ranges, lanes)
    for (const piece of pieces) {
      if (known === undefined && !receipts.isBegun(piece)) this.batches.add(piece)
      else this.#takeUp(piece, known)
    }
    if (++this.#sentSinceRead % batchesPerRead === 0) this.lookNow()
    this.#begin()
    if (this.recorder.evidence.learns) return this.#learn()
    const isFull = this.node.bufferedBytes >= run.checked.maxInFlightBytes
    return isFull || !this.batches.hasRoom ? this.#room() : undefined
  }

  /** @param known  the batch, whose rows count under the outcome that the earlier process recorded */
  #takeUp(piece: Piece, known: SentBatch | undefined): void {
    const { rows } = this.run.state
    for (const one of known ? leftOf(piece, known) : [{ piece, isSent: true }]) {
      if (known !== undefined) rows[one.isSent ? 'unconfirmed' : 'unsent'] -= one.piece.rows
      this.isInDoubt = true
      try {
        this.receipts.takeUp(one, known?.hasNoReceipt)
      } catch (error) {
        // Does not throw, because the piece is already open. The failing run gives it an outcome with all other open pieces.
        this.fail(error)
      }
    }
  }

  /** Sends nothing, because nothing shows any more which of these rows are stored. */
  #leaveOpen(batch: Batch): void {
    const { file, lineNumber } = batch.locate(0)
    const left =
      `${file}, line ${lineNumber} and on: rows that an earlier process sent are left as they are. They went over several connections, ` +
      'and the target has since changed how it divides rows, so nothing shows which of them arrived'
    this.run.reporter.notice(left)
    this.#leftOpen ??= new DdbError('DDB_UNCONFIRMED', `${left}. An audit shows what is missing`)
    batch.release()
  }

  async #room(): Promise<void> {
    let full = true
    const drained = (): void => {
      full = false
      this.wake()
    }
    // Not awaited, because the run must be able to fail even while the server does not read.
    void this.node.drained().then(drained, (error: unknown) => this.fail(error))
    while ((full || !this.batches.hasRoom) && this.failure === undefined) await this.woken()
    if (this.failure !== undefined) throw this.failure
  }

  async settled(): Promise<Session> {
    await this.#allClosed()
    await this.recorder.lookAtEnd()
    this.recorder.evidence.beginStream()
    return this.node.control
  }

  async #allClosed(): Promise<void> {
    while (this.run.state.open.size > 0 && this.failure === undefined) await this.woken()
    if (this.failure !== undefined) throw this.failure
  }

  async #learn(): Promise<void> {
    await this.#room()
    await this.#allClosed()
    await this.recorder.evidence.learn()
  }

  checkOwner(): Promise<void> {
    return checkOwner(this.run, { session: this.node.control, timeoutMs: this.queryTimeoutMs })
  }

  close(): Promise<void> {
    return this.node.close()
  }

  /** Starts the watcher with the first batch. Each later call wakes it. */
  #begin(): void {
    this.wake()
    if (this.#watching !== undefined) return
    this.#firstSendNo = this.run.state.lastSendNo
    this.news()
    this.#watching = this.#watch().catch((error: unknown) => {
      this.fail(error)
      const why = error instanceof ConnectionError ? 'the connection was lost' : 'the run failed'
      this.batches.end(`${why} before its receipt came`)
    })
  }

  async finish(): Promise<void> {
    this.#allSent = true
    this.lookNow()
    this.wake()
    await this.#watching
    this.batches.endHalves()
    const { ending, state } = this.run
    // If the server fell silent, parts and retries that were still waiting are certainly not stored.
    if (ending.failure === undefined && state.rows.unsent > 0)
      this.fail(this.#leftOpen ?? this.#silence())
    await this.end()
    if (this.failure !== undefined) throw this.failure
  }

  leave(reason: ConnectionError): void {
    const { node, recorder } = this
    this.fail(reason)
    // Perhaps it was lost with the server, and nothing will be asked any more.
    if (node.control.closed && !this.isEnding) recorder.takeBack(unreachable, false)
    node.abandon('all', reason)
    this.lookNow()
  }

  async #watch(): Promise<void> {
    const [{ state, ending, platform }, node] = [this.run, this.node]
    let pollMs = firstPollMs
    // The first batch has hardly left this machine.
    await wait(platform.clock, firstPollMs)
    while (!this.#allSent || state.open.size > 0) {
      // If a different process has taken over the run, this process must not change anything of the run any more.
      if (!ending.maySend() && ending.leaving.aborted) return this.#giveUp()
      if (await this.#renewsLedger()) continue
      // Even if batches were given up, the run waits until the kernel has taken all of their bytes.
      const isTaken = node.bufferedBytes === 0
      if (state.open.size === 0 && isTaken && !this.batches.isHeld) {
        // If `finish` was called while the ledger was being read, nothing would wake the watcher later.
        if (this.#allSent) continue
        await this.woken()
        this.news()
        continue
      }
      // Time counts as silence only if batches wait for an outcome, bytes are unsent, or silence has ended the connection.
      if (state.inFlightCount === 0) {
        this.isInDoubt = false
        if (isTaken && !(this.isSilent && node.isLost)) this.news()
      }
      if (this.leftMs <= 0 || ending.leaving.aborted) return this.#giveUp()
      const hasNews = await this.#look()
      // Even if the ledger has no new rows, there may be room for further batches by now.
      this.wake()
      if (hasNews) {
        pollMs = firstPollMs
        // After the last receipt, there is no reason to pause.
        if (this.#allSent && state.open.size === 0) continue
      }
      // The next batch, or half of one, may wait for this outcome.
      const isWaiting = this.recorder.target.isSequential || this.batches.isDividing
      const isBusy = hasNews && !this.#allSent && !isWaiting
      const pauseMs = isBusy ? busyPollMs : pollMs
      await this.rest(this.needsLedger ? pauseMs : slowestPollMs)
      if (hasNews) continue
      // Pauses become long only after long silence, so that the last receipt of a run is not delayed by a long pause.
      const silentMs = this.nowMs - this.newsAtMs
      pollMs = Math.min(pollMs * 2, silentMs < silenceMs ? busyPollMs : slowestPollMs)
    }
  }

  /** Asks the server once. @returns whether the ledger contained new rows */
  async #look(): Promise<boolean> {
    const node = this.node
    if (node.isLost) await this.reconnect()
    try {
      if (await this.batches.moveToLeader(this.queryTimeoutMs)) this.news()
      const hasNews = this.needsLedger && (await this.readLedger())
      const change = await this.recorder.evidence.lookWhenDue()
      if (change !== undefined) {
        this.recorder.replaced(change, true)
        this.run.ending.fail(targetChanged(this.run, change))
      }
      if (hasNews) return true
      // Sending a large batch can take longer than the allowed silence.
      const { bufferedBytes } = node
      if (bufferedBytes < this.#bufferedBytes) this.news()
      this.#bufferedBytes = bufferedBytes
      const quietMs = this.nowMs - Math.max(this.newsAtMs, this.#lookedAtMs)
      const { confirmTimeoutMs } = this.run.checked
      if (this.isStranded || quietMs >= Math.min(longestQuietMs, confirmTimeoutMs / quietShare)) {
        const isTravelling = !this.isStranded && this.#isTravelling()
        this.isStranded = false
        if (!isTravelling) await this.investigateSilence()
        this.#lookedAtMs = this.nowMs
      }
      return false
    } catch (error) {
      if (error instanceof TimeoutError || node.control.closed) this.isUnanswered = true
      // A connection over which nothing arrives may be lost at the other end. A new connection will show whether it was.
      if (error instanceof TimeoutError) this.giveUpConnection('control')
      else if (!(error instanceof ConnectionError) || !node.isLost) throw error
      return false
    }
  }

  /** Whether requests were on their way to the server since the last call: on a slow link for minutes after the kernel took them. */
  #isTravelling(): boolean {
    const before = this.#unacknowledgedBytes
    this.#unacknowledgedBytes = this.node.unacknowledgedBytes
    if (this.#unacknowledgedBytes < before) this.news()
    return this.#unacknowledgedBytes !== before
  }

  #silence(): ConnectionError {
    const missing = this.node.isAnswered ? 'did not answer' : 'gave no receipt'
    return silenceError(this.run.checked.confirmTimeoutMs, missing)
  }

  #giveUp(): void {
    const error = this.#silence()
    // If all batches were sent, a missing receipt does not stop the run. The batch then counts as unconfirmed.
    if (!this.#allSent) this.fail(error)
    this.batches.end('no receipt came in time')
    // A server that answers is only busy, so the session for queries can still be closed cleanly.
    this.node.abandon(this.isUnanswered ? 'all' : 'data', error)
  }

  /** Replaces a ledger that is too long, as after months, when the journal has all its outcomes. @returns whether it tried */
  async #renewsLedger(): Promise<boolean> {
    const node = this.node
    const { options, rows, state } = this.run
    if (!this.batches.isHeld) {
      const mayBeEndless = options.input?.follow === true || rows !== undefined
      if (!mayBeEndless || state.uncertain.batches > 0 || this.#allSent) return false
      if (state.lastSendNo - this.#firstSendNo < maxSendings) return false
      this.batches.isHeld = true
    }
    const isIdle = [...state.open.values()].every(piece => piece.state === 'queued')
    if (node.isLost || this.batches.leader !== undefined || !isIdle) return false
    try {
      await this.replaceLedger()
      this.#firstSendNo = state.lastSendNo
    } catch (error) {
      if (error instanceof TimeoutError) this.giveUpConnection('control')
      if (!node.isLost) throw error
    }
    this.wake()
    return true
  }
}
