/*
  What is known of a run beyond the process that it happens in: the conclusions from events that journals keep, whether they
  happen or are read. `foldDurable` alone changes them.
*/
import { traitsOf } from '../transport/confirmations.js'
import type { Fingerprint } from '../journal/fingerprint.js'
import type { FinishedTarget, JournaledRejects, JournalRecord } from '../journal/journal-record.js'
import {
  isSettled,
  newCoveredInput,
  newSentInputs,
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
  /** Processes that have worked on it. */
  processes: number
  /** Those that have names: without a journal none has. */
  readonly inputs: NamedInput[]
  /** Of what is read: which rows went under which numbers. A process keeps none of its own. */
  readonly read:
    | {
        /** Of each input. */
        readonly covered: CoveredInput[]
        /** Numbers of which something may still be told. */
        readonly sent: Map<number, SentBatch>
        /** Batches that were divided by lane, by their first numbers. */
        readonly laned: Map<number, SentLanes>
      }
    | undefined
  /** Of what is not: how far each input was sent. */
  readonly sentTo: SentInputs
  /** Of all numbers that have ended. */
  readonly sums: { -readonly [Name in keyof Sums]: number }
  /** Highest number that was given to rows. */
  lastNo: number
  /** Those that rows were divided by last; 0 where none were. */
  lanes: number
  /** The last process that sent rows which no other had sent before; 0 without one. */
  lastSender: number
  /** The version before has written some of it, and told of no keys. */
  hidesKeys: boolean
  /** Of columns whose times have shown it: what offset they have. */
  offsets: Readonly<Record<string, string>>
  target: RecordOf<'target'> | undefined
  ledger: { readonly number: number; readonly version: 1 | 2 }
  /** Rows that the target took, by value, and how many it has had at least. */
  sampled: Pick<RecordOf<'sampled'>, 'rows' | 'leastRows'> | undefined
  /** What the last process that finished the run found. */
  finished: FinishedTarget | undefined
  /** It was to begin anew, and none of its processes came to tell the server that it has the run. */
  isAnew: boolean
  /** The latest number under which a process told the server that it has the run. */
  owner: number
  /** Sessions that the last process sent data on. */
  dataSessions: string[]
  rejects: JournaledRejects | undefined
  /** Files that were made for rejects, or were about to be; of what was before a restart, too. */
  readonly rejectsFiles: string[]
  /** The server has lost what it had confirmed. */
  isForgotten: boolean
  /** Nothing of the run need be on the server besides its rows: it was removed, or nothing was there yet. */
  hasLeftServer: boolean
  /** How the last process ended. */
  end: RecordOf<'end'> | undefined
  /** What the last process has read, and nobody knows of batch by batch whether it has arrived. */
  readonly unproven: Map<number, RecordOf<'read'>['summary']>
  /** As the last process that was done left them: those of inputs that are not read again, whatever becomes of later ones. */
  done:
    | { readonly rows: RecordOf<'end'>['rows']; readonly rejects: DurableState['rejects'] }
    | undefined
}

/** @param isRead  from a journal: which rows went under which numbers is kept, for a process that goes on */
export function newDurableState(isRead: boolean): DurableState {
  return {
    run: undefined,
    processes: 0,
    inputs: [],
    read: isRead ? { covered: [], sent: new Map(), laned: new Map() } : undefined,
    sentTo: newSentInputs(),
    sums: { confirmed: 0, rejected: 0, unconfirmed: 0, duplicates: 0 },
    lastNo: 0,
    lanes: 0,
    lastSender: 0,
    hidesKeys: false,
    offsets: {},
    target: undefined,
    ledger: { number: 0, version: 2 },
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

/** Of which nothing is known yet. */
export function namedInput(path: string, fingerprint: Fingerprint): NamedInput {
  return { path, fingerprint, detected: undefined, summary: undefined }
}

/** How far an input was sent; undefined for one that nothing is known of. */
export function sentInput(covered: CoveredInput | undefined): SentInput {
  return covered === undefined ? unsentInput : { ...covered.ends.at(-1)!, rows: covered.rows }
}

/** What is not durable changes nothing here. */
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
      state.hidesKeys ||= event.identity.adds === undefined
      return
    case 'ledger': {
      const { number: no, version = 1 } = event
      // Another one is begun where the last one is gone.
      if (no !== state.ledger.number)
        for (const batch of state.read?.sent.values() ?? []) batch.isLost = true
      state.ledger = { number: no, version }
      return
    }
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
      state.rejects = rejectsWith(state.rejects, event)
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

/** Rows are about to go out under a number. */
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
  const batch = sentBatch(no, rows, inputsOf(ranges))
  read.sent.set(no, batch)
  for (const range of ranges) {
    const { startBytes, endBytes } = range
    const covered = (read.covered[range.input] ??= newCoveredInput())
    const sent = { batch, startBytes, endBytes, rows: range.rows }
    if (isNew) covered.extend(sent, endOf(range))
    else for (const before of covered.replace(sent)) removeRest(read.covered, before, range.input)
  }
}

/** As `number`, of rows of several lanes. */
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
    const part = { batch: sentBatch(no + i, count, inputs), firstRow }
    firstRow += count
    read.sent.set(no + i, part.batch)
    return part
  })
  const sentLanes = { ...lanes, parts }
  read.laned.set(no, sentLanes)
  const batch = { ...sentBatch(no, rows, inputs), lanes: sentLanes }
  for (const range of ranges) {
    const { startBytes, endBytes } = range
    const covered = (read.covered[range.input] ??= newCoveredInput())
    covered.extend({ batch, startBytes, endBytes, rows: range.rows }, endOf(range))
  }
}

/** So many are kept before those of which nothing more comes are looked for. */
const mostLaned = 1_024

function forgetSettled({ laned }: NonNullable<DurableState['read']>): void {
  for (const [no, lanes] of laned) {
    const rows = lanes.perLane.reduce((sum, count) => sum + count, 0)
    if (isSettled({ ended: undefined, rows, lanes })) laned.delete(no)
  }
}

/** @throws when the journal has no such batch, or its lanes no such rows */
function replaceInLanes(
  { sent, laned }: NonNullable<DurableState['read']>,
  { no, rows }: Pick<SentBatch, 'no' | 'rows'>,
  { firstNo, firstRow }: PlaceInLanes,
): void {
  const lanes = laned.get(firstNo)
  if (lanes === undefined) throw new Error(`batch ${firstNo} is not divided by lane`)
  let laneEnd = 0
  for (const count of lanes.perLane) if (laneEnd <= firstRow) laneEnd += count
  if (firstRow + rows > laneEnd) throw new Error(`no lane of batch ${firstNo} has such rows`)
  const batch = sentBatch(no, rows, [])
  sent.set(no, batch)
  replacePart(lanes, { batch, firstRow })
}

function sentBatch(no: number, rows: number, inputs: readonly number[]): SentBatch {
  return { no, rows, inputs, ended: undefined, isLost: false }
}

function inputsOf(ranges: readonly BatchRange[]): readonly number[] {
  return ranges.map(({ input }) => input)
}

/** A batch that is divided goes as a whole, whatever other inputs it has rows of. */
function removeRest(covered: readonly CoveredInput[], batch: SentBatch, except: number): void {
  for (const input of batch.inputs) if (input !== except) covered[input]!.remove(batch)
}

function endOf({ endBytes, endLine, records }: BatchRange): BatchEnd {
  return { offsetBytes: endBytes, lineNumber: endLine, records }
}

function end({ read, sums }: DurableState, event: Ended): void {
  const { no, confirmed, rejected, unconfirmed, unsent, duplicates = 0 } = event
  if (no === undefined) return
  const batch = read?.sent.get(no)
  // Of a number that has its place nothing more is told.
  if (read !== undefined && batch === undefined) return
  const before = batch?.ended
  sums.confirmed += confirmed - (before?.confirmed ?? 0)
  sums.rejected += rejected - (before?.rejected ?? 0)
  sums.duplicates += duplicates - (before?.duplicates ?? 0)
  const ended = { confirmed, rejected, unconfirmed, unsent, duplicates }
  if (batch !== undefined) batch.ended = ended
  const rows = batch?.rows ?? confirmed + rejected + unconfirmed + unsent
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
      Object.assign(state.sums, { duplicates: 0, ...event.sums })
      state.lastNo = Math.max(state.lastNo, event.lastNo)
      return
    }
    default: {
      const input = inputs[event.input]
      if (input === undefined) return
      if (event.kind === 'read' && event.at !== undefined) input.readAt = event.at
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
      Object.assign(state, { processes: event.number, end: undefined, dataSessions: [] })
      state.unproven.clear()
      return
    case 'owner':
      Object.assign(state, { owner: event.number, isAnew: false })
      return
    case 'session':
      state.dataSessions.push(event.id)
      return
    case 'end': {
      state.end = event
      if (!event.isDone) return
      for (const [input, summary] of state.unproven) state.inputs[input]!.summary = summary
      const { rows } = event
      const { rejects } = state
      state.done = { rows, rejects: rejects && { ...rejects, byInput: { ...rejects.byInput } } }
    }
  }
}

/** Numbers, ledgers and processes are counted on: what was sent before a restart may still be under way. */
function beginAnew(state: DurableState, run: RecordOf<'run'>): void {
  const { processes, lastNo, ledger, owner, dataSessions, rejectsFiles, hasLeftServer } = state
  const { unproven } = state
  const kept = { processes, lastNo, ledger, owner, dataSessions, rejectsFiles, hasLeftServer }
  const isAnew = run.isAnew === true
  Object.assign(state, newDurableState(state.read !== undefined), kept, { unproven, run, isAnew })
}

/** Those of before, which change with it, and what a later record says. */
export function rejectsWith(
  before: JournaledRejects | undefined,
  record: RecordOf<'rejects'>,
): JournaledRejects {
  const byInput = Object.assign(before?.byInput ?? {}, record.byInput)
  const upTos = [...new Map([...(before?.upTos ?? []), ...(record.upTos ?? [])])]
  return { ...record, byInput, ...(upTos.length === 0 ? {} : { upTos }) }
}
