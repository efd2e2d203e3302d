/*
  The link between a run and its server: the state of the connection. Three tasks share it: to take receipts, from the
  ledger (the server-side table of receipts) or from answers, to investigate silence, and to reopen lost connections.
*/
import { ConnectionError, type DdbError } from '../../../errors.js'
import { wait } from '../../../platform/clocks.js'
import type { RetryRules } from '../../connection/retry.js'
import { Batches } from '../../outcomes/batches.js'
import type { Recorder } from '../../outcomes/recorder.js'
import type { ServerAddress } from '../../options.js'
import type { Run } from '../../run.js'
import { asDdbError } from '../../run-ending.js'
import type { Answer } from '../answers.js'
import type { AnswerListener, ReceiptNode } from './receipt-node.js'
import { Receipts } from './receipts.js'
import { outcomePhase, takenByOther, type Copy } from './script.js'

export interface LinkSetup {
  readonly run: Run
  /** The node to which the run connects first. */
  readonly node: ReceiptNode
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** Connects to the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  readonly follow: (to: ServerAddress) => Promise<ReceiptNode>
}

export class ReceiptLink implements AnswerListener {
  readonly setup: LinkSetup
  readonly batches: Batches
  readonly receipts: Receipts
  /** The run abandoned a connection over which nothing arrived, and there has been no receipt since. */
  isSilent = false
  /** The server may have lost confirmed rows from its memory: a question was not answered, and none has been since. */
  isMemoryUnsure = false
  /** Number of connections reopened since the ledger last had new rows. */
  #reconnects = 0
  #failure: DdbError | undefined
  /** Functions that wake waiting callers. */
  #sleepers: (() => void)[] = []
  #newsAtMs = 0
  #pause = new AbortController()
  #isDue = false
  /** Whether an answer was missed: only the ledger shows the outcome of a batch in flight. */
  isInDoubt = false
  whyNotBegun = 'sent, but the server never began it'
  /** Whether silence is to be investigated at once. */
  isStranded = false

  constructor(setup: LinkSetup) {
    this.setup = setup
    const { run, recorder, rules, node } = setup
    const fail = (error: unknown): void => this.fail(error)
    this.batches = new Batches({ run, recorder, rules, fail }, node)
    this.receipts = new Receipts(run, this.batches, recorder)
    this.useNode(setup.node)
  }

  useNode(node: ReceiptNode): void {
    this.batches.node = node
    node.listener = this
  }

  heard(copy: Copy, answer: Answer): void {
    const { kind } = answer
    const row = kind === 'outcome' && { ...copy, phase: outcomePhase, ...answer }
    if (row === false || row.rowCount === takenByOther) this.isInDoubt = true
    else {
      this.hearsReceipts()
      try {
        this.receipts.take([row])
      } catch (error) {
        this.fail(error)
      }
    }
    if (kind === 'notRun') {
      this.isStranded = true
      this.whyNotBegun = `the server did not begin it: ${answer.errText}`
    }
    const isAwaited = this.setup.run.state.open.size === 0 || this.batches.leader !== undefined
    if (isAwaited || this.isInDoubt) this.lookNow()
    this.wake()
  }

  /** Whether the ledger has to be read: it has the only receipts, or the receipts of answers that were missed. */
  get needsLedger(): boolean {
    return !this.batches.node.carriesOneBatch || this.isInDoubt
  }

  /** Ends the pause of the watcher, or prevents the next one. */
  lookNow(): void {
    this.#isDue = true
    this.#pause.abort()
  }

  /** Pauses until `lookNow`. */
  async rest(ms: number): Promise<void> {
    const { run, rules } = this.setup
    this.#pause = new AbortController()
    if (!run.ending.isLeaving && !this.#isDue) await wait(rules.clock, ms, this.#pause.signal)
    this.#isDue = false
  }

  hearsReceipts(): void {
    this.news()
    this.isSilent = this.isMemoryUnsure = false
    this.#reconnects = 0
  }

  /** Counts one more reconnection. @returns whether the run may make it before the ledger has new rows */
  mayReconnect(): boolean {
    const { run, rules } = this.setup
    return ++this.#reconnects <= Math.max(rules.retries, 1) * run.checked.connections
  }

  get failure(): DdbError | undefined {
    return this.#failure
  }

  fail(error: unknown): void {
    this.#failure ??= asDdbError(error)
    this.wake()
  }

  get nowMs(): number {
    return this.setup.rules.clock.nowMs()
  }

  /** When the server last answered or read data. */
  get newsAtMs(): number {
    return this.#newsAtMs
  }

  news(): void {
    this.#newsAtMs = this.nowMs
  }

  /** Time until the server is regarded as silent, in ms; 0 or less if it already is. */
  get leftMs(): number {
    return this.#newsAtMs + this.setup.run.checked.confirmTimeoutMs - this.nowMs
  }

  /** Time limit for one query. It leaves time for a second query. */
  get queryTimeoutMs(): number {
    const { confirmTimeoutMs } = this.setup.run.checked
    return Math.max(1, Math.ceil(Math.min(this.leftMs, confirmTimeoutMs / 2)))
  }

  /**
   * Abandons the connection for queries, or all other connections over which nothing arrives. Without retries, does
   * nothing, because no connection would replace them.
   */
  giveUpConnection(which: 'control' | 'silent'): void {
    if (this.setup.rules.retries === 0) return
    this.isSilent = true
    const reason = 'the server does not answer on this connection'
    this.batches.node.abandon(which, new ConnectionError('DDB_CONNECTION_LOST', reason))
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
}
