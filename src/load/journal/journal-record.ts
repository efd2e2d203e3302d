/*
  What a journal says, record by record, and how a record stands in the file: one line of a checksum and JSON, so that
  whoever looks into a journal can read it (docs/decisions/0018-journal.md).
*/
import { crc32 } from 'node:zlib'
import type { JournaledRow } from '../evidence/sample-rows.js'
import type { Fingerprint } from './fingerprint.js'
import type { ConfirmUsed, LoadOptions, LoadResult, RowCounts, ServerTarget } from '../options.js'
import type { JournaledMapping } from '../inputs/row-options.js'
import type { TargetIdentity } from './target-identity.js'

/** The options that a run can be repeated with: no secrets, no streams, nobody who listens. */
export type JournaledOptions = Omit<
  LoadOptions,
  | 'server'
  | 'mapping'
  | 'onReport'
  | 'onNotice'
  | 'wording'
  | 'beforeSending'
  | 'signal'
  | 'leave'
  | 'journal'
> & { readonly server: JournaledServer; readonly mapping?: JournaledMapping }

/** The server of a run, and how it is reached: a process that goes on must not do so with less protection. */
export type JournaledServer = Pick<
  ServerTarget,
  'host' | 'port' | 'otherHosts' | 'user' | 'tls' | 'caFile' | 'certFile' | 'keyFile' | 'compress'
>

/** What became of the rows of a batch. */
export interface EndedRows {
  readonly confirmed: number
  readonly rejected: number
  readonly unconfirmed: number
  /** Certainly not stored: they may be sent again, under another number. */
  readonly unsent: number
  /** Of those confirmed, rows with a key that the target had already; left out when there are none. */
  readonly duplicates?: number
}

/** What a run found when it looked at its target for the last time. */
export interface FinishedTarget {
  /** Rows that it had had; null where nothing can be counted. */
  readonly rows: number | null
  /** Rows of the run were found there by value. */
  readonly isFound: boolean
  /** The server keeps a mark that the run has finished, as long as it runs. */
  readonly isMarked: boolean
  /** `host:port` of that server. */
  readonly server: string
}

/** Rejected rows of a run, and the files they are in. */
export interface JournaledRejects extends Pick<LoadResult['rejects'], 'byClass' | 'byCode'> {
  readonly unplaced: number
  /** `key` tells the records that go there; sizes are those of the records and of the reasons. */
  readonly files: readonly {
    readonly key: string
    readonly path: string
    readonly rows: number
    readonly sizeBytes: number
    readonly reasonsBytes: number
  }[]
  /** By the name of the input; in a record, those that have changed. */
  readonly byInput: Readonly<
    Record<string, Pick<LoadResult['inputs'][number], 'rejected' | 'firstError'>>
  >
  /** Records of which the readers told up to here are among them. */
  readonly upTo: { readonly input: number; readonly offsetBytes: number }
  /** Where inputs are followed, several are read at once: of each that has changed, its number and where. */
  readonly upTos?: readonly (readonly [input: number, offsetBytes: number])[]
}

/** Where rejects are kept, as far as journals need to know. */
export interface JournaledRejectsSource {
  flush(): void
  /** Grows with every reject. */
  readonly count: number
  /** What is in the files, once they are flushed. */
  journaled(): Omit<JournaledRejects, 'upTo'>
}

/** Rows of one input, by the bytes they stand in. */
export interface JournaledPart {
  readonly input: number
  readonly start: number
  readonly end: number
  readonly rows: number
}

/** `records` counts those of the input that begin before `end`. */
export interface JournaledBatch extends JournaledPart {
  readonly endLine: number
  readonly records: number
}

/** How rows are divided by lane. */
export interface JournaledLanes {
  /** Rows of each lane, in the order of lanes; those without rows have no number. */
  readonly perLane: readonly number[]
  /** Tells by what they were divided. */
  readonly by: string
}

/** One line of a journal. Numbers of inputs count from 0, in the order in which they are read. */
export type JournalRecord =
  /** The first one. */
  | {
      readonly kind: 'run'
      readonly format: number
      readonly version: string
      readonly runId: string
      /** Hexadecimal. */
      readonly token: string
      readonly startedAt: string
      /** Where relative paths begin. */
      readonly folder: string
      readonly options: JournaledOptions
      /** It was to begin anew, whatever the server knows of an earlier one. */
      readonly isAnew?: true
    }
  /** A process takes the run up; the first one is 1. */
  | { readonly kind: 'process'; readonly number: number; readonly startedAt: string }
  /** Inputs, behind those that are known. */
  | {
      readonly kind: 'inputs'
      readonly inputs: readonly { readonly path: string; readonly fingerprint: Fingerprint }[]
    }
  /** A file that is followed has grown: more of it tells it from others. */
  | { readonly kind: 'grown'; readonly input: number; readonly fingerprint: Fingerprint }
  | {
      readonly kind: 'target'
      readonly identity: TargetIdentity
      readonly used: ConfirmUsed
    }
  /** Where receipts are; the first version of ledgers has no number of its own. */
  | { readonly kind: 'ledger'; readonly number: number; readonly version?: 2 }
  /** Rows that the target has taken, by value, and how many it has had at least; in place of those before. */
  | {
      readonly kind: 'sampled'
      readonly rows: readonly JournaledRow[]
      readonly leastRows: number | null
    }
  /** Nothing is left to be sent, and the target was looked at once more. */
  | ({ readonly kind: 'finished' } & FinishedTarget)
  /** The server is about to be told under this number, one above the last, that the process has the run. */
  | { readonly kind: 'owner'; readonly number: number }
  /** Data goes out on this session from now on. */
  | { readonly kind: 'session'; readonly id: string }
  /** How an input is read. */
  | { readonly kind: 'reading'; readonly input: number; readonly detected: string }
  /** What offsets the times of columns have, by the first ones that were read. */
  | { readonly kind: 'offsets'; readonly offsets: Readonly<Record<string, string>> }
  /** Rows are about to be sent under a number; `more` are those of the inputs behind the first one. */
  | (JournaledBatch & {
      readonly kind: 'batch'
      readonly no: number
      readonly more?: readonly JournaledBatch[]
    })
  /** As `batch`, of rows that were part of one before. */
  | (JournaledPart & {
      readonly kind: 'part'
      readonly no: number
      readonly more?: readonly JournaledPart[]
    })
  /**
   * As `batch`, of rows that are divided by lane: those of each lane that has some have a number, from `no` on, lane by lane. A
   * version that knows no lanes must not go on with such a run, so it is a kind of its own.
   */
  | (JournaledBatch &
      JournaledLanes & {
        readonly kind: 'lanes'
        readonly no: number
        readonly more?: readonly JournaledBatch[]
      })
  /** As `part`, of rows of one lane: `of` is the number of their `lanes`, and `start` the place of the first in the order of lanes. */
  | {
      readonly kind: 'lanePart'
      readonly no: number
      readonly of: number
      readonly start: number
      readonly rows: number
    }
  | ({ readonly kind: 'ended'; readonly no: number } & EndedRows)
  /** A file for rejects is about to be made. */
  | { readonly kind: 'rejectsFile'; readonly path: string }
  | ({ readonly kind: 'rejects' } & JournaledRejects)
  /** An input was read to its end. */
  | {
      readonly kind: 'read'
      readonly input: number
      readonly summary: LoadResult['inputs'][number]
    }
  /** The server has lost what it had confirmed. */
  | { readonly kind: 'forgotten' }
  /** What the run has on the server besides its rows is about to be removed: nothing is left to be asked for. */
  | { readonly kind: 'leaving' }
  /** Stands in a finished journal for its batches and what became of them: how far each input was sent, and its rows. */
  | {
      readonly kind: 'settled'
      readonly lastNo: number
      readonly inputs: readonly {
        readonly offsetBytes: number
        readonly lineNumber: number
        readonly records: number
        readonly rows: number
      }[]
      readonly sums: Omit<EndedRows, 'unsent'>
    }
  /** A process ends the run, or its part of it. `isDone`: nothing is left to be sent or to be asked for. */
  | {
      readonly kind: 'end'
      readonly at: string
      readonly isDone: boolean
      readonly status: LoadResult['status']
      readonly exitCode: number
      readonly rows: RowCounts
    }

/** Of a line, before a blank and its JSON. */
export const checksumDigits = 8

/** The line of a record. */
export function recordLine(record: JournalRecord): string {
  const json = jsonOf(record)
  return `${checksumOf(json)} ${json}\n`
}

/** As JSON.stringify; of those that come with every batch, three times as fast. */
function jsonOf(record: JournalRecord): string {
  if (record.kind === 'batch') {
    const { no, input, start, end, endLine, rows, records, more } = record
    const others = more === undefined ? '' : `,"more":${JSON.stringify(more)}`
    return `{"kind":"batch","no":${no},"input":${input},"start":${start},"end":${end},"endLine":${endLine},"rows":${rows},"records":${records}${others}}`
  }
  if (record.kind === 'ended') {
    const { no, confirmed, rejected, unconfirmed, unsent, duplicates } = record
    const known = duplicates === undefined ? '' : `,"duplicates":${duplicates}`
    return `{"kind":"ended","no":${no},"confirmed":${confirmed},"rejected":${rejected},"unconfirmed":${unconfirmed},"unsent":${unsent}${known}}`
  }
  return JSON.stringify(record)
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(checksumDigits, '0')
}

/** The record of a line without its end; undefined when it is none. Whether it makes sense is another question. */
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

/** What an object has to have before it is believed. */
export type Shape = { readonly [name: string]: FieldType }
/**
 * `#` for a whole number that is not negative, `#s` for many, `*` for any object; a shape for one with fields, in brackets for many. What ends in
 * `?`, or has one beside it, may be left out.
 */
type FieldType = '#' | '#s' | 'time' | 'text' | 'text?' | 'flag' | '*' | '*?' | Shape | Many
type Many = readonly [Shape] | readonly [Shape, '?']

const fingerprint: Shape = { sizeBytes: '#', modifiedMs: 'time', head: 'text', tail: 'text' }

const partShape: Shape = { input: '#', start: '#', end: '#', rows: '#' }
const batchShape: Shape = { ...partShape, endLine: '#', records: '#' }

const shapes: Readonly<Record<JournalRecord['kind'], Shape>> = {
  run: { runId: 'text', token: 'text', startedAt: 'text', folder: 'text', options: '*' },
  process: { number: '#', startedAt: 'text' },
  inputs: { inputs: [{ path: 'text', fingerprint }] },
  grown: { input: '#', fingerprint },
  target: { identity: '*', used: 'text' },
  ledger: { number: '#' },
  sampled: {},
  finished: { isFound: 'flag', isMarked: 'flag', server: 'text' },
  owner: { number: '#' },
  session: { id: 'text' },
  reading: { input: '#', detected: 'text' },
  offsets: { offsets: '*' },
  batch: { no: '#', ...batchShape, more: [batchShape, '?'] },
  part: { no: '#', ...partShape, more: [partShape, '?'] },
  lanes: { no: '#', ...batchShape, more: [batchShape, '?'], perLane: '#s', by: 'text' },
  lanePart: { no: '#', of: '#', start: '#', rows: '#' },
  ended: { no: '#', confirmed: '#', rejected: '#', unconfirmed: '#', unsent: '#' },
  rejectsFile: { path: 'text' },
  rejects: {
    byClass: '*',
    byCode: '*',
    unplaced: '#',
    files: [{ key: 'text', path: 'text', rows: '#', sizeBytes: '#', reasonsBytes: '#' }],
    byInput: '*',
    upTo: { input: '#', offsetBytes: '#' },
  },
  read: { input: '#', summary: '*' },
  forgotten: {},
  leaving: {},
  settled: {
    lastNo: '#',
    inputs: [{ offsetBytes: '#', lineNumber: '#', records: '#', rows: '#' }],
    sums: { confirmed: '#', rejected: '#', unconfirmed: '#' },
  },
  end: {
    at: 'text',
    isDone: 'flag',
    status: 'text',
    exitCode: '#',
    rows: { read: '#', confirmed: '#', unconfirmed: '#', rejected: '#', skipped: '#', unsent: '#' },
  },
}

/**
 * The format of journals that this program writes; it reads the one before, too, in which batches are of one input. Those of runs
 * that need templates or parts of paths have a number of their own, as earlier versions would leave columns out.
 */
export const journalFormat = 2
export const templatesFormat = 3
const readFormats: readonly unknown[] = [1, journalFormat, templatesFormat]

/** Why a record cannot be relied on, as the end of a sentence that begins with its line; undefined where it can. */
export function faultOf(record: JournalRecord): string | undefined {
  const given = Object(record) as Record<string, unknown>
  const { kind, format, token, options } = given
  const isKnown = typeof kind === 'string' && Object.hasOwn(shapes, kind)
  if (!isKnown) return `is of the kind ${JSON.stringify(kind)}, which this version does not know`
  const wrong = faultyField(shapes[kind as JournalRecord['kind']], given)
  if (wrong !== undefined) return `has no ${wrong} that makes sense`
  if (kind !== 'run') return undefined
  if (!readFormats.includes(format)) {
    const known = readFormats.join(', ')
    return `is of format ${JSON.stringify(format)}, and this version reads formats ${known}`
  }
  // 63 bits, and not 0: it becomes a number of the server.
  if (!/^(?=.*[1-9a-f])[0-7]?[0-9a-f]{1,15}$/.test(token as string)) {
    return 'has no token that makes sense'
  }
  return areJournaledOptions(options) ? undefined : 'has no options that make sense'
}

/** The first field that has not the type it should have. */
function faultyField(shape: Shape, given: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(shape).find(name => !isOf(shape[name]!, given[name]))
}

/** Whether a value that was read from a file is of a type. */
export function isOf(type: FieldType, value: unknown): boolean {
  if (type === 'text?') return value === undefined || isOf('text', value)
  if (type === '*?') return value === undefined || isOf('*', value)
  if (type === '#') return Number.isSafeInteger(value) && (value as number) >= 0
  if (type === '#s') return Array.isArray(value) && value.every(one => isOf('#', one))
  // Before 1970 it is negative.
  if (type === 'time') return Number.isSafeInteger(value)
  if (type === 'text') return typeof value === 'string'
  if (type === 'flag') return typeof value === 'boolean'
  if (isMany(type)) {
    if (value === undefined) return type.length === 2
    return Array.isArray(value) && value.every(one => isOf(type[0], one))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return type === '*' || faultyField(type, value as Record<string, unknown>) === undefined
}

function isMany(type: FieldType): type is Many {
  return Array.isArray(type)
}

const optionsShape: Shape = {
  server: { host: 'text', port: '#', user: 'text?' },
  target: {
    ...{ table: 'text?', function: 'text?', method: 'text?', types: 'text?', typesFrom: 'text?' },
    confirmTable: 'text?',
  },
  input: '*?',
  mapping: '*?',
  cells: '*?',
  rejects: '*?',
  delivery: '*?',
  expectTypes: 'text?',
}

/** Whether a file that people can write into holds options of a run, as far as others than `makePlan` look at them. */
export function areJournaledOptions(value: unknown): value is JournaledOptions {
  if (!isOf(optionsShape, value)) return false
  const { inputs, mapping = {} } = value as Record<string, unknown>
  if (!Array.isArray(inputs) || !inputs.every(one => typeof one === 'string')) return false
  return isOf({ map: '*?', set: '*?', templates: '*?' }, mapping)
}
