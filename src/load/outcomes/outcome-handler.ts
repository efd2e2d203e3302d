/*
  Acts on the outcome of each batch, in every mode: records known outcomes, resends batches that may succeed, and gives up the other
  batches.
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

/** If the server refuses a batch repeatedly, each pause is this many times longer than the last. */
const restGrowth = 4

export interface OutcomeHandlerSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** Ends the run, so that no more batches are handed over. */
  fail(error: unknown): void
}

export interface Inherited {
  /** The last attempt that the server has begun; undefined if it has begun none, or if that is unknown. */
  readonly attempt: number | undefined
  /** Why the outcome will stay unknown; undefined if the server may still report it. */
  readonly isLost: string | undefined
  /** True to resend a batch of unknown outcome, because the table drops a second copy or the user accepts it. */
  readonly resends: boolean
}

/** Records the outcome of a batch and closes the batch in the same step. Each part of a divided batch has its own outcome. */
export class OutcomeHandler {
  readonly #setup: OutcomeHandlerSetup
  readonly #queue: SendQueue
  readonly #bisect = newBisectQueue()
  #bisected: OpenBatch | undefined
  /** True after `endAll` or `stop`. Refused batches are then not resent. */
  #ended = false
  /** Number of redirects since the server last accepted rows. */
  #moves = 0

  constructor(setup: OutcomeHandlerSetup, queue: SendQueue) {
    this.#setup = setup
    this.#queue = queue
  }

  apply(batch: OpenBatch, { rows, left, errText }: Outcome): void {
    const { run, recorder } = this.#setup
    run.emit({ kind: 'answered', no: batch.no, atMs: run.platform.clock.nowMs() })
    if (rows === null || rows >= 0) {
      this.#moves = 0
      recorder.taken(this.#close(batch), rows, left ?? undefined)
    } else {
      this.#refused(batch, errText, left === null)
    }
    this.#sendBisected()
  }

  #refused(batch: OpenBatch, errText: string, byTransform: boolean): void {
    const { run, recorder, rules } = this.#setup
    const { no, rows: rowCount, resends } = batch
    const part = this.#queue.partOf(batch)
    const refused = { rowCount, resends, text: partText(part), byTransform }
    const decision = decideRefusal(errText, refused, recorder.target)
    switch (decision.kind) {
      case 'again': {
        if (this.#ended) return this.giveUp(batch, `refused: ${errText}`)
        run.emit({ kind: 'refused', no, words: errText })
        const delayMs = retryDelayMs(resends + 1, rules.random, restGrowth)
        return this.#queue.sendLater(batch, delayMs)
      }
      case 'follow':
        run.emit({ kind: 'refused', no, words: errText })
        if (this.#ended) return this.drop(batch)
        this.#queue.leader = decision.to
        return
      case 'divide':
        this.#close(batch)
        run.emit({ kind: 'divided', no })
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
        // The reason must be reported before its consequences.
        run.ending.fail(decision.error)
        this.#close(batch)
        if (decision.stored === 'no') recorder.unsent(part)
        else recorder.uncertain(part, `refused: ${errText}`)
        return this.stop(decision.error)
    }
  }

  #sendBisected(): void {
    this.#queue.sendHeld()
    if (this.#bisected !== undefined || this.#ended) return
    if (this.#setup.run.ending.stopped) return this.#leaveLanes()
    const part = this.#bisect.next()
    if (part === undefined) return
    this.#bisected = this.#queue.add(part)
  }

  /** If the run is stopping, drops the halves that were not sent, and all batches that must follow them. */
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

  /** Continues with a part that an earlier process sent, or was about to send. */
  takeUp(part: BatchPart, { attempt, isLost, resends }: Inherited): OpenBatch {
    if (isLost !== undefined && resends) part.mayBeStored = true
    const batch = this.#queue.takeUp(part, attempt)
    if (isLost !== undefined && !resends) this.giveUp(batch, isLost)
    else if (attempt === undefined) this.#queue.sendTakenUp(batch)
    return batch
  }

  /** Resends a batch of unknown outcome if the user allows that and retries are left. Otherwise gives the batch up. */
  leaveUncertain(batch: OpenBatch, why: string): void {
    const { run, rules } = this.#setup
    const resends = run.checked.onDoubt === 'resend' && batch.resends < rules.retries
    if (!resends) return this.giveUp(batch, why)
    this.#queue.partOf(batch).mayBeStored = true
    this.#queue.sendAgain(batch)
  }

  /** Sends the same attempt again. Gives the batch up if no retries are left. */
  repeat(batch: OpenBatch, why: string): void {
    if (batch.resends < this.#setup.rules.retries) this.#queue.repeat(batch)
    else this.giveUp(batch, why)
  }

  /** Records the batch as unconfirmed, because its outcome will stay unknown. */
  giveUp(batch: OpenBatch, why: string): void {
    this.#setup.recorder.uncertain(this.#close(batch), why)
    this.#sendBisected()
  }

  /** Sends nothing more, but still waits for the batches in flight. */
  stop(error: DdbError): void {
    this.#setup.fail(error)
    this.#end()
    for (const batch of [...this.#setup.run.state.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else if (batch.state === 'refused') this.giveUp(batch, `refused: ${batch.refusal}`)
    }
  }

  /** Gives every open batch its final outcome, which depends on its state. */
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

  /** Drops a batch that was queued, or that a node refused because a different node leads. */
  drop(batch: OpenBatch): void {
    if (this.#queue.isEarlier(batch)) {
      return this.giveUp(batch, 'sent by an earlier process, and no receipt came')
    }
    const isNew = batch.sendNos.length === 0 && batch.attempt === batch.firstAttempt
    // The last attempt was given up without an answer, so the server may have stored it.
    if (!isNew && batch.refusal === '') return this.giveUp(batch, 'sent, and no receipt came')
    if (isNew) this.#setup.run.emit({ kind: 'withdrawn', rows: batch.rows })
    this.#setup.recorder.unsent(this.#close(batch))
  }

  /** Counts the rows in halves that are still waiting as unsent: the server has stored none of these rows. */
  endBisecting(): void {
    for (const part of this.#bisect.rest()) this.#setup.recorder.unsent(part)
  }

  /**
   * Moves to the leading node after the current node has answered all batches. No batch is then open on two nodes.
   * @param open  directs all sending to the leading node
   * @returns whether the run has moved
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
      // The evidence describes tables in the memory of the old node. The leader has different tables.
      this.#setup.recorder.target.evidence?.forget()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#setup.fail(error)
      // The queue may have received more batches during the wait.
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

  /**
   * Makes the queue forget the batch.
   * @returns the rows of the batch, whose outcome the caller must record
   */
  #close(batch: OpenBatch): BatchPart {
    if (batch === this.#bisected) this.#bisected = undefined
    const part = this.#queue.partOf(batch)
    this.#queue.forget(batch)
    return part
  }
}
