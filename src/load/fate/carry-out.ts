/*
  Carries out what the outcomes of batches mean, in every mode: counts what is known, sends again what may succeed, and
  gives up what cannot.
*/
import { DdbError } from '../../errors.js'
import { retryDelayMs, type RetryRules } from '../connection/retry.js'
import { maxRedirects, redirectedTooOften } from '../connection/redirect.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { decide, type Outcome } from './decide.js'
import type { OpenBatch } from './fold.js'
import { newBisectQueue, partText, type Part } from './part.js'
import type { Recorder } from './recorder.js'
import type { SendQueue } from './send-queue.js'

/** By what each rest of a refused batch is longer than the one before: what is in the way may take a while to pass. */
const restGrowth = 4

/** What carrying out shares with a transport. */
export interface CarryOutSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** Ends the run: nothing more is handed over. */
  fail(error: unknown): void
  /**
   * Goes on with a half whose number follows from its place: another process may have sent it.
   * @param opened  told before what is known of it is applied
   */
  readonly takeUpHalf?: (part: Part, no: number, opened: (batch: OpenBatch) => void) => void
}

/** What is known of a batch that an earlier process has sent. */
export interface Inherited {
  /** The last attempt that the server has begun; undefined when it began none, or nobody knows. */
  readonly attempt: number | undefined
  /** Why nobody knows; undefined where the server tells what became of it. */
  readonly isLost: string | undefined
  /** Batches of which nobody knows are sent again: a second copy changes nothing, or the user wants it. */
  readonly resends: boolean
}

/** Every open batch is closed here, and counted in the same step; the parts of a divided one are counted each. */
export class CarryOut {
  readonly #setup: CarryOutSetup
  readonly #queue: SendQueue
  readonly #bisect = newBisectQueue()
  /** The part of a divided batch that is out. */
  #bisected: OpenBatch | undefined
  /** Nothing refused is sent again any more. */
  #ended = false
  /** Redirects followed since rows were last taken. */
  #moves = 0

  constructor(setup: CarryOutSetup, queue: SendQueue) {
    this.#setup = setup
    this.#queue = queue
  }

  /** What the server says became of a batch. */
  apply(batch: OpenBatch, { rows, had, errText }: Outcome): void {
    const { run, recorder } = this.#setup
    const { lane, no, leastHad } = batch
    run.emit({ kind: 'answered', lane, no, atMs: run.platform.clock.nowMs() })
    if (batch.isDoubted && rows !== -1) {
      return this.giveUp(batch, 'begun before confirmed rows were gone: it may be gone with them')
    }
    if (rows === null || rows >= 0) {
      this.#moves = 0
      recorder.taken(this.#close(batch), rows, had, leastHad)
    } else {
      this.#refused(batch, errText)
    }
    this.#sendBisected()
  }

  #refused(batch: OpenBatch, errText: string): void {
    const { run, recorder, rules } = this.#setup
    const { lane, no, rows: rowCount, resends } = batch
    const part = this.#queue.partOf(batch)
    const decision = decide(errText, { rowCount, resends, text: partText(part) }, recorder.target)
    switch (decision.kind) {
      case 'again': {
        if (this.#ended) return this.giveUp(batch, `refused: ${errText}`)
        run.emit({ kind: 'refused', lane, no, words: errText })
        const delayMs = retryDelayMs(resends + 1, rules.random, restGrowth)
        return this.#queue.sendLater(batch, delayMs)
      }
      case 'follow':
        run.emit({ kind: 'refused', lane, no, words: errText })
        if (this.#ended) return this.drop(batch)
        this.#queue.leader = decision.to
        return
      case 'divide':
        this.#close(batch)
        run.emit({ kind: 'divided', lane, no })
        return this.#bisect.divide(part)
      case 'reject':
        return recorder.rejected(this.#close(batch), errText)
      case 'uncertain': {
        this.#close(batch)
        if (!decision.stops) return recorder.uncertain(part, `refused: ${errText}`)
        const error = recorder.refused(part, errText)
        return error === undefined ? undefined : this.stop(error)
      }
      case 'stop':
        // The reason goes before its consequences: the rows are where they are because of it.
        run.ending.fail(decision.error)
        this.#close(batch)
        if (decision.stored === 'no') recorder.unsent(part)
        else recorder.uncertain(part, `refused: ${errText}`)
        return this.stop(decision.error)
    }
  }

  #sendBisected(): void {
    this.#queue.goOn()
    if (this.#bisected !== undefined || this.#ended) return
    if (this.#setup.run.ending.stopped) return this.#leaveLanes()
    const part = this.#bisect.next()
    if (part === undefined) return
    const { takeUpHalf } = this.#setup
    try {
      if (part.unitNo === undefined) this.#bisected = this.#queue.add(part).batch
      else takeUpHalf?.(part, part.unitNo, batch => (this.#bisected = batch))
    } catch (error) {
      // The journal cannot be written: the server has stored nothing of these rows.
      this.#setup.recorder.unsent(part)
      throw error
    }
  }

  /** Halves are not sent any more by a run that is stopped: nor is what has to come after them. */
  #leaveLanes(): void {
    const { run, recorder } = this.#setup
    if (run.lanes?.isOrdered !== true) return
    const parts = this.#bisect.rest()
    const left = new Set(parts.map(({ lane }) => lane?.index))
    for (const part of parts) recorder.unsent(part)
    for (const batch of [...run.state.open.values()]) {
      const { lane } = this.#queue.partOf(batch)
      if (batch.state === 'queued' && left.has(lane?.index)) this.drop(batch)
    }
  }

  /** Goes on with a part that an earlier process of the run sent under this number. */
  takeUp(part: Part, no: number, { attempt, isLost, resends }: Inherited): OpenBatch {
    if (isLost !== undefined && resends) part.mayBeStored = true
    const batch = this.#queue.takeUp(part, no, attempt)
    if (isLost !== undefined && !resends) this.giveUp(batch, isLost)
    else if (attempt === undefined) this.#queue.sendTakenUp(batch)
    return batch
  }

  /** Sends a batch again of which nobody knows what became, when the user chose that and tries are left. */
  leaveUncertain(batch: OpenBatch, why: string): void {
    const { run, rules } = this.#setup
    const resends = run.plan.onDoubt === 'resend' && batch.resends < rules.retries
    if (!resends) return this.giveUp(batch, why)
    this.#queue.partOf(batch).mayBeStored = true
    this.#queue.sendAgain(batch)
  }

  /** Sends the same attempt once more, or gives the batch up when that was done often enough. */
  repeat(batch: OpenBatch, why: string): void {
    if (batch.resends < this.#setup.rules.retries) this.#queue.repeat(batch)
    else this.giveUp(batch, why)
  }

  /** Nothing will be known of a batch any more. */
  giveUp(batch: OpenBatch, why: string): void {
    this.#setup.recorder.uncertain(this.#close(batch), why)
    this.#sendBisected()
  }

  /** Ends the run: nothing more is sent, and what is out is still waited for. */
  stop(error: DdbError): void {
    this.#setup.fail(error)
    this.#end()
    for (const batch of [...this.#setup.run.state.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else if (batch.state === 'refused') this.giveUp(batch, `refused: ${batch.refusal}`)
    }
  }

  /** Counts every open batch as what is known of it. */
  endAll(why: string): void {
    this.#end()
    for (const batch of [...this.#setup.run.state.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else this.giveUp(batch, batch.state === 'refused' ? `refused: ${batch.refusal}` : why)
    }
  }

  #end(): void {
    this.#ended = true
    this.#queue.endRest()
  }

  /** Does not send a batch that waited to be sent, or that a node refused which does not lead. */
  drop(batch: OpenBatch): void {
    if (this.#queue.isEarlier(batch)) {
      return this.giveUp(batch, 'sent by an earlier process, and no receipt came')
    }
    const isNew = batch.sendNos.length === 0 && batch.attempt === 0
    // The attempt before was given up without an answer: it may be stored.
    if (!isNew && batch.refusal === '') return this.giveUp(batch, 'sent, and no receipt came')
    if (isNew) this.#setup.run.emit({ kind: 'withdrawn', rows: batch.rows })
    this.#setup.recorder.unsent(this.#close(batch))
  }

  /** Halves that were not sent by themselves any more: the server has stored nothing of them. */
  endBisecting(): void {
    for (const part of this.#bisect.rest()) this.#setup.recorder.unsent(part)
  }

  /**
   * Goes to the node that leads once the present one has answered for all it was sent: a batch never is with two.
   * @param open  makes that node the one that is sent to
   * @returns whether it did
   */
  async moveToLeader(open: (to: ServerAddress) => Promise<void>): Promise<boolean> {
    const queue = this.#queue
    const to = queue.leader
    if (to === undefined || queue.transmitted().length + queue.earlier().length > 0) return false
    const held = queue.held()
    try {
      if (++this.#moves > maxRedirects) throw redirectedTooOften(to)
      await open(to)
      queue.leader = undefined
      // What another node has in memory is not compared with what this one had.
      this.#setup.recorder.target.evidence?.forget()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#setup.fail(error)
      // Others may have come in the meantime.
      const waiting = queue.held()
      queue.leader = undefined
      for (const batch of waiting) this.drop(batch)
      return false
    }
    for (const batch of held) {
      if (batch.state === 'refused') queue.sendAgain(batch)
    }
    queue.flush()
    return true
  }

  /** @returns its rows, which are about to be counted */
  #close(batch: OpenBatch): Part {
    if (batch === this.#bisected) this.#bisected = undefined
    const part = this.#queue.partOf(batch)
    this.#queue.forget(batch)
    return part
  }
}
