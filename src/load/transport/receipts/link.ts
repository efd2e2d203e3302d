/*
  The link between a run and its server: the state of the connection. Three tasks share it: to take receipts, from the
  ledger (the server-side table of receipts) or from answers, to investigate silence, and to reopen lost connections.
*/
import { ConnectionError, DdbError } from '../../../errors.js'
import { wait } from '../../../platform/clocks.js'
import type { RetryRules } from '../../connection/retry.js'
import { Batches } from '../../outcomes/batches.js'
import { isEarlier, pieceText, type Piece } from '../../outcomes/pieces.js'
import type { Recorder } from '../../outcomes/recorder.js'
import { rowsText } from '../../outcomes/row-counts.js'
import { move } from '../../outcomes/run-state.js'
import type { ServerAddress } from '../../options.js'
import type { Run } from '../../run.js'
import { asDdbError } from '../../run-ending.js'
import { hasTransform } from '../../target/target.js'
import { rowsLeft, type Answer } from '../answers.js'
import { classifyRefusal, type Refusal } from '../../outcomes/refusals.js'
import { cutElsewhere, type EarlierReceipts } from './earlier-receipts.js'
import type { LedgerRow } from './ledger.js'
import type { AnswerListener, ReceiptNode } from './receipt-node.js'
import { claimPhase, outcomePhase, takenByOther, type Copy } from './script.js'

export interface LinkSetup {
  readonly run: Run
  /** The node to which the run connects first. */
  readonly node: ReceiptNode
  readonly recorder: Recorder
  readonly rules: RetryRules
  readonly earlier: EarlierReceipts
  /** Connects to the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  readonly follow: (to: ServerAddress) => Promise<ReceiptNode>
  /** Once a ledger has this many rows, a run without an end begins a new ledger. */
  readonly maxLedgerRows?: number
}

const receiptsLost = 'sent by an earlier process, and the server has no receipts of that process'

export class ReceiptLink implements AnswerListener {
  readonly setup: LinkSetup
  readonly batches: Batches<ReceiptNode>
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
  #isInDoubt = false
  whyNotBegun = 'sent, but the server never began it'
  /** Whether silence is to be investigated at once. */
  #isStranded = false
  #hasAnswers = false
  /** Receipts of an earlier process for later attempts than this process has made, by place (`keyOf`). */
  readonly #ahead = new Map<string | number, LedgerRow[]>()

  constructor(setup: LinkSetup) {
    this.setup = setup
    const { run, recorder, rules, node } = setup
    const fail = (error: unknown): void => this.fail(error)
    this.batches = new Batches({ run, recorder, rules, fail }, node)
    this.useNode(setup.node)
  }

  useNode(node: ReceiptNode): void {
    this.batches.node = node
    node.listener = this
  }

  heard(copy: Copy, answer: Answer): void {
    const { kind } = answer
    const row = kind === 'outcome' && { ...copy, phase: outcomePhase, ...answer }
    if (row === false || row.rowCount === takenByOther) this.#isInDoubt = true
    else {
      this.#hasAnswers = true
      try {
        this.take(row)
        this.takeAhead()
      } catch (error) {
        this.fail(error)
      }
    }
    if (kind === 'notRun') {
      this.#isStranded = true
      this.whyNotBegun = `the server did not begin it: ${answer.errText}`
    }
    const isAwaited = this.setup.run.state.open.size === 0 || this.batches.leader !== undefined
    if (isAwaited || this.#isInDoubt) this.lookNow()
    this.wake()
  }

  /** Whether receipts came as answers since the last call. */
  takeAnswers(): boolean {
    const hasAnswers = this.#hasAnswers
    this.#hasAnswers = false
    if (!hasAnswers) return false
    this.hearsReceipts()
    return true
  }

  /** Whether the ledger has to be read: it has the only receipts, or the receipts of answers that were missed. */
  get needsLedger(): boolean {
    return !this.batches.node.carriesOneBatch || this.#isInDoubt
  }

  /** No batch is in flight. */
  isSettled(): void {
    this.#isInDoubt = false
  }

  takeStranded(): boolean {
    const isStranded = this.#isStranded
    this.#isStranded = false
    return isStranded
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

  /**
   * Continues with a piece that an earlier process sent, or was about to send.
   * @param isSent  false if the piece is certainly not stored, according to the journal
   */
  takeUp(piece: Piece, isSent: boolean, hasNoReceipt: boolean): void {
    const { earlier } = this.setup
    const isKnown = earlier.isLedgerKept && !hasNoReceipt
    const receipts = isKnown ? earlier.of(piece) : []
    const last = receipts.at(-1)
    if (last === undefined && !isSent) return this.batches.addUnsent(piece)
    if (last !== undefined && this.#beginsAnew(last, isSent)) {
      return this.batches.addUnsent(piece, last.attempt + 1)
    }
    this.#isInDoubt = true
    this.batches.takeUp(piece, {
      attempt: last?.attempt,
      isLost: isKnown ? undefined : receiptsLost,
      resends: earlier.resends,
    })
    try {
      for (const row of receipts) if (piece.state !== 'closed') this.#read(piece, row)
    } catch (error) {
      // Does not throw, because the piece is already open. The failing run gives it an outcome with all other open pieces.
      this.fail(error)
    }
  }

  /** Whether the piece needs another attempt: the last one certainly stored nothing, and its cause may be gone by now. */
  #beginsAnew({ phase, rowCount, errText }: LedgerRow, isSent: boolean): boolean {
    if (phase !== outcomePhase || rowCount !== -1) return false
    const { allOrNothing } = this.setup.recorder.target
    return !isSent || (allOrNothing && !ofRows.includes(classifyRefusal(errText)))
  }

  /** Whether an earlier process has sent a piece of which its journal knows nothing: the end of the journal was lost. */
  isBegun(piece: Piece): boolean {
    return this.setup.earlier.isLedgerKept && this.setup.earlier.of(piece).length > 0
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

  /** Applies the receipts in `#ahead` for attempts that this process has made in the meantime. */
  takeAhead(): void {
    if (this.#ahead.size === 0) return
    const { open } = this.setup.run.state
    for (const [key, rows] of [...this.#ahead]) {
      const piece = open.get(key)
      const later = rows.filter(({ attempt }) => piece !== undefined && attempt > piece.attempt)
      const isWaiting = piece?.state === 'sent' || piece?.state === 'claimed'
      if (piece !== undefined && !isWaiting) continue
      if (later.length === 0) this.#ahead.delete(key)
      else this.#ahead.set(key, later)
      for (const row of rows) {
        if (row.attempt === piece?.attempt) this.take(row)
      }
    }
  }

  take(row: LedgerRow): void {
    const { earlier, run } = this.setup
    const piece = this.batches.at(row.place)
    if (piece === undefined) {
      if (row.sendNo <= run.state.earlierSendNo) earlier.add(row)
      return
    }
    if (row.attempt === 0 && isEarlier(piece)) move(run.state, piece, 'sent')
    if (row.attempt <= piece.attempt) return this.#read(piece, row)
    // A receipt of an earlier process for a later attempt. It is applied when this process makes that attempt.
    const rows = this.#ahead.get(piece.key)
    if (rows === undefined) this.#ahead.set(piece.key, [row])
    else rows.push(row)
  }

  /**
   * Applies a row of the ledger: the server has begun the piece, or reports its outcome. Other rows, such as those of earlier attempts,
   * have no effect.
   * @throws {DdbError} DDB_PROTOCOL if the row cannot belong to anything sent
   */
  #read(piece: Piece, { attempt, phase, sendNo, rowCount, cut, left, errText }: LedgerRow): void {
    const { state, checked } = this.setup.run
    if (piece.attempt !== attempt || (phase !== claimPhase && phase !== outcomePhase)) return
    if (piece.state !== 'sent' && piece.state !== 'claimed') return
    if (sendNo > state.earlierSendNo && !piece.sendNos.includes(sendNo)) {
      throw new DdbError(
        'DDB_PROTOCOL',
        `the server has a receipt for transmission ${sendNo} of ${pieceText(piece)}, which was never sent`,
      )
    }
    if (cut !== piece.cut) throw cutElsewhere()
    if (phase === outcomePhase) {
      const leftRows = hasTransform(checked) ? rowsLeft(piece.rows, left, rowCount) : undefined
      return this.batches.outcome(piece, { rows: rowCount, left: leftRows, errText })
    }
    if (rowCount !== piece.rows) {
      throw new DdbError(
        'DDB_PROTOCOL',
        `the server claimed ${rowsText(rowCount ?? 0)} of ${pieceText(piece)}, which has ${piece.rows}`,
      )
    }
    move(state, piece, 'claimed')
  }
}

/** Refusals because of the rows: another attempt would be refused alike. */
const ofRows: readonly Refusal[] = ['rows', 'tooLarge']
