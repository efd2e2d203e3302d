/*
  Where the rows and batches of a run stand: the conclusions from everything that was told. `fold` alone changes them; it
  knows no clock, no chance and no files, so the same events lead to the same state.

  The equation read = confirmed + unconfirmed + rejected + skipped + unsent: `read` comes from the readers, everything
  else from where it happened, so that a lost row shows as a difference.
*/
import { DdbError } from '../../errors.js'
import type { LoadResult, RowCounts } from '../options.js'
import { accountedFor } from './row-counts.js'
import { foldDurable, newDurableState, type DurableState } from './durable.js'
import { addSent, carriedOver, type Carried } from './by-connection.js'
import type { BatchRange, Ended, RunEvent } from './events.js'
import { newLatencies, type Latencies } from './latencies.js'
import { LineRanges } from './line-ranges.js'

/**
 * Where a batch stands. `queued`: it waits to be sent, for the first time or once more. `sent`: nothing is known of it.
 * `claimed`: the server has begun it. `refused`: the server has ended it and stored nothing. `taken`: it is read back.
 * `closed`: it is counted, or its parts have taken its place.
 */
export type BatchState = 'queued' | 'sent' | 'claimed' | 'refused' | 'taken' | 'closed'

/** What may follow each state. A batch that is sent again under the same attempt stays where it is. */
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
  /** That the last transmission went over; undefined without one of this process. */
  connection: number | undefined
  /** Numbers of this attempt's transmissions, newest last. */
  sendNos: number[]
  /** Transmissions after the first, over all attempts. */
  resends: number
  /** Why the server refused it last; '' when it has not. */
  refusal: string
  /** ms, of the first transmission of the current attempt. */
  sentAtMs: number
  /** Rows that the target had at least when the batch was claimed; undefined when nothing is known. */
  leastHad: number | undefined
  /** Rows that were confirmed are so no more, since it was claimed: what took them may have taken its rows, too. */
  isDoubted: boolean
}

export interface RunState extends DurableState {
  readonly rows: RowCounts
  /** Of those read: by earlier processes. */
  readBefore: number
  /** Rows handed to a session; each ends as confirmed, unconfirmed, rejected or, certainly not stored, unsent. */
  sentRows: number
  readonly batches: LoadResult['batches']
  /** In the order of their numbers; those that are read back are among `taken`. */
  readonly open: Map<number, OpenBatch>
  readonly taken: Map<number, OpenBatch>
  openBytes: number
  /** Batches that the server was sent and has not answered for. */
  sentCount: number
  /** Of these, by the connection that they went over. */
  readonly sentOver: number[]
  /** All that went out, by the connection that it went over. */
  readonly carried: Carried[]
  /** Highest number of a transmission. */
  lastSendNo: number
  /** Up to here transmissions are those of earlier processes. */
  earlierSendNo: number
  /** Up to here batches have been sent by earlier processes, or were about to be. */
  earlierNo: number
  readonly latencies: Latencies
  /** Lines of which nobody knows, with the reason; those that were confirmed; those that are not as they were sent. */
  readonly uncertain: LineRanges
  readonly confirmed: LineRanges
  readonly different: LineRanges
  /** Sentences for the summary, each once. */
  readonly notes: string[]
  /** Rows with a key that the target had already; null when it does not tell. */
  duplicates: number | null
}

/** Nothing has happened. */
export function newRunState(): RunState {
  return {
    ...newDurableState(false),
    rows: { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
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

/** @throws {DdbError} DDB_INTERNAL when the event cannot follow those before */
export function fold(state: RunState, event: RunEvent): void {
  foldOwn(state, event)
  foldDurable(state, event)
}

/** What is known of this process alone. */
function foldOwn(state: RunState, event: RunEvent): void {
  const { rows, batches } = state
  switch (event.kind) {
    case 'goesOn': {
      const { skipped, rejected, unconfirmed, unsent } = event
      Object.assign(rows, { skipped, rejected, unconfirmed, unsent })
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
        addSent(carriedOver(state.carried, connection), { rows: event.rows, bytes })
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
      // Each of its parts has events of its own.
      return
    default:
      if ('lane' in event) foldBatch(state, event)
  }
}

type BatchEvent = Exclude<Extract<RunEvent, { no: number | undefined }>, Ended | { kind: 'laned' }>

/** On its way to its end. */
function foldBatch(state: RunState, event: BatchEvent): void {
  const { no } = event
  if (event.kind === 'numbered' || event.kind === 'inherited') return register(state, event)
  const batch = state.open.get(no)
  if (batch === undefined) throw impossible(no, 'closed', event.kind)
  switch (event.kind) {
    case 'sent':
      // A copy of what is out already: the next attempt counts when it is decided on.
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
      addSent(carriedOver(state.carried, event.connection), batch)
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
        carriedOver(state.carried, batch.connection).latencies.add(latencyMs)
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
  // Written out: an object that begins as a copy of another one costs as much as all else that is done for a batch.
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
  state.rows.unconfirmed += unconfirmed
  state.rows.unsent += unsent
  // Its rejected rows are told one by one.
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

/** Where its rows come from. */
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
