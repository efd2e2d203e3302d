/*
  Asynchronous delivery with a receipt for every batch: batches go out under numbers, a ledger on the server says what
  became of them, and silence is looked into until it is an answer or a doubt.
*/
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../errors.js'
import type { Batch } from '../parse/reader.js'
import type { WaitClock } from './wait-clock.js'
import type { Delivery } from './delivery.js'
import { newReceiptBook, type OpenBatch, type ReceiptBook } from './receipt-book.js'
import { newDoubts } from './receipt-doubts.js'
import { settle, stopAt, type Fates } from './receipt-fate.js'
import type { ServerAddress } from './options.js'
import { silenceError } from './patience.js'
import type { ReceiptNode } from './receipt-node.js'
import { settlePart, wholeBatch, type Part } from './receipt-part.js'
import { newSuspects, type Suspects } from './receipt-suspects.js'
import { askIdle } from './questions.js'
import { maxRedirects, redirectedTooOften } from './redirect.js'
import { asDdbError, type Run } from './run.js'

export interface ReceiptSetup {
  run: Run
  /** Where the run begins. */
  node: ReceiptNode
  fates: Fates
  clock: WaitClock
  /** How long nothing new is taken for silence, ms. */
  quietMs: number
  /** Opens the same on the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  follow: (to: ServerAddress) => Promise<ReceiptNode>
}

const firstPollMs = 5
const slowestPollMs = 500
/** While batches go out and come in, the ledger is read in pieces worth the question. */
const busyPollMs = 50
/** A server that says nothing for so long is asked less often. */
const silenceMs = 1_000

type OpenPart = OpenBatch<Part>

export class ReceiptDelivery implements Delivery {
  readonly used = 'receipts' as const
  readonly #setup: ReceiptSetup
  readonly #book: ReceiptBook<Part> = newReceiptBook()
  #node: ReceiptNode
  #failure: DdbError | undefined
  /** Aborted when nothing more will be sent: what is left to wait for are receipts. */
  readonly #allSent = new AbortController()
  /** The node that leads by now; what it is to get is held until the present one has answered for the rest. */
  #leader: ServerAddress | undefined
  readonly #held = new Set<OpenPart>()
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
    this.#suspects = newSuspects(setup.fates)
  }

  get inFlightBytes(): number {
    return this.#book.openBytes
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
    const room = this.#send(wholeBatch(batch))
    this.#wakeAll()
    if (this.#watching === undefined) {
      this.#newsAtMs = this.#setup.clock.nowMs()
      this.#watching = this.#watch().catch((error: unknown) => this.#fail(error))
    }
    return room && this.#hasRoom() ? undefined : this.#room()
  }

  async finish(): Promise<void> {
    this.#allSent.abort()
    this.#wakeAll()
    await this.#watching
    for (const open of [...this.#book.open.values()]) this.#doubt(open, 'no receipt came in time')
    this.#suspects.rejectRest()
    if (this.#doubts.count === 0) await this.#node.ledger.drop()
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    await this.#node.close()
  }

  /** @returns false when the sender has to wait for the kernel */
  #send(part: Part): boolean {
    return this.#transmit(this.#book.add(part, part.end - part.start, part.encodedBytes))
  }

  #transmit(open: OpenPart): boolean {
    if (this.#leader === undefined) return this.#sendHere(open)
    this.#held.add(open)
    return false
  }

  #sendHere(open: OpenPart): boolean {
    const sendNo = this.#book.transmit(open, this.#setup.clock.nowMs())
    return this.#node.lane.send(open, sendNo)
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
    while ((full || !this.#hasRoom()) && this.#failure === undefined) {
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #hasRoom(): boolean {
    return (
      this.#leader === undefined && this.#book.openBytes < this.#setup.run.plan.maxInFlightBytes
    )
  }

  #wakeAll(): void {
    const wake = this.#wake
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
    if (silent && !this.#allSent.signal.aborted) {
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
    while (!this.#allSent.signal.aborted || this.#book.open.size > 0) {
      if (this.#book.open.size === 0) {
        await new Promise<void>(resolve => this.#wake.push(resolve))
        this.#newsAtMs = clock.nowMs()
        continue
      }
      if (this.#node.lane.lost) await this.#restoreLane()
      if (this.#leader !== undefined) await this.#moveWhenSettled(this.#leader)
      if (await this.#readLedger()) {
        pollMs = firstPollMs
        await this.#pause(this.#allSent.signal.aborted ? firstPollMs : busyPollMs)
        continue
      }
      const silentMs = clock.nowMs() - this.#newsAtMs
      if (silentMs >= run.plan.confirmTimeoutMs && this.#book.open.size > 0) return true
      if (silentMs >= quietMs) await this.#investigate()
      await this.#pause(pollMs)
      // Long pauses are for long silence: the last receipt of a run must not wait for one to pass.
      pollMs = Math.min(pollMs * 2, silentMs < silenceMs ? busyPollMs : slowestPollMs)
    }
    return false
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#allSent
    return this.#setup.clock.wait(ms, signal.aborted ? undefined : signal)
  }

  /** @returns whether the ledger said anything new */
  async #readLedger(): Promise<boolean> {
    let rows
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
      const settlement = this.#book.read(row)
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
      this.#leader = next.to
      this.#held.add(open)
      return
    }
    if (next.kind === 'again') {
      run.tally.retriedBatches++
      void clock.wait(next.delayMs).then(() => {
        this.#book.nextAttempt(open)
        this.#transmit(open)
      })
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
    this.#suspect = this.#book.add(part, part.end - part.start, part.encodedBytes)
    this.#transmit(this.#suspect)
  }

  /** A new connection for the data; what has no outcome goes out again under the same attempt: claims decide. */
  async #restoreLane(): Promise<void> {
    const { run } = this.#setup
    try {
      await this.#node.lane.restore()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#fail(error)
      return
    }
    if (!(await this.#node.ledger.exists())) return this.#ledgerIsGone()
    for (const open of this.#transmitted()) {
      run.tally.retriedBatches++
      this.#sendHere(open)
    }
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
    for (const open of this.#transmitted()) {
      if (open.claimed) {
        if (idle === true) this.#inDoubt(open, 'begun, but its outcome never came')
      } else if (open.sendNos.length <= run.plan.retries && !lane.lost) {
        run.tally.retriedBatches++
        this.#sendHere(open)
      } else {
        this.#doubt(open, 'sent, but the server never began it')
      }
    }
    this.#newsAtMs = clock.nowMs()
  }

  async #ledgerIsGone(): Promise<void> {
    const open = this.#transmitted()
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

  /** What the present node has been sent and has not answered for. */
  #transmitted(): OpenPart[] {
    return [...this.#book.open.values()].filter(open => !this.#held.has(open))
  }

  /** Goes to the node that leads once this one has answered for all it was sent: a batch never is with two. */
  async #moveWhenSettled(to: ServerAddress): Promise<void> {
    if (this.#transmitted().length > 0) return
    const held = [...this.#held]
    this.#held.clear()
    this.#leader = undefined
    try {
      if (++this.#moves > maxRedirects) throw redirectedTooOften(to)
      const next = await this.#setup.follow(to)
      await this.#node.ledger.drop()
      await this.#node.close()
      this.#node = next
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#fail(error)
      for (const open of held) this.#giveBack(open, error)
      return
    }
    for (const open of held) {
      this.#setup.run.tally.retriedBatches++
      this.#book.nextAttempt(open)
      this.#transmit(open)
    }
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
    this.#book.nextAttempt(open)
    this.#setup.run.tally.retriedBatches++
    this.#transmit(open)
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
    this.#book.close(open)
    if (open === this.#suspect) this.#suspect = undefined
  }
}
