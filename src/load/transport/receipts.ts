/* The receipts of a run: claims and outcomes from the ledger (the server-side table of receipts), and answers, which are outcomes, too.
   Each is applied to its piece. Receipts of earlier processes are kept until this process comes to their place and makes their attempt. */
import { DdbError } from '../../errors.js'
import type { Batch, BatchPlace } from '../../parse/batch.js'
import { remedies } from '../journal/changed-run.js'
import type { Batches } from '../outcomes/batches.js'
import { keyOf, type Piece } from '../outcomes/pieces.js'
import type { Recorder } from '../outcomes/recorder.js'
import { classifyRefusal, outOfTurn, type Refusal } from '../outcomes/refusals.js'
import { rowsText } from '../outcomes/run-state.js'
import type { Run } from '../run.js'
import { hasTransform } from '../target/target.js'
import { type LedgerRow, outcomePhase } from './script.js'

/** More than the number of copies that one process can send. */
const sendNosOfProcess = 2 ** 36

const receiptsLost = 'sent by an earlier process, and the server has no receipts of that process'

/** Refusals because of the rows: another attempt would be refused alike. */
const ofRows: readonly Refusal[] = ['rows', 'tooLarge']

const batchKey = ({ stream, no }: BatchPlace): string => `${stream} ${no}`

export class Receipts {
  readonly #run: Run
  readonly #batches: Batches
  readonly #recorder: Recorder
  /** Receipts of earlier processes that no piece has taken yet, by place (`keyOf`). */
  readonly #kept = new Map<string | number, LedgerRow[]>()
  /** What the place of each batch in `#kept` stood for when it was sent (`Whole`). */
  readonly #cuts = new Map<string, number>()
  /** Of earlier processes without a sample of their rows: the first piece of each stream that the target accepted. */
  readonly #earliest = new Map<number, string | number>()
  /** Whether the ledger exists to which earlier processes wrote. */
  #isLedgerKept = true

  constructor(run: Run, batches: Batches, recorder: Recorder) {
    this.#run = run
    this.#batches = batches
    this.#recorder = recorder
  }

  /**
   * Reads what earlier processes left, before anything is sent. Chooses send numbers higher than all earlier ones, and partly random, since
   * the journal of a process with the same number may have been lost. @param hasLedger  whether the last process's ledger exists
   * @throws {DdbError} DDB_UNCONFIRMED if the server has begun a batch after one that neither it nor the journal knows
   */
  async readEarlier(hasLedger: boolean): Promise<void> {
    const { history, state, checked, platform, shared } = this.#run
    const { file, found } = history
    if (file === undefined && shared === undefined) return
    this.#isLedgerKept = found.begun.length === 0 || hasLedger
    // Shards do not know how many processes there were. Two of them hardly ever choose the same numbers.
    const before = shared
      ? Math.floor(platform.random.number() * 2 ** 16)
      : history.now.begun.length
    const ours = Math.floor((before + platform.random.number() / 2) * sendNosOfProcess)
    state.lastSendNo = state.earlierSendNo = ours - 1
    for (let isMore = hasLedger; isMore;) {
      const rows = await this.#batches.node.read(checked.confirmTimeoutMs)
      for (const row of rows) this.#keep(row)
      isMore = rows.length > 0
    }
    // Shards may send the batches of a stream in any order: all of them cut it alike.
    if (shared === undefined && !this.#recorder.mayCopy()) this.#checkNoGap()
  }

  /** A batch that the journal lost is compared with its receipts first. One without receipts might be sent twice, under another place. */
  #checkNoGap(): void {
    const lastNos = new Map<number, number>()
    for (const [stream, { settled, open }] of this.#run.history.found.streams) {
      lastNos.set(stream, [...open.keys()].at(-1) ?? settled.no)
    }
    for (const rows of this.#kept.values()) {
      const { stream, no } = rows[0]!
      const isNext = no <= (lastNos.get(stream) ?? 0) + 1
      if (!isNext && !this.#cuts.has(batchKey({ stream, no: no - 1 }))) throw cutElsewhere()
    }
  }

  /** Compares each whole batch: other lanes make other pieces. @throws {DdbError} DDB_UNCONFIRMED if others were sent at its place */
  checkCut({ place }: Pick<Batch, 'place'>, cut: number): void {
    if ((this.#cuts.get(batchKey(place!)) ?? cut) !== cut) throw cutElsewhere()
  }

  /** Whether an earlier process has sent a piece of which its journal knows nothing: the end of the journal was lost. */
  isBegun({ key }: Piece): boolean {
    return this.#isLedgerKept && this.#kept.has(key)
  }

  /** @param hasNoReceipt  whether no ledger has a receipt of the piece: it was sent without receipts, or the ledger is gone */
  takeUp({ piece, isSent }: { piece: Piece; isSent: boolean }, hasNoReceipt = false): void {
    const isKnown = this.#isLedgerKept && !hasNoReceipt
    const kept = isKnown ? (this.#kept.get(piece.key) ?? []) : []
    const attempt = kept.reduce((last, row) => Math.max(last, row.attempt), 0)
    const last = kept.findLast(row => row.attempt === attempt)
    if (last === undefined && !isSent) return this.#batches.addUnsent(piece)
    if (last?.phase === outcomePhase && last.rowCount === -1) {
      // The attempt certainly stored nothing, and its cause may be gone by now.
      const storedNone = this.#recorder.target.allOrNothing || last.errText === outOfTurn
      const isTried = isSent && !(storedNone && !ofRows.includes(classifyRefusal(last.errText)))
      if (!isTried) return this.#batches.addUnsent(piece, attempt + 1)
    }
    this.#batches.takeUp(piece, last?.attempt)
    if (last !== undefined) this.#takeKept(piece)
    else this.#batches.settle(piece, { why: receiptsLost, isGone: !isKnown })
  }

  /** @throws {DdbError} DDB_PROTOCOL, DDB_UNCONFIRMED if a row cannot belong to anything sent */
  take(rows: readonly LedgerRow[]): void {
    const { state } = this.#run
    for (const row of rows) {
      const piece = state.open.get(keyOf(row))
      if (piece !== undefined && row.attempt === 0 && piece.isEarlier) piece.state = 'sent'
      if (piece !== undefined && piece.isInFlight && row.attempt <= piece.attempt) {
        this.#read(piece, row)
      } else if (!this.#isOwn(row)) this.#keep(row)
    }
    if (this.#kept.size === 0) return
    for (const piece of this.#batches.unknown()) this.#takeKept(piece)
  }

  /** Whether this process has sent the copy. */
  #isOwn({ sendNo }: LedgerRow): boolean {
    const { state, shared } = this.#run
    const isOther = shared !== undefined && sendNo > state.lastSendNo
    return sendNo > state.earlierSendNo && !isOther
  }

  #keep(row: LedgerRow): void {
    const { shared, history } = this.#run
    if (shared?.left.has(row.stream - 1) === false) return
    this.#cuts.set(batchKey(row), row.cut)
    const key = keyOf(row)
    const isAccepted = row.phase === outcomePhase && row.rowCount !== -1
    const isFirst = isAccepted && (shared || history.found.sampled.length === 0)
    if (isFirst && !this.#earliest.has(row.stream)) this.#earliest.set(row.stream, key)
    this.#kept.set(key, [...(this.#kept.get(key) ?? []), row])
  }

  #takeKept(piece: Piece): void {
    // If the table was made again since, these rows are gone, while the first rows of the input may have been sent again after that.
    if (piece.key === this.#earliest.get(piece.place.stream)) this.#recorder.evidence.beginStream()
    for (const row of this.#kept.get(piece.key) ?? []) if (piece.isInFlight) this.#read(piece, row)
  }

  /** Applies a receipt to a piece that waits for it. Receipts of other attempts have no effect. */
  #read(piece: Piece, row: LedgerRow): void {
    const { attempt, phase, sendNo, rowCount, cut, left, errText } = row
    const { checked, history, note } = this.#run
    if (piece.attempt !== attempt) return
    if (this.#isOwn(row) && !piece.sendNos.includes(sendNo)) {
      throw new DdbError(
        'DDB_PROTOCOL',
        `the server has a receipt for transmission ${sendNo} of ${piece.text}, which was never sent`,
      )
    }
    if (cut !== piece.whole.cut) throw cutElsewhere()
    if (phase === outcomePhase) {
      // If the copy of another process is refused, that one may have divided the piece, too.
      piece.ofEarlier = !piece.sendNos.includes(sendNo)
      const leftRows = hasTransform(checked) ? rowsLeft(piece.rows, left, rowCount) : undefined
      return this.#batches.outcome(piece, row, leftRows)
    }
    if (rowCount !== piece.rows) {
      throw new DdbError(
        'DDB_PROTOCOL',
        `the server claimed ${rowsText(rowCount ?? 0)} of ${piece.text}, which has ${piece.rows}`,
      )
    }
    piece.state = 'claimed'
    const { dataSessions } = history.now
    // A session of another shard.
    if (errText !== '' && !dataSessions.includes(errText))
      note({ dataSessions: [...dataSessions, errText] })
  }
}

/** The error if a receipt at this place is for other rows than those that this process finds there. */
function cutElsewhere(): DdbError {
  return new DdbError(
    'DDB_UNCONFIRMED',
    "the server has begun batches of this run that do not follow from its journal, or from its inputs: the journal's end was lost, as in a " +
      `power cut, the table has got other partitions, or a shard has read another file. ${remedies.removeThenRestart()}`,
  )
}

/** Rows that the transform left; null if it threw an error. @param taken  as in `Outcome` @throws {DdbError} DDB_PROTOCOL if impossible */
export function rowsLeft(received: number, left: number | undefined, taken: number | null) {
  if (left === undefined && taken === -1) return null
  if (left !== undefined && left >= 0 && left <= received && (taken ?? 0) <= left) return left
  throw new DdbError(
    'DDB_PROTOCOL',
    `the server says that of ${rowsText(received)} the transform returned ${left ?? 'an unknown number'}, and that the table took ${taken ?? 'all of them'}`,
  )
}
