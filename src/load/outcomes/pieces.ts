/*
  Rows of a batch that are sent together: all rows of the batch, or its rows of one lane (a connection that carries a fixed share of the
  rows). While the run locates rows that the server refuses, a piece is a half, a quarter and so on.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { isSettled, pieceKey, rowsOf, type SentBatch } from '../journal/recorded-run.js'
import type { LinesOfRows } from './line-ranges.js'
import { keyOf, type Place } from './place.js'

/**
 * `queued`: waits to be sent, for the first time or again. `sent`: its outcome is unknown. `claimed`: the server has begun to write
 * it. `refused`: the server has stored none of its rows. `closed`: its outcome is recorded, or
 * its halves have replaced it.
 */
export type PieceState = 'queued' | 'sent' | 'claimed' | 'refused' | 'closed'

export interface Piece {
  readonly batch: Batch
  /** Rows `start` to `end` (exclusive) of the batch. */
  readonly start: number
  readonly end: number
  readonly rows: number
  readonly encodedBytes: number
  /** `parts`: how many parts of the batch are not released yet. At 0, the batch itself is released. */
  readonly shared: { parts: number }
  readonly place: Place
  readonly key: string | number
  /** What the place stands for (`cutOf`). */
  readonly cut: bigint
  readonly ranges: readonly LinesOfRows[]
  /** undefined if the rows were not divided by lane. */
  readonly lane: PieceLane | undefined
  state: PieceState
  /** From 0. A new attempt is made if the last one stored no rows, or if the user accepts copies of rows. */
  attempt: number
  /** The first attempt of this process. */
  firstAttempt: number
  /** Whether an earlier process has sent the rows, or was about to. */
  isEarlier: boolean
  /** True if a second copy was sent while the outcome of the first was unknown: the server may have stored the first. */
  mayBeStored: boolean
  /** Index of the connection that was last used; undefined if this process has not sent the piece. */
  connection: number | undefined
  /** Numbers of the transmissions in this attempt, newest last. */
  sendNos: number[]
  /** How often the piece was sent again, in all attempts together. */
  resends: number
  /** The server's reason for its last refusal; '' if it has refused nothing. */
  refusal: string
  /** When the current attempt was first sent, in ms. */
  sentAtMs: number
}

/** Describes the rows of one lane. All pieces of these rows share this object. */
export interface PieceLane {
  /** Index of the lane's connection; undefined if an earlier process divided the rows into a different number of lanes. */
  readonly index: number | undefined
  /** Number of pieces without a recorded outcome. If the order of rows matters, later rows of the lane wait until it is 0. */
  open: number
}

interface Cut {
  readonly cut: bigint
  readonly lane?: PieceLane | undefined
  /** Default: the batch is not divided by lane. */
  readonly laneNo?: number
}

/** All rows of a batch. With `lane`, the batch has the rows of one lane. */
export function wholePiece(batch: Batch, { cut, lane, laneNo = 0 }: Cut): Piece {
  const { rowCount, encodedBytes } = batch
  const { stream, no } = batch.place!
  const shared = { parts: 1 }
  const place = { stream, no, lane: laneNo, part: 1 }
  return newPiece(batch, 0, rowCount, encodedBytes, shared, place, cut, lane)
}

/** Lists the fields. An object spread would take as long as all other work for a small batch. */
function newPiece(
  batch: Batch,
  start: number,
  end: number,
  encodedBytes: number,
  shared: { parts: number },
  place: Place,
  cut: bigint,
  lane: PieceLane | undefined,
): Piece {
  return {
    batch,
    start,
    end,
    rows: end - start,
    encodedBytes,
    shared,
    place,
    key: keyOf(place),
    cut,
    ranges: rangesOf(batch, start, end),
    lane,
    state: 'queued',
    attempt: 0,
    firstAttempt: 0,
    isEarlier: false,
    mayBeStored: false,
    connection: undefined,
    sendNos: [],
    resends: 0,
    refusal: '',
    sentAtMs: 0,
  }
}

/** True for a queued piece that an earlier process sent to the current node, or was about to send. */
export function isEarlier({ isEarlier, state, attempt, sendNos }: Piece): boolean {
  return isEarlier && state === 'queued' && attempt === 0 && sendNos.length === 0
}

/** The two halves that replace a piece of at least two rows. */
export function halves(piece: Piece): [Piece, Piece] {
  const { batch, start, end, shared, place, cut, lane } = piece
  const middle = (start + end) >> 1
  const bytes = piece.encodedBytes / 2
  shared.parts++
  // Adds 2, not 1, because both halves are open now, and the undivided piece no longer counts.
  if (lane !== undefined) lane.open += 2
  const placeOf = (half: number): Place => ({ ...place, part: 2 * place.part + half })
  const first = newPiece(batch, start, middle, bytes, shared, placeOf(0), cut, lane)
  const second = newPiece(batch, middle, end, bytes, shared, placeOf(1), cut, lane)
  first.mayBeStored = second.mayBeStored = piece.mayBeStored
  return [first, second]
}

/** A piece for which something is left to do. */
export interface LeftPiece {
  readonly piece: Piece
  /** Whether the server may have stored it. */
  readonly isSent: boolean
  /** True if no ledger has a receipt of it: sent without receipts, or the ledger is gone. */
  readonly hasNoReceipt: boolean
}

/** The pieces for which something is left to do, in order. Releases the others. */
export function leftOf(piece: Piece, known: SentBatch): LeftPiece[] {
  const ended = known.pieces.get(pieceKey(piece.place))
  const { hasNoReceipt } = known
  if (ended !== undefined) {
    if (!isSettled(ended)) return [{ piece, isSent: ended.unsent < rowsOf(ended), hasNoReceipt }]
    if (piece.lane !== undefined) piece.lane.open--
    release(piece)
    return []
  }
  if (!isDivided(piece, known)) return [{ piece, isSent: true, hasNoReceipt }]
  if (piece.lane !== undefined) piece.lane.open--
  return halves(piece).flatMap(half => leftOf(half, known))
}

/** Whether an earlier process has divided the piece, and recorded the outcome of one of its parts. */
function isDivided({ place }: Piece, { pieces }: SentBatch): boolean {
  return [...pieces.values()].some(({ lane, part }) => {
    const levels = Math.floor(Math.log2(part)) - Math.floor(Math.log2(place.part))
    return lane === place.lane && levels > 0 && part >> levels === place.part
  })
}

/** Must be called once the outcome of the piece is recorded. */
export function release({ shared, batch }: Piece): void {
  if (--shared.parts === 0) batch.release()
}

/** The piece's rows as one table: the single argument in every way of writing. */
export function pieceTable(
  { batch, start, end, rows }: Piece,
  columnNames: readonly string[],
): Table {
  const { columns: all } = batch
  const isWhole = rows === batch.rowCount
  const columns = isWhole ? all : all.map(column => sliceColumn(column, start, end))
  return { form: 'table', name: '', rows, columnNames, columns }
}

/** For example `trades.csv, lines 2 to 10001`. */
export function pieceText({ batch, start, end }: Piece): string {
  const first = batch.locate(start)
  const last = batch.locate(end - 1)
  if (first.file !== last.file) {
    return `${first.file}, line ${first.lineNumber}, to ${last.file}, line ${last.lineNumber}`
  }
  return first.lineNumber === last.lineNumber
    ? `${first.file}, line ${first.lineNumber}`
    : `${first.file}, lines ${first.lineNumber} to ${last.lineNumber}`
}

/** The ranges of rows `start` to `end` (exclusive) of a batch. */
export function rangesOf(batch: Batch, start: number, end: number): readonly LinesOfRows[] {
  const isIn = ({ firstRow, rowCount }: InputRange): boolean =>
    firstRow < end && firstRow + rowCount > start
  const { ranges } = batch
  if (ranges.length === 1) return [rowsIn(batch, ranges[0]!, start, end)]
  return ranges.filter(isIn).map(range => rowsIn(batch, range, start, end))
}

function rowsIn(batch: Batch, range: InputRange, start: number, end: number): LinesOfRows {
  const { file, firstRow, startOffsetBytes, endOffsetBytes } = range
  const rangeEnd = firstRow + range.rowCount
  const from = Math.max(start, firstRow)
  const to = Math.min(end, rangeEnd)
  const first = batch.locate(from)
  return {
    file,
    startBytes: from === firstRow ? startOffsetBytes : first.offsetBytes,
    endBytes: to === rangeEnd ? endOffsetBytes : batch.locate(to).offsetBytes,
    firstLine: first.lineNumber,
    lastLine: batch.locate(to - 1).lineNumber,
  }
}
