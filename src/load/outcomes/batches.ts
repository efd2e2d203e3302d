/* The batches of a run without an outcome: which piece is sent when and over which connection, and what follows from its outcome. A piece
   may have to wait for the journal, for a pause before a retry, for a connection, for other pieces, or for the move to a new leader. */
import { asDdbError, bugError, ConnectionError, DdbError } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import { maxRedirects, redirectedTooOften, retryDelayMs } from '../connection/connect.js'
import type { ServerAddress } from '../../client/session-options.js'
import type { Run } from '../run.js'
import type { ReceiptNode } from '../transport/receipt-node.js'
import { halvesOf, type Piece, type PieceState } from './pieces.js'
import type { Recorder } from './recorder.js'
import { decideRefusal, inTransform, type Outcome, outOfTurn } from './refusals.js'
import { isOrdered, newTurns } from './turns.js'

/** If the server refuses a piece repeatedly, each pause is this many times longer than the last. */
const restGrowth = 4

/** How many pieces are sent again after others that have no outcome yet, once some were refused because of the one before them. */
const fewAhead = 16

/** Sends pieces in order and never waits. */
export class Batches {
  /** The node that leads now, if not the current one. New pieces wait for the move to it, after the current node has answered all pieces. */
  leader: ServerAddress | undefined
  readonly node: ReceiptNode
  /** True while nothing may be sent, because the run needs a new ledger. */
  isHeld = false
  readonly #run: Run
  readonly #recorder: Recorder
  readonly #fail: (error: unknown) => void
  /** New pieces of this turn of the event loop. One journal write records their batches before the first is sent. */
  #unwritten: Piece[] = []
  readonly #turns: ReturnType<typeof newTurns>
  /** True while some pieces wait for the outcome of earlier pieces. */
  #isHolding = false
  /** Halves of pieces that were refused for some rows, last first. One is sent at a time: after the first bad row a run may stop. */
  readonly #halves: Piece[] = []
  #half: Piece | undefined
  /** True after `end` or `stop`. Refused pieces are then not resent. */
  #ended = false
  /** Number of redirects since the server last accepted rows. */
  #moves = 0
  /** How many pieces may be sent before those that they name have an outcome. Each outcome allows two more. */
  #ahead = Infinity

  constructor(run: Run, recorder: Recorder, node: ReceiptNode, fail: (error: unknown) => void) {
    this.#run = run
    this.#recorder = recorder
    this.#fail = fail
    this.#turns = newTurns(run)
    this.node = node
  }

  /** False if too much is in flight, or if new pieces must wait for the leader. */
  get hasRoom(): boolean {
    return !this.isHeld && this.leader === undefined && this.#turns.hasRoom()
  }

  /** Whether halves of a refused piece are sent, one at a time. */
  get isDividing(): boolean {
    return this.#half !== undefined
  }

  /** Sends a new piece, or lets it wait. With a journal, it is sent at the end of this turn of the event loop. */
  add(piece: Piece): void {
    const { platform, history } = this.#run
    this.#handOver(piece)
    if (history.file === undefined) return this.#send(piece)
    if (this.#unwritten.length === 0) platform.clock.nextTurn(() => this.#sendWritten())
    this.#unwritten.push(piece)
  }

  /** Sends a piece that the journal has and that is certainly not stored. @param attempt  the server has no receipt of this attempt yet */
  addUnsent(piece: Piece, attempt = 0): void {
    piece.attempt = attempt
    // If this process is killed, the rows are no longer certainly not stored.
    const none = { confirmed: 0, rejected: 0, unsent: 0, filtered: 0 }
    this.#run.history.ended(piece.place, { ...none, unconfirmed: piece.rows })
    this.add(piece)
  }

  /** Continues with a piece of an earlier process. @param attempt  the last that the server has begun; undefined if none, or unknown */
  takeUp(piece: Piece, attempt: number | undefined): void {
    piece.ofEarlier = true
    piece.attempt = attempt ?? 0
    piece.sentAtMs = this.#run.platform.clock.nowMs()
    this.#handOver(piece)
    if (attempt !== undefined) piece.state = 'sent'
  }

  /**
   * Decides what becomes of a piece without an outcome, whichever process has sent it. The ledger was read to its end, or there is none:
   * - the server has begun the piece: the outcome follows as long as the server works. After that, nothing shows what it has written
   * - it has not: another copy is sent under the same place, once no connection carries an earlier one. The server writes only the first
   *   copy that claims the piece
   * - no ledger shows it any more: the piece may be stored
   * `why`: why nothing shows that the server has begun the piece. `isGone`: the ledger that could show it is gone. `isIdle`: the server has
   * no work for the run, although it has had the time to begin what was sent.
   */
  settle(
    piece: Piece,
    { why, isGone, isIdle }: { readonly why: string; isGone?: boolean; isIdle?: boolean },
  ): void {
    // What became of another piece may have ended it.
    if (piece.state === 'closed') return
    if (isGone) {
      if (!piece.isEarlier) return this.#leaveUncertain(piece, why)
      if (!this.#recorder.mayCopy(piece)) return this.#giveUp(piece, why)
      piece.mayBeStored = true
    }
    // Each connection that another one has replaced is closed.
    const isCarried = piece.carrier?.closed === false
    const { retries } = this.#run.checked
    if (piece.state === 'queued') this.#send(piece)
    else if (piece.state === 'claimed') {
      if (isIdle) this.#leaveUncertain(piece, 'begun, but its outcome never came')
    } else if (piece.resends >= retries || (this.#ended && isOrdered(this.#run))) {
      if (isIdle || !isCarried) this.#giveUp(piece, why)
    } else if (!isCarried) this.#transmit(piece)
  }

  /** @param left  rows that remain after the run's transform; null if it threw an error, undefined without one */
  outcome(piece: Piece, { rowCount, errText }: Outcome, left: number | null | undefined): void {
    const { state, platform } = this.#run
    state.latencies.add(platform.clock.nowMs() - piece.sentAtMs)
    if (rowCount === null || rowCount >= 0) {
      this.#moves = 0
      this.#ahead += 2
      this.#recorder.taken(this.#close(piece), rowCount, left ?? undefined)
    } else this.#refused(piece, errText, left === null)
    this.#goOn()
  }

  #refused(piece: Piece, errText: string, byTransform: boolean): void {
    const recorder = this.#recorder
    const { ending, platform } = this.#run
    const { clock, random } = platform
    if (errText === outOfTurn) {
      piece.refusal = errText
      // Not a retry: it waits for the piece before it, whose fault it was.
      piece.resends--
      this.#ahead = Math.min(this.#ahead, fewAhead)
      piece.lateSendNo = this.#run.state.lastSendNo
      return this.#ended ? this.#drop(piece) : this.#sendAgain(piece)
    }
    const decision = decideRefusal(errText, piece, recorder.target, byTransform)
    const why = `refused: ${errText}`
    switch (decision.kind) {
      case 'again':
        if (this.#ended) return this.#giveUp(piece, why)
        Object.assign(piece, { state: 'refused', refusal: errText })
        clock.afterIfAlive(retryDelayMs(piece.resends + 1, random, restGrowth), () => {
          // Unless it has an outcome by then.
          if (piece.state === 'refused') this.#sendAgain(piece)
          this.#goOn()
        })
        return
      case 'follow':
        Object.assign(piece, { state: 'refused', refusal: errText })
        if (this.#ended) return this.#drop(piece)
        this.leader = decision.to
        return
      case 'divide':
        this.#halves.push(...halvesOf(this.#close(piece)).reverse())
        return
      case 'reject':
        return recorder.rejected(this.#close(piece), byTransform ? inTransform(errText) : errText)
      case 'leave': {
        const { isUnwritten, stops } = decision
        // What stopped an earlier process may be gone.
        if (stops && !this.#ended && piece.ofEarlier && piece.sendNos.length === 0)
          return isUnwritten ? this.#sendAgain(piece) : this.#leaveUncertain(piece, why)
        const error = stops === 'atSecond' ? recorder.secondRefusal(errText) : stops
        // The reason must be reported before its consequences.
        ending.fail(error)
        this.#close(piece)
        if (isUnwritten) recorder.unsent(piece)
        else recorder.uncertain(piece, why)
        return error === undefined ? this.#stopInOrder() : this.stop(error)
      }
    }
  }

  #goOn(): void {
    if (this.#ended) return
    if (this.#isHolding) {
      this.#isHolding = false
      this.flush()
    }
    if (this.#half !== undefined) return
    if (this.#run.ending.stopped) {
      // Nothing may follow halves that are not sent.
      if (this.#halves.length === 0 || !isOrdered(this.#run)) return
      this.endHalves()
      return this.end('', ['queued'])
    }
    // An earlier process may have had a batch refused whose turn has not come: the one before it may be divided, too.
    const at = this.#halves.findLastIndex(half => this.#turns.isNext(half))
    this.#half = this.#halves.splice(at, at < 0 ? 0 : 1)[0]
    if (this.#half === undefined) return
    this.#open(this.#half)
    this.#send(this.#half)
  }

  /** Counts the rows in halves that are still waiting as unsent: the server has stored none of these rows. */
  endHalves(): void {
    for (const half of this.#halves.splice(0).reverse()) this.#recorder.unsent(half)
  }

  /** Without the ledger, nothing shows whether an earlier process had also sent the halves that wait. */
  loseHalves(why: string): void {
    for (const half of this.#halves.splice(0)) {
      if (half.ofEarlier && !this.#recorder.mayCopy(half)) {
        this.#recorder.uncertain(half, why)
        this.#stopInOrder()
      } else {
        half.mayBeStored ||= half.ofEarlier
        this.#halves.push(half)
      }
    }
  }

  /** Resends a piece of unknown outcome if the user allows that and retries are left. Otherwise gives the piece up. */
  #leaveUncertain(piece: Piece, why: string): void {
    const mayAgain = !this.#ended && piece.resends < this.#run.checked.retries
    if (!mayAgain || !this.#recorder.mayCopy(piece)) return this.#giveUp(piece, why)
    piece.mayBeStored = true
    this.#sendAgain(piece)
  }

  #giveUp(piece: Piece, why: string): void {
    // The memory of the piece will get other rows, which must not leave in its place.
    const isWaiting = piece.isInFlight && (piece.carrier?.bufferedBytes ?? 0) > 0
    if (isWaiting) piece.carrier!.abandon(new ConnectionError('DDB_CONNECTION_LOST', why))
    this.#recorder.uncertain(this.#close(piece), why)
    this.#stopInOrder()
    this.#goOn()
  }

  /** Sends nothing after a piece of unknown outcome if rows with its keys might follow: a later process could not send it before them. */
  #stopInOrder(): void {
    if (this.#ended || !isOrdered(this.#run)) return
    const why = 'the order of rows decides which one of a key stays, so nothing more is sent'
    this.stop(new DdbError('DDB_UNCONFIRMED', `it is not known whether a batch is stored: ${why}`))
  }

  /** Sends nothing more, but still waits for the pieces in flight. */
  stop(error: DdbError): void {
    this.#fail(error)
    this.end(error.message, ['queued', 'refused'])
  }

  /** Every open piece gets its final outcome, which depends on its state. @param states  only pieces in these */
  end(why: string, states: readonly PieceState[] = ['queued', 'refused', 'sent', 'claimed']): void {
    this.#ended = true
    for (const piece of this.#inStates(...states)) {
      if (piece.state === 'queued') this.#drop(piece)
      else this.#giveUp(piece, piece.state === 'refused' ? `refused: ${piece.refusal}` : why)
    }
  }

  /** Drops a piece that was queued, or that a node refused because a different node leads. */
  #drop(piece: Piece): void {
    if (piece.isEarlier)
      return this.#giveUp(piece, 'sent by an earlier process, and no receipt came')
    // The rows of a half were counted with the whole.
    const isHalf = piece === this.#half
    if (piece.connection === undefined) this.#countSent(piece, isHalf ? 0 : -1)
    // The last attempt was given up without an answer, so the server may have stored it.
    else if (piece.refusal === '') return this.#giveUp(piece, 'sent, and no receipt came')
    this.#recorder.unsent(this.#close(piece))
  }

  #handOver(piece: Piece): void {
    this.#turns.take(piece)
    this.#countSent(piece, 1)
    this.#open(piece)
  }

  /** @param times  −1 if the piece was not sent after all */
  #countSent({ rows, batch }: Piece, times: 1 | 0 | -1): void {
    const { state } = this.#run
    state.sentRows += times * rows
    state.sentBytes += times * batch.encodedBytes
    state.batches.sent += times
  }

  #open(piece: Piece): void {
    const { state } = this.#run
    state.open.set(piece.key, piece)
    state.openBytes += piece.batch.encodedBytes
  }

  /** The queue forgets the piece, whose outcome the caller must record. @throws {DdbError} DDB_INTERNAL if it has an outcome already */
  #close(piece: Piece): Piece {
    const { state } = this.#run
    if (!state.open.delete(piece.key)) throw bugError(`${piece.text} has two outcomes`)
    state.openBytes -= piece.batch.encodedBytes
    if (piece === this.#half) this.#half = undefined
    this.#turns.close(piece)
    piece.state = 'closed'
    return piece
  }

  /** Moves to the leader after this node has answered all pieces, so that none is open on two nodes. @returns whether the run has moved */
  async moveToLeader(timeoutMs: number): Promise<boolean> {
    const to = this.leader
    const unknown = this.unknown()
    if (to === undefined || unknown.some(piece => piece.isInFlight)) return false
    const [waiting] = unknown
    if (waiting !== undefined) {
      // For a piece that only the leader will take; and only this node could show whether it is stored.
      this.#drop(waiting)
      return false
    }
    try {
      if (++this.#moves > maxRedirects) throw redirectedTooOften(to)
      const { clock, random } = this.#run.platform
      // Until a leader is elected, a node names itself (DolphinDB manual, page str_ha).
      const pauseMs = this.#moves > 1 ? retryDelayMs(this.#moves, random, restGrowth) : 0
      await wait(clock, pauseMs, this.#run.ending.leaving)
      this.loseHalves('the former leader has its receipt')
      // The former ledger is removed, so the journal must have its outcomes.
      this.#run.commit()
      await this.node.moveTo(to, timeoutMs)
      // The evidence describes tables in the memory of the old node. The leader has different tables.
      this.#recorder.evidence.forget()
      await this.#recorder.evidence.beginAgain()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      this.#fail(error)
      // More pieces may have been added during the wait.
      for (const piece of this.#inStates('queued', 'refused')) this.#drop(piece)
      return false
    } finally {
      this.leader = undefined
    }
    for (const piece of this.#inStates('refused')) this.#sendAgain(piece)
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
    const open = [...this.#run.state.open.values()]
    return open.filter(piece => piece.isInFlight || piece.isEarlier)
  }

  /** Looks at the state of each piece only when the caller comes to it, because what the caller does may change the next ones. */
  *#inStates(...states: readonly PieceState[]): Generator<Piece, void, void> {
    for (const piece of [...this.#run.state.open.values()]) {
      if (states.includes(piece.state)) yield piece
    }
  }

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
    piece.state = 'queued'
    piece.attempt++
    piece.sendNos = []
    this.#run.state.batches.retried++
    this.#send(piece)
  }

  #send(piece: Piece): void {
    // Pieces of an earlier process still use the current node, because only this node can report their outcome.
    if ((this.leader !== undefined && !piece.isEarlier) || this.isHeld) return
    const goesAlone = this.node.isAnswered || this.#recorder.target.isSequential
    const mayGo = this.#turns.mayGo(piece, goesAlone, this.#ahead > 0)
    // Once the run has given up, no outcome sends what waits for it.
    if (!mayGo && this.#ended) this.#drop(piece)
    else if (!mayGo) this.#isHolding = true
    // Without a connection the piece stays queued. Queued pieces cause the run to reconnect.
    else if (!this.node.isLost) {
      this.#ahead = Math.max(0, this.#ahead - 1)
      this.#transmit(piece)
    }
  }

  /** The outcome of an earlier copy may be unknown. */
  #transmit(piece: Piece): void {
    const { state, platform, ending } = this.#run
    // The journal already contains the batch, so a process that takes over the run will find it.
    if (!ending.maySend()) return this.stop(ending.failure!)
    if (piece.sendNos.length === 0) piece.sentAtMs = platform.clock.nowMs()
    if (piece.attempt > 0 || piece.sendNos.length > 0) piece.resends++
    if (piece.state !== 'queued') state.batches.retried++
    // It is in flight on its new connection only.
    piece.connection = undefined
    piece.connection = piece.whole.lane ?? this.#turns.nextConnection()
    if (piece.state !== 'claimed') piece.state = 'sent'
    const sendNo = ++state.lastSendNo
    piece.sendNos.push(sendNo)
    this.node.send(piece, sendNo, this.#turns.after(piece))
  }
}
