/*
  What goes out, and what waits: batches on their way to the server, those that the journal has to have first, refused ones
  that rest before they are sent again, and those held back without a connection or while another node leads.
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
import { partRanges, wholeBatch, type Part, type PartLane } from './part.js'
import { readSizes } from './read-sizes.js'

/** Takes batches to the server; what becomes of them is told elsewhere. */
export interface Outlet {
  /** True without a connection: what is to be sent waits for another one. */
  readonly isLost: boolean
  /** Bytes that the kernel has not taken yet. */
  readonly bufferedBytes: number
  /** A connection takes one batch at a time. */
  readonly takesOne?: boolean
  /**
   * Sends one transmission.
   * @param connection  from 0
   * @returns room for more
   */
  send(batch: OpenBatch, part: Part, sendNo: number, connection: number): boolean
}

/**
 * Sends in order, and never waits: each batch over the connection that has the fewest to answer for, and where rows belong to lanes
 * over that of its lane. What has rows of several lanes then goes alone, so that no two connections write the same ones.
 */
export class SendQueue<To extends Outlet = Outlet> {
  /** The node that leads by now: what is to be sent waits until the present one has answered for the rest. */
  leader: ServerAddress | undefined
  node: To
  /** Nothing is sent until receipts have another ledger. */
  isHeld = false
  readonly #run: Run
  readonly #stop: (error: DdbError) => void
  readonly #parts = new Map<number, Part>()
  /** New ones of this turn of the event loop: the journal is told of all of them in one write, and none goes out before. */
  #unwritten: OpenBatch[] = []
  /** Of the next lane of a batch that is divided. */
  #laneNo = 0
  /** The connection whose turn it is among those that have equally many out. */
  #turn = 0
  /** Some wait until more is known of those that are out. */
  #isHolding = false
  /** So many of them wait to go alone: nothing else goes before. */
  readonly #alone = new Set<OpenBatch>()
  /** What is out of each lane, where one comes after the other. */
  readonly #turns: (PartLane | undefined)[] = []
  /** Refused batches that are to be sent again. */
  readonly #resting = new Set<Timer>()

  /** @param stop  ends the run when the journal cannot be written: what is queued must not go out any more */
  constructor(run: Run, node: To, stop: (error: DdbError) => void) {
    this.#run = run
    this.#stop = stop
    this.node = node
  }

  /** False when too much is out, or what comes goes to another node. */
  get hasRoom(): boolean {
    const { state, connectionCount } = this.#run
    if (this.isHeld || (this.#goesAlone && state.open.size > 0)) return false
    if (state.open.size >= connectionCount.mostOpen) return false
    return this.leader === undefined && state.openBytes < readSizes(this.#run).roomBytes
  }

  /**
   * With several connections the first batch goes alone until it is confirmed: it is looked up at the end, and whatever makes
   * another table of the target after that takes it, too (docs/decisions/0065).
   */
  get #goesAlone(): boolean {
    const { plan, state } = this.#run
    return plan.connections > 1 && state.rows.confirmed + state.rows.skipped === 0
  }

  /** The rows of a batch that is open. */
  partOf({ no }: OpenBatch): Part {
    return this.#parts.get(no)!
  }

  /** Its rows are not needed any more: it is about to be counted. */
  forget(batch: OpenBatch): void {
    const { lane } = this.partOf(batch)
    if (lane !== undefined) lane.open--
    this.#alone.delete(batch)
    this.#parts.delete(batch.no)
  }

  /**
   * Gives the rows of each lane of a batch that nobody has sent before a number, and sends them as `add` does.
   * @returns room: false when the caller has to wait
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
   * Gives a part its number and sends it, at the end of the turn where there is a journal, or holds it back.
   * @param isLane  its number follows from that of its batch
   * @returns room: false when the caller has to wait
   */
  add(part: Part, isLane = false): { batch: OpenBatch; room: boolean } {
    const { plan, platform, state } = this.#run
    const { journal } = this.#run.history
    // `laned` has given all of its lanes numbers.
    const no = isLane ? this.#laneNo++ : state.lastNo + 1
    const numbered = asBatch(part, no)
    const { input, startBytes } = numbered.ranges[0]!
    const { lane, start } = part
    const isNew =
      lane === undefined && isWhole(part) && startBytes >= state.sentTo.at(input).offsetBytes
    const ofLanes = lane && {
      firstNo: lane.firstNo,
      firstRow: lane.firstRow + start,
      isLane,
    }
    this.#run.emit({ kind: 'numbered', ...numbered, isNew, ...(ofLanes && { ofLanes }) })
    part.no = no
    this.#parts.set(no, part)
    const batch = state.open.get(no)!
    if (journal === undefined) return { batch, room: this.#send(batch) }
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(batch)
    return { batch, room: this.node.bufferedBytes < plan.maxInFlightBytes }
  }

  /** Sends what was added since the last time, once it is in the journal. */
  #sendWritten(): void {
    const batches = this.#unwritten
    if (batches.length === 0) return
    this.#unwritten = []
    try {
      this.#run.commit()
      for (const batch of batches) {
        // It may have been given up in the meantime.
        if (batch.state === 'queued') this.#send(batch)
      }
    } catch (error) {
      this.#stop(asDdbError(error))
    }
  }

  /**
   * Goes on with a part that an earlier process sent under a number.
   * @param attempt  the last one that the server has begun; without any it is sent, should the earlier copy still come
   */
  takeUp(part: Part, no: number, attempt: number | undefined): OpenBatch {
    const { state, platform } = this.#run
    part.no = no
    const isSent = attempt !== undefined
    const atMs = platform.clock.nowMs()
    const batch = asBatch(part, no)
    this.#run.emit({ kind: 'inherited', ...batch, attempt: attempt ?? 0, isSent, atMs })
    this.#parts.set(no, part)
    return state.open.get(no)!
  }

  /** Sends a batch that was taken up. */
  sendTakenUp(batch: OpenBatch): void {
    this.#send(batch)
  }

  /** The same attempt once more, for a copy that may be lost: claims decide. */
  repeat(batch: OpenBatch): void {
    this.#transmit(batch)
  }

  /** The next attempt, for one that left nothing behind or that the user wants sent again. */
  sendAgain({ lane, no }: OpenBatch): void {
    this.#run.emit({ kind: 'again', lane, no })
    this.#send(this.#run.state.open.get(no)!)
  }

  /** The next attempt after a rest, unless the batch is closed by then. */
  sendLater(batch: OpenBatch, delayMs: number): void {
    const timer = this.#run.platform.clock.after(delayMs, () => {
      this.#resting.delete(timer)
      if (batch.state === 'refused') this.sendAgain(batch)
    })
    this.#resting.add(timer)
  }

  /** Refused batches are not sent again any more. */
  endRest(): void {
    for (const timer of this.#resting) timer.cancel()
    this.#resting.clear()
  }

  /** Something is known of a batch: others may have waited for it. */
  goOn(): void {
    if (!this.#isHolding) return
    this.#isHolding = false
    this.flush()
  }

  /** Sends what was held back. */
  flush(): void {
    this.#sendWritten()
    for (const batch of this.#run.state.open.values()) {
      if (batch.state === 'queued') this.#send(batch)
    }
  }

  /** What the present node has been sent and has not answered for. */
  transmitted(): OpenBatch[] {
    return this.#inStates('sent', 'claimed')
  }

  /** Nothing is with the server. */
  get isQueued(): boolean {
    return [...this.#run.state.open.values()].every(({ state }) => state === 'queued')
  }

  /** What waits for the node that leads: never sent, or refused by the present one. */
  held(): OpenBatch[] {
    return this.leader === undefined ? [] : this.#inStates('queued', 'refused')
  }

  /** What the present node may have, although this process has not sent it there. */
  earlier(): OpenBatch[] {
    return this.#inStates('queued').filter(batch => this.isEarlier(batch))
  }

  #inStates(...states: readonly BatchState[]): OpenBatch[] {
    return [...this.#run.state.open.values()].filter(({ state }) => states.includes(state))
  }

  /** Waits to be sent, and may be with the present node all the same: an earlier process has sent it there, or was about to. */
  isEarlier({ no, state, attempt, sendNos }: OpenBatch): boolean {
    const isNext = state === 'queued' && attempt === 0 && sendNos.length === 0
    return isNext && no <= this.#run.state.earlierNo
  }

  #send(batch: OpenBatch): boolean {
    // The present node has to answer for what it may have.
    if ((this.leader !== undefined && !this.isEarlier(batch)) || this.isHeld) return false
    if (!this.#mayGo(batch)) {
      this.#isHolding = true
      return false
    }
    // Without a connection it stays queued; another one is opened for its sake.
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
    // After the journal knows of it: another process that has the run since then finds it there.
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
    // There may have been more.
    let next = this.#turn % plan.connections
    for (let i = 1; i < plan.connections; i++) {
      const other = (this.#turn + i) % plan.connections
      if ((state.sentOver[other] ?? 0) < (state.sentOver[next] ?? 0)) next = other
    }
    this.#turn = (next + 1) % plan.connections
    return next
  }
}

function asBatch(part: Part, no: number) {
  const ranges = partRanges(part)
  return { lane: onlyLane, no, ranges, rows: part.end - part.start, bytes: part.encodedBytes }
}

function isWhole({ batch, start, end }: Part): boolean {
  return end - start === batch.rowCount
}
