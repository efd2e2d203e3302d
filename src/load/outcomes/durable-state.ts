/*
  The facts about a run that outlive a process. `foldDurable` derives them from events: once when an event happens, and
  again when a later process reads the events from the journal.
*/
import { traitsOf } from '../transport/confirmations.js'
import type { Fingerprint } from '../journal/fingerprint.js'
import type { FinishedTarget, JournaledRejects, JournalRecord } from '../journal/journal-record.js'
import {
  isSettled,
  newCoveredInput,
  newSentBatch,
  newSentInputs,
  removeRest,
  replacePart,
  unsentInput,
  type BatchEnd,
  type CoveredInput,
  type SentBatch,
  type SentLanes,
  type SentInput,
  type SentInputs,
} from './covered-range.js'
import type { BatchRange, Ended, NamedInput, PlaceInLanes, RunEvent, Sums } from './events.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

export interface DurableState {
  run: RecordOf<'run'> | undefined
  processes: number
  /** False if a process did not record its end, or recorded rows as stored or unconfirmed. A restart keeps this value. */
  isUntouched: boolean
  /** By input number. Empty if the run has no journal and follows no files. */
  readonly inputs: NamedInput[]
  /** The sent rows by batch number; undefined unless the state was read from a journal. */
  readonly read:
    | {
        /** Indexed by input. */
        readonly covered: CoveredInput[]
        /** Batches by number. A batch is removed once no later record can change its outcome. */
        readonly sent: Map<number, SentBatch>
        /** Batches that were divided by lane. The key is the number of the batch's first part. */
        readonly laned: Map<number, SentLanes>
        /** True while the records read come from a process that sent batches with receipts. */
        hasReceipts: boolean
      }
    | undefined
  /** For each input, the rows that this and earlier processes sent. Not used if the state was read from a journal. */
  readonly sentTo: SentInputs
  /** Sums over all batches with an outcome. */
  readonly sums: { -readonly [Name in keyof Sums]: number }
  lastNo: number
  /** Number of lanes when rows were last divided by lane; 0 if no rows were. */
  lanes: number
  /** Number of the last process that sent new rows, that is, rows that no earlier process had sent; 0 if there is none. */
  lastSender: number
  /** Time zone offsets by column, for columns whose times contain an offset. */
  offsets: Readonly<Record<string, string>>
  target: RecordOf<'target'> | undefined
  ledgerNumber: number
  /** The values of a few accepted rows, and a lower limit of the number of rows in the target. */
  sampled: Pick<RecordOf<'sampled'>, 'rows' | 'leastRows'> | undefined
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
  /** Summaries of the inputs that the last process has read, if the run does not learn the outcome of single batches. */
  readonly unproven: Map<number, RecordOf<'read'>['summary']>
  /** The counts when a process last finished the run. They exclude later processes that did not finish it. */
  done:
    | { readonly rows: RecordOf<'end'>['rows']; readonly rejects: DurableState['rejects'] }
    | undefined
}

/**
 * @param isRead  true for a state that is read from a journal; it also records the rows of each batch number
 */
export function newDurableState(isRead: boolean): DurableState {
  return {
    run: undefined,
    processes: 0,
    isUntouched: true,
    inputs: [],
    read: isRead
      ? { covered: [], sent: new Map(), laned: new Map(), hasReceipts: true }
      : undefined,
    sentTo: newSentInputs(),
    sums: noSums(),
    lastNo: 0,
    lanes: 0,
    lastSender: 0,
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
    unproven: new Map(),
    done: undefined,
  }
}

function noSums(): DurableState['sums'] {
  return { confirmed: 0, rejected: 0, unconfirmed: 0, filtered: 0 }
}

export function namedInput(path: string, fingerprint: Fingerprint): NamedInput {
  return { path, fingerprint, detected: undefined, summary: undefined }
}

/** The sent rows of an input; `unsentInput` if nothing is known of the input. */
export function sentInput(covered: CoveredInput | undefined): SentInput {
  return covered === undefined ? unsentInput : { ...covered.ends.at(-1)!, rows: covered.rows }
}

/** Ignores events that are not in journals. */
export function foldDurable(state: DurableState, event: RunEvent): void {
  switch (event.kind) {
    case 'laned':
      return divide(state, event)
    case 'numbered':
      return number(state, event)
    case 'ended':
      return end(state, event)
    case 'takenBack':
      if (event.isCertain) Object.assign(state, { isForgotten: true, sampled: undefined })
      return
    case 'goesOn':
      state.inputs.push(...event.named.map(input => ({ ...input })))
      for (const [i, input] of event.inputs.entries()) state.sentTo.set(i, input)
      Object.assign(state.sums, event.sums)
      return
    case 'numbersGiven':
      state.lastNo = event.lastNo
      return
    case 'inputs':
    case 'grown':
    case 'reading':
    case 'read':
    case 'settled':
      return foldInput(state, event)
    case 'target':
      Object.assign(state, { target: event, hasLeftServer: false, finished: undefined })
      if (state.read !== undefined) state.read.hasReceipts &&= event.used === 'receipts'
      return
    case 'ledger':
      // A new ledger replaces the old one, so the receipts in the old one are gone.
      if (event.number !== state.ledgerNumber)
        for (const batch of state.read?.sent.values() ?? []) batch.hasNoReceipt = true
      if (state.read !== undefined) state.read.hasReceipts = true
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

/** Rows are about to be sent under the number `no`. */
function number(state: DurableState, event: Extract<RunEvent, { kind: 'numbered' }>): void {
  const { no, ranges, rows, isNew, ofLanes } = event
  state.lastNo = Math.max(state.lastNo, no)
  if (isNew) state.lastSender = state.processes
  const { read, sentTo } = state
  if (read === undefined) {
    if (isNew) for (const range of ranges) sentTo.add(range.input, endOf(range), range.rows)
    return
  }
  if (ofLanes !== undefined) return replaceInLanes(read, event, ofLanes)
  const batch = newSentBatch(no, rows, inputsOf(ranges), read.hasReceipts)
  read.sent.set(no, batch)
  for (const range of ranges) {
    const { startBytes, endBytes } = range
    const covered = (read.covered[range.input] ??= newCoveredInput())
    const sent = { batch, startBytes, endBytes, rows: range.rows }
    if (isNew) covered.extend(sent, endOf(range))
    else for (const before of covered.replace(sent)) removeRest(read.covered, before, range.input)
  }
}

/** Rows are about to be sent in lanes, and the rows of each lane have their own number. */
function divide(state: DurableState, event: Extract<RunEvent, { kind: 'laned' }>): void {
  const { no, ranges, rows, lanes } = event
  const numbered = lanes.perLane.filter(count => count > 0)
  state.lastNo = Math.max(state.lastNo, no + numbered.length - 1)
  state.lastSender = state.processes
  state.lanes = lanes.perLane.length
  const { read, sentTo } = state
  if (read === undefined) {
    for (const range of ranges) sentTo.add(range.input, endOf(range), range.rows)
    return
  }
  if (read.laned.size % mostLaned === mostLaned - 1) forgetSettled(read)
  const inputs = inputsOf(ranges)
  let firstRow = 0
  const parts = numbered.map((count, i) => {
    const part = { batch: newSentBatch(no + i, count, inputs, read.hasReceipts), firstRow }
    firstRow += count
    read.sent.set(no + i, part.batch)
    return part
  })
  const sentLanes = { ...lanes, parts }
  read.laned.set(no, sentLanes)
  const batch = { ...newSentBatch(no, rows, inputs, read.hasReceipts), lanes: sentLanes }
  for (const range of ranges) {
    const { startBytes, endBytes } = range
    const covered = (read.covered[range.input] ??= newCoveredInput())
    covered.extend({ batch, startBytes, endBytes, rows: range.rows }, endOf(range))
  }
}

/** Each time `laned` grows to a multiple of this size, batches for which nothing is left to do are removed from it. */
const mostLaned = 1_024

function forgetSettled({ laned }: NonNullable<DurableState['read']>): void {
  for (const [no, lanes] of laned) {
    const rows = lanes.perLane.reduce((sum, count) => sum + count, 0)
    if (isSettled({ ended: undefined, rows, lanes })) laned.delete(no)
  }
}

/** @throws if batch `firstNo` is not divided by lane, or if no lane of it contains all these rows */
function replaceInLanes(
  read: NonNullable<DurableState['read']>,
  { no, rows }: Pick<SentBatch, 'no' | 'rows'>,
  { firstNo, firstRow }: PlaceInLanes,
): void {
  const lanes = read.laned.get(firstNo)
  if (lanes === undefined) throw new Error(`batch ${firstNo} is not divided by lane`)
  let laneEnd = 0
  for (const count of lanes.perLane) if (laneEnd <= firstRow) laneEnd += count
  if (firstRow + rows > laneEnd) throw new Error(`no lane of batch ${firstNo} has such rows`)
  const batch = newSentBatch(no, rows, [], read.hasReceipts)
  read.sent.set(no, batch)
  replacePart(lanes, { batch, firstRow })
}

function inputsOf(ranges: readonly BatchRange[]): readonly number[] {
  return ranges.map(({ input }) => input)
}

function endOf({ endBytes, endLine, records }: BatchRange): BatchEnd {
  return { offsetBytes: endBytes, lineNumber: endLine, records }
}

function end({ read, sums }: DurableState, event: Ended): void {
  const { no, confirmed, rejected, unconfirmed, unsent, filtered = 0 } = event
  if (no === undefined) return
  const batch = read?.sent.get(no)
  // Ignores the event: the batch was settled and removed, so its outcome is final.
  if (read !== undefined && batch === undefined) return
  const before = batch?.ended
  sums.confirmed += confirmed - (before?.confirmed ?? 0)
  sums.rejected += rejected - (before?.rejected ?? 0)
  sums.filtered += filtered - (before?.filtered ?? 0)
  const ended = { confirmed, rejected, unconfirmed, unsent, filtered }
  if (batch !== undefined) batch.ended = ended
  const rows = batch?.rows ?? confirmed + filtered + rejected + unconfirmed + unsent
  if (!isSettled({ ended, rows })) return
  sums.unconfirmed += unconfirmed
  read?.sent.delete(no)
}

type OfInput = Extract<RunEvent, { kind: 'inputs' | 'grown' | 'reading' | 'read' | 'settled' }>

function foldInput(state: DurableState, event: OfInput): void {
  const { inputs, read } = state
  switch (event.kind) {
    case 'inputs':
      for (const { path, fingerprint } of event.inputs) {
        inputs.push(namedInput(path, fingerprint))
        read?.covered.push(newCoveredInput())
      }
      return
    case 'settled': {
      for (const [i, input] of event.inputs.entries()) {
        const { rows, ...to } = input
        if (read === undefined) state.sentTo.set(i, input)
        else read.covered[i]!.begin(to, rows)
      }
      read?.sent.clear()
      read?.laned.clear()
      Object.assign(state.sums, { filtered: 0, ...event.sums })
      state.lastNo = Math.max(state.lastNo, event.lastNo)
      return
    }
    default: {
      const input = inputs[event.input]
      if (input === undefined) return
      if (event.kind === 'read') input.readAt = event.at
      if (event.kind === 'grown') input.fingerprint = event.fingerprint
      else if (event.kind === 'reading') input.detected = event.detected
      else if (traitsOf(state.target?.used).knowsBatches) input.summary = event.summary
      else state.unproven.set(event.input, event.summary)
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
      if (state.read !== undefined) state.read.hasReceipts = false
      state.unproven.clear()
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
      if (!event.isDone) return
      for (const [input, summary] of state.unproven) state.inputs[input]!.summary = summary
      const { rejects } = state
      state.done = { rows, rejects: rejects && { ...rejects, byInput: { ...rejects.byInput } } }
    }
  }
}

/** Starts the run over. Numbers do not start at 1 again, because batches from before the restart may still arrive. */
function beginAnew(state: DurableState, run: RecordOf<'run'>): void {
  const { processes, lastNo, ledgerNumber, owner, dataSessions, rejectsFiles, hasLeftServer } =
    state
  const { unproven, isUntouched } = state
  const kept = { processes, lastNo, ledgerNumber, owner, dataSessions, rejectsFiles, hasLeftServer }
  const isAnew = run.isAnew === true
  Object.assign(state, newDurableState(state.read !== undefined), kept, {
    unproven,
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
