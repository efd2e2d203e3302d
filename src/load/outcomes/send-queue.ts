/*
  The queue of batches to send. A batch may have to wait for the journal, for a pause before a retry, for a connection, or for the
  move to a new leader.
*/
import type { DdbError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { RunEvent } from './events.js'
import type { BatchState, OpenBatch } from './fold.js'
import { keyOf, type Place } from './place.js'
import { partRanges, type BatchPart, type PartLane } from './batch-part.js'
import { readSizes } from './read-sizes.js'

type Earlier = Extract<RunEvent, { kind: 'queued' }>['earlier']

/** Sends batches to the server. Their outcome arrives separately. */
export interface Outlet {
  /** True if a connection is lost. Batches then wait for a new one. */
  readonly isLost: boolean
  /** Bytes that the kernel has not taken yet. */
  readonly bufferedBytes: number
  /** True if a connection carries only one batch at a time. */
  readonly carriesOneBatch?: boolean
  /**
   * Sends one transmission.
   * @param connection  index of the connection, from 0
   * @returns whether there is room for more
   */
  send(batch: OpenBatch, part: BatchPart, sendNo: number, connection: number): boolean
}

/**
 * Sends batches in order and never waits. A batch is sent on the connection of its lane, or else on the connection with the fewest
 * unanswered batches. A batch with rows of several lanes is sent only while nothing else is in flight, because no two connections may
 * write to the same partitions.
 */
export class SendQueue<To extends Outlet = Outlet> {
  /**
   * The node that now leads; undefined while the current node leads. New batches wait for the move to this node, which
   * happens after the current node has answered all batches.
   */
  leader: ServerAddress | undefined
  node: To
  /** True while nothing may be sent, because the run needs a new ledger. */
  isHeld = false
  readonly #run: Run
  readonly #stop: (error: DdbError) => void
  readonly #parts = new Map<number, BatchPart>()
  readonly #byPlace = new Map<string | number, OpenBatch>()
  #lastNo = 0
  /** Parts of new batches of this turn of the event loop. One journal write records the batches before the first is sent. */
  #unwritten: OpenBatch[] = []
  /** The connection to use next, unless a different one has fewer batches in flight. */
  #turn = 0
  /** True while some batches wait for the outcome of earlier batches. */
  #isHolding = false
  /** Batches that must be sent alone. No other batch is sent before them. */
  readonly #alone = new Set<OpenBatch>()
  /** The rows that each lane is sending, if order matters. Later rows of the lane wait until these have an outcome. */
  readonly #turns: (PartLane | undefined)[] = []
  readonly #resting = new Set<Timer>()

  /**
   * @param stop  ends the run if the journal cannot be written, because queued batches must then not be sent
   */
  constructor(run: Run, node: To, stop: (error: DdbError) => void) {
    this.#run = run
    this.#stop = stop
    this.node = node
  }

  /** False if too much is in flight, or if new batches must wait for the leader. */
  get hasRoom(): boolean {
    const { state } = this.#run
    if (this.isHeld || (this.#goesAlone && state.open.size > 0)) return false
    return this.leader === undefined && state.openBytes < readSizes(this.#run).roomBytes
  }

  /**
   * True while a run with several connections sends its first batch alone: no other batch is sent until the first one
   * is confirmed. At its end, the run looks up the first batch. If any confirmed batch was lost because the table was
   * replaced, the first batch was lost, too (docs/decisions/0065).
   */
  get #goesAlone(): boolean {
    const { checked, state } = this.#run
    return checked.connections > 1 && state.rows.confirmed + state.rows.skipped === 0
  }

  partOf({ no }: OpenBatch): BatchPart {
    return this.#parts.get(no)!
  }

  /** Drops the rows of a batch. The caller must record their outcome. */
  forget(batch: OpenBatch): void {
    const { lane, place } = this.partOf(batch)
    if (lane !== undefined) lane.open--
    this.#alone.delete(batch)
    this.#byPlace.delete(keyOf(place))
    this.#parts.delete(batch.no)
  }

  /** The open part at this place. */
  at(place: Place): OpenBatch | undefined {
    return this.#byPlace.get(keyOf(place))
  }

  /**
   * Sends a part of a new batch, or lets it wait. With a journal, it is sent at the end of this turn of the event loop.
   * @returns false if the caller has to wait
   */
  addNew(part: BatchPart): boolean {
    const { checked, platform, history } = this.#run
    const batch = this.#queue(part, 0)
    if (history.journal === undefined) return this.#send(batch)
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(batch)
    return this.node.bufferedBytes < checked.maxInFlightBytes
  }

  /**
   * Sends a part of a batch that the journal has, or lets it wait. The part is certainly not stored.
   * @param attempt  the server has no receipt of this attempt yet
   */
  add(part: BatchPart, attempt = 0): OpenBatch {
    const batch = this.#queue(part, attempt)
    this.#send(batch)
    return batch
  }

  #queue(part: BatchPart, attempt: number, earlier?: Earlier): OpenBatch {
    const no = ++this.#lastNo
    const { start, end, encodedBytes: bytes, ranges = partRanges(part) } = part
    part.no = no
    this.#parts.set(no, part)
    // Avoids an object spread, because this code runs for every batch and a spread is slow.
    this.#run.emit({ kind: 'queued', no, ranges, rows: end - start, bytes, attempt, earlier })
    const batch = this.#run.state.open.get(no)!
    this.#byPlace.set(keyOf(part.place), batch)
    return batch
  }

  /** Writes the batches since the last call to the journal, and then sends them. */
  #sendWritten(): void {
    const batches = this.#unwritten
    if (batches.length === 0) return
    this.#unwritten = []
    try {
      this.#run.commit()
      for (const batch of batches) {
        // The batch may have been given up in the meantime.
        if (batch.state === 'queued') this.#send(batch)
      }
    } catch (error) {
      this.#stop(asDdbError(error))
    }
  }

  /**
   * Continues with a part that an earlier process sent, or was about to send.
   * @param attempt  the last attempt that the server has begun; undefined if it has begun none. The part must then be sent again,
   *   because the earlier copy may be lost
   */
  takeUp(part: BatchPart, attempt: number | undefined): OpenBatch {
    const earlier = { isSent: attempt !== undefined, atMs: this.#run.platform.clock.nowMs() }
    return this.#queue(part, attempt ?? 0, earlier)
  }

  sendTakenUp(batch: OpenBatch): void {
    this.#send(batch)
  }

  /** Sends the same attempt again, because the first copy may be lost. The server writes the copy that arrives first. */
  repeat(batch: OpenBatch): void {
    this.#transmit(batch)
  }

  /** Sends the next attempt, because the last one stored no rows or the user accepts copies. */
  sendAgain({ no }: OpenBatch): void {
    this.#run.emit({ kind: 'again', no })
    this.#send(this.#run.state.open.get(no)!)
  }

  /** Sends the next attempt after `delayMs`, unless the batch has an outcome by then. */
  sendLater(batch: OpenBatch, delayMs: number): void {
    const timer = this.#run.platform.clock.after(delayMs, () => {
      this.#resting.delete(timer)
      if (batch.state === 'refused') this.sendAgain(batch)
    })
    this.#resting.add(timer)
  }

  /** Cancels the attempts that `sendLater` has planned. */
  endRest(): void {
    for (const timer of this.#resting) timer.cancel()
    this.#resting.clear()
  }

  /** Sends batches that waited for the outcome of a different batch. */
  sendHeld(): void {
    if (!this.#isHolding) return
    this.#isHolding = false
    this.flush()
  }

  /** Sends all queued batches, after writing new ones to the journal. */
  flush(): void {
    this.#sendWritten()
    for (const batch of this.#run.state.open.values()) {
      if (batch.state === 'queued') this.#send(batch)
    }
  }

  /** Batches that were sent to the current node and have no answer yet. */
  transmitted(): OpenBatch[] {
    return this.#inStates('sent', 'claimed')
  }

  /** True if every open batch is still waiting to be sent. */
  get isQueued(): boolean {
    return [...this.#run.state.open.values()].every(({ state }) => state === 'queued')
  }

  /** Batches for the leading node: those that were not sent, or that the current node refused. */
  held(): OpenBatch[] {
    return this.leader === undefined ? [] : this.#inStates('queued', 'refused')
  }

  /** Batches that an earlier process may have sent to the current node. */
  earlier(): OpenBatch[] {
    return this.#inStates('queued').filter(batch => this.isEarlier(batch))
  }

  #inStates(...states: readonly BatchState[]): OpenBatch[] {
    return [...this.#run.state.open.values()].filter(({ state }) => states.includes(state))
  }

  /** True for a queued batch that an earlier process sent to the current node, or was about to send. */
  isEarlier({ isEarlier, state, attempt, sendNos }: OpenBatch): boolean {
    return isEarlier && state === 'queued' && attempt === 0 && sendNos.length === 0
  }

  #send(batch: OpenBatch): boolean {
    // Batches of an earlier process still use the current node, because only this node can report their outcome.
    if ((this.leader !== undefined && !this.isEarlier(batch)) || this.isHeld) return false
    if (!this.#mayGo(batch)) {
      this.#isHolding = true
      return false
    }
    // Without a connection the batch stays queued. Queued batches cause the run to reconnect.
    return this.node.isLost || this.#transmit(batch)
  }

  #mayGo(batch: OpenBatch): boolean {
    const { checked, state, lanes } = this.#run
    const { carriesOneBatch = false } = this.node
    if (checked.connections === 1) return !carriesOneBatch || state.inFlightCount === 0
    if (this.#goesAlone && state.inFlightCount > 0) return false
    if (lanes === undefined) return true
    const { lane } = this.partOf(batch)
    if (lane?.index === undefined) {
      this.#alone.add(batch)
      return state.inFlightCount === 0
    }
    if (this.#alone.size > 0) return false
    if (carriesOneBatch && (state.inFlightByConnection[lane.index] ?? 0) > 0) return false
    if (!lanes.isOrdered) return true
    const turn = this.#turns[lane.index]
    if (turn !== undefined && turn !== lane && turn.open > 0) return false
    this.#turns[lane.index] = lane
    return true
  }

  #transmit(batch: OpenBatch): boolean {
    const { no } = batch
    const { state, platform } = this.#run
    // The journal already contains the batch, so a process that takes over the run will find it.
    if (!this.#run.ending.maySend()) {
      this.#stop(this.#run.ending.failure!)
      return false
    }
    const sendNo = state.lastSendNo + 1
    const connection = this.partOf(batch).lane?.index ?? this.#nextConnection()
    this.#run.emit({ kind: 'sent', no, sendNo, connection, atMs: platform.clock.nowMs() })
    return this.node.send(batch, this.partOf(batch), sendNo, connection)
  }

  #nextConnection(): number {
    const { checked, state } = this.#run
    // `#turn` may be too large, because the run may have had more connections earlier.
    let next = this.#turn % checked.connections
    for (let i = 1; i < checked.connections; i++) {
      const other = (this.#turn + i) % checked.connections
      if ((state.inFlightByConnection[other] ?? 0) < (state.inFlightByConnection[next] ?? 0))
        next = other
    }
    this.#turn = (next + 1) % checked.connections
    return next
  }
}
