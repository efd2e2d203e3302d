/*
  The objects of a run on one node of the server: the ledger (table of receipts), the session that reads it, and the sessions that send
  data. All sessions connect to the same node, because shared tables exist only on one node.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, type DdbError, ServerError, TimeoutError } from '../../../errors.js'
import type { Value } from '../../../protocol/value.js'
import { connectRun, type ConnectRules } from '../../connection/connect.js'
import { tryUntil, type RetryRules } from '../../connection/retry.js'
import { askFunction, askIdle, askSchema } from '../../connection/server-queries.js'
import type { Outlet } from '../../outcomes/batches.js'
import { pieceTable, type Piece } from '../../outcomes/pieces.js'
import { classifyRefusal } from '../../outcomes/refusals.js'
import {
  askMemory,
  checkClaim,
  checkScript,
  claimAnswers,
  nameTakenError,
} from '../../register/register.js'
import { isUnfinished, type Run } from '../../run.js'
import { hasTransform, jsonToValue, type UpsertForm } from '../../target/target.js'
import { askOutcome, type Answer } from '../answers.js'
import { replacedError } from '../delivery.js'
import {
  leaveLedger,
  ledgerExists,
  nextHead,
  openLedger,
  readLedger,
  type Ledger,
  type LedgerRow,
} from './ledger.js'
import { deliverArguments, deliverFunction, deliverScript, type Copy } from './script.js'

export interface ReceiptNodeSetup {
  readonly run: Run
  readonly rules: RetryRules
  /** Default: `usualUpsert`. */
  readonly upsert?: UpsertForm | undefined
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

/** Whether the server still knows the run after the connection was lost. */
export type Memory =
  | 'kept'
  /** The server has no trace of the run: it has restarted, or this is a different node. */
  | 'lost'
  /** The server keeps nothing of the run. */
  | 'unknown'

/** The result of a query that was sent after all data. */
export type BarrierAnswer =
  /** The server has read everything, and still has the functions that write batches. */
  | 'passed'
  /** The server has read everything, but may have forgotten the functions that write batches. */
  | 'forgotten'
  | 'unknown'
  | 'silent'

/** A data session that is opened before the run knows whether it needs the session. */
export interface EarlySession {
  /** The session, for the first caller, which must use or close it. Later calls of `giveUp` do nothing. */
  take(): Promise<Session> | undefined
  giveUp(): Promise<void>
}

/** Begins to open a data session at once, because round trips may be long and the session depends on no earlier answer. */
export function openEarly(run: Run, control: Session): EarlySession {
  const givenUp = new AbortController()
  const connecting = connectData(run, control, {
    deadlineMs: run.platform.clock.nowMs() + run.checked.retryTimeoutMs,
    signal: AbortSignal.any([run.ending.leaving, givenUp.signal]),
  })
  connecting.catch(() => undefined)
  let isTaken = false
  return {
    take() {
      if (isTaken) return undefined
      isTaken = true
      return connecting
    },
    async giveUp() {
      if (isTaken) return
      isTaken = true
      givenUp.abort(neverUsed())
      await connecting.then(session => session.abandon(neverUsed())).catch(() => undefined)
    },
  }
}

/** Opens a data session on a node. Defines no functions on it. */
function connectData(
  run: Run,
  node: Session,
  rules: Pick<ConnectRules, 'deadlineMs' | 'signal'>,
): Promise<Session> {
  return connectRun(run, {
    node,
    ...rules,
    highWaterBytes: run.checked.maxInFlightBytes,
    ...(run.checked.mode === 'sync' ? {} : run.server.dataSession),
  })
}

/** The share of the reconnecting time in which the run tries only the nodes that the user has named: 1/4. */
const ownShare = 4

export class ReceiptNode implements Outlet {
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

  /** Whether the connection that carried the last copy of the piece is still open. */
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
    const tellsLeft = hasTransform(this.#setup.run.checked)
    return readLedger(this.#control, this.#ledger, timeoutMs, tellsLeft)
  }

  /** Number of known rows of the current ledger: each answer stands for a claim and an outcome. */
  get ledgerRows(): number {
    return (this.#ledger?.seen ?? 0) + 2 * this.#answers
  }

  /** @returns a function that removes the current ledger; call it after a new ledger has replaced this one */
  leavesLedger(timeoutMs: number): () => Promise<void> {
    const ledger = this.#ledger
    return async () => {
      if (ledger !== undefined && ledger.name !== this.#ledger?.name) {
        await leaveLedger(this.#control, ledger, false, timeoutMs)
      }
    }
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

  /**
   * Defines the functions that write batches, and in the same request checks once more that the run has its name: the register has the run since
   * a round trip ago, so any process that saw no register at that time has made its own by now. On an asynchronous session, the server does not report errors in
   * the functions.
   */
  async #define(data: Session, timeoutMs: number): Promise<void> {
    const { run, upsert } = this.#setup
    const { name } = run.history
    const ledger = this.#ledger
    const functions = deliverScript(ledger, run.checked.target, upsert)
    if (ledger === undefined || ledger.isChecked || !name.isRegistered) {
      return void (await data.run(functions, { timeoutMs }))
    }
    const checking = `${checkScript(name, ledger.processNo)}${claimAnswers}`
    // A purely asynchronous session answers nothing.
    if (data.enableAsync) await data.run(functions, { timeoutMs })
    const claim = data.enableAsync
      ? await this.#control.run(checking, { timeoutMs })
      : await data.run(`${functions}${checking}`, { timeoutMs })
    await checkClaim(this.#control, claim, name, ledger.name, ledger.processNo, timeoutMs)
    ledger.isChecked = true
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
    const { run } = this.#setup
    const { name } = run.history
    const isWaited = run.platform.clock.nowMs() < namedUntilMs
    if (!isWaited) run.server.reachOut()
    const untilMs = isWaited ? namedUntilMs : deadlineMs
    const control = await connectRun(run, { deadlineMs: untilMs })
    try {
      const ledger = this.#ledger
      const head = ledger && { name: ledger.name, headRow: nextHead(ledger, BigInt(control.id)) }
      const state = await askMemory(control, name, head, this.#remainingMs(untilMs))
      if (state === 'taken') throw await nameTakenError(control, name, this.#remainingMs(untilMs))
      if (!isSameNode(control, this.#control)) {
        const [from, to] = [this.#control, control].map(({ host, port }) => `${host}:${port}`)
        run.reporter.notice(`${from} is lost: the run continues with ${to}`)
      }
      this.#control = control
      return state === 'ours' ? 'kept' : 'lost'
    } catch (error) {
      control.abandon(replacedError())
      throw error
    }
  }

  /** Opens missing or lost data sessions, all at the same time, because a run may have many. */
  async #openMissing(deadlineMs: number, early?: EarlySession): Promise<void> {
    const { run } = this.#setup
    const opening = Array.from({ length: run.checked.connections }, async (_, i) => {
      const former = this.#data[i]
      if (former?.closed === false) return
      if (former !== undefined) this.#formerIds.push(former.id)
      const connecting = early?.take() ?? connectData(run, this.#control, { deadlineMs })
      this.#data[i] = await this.#openData(connecting, deadlineMs)
    })
    const failed = (await Promise.allSettled(opening)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason as Error
  }

  async #openData(connecting: Promise<Session>, deadlineMs: number): Promise<Session> {
    const { run } = this.#setup
    const data = await connecting
    try {
      run.note({ dataSessions: [...run.history.now.dataSessions, data.id] })
      await this.#define(data, this.#remainingMs(deadlineMs))
      return data
    } catch (error) {
      data.abandon(replacedError())
      throw error
    }
  }

  /** At least 1 ms. */
  #remainingMs(deadlineMs: number): number {
    return Math.max(1, Math.ceil(deadlineMs - this.#setup.rules.clock.nowMs()))
  }

  /**
   * Begins a new ledger after the server has lost the old one.
   * @returns false if the server has also lost the target
   */
  async reopen(deadlineMs: number): Promise<boolean> {
    const { target } = this.#setup.run.checked
    const asking = { session: this.#control, timeoutMs: this.#remainingMs(deadlineMs) }
    try {
      if (target.kind === 'function') await askFunction(asking, target.name)
      else await askSchema(asking, target.table)
      await this.#beginLedger(this.#remainingMs(deadlineMs))
      await this.#openMissing(deadlineMs)
      await this.define(this.#remainingMs(deadlineMs))
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

/**
 * Asks on a data session whether the server still has the function that writes batches.
 * @param idle  whether the server has no work for the data sessions; undefined if it does not say
 * @throws {ConnectionError} @throws {ServerError}
 */
async function askBarrier(
  session: Session,
  timeoutMs: number,
  idle: boolean | undefined,
): Promise<BarrierAnswer> {
  if (session.enableAsync) return idle === true ? 'forgotten' : 'unknown'
  try {
    const known = await session.run(`defined("${deliverFunction}", DEF)`, { timeoutMs })
    return known?.form === 'scalar' && known.value === false ? 'forgotten' : 'passed'
  } catch (error) {
    if (error instanceof TimeoutError) return 'silent'
    throw error
  }
}

function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

function mayBeTemporary(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  return error instanceof ServerError && classifyRefusal(error.received) === 'transient'
}

function isSameNode(a: Session, b: Session): boolean {
  return a.host === b.host && a.port === b.port
}
