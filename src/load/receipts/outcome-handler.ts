/*
  Carries out what the outcomes of batches mean: counts what is known, sends again what may succeed, and gives up what
  cannot.
*/
import type { DdbError } from '../../errors.js'
import { retryDelayMs, type RetryRules } from '../connection/retry.js'
import { newBisectQueue } from '../fate/bisect-queue.js'
import { decide, type Outcome } from '../fate/decide.js'
import { partText, type Part } from '../fate/part.js'
import type { Recorder } from '../fate/recorder.js'
import type { Run } from '../run.js'
import type { LedgerRow } from './batch-registry.js'
import type { OpenPart, SendQueue } from './send-queue.js'

/** By what each rest of a refused batch is longer than the one before: what is in the way may take a while to pass. */
const restGrowth = 4

/** What the handler shares with the watcher. */
export interface OutcomeSetup {
  readonly run: Run
  readonly recorder: Recorder
  readonly rules: RetryRules
  /** Ends the run: nothing more is handed over. */
  fail(error: unknown): void
}

/** Every open batch is closed here, and counted in the same step; the parts of a divided one are counted each. */
export class OutcomeHandler {
  readonly #setup: OutcomeSetup
  readonly #queue: SendQueue
  readonly #bisect = newBisectQueue()
  /** The part of a divided batch that is out. */
  #bisected: OpenPart | undefined
  /** Nothing refused is sent again any more. */
  #ended = false

  constructor(setup: OutcomeSetup, queue: SendQueue) {
    this.#setup = setup
    this.#queue = queue
  }

  /** What the ledger says became of a batch. */
  apply(batch: OpenPart, { rows, had, errText }: Outcome): void {
    const { run, recorder } = this.#setup
    run.latencies.add(run.platform.clock.nowMs() - batch.sentAtMs)
    if (rows === null || rows >= 0) {
      this.#close(batch)
      recorder.taken(batch.content, rows, had, batch.leastHad)
    } else {
      this.#refused(batch, errText)
    }
    this.#sendBisected()
  }

  #refused(batch: OpenPart, errText: string): void {
    const { run, recorder, rules } = this.#setup
    const { content: part, rowCount, resends } = batch
    const refused = { rowCount, resends, text: partText(part) }
    const decision = decide(errText, refused, recorder.target)
    switch (decision.kind) {
      case 'again': {
        if (this.#ended) return this.giveUp(batch, `refused: ${errText}`)
        this.#queue.registry.refuse(batch, errText)
        const delayMs = retryDelayMs(resends + 1, rules.random, restGrowth)
        return this.#queue.sendLater(batch, delayMs)
      }
      case 'follow':
        this.#queue.registry.refuse(batch, errText)
        if (this.#ended) return this.drop(batch)
        this.#queue.leader = decision.to
        return
      case 'divide':
        this.#close(batch)
        this.#bisect.divide(part)
        return
      case 'reject':
        this.#close(batch)
        recorder.rejected(part, errText)
        return
      case 'uncertain': {
        this.#close(batch)
        if (!decision.stops) return recorder.uncertain(part, `refused: ${errText}`)
        const error = recorder.refused(part, errText)
        return error === undefined ? undefined : this.stop(error)
      }
      case 'stop':
        // The reason goes before its consequences: the rows are where they are because of it.
        run.fail(decision.error)
        this.#close(batch)
        if (decision.stored === 'no') recorder.unsent(part)
        else recorder.uncertain(part, `refused: ${errText}`)
        return this.stop(decision.error)
    }
  }

  #sendBisected(): void {
    if (this.#bisected !== undefined || this.#ended || this.#setup.run.stopped) return
    const part = this.#bisect.next()
    if (part === undefined) return
    try {
      this.#bisected = this.#queue.add(part).batch
    } catch (error) {
      // The journal cannot be written: the server has stored nothing of these rows.
      this.#setup.recorder.unsent(part)
      throw error
    }
  }

  /**
   * Goes on with a part that an earlier process of the run sent under this number.
   * @param receipts  what the ledger says of its last attempt; undefined when the server has lost the ledger
   */
  takeUp(
    part: Part,
    batchNo: number,
    receipts: readonly LedgerRow[] | undefined,
    resends: boolean,
  ): void {
    part.no = batchNo
    if (receipts === undefined && !resends) {
      this.#setup.recorder.uncertain(
        part,
        'sent by an earlier process, and the server has lost its receipts',
      )
      return
    }
    if (receipts === undefined) part.mayBeStored = true
    const batch = this.#queue.takeUp(part, batchNo, receipts ?? [])
    for (const row of receipts ?? []) {
      const found = this.#queue.registry.read(row)
      if (found !== undefined) this.apply(found.batch, found.outcome)
      if (batch.state === 'closed') return
    }
  }

  /** Sends a batch again of which nobody knows what became, when the user chose that and tries are left. */
  leaveUncertain(batch: OpenPart, why: string): void {
    const { run, rules } = this.#setup
    const resends = run.plan.onDoubt === 'resend' && batch.resends < rules.retries
    if (!resends) return this.giveUp(batch, why)
    batch.content.mayBeStored = true
    this.#queue.sendAgain(batch)
  }

  /** Sends the same attempt once more, or gives the batch up when that was done often enough. */
  repeat(batch: OpenPart, why: string): void {
    if (batch.resends < this.#setup.rules.retries) this.#queue.repeat(batch)
    else this.giveUp(batch, why)
  }

  /** Nothing will be known of a batch any more. */
  giveUp(batch: OpenPart, why: string): void {
    this.#close(batch)
    this.#setup.recorder.uncertain(batch.content, why)
    this.#sendBisected()
  }

  /** Ends the run: nothing more is sent, and what is out is still waited for. */
  stop(error: DdbError): void {
    this.#setup.fail(error)
    this.#end()
    for (const batch of [...this.#queue.registry.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else if (batch.state === 'refused') this.giveUp(batch, `refused: ${batch.refusal}`)
    }
  }

  /** Counts every open batch as what is known of it. */
  endAll(why: string): void {
    this.#end()
    for (const batch of [...this.#queue.registry.open.values()]) {
      if (batch.state === 'queued') this.drop(batch)
      else this.giveUp(batch, batch.state === 'refused' ? `refused: ${batch.refusal}` : why)
    }
  }

  #end(): void {
    this.#ended = true
    this.#queue.endRest()
  }

  /** Does not send a batch that waited to be sent, or that a node refused which does not lead. */
  drop(batch: OpenPart): void {
    const isNew = batch.sendNos.length === 0 && batch.attempt === 0
    // The attempt before was given up without an answer: it may be stored.
    if (!isNew && batch.refusal === '') return this.giveUp(batch, 'sent, and no receipt came')
    if (isNew) this.#setup.run.counts.notSent(batch.rowCount)
    this.#close(batch)
    this.#setup.recorder.unsent(batch.content)
  }

  /** Halves that were not sent by themselves any more: the server has stored nothing of them. */
  endBisecting(): void {
    for (const part of this.#bisect.rest()) this.#setup.recorder.unsent(part)
  }

  #close(batch: OpenPart): void {
    this.#queue.registry.close(batch)
    if (batch === this.#bisected) this.#bisected = undefined
  }
}
