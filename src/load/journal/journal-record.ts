/*
  The records of a journal, and their form in the file. Each record is a line that consists of a checksum and JSON, so that people can
  read the journal (docs/decisions/0018-journal.md).
*/
import { crc32 } from 'node:zlib'
import type { CutSizes } from '../../parse/cuts.js'
import type { JournaledRow } from '../evidence/sample-rows.js'
import type { ConfirmUsed, LoadOptions, LoadResult, RowCounts, ServerTarget } from '../options.js'
import type { LanesOfBatch, Place, RecordedRange } from '../outcomes/place.js'
import type { Fingerprint } from './fingerprint.js'
import { faultyField, isOf, type Shape } from './shape.js'
import type { TargetIdentity } from '../evidence/identity.js'

/** The options with which a run can be repeated: no secrets, streams or callbacks. */
export type JournaledOptions = Omit<
  LoadOptions,
  'server' | 'onReport' | 'onNotice' | 'leftovers' | 'signal' | 'leave' | 'journal'
> & { readonly server: JournaledServer }

/** The server of a run, and how to reach it: a process that resumes must not connect with less protection than before. */
export type JournaledServer = Pick<
  ServerTarget,
  'host' | 'port' | 'otherHosts' | 'user' | 'tls' | 'caFile' | 'certFile' | 'compress'
>

/** The state of the target when the run checked it for the last time. */
export interface FinishedTarget {
  /** Whether the server's table of finished runs got the run. The table is lost when the server stops. */
  readonly isMarked: boolean
  /** `host:port` of the server on which the run finished. */
  readonly server: string
}

/** Rejected rows of a run, and the files that hold them. */
export interface JournaledRejects extends Pick<LoadResult['rejects'], 'byClass' | 'byCode'> {
  /**
   * `key` determines which records the file holds. `sizeBytes`: size of these records. `reasonsBytes`: size of their
   * reasons.
   */
  readonly files: readonly {
    readonly key: string
    readonly path: string
    readonly rows: number
    readonly sizeBytes: number
    readonly reasonsBytes: number
    /** The run does not write to the file any more: it had ended, or has another rejects file now. */
    readonly isLeft?: boolean
  }[]
  /** Keyed by input name. A record lists only inputs with new rejects since the last such record. */
  readonly byInput: Readonly<
    Record<
      string,
      Pick<LoadResult['inputs'][number], 'rejected' | 'firstError'> & { readonly lastLine?: number }
    >
  >
  /** The journal includes all rejects before this place. */
  readonly upTo: { readonly input: number; readonly offsetBytes: number }
  /** Inputs whose `upTo` has changed, with the new offset. Only for followed inputs, which are read at the same time. */
  readonly upTos?: readonly (readonly [input: number, offsetBytes: number])[]
}

/** How many rows of a batch, or of a part of one, have which outcome. */
export interface EndedRows {
  readonly confirmed: number
  readonly rejected: number
  readonly unconfirmed: number
  /** Rows that are certainly not stored: a process may send them again. */
  readonly unsent: number
  /** Rows that the run's transform dropped; absent if there are none. */
  readonly filtered?: number
}

export interface EndedPiece extends Required<EndedRows>, Pick<Place, 'lane' | 'part'> {}

/** A place between records of an input. */
export interface BatchEnd {
  readonly offsetBytes: number
  readonly lineNumber: number
  /** Number of the input's records that begin before this position. */
  readonly records: number
}

/** The end of batch `no`. */
export interface StreamPlace extends BatchEnd {
  readonly no: number
  readonly input: number
}

/** The number of rows of an input that were sent, and the position at which they end. */
export interface SentInput extends BatchEnd {
  readonly rows: number
}

export interface NamedInput {
  readonly path: string
  fingerprint: Fingerprint
  /** How the input is read; undefined until the run has opened it. */
  detected?: string
  /** Set once the input was read to its end and every sent row either is in the journal or has arrived. */
  summary?: LoadResult['inputs'][number]
  /** Time at which the input was read to its end, ISO 8601 in UTC. */
  readAt?: string
  /** Undefined if no row of the input was sent. */
  sent?: SentInput
}

/** What changes while a run goes on, besides its inputs, batches and rejects. A record replaces the facts that it contains. */
export interface Facts {
  /** Where batches end. Every process of the run uses these sizes. */
  readonly sizes: CutSizes
  /** Time zone offsets by column, from the first times that were read. */
  readonly offsets: Readonly<Record<string, string>>
  readonly target: TargetIdentity
  readonly used: ConfirmUsed
  /** The ledger (table of receipts). */
  readonly ledgerNumber: number
  /** Values of some accepted rows. */
  readonly sampled: readonly JournaledRow[]
  /** Set once no row is left to be sent, and the run has examined the target again. */
  readonly finished: FinishedTarget
  /** The highest number with which a process has claimed the run on the server. It is recorded before the server learns it. */
  readonly owner: number
  /** True if the run starts over and no process has claimed it on the server since. */
  readonly isAnew: boolean
  /** Ids of the sessions on which the last process sent data. */
  readonly dataSessions: readonly string[]
  /** Every rejects file that a process created or was about to create, even before a restart. */
  readonly rejectsFiles: readonly string[]
  /** True if the server has lost rows that it had confirmed. */
  readonly isForgotten: boolean
  /**
   * True if the server holds nothing of the run but its rows: all other objects were never created, or the process is about to remove
   * them.
   */
  readonly hasLeftServer: boolean
  /** True if the journal had lost all but its first line, and the run has not been sure since that nothing of it was stored. */
  readonly isCut: boolean
}

/** Everything about the batches of a run. */
export interface Checkpoint {
  /** How many batches the run has sent, or was about to send. */
  readonly batchCount: number
  /** Sums over all batches with an outcome. */
  readonly sums: Required<Omit<EndedRows, 'unsent'>>
  readonly streams: readonly {
    readonly stream: number
    /** The end of the last batch. */
    readonly last: StreamPlace
    /** The place up to which nothing is left to do. */
    readonly settled: StreamPlace
    readonly open: readonly JournaledBatch[]
  }[]
}

/** A batch after the place up to which nothing is left to do, and the outcomes of its parts. */
export interface JournaledBatch {
  readonly no: number
  readonly ranges: readonly RecordedRange[]
  readonly lanes?: LanesOfBatch | undefined
  readonly isEarly: boolean
  readonly hasNoReceipt: boolean
  readonly ended: readonly EndedPiece[]
}

/** One line of a journal. Inputs are numbered from 0 in reading order. Streams and batches: `BatchPlace`. */
export type JournalRecord =
  /** The first record. */
  | {
      readonly kind: 'run'
      readonly format: number
      readonly version: string
      readonly runId: string
      /** Random 63-bit number in hexadecimal, which distinguishes this run from other runs with the same id. */
      readonly token: string
      readonly startedAt: string
      /** Base of relative paths. */
      readonly folder: string
      readonly options: JournaledOptions
      /** True if the run starts over, whatever the server knows of an earlier run. */
      readonly isAnew?: true
    }
  /** A process begins to work on the run. */
  | { readonly kind: 'process'; readonly startedAt: string }
  /** Inputs, appended to those already known. */
  | {
      readonly kind: 'inputs'
      readonly inputs: readonly Readonly<NamedInput>[]
    }
  /** What has changed about an input: a followed file has grown, or the input is opened, or was read to its end. */
  | ({ readonly kind: 'input'; readonly input: number } & Readonly<
      Partial<Omit<NamedInput, 'path' | 'sent'>>
    >)
  | ({ readonly kind: 'facts' } & Partial<Facts>)
  /** A batch is about to be sent. `early`: its end does not follow from the inputs and the sizes of batches. */
  | {
      readonly kind: 'batch'
      readonly stream: number
      readonly no: number
      readonly ranges: readonly RecordedRange[]
      readonly lanes?: LanesOfBatch | undefined
      readonly early?: boolean
    }
  /** The outcome of a batch, or of its rows of one lane, or of a part of them (`Place`). */
  | ({
      readonly kind: 'ended'
      readonly stream: number
      readonly no: number
      readonly lane?: number
      readonly part?: number
    } & EndedRows)
  | ({ readonly kind: 'rejects' } & JournaledRejects)
  /** Replaces all batches before it. */
  | ({ readonly kind: 'checkpoint' } & Checkpoint)
  /** A process ends its work on the run. `isDone`: nothing is left to send or to ask the server about. */
  | {
      readonly kind: 'end'
      readonly at: string
      readonly isDone: boolean
      readonly status: LoadResult['status']
      readonly exitCode: number
      readonly rows: RowCounts
      /** Why the process failed, without secrets. */
      readonly error?: { readonly code: string; readonly message: string }
    }

export type RecordOf<Kind extends JournalRecord['kind']> = Extract<JournalRecord, { kind: Kind }>

/** Length of the checksum at the start of a line. A space and JSON follow. */
export const checksumDigits = 8

export function recordLine(record: JournalRecord): string {
  const json = jsonOf(record)
  return `${checksumOf(json)} ${json}\n`
}

/** Like JSON.stringify, but three times as fast for the records that come with every batch. */
function jsonOf(record: JournalRecord): string {
  if (record.kind === 'batch' && record.ranges.length === 1) {
    const { stream, no, ranges, lanes, early } = record
    const { input, startBytes, endBytes, rows, endLine, records } = ranges[0]!
    const isPlain = lanes === undefined && early === undefined
    const others = isPlain ? '' : `,${JSON.stringify({ lanes, early }).slice(1, -1)}`
    return `{"kind":"batch","stream":${stream},"no":${no},"ranges":[{"input":${input},"startBytes":${startBytes},"endBytes":${endBytes},"rows":${rows},"endLine":${endLine},"records":${records}}]${others}}`
  }
  if (record.kind === 'ended') {
    const { stream, no, lane, part, confirmed, rejected, unconfirmed, unsent, filtered } = record
    const piece = part === undefined ? '' : `,"lane":${lane},"part":${part}`
    const left = filtered === undefined ? '' : `,"filtered":${filtered}`
    return `{"kind":"ended","stream":${stream},"no":${no}${piece},"confirmed":${confirmed},"rejected":${rejected},"unconfirmed":${unconfirmed},"unsent":${unsent}${left}}`
  }
  return JSON.stringify(record)
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(checksumDigits, '0')
}

/** The record in `line` (without its line end); undefined if the line is invalid. Does not check the record's values. */
export function recordOf(line: string): JournalRecord | undefined {
  const json = line.slice(checksumDigits + 1)
  if (line[checksumDigits] !== ' ' || line.slice(0, checksumDigits) !== checksumOf(json)) {
    return undefined
  }
  try {
    return JSON.parse(json) as JournalRecord
  } catch {
    return undefined
  }
}

const fingerprint: Shape = { sizeBytes: '#', modifiedMs: 'time', head: 'text', tail: 'text' }
const batchEnd: Shape = { offsetBytes: '#', lineNumber: '#', records: '#' }
const streamPlace: Shape = { no: '#', input: '#', ...batchEnd }
const ranges: readonly [Shape] = [
  { input: '#', startBytes: '#', endBytes: '#', rows: '#', endLine: '#', records: '#' },
]
const rowCounts: Shape = {
  ...{ confirmed: '#', rejected: '#', unconfirmed: '#', unsent: '#', filtered: '#?' },
}
const ofInput: Shape = { detected: 'text?', summary: '*?', readAt: 'text?' }

export const factShapes: Readonly<Record<keyof Facts, Shape[string]>> = {
  sizes: [{ records: '#', bytes: '#' }, '?'],
  offsets: '*?',
  target: '*?',
  used: 'text?',
  ledgerNumber: '#?',
  sampled: 'list?',
  finished: [{ isMarked: 'flag', server: 'text' }, '?'],
  owner: '#?',
  isAnew: 'flag?',
  dataSessions: 'texts?',
  rejectsFiles: 'texts?',
  isForgotten: 'flag?',
  hasLeftServer: 'flag?',
  isCut: 'flag?',
}

const openBatch: Shape = {
  ...{ no: '#', ranges, lanes: '*?', isEarly: 'flag', hasNoReceipt: 'flag' },
  ended: [{ lane: '#', part: '#', ...rowCounts }],
}

const shapes: Readonly<Record<JournalRecord['kind'], Shape>> = {
  run: { runId: 'text', token: 'text', startedAt: 'text', folder: 'text', options: '*' },
  process: { startedAt: 'text' },
  inputs: {
    inputs: [{ path: 'text', fingerprint, ...ofInput, sent: [{ rows: '#', ...batchEnd }, '?'] }],
  },
  input: { input: '#', fingerprint: [fingerprint, '?'], ...ofInput },
  facts: factShapes,
  batch: { stream: '#', no: '#', ranges, lanes: '*?', early: 'flag?' },
  ended: { stream: '#', no: '#', lane: '#?', part: '#?', ...rowCounts },
  rejects: {
    byClass: '*',
    byCode: '*',
    files: [
      { key: 'text', path: 'text', rows: '#', sizeBytes: '#', reasonsBytes: '#', isLeft: 'flag?' },
    ],
    byInput: '*',
    upTo: { input: '#', offsetBytes: '#' },
  },
  checkpoint: {
    batchCount: '#',
    sums: { confirmed: '#', rejected: '#', unconfirmed: '#', filtered: '#' },
    streams: [{ stream: '#', last: streamPlace, settled: streamPlace, open: [openBatch] }],
  },
  end: {
    at: 'text',
    isDone: 'flag',
    status: 'text',
    exitCode: '#',
    rows: { read: '#', skipped: '#', ...rowCounts, filtered: '#' },
    error: '*?',
  },
}

/** Must increase whenever records change. The program refuses journals of every other format. */
export const journalFormat = 7

/** Why a record is wrong, to complete a sentence that begins with the line number; undefined if it is right. */
export function faultOf(record: JournalRecord): string | undefined {
  const given = Object(record) as Record<string, unknown>
  const { kind, token, options } = given
  const isKnown = typeof kind === 'string' && Object.hasOwn(shapes, kind)
  if (!isKnown) return `is of the kind ${JSON.stringify(kind)}, which this version does not know`
  const wrong = faultyField(shapes[kind as JournalRecord['kind']], given)
  if (wrong !== undefined) return `has no ${wrong} that makes sense`
  if (kind !== 'run') return undefined
  // 63 bits, and not 0: the token becomes a number on the server.
  if (!/^(?=.*[1-9a-f])[0-7]?[0-9a-f]{1,15}$/.test(token as string)) {
    return 'has no token that makes sense'
  }
  return areJournaledOptions(options) ? undefined : 'has no options that make sense'
}

const optionsShape: Shape = {
  server: { host: 'text', port: '#', user: 'text?' },
  target: {
    ...{ table: 'text?', function: 'text?', method: 'text?', types: 'text?' },
    ...{ confirmTable: 'text?', transform: 'text?', mayDrop: 'flag?' },
  },
  input: '*?',
  mapping: '*?',
  cells: '*?',
  rejects: '*?',
  delivery: '*?',
}

/** Whether a value, perhaps edited by people, has the form of a run's options. `checkedOptions` checks the rest. */
export function areJournaledOptions(value: unknown): value is JournaledOptions {
  if (!isOf(optionsShape, value)) return false
  const { inputs, mapping = {} } = value as Record<string, unknown>
  if (!Array.isArray(inputs) || !inputs.every(one => typeof one === 'string')) return false
  return isOf({ map: '*?', set: '*?' }, mapping)
}
