/* Rows of a batch that are sent together: all of them, those of one lane (a connection that carries a fixed share of the rows), or while the
   run locates rows that the server refuses, a half, a quarter and so on. The place of a piece identifies it in ledger and journal, as every
   process of the run cuts and divides batches alike. Sets of input lines: ranges that touch are merged, so that a million become a few. */
import { hash } from 'node:crypto'
import type { Session } from '../../client/open-session.js'
import type { Batch, InputRange } from '../../parse/batch.js'
import { sliceColumn, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { Place, RecordedRange } from '../journal/journal-record.js'
import { isSettled, pieceKey, rowsOf, type SentBatch } from '../journal/recorded-run.js'
import type { LaneScheme } from '../target/lane-scheme.js'
import type { LoadResult } from '../options.js'

/** Consecutive lines of one input with the same reason, and how many batches and parts of batches have rows in them. */
type LineRange = LoadResult['confirm']['uncertain'][number]

type Lines = Omit<LineRange, 'batches' | 'reason'>

/** Where rows are that are consecutive in an input: lines of the first and the last one, from 1, and bytes. */
export type LinesOfRows = Lines & Record<'startBytes' | 'endBytes', number>

/** Limit of ranges. Batches of further ranges are only counted. */
const maxRanges = 1_000

/** Ranges may be added in any order. */
export class LineRanges {
  batches = 0
  /** Not merged yet. */
  #ranges: (LineRange & LinesOfRows)[] = []

  /** By file, in the order in which the files were added, and line. */
  get ranges(): LineRange[] {
    this.#merge()
    return this.#ranges.map(({ startBytes: _, endBytes: _end, ...range }) => range)
  }

  /** Adds all lines from the first to the last, even blank lines and rejected lines between them. */
  add(rows: LinesOfRows, reason: string): void {
    this.batches++
    this.#ranges.push({ ...rows, batches: 1, reason })
    if (this.#ranges.length > 2 * maxRanges) this.#merge()
  }

  addAll(others: LineRanges, reason: string): void {
    for (const range of others.#ranges) this.#ranges.push({ ...range, reason })
    this.batches += others.batches
  }

  clear(): void {
    this.#ranges = []
    this.batches = 0
  }

  #merge(): void {
    const files = new Map<string, number>()
    for (const { file } of this.#ranges) if (!files.has(file)) files.set(file, files.size)
    const all = this.#ranges.toSorted((a, b) => {
      return files.get(a.file)! - files.get(b.file)! || a.startBytes - b.startBytes
    })
    const lasts = new Map<string, (typeof all)[number]>()
    const merged: typeof all = []
    for (const range of all) {
      const key = `${range.reason}\n${range.file}`
      const last = lasts.get(key)
      if (last === undefined || last.endBytes < range.startBytes) {
        lasts.set(key, range)
        merged.push(range)
        continue
      }
      last.batches += range.batches
      // The lanes of a batch have the same bytes, and begin and end at different lines.
      last.endBytes = Math.max(last.endBytes, range.endBytes)
      last.firstLine = Math.min(last.firstLine, range.firstLine)
      last.lastLine = Math.max(last.lastLine, range.lastLine)
    }
    this.#ranges = merged.slice(0, maxRanges)
  }
}

/** For example `A.csv, lines 2 to 5001`. */
export function rangeText({ file, firstLine, lastLine }: Lines): string {
  const lines = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`
  return `${file}, ${lines}`
}

/** Most keys are numbers, because making a text takes long for a small batch. */
export function keyOf({ stream, no, lane, part }: Place): string | number {
  return stream === 1 && lane === 0 && part === 1 ? no : `${stream} ${no} ${lane} ${part}`
}

/** The ranges of a batch, even those without rows. */
export function recordedRanges({ ranges }: Pick<Batch, 'ranges'>): RecordedRange[] {
  return ranges.map(range => ({
    input: range.place?.input ?? 0,
    startBytes: range.startOffsetBytes,
    endBytes: range.endOffsetBytes,
    rows: range.rowCount,
    endLine: range.endLineNumber,
    records: range.place?.records ?? 0,
  }))
}

export function placeText(ranges: readonly RecordedRange[]): string {
  return ranges.map(one => `${one.input} ${one.startBytes} ${one.endBytes} ${one.rows}`).join()
}

/** @returns 52 bits */
export const digestOf = (text: string): number =>
  Number.parseInt(hash('sha1', text).slice(0, 13), 16)

/**
 * `queued`: waits to be sent, for the first time or again. `sent`: its outcome is unknown. `claimed`: the server has begun to write
 * it. `refused`: the server has stored none of its rows. `closed`: its outcome is recorded, or its halves have replaced it.
 */
export type PieceState = 'queued' | 'sent' | 'claimed' | 'refused' | 'closed'

/** What all pieces of a batch, or of its rows of one lane, have in common. */
export interface Whole {
  /** Digest of where the rows of the batch are in the inputs, and of its lanes. */
  readonly cut: number
  /** Index of the lane's connection; undefined if the rows were not divided by lane, or by an earlier process into another number of lanes. */
  readonly lane: number | undefined
  /** Number of parts without a recorded outcome. At 0, the batch is released. */
  parts: number
}

export class Piece {
  /** The rows of the piece alone. */
  readonly batch: Batch
  readonly whole: Whole
  readonly place: Place
  readonly key: string | number
  readonly rows: number
  state: PieceState = 'queued'
  /** From 0. A new attempt is made if the last one stored no rows, or if the user accepts copies of rows. */
  attempt = 0
  /** Whether an earlier process has sent the rows, or was about to. */
  ofEarlier = false
  /** True if a second copy was sent while the outcome of the first was unknown: the server may have stored the first. */
  mayBeStored = false
  /** Index of the connection that was last used; undefined if this process has not sent the piece. */
  connection: number | undefined
  /** The session on which it was last sent. */
  carrier: Session | undefined
  /** Numbers of the transmissions in this attempt, newest last. */
  sendNos: number[] = []
  /** The last transmission of the run when the piece was last out of turn; −1 if it was not. It may follow what was sent after that. */
  lateSendNo = -1
  /** How often the piece was sent again, in all attempts together. */
  resends = 0
  /** The server's reason for its last refusal; '' if it has refused nothing. */
  refusal = ''
  /** When the current attempt was first sent, in ms. */
  sentAtMs = 0

  constructor(batch: Batch, whole: Whole, place: Place) {
    this.batch = batch
    this.whole = whole
    this.place = place
    this.key = keyOf(place)
    this.rows = batch.rowCount
  }

  /** Whether it was sent, and has no outcome yet. */
  get isInFlight(): boolean {
    return this.state === 'sent' || this.state === 'claimed'
  }

  /** True for a queued piece that an earlier process sent to the current node, or was about to send. */
  get isEarlier(): boolean {
    const { ofEarlier, state, attempt, sendNos } = this
    return ofEarlier && state === 'queued' && attempt === 0 && sendNos.length === 0
  }

  /** For example `trades.csv, lines 2 to 10001`. */
  get text(): string {
    const { file, lineNumber: firstLine } = this.batch.locate(0)
    const last = this.batch.locate(this.rows - 1)
    if (file === last.file) return rangeText({ file, firstLine, lastLine: last.lineNumber })
    return `${file}, line ${firstLine}, to ${last.file}, line ${last.lineNumber}`
  }

  release(): void {
    if (--this.whole.parts === 0) this.batch.release()
  }
}

/** A piece for each lane, or one; readers and the journal use whole batches. Undefined if it cannot be divided as `known` was. */
export function divideBatch(
  batch: Batch,
  known: SentBatch | undefined,
  scheme: LaneScheme | undefined,
  connections: number,
) {
  const own = scheme && connections > 1 ? { count: connections, by: scheme.digest } : undefined
  const lanes = known === undefined ? own : known.lanes
  const ranges = recordedRanges(batch)
  // If the ledger has another digest, the inputs were cut or divided elsewhere.
  const cut = digestOf(`${placeText(ranges)} ${lanes?.count ?? 1} ${lanes?.by ?? ''}`)
  if (lanes === undefined) return { pieces: [wholePiece(batch, cut)], cut, ranges, lanes }
  const { count, by } = lanes
  if (scheme?.digest !== by) return undefined
  const isOurs = count === connections
  const rows = Array.from({ length: count }, () => new Int32Array(batch.rowCount))
  const rowCounts = rows.map(() => 0)
  const laneOf = scheme.lanesOf(batch, count)
  for (let row = 0; row < batch.rowCount; row++) {
    const lane = laneOf[row]!
    rows[lane]![rowCounts[lane]!++] = row
  }
  let open = rowCounts.filter(rowCount => rowCount > 0).length
  const release = (): void => {
    if (open-- === 1) batch.release()
  }
  const pieces = rows.flatMap((own, laneNo) => {
    if (rowCounts[laneNo] === 0) return []
    const ownRows = someRows(batch, own.slice(0, rowCounts[laneNo]), release)
    return [wholePiece(ownRows, cut, isOurs ? laneNo : undefined, laneNo)]
  })
  return { pieces, cut, ranges, lanes }
}

export function halvesOf({ batch, whole, place, mayBeStored, ofEarlier }: Piece): Piece[] {
  const rows = allRows(batch)
  const middle = batch.rowCount >> 1
  whole.parts++
  return [rows.subarray(0, middle), rows.subarray(middle)].map((own, i) => {
    const half = new Piece(someRows(batch, own), whole, { ...place, part: 2 * place.part + i })
    return Object.assign(half, { mayBeStored, ofEarlier })
  })
}

/** All rows of a batch. With `lane`, the batch has the rows of one lane. @param cut  as in `Whole` */
export function wholePiece(batch: Batch, cut: number, lane?: number, laneNo = 0): Piece {
  const { stream, no } = batch.place!
  const place = { stream, no, lane: laneNo, part: 1 }
  return new Piece(batch, { cut, lane, parts: 1 }, place)
}

/** The pieces for which something is left to do, in order. Releases the others. */
export function leftOf(piece: Piece, known: SentBatch): { piece: Piece; isSent: boolean }[] {
  const ended = known.pieces.get(pieceKey(piece.place))
  if (ended === undefined && isDivided(piece, known))
    return halvesOf(piece).flatMap(half => leftOf(half, known))
  const isSent = ended === undefined || ended.unsent < rowsOf(ended)
  if (ended === undefined || !isSettled(ended)) return [{ piece, isSent }]
  piece.release()
  return []
}

/** Whether an earlier process has divided the piece, and recorded the outcome of one of its parts. */
function isDivided({ place }: Piece, { pieces }: SentBatch): boolean {
  const bits = place.part.toString(2)
  return [...pieces.values()].some(({ lane, part }) => {
    return lane === place.lane && part > place.part && part.toString(2).startsWith(bits)
  })
}

/** Some rows of a batch, as a batch of their own. @param rows  indexes, ascending; at least one @param release  in place of that of the whole batch */
export function someRows(batch: Batch, rows: Int32Array, release = batch.release): Batch {
  const { length } = rows
  const start = rows[0]!
  const isSlice = rows[length - 1]! - start === length - 1
  const cut = (column: Column): Column =>
    isSlice ? sliceColumn(column, start, start + length) : takeRows(column, rows)
  let columns: readonly Column[] | undefined
  return {
    ...{ place: batch.place, endedBy: batch.endedBy, release },
    rowCount: length,
    get columns() {
      return (columns ??= length === batch.rowCount ? batch.columns : batch.columns.map(cut))
    },
    encodedBytes: Math.ceil((batch.encodedBytes * length) / batch.rowCount),
    ranges: rangesOf(batch, rows),
    locate: row => batch.locate(rows[row]!),
    record: row => batch.record(rows[row]!),
  }
}

export const allRows = ({ rowCount }: Batch): Int32Array =>
  new Int32Array(rowCount).map((_, row) => row)

/** Largest number of exact ranges. Rows that need more get the ranges of the whole batch. */
const mostPlaces = 64

function rangesOf(batch: Batch, rows: Int32Array): readonly InputRange[] {
  const isNear = (row: number): boolean => rows[row] === rows[row - 1]! + 1
  let places = 1
  for (let row = 1; row < rows.length && places <= mostPlaces; row++) if (!isNear(row)) places++
  const isExact = places <= mostPlaces
  const found: InputRange[] = []
  let row = 0
  for (const range of batch.ranges) {
    const end = range.firstRow + range.rowCount
    while (row < rows.length && rows[row]! < end) {
      const firstRow = row++
      while (row < rows.length && rows[row]! < end && (!isExact || isNear(row))) row++
      const [start, next] = [rows[firstRow]!, rows[row - 1]! + 1]
      const startOffsetBytes =
        isExact && start > range.firstRow ? batch.locate(start).offsetBytes : range.startOffsetBytes
      // Up to the beginning of the row after the last.
      const endOffsetBytes =
        isExact && next < end ? batch.locate(next).offsetBytes : range.endOffsetBytes
      found.push({ ...range, firstRow, rowCount: row - firstRow, startOffsetBytes, endOffsetBytes })
    }
  }
  return found
}

export function linesOf(batch: Batch): readonly LinesOfRows[] {
  return batch.ranges
    .filter(({ rowCount }) => rowCount > 0)
    .map(({ file, firstRow, rowCount, startOffsetBytes, endOffsetBytes }) => ({
      file,
      startBytes: startOffsetBytes,
      endBytes: endOffsetBytes,
      firstLine: batch.locate(firstRow).lineNumber,
      lastLine: batch.locate(firstRow + rowCount - 1).lineNumber,
    }))
}
