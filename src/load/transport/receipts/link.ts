/*
  The link between a run and its server: takes receipts from the ledger (the server-side table of receipts) and from answers, finds out why
  none come, and goes on after the connection, the ledger or the server was lost, with another node or at the end. In each case
  `Batches.settle` decides what becomes of the batches without an outcome.
*/
import { ConnectionError, DdbError, ServerError } from '../../../errors.js'
import { wait } from '../../../platform/clocks.js'
import { rowsGoneMessage } from '../../evidence/evidence.js'
import { noteFinished } from '../../evidence/finished-run.js'
import { Batches, type Situation } from '../../outcomes/batches.js'
import type { Recorder } from '../../outcomes/recorder.js'
import type { Run } from '../../run.js'
import { asDdbError } from '../../run-ending.js'
import type { Answer } from '../answers.js'
import type { AnswerListener, ReceiptNode } from './receipt-node.js'
import { Receipts } from './receipts.js'
import { outcomePhase, takenByOther, type Copy } from './script.js'
import type { Memory } from './sessions.js'

const restarted = 'the server restarted, and rows in memory that were confirmed before are gone'
const unreachable =
  'the server that held confirmed rows in memory could not be asked again whether it still has them'
const forgotten = 'the server forgot its receipts'
const notLooked = 'the run ended before the server was asked whether it is still the same table'

const connectionLost = (why: string): ConnectionError =>
  new ConnectionError('DDB_CONNECTION_LOST', `the connection was lost ${why}`)
const notReopened = 'before everything was confirmed; without retries no new one is opened'
const unanswered =
  'before the server answered, and without receipts its answer is lost: nothing more is sent'
const lostAgain = 'repeatedly before the server confirmed anything'

/** Time limit for the answer to a query that is sent after all data. A session that is busy with a batch answers late. */
const longestBarrierMs = 5_000
/** Limit for each wait for a lost server at the end of a run without open batches. */
const longestFarewellMs = 5_000

export interface LinkSetup {
  readonly run: Run
  readonly node: ReceiptNode
  readonly recorder: Recorder
}

export class ReceiptLink implements AnswerListener {
  readonly batches: Batches
  readonly receipts: Receipts
  failure: DdbError | undefined
  /** When the server last answered or read data. */
  newsAtMs = 0
  /** Whether an answer was missed: only the ledger shows the outcome of a batch in flight. */
  isInDoubt = false
  /** Whether silence is to be investigated at once. */
  isStranded = false
  /** The run abandoned a connection over which nothing arrived, and there has been no receipt since. */
  isSilent = false
  /** The server may have lost confirmed rows from its memory: a question was not answered, and none has been since. */
  isMemoryUnsure = false
  readonly #setup: LinkSetup
  /** Number of connections reopened since the ledger last had new rows. */
  #reconnects = 0
  #whyNotBegun = 'sent, but the server never began it'
  /** Functions that wake waiting callers. */
  #sleepers: (() => void)[] = []
  #pause = new AbortController()
  #isDue = false

  constructor(setup: LinkSetup) {
    const { run, recorder, node } = setup
    this.#setup = setup
    const fail = (error: unknown): void => this.fail(error)
    this.batches = new Batches({ run, recorder, fail }, node)
    this.receipts = new Receipts(run, this.batches, recorder)
    node.listener = this
  }

  fail(error: unknown): void {
    this.failure ??= asDdbError(error)
    this.wake()
  }

  get nowMs(): number {
    return this.#setup.run.platform.clock.nowMs()
  }

  news(): void {
    this.newsAtMs = this.nowMs
  }

  /** Time until the server is regarded as silent, in ms; 0 or less if it already is. */
  get leftMs(): number {
    return this.newsAtMs + this.#setup.run.checked.confirmTimeoutMs - this.nowMs
  }

  /** Time limit for one query. It leaves time for a second query. */
  get queryTimeoutMs(): number {
    const { confirmTimeoutMs } = this.#setup.run.checked
    return Math.max(1, Math.ceil(Math.min(this.leftMs, confirmTimeoutMs / 2)))
  }

  /** Resolves at the next call of `wake`. */
  woken(): Promise<void> {
    return new Promise(resolve => this.#sleepers.push(resolve))
  }

  wake(): void {
    if (this.#sleepers.length === 0) return
    const sleepers = this.#sleepers
    this.#sleepers = []
    for (const resolve of sleepers) resolve()
  }

  /** Ends the pause of the watcher, or prevents the next one. */
  lookNow(): void {
    this.#isDue = true
    this.#pause.abort()
  }

  /** Pauses until `lookNow`. */
  async rest(ms: number): Promise<void> {
    const { run } = this.#setup
    this.#pause = new AbortController()
    const isDue = run.ending.isLeaving || this.#isDue
    if (!isDue) await wait(run.platform.clock, ms, this.#pause.signal)
    this.#isDue = false
  }

  heard(copy: Copy, answer: Answer): void {
    const { kind } = answer
    const row = kind === 'outcome' && { ...copy, phase: outcomePhase, ...answer }
    if (row === false || row.rowCount === takenByOther) this.isInDoubt = true
    else {
      this.#hearsReceipts()
      try {
        this.receipts.take([row])
      } catch (error) {
        this.fail(error)
      }
    }
    if (kind === 'notRun') {
      this.isStranded = true
      this.#whyNotBegun = `the server did not begin it: ${answer.errText}`
    }
    const isAwaited = this.#setup.run.state.open.size === 0 || this.batches.leader !== undefined
    if (isAwaited || this.isInDoubt) this.lookNow()
    this.wake()
  }

  #hearsReceipts(): void {
    this.news()
    this.isSilent = this.isMemoryUnsure = false
    this.#reconnects = 0
  }

  /** Whether the ledger has to be read: it has the only receipts, or the receipts of answers that were missed. */
  get needsLedger(): boolean {
    return !this.batches.node.carriesOneBatch || this.isInDoubt
  }

  /**
   * Reads the ledger and applies its rows.
   * @returns whether the ledger contained new rows
   * @throws {ConnectionError} @throws {TimeoutError} @throws {ServerError}
   */
  async readLedger(): Promise<boolean> {
    const { node } = this.batches
    let rows
    try {
      rows = await node.read(this.queryTimeoutMs)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await node.ledgerExists(this.queryTimeoutMs)) throw error
      await this.replaceLedger()
      return true
    }
    this.isMemoryUnsure = false
    this.receipts.take(rows)
    if (rows.length === 0) return false
    this.#hearsReceipts()
    return true
  }

  /**
   * Determines why the ledger has had no new rows: the server is working, it has lost requests, or no receipt will come.
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  async investigateSilence(): Promise<void> {
    const { node } = this.batches
    if (!(await node.ledgerExists(this.queryTimeoutMs))) return this.replaceLedger()
    const idle = await node.isIdle(this.queryTimeoutMs)
    if (idle === false) {
      // An answer comes when the server is done. A ledger is read as long as the user allows.
      if (node.carriesOneBatch) this.news()
      return
    }
    if (node.ledger === undefined) return
    const barrier = await node.barrier(Math.min(longestBarrierMs, this.queryTimeoutMs))
    if (barrier === 'silent') {
      // The server has no work for the session and still does not answer, so it has lost the session.
      if (idle === true) this.giveUpConnection('silent')
      return
    }
    if (barrier === 'forgotten') await node.define(this.queryTimeoutMs)
    // Outcomes may have arrived during the queries above.
    if (await this.readLedger()) return
    this.#settle({ why: this.#whyNotBegun, isRead: true, isIdle: idle === true })
  }

  /** Decides what becomes of each batch without an outcome, and sends what waits. */
  #settle(situation: Situation): void {
    for (const piece of this.batches.unknown()) this.batches.settle(piece, situation)
    this.batches.flush()
  }

  /**
   * Abandons the connection for queries, or all other connections over which nothing arrives. Without retries, does
   * nothing, because no connection would replace them.
   */
  giveUpConnection(which: 'control' | 'silent'): void {
    if (this.#setup.run.checked.retries === 0) return
    this.isSilent = true
    const reason = 'the server does not answer on this connection'
    this.batches.node.abandon(which, new ConnectionError('DDB_CONNECTION_LOST', reason))
  }

  /**
   * Reopens lost connections within `retryTimeoutMs`, and settles the batches that they carried.
   * @throws {DdbError} if the run cannot continue
   */
  async reconnect(): Promise<void> {
    const { batches } = this
    const { run } = this.#setup
    const { retries, retryTimeoutMs, connections } = run.checked
    if (retries === 0) {
      batches.stop(connectionLost(notReopened))
      // While the session for queries is open, the ledger may still show the outcome of sent batches.
      const isReadable = !batches.node.isControlLost && batches.node.ledger !== undefined
      if (isReadable) return
      throw connectionLost(notReopened)
    }
    if (batches.node.ledger === undefined && run.state.inFlightCount > 0) {
      throw connectionLost(unanswered)
    }
    const deadlineMs = this.nowMs + (this.isSilent ? this.leftMs : retryTimeoutMs)
    const mostReconnects = Math.max(retries, 1) * connections
    if (++this.#reconnects > mostReconnects) throw connectionLost(lostAgain)
    let memory
    try {
      memory = await batches.node.restore(deadlineMs)
    } catch (error) {
      this.isMemoryUnsure ||= batches.node.isControlLost
      // The server was silent for too long. The watcher ends the run for that reason.
      if (this.isSilent && error instanceof ConnectionError) return
      throw error
    }
    this.#takeBack(memory)
    if (memory === 'lost') await this.#beginAnew(deadlineMs)
    else this.#settle({ why: 'sent, and the connection was lost each time' })
    this.isMemoryUnsure = false
    if (!this.isSilent) this.news()
  }

  /** Confirmed rows in the server's memory are unconfirmed if the server has lost it, or does not say. */
  #takeBack(memory: Memory): void {
    const { recorder } = this.#setup
    if (memory === 'unknown') recorder.takeBack(unreachable, false)
    if (memory === 'lost') recorder.takeBack(restarted, true)
  }

  /**
   * Continues with a new ledger, because the old one is lost, or has grown too long. Batches without an outcome then stay without one.
   * @throws {DdbError}
   */
  async replaceLedger(): Promise<void> {
    this.#setup.run.commit()
    await this.#beginAnew(this.nowMs + this.queryTimeoutMs)
    this.news()
  }

  /**
   * Continues with a new ledger if the target still exists. Settles all batches before the new ledger exists, in which a further copy of
   * a stored batch would be new; sends nothing until it is ready, because the journal already names it.
   */
  async #beginAnew(deadlineMs: number): Promise<void> {
    const { batches } = this
    batches.isHeld = true
    this.#settle({ why: forgotten, isGone: true })
    if (!(await batches.node.reopen(deadlineMs))) {
      throw new ConnectionError(
        'DDB_UNCONFIRMED',
        'the server lost the receipts of this run: nothing more is sent',
      )
    }
    batches.isHeld = false
    batches.flush()
  }

  /** Moves to the leader after every sent batch has its outcome. */
  async moveToLeader(): Promise<void> {
    const { batches } = this
    const hasMoved = await batches.moveToLeader(to => batches.node.moveTo(to, this.queryTimeoutMs))
    if (hasMoved) this.news()
  }

  /**
   * Checks the target for the last time and removes the run's objects from the server. If the server is lost by now, the confirmed
   * rows in its memory may be lost, too. They become unconfirmed, unless the server returns with a trace of the run, which is in its memory
   * as well.
   */
  async end(): Promise<void> {
    const { recorder, run } = this.#setup
    const { node } = this.batches
    const { ending } = run
    const timeoutMs = Math.min(longestFarewellMs, run.checked.confirmTimeoutMs)
    // If the run has already waited for the server in vain, it must not wait again.
    const isLost = this.failure?.code === 'DDB_CONNECTION_LOST'
    const ended = { isLooked: recorder.target.evidence === undefined || ending.isLeaving }
    for (const isAgain of isLost ? [false] : [false, true]) {
      try {
        if (isAgain) {
          this.isMemoryUnsure = true
          this.#takeBack(await node.restore(this.nowMs + run.checked.retryTimeoutMs))
          this.isMemoryUnsure = false
        }
        // The journal must contain every outcome before the run removes the ledger.
        run.commit()
        // A connection that seems to be open may lead to a server that is gone.
        const asks = isLost && recorder.holdsMemory && !ending.isLeaving
        if (asks && !this.isMemoryUnsure) await node.ledgerExists(timeoutMs)
        if (!this.isMemoryUnsure) await this.#leaveTarget(timeoutMs, ended)
        break
      } catch (error) {
        if (!(error instanceof DdbError)) throw error
        this.isMemoryUnsure ||= isLost
        const isOpen = recorder.holdsMemory || !ended.isLooked
        if (!(error instanceof ConnectionError) || !isOpen || ending.isLeaving) break
      }
    }
    if (this.isMemoryUnsure && recorder.holdsMemory) recorder.takeBack(unreachable, false)
    else if (!ended.isLooked) recorder.replaced(rowsGoneMessage(notLooked), false)
  }

  /** Checks the target before it removes the ledger. If the process is killed in between, a resumed run still has it. */
  async #leaveTarget(timeoutMs: number, ended: { isLooked: boolean }): Promise<void> {
    const { run, recorder } = this.#setup
    const { node } = this.batches
    const { evidence } = recorder.target
    if (evidence !== undefined && !run.ending.isLeaving) {
      await node.ask(async control => {
        const rows = await recorder.lookAtEnd(control, evidence)
        ended.isLooked = true
        await noteFinished(run, control, evidence, rows, timeoutMs)
      })
    }
    node.finish(timeoutMs)
  }
}
