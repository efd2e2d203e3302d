/*
  Synchronous delivery: one batch, one answer. The answer is the confirmation; a refusal is looked into at once.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/input-reader.js'
import { wait } from '../../platform/wait.js'
import type { Table, Value } from '../../protocol/value.js'
import { answerInTime } from '../connection/idle-timeout.js'
import { maxRedirects, redirectedTooOften } from '../connection/redirect.js'
import { retryDelayMs, type RetryRules } from '../connection/retry.js'
import type { SentBefore } from '../journal/resumed-input.js'
import { mayBeGone } from '../evidence/evidence.js'
import type { ServerAddress } from '../options.js'
import { isUnfinished, type Run } from '../run.js'
import { newBisectQueue } from '../fate/bisect-queue.js'
import { ignoreLoss, type Delivery, type Writer } from './delivery.js'
import type { LineRange } from '../fate/line-ranges.js'
import { decide, type Outcome, type Stored } from '../fate/decide.js'
import { partTable, partText, wholeBatch, type Part } from '../fate/part.js'
import type { Recorder } from '../fate/recorder.js'

/** What a synchronous run needs besides its connection. */
export interface AnsweredSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  readonly columnNames: readonly string[]
  /** Whether the server has nothing to do for a session; undefined when it does not tell. */
  readonly isIdle: (sessionId: string, timeoutMs: number) => Promise<boolean | undefined>
  /** Connects to the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  readonly follow: (to: ServerAddress) => Promise<Session>
  /**
   * Asked once the connection is lost: whether the server still has in memory what it confirmed.
   * @param silent  it keeps its connections and does not answer
   */
  readonly remembers: (silent: boolean) => Promise<boolean>
  /**
   * Looks at the target once more, and notes it when the run has finished.
   *
   * @param leader  the node that rows went to last, when it is another than the one that is asked
   * @throws {DdbError} when the server cannot be asked
   */
  readonly look: (silent: boolean, leader: Session | undefined) => Promise<void>
  /** Batches of which nobody knows what became are sent again when the run goes on. */
  readonly resends: boolean
  /** Removes the marker, when the run has one. */
  readonly unmark: (() => Promise<void>) | undefined
  /** Says on the marker that the run goes on later. */
  readonly leaveMarked?: (() => Promise<void>) | undefined
  /** As `Delivery.checkOwner`. */
  readonly checkOwner: () => Promise<void>
  /** Tells the server that this process still has the run. */
  readonly keepRun: () => Promise<void>
}

/** How often the server is told that a process still has its run. */
const keepEveryMs = 5_000

/** By what each rest of a refused batch is longer than the one before. */
const restGrowth = 4

const forgotten =
  'the server was lost, and with it perhaps the rows in memory that it had confirmed'

/** Opens nothing itself: the writer's session belongs to the delivery from here on. */
export class AnsweredDelivery implements Delivery {
  readonly used = 'answers' as const
  inFlightBytes = 0
  readonly #writer: Writer
  readonly #setup: AnsweredSetup
  readonly #bisect = newBisectQueue()
  #delivering: Promise<void> = Promise.resolve()
  #lost: 'no' | 'gone' | 'silent' = 'no'
  #lastNo: number
  #hasMoved = false
  #keptAtMs: number

  constructor(writer: Writer, setup: AnsweredSetup) {
    this.#writer = writer
    this.#setup = setup
    this.#lastNo = setup.run.journal?.lastNo ?? 0
    this.#keptAtMs = setup.rules.clock.nowMs()
  }

  get note(): string | undefined {
    return this.#setup.recorder.note
  }

  get duplicates(): number | null {
    return this.#setup.recorder.keys.duplicates
  }

  get uncertain(): readonly LineRange[] {
    return this.#setup.recorder.uncertainRanges
  }

  checkOwner(): Promise<void> {
    return this.#setup.checkOwner()
  }

  deliver(batch: Batch, sentBefore?: SentBefore): Promise<void> {
    this.#delivering =
      sentBefore === undefined ? this.#deliver(batch) : this.#takeUp(batch, sentBefore.no)
    return this.#delivering
  }

  /** The answer went to a process that is no more. */
  async #takeUp(batch: Batch, no: number): Promise<void> {
    const { recorder, resends } = this.#setup
    const part = wholeBatch(batch)
    part.no = no
    if (resends) await this.#deliver(batch, part)
    else recorder.uncertain(part, 'sent by an earlier process, which got no answer')
  }

  async #deliver(batch: Batch, sent?: Part): Promise<void> {
    const { run, recorder } = this.#setup
    run.counts.sent(batch.rowCount)
    this.inFlightBytes = batch.encodedBytes
    try {
      let part: Part | undefined = sent ?? wholeBatch(batch)
      if (sent !== undefined) part.mayBeStored = true
      while (part !== undefined) {
        await this.#sendUntilKnown(part)
        part = run.stopped ? undefined : this.#bisect.next()
      }
    } finally {
      // Halves of a refused part that were not sent by themselves: the server has stored nothing of them.
      for (const part of this.#bisect.rest()) recorder.unsent(part)
      this.inFlightBytes = 0
    }
    await this.#keepRun()
  }

  /** No receipt on the server tells how far the run has come. */
  async #keepRun(): Promise<void> {
    const { run, rules, keepRun } = this.#setup
    const nowMs = rules.clock.nowMs()
    if (run.journal === undefined || nowMs - this.#keptAtMs < keepEveryMs) return
    this.#keptAtMs = nowMs
    await keepRun()
  }

  async #sendUntilKnown(part: Part): Promise<void> {
    const { run, recorder } = this.#setup
    const batch = { rowCount: part.end - part.start, resends: 0, text: partText(part) }
    this.#note(part)
    for (let followed = 0; ; batch.resends++) {
      const { rows, errText } = await this.#ask(part)
      if (rows === null || rows >= 0) return recorder.taken(part, rows)
      const decision = decide(errText, batch, recorder.target)
      switch (decision.kind) {
        case 'again':
          await this.#rest(batch.resends + 1)
          if (run.isLeaving) return recorder.uncertain(part, `refused: ${errText}`)
          break
        case 'follow':
          if (++followed > maxRedirects) {
            return this.#stop(part, redirectedTooOften(decision.to), 'no', errText)
          }
          await this.#moveTo(decision.to, part)
          break
        case 'divide':
          return this.#bisect.divide(part)
        case 'reject':
          return recorder.rejected(part, errText)
        case 'uncertain':
          return this.#giveUp(part, errText, decision.stops)
        case 'stop':
          return this.#stop(part, decision.error, decision.stored, errText)
      }
      run.counts.sentAgain()
    }
  }

  /** The journal knows of rows before they go out, and they stay here where it does not. */
  #note(part: Part): void {
    const { run, recorder } = this.#setup
    if (part.no !== undefined) return
    try {
      run.journal?.sending(++this.#lastNo, part)
    } catch (error) {
      recorder.unsent(part)
      throw error
    }
  }

  #rest(retry: number): Promise<void> {
    const { rules, run } = this.#setup
    return wait(rules.clock, retryDelayMs(retry, rules.random, restGrowth), run.leaving)
  }

  #giveUp(part: Part, errText: string, stops: boolean): void {
    const { recorder } = this.#setup
    if (!stops) return recorder.uncertain(part, `refused: ${errText}`)
    const error = recorder.refused(part, errText)
    if (error !== undefined) throw error
  }

  /** The reason goes before its consequences: the rows are where they are because of it. */
  #stop(part: Part, error: DdbError, stored: Stored, errText: string): never {
    const { run, recorder } = this.#setup
    run.fail(error)
    if (stored === 'no') recorder.unsent(part)
    else recorder.uncertain(part, `refused: ${errText}`)
    throw error
  }

  /** A node that does not lead has stored nothing: the same part goes to the one that does. */
  async #moveTo(to: ServerAddress, part: Part): Promise<void> {
    try {
      const leader = await this.#setup.follow(to)
      await this.#writer.session.close().catch(ignoreLoss)
      this.#writer.session = leader
      this.#hasMoved = true
      // What another node has in memory is not compared with what this one had.
      this.#setup.recorder.target.evidence?.forget()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#stop(part, error, 'no', error.message)
    }
  }

  /** One request and its answer. A part whose answer never came may be stored. */
  async #ask(part: Part): Promise<Outcome> {
    const { run, recorder, rules, columnNames } = this.#setup
    // After the journal knows of it: another process that has the run since then finds it there.
    if (!run.maySend()) {
      if (part.mayBeStored === true) recorder.uncertain(part, 'sent before, and not again')
      else recorder.unsent(part)
      throw run.failure!
    }
    const sentAtMs = rules.clock.nowMs()
    try {
      return await write(this.#writer, partTable(part, columnNames), this.#setup)
    } catch (error) {
      if (error instanceof ConnectionError) {
        this.#lost = error.code === 'DDB_UNCONFIRMED' ? 'silent' : 'gone'
      }
      recorder.uncertain(part, 'no answer came')
      throw error
    } finally {
      run.latencies.add(rules.clock.nowMs() - sentAtMs)
    }
  }

  async finish(): Promise<void> {
    // The caller may have stopped waiting for it.
    await this.#delivering.catch(() => undefined)
    const { run, recorder, remembers, look } = this.#setup
    await recorder.settled()
    const isSilent = this.#lost === 'silent'
    if (this.#lost !== 'no' && recorder.holdsMemory && !(await remembers(isSilent))) {
      recorder.takeBack(forgotten, false)
    }
    if (run.isLeaving) return
    try {
      await look(isSilent, this.#hasMoved ? this.#writer.session : undefined)
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      recorder.replaced(mayBeGone(`the server could not be asked: ${error.message}`), false)
    }
  }

  leave(reason: ConnectionError): void {
    this.#writer.session.abandon(reason)
  }

  async close(): Promise<void> {
    await this.#writer.session.close().catch(ignoreLoss)
    const { run, unmark, leaveMarked } = this.#setup
    if (isUnfinished(run)) return leaveMarked?.()
    run.journal?.leaving()
    await unmark?.()
  }
}

async function write(writer: Writer, table: Table, setup: AnsweredSetup): Promise<Outcome> {
  const { session, functionName, leading } = writer
  const { run, rules, recorder, isIdle } = setup
  try {
    const answer = await answerInTime(
      session,
      session.call(functionName, [...leading, table]),
      timeoutMs => isIdle(session.id, timeoutMs),
      { clock: rules.clock, timeoutMs: run.plan.confirmTimeoutMs },
    )
    const { kind, inMemory } = recorder.target
    const rows = kind === 'function' ? table.rows : rowsOf(answer, inMemory)
    return { rows, errText: '' }
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    return { rows: -1, errText: error.received }
  }
}

/**
 * tableInsert answers INT; tableUpsert a pair of inserted and updated rows (docs/server-semantics.md#inserting), of which those
 * that were new count in memory, where none can lie outside a scheme.
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
