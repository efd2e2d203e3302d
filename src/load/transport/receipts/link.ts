/*
  The link between a run and its server: the state of the connection. Three tasks share it: to take receipts, from the
  ledger (the server-side table of receipts) or from answers, to investigate silence, and to reopen lost connections.
*/
import { ConnectionError, DdbError } from '../../../errors.js'
import { wait } from '../../../platform/clocks.js'
import type { RetryRules } from '../../connection/retry.js'
import { OutcomeHandler } from '../../outcomes/outcome-handler.js'
import type { Outcome } from '../../outcomes/refusal-decision.js'
import type { OpenBatch } from '../../outcomes/fold.js'
import { partText, type BatchPart } from '../../outcomes/batch-part.js'
import type { Recorder } from '../../outcomes/recorder.js'
import { rowsText } from '../../outcomes/row-counts.js'
import { SendQueue } from '../../outcomes/send-queue.js'
import type { ServerAddress } from '../../options.js'
import type { Run } from '../../run.js'
import { asDdbError } from '../../run-ending.js'
import { hasTransform } from '../../target/target.js'
import { rowsLeft, type Answer } from '../answers.js'
import { classifyRefusal, type Refusal } from '../../outcomes/refusal.js'
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

/**
 * `silent`: the run abandoned a connection over which nothing arrived, and the ledger has had no new row since. `lost`: the server
 * may have lost confirmed rows from its memory. `unreachable`: both of these.
 *
 * In each state, the run may also be moving to a new node or a new ledger. The queue keeps track of that.
 */
export type LinkState = 'connected' | 'silent' | 'lost' | 'unreachable'

/**
 * `receipts`: the ledger contained new rows. `answered`: the run read the ledger, or reopened lost connections. `givenUp`: nothing
 * arrived over a connection. `gone`: the connection for queries was lost, or a query was not answered.
 */
export type LinkNews = 'receipts' | 'answered' | 'givenUp' | 'gone'

const transitions: Readonly<Record<LinkState, Readonly<Record<LinkNews, LinkState>>>> = {
  connected: { receipts: 'connected', answered: 'connected', givenUp: 'silent', gone: 'lost' },
  silent: { receipts: 'connected', answered: 'silent', givenUp: 'silent', gone: 'unreachable' },
  lost: { receipts: 'connected', answered: 'connected', givenUp: 'unreachable', gone: 'lost' },
  unreachable: {
    ...{ receipts: 'connected', answered: 'silent' },
    ...{ givenUp: 'unreachable', gone: 'unreachable' },
  },
}

const receiptsLost = 'sent by an earlier process, and the server has no receipts of that process'

export class ReceiptLink implements AnswerListener {
  readonly setup: LinkSetup
  readonly queue: SendQueue<ReceiptNode>
  readonly outcomeHandler: OutcomeHandler
  #state: LinkState = 'connected'
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
  /** Receipts of an earlier process for later attempts than this process has made, by batch number. */
  readonly #ahead = new Map<number, LedgerRow[]>()

  constructor(setup: LinkSetup) {
    this.setup = setup
    this.queue = new SendQueue(setup.run, setup.node, error => {
      setup.run.ending.fail(error)
      this.outcomeHandler.stop(error)
    })
    const { run, recorder, rules } = setup
    const fail = (error: unknown): void => this.fail(error)
    this.outcomeHandler = new OutcomeHandler({ run, recorder, rules, fail }, this.queue)
    this.useNode(setup.node)
  }

  useNode(node: ReceiptNode): void {
    this.queue.node = node
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
    const isAwaited = this.setup.run.state.open.size === 0 || this.queue.leader !== undefined
    if (isAwaited || this.#isInDoubt) this.lookNow()
    this.wake()
  }

  /** Whether receipts came as answers since the last call. */
  takeAnswers(): boolean {
    const hasAnswers = this.#hasAnswers
    this.#hasAnswers = false
    if (!hasAnswers) return false
    this.news()
    this.hears('receipts')
    return true
  }

  /** Whether the ledger has to be read: it has the only receipts, or the receipts of answers that were missed. */
  get needsLedger(): boolean {
    return !this.queue.node.carriesOneBatch || this.#isInDoubt
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
   * Continues with a part of a batch that an earlier process sent, or was about to send.
   * @param isSent  false if the part is certainly not stored, according to the journal
   */
  takeUp(part: BatchPart, isSent: boolean, hasNoReceipt: boolean): void {
    const { earlier } = this.setup
    const isKnown = earlier.isLedgerKept && !hasNoReceipt
    const receipts = isKnown ? earlier.of(part) : []
    const last = receipts.at(-1)
    if (last === undefined && !isSent) return void this.queue.add(part)
    if (last !== undefined && this.#beginsAnew(last, isSent)) {
      return void this.queue.add(part, last.attempt + 1)
    }
    this.#isInDoubt = true
    const batch = this.outcomeHandler.takeUp(part, {
      attempt: last?.attempt,
      isLost: isKnown ? undefined : receiptsLost,
      resends: earlier.resends,
    })
    try {
      for (const row of receipts) {
        const isOpen = batch.state !== 'closed'
        const outcome = isOpen ? readReceipt(this.setup.run, batch, part, row) : undefined
        if (outcome !== undefined) this.outcomeHandler.apply(batch, outcome)
      }
    } catch (error) {
      // Does not throw, because the batch is already open. The failing run gives it an outcome with all other open batches.
      this.fail(error)
    }
  }

  /** Whether the part needs another attempt: the last one certainly stored nothing, and its cause may be gone by now. */
  #beginsAnew({ phase, rowCount, errText }: LedgerRow, isSent: boolean): boolean {
    if (phase !== outcomePhase || rowCount !== -1) return false
    const { allOrNothing } = this.setup.recorder.target
    return !isSent || (allOrNothing && !ofRows.includes(classifyRefusal(errText)))
  }

  /** Whether an earlier process has sent a part of which its journal knows nothing: the end of the journal was lost. */
  isBegun(part: BatchPart): boolean {
    return this.setup.earlier.isLedgerKept && this.setup.earlier.of(part).length > 0
  }

  get state(): LinkState {
    return this.#state
  }

  get isSilent(): boolean {
    return this.#state === 'silent' || this.#state === 'unreachable'
  }

  get isMemoryUnsure(): boolean {
    return this.#state === 'lost' || this.#state === 'unreachable'
  }

  hears(news: LinkNews): void {
    this.#state = transitions[this.#state][news]
    if (news === 'receipts') this.#reconnects = 0
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
    this.hears('givenUp')
    const reason = 'the server does not answer on this connection'
    this.queue.node.abandon(which, new ConnectionError('DDB_CONNECTION_LOST', reason))
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

  /** Stores a receipt of an earlier process for a later attempt. It is applied when this process makes that attempt. */
  #keepIfAhead(row: LedgerRow): void {
    const batch = this.queue.at(row.place)
    if (batch === undefined || row.attempt <= batch.attempt) return
    const rows = this.#ahead.get(batch.no)
    if (rows === undefined) this.#ahead.set(batch.no, [row])
    else rows.push(row)
  }

  /** Applies the receipts in `#ahead` for attempts that this process has made in the meantime. */
  takeAhead(): void {
    if (this.#ahead.size === 0) return
    const { run } = this.setup
    for (const [no, rows] of [...this.#ahead]) {
      const batch = run.state.open.get(no)
      const later = rows.filter(({ attempt }) => batch !== undefined && attempt > batch.attempt)
      const isWaiting = batch?.state === 'sent' || batch?.state === 'claimed'
      if (batch !== undefined && !isWaiting) continue
      if (later.length === 0) this.#ahead.delete(no)
      else this.#ahead.set(no, later)
      for (const row of rows) {
        if (row.attempt === batch?.attempt) this.take(row)
      }
    }
  }

  take(row: LedgerRow): void {
    const { earlier, run } = this.setup
    const batch = this.queue.at(row.place)
    if (batch === undefined) {
      if (row.sendNo <= run.state.earlierSendNo) earlier.add(row)
      return
    }
    if (row.attempt === 0 && this.queue.isEarlier(batch)) run.emit({ kind: 'found', no: batch.no })
    const outcome = readReceipt(run, batch, this.queue.partOf(batch), row)
    this.#keepIfAhead(row)
    if (outcome !== undefined) this.outcomeHandler.apply(batch, outcome)
  }
}

/** Refusals because of the rows: another attempt would be refused alike. */
const ofRows: readonly Refusal[] = ['rows', 'tooLarge']

/**
 * Interprets a row of the ledger. A claim (the server has begun the batch) becomes an event; an outcome is returned. Other rows, such as those of different attempts, have no effect.
 * @throws {DdbError} DDB_PROTOCOL if the row cannot belong to anything sent
 */
function readReceipt(
  { state, emit, checked }: Pick<Run, 'state' | 'emit' | 'checked'>,
  batch: OpenBatch,
  part: BatchPart,
  row: LedgerRow,
): Outcome | undefined {
  // Receipts of earlier attempts change nothing, because these are over. `#keepIfAhead` stores those of later attempts.
  if (batch.attempt !== row.attempt) return undefined
  if (row.phase !== claimPhase && row.phase !== outcomePhase) return undefined
  if (batch.state !== 'sent' && batch.state !== 'claimed') return undefined
  if (row.sendNo > state.earlierSendNo && !batch.sendNos.includes(row.sendNo)) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server has a receipt for transmission ${row.sendNo} of ${partText(part)}, which was never sent`,
    )
  }
  if (row.cut !== part.cut) throw cutElsewhere()
  if (row.phase === outcomePhase) {
    const left = hasTransform(checked) ? rowsLeft(batch.rows, row.left, row.rowCount) : undefined
    return { rows: row.rowCount, left, errText: row.errText }
  }
  if (row.rowCount !== batch.rows) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server claimed ${rowsText(row.rowCount ?? 0)} of ${partText(part)}, which has ${batch.rows}`,
    )
  }
  emit({ kind: 'claimed', no: batch.no })
  return undefined
}
