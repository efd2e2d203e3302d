/*
  The batches of a run without an outcome: which piece is sent when and over which connection, and what follows from its outcome. A piece
  may have to wait for the journal, for a pause before a retry, for a connection, or for the move to a new leader.
*/
import { DdbError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import { maxRedirects, redirectedTooOften } from '../connection/connect.js'
import { retryDelayMs } from '../connection/retry.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import type { ReceiptNode } from '../transport/receipts/receipt-node.js'
import { asDdbError } from '../run-ending.js'
import { halves, isEarlier, pieceText, type Piece, type PieceState } from './pieces.js'
import { keyOf, type Place } from './place.js'
import type { Recorder } from './recorder.js'
import { decideRefusal, inTransform, type Outcome } from './refusals.js'
import { again, handOver, move, open, sent, withdraw } from './run-state.js'
import { Turns } from './turns.js'

export interface BatchesSetup {
  readonly run: Run
  readonly recorder: Recorder
  /** Ends the run, so that no more batches are handed over. */
  fail(error: unknown): void
}

/** What is known, besides the ledger, about a piece without an outcome. */
export interface Situation {
  /** Why nothing shows that the server has begun the piece. */
  readonly why?: string
  /** The ledger that could show it is gone. */
  readonly isGone?: boolean
  /** The server has read everything that was sent. Without this, only pieces of lost connections are sent again. */
  readonly isRead?: boolean
  /** The server does no work for the run. */
  readonly isIdle?: boolean
}

/** If the server refuses a piece repeatedly, each pause is this many times longer than the last. */
const restGrowth = 4

/** Sends pieces in order and never waits. */
export class Batches {
  /**
   * The node that now leads; undefined while the current node leads. New pieces wait for the move to this node, which
   * happens after the current node has answered all pieces.
   */
  leader: ServerAddress | undefined
  readonly node: ReceiptNode
  /** True while nothing may be sent, because the run needs a new ledger. */
  isHeld = false
  readonly #run: Run
  readonly #setup: BatchesSetup
  /** New pieces of this turn of the event loop. One journal write records their batches before the first is sent. */
  #unwritten: Piece[] = []
  readonly #turns: Turns
  /** True while some pieces wait for the outcome of earlier pieces. */
  #isHolding = false
  readonly #resting = new Set<Timer>()
  /**
   * Halves of pieces that the server refused because of some rows, without storing any row; the last is sent first. The run sends one
   * half at a time, so that a run that stops at the first bad row sends as little as possible.
   */
  readonly #halves: Piece[] = []
  /** The half that was sent. */
  #half: Piece | undefined
  /** True after `end` or `stop`. Refused pieces are then not resent. */
  #ended = false
  /** Number of redirects since the server last accepted rows. */
  #moves = 0

  constructor(setup: BatchesSetup, node: ReceiptNode) {
    this.#run = setup.run
    this.#setup = setup
    this.#turns = new Turns(setup.run)
    this.node = node
  }

  /** False if too much is in flight, or if new pieces must wait for the leader. */
  get hasRoom(): boolean {
    return !this.isHeld && this.leader === undefined && this.#turns.hasRoom
  }

  /** The open piece at this place. */
  at(place: Place): Piece | undefined {
    return this.#run.state.open.get(keyOf(place))
  }

  /**
   * Sends a new piece, or lets it wait. With a journal, it is sent at the end of this turn of the event loop.
   * @returns false if the caller has to wait
   */
  add(piece: Piece): boolean {
    const { checked, platform, history } = this.#run
    handOver(this.#run.state, piece)
    if (history.file === undefined) return this.#send(piece)
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(piece)
    return this.node.bufferedBytes < checked.maxInFlightBytes
  }

  /**
   * Sends a piece that the journal has and that is certainly not stored.
   * @param attempt  the server has no receipt of this attempt yet
   */
  addUnsent(piece: Piece, attempt = 0): void {
    piece.attempt = piece.firstAttempt = attempt
    // If this process is killed, the rows are no longer certainly not stored.
    const unknown = { confirmed: 0, rejected: 0, unconfirmed: piece.rows, unsent: 0 }
    this.#run.history.ended(piece.place, unknown)
    this.add(piece)
  }

  /**
   * Continues with a piece that an earlier process sent, or was about to send. The caller applies its receipts, or settles it.
   * @param attempt  the last attempt that the server has begun; undefined if it has begun none, or if that is unknown
   */
  takeUp(piece: Piece, attempt: number | undefined): void {
    piece.isEarlier = true
    piece.attempt = piece.firstAttempt = attempt ?? 0
    piece.sentAtMs = this.#run.platform.clock.nowMs()
    handOver(this.#run.state, piece)
    if (attempt !== undefined) move(this.#run.state, piece, 'sent')
  }

  /**
   * Decides what becomes of a piece without an outcome, whichever process has sent it. The ledger was read to its end, or there is none:
   * - the server has begun the piece: the outcome follows as long as the server works. After that, nothing shows what it has written
   * - it has not: another copy is sent under the same place. If several copies arrive, the server writes only the first one that claims it
   * - no ledger shows it any more: the piece may be stored
   */
  settle(piece: Piece, { why = '', isGone, isRead, isIdle }: Situation): void {
    if (isGone === true) {
      if (!isEarlier(piece)) return this.#leaveUncertain(piece, why)
      if (!this.#setup.recorder.mayCopyEarlier) return this.giveUp(piece, why)
      piece.mayBeStored = true
    }
    if (piece.state === 'queued') this.#send(piece)
    else if (piece.state === 'claimed') {
      if (isIdle === true) this.#leaveUncertain(piece, 'begun, but its outcome never came')
    } else if (isRead === true || !this.node.carries(piece)) {
      if (piece.resends < this.#run.checked.retries) this.#transmit(piece)
      else this.giveUp(piece, why)
    }
  }

  /** The server has reported the outcome of the current attempt. */
  outcome(piece: Piece, { rows, left, errText }: Outcome): void {
    const { run, recorder } = this.#setup
    run.state.latencies.add(run.platform.clock.nowMs() - piece.sentAtMs)
    if (rows === null || rows >= 0) {
      this.#moves = 0
      recorder.taken(this.#close(piece), rows, left ?? undefined)
    } else this.#refused(piece, errText, left === null)
    this.#goOn()
  }

  #refused(piece: Piece, errText: string, byTransform: boolean): void {
    const { run, recorder } = this.#setup
    const { rows: rowCount, resends } = piece
    const refused = { rowCount, resends, text: pieceText(piece), byTransform }
    const decision = decideRefusal(errText, refused, recorder.target)
    switch (decision.kind) {
      case 'again':
        if (this.#ended) return this.giveUp(piece, `refused: ${errText}`)
        this.#refuse(piece, errText)
        return this.#sendLater(piece, retryDelayMs(resends + 1, run.platform.random, restGrowth))
      case 'follow':
        this.#refuse(piece, errText)
        if (this.#ended) return this.#drop(piece)
        this.leader = decision.to
        return
      case 'divide':
        move(run.state, this.#close(piece), 'closed')
        this.#halves.push(...halves(piece).reverse())
        return
      case 'reject':
        return recorder.rejected(this.#close(piece), byTransform ? inTransform(errText) : errText)
      case 'uncertain': {
        this.#close(piece)
        if (!decision.stops) return recorder.uncertain(piece, `refused: ${errText}`)
        const error = recorder.refused(piece, errText)
        return error === undefined ? undefined : this.stop(error)
      }
      case 'stop':
        // The reason must be reported before its consequences.
        run.ending.fail(decision.error)
        this.#close(piece)
        if (decision.stored === 'no') recorder.unsent(piece)
        else recorder.uncertain(piece, `refused: ${errText}`)
        return this.stop(decision.error)
    }
  }

  /** The server has stored no row of the current attempt. */
  #refuse(piece: Piece, errText: string): void {
    move(this.#run.state, piece, 'refused')
    piece.refusal = errText
  }

  /** Sends the pieces that waited for an outcome, and the next half. */
  #goOn(): void {
    if (this.#isHolding) {
      this.#isHolding = false
      this.flush()
    }
    if (this.#half !== undefined || this.#ended) return
    if (this.#run.ending.stopped) return this.#leaveLanes()
    this.#half = this.#halves.pop()
    if (this.#half === undefined) return
    open(this.#run.state, this.#half)
    this.#send(this.#half)
  }

  /** If the run is stopping, drops the halves that were not sent, and all pieces that must follow them. */
  #leaveLanes(): void {
    if (this.#run.lanes?.isOrdered !== true) return
    const left = new Set(this.#halves.map(({ lane }) => lane?.index))
    this.endHalves()
    for (const piece of this.#inStates('queued')) {
      if (left.has(piece.lane?.index)) this.#drop(piece)
    }
  }

  /** Counts the rows in halves that are still waiting as unsent: the server has stored none of these rows. */
  endHalves(): void {
    for (const half of this.#halves.splice(0).reverse()) this.#setup.recorder.unsent(half)
  }

  /** Resends a piece of unknown outcome if the user allows that and retries are left. Otherwise gives the piece up. */
  #leaveUncertain(piece: Piece, why: string): void {
    const { onDoubt, retries } = this.#run.checked
    const resends = onDoubt === 'resend' && piece.resends < retries
    if (!resends) return this.giveUp(piece, why)
    piece.mayBeStored = true
    this.#sendAgain(piece)
  }

  /** Records the piece as unconfirmed, because its outcome will stay unknown. */
  giveUp(piece: Piece, why: string): void {
    this.#setup.recorder.uncertain(this.#close(piece), why)
    this.#goOn()
  }

  /** Sends nothing more, but still waits for the pieces in flight. */
  stop(error: DdbError): void {
    this.#setup.fail(error)
    this.#endRest()
    for (const piece of this.#inStates('queued', 'refused')) this.#leave(piece, error.message)
  }

  /** Gives every open piece its final outcome, which depends on its state. */
  end(why: string): void {
    this.#endRest()
    const pieces = this.#inStates('queued', 'refused', 'sent', 'claimed')
    for (const piece of pieces) this.#leave(piece, why)
  }

  /** Cancels planned attempts. */
  #endRest(): void {
    this.#ended = true
    for (const timer of this.#resting) timer.cancel()
    this.#resting.clear()
  }

  #leave(piece: Piece, why: string): void {
    if (piece.state === 'queued') this.#drop(piece)
    else this.giveUp(piece, piece.state === 'refused' ? `refused: ${piece.refusal}` : why)
  }

  /** Drops a piece that was queued, or that a node refused because a different node leads. */
  #drop(piece: Piece): void {
    if (isEarlier(piece)) {
      return this.giveUp(piece, 'sent by an earlier process, and no receipt came')
    }
    const isNew = piece.sendNos.length === 0 && piece.attempt === piece.firstAttempt
    if (isNew) withdraw(this.#run.state, piece)
    // The last attempt was given up without an answer, so the server may have stored it.
    else if (piece.refusal === '') return this.giveUp(piece, 'sent, and no receipt came')
    this.#setup.recorder.unsent(this.#close(piece))
  }

  /** Makes the queue forget the piece, whose outcome the caller must record. */
  #close(piece: Piece): Piece {
    if (piece === this.#half) this.#half = undefined
    this.#turns.close(piece)
    return piece
  }

  /**
   * Moves to the leading node after the current node has answered all pieces. No piece is then open on two nodes.
   * @param follow  directs all sending to the leading node
   * @returns whether the run has moved
   */
  async moveToLeader(follow: (to: ServerAddress) => Promise<void>): Promise<boolean> {
    const to = this.leader
    if (to === undefined || this.unknown().length > 0) return false
    const held = [...this.#inStates('refused')]
    try {
      if (++this.#moves > maxRedirects) throw redirectedTooOften(to)
      await follow(to)
      this.leader = undefined
      // The evidence describes tables in the memory of the old node. The leader has different tables.
      this.#setup.recorder.target.evidence?.forget()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#setup.fail(error)
      // More pieces may have been added during the wait.
      this.leader = undefined
      for (const piece of this.#inStates('queued', 'refused')) this.#drop(piece)
      return false
    }
    for (const piece of held) if (piece.state === 'refused') this.#sendAgain(piece)
    this.flush()
    return true
  }

  /** Sends all queued pieces, after writing the batches of new ones to the journal. */
  flush(): void {
    this.#sendWritten()
    for (const piece of this.#inStates('queued')) this.#send(piece)
  }

  /** Pieces that this or an earlier process has sent to the current node, or may have, and that have no outcome yet. */
  unknown(): Piece[] {
    const pieces = [...this.#inStates('queued', 'sent', 'claimed')]
    return pieces.filter(piece => piece.state !== 'queued' || isEarlier(piece))
  }

  /** True if every open piece is still waiting to be sent. */
  get isIdle(): boolean {
    return [...this.#inStates('queued')].length === this.#run.state.open.size
  }

  /** Looks at the state of each piece only when the caller comes to it, because what the caller does may change the next ones. */
  *#inStates(...states: readonly PieceState[]): Generator<Piece, void, void> {
    for (const piece of [...this.#run.state.open.values()]) {
      if (states.includes(piece.state)) yield piece
    }
  }

  /** Writes the batches since the last call to the journal, and then sends them. */
  #sendWritten(): void {
    const pieces = this.#unwritten
    if (pieces.length === 0) return
    this.#unwritten = []
    try {
      this.#run.commit()
      for (const piece of pieces) {
        // The piece may have been given up in the meantime.
        if (piece.state === 'queued') this.#send(piece)
      }
    } catch (error) {
      this.#run.ending.fail(error)
      this.stop(asDdbError(error))
    }
  }

  /** Sends the next attempt, because the last one stored no rows or the user accepts copies. */
  #sendAgain(piece: Piece): void {
    again(this.#run.state, piece)
    this.#send(piece)
  }

  /** Sends the next attempt after `delayMs`, unless the piece has an outcome by then. */
  #sendLater(piece: Piece, delayMs: number): void {
    const timer = this.#run.platform.clock.after(delayMs, () => {
      this.#resting.delete(timer)
      if (piece.state === 'refused') this.#sendAgain(piece)
    })
    this.#resting.add(timer)
  }

  #send(piece: Piece): boolean {
    // Pieces of an earlier process still use the current node, because only this node can report their outcome.
    if ((this.leader !== undefined && !isEarlier(piece)) || this.isHeld) return false
    if (!this.#turns.mayGo(piece, this.node.carriesOneBatch)) {
      this.#isHolding = true
      return false
    }
    // Without a connection the piece stays queued. Queued pieces cause the run to reconnect.
    return this.node.isLost || this.#transmit(piece)
  }

  #transmit(piece: Piece): boolean {
    const { state, platform, ending } = this.#run
    // The journal already contains the batch, so a process that takes over the run will find it.
    if (!ending.maySend()) {
      this.stop(ending.failure!)
      return false
    }
    const connection = piece.lane?.index ?? this.#turns.nextConnection()
    const sendNo = sent(state, piece, connection, platform.clock.nowMs())
    return this.node.send(piece, sendNo, connection)
  }
}
