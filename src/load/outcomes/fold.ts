/*
  The state of a run's rows and batches, concluded from its events. Only `fold` changes it, without clock, randomness or files, so the
  same events lead to the same state.

  In the equation read = confirmed + filtered + unconfirmed + rejected + skipped + unsent, `read` comes from the readers, and each other
  term from the outcomes. So a lost row shows as a difference.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult, RowCounts } from '../options.js'
import { accountedFor, noRows } from './row-counts.js'
import { foldDurable, newDurableState, type DurableState } from './durable-state.js'
import { addSent, connectionTotals, type ConnectionTotals } from './by-connection.js'
import type { BatchRange, Ended, RunEvent } from './events.js'
import { newLatencies, type Latencies } from './latencies.js'
import { LineRanges } from './line-ranges.js'

/**
 * State of a batch. `queued`: waits to be sent, for the first time or again. `sent`: its outcome is unknown. `claimed`: the
 * server has begun with it. `refused`: the server has stored nothing of it. `taken`: it is being read back. `closed`: it is
 * counted, or its parts have replaced it.
 */
export type BatchState = 'queued' | 'sent' | 'claimed' | 'refused' | 'taken' | 'closed'

/** Which states may follow each state. Sending the same attempt again does not change the state. */
const transitions: Readonly<Record<BatchState, readonly BatchState[]>> = {
  queued: ['sent', 'closed'],
  sent: ['sent', 'claimed', 'refused', 'queued', 'taken', 'closed'],
  claimed: ['claimed', 'refused', 'queued', 'taken', 'closed'],
  refused: ['queued', 'closed'],
  taken: ['closed'],
  closed: [],
}

/** A batch, or a part of one, that is not counted yet. */
export interface OpenBatch {
  readonly lane: number
  readonly no: number
  readonly ranges: readonly BatchRange[]
  readonly rows: number
  readonly bytes: number
  state: BatchState
  attempt: number
  /** Index of the connection that carried the last transmission; undefined if this process has not sent the batch. */
  connection: number | undefined
  /** The `sendNo` of each transmission in this attempt, newest last. */
  sendNos: number[]
  /** How often the batch was sent again, over all attempts. */
  resends: number
  /** The server's reason for its last refusal; '' without one. */
  refusal: string
  /** When the current attempt was first sent, ms. */
  sentAtMs: number
  /** The target had at least this many rows when the batch was claimed; undefined if unknown. */
  leastHad: number | undefined
  /** True if confirmed rows became uncertain after this batch was claimed: its rows may be lost for the same reason. */
  isDoubted: boolean
}

export interface RunState extends DurableState {
  readonly rows: RowCounts
  /** The part of `rows.read` that earlier processes read. */
  readBefore: number
  /** Rows handed to a session; each ends as confirmed, unconfirmed, rejected or, if certainly not stored, unsent. */
  sentRows: number
  readonly batches: LoadResult['batches']
  /** Batches without an outcome, in the order of their numbers, except those being read back, which are in `taken`. */
  readonly open: Map<number, OpenBatch>
  readonly taken: Map<number, OpenBatch>
  openBytes: number
  /** Batches in flight: sent, and not answered by the server. */
  sentCount: number
  /** Batches in flight, by connection. */
  readonly sentOver: number[]
  /** Totals of everything sent, by connection. */
  readonly carried: ConnectionTotals[]
  /** The highest number that a transmission has got so far. */
  lastSendNo: number
  /** Transmissions up to this number belong to earlier processes. */
  earlierSendNo: number
  /** Earlier processes sent, or were about to send, the batches up to this number. */
  earlierNo: number
  readonly latencies: Latencies
  /** Lines whose outcome is unknown, with the reason. */
  readonly uncertain: LineRanges
  readonly confirmed: LineRanges
  /** Lines of rows that were read back and differ from what was sent. */
  readonly different: LineRanges
  /** Sentences for the summary, each once. */
  readonly notes: string[]
  /** Rows whose key was already in the target; null if the target does not tell. */
  duplicates: number | null
}

export function newRunState(): RunState {
  return {
    ...newDurableState(false),
    rows: noRows(),
    readBefore: 0,
    sentRows: 0,
    batches: { sent: 0, retried: 0, failed: 0 },
    open: new Map(),
    taken: new Map(),
    openBytes: 0,
    sentCount: 0,
    sentOver: [],
    carried: [],
    lastSendNo: 0,
    earlierSendNo: 0,
    earlierNo: 0,
    latencies: newLatencies(),
    uncertain: new LineRanges(),
    confirmed: new LineRanges(),
    different: new LineRanges(),
    notes: [],
    duplicates: null,
  }
}

/** @throws {DdbError} DDB_INTERNAL if the event cannot follow the earlier ones */
export function fold(state: RunState, event: RunEvent): void {
  foldOwn(state, event)
  foldDurable(state, event)
}

/** Updates the fields that `DurableState` lacks; `foldDurable` updates the others. */
function foldOwn(state: RunState, event: RunEvent): void {
  const { rows, batches } = state
  switch (event.kind) {
    case 'goesOn': {
      const { skipped, filtered, rejected, unconfirmed, unsent } = event
      Object.assign(rows, { skipped, filtered, rejected, unconfirmed, unsent })
      rows.read = state.readBefore = accountedFor(rows)
      return
    }
    case 'numbersGiven':
      state.lastSendNo = state.earlierSendNo = event.lastSendNo
      state.earlierNo = event.lastNo
      return
    case 'duplicatesKnown':
      state.duplicates = event.rows
      return
    case 'records':
      rows.read = Math.max(state.readBefore, event.upTo)
      return
    case 'rejected':
      rows.rejected++
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
        addSent(connectionTotals(state.carried, connection), { rows: event.rows, bytes })
      }
      return
    case 'withdrawn':
      state.sentRows -= event.rows
      batches.sent--
      return
    case 'takenUp':
      rows[event.from] -= event.rows
      return
    case 'counted':
      rows.confirmed = event.arrived
      rows.unconfirmed = state.sentRows - event.arrived
      note(state, event.note)
      return
    case 'takenBack':
      note(state, event.reason)
      rows.unconfirmed += rows.confirmed + rows.skipped
      rows.confirmed = 0
      rows.skipped = 0
      if (event.reason !== '') state.uncertain.addAll(state.confirmed, event.reason)
      state.confirmed.clear()
      for (const batch of state.open.values()) batch.isDoubted ||= batch.state === 'claimed'
      return
    case 'ended':
      return end(state, event)
    case 'laned':
      // Changes nothing here: the batch of each lane has events of its own.
      return
    default:
      if ('lane' in event) foldBatch(state, event)
  }
}

type BatchEvent = Exclude<Extract<RunEvent, { no: number | undefined }>, Ended | { kind: 'laned' }>

function foldBatch(state: RunState, event: BatchEvent): void {
  const { no } = event
  if (event.kind === 'numbered' || event.kind === 'inherited') return register(state, event)
  const batch = state.open.get(no)
  if (batch === undefined) throw impossible(no, 'closed', event.kind)
  switch (event.kind) {
    case 'sent':
      // An earlier copy of the batch is in flight, and its outcome is open: the event is about another copy.
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
      addSent(connectionTotals(state.carried, event.connection), batch)
      state.lastSendNo = Math.max(state.lastSendNo, event.sendNo)
      return
    case 'found':
      move(state, batch, 'sent')
      return
    case 'claimed':
      move(state, batch, 'claimed')
      batch.leastHad = event.leastHad
      return
    case 'answered': {
      const latencyMs = event.atMs - batch.sentAtMs
      state.latencies.add(latencyMs)
      if (batch.connection !== undefined) {
        connectionTotals(state.carried, batch.connection).latencies.add(latencyMs)
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
      batch.isDoubted = false
      state.batches.retried++
      return
    case 'taken':
      close(state, batch, 'taken')
      state.taken.set(no, batch)
      return
    case 'divided':
      close(state, batch, 'closed')
  }
}

type Registered = Extract<RunEvent, { kind: 'numbered' | 'inherited' }>

function register(state: RunState, event: Registered): void {
  const { lane, no, ranges, rows, bytes } = event
  // Lists the fields, because spreading an object here would cost as much as everything else done per batch.
  const batch: OpenBatch = {
    lane,
    no,
    ranges,
    rows,
    bytes,
    state: 'queued',
    attempt: 0,
    connection: undefined,
    sendNos: [],
    resends: 0,
    refusal: '',
    sentAtMs: 0,
    leastHad: undefined,
    isDoubted: false,
  }
  state.open.set(no, batch)
  state.openBytes += bytes
  if (event.kind === 'numbered') return
  batch.attempt = event.attempt
  batch.sentAtMs = event.atMs
  if (event.isSent) move(state, batch, 'sent')
}

function end(state: RunState, event: Ended): void {
  const { no, confirmed, unconfirmed, unsent, reason, stored, different = [] } = event
  const ranges = no === undefined ? (event.ranges ?? []) : closed(state, no)
  state.rows.confirmed += confirmed
  state.rows.filtered += event.filtered ?? 0
  state.rows.unconfirmed += unconfirmed
  state.rows.unsent += unsent
  // Does not count rejected rows: they have events of their own.
  if (reason !== undefined) {
    state.batches.failed++
    if (unconfirmed > 0) for (const range of ranges) state.uncertain.add(range, reason)
  }
  for (const range of stored === 'all' ? ranges : (stored ?? [])) state.confirmed.add(range, '')
  for (const range of different) state.different.add(range, 'not in the table as it was sent')
  note(state, event.note)
  if (event.hidesDuplicates === true) state.duplicates = null
  else if (state.duplicates !== null) state.duplicates += event.duplicates ?? 0
}

/** Closes a batch and returns the ranges of its rows. */
function closed(state: RunState, no: number): readonly BatchRange[] {
  const open = state.open.get(no)
  const batch = open ?? state.taken.get(no)
  if (batch === undefined) throw impossible(no, 'closed', 'closed')
  if (open === undefined) state.taken.delete(no)
  else close(state, open, 'closed')
  return batch.ranges
}

function close(state: RunState, batch: OpenBatch, to: 'taken' | 'closed'): void {
  move(state, batch, to)
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
  state.sentCount += change
  if (connection !== undefined) {
    state.sentOver[connection] = (state.sentOver[connection] ?? 0) + change
  }
}

function impossible(no: number, from: BatchState, to: string): DdbError {
  return new DdbError(
    'DDB_INTERNAL',
    `batch ${no} cannot become ${to}, as it is ${from}; this is a bug of ddb-ingest: please report it`,
  )
}
