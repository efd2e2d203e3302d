/*
  Carries out what the outcomes of batches require, in every mode: counts rows with a known outcome, resends batches that may succeed,
  and gives up the rest.
*/
import { DdbError } from '../../errors.js'
import { retryDelayMs, type RetryRules } from '../connection/retry.js'
import { maxRedirects, redirectedTooOften } from '../connection/redirect.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { decideRefusal, inTransform, type Outcome } from './refusal-decision.js'
import type { OpenBatch } from './fold.js'
import { newBisectQueue, partText, type BatchPart } from './batch-part.js'
import type { Recorder } from './recorder.js'
import type { SendQueue } from './send-queue.js'

/** If a batch is refused repeatedly, each pause is this many times longer than the previous one. */
const restGrowth = 4

export interface OutcomeHandlerSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** Ends the run: nothing more is handed over. */
  fail(error: unknown): void
  /**
   * Continues with a half of a divided batch. Another process may have sent the half under the number `no`,
   * because the number follows from the place of the rows.
   * @param opened  called before the receipts of the half are applied
   */
  readonly takeUpHalf?: (part: BatchPart, no: number, opened: (batch: OpenBatch) => void) => void
}

export interface Inherited {
  /** The last attempt that the server has begun; undefined if there is none, or if that is unknown. */
  readonly attempt: number | undefined
  /** Why the outcome cannot be learnt any more; undefined if the server may still tell it. */
  readonly isLost: string | undefined
  /** True to send a batch of unknown outcome again, because a second copy changes nothing or the user wants it. */
  readonly resends: boolean
}

/** Closes every open batch and counts it in the same step; each part of a divided batch is counted by itself. */
export class OutcomeHandler {
  readonly #setup: OutcomeHandlerSetup
  readonly #queue: SendQueue
  readonly #bisect = newBisectQueue()
  /** The part of a divided batch that is in flight. */
  #bisected: OpenBatch | undefined
  /** True after `endAll` or `stop`: refused batches are then no longer resent. */
  #ended = false
  /** How many redirects the run has followed since rows were last accepted. */
  #moves = 0

  constructor(setup: OutcomeHandlerSetup, queue: SendQueue) {
    this.#setup = setup
    this.#queue = queue
  }

  apply(batch: OpenBatch, { rows, had, left, errText }: Outcome): void {
    const { run, recorder } = this.#setup
    const { lane, no, leastHad } = batch
    run.emit({ kind: 'answered', lane, no, atMs: run.platform.clock.nowMs() })
    if (batch.isDoubted && rows !== -1) {
      return this.giveUp(
        batch,
        'begun before the server lost confirmed rows: this batch may be lost as well',
      )
    }
    if (rows === null || rows >= 0) {
      this.#moves = 0
      recorder.taken(this.#close(batch), rows, had, leastHad, left ?? undefined)
    } else {
      this.#refused(batch, errText, left === null)
    }
    this.#sendBisected()
  }

  #refused(batch: OpenBatch, errText: string, byTransform: boolean): void {
    const { run, recorder, rules } = this.#setup
    const { lane, no, rows: rowCount, resends } = batch
    const part = this.#queue.partOf(batch)
    const refused = { rowCount, resends, text: partText(part), byTransform }
    const decision = decideRefusal(errText, refused, recorder.target)
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
        return recorder.rejected(this.#close(batch), byTransform ? inTransform(errText) : errText)
      case 'uncertain': {
        this.#close(batch)
        if (!decision.stops) return recorder.uncertain(part, `refused: ${errText}`)
        const error = recorder.refused(part, errText)
        return error === undefined ? undefined : this.stop(error)
      }
      case 'stop':
        // Report the reason before its consequences.
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
      // The journal cannot be written; the server has stored none of these rows.
      this.#setup.recorder.unsent(part)
      throw error
    }
  }

  /** If the run is stopping, drops the halves that are not sent yet, and all batches that must follow them. */
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

  /** Takes up a part that an earlier process of the run sent under this number. */
  takeUp(part: BatchPart, no: number, { attempt, isLost, resends }: Inherited): OpenBatch {
    if (isLost !== undefined && resends) part.mayBeStored = true
    const batch = this.#queue.takeUp(part, no, attempt)
    if (isLost !== undefined && !resends) this.giveUp(batch, isLost)
    else if (attempt === undefined) this.#queue.sendTakenUp(batch)
    return batch
  }

  /** Resends a batch of unknown outcome if the user chose that and retries are left; otherwise gives the batch up. */
  leaveUncertain(batch: OpenBatch, why: string): void {
    const { run, rules } = this.#setup
    const resends = run.plan.onDoubt === 'resend' && batch.resends < rules.retries
    if (!resends) return this.giveUp(batch, why)
    this.#queue.partOf(batch).mayBeStored = true
    this.#queue.sendAgain(batch)
  }

  /** Sends the same attempt once more, or gives the batch up if no retries are left. */
  repeat(batch: OpenBatch, why: string): void {
    if (batch.resends < this.#setup.rules.retries) this.#queue.repeat(batch)
    else this.giveUp(batch, why)
  }

  /** Gives up learning a batch's outcome. */
  giveUp(batch: OpenBatch, why: string): void {
    this.#setup.recorder.uncertain(this.#close(batch), why)
    this.#sendBisected()
  }

  /** Ends the run: nothing more is sent, but batches in flight are still awaited. */
  stop(error: DdbError): void {
    this.#setup.fail(error)
    this.#end()
    for (const batch of [...this.#setup.run.state.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else if (batch.state === 'refused') this.giveUp(batch, `refused: ${batch.refusal}`)
    }
  }

  /** Counts every open batch according to its state. */
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

  /** Drops a batch that was still queued, or that a node refused because it is not the leader. */
  drop(batch: OpenBatch): void {
    if (this.#queue.isEarlier(batch)) {
      return this.giveUp(batch, 'sent by an earlier process, and no receipt came')
    }
    const isNew = batch.sendNos.length === 0 && batch.attempt === 0
    // The previous attempt was given up without an answer, so it may be stored.
    if (!isNew && batch.refusal === '') return this.giveUp(batch, 'sent, and no receipt came')
    if (isNew) this.#setup.run.emit({ kind: 'withdrawn', rows: batch.rows })
    this.#setup.recorder.unsent(this.#close(batch))
  }

  /** Halves that still wait to be sent now count as unsent, because the server has stored none of them. */
  endBisecting(): void {
    for (const part of this.#bisect.rest()) this.#setup.recorder.unsent(part)
  }

  /**
   * Moves to the leading node once the present one has answered all its batches, so that no batch is with two nodes.
   * @param open  directs all sending to the leading node
   * @returns whether the node changed
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
      // The leader's tables in memory differ from those of the previous node, where the evidence is from.
      this.#setup.recorder.target.evidence?.forget()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#setup.fail(error)
      // More batches may have been queued meanwhile.
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

  /** Makes the queue forget the batch. @returns the batch's rows: the caller must record their outcome */
  #close(batch: OpenBatch): BatchPart {
    if (batch === this.#bisected) this.#bisected = undefined
    const part = this.#queue.partOf(batch)
    this.#queue.forget(batch)
    return part
  }
}
