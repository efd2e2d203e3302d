/*
  The state of a run's rows and batches in this process. In the equation read = confirmed + filtered + unconfirmed + rejected + skipped +
  unsent, `read` comes from the readers and the other terms come from the outcomes. A lost row therefore shows as a difference.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult, RowCounts } from '../options.js'
import { LineRanges, rangeText } from './line-ranges.js'
import { pieceText, type Piece, type PieceState } from './pieces.js'
import { accountedFor, noRows } from './row-counts.js'

export interface RunState {
  readonly rows: RowCounts
  /** Lines of rejected records, except the first of each; only records of this process. */
  moreRejectedLines: number
  /** Rows handed to a session. Each ends as confirmed, unconfirmed, rejected or, if it is certainly not stored, unsent. */
  sentRows: number
  /** Size of `sentRows` on the wire, before compression. */
  sentBytes: number
  /** The rows that the target had are certainly gone, so a resumed run would find another table. */
  isForgotten: boolean
  readonly batches: LoadResult['batches']
  /** Pieces without an outcome, by place (`keyOf`), in the order in which the process took them. */
  readonly open: Map<string | number, Piece>
  openBytes: number
  /** Number of pieces that were sent and have no answer. */
  inFlightCount: number
  /** Like `inFlightCount`, for each connection. */
  readonly inFlightByConnection: number[]
  /** The highest send number so far. */
  lastSendNo: number
  /** Earlier processes have used the send numbers up to this one. */
  earlierSendNo: number
  readonly latencies: Latencies
  readonly uncertain: LineRanges
  readonly confirmed: LineRanges
  /** Sentences for the summary. */
  readonly notes: Set<string>
}

export function newRunState(): RunState {
  return {
    rows: noRows(),
    moreRejectedLines: 0,
    sentRows: 0,
    sentBytes: 0,
    isForgotten: false,
    batches: { sent: 0, retried: 0, failed: 0 },
    open: new Map(),
    openBytes: 0,
    inFlightCount: 0,
    inFlightByConnection: [],
    lastSendNo: 0,
    earlierSendNo: 0,
    latencies: newLatencies(),
    uncertain: new LineRanges(),
    confirmed: new LineRanges(),
    notes: new Set(),
  }
}

/** Counts all rows that were read and have no outcome yet as unsent: they never reached a session. */
export function leaveRest({ rows }: RunState): void {
  rows.unsent += Math.max(0, rows.read - accountedFor(rows))
}

/** The states that may follow each state. Sending another copy of the same attempt does not change the state. */
const transitions: Readonly<Record<PieceState, readonly PieceState[]>> = {
  queued: ['sent', 'closed'],
  sent: ['sent', 'claimed', 'refused', 'queued', 'closed'],
  claimed: ['claimed', 'refused', 'queued', 'closed'],
  refused: ['queued', 'closed'],
  closed: [],
}

/** @throws {DdbError} DDB_INTERNAL if the state cannot follow the present one */
export function move(state: RunState, piece: Piece, to: PieceState): void {
  if (!transitions[piece.state].includes(to)) {
    throw new DdbError(
      'DDB_INTERNAL',
      `${pieceText(piece)} cannot become ${to}, as it is ${piece.state}; this is a bug of ddb-ingest: please report it`,
    )
  }
  countOut(state, piece, Number(isOut(to)) - Number(isOut(piece.state)))
  piece.state = to
  if (to === 'closed' && state.open.delete(piece.key)) state.openBytes -= piece.encodedBytes
}

export function open(state: RunState, piece: Piece): void {
  state.open.set(piece.key, piece)
  state.openBytes += piece.encodedBytes
}

/** The run hands a piece to a session. */
export function handOver(state: RunState, piece: Piece): void {
  state.sentRows += piece.rows
  state.sentBytes += piece.encodedBytes
  state.batches.sent++
  open(state, piece)
}

/** The run has not sent the piece after all. */
export function withdraw(state: RunState, piece: Piece): void {
  state.sentRows -= piece.rows
  state.sentBytes -= piece.encodedBytes
  state.batches.sent--
}

/**
 * The run sends a copy of a piece, perhaps while the outcome of an earlier copy is unknown.
 * @returns the number of the transmission
 */
export function sent(state: RunState, piece: Piece, connection: number, atMs: number): number {
  const sendNo = ++state.lastSendNo
  if (piece.sendNos.length === 0) piece.sentAtMs = atMs
  if (piece.attempt > 0 || piece.sendNos.length > 0) piece.resends++
  const isCopy = isOut(piece.state)
  if (isCopy) {
    state.batches.retried++
    countOut(state, piece, -1)
  }
  piece.connection = connection
  if (isCopy) countOut(state, piece, 1)
  if (piece.state !== 'claimed') move(state, piece, 'sent')
  piece.sendNos.push(sendNo)
  return sendNo
}

/** The piece waits for its next attempt. */
export function again(state: RunState, piece: Piece): void {
  move(state, piece, 'queued')
  piece.attempt++
  piece.sendNos = []
  state.batches.retried++
}

function isOut(state: PieceState): boolean {
  return state === 'sent' || state === 'claimed'
}

function countOut(state: RunState, { connection }: Piece, change: number): void {
  state.inFlightCount += change
  if (connection !== undefined) {
    state.inFlightByConnection[connection] = (state.inFlightByConnection[connection] ?? 0) + change
  }
}

/** `summaryNote` names at most this many ranges. */
const namedRanges = 5

/** A sentence for the summary: why the confirmation is weaker than requested, or what it showed. */
export function summaryNote({ notes, uncertain }: RunState): string | undefined {
  const all = [...notes, ...uncertainNotes(uncertain)]
  return all.length === 0 ? undefined : all.join('. ')
}

function uncertainNotes({ ranges, unnamedBatches }: LineRanges): string[] {
  if (ranges.length === 0) return []
  const named = ranges
    .slice(0, namedRanges)
    .map(range => `${rangeText(range)} (${batchesText(range.batches)}): ${range.reason}`)
  const rest =
    ranges.slice(namedRanges).reduce((sum, { batches }) => sum + batches, 0) + unnamedBatches
  return [`uncertain: ${named.join('; ')}${rest === 0 ? '' : `; and ${batchesText(rest)} more`}`]
}

function batchesText(count: number): string {
  return count === 1 ? '1 batch' : `${count} batches`
}

/** Latency: the time from sending a batch to learning its outcome. */
export type Latencies = ReturnType<typeof newLatencies>

const maxSamples = 4_096

/** Keeps at most 4,096 samples. At the limit, every second sample is dropped. */
export function newLatencies() {
  let samples: number[] = []
  let every = 1
  let seen = 0
  return {
    add(latencyMs: number): void {
      if (seen++ % every !== 0) return
      samples.push(latencyMs)
      if (samples.length < maxSamples) return
      samples = samples.filter((_, index) => index % 2 === 0)
      every *= 2
    },
    /** In milliseconds; null without samples. */
    percentiles(): LoadResult['latencyMs'] {
      const sorted = samples.toSorted((a, b) => a - b)
      const at = (share: number): number | null => {
        const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
        return value === undefined ? null : Math.round(value * 1000) / 1000
      }
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
    },
  }
}
