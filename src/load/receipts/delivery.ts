/*
  Asynchronous delivery with a receipt for every batch: batches go out under numbers, a ledger on the server says what
  became of them, and silence is looked into until it is an answer or a doubt.
*/
import type { Clock } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Batch } from '../../parse/reader.js'
import type { Delivery } from '../delivery/delivery.js'
import { newDoubts } from '../delivery/uncertain.js'
import { settle, stopAt, type Fates } from '../delivery/outcome.js'
import type { ServerAddress } from '../options.js'
import { silenceError } from '../connection/idle-timeout.js'
import type { ReceiptNode } from './node.js'
import { Outbox, type OpenPart } from './send-queue.js'
import { settlePart, wholeBatch } from '../delivery/slice.js'
import { newSuspects, type Suspects } from '../delivery/bisect-queue.js'
import { askIdle } from '../connection/server-queries.js'
import { maxRedirects, redirectedTooOften } from '../connection/redirect.js'
import { asDdbError, type Run } from '../run.js'

export interface ReceiptSetup {
  run: Run
  /** Where the run begins. */
  node: ReceiptNode
  fates: Fates
  clock: Clock
  /** How long nothing new is taken for silence, ms. */
  quietMs: number
  /** Opens the same on the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  follow: (to: ServerAddress) => Promise<ReceiptNode>
}

const firstPollMs = 5
const slowestPollMs = 500
/** While batches go out and come in, the ledger is read in pieces worth the question. */
const busyPollMs = 50
/** Small batches are many: so many more, and their memory is worth an earlier question. */
const batchesPerRead = 128
/** A server that says nothing for so long is asked less often. */
const silenceMs = 1_000

export class ReceiptDelivery implements Delivery {
  readonly used = 'receipts' as const
  readonly #setup: ReceiptSetup
  readonly #outbox: Outbox
  #node: ReceiptNode
  #failure: DdbError | undefined
  /** Nothing more will be sent: what is left to wait for are receipts. */
  #allSent = false
  /** Ends the watcher's present pause. */
  #pause = new AbortController()
  #sentSinceRead = 0
  /** Redirects followed since rows were last confirmed. */
  #moves = 0
  #watching: Promise<void> | undefined
  readonly #doubts = newDoubts()
  /** Wakes whoever waits for room, and the watcher when there is something new to wait for. */
  #wake: (() => void)[] = []
  #newsAtMs = 0
  readonly #suspects: Suspects
  /** The part of a refused batch that is out. */
  #suspect: OpenPart | undefined

  constructor(setup: ReceiptSetup) {
    this.#setup = setup
    this.#node = setup.node
    this.#outbox = new Outbox(setup.run, setup.clock, setup.node.lane)
    this.#suspects = newSuspects(setup.fates)
  }

  get inFlightBytes(): number {
    return this.#outbox.book.openBytes
  }

  get note(): string | undefined {
    const notes = [...this.#setup.fates.notes]
    if (this.#doubts.note !== undefined) notes.push(this.#doubts.note)
    return notes.length === 0 ? undefined : notes.join('. ')
  }

  deliver(batch: Batch): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { run } = this.#setup
    run.tally.sent += batch.rowCount
    run.tally.sentBatches++
    const { room } = this.#outbox.add(wholeBatch(batch))
    if (++this.#sentSinceRead === batchesPerRead) this.#pause.abort()
    this.#wakeAll()
    if (this.#watching === undefined) {
      this.#newsAtMs = this.#setup.clock.nowMs()
      this.#watching = this.#watch().catch((error: unknown) => this.#fail(error))
    }
    return room && this.#outbox.hasRoom ? undefined : this.#room()
  }

  async finish(): Promise<void> {
    this.#allSent = true
    this.#pause.abort()
    this.#wakeAll()
    await this.#watching
    for (const open of [...this.#outbox.book.open.values()])
      this.#doubt(open, 'no receipt came in time')
    this.#suspects.rejectRest()
    if (this.#doubts.count === 0) await this.#node.ledger.drop()
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    await this.#node.close()
  }

  /** Waits until there is room for another batch, or nothing more will be sent. */
  async #room(): Promise<void> {
    let full = true
    const drained = (): void => {
      full = false
      this.#wakeAll()
    }
    // Not waited for: a server that takes nothing more must not keep the run from failing.
    void this.#node.lane.drained().then(drained, (error: unknown) => this.#fail(error))
    while ((full || !this.#outbox.hasRoom) && this.#failure === undefined) {
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #wakeAll(): void {
    const wake = this.#wake
    if (wake.length === 0) return
    this.#wake = []
    for (const resolve of wake) resolve()
  }

  #fail(error: unknown): void {
    this.#failure ??= asDdbError(error)
    this.#wakeAll()
  }

  async #watch(): Promise<void> {
    let silent: boolean
    try {
      silent = await this.#readReceipts()
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      silent = true
    }
    const { confirmTimeoutMs } = this.#setup.run.plan
    if (silent && !this.#allSent) {
      const error = silenceError(confirmTimeoutMs, 'gave no receipt')
      this.#fail(error)
      this.#node.lane.abandon(error)
    }
  }

  /**
   * Reads the ledger until every batch is settled and no more are to come.
   * @returns true when it gave up, because nothing new came for too long
   */
  async #readReceipts(): Promise<boolean> {
    const { clock, run, quietMs } = this.#setup
    let pollMs = firstPollMs
    while (!this.#allSent || this.#outbox.book.open.size > 0) {
      if (this.#outbox.book.open.size === 0) {
        await new Promise<void>(resolve => this.#wake.push(resolve))
        this.#newsAtMs = clock.nowMs()
        continue
      }
      if (this.#node.lane.lost) await this.#restoreLane()
      if (this.#outbox.leader !== undefined) await this.#moveWhenSettled(this.#outbox.leader)
      if (await this.#readLedger()) {
        pollMs = firstPollMs
        await this.#rest(this.#allSent ? firstPollMs : busyPollMs)
        continue
      }
      const silentMs = clock.nowMs() - this.#newsAtMs
      if (silentMs >= run.plan.confirmTimeoutMs && this.#outbox.book.open.size > 0) return true
      if (silentMs >= quietMs) await this.#investigate()
      await this.#rest(pollMs)
      // Long pauses are for long silence: the last receipt of a run must not wait for one to pass.
      pollMs = Math.min(pollMs * 2, silentMs < silenceMs ? busyPollMs : slowestPollMs)
    }
    return false
  }

  #rest(ms: number): Promise<void> {
    this.#pause = new AbortController()
    return wait(this.#setup.clock, ms, this.#pause.signal)
  }

  /** @returns whether the ledger said anything new */
  async #readLedger(): Promise<boolean> {
    let rows
    this.#sentSinceRead = 0
    try {
      rows = await this.#node.ledger.read()
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await this.#node.ledger.exists()) throw error
      await this.#ledgerIsGone()
      return true
    }
    let settled = false
    for (const row of rows) {
      const settlement = this.#outbox.book.read(row)
      if (settlement === undefined) continue
      settled = true
      this.#settle(settlement.batch, settlement.rows, settlement.errText)
    }
    if (rows.length > 0) this.#newsAtMs = this.#setup.clock.nowMs()
    if (settled) this.#wakeAll()
    return rows.length > 0
  }

  #settle(open: OpenPart, rows: number, errText: string): void {
    const { run, clock, fates } = this.#setup
    run.latencies.add(clock.nowMs() - open.sentAtMs)
    const next = settle(fates, open, rows, errText)
    if (rows >= 0) this.#moves = 0
    if (next.kind === 'follow') {
      this.#outbox.hold(open, next.to)
      return
    }
    if (next.kind === 'again') {
      this.#outbox.rest(open, next.delayMs).catch((error: unknown) => this.#fail(error))
      return
    }
    this.#closeBook(open)
    if (next.kind === 'split') {
      this.#suspects.add(next.parts, errText)
    } else {
      settlePart(open.content)
    }
    if (next.kind === 'stop') this.#fail(next.error)
    this.#sendSuspect()
  }

  #sendSuspect(): void {
    if (this.#suspect !== undefined) return
    const part = this.#suspects.next()
    if (part === undefined) return
    this.#suspect = this.#outbox.add(part).open
  }

  /** A new connection for the data; what has no outcome goes out again under the same attempt: claims decide. */
  async #restoreLane(): Promise<void> {
    try {
      await this.#node.lane.restore()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#fail(error)
      return
    }
    if (!(await this.#node.ledger.exists())) return this.#ledgerIsGone()
    for (const open of this.#outbox.transmitted()) this.#outbox.repeat(open)
    this.#newsAtMs = this.#setup.clock.nowMs()
  }

  /** Nothing new for a while: is the server working, did it lose requests, or will nothing ever come? */
  async #investigate(): Promise<void> {
    const { clock, run } = this.#setup
    const { control, lane } = this.#node
    if (!(await this.#node.ledger.exists())) return this.#ledgerIsGone()
    const asking = { session: control.session, timeoutMs: run.plan.confirmTimeoutMs }
    const idle = await askIdle(asking, lane.sessionId)
    if (idle === false) return
    const fence = await lane.fence()
    if (fence === 'lost') return
    if (fence === 'forgotten') await lane.prepare()
    // Outcomes may have come while we asked.
    if (await this.#readLedger()) return
    for (const open of this.#outbox.transmitted()) {
      if (open.claimed) {
        if (idle === true) this.#inDoubt(open, 'begun, but its outcome never came')
      } else if (open.sendNos.length <= run.plan.retries && !lane.lost) {
        this.#outbox.repeat(open)
      } else {
        this.#doubt(open, 'sent, but the server never began it')
      }
    }
    this.#newsAtMs = clock.nowMs()
  }

  async #ledgerIsGone(): Promise<void> {
    const open = this.#outbox.transmitted()
    if (!(await this.#node.reopen())) {
      for (const batch of open) this.#doubt(batch, 'the server forgot its receipts')
      this.#fail(
        new ConnectionError(
          'DDB_UNCONFIRMED',
          'the server lost the receipts of this run: nothing more is sent',
        ),
      )
      return
    }
    for (const batch of open) this.#inDoubt(batch, 'the server forgot its receipts')
  }

  /** Goes to the node that leads once this one has answered for all it was sent: a batch never is with two. */
  async #moveWhenSettled(to: ServerAddress): Promise<void> {
    if (this.#outbox.transmitted().length > 0) return
    const held = this.#outbox.release()
    try {
      if (++this.#moves > maxRedirects) throw redirectedTooOften(to)
      const next = await this.#setup.follow(to)
      await this.#node.ledger.drop()
      await this.#node.close()
      this.#node = next
      this.#outbox.lane = next.lane
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#fail(error)
      for (const open of held) this.#giveBack(open, error)
      return
    }
    for (const open of held) this.#outbox.again(open)
    this.#newsAtMs = this.#setup.clock.nowMs()
    this.#wakeAll()
  }

  /** A batch that goes nowhere: refused where it was sent, or not sent at all. */
  #giveBack(open: OpenPart, reason: DdbError): void {
    const { run, fates } = this.#setup
    this.#closeBook(open)
    if (open.sendNos.length > 0) stopAt(fates, reason, open.content, reason.message)
    else {
      run.tally.sent -= open.rowCount
      run.tally.sentBatches--
      run.tally.unsent += open.rowCount
    }
    settlePart(open.content)
  }

  /** Resends a doubtful batch when the user chose that, else gives it up. */
  #inDoubt(open: OpenPart, why: string): void {
    if (this.#setup.run.plan.onDoubt === 'report') return this.#doubt(open, why)
    this.#outbox.again(open)
  }

  #doubt(open: OpenPart, why: string): void {
    this.#closeBook(open)
    this.#doubts.add(open, why)
    this.#setup.run.tally.failedBatches++
    this.#setup.run.tally.unconfirmed += open.rowCount
    settlePart(open.content)
    this.#wakeAll()
  }

  #closeBook(open: OpenPart): void {
    this.#outbox.book.close(open)
    if (open === this.#suspect) this.#suspect = undefined
  }
}
