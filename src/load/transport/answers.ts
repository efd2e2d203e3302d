/*
  Synchronous delivery: the server answers each batch on the same connection, and this answer is the receipt. Each connection
  carries at most one batch at a time.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Table, Value } from '../../protocol/value.js'
import { answerWatch, type SilenceWatch } from '../connection/idle-timeout.js'
import type { RetryRules } from '../connection/retry.js'
import { rowsGoneMessage } from '../evidence/evidence.js'
import { OutcomeHandler } from '../outcomes/outcome-handler.js'
import type { Outcome } from '../outcomes/refusal-decision.js'
import type { OpenBatch } from '../outcomes/fold.js'
import type { LaneRows } from '../outcomes/lane-batches.js'
import { newParts } from '../outcomes/lane-rows.js'
import { partTable, type BatchPart } from '../outcomes/batch-part.js'
import type { Recorder } from '../outcomes/recorder.js'
import { SendQueue, type Outlet } from '../outcomes/send-queue.js'
import type { ServerAddress } from '../options.js'
import { isUnfinished, type Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import { abandonAll, closeAll, type Delivery, type LeftParts, type Writer } from './delivery.js'
import { hasTransform } from '../target/target.js'
import type { RunNotes } from './run-notes.js'
import { answeredOutcome } from './transformed.js'

export interface AnsweredSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  readonly columnNames: readonly string[]
  /** Whether the server has no work for a session; undefined if the server does not report it. */
  readonly isIdle: (sessionId: string, timeoutMs: number) => Promise<boolean | undefined>
  /**
   * Opens the same number of sessions to the node that a redirect names.
   * @throws {ConnectionError} DDB_CONNECT
   */
  readonly follow: (to: ServerAddress) => Promise<readonly Session[]>
  /**
   * Called after the connection is lost.
   * @param silent  whether the server keeps its connections open but does not answer
   * @returns whether the confirmed rows are still in the server's memory
   */
  readonly remembers: (silent: boolean) => Promise<boolean>
  /**
   * Checks the target again. If the run has finished, also records its end.
   * @param leader  session to the node that received the last rows, unless that is the run's own node
   * @throws {DdbError} if the server cannot be asked
   */
  readonly look: (silent: boolean, leader: Session | undefined) => Promise<void>
  /** As `Evidence.learn`. */
  readonly learn: () => Promise<void>
  /** As `followedLook`. */
  readonly lookAgain: () => Promise<void>
  /** Whether a resumed run sends batches of unknown outcome again. */
  readonly resends: boolean
  readonly unmark: (() => Promise<void>) | undefined
  /** Records in the marker (the run's table on the server) that the run will be resumed. */
  readonly leaveMarked?: (() => Promise<void>) | undefined
  /** As `Delivery.checkOwner`. */
  readonly checkOwner: () => Promise<void>
  readonly notes: RunNotes
}

export const serverLostReason =
  'the server was lost, perhaps with rows in memory that it had confirmed'

/** The constructor opens no session. The delivery closes the sessions of the writer that it gets. */
export class AnsweredDelivery implements Delivery, Outlet {
  readonly used = 'answers' as const
  readonly isLost = false
  readonly bufferedBytes = 0
  readonly carriesOneBatch = true
  readonly #writer: Writer
  readonly #setup: AnsweredSetup
  readonly #queue: SendQueue
  readonly #outcomeHandler: OutcomeHandler
  #delivering: Promise<void> = Promise.resolve()
  /** Wakes the caller that waits for an outcome. */
  #settle = (): void => undefined
  #connection: 'open' | 'gone' | 'silent' = 'open'
  readonly #watches = new Map<Session, SilenceWatch>()
  #isMoving = false
  #hasMoved = false

  constructor(writer: Writer, setup: AnsweredSetup) {
    const { run, recorder, rules } = setup
    this.#writer = writer
    this.#setup = setup
    this.#queue = new SendQueue(run, this, error => this.#stop(error))
    const fail = (error: unknown): void => run.ending.fail(error)
    this.#outcomeHandler = new OutcomeHandler({ run, recorder, rules, fail }, this.#queue)
  }

  get inFlightBytes(): number {
    return this.#setup.run.state.openBytes
  }

  checkOwner(): Promise<void> {
    return this.#setup.checkOwner()
  }

  deliver(batch: Batch, lanes?: LaneRows, left?: LeftParts): Promise<void> {
    const { run, resends } = this.#setup
    const handed = (part: BatchPart): void =>
      run.emit({ kind: 'handedOver', rows: part.end - part.start })
    for (const part of left === undefined ? newParts(run, batch, lanes) : []) {
      this.#queue.addNew(part)
      handed(part)
    }
    for (const { part, isSent } of left?.parts ?? []) {
      const isLost = 'sent by an earlier process, which got no answer'
      if (isSent) this.#outcomeHandler.takeUp(part, { attempt: undefined, isLost, resends })
      else this.#queue.add(part)
      handed(part)
    }
    this.#delivering = this.#room()
    return this.#delivering
  }

  send(batch: OpenBatch, part: BatchPart, _sendNo: number, connection: number): boolean {
    this.#setup.notes.sending(part.ordinal)
    void this.#ask(batch, part, this.#writer.sessions[connection]!)
    return true
  }

  /** Sends one request and handles its answer. If no answer comes, the server may still have stored the part. */
  async #ask(batch: OpenBatch, part: BatchPart, session: Session): Promise<void> {
    const { run, columnNames } = this.#setup
    const isOpen = (): boolean => run.state.open.has(batch.no)
    try {
      const outcome = await this.#write(session, partTable(part, columnNames))
      if (isOpen()) this.#outcomeHandler.apply(batch, outcome)
      this.#goOn()
    } catch (error) {
      if (error instanceof ConnectionError) {
        this.#connection = error.code === 'DDB_UNCONFIRMED' ? 'silent' : 'gone'
      }
      // Comes first, because the run reports its first failure, which should be the cause and not a consequence.
      run.ending.fail(error)
      if (isOpen()) this.#outcomeHandler.giveUp(batch, 'no answer came')
      this.#stop(asDdbError(error))
    }
  }

  async #write(session: Session, table: Table): Promise<Outcome> {
    const { functionName, leading } = this.#writer
    const { kind, inMemory } = this.#setup.recorder.target
    try {
      const asked = session.call(functionName, [...leading, table])
      const answer = await this.#watchOf(session).until(asked)
      if (hasTransform(this.#setup.run.checked)) return answeredOutcome(answer, table.rows)
      const rows = kind === 'function' ? table.rows : rowsOf(answer, inMemory)
      return { rows, errText: '' }
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      return { rows: -1, errText: error.received }
    }
  }

  #watchOf(session: Session): SilenceWatch {
    const known = this.#watches.get(session)
    if (known !== undefined) return known
    const { run, rules, isIdle } = this.#setup
    const watch = answerWatch(session, timeoutMs => isIdle(session.id, timeoutMs), {
      clock: rules.clock,
      timeoutMs: run.checked.confirmTimeoutMs,
    })
    this.#watches.set(session, watch)
    return watch
  }

  #stop(error: DdbError): void {
    this.#setup.run.ending.fail(error)
    this.#outcomeHandler.stop(error)
    this.#goOn()
  }

  /**
   * Moves to the leader if the run must move and the server has no unanswered batch. Otherwise wakes the caller. Batches that
   * are still waiting to be sent do not prevent the move.
   */
  #goOn(): void {
    const mayMove = !this.#isMoving && this.#queue.transmitted().length === 0
    if (this.#queue.leader !== undefined && mayMove) void this.#moveToLeader()
    else this.#settle()
  }

  async #moveToLeader(): Promise<void> {
    this.#isMoving = true
    await this.#outcomeHandler.moveToLeader(async to => {
      const leader = await this.#setup.follow(to)
      await closeAll(this.#writer)
      this.#writer.sessions = leader
      this.#hasMoved = true
    })
    this.#isMoving = false
    this.#goOn()
  }

  /**
   * Resolves once a further batch may be sent. With one connection, all parts of the last batch then have an outcome.
   * @throws {DdbError} the failure that ended the run
   */
  async #room(): Promise<void> {
    const { run, recorder, learn, lookAgain } = this.#setup
    const isLearning = recorder.target.evidence?.learns === true
    await this.#until(
      () => !isLearning && run.state.open.size < run.checked.connections && this.#queue.hasRoom,
    )
    if (isLearning) await learn()
    await lookAgain()
    if (run.ending.failure !== undefined) throw run.ending.failure
    await this.#setup.notes.told()
  }

  /** Waits until every batch has an outcome, or there is room. */
  async #until(hasRoom: () => boolean): Promise<void> {
    const { open } = this.#setup.run.state
    while (open.size > 0 && !hasRoom()) {
      await new Promise<void>(resolve => (this.#settle = resolve))
    }
    if (open.size === 0) this.#outcomeHandler.endBisecting()
  }

  async finish(): Promise<void> {
    // The caller may not have waited for the last batch.
    await this.#delivering.catch(() => undefined)
    await this.#until(() => false)
    const { run, recorder, remembers, look } = this.#setup
    const isSilent = this.#connection === 'silent'
    if (this.#connection !== 'open' && recorder.holdsMemory && !(await remembers(isSilent))) {
      recorder.takeBack(serverLostReason, false)
      // The run has waited for the server in vain, and no row counts as confirmed now, so the target needs no check.
      return
    }
    if (run.ending.isLeaving) return
    try {
      await look(isSilent, this.#hasMoved ? this.#writer.sessions[0] : undefined)
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      recorder.replaced(rowsGoneMessage(`the server could not be asked: ${error.message}`), false)
    }
  }

  leave(reason: ConnectionError): void {
    abandonAll(this.#writer, reason)
    this.#outcomeHandler.endAll('no answer came')
    this.#goOn()
  }

  async close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.end()
    await closeAll(this.#writer)
    const { run, unmark, leaveMarked } = this.#setup
    if (isUnfinished(run)) return leaveMarked?.()
    run.emit({ kind: 'leaving' })
    await unmark?.()
  }
}

/**
 * tableInsert returns an INT, and tableUpsert a pair of inserted and updated rows (docs/server-semantics.md#inserting). The
 * sum of the pair shows whether rows lay outside a partition scheme. A table in memory has no scheme, so only its inserted
 * rows count.
 */
function rowsOf(answer: Value | undefined, inMemory: boolean): number {
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  if (
    answer?.form === 'pair' &&
    (answer.elements.type === 'LONG' || answer.elements.type === 'INT')
  ) {
    const { data } = answer.elements
    return Number(data[0]) + (inMemory ? 0 : Number(data[1]))
  }
  throw new DdbError('DDB_PROTOCOL', 'the server did not answer an insert with the number of rows')
}
