/*
  The facts about a run that outlive a process. `foldDurable` derives them from events: once when an event happens, and
  again when a later process reads the events from the journal.
*/
import type { Fingerprint } from '../journal/fingerprint.js'
import type { FinishedTarget, JournaledRejects, JournalRecord } from '../journal/journal-record.js'
import {
  endOf,
  isSettled,
  newSentInputs,
  newSentStream,
  pieceKey,
  rowsOf,
  settleStream,
  type EndedRows,
  type SentInputs,
  type SentStream,
} from './streams.js'
import type { CutSizes } from '../../parse/cuts.js'
import type { Ended, NamedInput, RunEvent, Sums } from './events.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

export interface DurableState {
  run: RecordOf<'run'> | undefined
  processes: number
  /** False if a process did not record its end, or recorded rows as stored or unconfirmed. A restart keeps this value. */
  isUntouched: boolean
  /** By input number. Empty if the run has no journal and follows no files. */
  readonly inputs: NamedInput[]
  /** Whether the state is read from a journal. Then it also has the batches for which something is left to do. */
  readonly isRead: boolean
  /** True while the records read come from a process that sent batches with receipts. */
  hasReceipts: boolean
  readonly streams: Map<number, SentStream>
  /** For each input, the rows that this and earlier processes sent. */
  readonly sentTo: SentInputs
  /** Where batches end; undefined before the first process of the run has sent any. */
  sizes: CutSizes | undefined
  /** Sums over all batches with an outcome. */
  readonly sums: { -readonly [Name in keyof Sums]: number }
  /** How many batches the run has sent, or was about to send. */
  batchCount: number
  /** Time zone offsets by column, for columns whose times contain an offset. */
  offsets: Readonly<Record<string, string>>
  target: RecordOf<'target'> | undefined
  ledgerNumber: number
  /** The values of a few accepted rows. */
  sampled: Pick<RecordOf<'sampled'>, 'rows'> | undefined
  finished: FinishedTarget | undefined
  /** True if the run starts over and no process has claimed it on the server since. */
  isAnew: boolean
  /** The highest number with which a process has claimed the run on the server; 0 if there is none. */
  owner: number
  /** Ids of the sessions on which the last process sent data. */
  dataSessions: string[]
  rejects: JournaledRejects | undefined
  /** Every rejects file that a process created or was about to create, even before a restart. */
  readonly rejectsFiles: string[]
  /** True if the server has lost rows that it had confirmed. */
  isForgotten: boolean
  /** True if the server holds nothing of the run but its rows: all other objects were removed or never created. */
  hasLeftServer: boolean
  end: RecordOf<'end'> | undefined
}

/**
 * @param isRead  true for a state that is read from a journal
 */
export function newDurableState(isRead: boolean): DurableState {
  return {
    run: undefined,
    processes: 0,
    isUntouched: true,
    inputs: [],
    isRead,
    hasReceipts: true,
    streams: new Map(),
    sentTo: newSentInputs(),
    sizes: undefined,
    sums: noSums(),
    batchCount: 0,
    offsets: {},
    target: undefined,
    ledgerNumber: 0,
    sampled: undefined,
    finished: undefined,
    isAnew: false,
    owner: 0,
    dataSessions: [],
    rejects: undefined,
    rejectsFiles: [],
    isForgotten: false,
    hasLeftServer: true,
    end: undefined,
  }
}

function noSums(): DurableState['sums'] {
  return { confirmed: 0, rejected: 0, unconfirmed: 0, filtered: 0 }
}

export function namedInput(path: string, fingerprint: Fingerprint): NamedInput {
  return { path, fingerprint, detected: undefined, summary: undefined }
}

/** Ignores events that are not in journals. */
export function foldDurable(state: DurableState, event: RunEvent): void {
  switch (event.kind) {
    case 'batch':
      return addBatch(state, event)
    case 'ended':
      return end(state, event)
    case 'takenBack':
      if (event.isCertain) Object.assign(state, { isForgotten: true, sampled: undefined })
      return
    case 'goesOn':
      state.inputs.push(...event.named.map(input => ({ ...input })))
      for (const [i, input] of event.inputs.entries()) state.sentTo.set(i, input)
      for (const [number, last] of event.streams) streamOf(state, number).last = last
      Object.assign(state.sums, event.sums)
      return
    case 'batchesKnown':
      state.batchCount = event.count
      return
    case 'sizes':
      state.sizes = event
      return
    case 'inputs':
    case 'grown':
    case 'reading':
    case 'read':
    case 'settled':
      return foldInput(state, event)
    case 'target':
      Object.assign(state, { target: event, hasLeftServer: false, finished: undefined })
      state.hasReceipts &&= event.used === 'receipts'
      return
    case 'ledger':
      // A new ledger replaces the old one, so the receipts in the old one are gone.
      if (event.number !== state.ledgerNumber) forgetReceipts(state)
      state.hasReceipts = true
      state.ledgerNumber = event.number
      return
    case 'sampled':
      state.sampled = event
      return
    case 'finished':
      state.finished = event
      return
    case 'leaving':
      state.hasLeftServer = true
      return
    case 'offsets':
      state.offsets = { ...state.offsets, ...event.offsets }
      return
    case 'rejectsFile':
      state.rejectsFiles.push(event.path)
      return
    case 'rejects':
      state.rejects = mergeRejects(state.rejects, event)
      return
    case 'run':
    case 'process':
    case 'owner':
    case 'session':
    case 'end':
      return foldProcess(state, event)
    default:
      return
  }
}

function streamOf({ streams }: DurableState, number: number, input = 0): SentStream {
  let stream = streams.get(number)
  if (stream === undefined) streams.set(number, (stream = newSentStream(input)))
  return stream
}

function addBatch(state: DurableState, event: Extract<RunEvent, { kind: 'batch' }>): void {
  const { no, ranges, rows, lanes, isEarly } = event
  state.batchCount++
  const stream = streamOf(state, event.stream, ranges[0]!.input)
  stream.last = endOf(event)
  for (const range of ranges) state.sentTo.add(range)
  if (!state.isRead) return
  const hasNoReceipt = !state.hasReceipts
  const pieces = new Map<string, EndedRows>()
  stream.open.set(no, { no, rows, ranges, lanes, isEarly, pieces, settledRows: 0, hasNoReceipt })
}

function forgetReceipts({ streams }: DurableState): void {
  for (const { open } of streams.values()) {
    for (const batch of open.values()) batch.hasNoReceipt = true
  }
}

function end({ isRead, sums, streams }: DurableState, event: Ended): void {
  const { place, confirmed, rejected, unconfirmed, unsent, filtered = 0 } = event
  if (place === undefined) return
  const stream = streams.get(place.stream)
  const batch = stream?.open.get(place.no)
  // Ignores the event: nothing is left to do for the batch, so its outcome is final.
  if (isRead && batch === undefined) return
  const before = batch?.pieces.get(pieceKey(place))
  const ended = { confirmed, rejected, unconfirmed, unsent, filtered }
  sums.confirmed += confirmed - (before?.confirmed ?? 0)
  sums.rejected += rejected - (before?.rejected ?? 0)
  sums.filtered += filtered - (before?.filtered ?? 0)
  if (isSettled(ended)) sums.unconfirmed += unconfirmed
  if (batch === undefined) return
  batch.pieces.set(pieceKey(place), ended)
  // A process divides a part only if nothing of it was stored, so its halves replace it.
  for (let part = place.part >> 1; part > 0; part >>= 1) {
    batch.pieces.delete(pieceKey({ ...place, part }))
  }
  if (isSettled(ended)) batch.settledRows += rowsOf(ended)
  if (batch.settledRows === batch.rows) settleStream(stream!)
}

type OfInput = Extract<RunEvent, { kind: 'inputs' | 'grown' | 'reading' | 'read' | 'settled' }>

function foldInput(state: DurableState, event: OfInput): void {
  const { inputs } = state
  switch (event.kind) {
    case 'inputs':
      for (const { path, fingerprint } of event.inputs) {
        inputs.push(namedInput(path, fingerprint))
      }
      return
    case 'settled': {
      for (const [i, input] of event.inputs.entries()) state.sentTo.set(i, input)
      for (const { stream, ...last } of event.streams) {
        state.streams.set(stream, { last, settled: last, open: new Map() })
      }
      Object.assign(state.sums, { filtered: 0, ...event.sums })
      state.batchCount = Math.max(state.batchCount, event.batches)
      return
    }
    default: {
      const input = inputs[event.input]
      if (input === undefined) return
      if (event.kind === 'read') input.readAt = event.at
      if (event.kind === 'grown') input.fingerprint = event.fingerprint
      else if (event.kind === 'reading') input.detected = event.detected
      else input.summary = event.summary
    }
  }
}

type OfProcess = Extract<RunEvent, { kind: 'run' | 'process' | 'owner' | 'session' | 'end' }>

function foldProcess(state: DurableState, event: OfProcess): void {
  switch (event.kind) {
    case 'run':
      return beginAnew(state, event)
    case 'process':
      if (state.processes > 0 && state.end === undefined) state.isUntouched = false
      Object.assign(state, { processes: event.number, end: undefined, dataSessions: [] })
      state.hasReceipts = false
      return
    case 'owner':
      Object.assign(state, { owner: event.number, isAnew: false })
      return
    case 'session':
      state.dataSessions.push(event.id)
      return
    case 'end': {
      const { rows } = event
      if (rows.confirmed + rows.unconfirmed + rows.skipped > 0) state.isUntouched = false
      state.end = event
    }
  }
}

/** Starts the run over. Numbers of processes, ledgers and owners do not start at 1 again, because requests from before may still arrive. */
function beginAnew(state: DurableState, run: RecordOf<'run'>): void {
  const { processes, batchCount, ledgerNumber, owner, dataSessions, rejectsFiles } = state
  const { isUntouched, hasLeftServer, isRead } = state
  const numbers = { processes, batchCount, ledgerNumber, owner }
  const kept = { ...numbers, dataSessions, rejectsFiles, hasLeftServer }
  const isAnew = run.isAnew === true
  Object.assign(state, newDurableState(isRead), kept, {
    isUntouched,
    run,
    isAnew,
  })
}

/** Merges a record with `before`, the sum of the earlier records. Changes objects inside `before`. */
export function mergeRejects(
  before: JournaledRejects | undefined,
  record: RecordOf<'rejects'>,
): JournaledRejects {
  const byInput = Object.assign(before?.byInput ?? {}, record.byInput)
  const upTos = [...new Map([...(before?.upTos ?? []), ...(record.upTos ?? [])])]
  return { ...record, byInput, ...(upTos.length === 0 ? {} : { upTos }) }
}
