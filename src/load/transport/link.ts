/* The link between a run and its server: reads the ledger (the server-side table of receipts) and takes answers, finds out why none come,
   and goes on after the connection, the ledger or the server was lost, with another leader, or at the end. In each case `Batches.settle`
   decides what becomes of the batches without an outcome. */
import { asDdbError, ConnectionError, DdbError, ServerError } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import { noteFinished } from '../evidence/first-look.js'
import { recordGone, targetChanged } from '../journal/changed-run.js'
import { failureOf } from '../journal/journal-file.js'
import { Batches } from '../outcomes/batches.js'
import type { Recorder } from '../outcomes/recorder.js'
import type { Run } from '../run.js'
import { watchedTable } from '../target/target.js'
import { longestFarewellMs, type Memory, type ReceiptNode } from './receipt-node.js'
import { Receipts } from './receipts.js'
import { outcomePhase, takenByOther, type Answer, type Copy } from './script.js'

const restarted = 'the server restarted, and rows in memory that were confirmed before are gone'
export const unreachable =
  'the server did not say again that it still has the confirmed rows, which it holds in memory'
const notLooked = 'the run ended before the server was asked whether it is still the same table'

const connectionLost = (why: string): ConnectionError =>
  new ConnectionError('DDB_CONNECTION_LOST', `the connection was lost ${why}`)

export class ReceiptLink {
  failure: DdbError | undefined
  protected readonly run: Run
  protected readonly node: ReceiptNode
  protected readonly recorder: Recorder
  protected readonly batches: Batches
  readonly receipts: Receipts
  protected newsAtMs = 0
  /** Whether an answer was missed: only the ledger shows the outcome of a batch in flight. */
  protected isInDoubt = false
  /** Whether silence is to be investigated at once. */
  protected isStranded = false
  /** The run abandoned a connection over which nothing arrived, and there has been no receipt since. */
  protected isSilent = false
  protected isUnanswered = false
  /** From here on, `end` finds out whether the server still has its memory. */
  protected isEnding = false
  /** Number of connections reopened since the ledger last had new rows. */
  #reconnects = 0
  #whyNotBegun = 'sent, but the server never began it'
  #sleepers: (() => void)[] = []
  #pause = new AbortController()

  /** Opens no session: the node has open ones, and belongs to the link from now on. */
  constructor(run: Run, node: ReceiptNode, recorder: Recorder) {
    this.run = run
    this.node = node
    this.recorder = recorder
    this.batches = new Batches(run, recorder, node, error => this.fail(error))
    this.receipts = new Receipts(run, this.batches, recorder)
    node.onAnswer = (copy, answer) => this.#hear(copy, answer)
  }

  protected fail(error: unknown): void {
    this.failure ??= asDdbError(error)
    this.wake()
  }

  protected get nowMs(): number {
    return this.run.platform.clock.nowMs()
  }

  protected news(): void {
    this.newsAtMs = this.nowMs
  }

  /** Time until the server is regarded as silent, in ms; 0 or less if it already is. */
  protected get leftMs(): number {
    return this.newsAtMs + this.run.checked.confirmTimeoutMs - this.nowMs
  }

  /** Time limit for one query. It leaves time for a second query. */
  protected get queryTimeoutMs(): number {
    const { confirmTimeoutMs } = this.run.checked
    return Math.max(1, Math.ceil(Math.min(this.leftMs, confirmTimeoutMs / 2)))
  }

  protected woken(): Promise<void> {
    return new Promise(resolve => this.#sleepers.push(resolve))
  }

  protected wake(): void {
    for (const resolve of this.#sleepers.splice(0)) resolve()
  }

  /** Ends the pause of the watcher, or prevents the next one. */
  protected lookNow(): void {
    this.#pause.abort()
  }

  protected async rest(ms: number): Promise<void> {
    const { platform, ending } = this.run
    if (!ending.leaving.aborted) await wait(platform.clock, ms, this.#pause.signal)
    this.#pause = new AbortController()
  }

  #hear(copy: Copy, answer: Answer): void {
    if ('notBegun' in answer) {
      this.isInDoubt = true
      if (answer.notBegun !== undefined) {
        this.isStranded = true
        this.#whyNotBegun = `the server did not begin it: ${answer.notBegun}`
      }
    } else if (answer.rowCount === takenByOther) this.isInDoubt = true
    else {
      this.#hasReceipts()
      try {
        this.receipts.take([{ ...copy, phase: outcomePhase, ...answer }])
      } catch (error) {
        this.fail(error)
      }
    }
    const isAwaited = this.run.state.open.size === 0 || this.batches.leader !== undefined
    if (isAwaited || this.isInDoubt) this.lookNow()
    this.wake()
  }

  #hasReceipts(): void {
    this.news()
    this.isSilent = this.isUnanswered = false
    this.#reconnects = 0
  }

  /** Whether the ledger has to be read: it has the only receipts, or the receipts of answers that were missed. */
  protected get needsLedger(): boolean {
    return !this.node.isAnswered || this.isInDoubt
  }

  /** @returns whether the ledger contained new rows */
  protected async readLedger(): Promise<boolean> {
    let rows
    try {
      rows = await this.node.read(this.queryTimeoutMs)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await this.node.ledgerExists(this.queryTimeoutMs)) throw error
      await this.replaceLedger()
      return true
    }
    this.isUnanswered = false
    this.receipts.take(rows)
    if (rows.length === 0) return false
    this.#hasReceipts()
    return true
  }

  /** Determines why the ledger has had no new rows: the server is working, it has lost requests, or no receipt will come. */
  protected async investigateSilence(): Promise<void> {
    const node = this.node
    if (!(await node.ledgerExists(this.queryTimeoutMs))) return this.replaceLedger()
    const idle = await node.isIdle(this.queryTimeoutMs)
    if (idle === false) {
      // An answer comes when the server is done. A ledger is read as long as the user allows.
      if (node.isAnswered) this.news()
      return
    }
    if (idle === undefined || node.ledger === undefined) return
    // Outcomes may have arrived during the queries above.
    if (await this.readLedger()) return
    this.#settle({ why: this.#whyNotBegun, isIdle: true })
    // The server has lost the requests, their session, or its functions: new sessions send them again.
    if (this.run.state.inFlightCount > 0) this.giveUpConnection('data')
  }

  #settle(situation: Parameters<Batches['settle']>[1]): void {
    for (const piece of this.batches.unknown()) this.batches.settle(piece, situation)
    this.batches.flush()
  }

  /** Abandons a connection over which nothing arrives. Without retries, does nothing, because no connection would replace it. */
  protected giveUpConnection(which: 'control' | 'data'): void {
    if (this.run.checked.retries === 0) return
    this.isSilent = true
    const reason = 'the server does not answer on this connection'
    this.node.abandon(which, new ConnectionError('DDB_CONNECTION_LOST', reason))
  }

  /** Reopens lost connections within `retryTimeoutMs`, and settles their batches. @throws {DdbError} if the run cannot continue */
  protected async reconnect(): Promise<void> {
    const node = this.node
    const { retries, retryTimeoutMs, connections } = this.run.checked
    if (retries === 0) {
      const lost = 'before everything was confirmed; without retries no new one is opened'
      this.batches.stop(connectionLost(lost))
      // While the session for queries is open, the ledger may still show the outcome of sent batches.
      if (!node.control.closed && node.ledger !== undefined) return
      throw connectionLost(lost)
    }
    if (node.ledger === undefined && this.run.state.inFlightCount > 0) {
      throw connectionLost(
        'before the server answered, and without receipts its answer is lost: nothing more is sent',
      )
    }
    if (++this.#reconnects > retries * connections) {
      throw connectionLost('repeatedly before the server confirmed anything')
    }
    const deadlineMs = this.nowMs + (this.isSilent ? this.leftMs : retryTimeoutMs)
    let memory
    try {
      memory = await node.restore(deadlineMs)
    } catch (error) {
      this.isUnanswered ||= node.control.closed
      // The server was silent for too long. The watcher ends the run for that reason.
      if (this.isSilent && error instanceof ConnectionError) return
      throw error
    }
    this.#takeBack(memory)
    if (memory === 'lost') await this.#beginAnew(deadlineMs)
    else this.#settle({ why: 'sent, and the connection was lost each time' })
    this.isUnanswered = false
    if (!this.isSilent) this.news()
  }

  /** Confirmed rows in the server's memory are unconfirmed if the server has lost it, or does not say. */
  #takeBack(memory: Memory): void {
    const { run, recorder } = this
    const isMissed = memory === 'lost' && recorder.holdsMemory && run.options.input?.follow === true
    if (isMissed) run.ending.fail(targetChanged(run, restarted))
    if (memory === 'unknown') recorder.takeBack(unreachable, false)
    if (memory === 'lost') recorder.takeBack(restarted, true)
  }

  /** Begins a new ledger, because the old one is lost or too long. Batches without an outcome then stay without one. @throws {DdbError} */
  protected async replaceLedger(): Promise<void> {
    this.run.commit()
    await this.#beginAnew(this.nowMs + this.queryTimeoutMs)
    this.news()
  }

  /**
   * Continues with a new ledger if the target still exists. Settles all batches before the new ledger exists, in which a further copy of
   * a stored batch would be new; sends nothing until it is ready, because the journal already names it.
   */
  async #beginAnew(deadlineMs: number): Promise<void> {
    if (this.run.shared !== undefined) throw recordGone(this.run.checked.runId)
    this.batches.isHeld = true
    const why = 'the server forgot its receipts'
    // First, as each batch that ends brings in the next half.
    this.batches.loseHalves(why)
    this.#settle({ why, isGone: true })
    await this.recorder.evidence.beginAgain()
    await this.node.reopen(deadlineMs)
    this.batches.isHeld = false
    this.batches.flush()
  }

  /**
   * Checks the target for the last time, and removes the run's objects from the server. If the server is lost by now, the confirmed rows
   * in its memory may be lost, too: they become unconfirmed, unless it can still be asked.
   */
  protected async end(): Promise<void> {
    const [run, recorder, node] = [this.run, this.recorder, this.node]
    const { ending, checked } = run
    this.isEnding = true
    // If the run has already waited for the server in vain, it must not wait again.
    const hasWaited = this.isUnanswered || this.failure?.code === 'DDB_CONNECTION_LOST'
    let isLooked = ending.leaving.aborted
    const deadlineMs = this.nowMs + (hasWaited ? 0 : checked.retryTimeoutMs)
    for (let retry = 0; ; retry++) {
      try {
        if (retry > 0) this.#takeBack(await node.restore(deadlineMs))
        // The journal must contain every outcome before the run removes the ledger, which stays if the run fails.
        ending.fail(failureOf(run.commit))
        const timeoutMs = Math.min(longestFarewellMs, checked.confirmTimeoutMs)
        if (!ending.leaving.aborted) {
          // If the process is killed before it removes the ledger, a resumed run still has it.
          await recorder.lookAtEnd()
          // Without a table to look at, the ledger shows that the server still has its memory.
          if (watchedTable(checked) === undefined) await node.ledgerExists(timeoutMs)
          isLooked = true
          const asking = { session: node.control, timeoutMs }
          await noteFinished(run, asking, recorder.evidence)
        }
        node.finish(timeoutMs)
        return
      } catch (error) {
        if (!(error instanceof DdbError)) throw error
        // The journal could not be written, and its file fails again when it is closed.
        if (error.code === 'DDB_OUTPUT_WRITE') return
        this.isUnanswered = true
        const isOpen = recorder.holdsMemory || !isLooked
        const isLast = retry >= Math.max(1, checked.retries) || this.nowMs >= deadlineMs
        if (!(error instanceof ConnectionError) || !isOpen || isLast || ending.leaving.aborted)
          break
      }
    }
    if (recorder.holdsMemory) recorder.takeBack(unreachable, false)
    else if (!isLooked) recorder.replaced(notLooked, false)
  }
}
