/*
  The objects of a run on one node of the server: the ledger (table of receipts), the session that reads it, and the sessions that send
  data. All sessions connect to the same node, because shared tables exist only on one node.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, type DdbError, ServerError } from '../../../errors.js'
import type { Value } from '../../../protocol/value.js'
import { tryUntil, type RetryRules } from '../../connection/retry.js'
import { askFunction, askIdle, askSchema } from '../../connection/server-queries.js'
import { pieceTable, type Piece } from '../../outcomes/pieces.js'
import { isUnfinished } from '../../run.js'
import { jsonToValue } from '../../target/target.js'
import { askOutcome, type Answer } from '../answers.js'
import { replacedError } from '../delivery.js'
import {
  leaveLedger,
  ledgerExists,
  openLedger,
  readLedger,
  type Ledger,
  type LedgerRow,
} from './ledger.js'
import { deliverArguments, deliverFunction, type Copy } from './script.js'
import {
  askBarrier,
  connectData,
  defineFunctions,
  isSameNode,
  mayBeTemporary,
  neverUsed,
  openControl,
  openEarly,
  remainingMs,
  type BarrierAnswer,
  type EarlySession,
  type Memory,
  type SessionSetup,
} from './sessions.js'

export interface ReceiptNodeSetup extends SessionSetup {
  readonly rules: RetryRules
  readonly columnNames: readonly string[]
  /** The number of the next ledger, never twice in a run, and the number of this process in the register. */
  readonly nextLedger: () => { readonly number: number; readonly processNo: number }
  /** False if the server refuses the ledger: its answers are then the only receipts. */
  readonly hasLedger: boolean
}

/** Learns what the server answers, in a run whose batches are answered. */
export interface AnswerListener {
  heard(copy: Copy, answer: Answer): void
}

/** The share of the reconnecting time in which the run tries only the nodes that the user has named: 1/4. */
const ownShare = 4

export class ReceiptNode {
  readonly #setup: ReceiptNodeSetup
  readonly #leading: readonly Value[]
  #control: Session
  /** One session for each connection of the run. Without lanes, a batch may use any of them. */
  readonly #data: Session[] = []
  /** The session on which each piece was last sent. */
  readonly #carriers = new WeakMap<Piece, Session>()
  /** Sessions that did not answer the last `barrier`. */
  #silent: readonly Session[] = []
  /** Data sessions that were lost. The server may still be working for them. */
  readonly #formerIds: string[] = []
  #ledger: Ledger | undefined
  /** Number of answered batches since the ledger was created. */
  #answers = 0
  /** Set before the first batch is sent. */
  listener: AnswerListener | undefined

  private constructor(setup: ReceiptNodeSetup, control: Session) {
    const { target } = setup.run.checked
    this.#setup = setup
    this.#leading = target.kind === 'function' ? target.functionArguments.map(jsonToValue) : []
    this.#control = control
  }

  /**
   * @param control  belongs to the node from now on, unless an error is thrown
   * @param early  the first data session, on the same node
   * @throws {ServerError} if the server refuses something that receipts need
   * @throws {DdbError} DDB_LOCKED if a different run has this run's name
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  static async open(
    setup: ReceiptNodeSetup,
    control: Session,
    early: EarlySession = openEarly(setup.run, control),
  ): Promise<ReceiptNode> {
    const { run, rules } = setup
    const timeoutMs = run.checked.confirmTimeoutMs
    const deadlineMs = rules.clock.nowMs() + rules.reconnectMs
    const node = new ReceiptNode(setup, control)
    try {
      if (setup.hasLedger) await node.#beginLedger(timeoutMs)
      const open = (): Promise<void> => node.#openMissing(deadlineMs, early)
      await tryUntil(deadlineMs, rules, open, mayBeTemporary)
      return node
    } catch (error) {
      node.abandon('data', neverUsed())
      await early.giveUp()
      const farewellMs = Math.min(longestFarewellMs, timeoutMs)
      // If an earlier process has worked on the run, the next process still needs the ledger.
      const isKept = run.history.found.processes > 0
      const ledger = node.#ledger
      if (ledger !== undefined) await leaveLedger(control, ledger, isKept, farewellMs)
      throw error
    }
  }

  async #beginLedger(timeoutMs: number): Promise<void> {
    const { run, nextLedger } = this.#setup
    this.#ledger = await openLedger(this.#control, run.history.name, nextLedger(), timeoutMs)
    this.#answers = 0
  }

  /** Undefined if the server refuses it. */
  get ledger(): Ledger | undefined {
    return this.#ledger
  }

  /** Whether the server answers each batch, on the connection that carried it. */
  get carriesOneBatch(): boolean {
    return this.#setup.run.checked.mode === 'sync'
  }

  get isLost(): boolean {
    return this.#control.closed || this.#data.some(({ closed }) => closed)
  }

  get isControlLost(): boolean {
    return this.#control.closed
  }

  get bufferedBytes(): number {
    return this.#data.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
  }

  /**
   * Sends one copy of a batch. A lost connection is not an error here, because the batch stays open.
   * @param connection  index of the connection, from 0
   * @returns whether there is room for more
   */
  send(piece: Piece, sendNo: number, connection: number): boolean {
    const session = this.#data[connection]!
    this.#carriers.set(piece, session)
    const { place, cut, attempt } = piece
    const copy = { place, cut, attempt, sendNo }
    const table = pieceTable(piece, this.#setup.columnNames)
    const arguments_ = deliverArguments(copy, this.#leading, table)
    if (this.carriesOneBatch) {
      void askOutcome(session, arguments_, this.#ledger !== undefined).then(answer => {
        this.#answers++
        this.listener!.heard(copy, answer)
      })
      return true
    }
    try {
      return session.send(deliverFunction, arguments_)
    } catch (error) {
      if (error instanceof ConnectionError) return true
      throw error
    }
  }

  /** Whether the connection that carried the last copy of the piece is still open; false if this process has sent none. */
  carries(piece: Piece): boolean {
    const session = this.#carriers.get(piece)
    return session !== undefined && !session.closed && this.#data.includes(session)
  }

  /** Resolves once the kernel has room, or a connection is lost. */
  async drained(): Promise<void> {
    try {
      await Promise.all(this.#data.map(session => session.drained()))
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
    }
  }

  /**
   * Returns the new rows of the ledger.
   * @throws {ServerError} if the ledger is gone
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  read(timeoutMs: number): Promise<LedgerRow[]> {
    if (this.#ledger === undefined) return Promise.resolve([])
    return readLedger(this.#control, this.#ledger, timeoutMs)
  }

  /** Number of known rows of the current ledger: each answer stands for a claim and an outcome. */
  get ledgerRows(): number {
    return (this.#ledger?.seen ?? 0) + 2 * this.#answers
  }

  /** Whether the ledger is still there; without a ledger, whether the server answers. @throws {ConnectionError} @throws {TimeoutError} */
  ledgerExists(timeoutMs: number): Promise<boolean> {
    return ledgerExists(this.#control, this.#ledger, timeoutMs)
  }

  /**
   * Whether the server has no work for this run's data; undefined if it does not report it.
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  async isIdle(timeoutMs: number): Promise<boolean | undefined> {
    const asking = { session: this.#control, timeoutMs }
    const { dataSessions } = this.#setup.run.history.found
    // The server may still be working on batches of lost connections, or of an earlier process.
    return askIdle(asking, ...this.#data.map(({ id }) => id), ...this.#formerIds, ...dataSessions)
  }

  /**
   * Sends a query on every data session. A server that answers has read everything that was sent before the query. On a purely
   * asynchronous session the server never answers, so there it must suffice that the server is idle.
   * @param idle  the result of `isIdle`
   * @throws {ConnectionError}
   */
  async barrier(timeoutMs: number, idle: boolean | undefined): Promise<BarrierAnswer> {
    const answers = await Promise.all(
      this.#data.map(session => askBarrier(session, timeoutMs, idle)),
    )
    this.#silent = this.#data.filter((_, i) => answers[i] === 'silent')
    const worst = (['silent', 'unknown', 'forgotten'] as const).find(one => answers.includes(one))
    return worst ?? 'passed'
  }

  /**
   * Repeats the definitions of the functions that write batches, on every data session: the server has forgotten them.
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  define(timeoutMs: number): Promise<unknown> {
    return Promise.all(this.#data.map(session => this.#define(session, timeoutMs)))
  }

  #define(data: Session, timeoutMs: number): Promise<void> {
    return defineFunctions(this.#setup, this.#control, data, this.#ledger, timeoutMs)
  }

  /** Sends queries on the session that reads the ledger. */
  ask<T>(question: (control: Session) => Promise<T>): Promise<T> {
    return question(this.#control)
  }

  /** Abandons connections; `restore` replaces them. `silent`: the data connections that did not answer the last `barrier`. */
  abandon(which: 'control' | 'data' | 'silent', reason: ConnectionError): void {
    const sessions =
      which === 'control' ? [this.#control] : which === 'data' ? this.#data : this.#silent
    // The array has holes for sessions that could not be opened. `forEach` skips them.
    sessions.forEach(session => session.abandon(reason))
  }

  /**
   * Reopens lost connections.
   * @param deadlineMs  limit for all attempts together
   * @throws {ConnectionError} DDB_CONNECTION_LOST if the server does not come back
   * @throws {DdbError} DDB_LOCKED if a different run has taken this run's name
   * @throws {ServerError}
   */
  async restore(deadlineMs: number): Promise<Memory> {
    const { run, rules } = this.#setup
    const nowMs = rules.clock.nowMs()
    // The lost node may come back, and no other node can report the outcome of its batches.
    const isOwed = run.state.inFlightCount > 0 && run.server.liveNodes.length > 0
    const namedUntilMs = isOwed ? nowMs + (deadlineMs - nowMs) / ownShare : nowMs
    let memory: Memory = 'kept'
    const attempt = async (): Promise<void> => {
      if (this.#control.closed) {
        const found = await this.#openControl(deadlineMs, namedUntilMs)
        memory = this.#ledger === undefined ? 'unknown' : found
        // Data must be sent to the node that answers the queries.
        for (const session of this.#data) {
          if (found === 'lost' || !isSameNode(this.#control, session)) {
            session.abandon(replacedError())
          }
        }
      }
      if (memory !== 'lost') await this.#openMissing(deadlineMs)
    }
    try {
      await tryUntil(deadlineMs, rules, attempt, mayBeTemporary)
    } catch (error) {
      if (!mayBeTemporary(error)) throw error
      // If the first connection fails, the error is DDB_CONNECT instead.
      throw new ConnectionError(
        'DDB_CONNECTION_LOST',
        `the connection was lost and could not be opened again: ${(error as DdbError).message}`,
        { cause: error },
      )
    }
    return memory
  }

  /**
   * Replaces the session for queries, and determines whether the server still knows this run.
   * @param namedUntilMs  time until which the run tries only the nodes that the user has named
   */
  async #openControl(deadlineMs: number, namedUntilMs: number): Promise<Memory> {
    const { run, rules } = this.#setup
    const isWaited = rules.clock.nowMs() < namedUntilMs
    if (!isWaited) run.server.reachOut()
    const former = this.#control
    const untilMs = isWaited ? namedUntilMs : deadlineMs
    const [control, memory] = await openControl(run, this.#ledger, untilMs)
    if (!isSameNode(control, former)) {
      const [from, to] = [former, control].map(({ host, port }) => `${host}:${port}`)
      run.reporter.notice(`${from} is lost: the run continues with ${to}`)
    }
    this.#control = control
    return memory
  }

  /** Opens missing or lost data sessions, all at the same time, because a run may have many. */
  async #openMissing(deadlineMs: number, early?: EarlySession): Promise<void> {
    const { run, rules } = this.#setup
    const opening = Array.from({ length: run.checked.connections }, async (_, i) => {
      const former = this.#data[i]
      if (former?.closed === false) return
      if (former !== undefined) this.#formerIds.push(former.id)
      const data = await (early?.take() ?? connectData(run, this.#control, { deadlineMs }))
      try {
        run.note({ dataSessions: [...run.history.now.dataSessions, data.id] })
        await this.#define(data, remainingMs(rules, deadlineMs))
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
   * Begins a new ledger, and removes the old one if the server has not lost it.
   * @returns false if the server has lost the target
   */
  async reopen(deadlineMs: number): Promise<boolean> {
    const { run, rules } = this.#setup
    const { target } = run.checked
    const former = this.#ledger
    const asking = { session: this.#control, timeoutMs: remainingMs(rules, deadlineMs) }
    try {
      if (target.kind === 'function') await askFunction(asking, target.name)
      else await askSchema(asking, target.table)
      await this.#beginLedger(remainingMs(rules, deadlineMs))
      await this.#openMissing(deadlineMs)
      await this.define(remainingMs(rules, deadlineMs))
      const leftMs = remainingMs(rules, deadlineMs)
      if (former !== undefined) await leaveLedger(this.#control, former, false, leftMs)
      return true
    } catch (error) {
      if (error instanceof ServerError) return false
      throw error
    }
  }

  /**
   * Removes the ledger, for which nothing waits, or leaves it to the process that resumes the run.
   */
  async finish(timeoutMs: number): Promise<void> {
    const { run } = this.#setup
    if (this.#ledger === undefined) return
    const isLeft = isUnfinished(run)
    if (!isLeft) run.note({ hasLeftServer: true })
    const leaving = leaveLedger(this.#control, this.#ledger, isLeft, timeoutMs)
    if (isLeft) await leaving
  }

  /** Closes all sessions, each after the server has received everything. Ignores lost connections. */
  async close(): Promise<void> {
    const closings = [...this.#data, this.#control].map(session => session.close())
    for (const closing of await Promise.allSettled(closings)) {
      if (closing.status === 'rejected' && !(closing.reason instanceof ConnectionError)) {
        throw closing.reason as Error
      }
    }
  }

  leave(reason: ConnectionError): void {
    this.abandon('data', reason)
    this.#control.abandon(reason)
  }
}

/** Time limit for a server whose answer does not matter. */
const longestFarewellMs = 5_000
