/*
  The records of a journal, and their form in the file. Each record is a line that consists of a checksum and JSON, so that people can
  read the journal (docs/decisions/0018-journal.md).
*/
import { crc32 } from 'node:zlib'
import type { JournaledRow } from '../evidence/sample-rows.js'
import type { Fingerprint } from './fingerprint.js'
import type { ConfirmUsed, LoadOptions, LoadResult, RowCounts, ServerTarget } from '../options.js'
import type { CutSizes } from '../../parse/cuts.js'
import type { LanesOfBatch } from '../outcomes/place.js'
import type { EndedRows, StreamPlace } from '../outcomes/streams.js'
import { faultyField, isOf, type Shape } from './shape.js'
import type { TargetIdentity } from './target-identity.js'

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
  /** Keyed by input name. Lists only inputs with new rejects since the last such record. */
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

export interface JournaledRejectsSource {
  flush(): void
  /** Grows with every reject. The journal records the rejects again only if this number has changed. */
  readonly count: number
  /** Rejects that could not be written to their file. */
  readonly unplaced: number
  /** What the journal records of the rejects and their files; call `flush` first. */
  journaled(): Omit<JournaledRejects, 'upTo'>
}

/** Rows of one input, given by the range of their bytes. `records` counts records of the input that begin before `end`. */
export interface JournaledRange {
  readonly input: number
  readonly start: number
  readonly end: number
  readonly rows: number
  readonly endLine: number
  readonly records: number
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
  /** A process begins to work on the run. `number` counts the run's processes from 1. */
  | { readonly kind: 'process'; readonly number: number; readonly startedAt: string }
  /** Inputs, appended to those already known. */
  | {
      readonly kind: 'inputs'
      readonly inputs: readonly { readonly path: string; readonly fingerprint: Fingerprint }[]
    }
  /** A followed file has grown. The new fingerprint covers more of its content. */
  | { readonly kind: 'grown'; readonly input: number; readonly fingerprint: Fingerprint }
  | {
      readonly kind: 'target'
      readonly identity: TargetIdentity
      readonly used: ConfirmUsed
    }
  /** The ledger (table of receipts). */
  | { readonly kind: 'ledger'; readonly number: number }
  /** Values of some accepted rows. Replaces earlier samples. */
  | { readonly kind: 'sampled'; readonly rows: readonly JournaledRow[] }
  /** No row is left to be sent, and the run has examined the target again. */
  | ({ readonly kind: 'finished' } & FinishedTarget)
  /** The process is about to tell the server that it works on the run. Each `number` is one higher than the last. */
  | { readonly kind: 'owner'; readonly number: number }
  /** A session on which data is sent from now on. */
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'reading'; readonly input: number; readonly detected: string }
  /** Time zone offsets of columns, from the first times that were read. */
  | { readonly kind: 'offsets'; readonly offsets: Readonly<Record<string, string>> }
  /** Where batches end (`Cuts`). Every process of the run uses these sizes. */
  | ({ readonly kind: 'sizes' } & CutSizes)
  /** A batch is about to be sent. `early`: its end does not follow from the inputs and the sizes of batches. */
  | (JournaledRange & {
      readonly kind: 'batch'
      readonly stream: number
      readonly no: number
      /** The rows of inputs after the first. */
      readonly more?: readonly JournaledRange[]
      readonly lanes?: LanesOfBatch
      readonly early?: true
    })
  /** The outcome of a batch, or of its rows of one lane, or of a part of them (`Place`). */
  | ({
      readonly kind: 'ended'
      readonly stream: number
      readonly no: number
      readonly lane?: number
      readonly part?: number
    } & EndedRows)
  /** The process is about to make a rejects file. */
  | { readonly kind: 'rejectsFile'; readonly path: string }
  | ({ readonly kind: 'rejects' } & JournaledRejects)
  | {
      readonly kind: 'read'
      readonly input: number
      readonly summary: LoadResult['inputs'][number]
      /** ISO 8601, in UTC. */
      readonly at: string
    }
  /** The server has lost rows that it had confirmed. */
  | { readonly kind: 'forgotten' }
  /**
   * The process is about to remove everything of the run from the server except the rows. From then on, the server
   * knows nothing about the run.
   */
  | { readonly kind: 'leaving' }
  /**
   * In a finished journal, replaces all batches and their outcomes: records how far each stream and each input was sent, and how many
   * rows have which outcome.
   */
  | {
      readonly kind: 'settled'
      /** How many batches the run had. */
      readonly batches: number
      readonly streams: readonly (StreamPlace & { readonly stream: number })[]
      readonly inputs: readonly {
        readonly offsetBytes: number
        readonly lineNumber: number
        readonly records: number
        readonly rows: number
      }[]
      readonly sums: Omit<EndedRows, 'unsent'>
    }
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

/** Length of the checksum at the start of a line. A space and JSON follow. */
export const checksumDigits = 8

export function recordLine(record: JournalRecord): string {
  const json = jsonOf(record)
  return `${checksumOf(json)} ${json}\n`
}

/** Like JSON.stringify, but three times as fast for the records that come with every batch. */
function jsonOf(record: JournalRecord): string {
  if (record.kind === 'batch') {
    const { stream, no, input, start, end, endLine, rows, records, more, lanes, early } = record
    const isPlain = more === undefined && lanes === undefined && early === undefined
    const others = isPlain ? '' : `,${JSON.stringify({ more, lanes, early }).slice(1, -1)}`
    return `{"kind":"batch","stream":${stream},"no":${no},"input":${input},"start":${start},"end":${end},"endLine":${endLine},"rows":${rows},"records":${records}${others}}`
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

const rangeShape: Shape = {
  ...{ input: '#', start: '#', end: '#', rows: '#', endLine: '#', records: '#' },
}
const placeShape: Shape = {
  ...{ stream: '#', no: '#', input: '#', offsetBytes: '#', lineNumber: '#', records: '#' },
}

const shapes: Readonly<Record<JournalRecord['kind'], Shape>> = {
  run: { runId: 'text', token: 'text', startedAt: 'text', folder: 'text', options: '*' },
  process: { number: '#', startedAt: 'text' },
  inputs: { inputs: [{ path: 'text', fingerprint }] },
  grown: { input: '#', fingerprint },
  target: { identity: '*', used: 'text' },
  ledger: { number: '#' },
  sampled: {},
  finished: { isMarked: 'flag', server: 'text' },
  owner: { number: '#' },
  session: { id: 'text' },
  reading: { input: '#', detected: 'text' },
  offsets: { offsets: '*' },
  sizes: { records: '#', bytes: '#' },
  batch: { stream: '#', no: '#', ...rangeShape, more: [rangeShape, '?'], lanes: '*?' },
  ended: {
    ...{ stream: '#', no: '#', lane: '#?', part: '#?' },
    ...{ confirmed: '#', rejected: '#', unconfirmed: '#', unsent: '#', filtered: '#?' },
  },
  rejectsFile: { path: 'text' },
  rejects: {
    byClass: '*',
    byCode: '*',
    files: [
      { key: 'text', path: 'text', rows: '#', sizeBytes: '#', reasonsBytes: '#', isLeft: 'flag?' },
    ],
    byInput: '*',
    upTo: { input: '#', offsetBytes: '#' },
  },
  read: { input: '#', summary: '*', at: 'text' },
  forgotten: {},
  leaving: {},
  settled: {
    batches: '#',
    streams: [placeShape],
    inputs: [{ offsetBytes: '#', lineNumber: '#', records: '#', rows: '#' }],
    sums: { confirmed: '#', rejected: '#', unconfirmed: '#', filtered: '#?' },
  },
  end: {
    at: 'text',
    isDone: 'flag',
    status: 'text',
    exitCode: '#',
    rows: {
      ...{ read: '#', confirmed: '#', unconfirmed: '#', rejected: '#', skipped: '#', unsent: '#' },
      filtered: '#',
    },
    error: '*?',
  },
}

/** Must increase whenever records change. The program refuses journals of every other format. */
export const journalFormat = 6

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
