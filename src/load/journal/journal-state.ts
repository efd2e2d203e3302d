/*
  What the records of a journal come to: where a run stands.
*/
import type { EndedRows } from './journal-record.js'
import { traitsOf } from '../confirmations.js'
import type { ConfirmUsed } from '../options.js'
import { isSettled, newCoveredInput, type CoveredInput, type SentRange } from './covered-range.js'
import type { Fingerprint } from './fingerprint.js'
import { rowOfJournal, type SampleRow } from '../evidence/sample-rows.js'
import type { FinishedTarget, JournaledRejects, JournalRecord } from './journal-record.js'
import type { TargetIdentity } from './target-identity.js'

type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

/** One input of a run. */
export interface JournaledInput {
  readonly path: string
  fingerprint: Fingerprint
  readonly covered: CoveredInput
  /** How it is read; undefined until it was opened. */
  detected: string | undefined
  /** Set once it was read to its end, and all that was sent of it has a number or has arrived. */
  summary: RecordOf<'read'>['summary'] | undefined
}

/** Rows of a run whose place is known from its journal. */
export interface JournaledRows {
  readonly confirmed: number
  readonly rejected: number
  /** Sent, and nothing is known of them. */
  readonly unconfirmed: number
  /** Read, and certainly not stored. */
  readonly unsent: number
}

/** A run as its journal tells it. */
export interface JournalState {
  readonly run: RecordOf<'run'> | undefined
  /** Processes that have worked on it. */
  readonly processes: number
  readonly inputs: readonly JournaledInput[]
  /** Of the columns whose times have shown it: what offset they have. */
  readonly offsets: Readonly<Record<string, string>>
  readonly target: TargetIdentity | undefined
  /** How the last process had rows confirmed. */
  readonly used: ConfirmUsed | undefined
  readonly ledgerNumber: number
  /** Of its columns; the version before gave none. */
  readonly ledgerVersion: 1 | 2
  /** Rows that the target took, by value. */
  readonly samples: readonly SampleRow[]
  /** Rows that it has had at least; undefined when nothing is known. */
  readonly leastRows: number | undefined
  /** What the last process that finished the run found; undefined when none did, or it kept none. */
  readonly finished: FinishedTarget | undefined
  /** Rows with a key that the target had already; null when the version before has written some of it. */
  readonly duplicates: number | null
  /** It was to begin anew, and none of its processes came to tell the server that it has the run. */
  readonly isAnew: boolean
  /** The latest number under which a process told the server that it has the run. */
  readonly owner: number
  /** Sessions that the last process sent data on. */
  readonly dataSessions: readonly string[]
  /** Where nobody knows of single batches: of the inputs that need not be read again. */
  readonly rejects: JournaledRejects | undefined
  /** Files that were made for rejects, or were about to be; of what was before a restart, too. */
  readonly rejectsFiles: readonly string[]
  /** Of the numbers whose rows have their place. */
  readonly sums: Omit<EndedRows, 'unsent' | 'duplicates'>
  /** Highest number that was given to rows. */
  readonly lastNo: number
  /** The last process that sent rows which no other had sent before; 0 without one. */
  readonly lastSender: number
  /** The server has lost what it had confirmed. */
  readonly isForgotten: boolean
  /** Nothing of the run need be on the server besides its rows: it was removed, or nothing was there yet. */
  readonly hasLeftServer: boolean
  /** How the last process ended; undefined when it was killed, or runs. */
  readonly end: RecordOf<'end'> | undefined
  rows(): JournaledRows
  take(record: JournalRecord): void
}

const noRows = { confirmed: 0, skipped: 0 }
const nothing: EndedRows = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }

export function newJournalState(): JournalState {
  return new Fold()
}

class Fold implements JournalState {
  readonly inputs: JournaledInput[] = []
  readonly rejectsFiles: string[] = []
  offsets: Record<string, string> = {}
  run: RecordOf<'run'> | undefined
  processes = 0
  ledgerNumber = 0
  ledgerVersion: 1 | 2 = 2
  samples: readonly SampleRow[] = []
  leastRows: number | undefined
  finished: FinishedTarget | undefined
  duplicates: number | null = 0
  isAnew = false
  owner = 0
  dataSessions: string[] = []
  #rejects: JournaledRejects | undefined
  /** Those of inputs that are not read again, whatever becomes of later processes. */
  #rejectsOfDone: JournaledRejects | undefined
  #rowsOfDone: RecordOf<'end'>['rows'] | undefined
  lastNo = 0
  lastSender = 0
  isForgotten = false
  hasLeftServer = true
  end: RecordOf<'end'> | undefined
  #target: RecordOf<'target'> | undefined
  /** Numbers of which something may still be told. */
  readonly #byNo = new Map<number, SentRange>()
  /** What the last process has read, and nobody knows of batch by batch whether it has arrived. */
  readonly #unproven = new Map<number, RecordOf<'read'>['summary']>()
  readonly sums = { confirmed: 0, rejected: 0, unconfirmed: 0 }

  get target(): TargetIdentity | undefined {
    return this.#target?.identity
  }

  get used(): ConfirmUsed | undefined {
    return this.#target?.used
  }

  get rejects(): JournaledRejects | undefined {
    return this.#readsAgain ? this.#rejectsOfDone : this.#rejects
  }

  /** Nobody knows of single batches: what was not finished is read from its beginning. */
  get #readsAgain(): boolean {
    return this.#target !== undefined && !traitsOf(this.used).knowsBatches
  }

  rows(): JournaledRows {
    const byClass = Object.values(this.rejects?.byClass ?? {})
    const rejectedRows = byClass.reduce((sum, rows) => sum + rows, 0)
    if (this.#readsAgain) {
      const { confirmed, skipped } = this.#rowsOfDone ?? noRows
      const known = confirmed + skipped
      return { confirmed: known, rejected: rejectedRows, unconfirmed: 0, unsent: 0 }
    }
    let unknown = 0
    for (const { covered } of this.inputs) {
      for (const range of covered.ranges) {
        const isUnknown = range.ended === undefined || range.ended.unconfirmed === range.rows
        if (isUnknown) unknown += range.rows
      }
    }
    const sent = this.inputs.reduce((sum, { covered }) => sum + covered.rows, 0)
    const { confirmed, rejected, unconfirmed } = this.sums
    return {
      confirmed,
      rejected: rejectedRows,
      unconfirmed: unconfirmed + unknown,
      unsent: sent - confirmed - rejected - unconfirmed - unknown,
    }
  }

  take(record: JournalRecord): void {
    switch (record.kind) {
      case 'run':
        this.#beginAnew(record)
        return
      case 'process':
        this.processes = record.number
        this.end = undefined
        this.#unproven.clear()
        this.dataSessions = []
        return
      case 'inputs':
        for (const { path, fingerprint } of record.inputs) {
          const covered = newCoveredInput()
          this.inputs.push({ path, fingerprint, covered, detected: undefined, summary: undefined })
        }
        return
      case 'grown':
        this.inputs[record.input]!.fingerprint = record.fingerprint
        return
      case 'target':
      case 'sampled':
      case 'finished':
      case 'forgotten':
      case 'leaving':
        this.#takeTarget(record)
        return
      case 'ledger':
        // Another one is begun where the last one is gone.
        if (record.number !== this.ledgerNumber)
          for (const range of this.#byNo.values()) range.isLost = true
        this.ledgerNumber = record.number
        this.ledgerVersion = record.version ?? 1
        return
      case 'session':
        this.dataSessions.push(record.id)
        return
      case 'owner':
        Object.assign(this, { owner: record.number, isAnew: false })
        return
      case 'reading':
        this.inputs[record.input]!.detected = record.detected
        return
      case 'offsets':
        this.offsets = { ...this.offsets, ...record.offsets }
        return
      case 'batch':
        this.#sent(record)
        return
      case 'part':
        this.inputs[record.input]!.covered.replace(this.#rangeOf(record))
        return
      case 'ended':
        this.#ended(record)
        return
      case 'rejectsFile':
        this.rejectsFiles.push(record.path)
        return
      case 'rejects':
        this.#rejects = rejectsWith(this.#rejects, record)
        return
      case 'read':
        if (traitsOf(this.used).knowsBatches) this.inputs[record.input]!.summary = record.summary
        else this.#unproven.set(record.input, record.summary)
        return
      case 'settled':
        this.#settled(record)
        return
      case 'end':
        this.end = record
        if (!record.isDone) return
        for (const [input, summary] of this.#unproven) this.inputs[input]!.summary = summary
        this.#rowsOfDone = record.rows
        this.#rejectsOfDone = this.#rejects && {
          ...this.#rejects,
          byInput: { ...this.#rejects.byInput },
        }
    }
  }

  #takeTarget(record: RecordOf<'target' | 'sampled' | 'finished' | 'forgotten' | 'leaving'>): void {
    switch (record.kind) {
      case 'target':
        this.#target = record
        this.hasLeftServer = false
        this.finished = undefined
        if (record.identity.adds === undefined) this.duplicates = null
        return
      case 'sampled':
        this.samples = samplesOf(record.rows)
        this.leastRows = record.leastRows ?? undefined
        return
      case 'finished':
        this.finished = record
        return
      case 'forgotten':
        this.isForgotten = true
        this.samples = []
        this.leastRows = undefined
        return
      case 'leaving':
        this.hasLeftServer = true
    }
  }

  #sent(record: RecordOf<'batch'>): void {
    const { input, end, endLine, records } = record
    const batchEnd = { offsetBytes: end, lineNumber: endLine, records }
    this.inputs[input]!.covered.extend(this.#rangeOf(record), batchEnd)
    this.lastSender = this.processes
  }

  #rangeOf({ no, start, end, rows }: RecordOf<'batch'> | RecordOf<'part'>): SentRange {
    const places = { startBytes: start, endBytes: end }
    const range: SentRange = { no, ...places, rows, ended: undefined, isLost: false }
    this.#byNo.set(no, range)
    this.lastNo = Math.max(this.lastNo, no)
    return range
  }

  #ended(record: RecordOf<'ended'>): void {
    const { no, confirmed, rejected, unconfirmed, unsent, duplicates = 0 } = record
    const range = this.#byNo.get(no)
    if (range === undefined) return
    const before = range.ended ?? nothing
    range.ended = { confirmed, rejected, unconfirmed, unsent, duplicates }
    this.sums.confirmed += confirmed - before.confirmed
    this.sums.rejected += rejected - before.rejected
    if (this.duplicates !== null) this.duplicates += duplicates - (before.duplicates ?? 0)
    if (!isSettled(range)) return
    this.sums.unconfirmed += unconfirmed
    this.#byNo.delete(no)
  }

  #settled({ inputs, sums, lastNo }: RecordOf<'settled'>): void {
    for (const [input, { rows, ...end }] of inputs.entries()) {
      this.inputs[input]!.covered.begin(end, rows)
    }
    this.#byNo.clear()
    const { duplicates = 0, ...others } = sums
    Object.assign(this.sums, others)
    if (this.duplicates !== null) this.duplicates = duplicates
    this.lastNo = Math.max(this.lastNo, lastNo)
  }

  /** Numbers, ledgers and processes are counted on: what was sent before a restart may still be under way. */
  #beginAnew(run: RecordOf<'run'>): void {
    this.run = run
    this.isAnew = run.isAnew === true
    this.inputs.length = 0
    this.offsets = {}
    this.#byNo.clear()
    Object.assign(this.sums, { confirmed: 0, rejected: 0, unconfirmed: 0 })
    this.#target = undefined
    this.#rejects = undefined
    this.#rejectsOfDone = undefined
    this.#rowsOfDone = undefined
    this.isForgotten = false
    this.lastSender = 0
    this.samples = []
    this.leastRows = undefined
    this.finished = undefined
    this.duplicates = 0
    this.end = undefined
  }
}

/** Others may have written them: what is no row proves nothing. */
function samplesOf(rows: RecordOf<'sampled'>['rows']): readonly SampleRow[] {
  try {
    return rows.map(rowOfJournal)
  } catch {
    return []
  }
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
