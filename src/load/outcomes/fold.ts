/*
  The state of a run's rows and batches, derived from its events. Only `fold` changes the state. It uses no clock, randomness or
  files, so the same events always lead to the same state.

  In the equation read = confirmed + filtered + unconfirmed + rejected + skipped + unsent, `read` comes from the readers and the other
  terms come from the outcomes. A lost row therefore shows as a difference.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult, RowCounts } from '../options.js'
import { accountedFor, noRows } from './row-counts.js'
import { foldDurable, newDurableState, type DurableState } from './durable-state.js'
import { addSent, connectionTotals, type ConnectionTotals } from './by-connection.js'
import type { Ended, RunEvent } from './events.js'
import type { BatchRange } from './place.js'
import { newLatencies, type Latencies } from './latencies.js'
import { LineRanges } from './line-ranges.js'

/**
 * `queued`: waits to be sent, for the first time or again. `sent`: its outcome is unknown. `claimed`: the server has begun to write
 * it. `refused`: the server has stored none of its rows. `closed`: its outcome is recorded, or
 * its parts have replaced it.
 */
export type BatchState = 'queued' | 'sent' | 'claimed' | 'refused' | 'closed'

/** The states that may follow each state. Sending another copy of the same attempt does not change the state. */
const transitions: Readonly<Record<BatchState, readonly BatchState[]>> = {
  queued: ['sent', 'closed'],
  sent: ['sent', 'claimed', 'refused', 'queued', 'closed'],
  claimed: ['claimed', 'refused', 'queued', 'closed'],
  refused: ['queued', 'closed'],
  closed: [],
}

/** A batch, or a part of one, without a recorded outcome. */
export interface OpenBatch {
  readonly no: number
  readonly ranges: readonly BatchRange[]
  readonly rows: number
  readonly bytes: number
  state: BatchState
  /** From 0. A new attempt is made if the last one stored no rows, or if the user accepts copies of rows. */
  attempt: number
  /** The first attempt of this process. */
  readonly firstAttempt: number
  /** Whether an earlier process has sent the rows, or was about to. */
  readonly isEarlier: boolean
  /** Index of the connection that was last used; undefined if this process has not sent the batch. */
  connection: number | undefined
  /** Numbers of the transmissions in this attempt, newest last. */
  sendNos: number[]
  /** How often the batch was sent again, in all attempts together. */
  resends: number
  /** The server's reason for its last refusal; '' if it has refused nothing. */
  refusal: string
  /** When the current attempt was first sent, in ms. */
  sentAtMs: number
}

export interface RunState extends DurableState {
  readonly rows: RowCounts
  /** Lines of rejected records, except the first of each; only records of this process. */
  moreRejectedLines: number
  /** The rows in `rows.read` that earlier processes read. */
  readBefore: number
  /** Rows handed to a session. Each ends as confirmed, unconfirmed, rejected or, if it is certainly not stored, unsent. */
  sentRows: number
  readonly batches: LoadResult['batches']
  /** Pieces without an outcome, in the order of their numbers. */
  readonly open: Map<number, OpenBatch>
  openBytes: number
  /** Number of batches that were sent and have no answer. */
  inFlightCount: number
  /** Like `inFlightCount`, for each connection. */
  readonly inFlightByConnection: number[]
  /** Everything sent, for each connection. */
  readonly totalsByConnection: ConnectionTotals[]
  /** The highest send number so far. */
  lastSendNo: number
  /** Earlier processes have used the send numbers up to this one. */
  earlierSendNo: number
  readonly latencies: Latencies
  readonly uncertain: LineRanges
  readonly confirmed: LineRanges
  readonly notes: string[]
}

export function newRunState(): RunState {
  return {
    ...newDurableState(false),
    rows: noRows(),
    moreRejectedLines: 0,
    readBefore: 0,
    sentRows: 0,
    batches: { sent: 0, retried: 0, failed: 0 },
    open: new Map(),
    openBytes: 0,
    inFlightCount: 0,
    inFlightByConnection: [],
    totalsByConnection: [],
    lastSendNo: 0,
    earlierSendNo: 0,
    latencies: newLatencies(),
    uncertain: new LineRanges(),
    confirmed: new LineRanges(),
    notes: [],
  }
}

/** @throws {DdbError} DDB_INTERNAL if the event is impossible after the earlier events */
export function fold(state: RunState, event: RunEvent): void {
  foldOwn(state, event)
  foldDurable(state, event)
}

/** Updates the fields that `DurableState` does not have. */
function foldOwn(state: RunState, event: RunEvent): void {
  const { rows, batches } = state
  switch (event.kind) {
    case 'goesOn': {
      const { skipped, filtered, rejected, unconfirmed, unsent } = event
      Object.assign(rows, { skipped, filtered, rejected, unconfirmed, unsent })
      rows.read = state.readBefore = accountedFor(rows)
      return
    }
    case 'loadedElsewhere':
      rows.read = rows.skipped = event.rows
      return
    case 'numbersGiven':
      state.lastSendNo = state.earlierSendNo = event.lastSendNo
      return
    case 'records':
      rows.read = Math.max(state.readBefore, event.upTo)
      return
    case 'rejected':
      rows.rejected++
      state.moreRejectedLines += event.moreLines
      return
    case 'unsent':
      rows.unsent += event.rows
      return
    case 'restUnsent':
      rows.unsent += Math.max(0, rows.read - accountedFor(rows))
      return
    case 'handedOver':
      state.sentRows += event.rows
      batches.sent++
      if (event.sent !== undefined) {
        const { connection, bytes } = event.sent
        addSent(connectionTotals(state.totalsByConnection, connection), { rows: event.rows, bytes })
      }
      return
    case 'withdrawn':
      state.sentRows -= event.rows
      batches.sent--
      return
    case 'takenUp':
      rows[event.from] -= event.rows
      return
    case 'unasked':
      rows.unconfirmed = state.sentRows
      return
    case 'takenBack':
      note(state, event.reason)
      rows.unconfirmed += rows.confirmed + rows.skipped
      rows.confirmed = 0
      rows.skipped = 0
      if (event.reason !== '') state.uncertain.addAll(state.confirmed, event.reason)
      state.confirmed.clear()
      return
    case 'ended':
      return end(state, event)
    case 'queued':
    case 'sent':
    case 'found':
    case 'claimed':
    case 'answered':
    case 'refused':
    case 'again':
    case 'divided':
      return foldBatch(state, event)
    default:
      return
  }
}

type BatchEvent = Exclude<Extract<RunEvent, { no: number | undefined }>, Ended | { kind: 'batch' }>

function foldBatch(state: RunState, event: BatchEvent): void {
  const { no } = event
  if (event.kind === 'queued') return register(state, event)
  const batch = state.open.get(no)
  if (batch === undefined) throw impossible(no, 'closed', event.kind)
  switch (event.kind) {
    case 'sent':
      // This is a second copy: the outcome of an earlier copy is still unknown.
      if (isOut(batch.state)) {
        state.batches.retried++
        countOut(state, batch, -1)
        batch.connection = event.connection
        countOut(state, batch, 1)
      } else batch.connection = event.connection
      if (batch.sendNos.length === 0) batch.sentAtMs = event.atMs
      if (batch.attempt > 0 || batch.sendNos.length > 0) batch.resends++
      if (batch.state !== 'claimed') move(state, batch, 'sent')
      batch.sendNos.push(event.sendNo)
      addSent(connectionTotals(state.totalsByConnection, event.connection), batch)
      state.lastSendNo = Math.max(state.lastSendNo, event.sendNo)
      return
    case 'found':
      move(state, batch, 'sent')
      return
    case 'claimed':
      move(state, batch, 'claimed')
      return
    case 'answered': {
      const latencyMs = event.atMs - batch.sentAtMs
      state.latencies.add(latencyMs)
      if (batch.connection !== undefined) {
        connectionTotals(state.totalsByConnection, batch.connection).latencies.add(latencyMs)
      }
      return
    }
    case 'refused':
      move(state, batch, 'refused')
      batch.refusal = event.words
      return
    case 'again':
      move(state, batch, 'queued')
      batch.attempt++
      batch.sendNos = []
      state.batches.retried++
      return
    case 'divided':
      close(state, batch)
  }
}

function register(state: RunState, event: Extract<RunEvent, { kind: 'queued' }>): void {
  const { no, ranges, rows, bytes, attempt, earlier } = event
  // Lists the fields. An object spread would take as long as all other work for a batch.
  const batch: OpenBatch = {
    no,
    ranges,
    rows,
    bytes,
    state: 'queued',
    attempt,
    firstAttempt: attempt,
    isEarlier: earlier !== undefined,
    connection: undefined,
    sendNos: [],
    resends: 0,
    refusal: '',
    sentAtMs: earlier?.atMs ?? 0,
  }
  state.open.set(no, batch)
  state.openBytes += bytes
  if (earlier?.isSent === true) move(state, batch, 'sent')
}

function end(state: RunState, event: Ended): void {
  const { no, confirmed, unconfirmed, unsent, reason, stored } = event
  const ranges = no === undefined ? (event.ranges ?? []) : closed(state, no)
  state.rows.confirmed += confirmed
  state.rows.filtered += event.filtered ?? 0
  state.rows.unconfirmed += unconfirmed
  state.rows.unsent += unsent
  // Rejected rows have their own events, so they are not counted here.
  if (reason !== undefined) {
    state.batches.failed++
    if (unconfirmed > 0) for (const range of ranges) state.uncertain.add(range, reason)
  }
  for (const range of stored === 'all' ? ranges : (stored ?? [])) state.confirmed.add(range, '')
  note(state, event.note)
}

/** Closes a batch and returns the ranges of its rows. */
function closed(state: RunState, no: number): readonly BatchRange[] {
  const batch = state.open.get(no)
  if (batch === undefined) throw impossible(no, 'closed', 'closed')
  close(state, batch)
  return batch.ranges
}

function close(state: RunState, batch: OpenBatch): void {
  move(state, batch, 'closed')
  state.open.delete(batch.no)
  state.openBytes -= batch.bytes
}

function note(state: RunState, text: string | undefined): void {
  if (text !== undefined && text !== '' && !state.notes.includes(text)) state.notes.push(text)
}

function isOut(state: BatchState): boolean {
  return state === 'sent' || state === 'claimed'
}

function move(state: RunState, batch: OpenBatch, to: BatchState): void {
  if (!transitions[batch.state].includes(to)) throw impossible(batch.no, batch.state, to)
  countOut(state, batch, Number(isOut(to)) - Number(isOut(batch.state)))
  batch.state = to
}

function countOut(state: RunState, { connection }: OpenBatch, change: number): void {
  state.inFlightCount += change
  if (connection !== undefined) {
    state.inFlightByConnection[connection] = (state.inFlightByConnection[connection] ?? 0) + change
  }
}

function impossible(no: number, from: BatchState, to: string): DdbError {
  return new DdbError(
    'DDB_INTERNAL',
    `batch ${no} cannot become ${to}, as it is ${from}; this is a bug of ddb-ingest: please report it`,
  )
}
