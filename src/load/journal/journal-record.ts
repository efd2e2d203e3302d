/*
  What a journal says, record by record, and how a record stands in the file: one line of a checksum and JSON, so that
  whoever looks into a journal can read it (docs/decisions/0018-journal.md).
*/
import { crc32 } from 'node:zlib'
import type { Fingerprint } from './fingerprint.js'
import type { ConfirmUsed, LoadOptions, LoadResult, RowCounts, ServerTarget } from '../options.js'
import type { TargetIdentity } from './target-identity.js'

/** The options that a run can be repeated with: no secrets, no streams, nobody who listens. */
export type JournaledOptions = Omit<
  LoadOptions,
  'server' | 'onReport' | 'onNotice' | 'wording' | 'signal' | 'leave' | 'journal'
> & { readonly server: JournaledServer }

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

/** One line of a journal. Numbers of inputs count from 0, in the order in which they are read. */
export type JournalRecord =
  /** The first one. */
  | {
      readonly kind: 'run'
      readonly format: 1
      readonly version: string
      readonly runId: string
      /** Hexadecimal. */
      readonly token: string
      readonly startedAt: string
      /** Where relative paths begin. */
      readonly folder: string
      readonly options: JournaledOptions
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
  /** Where receipts are. */
  | { readonly kind: 'ledger'; readonly number: number }
  /** Data goes out on this session from now on. */
  | { readonly kind: 'session'; readonly id: string }
  /** How an input is read. */
  | { readonly kind: 'reading'; readonly input: number; readonly detected: string }
  /** Rows are about to be sent under a number; `records` counts those of the input that begin before `end`. */
  | {
      readonly kind: 'batch'
      readonly no: number
      readonly input: number
      readonly start: number
      readonly end: number
      readonly endLine: number
      readonly rows: number
      readonly records: number
    }
  /** As `batch`, of rows that were part of one before. */
  | {
      readonly kind: 'part'
      readonly no: number
      readonly input: number
      readonly start: number
      readonly end: number
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
  /** A process ends the run, or its part of it. `isDone`: nothing is left to be sent or to be asked for. */
  | {
      readonly kind: 'end'
      readonly at: string
      readonly isDone: boolean
      readonly status: LoadResult['status']
      readonly exitCode: number
      readonly rows: RowCounts
    }

const checksumDigits = 8

/** The line of a record. */
export function recordLine(record: JournalRecord): string {
  const json = jsonOf(record)
  return `${checksumOf(json)} ${json}\n`
}

/** As JSON.stringify; of those that come with every batch, three times as fast. */
function jsonOf(record: JournalRecord): string {
  if (record.kind === 'batch') {
    const { no, input, start, end, endLine, rows, records } = record
    return `{"kind":"batch","no":${no},"input":${input},"start":${start},"end":${end},"endLine":${endLine},"rows":${rows},"records":${records}}`
  }
  if (record.kind === 'ended') {
    const { no, confirmed, rejected, unconfirmed, unsent } = record
    return `{"kind":"ended","no":${no},"confirmed":${confirmed},"rejected":${rejected},"unconfirmed":${unconfirmed},"unsent":${unsent}}`
  }
  return JSON.stringify(record)
}

function checksumOf(json: string): string {
  return crc32(json).toString(16).padStart(checksumDigits, '0')
}

/** The record of a line without its end; undefined when it is none. */
export function recordOf(line: string): JournalRecord | undefined {
  const json = line.slice(checksumDigits + 1)
  if (line[checksumDigits] !== ' ' || line.slice(0, checksumDigits) !== checksumOf(json)) {
    return undefined
  }
  try {
    // The checksum says that one of us has written it.
    return JSON.parse(json) as JournalRecord
  } catch {
    return undefined
  }
}
