/*
  The queue of batches to send. Some batches are ready. Others wait: for the journal, for a pause before a retry, for a connection, or
  for the move to a new leader.
*/
import type { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Timer } from '../../platform/platform.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import { onlyLane } from './events.js'
import type { BatchState, OpenBatch } from './fold.js'
import type { LaneRows } from './lane-batches.js'
import { partRanges, wholeBatch, type BatchPart, type PartLane } from './batch-part.js'
import { readSizes } from './read-sizes.js'

/** Takes batches to the server; their outcome arrives elsewhere. */
export interface Outlet {
  /** True without a connection: batches wait for a new one. */
  readonly isLost: boolean
  /** Bytes that the kernel has not taken yet. */
  readonly bufferedBytes: number
  /** True if a connection takes only one batch at a time. */
  readonly takesOne?: boolean
  /**
   * Sends one transmission.
   * @param connection  index of the connection, from 0
   * @returns whether there is room for more
   */
  send(batch: OpenBatch, part: BatchPart, sendNo: number, connection: number): boolean
}

/**
 * Sends in order and never waits. Each batch uses the connection with the fewest unanswered batches, or the connection of its lane. A
 * batch with rows of several lanes is sent while nothing else is in flight: no two connections may write to the same partitions.
 */
export class SendQueue<To extends Outlet = Outlet> {
  /** The node that leads now. Batches for it wait until the present node has answered for all other batches. */
  leader: ServerAddress | undefined
  node: To
  /** While this is true, nothing is sent: the run needs a new ledger. */
  isHeld = false
  readonly #run: Run
  readonly #stop: (error: DdbError) => void
  readonly #parts = new Map<number, BatchPart>()
  /** New batches of this turn of the event loop. One journal write records them all before the first is sent. */
  #unwritten: OpenBatch[] = []
  /** While the lanes of a batch are added: the number that the next lane gets. */
  #laneNo = 0
  /** The connection to use next, if no other has fewer batches in flight. */
  #turn = 0
  /** True while some batches wait for the outcome of others. */
  #isHolding = false
  /** Batches waiting to be sent alone; nothing overtakes them. */
  readonly #alone = new Set<OpenBatch>()
  /** If order matters: the rows that each lane sends now. Later rows of the lane wait until all of these have ended. */
  readonly #turns: (PartLane | undefined)[] = []
  readonly #resting = new Set<Timer>()

  /** @param stop  ends the run if the journal cannot be written: queued batches must not be sent then */
  constructor(run: Run, node: To, stop: (error: DdbError) => void) {
    this.#run = run
    this.#stop = stop
    this.node = node
  }

  /** False if too much is in flight, or new batches are for another node. */
  get hasRoom(): boolean {
    const { state, connectionCount } = this.#run
    if (this.isHeld || (this.#goesAlone && state.open.size > 0)) return false
    if (state.open.size >= connectionCount.mostOpen) return false
    return this.leader === undefined && state.openBytes < readSizes(this.#run).roomBytes
  }

  /**
   * With several connections, the first batch is sent alone until it is confirmed. When the run ends, it looks that
   * batch up: if the table was replaced in the meantime, the batch is gone, too (docs/decisions/0065).
   */
  get #goesAlone(): boolean {
    const { plan, state } = this.#run
    return plan.connections > 1 && state.rows.confirmed + state.rows.skipped === 0
  }

  partOf({ no }: OpenBatch): BatchPart {
    return this.#parts.get(no)!
  }

  /** Drops the rows of a batch. The caller then records their outcome. */
  forget(batch: OpenBatch): void {
    const { lane } = this.partOf(batch)
    if (lane !== undefined) lane.open--
    this.#alone.delete(batch)
    this.#parts.delete(batch.no)
  }

  /**
   * Numbers the rows of each lane of a new batch and sends them like `add`.
   * @returns room: false if the caller has to wait
   */
  addLanes(batch: Batch, { lanes, rowCounts, by }: LaneRows): boolean {
    const { state } = this.#run
    const firstNo = state.lastNo + 1
    const { ranges, rows } = asBatch(wholeBatch(batch), firstNo)
    const told = { perLane: rowCounts, by }
    this.#run.emit({ kind: 'laned', lane: onlyLane, no: firstNo, ranges, rows, lanes: told })
    this.#laneNo = firstNo
    let room = true
    for (const { batch: rowsOfLane, lane, firstRow } of lanes) {
      const part = wholeBatch(rowsOfLane, { index: lane, firstRow, firstNo, open: 1 })
      room = this.add(part, true).room && room
    }
    return room
  }

  /**
   * Numbers a part and sends it or holds it back; with a journal, sends it at the end of this turn of the event loop.
   * @param isLane  whether the part's number follows from the number of its batch
   * @returns room: false if the caller has to wait
   */
  add(part: BatchPart, isLane = false): { batch: OpenBatch; room: boolean } {
    const { plan, platform, state } = this.#run
    const { journal } = this.#run.history
    // The event `laned` has numbered all lanes of the batch.
    const no = isLane ? this.#laneNo++ : state.lastNo + 1
    const { ranges, rows, bytes } = asBatch(part, no)
    const { input, startBytes } = ranges[0]!
    const { lane, start } = part
    const isNew =
      lane === undefined && isWhole(part) && startBytes >= state.sentTo.at(input).offsetBytes
    const ofLanes = lane && {
      firstNo: lane.firstNo,
      firstRow: lane.firstRow + start,
      isLane,
    }
    // Avoids an object spread, which is slow: this runs for every batch.
    this.#run.emit({ kind: 'numbered', lane: onlyLane, no, ranges, rows, bytes, isNew, ofLanes })
    part.no = no
    this.#parts.set(no, part)
    const batch = state.open.get(no)!
    if (journal === undefined) return { batch, room: this.#send(batch) }
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(batch)
    return { batch, room: this.node.bufferedBytes < plan.maxInFlightBytes }
  }

  /** Sends the batches added since the last call, after writing them to the journal. */
  #sendWritten(): void {
    const batches = this.#unwritten
    if (batches.length === 0) return
    this.#unwritten = []
    try {
      this.#run.commit()
      for (const batch of batches) {
        // The batch may have been given up meanwhile.
        if (batch.state === 'queued') this.#send(batch)
      }
    } catch (error) {
      this.#stop(asDdbError(error))
    }
  }

  /**
   * Takes up a part that an earlier process sent under a number.
   * @param attempt  the last attempt that the server has begun. If undefined, the server has begun none: the part is
   *   then sent again, because the earlier copy may be lost
   */
  takeUp(part: BatchPart, no: number, attempt: number | undefined): OpenBatch {
    const { state, platform } = this.#run
    part.no = no
    const isSent = attempt !== undefined
    const atMs = platform.clock.nowMs()
    const batch = asBatch(part, no)
    this.#run.emit({ kind: 'inherited', ...batch, attempt: attempt ?? 0, isSent, atMs })
    this.#parts.set(no, part)
    return state.open.get(no)!
  }

  sendTakenUp(batch: OpenBatch): void {
    this.#send(batch)
  }

  /** Sends the same attempt again, as the first copy may be lost. The claim on the server decides which copy counts. */
  repeat(batch: OpenBatch): void {
    this.#transmit(batch)
  }

  /** Sends the next attempt, because the last attempt stored no rows, or the user allows copies. */
  sendAgain({ lane, no }: OpenBatch): void {
    this.#run.emit({ kind: 'again', lane, no })
    this.#send(this.#run.state.open.get(no)!)
  }

  /** Sends the next attempt after `delayMs`, unless the batch is closed by then. */
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

  /** Continues with batches that waited for the outcome of another batch. */
  goOn(): void {
    if (!this.#isHolding) return
    this.#isHolding = false
    this.flush()
  }

  /** Sends all queued batches. Those that the journal does not have yet are written to it first. */
  flush(): void {
    this.#sendWritten()
    for (const batch of this.#run.state.open.values()) {
      if (batch.state === 'queued') this.#send(batch)
    }
  }

  /** Batches that were sent to the present node and have no answer yet. */
  transmitted(): OpenBatch[] {
    return this.#inStates('sent', 'claimed')
  }

  /** True if every open batch still waits to be sent. */
  get isQueued(): boolean {
    return [...this.#run.state.open.values()].every(({ state }) => state === 'queued')
  }

  /** Batches for the leading node: never sent, or refused by the present node. */
  held(): OpenBatch[] {
    return this.leader === undefined ? [] : this.#inStates('queued', 'refused')
  }

  /** Batches that the present node may have from an earlier process. */
  earlier(): OpenBatch[] {
    return this.#inStates('queued').filter(batch => this.isEarlier(batch))
  }

  #inStates(...states: readonly BatchState[]): OpenBatch[] {
    return [...this.#run.state.open.values()].filter(({ state }) => states.includes(state))
  }

  /** True for a queued batch that an earlier process sent to the present node, or was about to send there. */
  isEarlier({ no, state, attempt, sendNos }: OpenBatch): boolean {
    const isNext = state === 'queued' && attempt === 0 && sendNos.length === 0
    return isNext && no <= this.#run.state.earlierNo
  }

  #send(batch: OpenBatch): boolean {
    // Batches of an earlier process still go to the present node, because only this node can tell their outcome.
    if ((this.leader !== undefined && !this.isEarlier(batch)) || this.isHeld) return false
    if (!this.#mayGo(batch)) {
      this.#isHolding = true
      return false
    }
    // Without a connection the batch stays queued, and queued batches cause a new connection.
    return this.node.isLost || this.#transmit(batch)
  }

  #mayGo(batch: OpenBatch): boolean {
    const { plan, state, lanes } = this.#run
    const { takesOne = false } = this.node
    if (plan.connections === 1) return !takesOne || state.sentCount === 0
    if (this.#goesAlone && state.sentCount > 0) return false
    if (lanes === undefined) return true
    const { lane } = this.partOf(batch)
    if (lane?.index === undefined) {
      this.#alone.add(batch)
      return state.sentCount === 0
    }
    if (this.#alone.size > 0) return false
    if (takesOne && (state.sentOver[lane.index] ?? 0) > 0) return false
    if (!lanes.isOrdered) return true
    const turn = this.#turns[lane.index]
    if (turn !== undefined && turn !== lane && turn.open > 0) return false
    this.#turns[lane.index] = lane
    return true
  }

  #transmit(batch: OpenBatch): boolean {
    const { lane, no } = batch
    const { state, platform } = this.#run
    // The journal already has the batch, so a process that has taken over the run finds the batch there.
    if (!this.#run.ending.maySend()) {
      this.#stop(this.#run.ending.failure!)
      return false
    }
    const sendNo = state.lastSendNo + 1
    const connection = this.partOf(batch).lane?.index ?? this.#nextConnection()
    this.#run.emit({ kind: 'sent', lane, no, sendNo, connection, atMs: platform.clock.nowMs() })
    return this.node.send(batch, this.partOf(batch), sendNo, connection)
  }

  #nextConnection(): number {
    const { plan, state } = this.#run
    // `#turn` may be too large, because the run may have had more connections before.
    let next = this.#turn % plan.connections
    for (let i = 1; i < plan.connections; i++) {
      const other = (this.#turn + i) % plan.connections
      if ((state.sentOver[other] ?? 0) < (state.sentOver[next] ?? 0)) next = other
    }
    this.#turn = (next + 1) % plan.connections
    return next
  }
}

function asBatch(part: BatchPart, no: number) {
  const ranges = partRanges(part)
  return { lane: onlyLane, no, ranges, rows: part.end - part.start, bytes: part.encodedBytes }
}

function isWhole({ batch, start, end }: BatchPart): boolean {
  return end - start === batch.rowCount
}
