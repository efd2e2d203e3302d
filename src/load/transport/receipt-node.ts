/* The objects of a run on one node of the server: the ledger (table of receipts), the session that reads it, and the sessions that send
   data. All sessions connect to the same node, because shared tables exist only on one node. */
import { addressText } from '../../client/failure.js'
import type { Session } from '../../client/open-session.js'
import {
  ConnectionError,
  DdbError,
  ProtocolError,
  ServerError,
  TimeoutError,
} from '../../errors.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import {
  connectRun,
  ignoreLoss,
  neverUsed,
  redirected,
  tryAtStart,
  tryUntil,
} from '../connection/connect.js'
import { ask, askFunction, askIdle, askSchema, type Asking } from '../connection/server-queries.js'
import type { ServerAddress } from '../../client/session-options.js'
import type { Piece } from '../outcomes/pieces.js'
import { isTransient } from '../outcomes/refusals.js'
import { namesBefore } from '../outcomes/turns.js'
import { askMemory, askRegister, checkClaim } from '../register/register.js'
import { isUnfinished, type Run } from '../run.js'
import { tableText, watchedTable } from '../target/target.js'
import {
  type Answer,
  askOutcome,
  type Copy,
  deliverArguments,
  deliverFunction,
  deliverScript,
  dropLedger,
  headRow,
  type Ledger,
  ledgerQuery,
  type LedgerRow,
  ledgerRows,
  openLedger,
  writerRow,
} from './script.js'

/** Limit of rows of the ledger per query: about two megabytes. */
const rowsPerRead = 20_000

/** Time limit for each wait for the server at the end of a run. */
export const longestFarewellMs = 5_000

/** What the server knows of the run after a lost connection. `lost`: it restarted, or is another node. `unknown`: it keeps nothing. */
export type Memory = 'kept' | 'lost' | 'unknown'

export class ReceiptNode {
  readonly #run: Run
  readonly #leading: readonly Value[]
  readonly #columnNames: readonly string[]
  /** Reads the ledger. `restore` may replace it. */
  control: Session
  /** One session for each connection of the run. Without lanes, a batch may use any of them. */
  readonly #data: Session[] = []
  /** Undefined if the server refuses it: its answers are then the only receipts. */
  ledger: Ledger | undefined
  /** Learns what the server answers, in a run whose batches are answered. Set before the first batch is sent. */
  onAnswer: ((copy: Copy, answer: Answer) => void) | undefined

  private constructor(run: Run, control: Session) {
    const { target } = run.checked
    this.#run = run
    this.#leading = target.kind === 'function' ? target.functionArguments : []
    this.#columnNames = run.target.columns.map(({ name }) => name)
    this.control = control
  }

  /** @param control  belongs to the node, unless this throws @throws {ServerError} if receipts are refused @throws {DdbError} DDB_LOCKED, DDB_UNAVAILABLE */
  static async open(run: Run, hasLedger: boolean, control = run.control!): Promise<ReceiptNode> {
    const timeoutMs = run.checked.confirmTimeoutMs
    const deadlineMs = run.platform.clock.nowMs() + run.checked.retryTimeoutMs
    const node = new ReceiptNode(run, control)
    try {
      if (hasLedger) await node.#beginLedger(timeoutMs)
      const attempt = (ended: AbortSignal) => node.#openMissing(deadlineMs, ended)
      await tryAtStart(run, deadlineMs, mayBeTemporary, attempt)
      return node
    } catch (error) {
      node.abandon('data', neverUsed())
      // If an earlier process has worked on the run, the next process still needs the ledger.
      const isKept = run.history.found.begun.length > 0 || run.shared !== undefined
      const ledger = node.ledger
      if (ledger !== undefined && !isKept) {
        await dropLedger(node.#asking(Math.min(longestFarewellMs, timeoutMs)), ledger.name)
      }
      if (!lacks(ledger, error)) throw error
      const lost =
        'the server has lost the receipts of the run, as after a restart: repeat the command'
      throw new DdbError('DDB_UNAVAILABLE', lost, { cause: error })
    }
  }

  async #beginLedger(timeoutMs: number): Promise<void> {
    const { shared, history } = this.#run
    if (shared !== undefined) {
      const others = { isNew: false, processNo: 0, isChecked: true, heads: 0, seen: 0 }
      this.ledger = { ...shared.ledger, ...others }
      return
    }
    const asking = this.#asking(timeoutMs)
    const numbers = history.beginsLedger()
    this.ledger = await openLedger(asking, history.name, numbers, history.foundTokens)
    history.foundTokens = undefined
    if (!this.ledger.isNew || numbers.number > history.found.ledgerNumber) return
    // Somebody has just removed it. Later processes would think that this one had all receipts.
    await dropLedger(asking, this.ledger.name)
    await this.#beginLedger(timeoutMs)
  }

  #asking(timeoutMs: number): Asking {
    return { session: this.control, timeoutMs }
  }

  #leftMs(deadlineMs: number): number {
    const { platform, checked } = this.#run
    const leftMs = Math.min(deadlineMs - platform.clock.nowMs(), checked.confirmTimeoutMs)
    return Math.max(1, Math.ceil(leftMs))
  }

  /** Whether the server answers each batch, on the connection that carried it. */
  get isAnswered(): boolean {
    return this.#run.checked.mode === 'sync'
  }

  get isLost(): boolean {
    return this.control.closed || this.#data.some(({ closed }) => closed)
  }

  get bufferedBytes(): number {
    return this.#data.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
  }

  get unacknowledgedBytes(): number {
    return this.#data.reduce((sum, session) => sum + session.unacknowledgedBytes, 0)
  }

  /** Sends one copy of a batch. A lost connection is not an error here, because the batch stays open. @param after  as in `Copy` */
  send(piece: Piece, sendNo: number, after: number | undefined): void {
    const session = this.#data[piece.connection!]!
    piece.carrier = session
    const { place, attempt, whole } = piece
    const copy = { ...place, cut: whole.cut, attempt, sendNo, after }
    const rows = new SentRows(piece, this.#columnNames)
    const arguments_ = deliverArguments(copy, this.#leading, rows)
    if (this.isAnswered) {
      void askOutcome(session, arguments_, this.ledger !== undefined).then(answer => {
        this.onAnswer!(copy, answer)
      })
      return
    }
    try {
      session.send(deliverFunction, arguments_)
    } catch (error) {
      ignoreLoss(error)
    }
  }

  /** Resolves once the kernel has room. */
  async drained(): Promise<void> {
    await Promise.all(this.#data.map(session => session.drained())).catch(ignoreLoss)
  }

  /**
   * Returns the claims and outcomes since the last call, oldest first. Reads the last known row again, so that the server's answer is never
   * empty: the manual does not document how a server answers an empty range.
   * @throws {ServerError} if the ledger is gone
   */
  async read(timeoutMs: number): Promise<LedgerRow[]> {
    const { ledger } = this
    if (ledger === undefined) return []
    const overlap = Math.min(ledger.seen, 1)
    const query = ledgerQuery(ledger.name, ledger.seen - overlap, rowsPerRead + overlap)
    const answer = await ask(this.#asking(timeoutMs), query)
    if (answer?.form !== 'table' || answer.rows < overlap)
      throw new ServerError('', 'DDB_SERVER', `the ledger ${ledger.name} did not answer its rows`)
    ledger.seen += answer.rows - overlap
    return ledgerRows(answer, overlap)
  }

  /** Whether the ledger is still there; without a ledger, whether the server answers. */
  async ledgerExists(timeoutMs: number): Promise<boolean> {
    const { ledger } = this
    const script = ledger === undefined ? 'true' : `defined("${ledger.name}", SHARED)`
    const answer = await ask(this.#asking(timeoutMs), script)
    return answer?.form === 'scalar' && answer.value === true
  }

  /** Whether the server has no work for this run's data; undefined if it does not report it. */
  async isIdle(timeoutMs: number): Promise<boolean | undefined> {
    const { found, now } = this.#run.history
    // The server may still be working on batches of lost connections, or of another process.
    return askIdle(this.#asking(timeoutMs), ...found.dataSessions, ...now.dataSessions)
  }

  abandon(which: 'control' | 'data' | 'all', reason: ConnectionError): void {
    if (which !== 'data') this.control.abandon(reason)
    // The array has holes for sessions that could not be opened. `forEach` skips them.
    if (which !== 'control') this.#data.forEach(session => session.abandon(reason))
  }

  /** Reopens lost connections. @throws {ConnectionError} DDB_CONNECTION_LOST at the deadline @throws {DdbError} DDB_LOCKED */
  async restore(deadlineMs: number): Promise<Memory> {
    let memory: Memory = 'kept'
    const { control } = this
    const attempt = async (): Promise<void> => {
      if (this.control.closed) memory = await this.#reopenControl(deadlineMs)
      if (memory === 'lost') return
      try {
        await this.#openMissing(deadlineMs)
      } catch (error) {
        if (this.control !== control || !lacks(this.ledger, error)) throw error
        // The server has restarted, which this session does not show yet.
        control.abandon(replacedError())
        await attempt()
      }
    }
    try {
      await tryUntil(this.#run, deadlineMs, attempt, mayPass)
    } catch (error) {
      if (!mayPass(error)) throw error
      // If the first connection fails, the error is DDB_CONNECT instead.
      throw new ConnectionError(
        'DDB_CONNECTION_LOST',
        `the connection was lost and could not be opened again: ${(error as DdbError).message}`,
        { cause: error },
      )
    }
    return memory
  }

  async #reopenControl(deadlineMs: number): Promise<Memory> {
    const ledger = this.ledger
    const former = this.control
    const control = await connectRun(this.#run, { deadlineMs })
    let hasMemory
    try {
      const head = ledger && headRow(ledger.processNo, ledger.heads++, control.id)
      const asking = { session: control, timeoutMs: this.#leftMs(deadlineMs) }
      hasMemory = await askMemory(asking, this.#run.history.name, ledger?.name, head)
    } catch (error) {
      control.abandon(replacedError())
      throw error
    }
    this.#run.control = this.control = control
    const isSame = control.host === former.host && control.port === former.port
    if (!isSame) {
      const [from, to] = [former, control].map(({ host, port }) => addressText(host, port))
      this.#run.reporter.notice(`${from} is lost: the run continues with ${to}`)
    }
    // Data must be sent to the node that answers the queries.
    if (!hasMemory || !isSame) this.abandon('data', replacedError())
    return ledger === undefined ? 'unknown' : hasMemory ? 'kept' : 'lost'
  }

  /** Opens missing or lost data sessions, all at the same time, because a run may have many. */
  async #openMissing(deadlineMs: number, signal = this.#run.ending.leaving): Promise<void> {
    const opening = Array.from({ length: this.#run.checked.connections }, async (_, i) => {
      const former = this.#data[i]
      if (former?.closed === false) return
      const early = this.#run.early?.opening.pop()
      const data = await (early ??
        connectRun(this.#run, { node: this.control, deadlineMs, signal }))
      try {
        this.#run.note({ dataSessions: [...this.#run.history.now.dataSessions, data.id] })
        await this.#define(data, this.#leftMs(deadlineMs))
        this.#data[i] = data
      } catch (error) {
        data.abandon(replacedError())
        throw error
      }
    })
    for (const one of await Promise.allSettled(opening)) {
      if (one.status === 'rejected') throw one.reason as Error
    }
  }

  /**
   * Defines the functions that write batches, and in the same request checks once more that the run has its name: the register has the run
   * since a round trip ago, so any process that saw no register at that time has made its own by now.
   */
  async #define(data: Session, timeoutMs: number): Promise<void> {
    const { ledger } = this
    const { history, checked, shared, target } = this.#run
    const { name } = history
    const table = watchedTable(checked)
    const named = table === undefined ? '' : tableText(table)
    const writer = ledger === undefined ? '' : writerRow(ledger.name, data.id, named)
    const functions = `${writer}${deliverScript(ledger, checked.target, target.upsert, shared && data.id, namesBefore(this.#run))}`
    if (ledger === undefined || ledger.isChecked || !name.isRegistered) {
      return void (await data.run(functions, { timeoutMs }))
    }
    const known = await askRegister({ session: data, timeoutMs }, name.runId, functions)
    const claim = { ledger: ledger.name, processNo: ledger.processNo }
    await checkClaim(this.#asking(timeoutMs), known, name, claim)
    ledger.isChecked = true
  }

  /** Begins a new ledger, and removes the old one. @throws {ConnectionError} DDB_UNCONFIRMED if the server has lost the target */
  async reopen(deadlineMs: number): Promise<void> {
    const { target } = this.#run.checked
    const former = this.ledger
    const asking = this.#asking(this.#leftMs(deadlineMs))
    try {
      if (target.kind === 'function') await askFunction(asking, target.name)
      else await askSchema(asking, target.table)
      await this.#beginLedger(this.#leftMs(deadlineMs))
      // The functions of open sessions name the former ledger.
      const open = this.#data.filter(({ closed }) => !closed)
      await Promise.all(open.map(data => this.#define(data, this.#leftMs(deadlineMs))))
      await this.#openMissing(deadlineMs)
      if (former !== undefined) await dropLedger(asking, former.name)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      const lost = 'the server lost the receipts of this run: nothing more is sent'
      throw new ConnectionError('DDB_UNCONFIRMED', lost)
    }
  }

  /** Moves to the leader, with a new ledger, when no batch is open. Ignores errors of the former node. @throws as `open` */
  async moveTo(to: ServerAddress, timeoutMs: number): Promise<void> {
    this.#run.server = redirected(this.#run.server, to)
    const control = await connectRun(this.#run)
    try {
      const next = await ReceiptNode.open(this.#run, this.ledger !== undefined, control)
      this.finish(timeoutMs)
      await this.close().catch(() => this.abandon('all', replacedError()))
      this.#run.control = this.control = control
      this.ledger = next.ledger
      this.#data.splice(0, this.#data.length, ...next.#data)
    } catch (error) {
      await control.close().catch(() => undefined)
      throw error
    }
  }

  /** Removes the ledger, for which nothing waits, or leaves it to the process that resumes the run. */
  finish(timeoutMs: number): void {
    if (this.ledger === undefined || isUnfinished(this.#run) || this.#run.shared !== undefined)
      return
    void dropLedger(this.#asking(timeoutMs), this.ledger.name)
  }

  /** Closes all sessions, each after the server has received everything. */
  async close(): Promise<void> {
    const sessions = [...this.#data, this.control]
    await Promise.all(sessions.map(session => session.close().catch(ignoreLoss)))
  }
}

/** A class, because objects with getters of their own take long to make. */
class SentRows implements Table {
  readonly form = 'table'
  readonly name = ''
  readonly rows: number
  readonly columnNames: readonly string[]
  readonly #piece: Piece

  constructor(piece: Piece, columnNames: readonly string[]) {
    this.rows = piece.rows
    this.columnNames = columnNames
    this.#piece = piece
  }

  /** A call is encoded once the calls before it are answered. By then, the rows may have an outcome, and their memory other rows. */
  get columns(): readonly Column[] {
    if (this.#piece.state !== 'closed') return this.#piece.batch.columns
    throw new ConnectionError('DDB_CONNECTION_LOST', 'the rows have an outcome already')
  }
}

function replacedError(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'another connection replaced this one')
}

/** Whether the server has refused a request because it does not have the ledger any more. */
const lacks = (ledger: Ledger | undefined, error: unknown): boolean =>
  error instanceof ServerError && ledger !== undefined && error.received.includes(ledger.name)

function mayBeTemporary(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof TimeoutError || isTransient(error)
}

/** Of a server that has already answered. Until it is back, a proxy before it may answer in its place. */
const mayPass = (error: unknown): boolean => mayBeTemporary(error) || error instanceof ProtocolError
