/*
  The records of a journal, and their form in the file. Each record is a line that consists of a checksum and JSON, so that people can
  read the journal (docs/decisions/0018-journal.md).
*/
import { crc32 } from 'node:zlib'
import type { JournaledRow } from '../evidence/sample-rows.js'
import type { ConfirmUsed, LoadOptions, LoadResult, ServerTarget } from '../options.js'
import type { LanesOfBatch } from '../outcomes/place.js'
import { fingerprintShape } from './fingerprint.js'
import { faultyField, type Fit, type Is, type Shape } from './shape.js'
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

/** Of a run's options, perhaps edited by people; `checkedOptions` checks the rest. */
export const optionsShape: Shape = {
  inputs: 'texts',
  server: { host: 'text', port: '#', user: 'text?' },
  target: {
    ...{ table: 'text?', function: 'text?', method: 'text?', types: 'text?' },
    ...{ confirmTable: 'text?', transform: 'text?', mayDrop: 'flag?' },
  },
  input: '*?',
  mapping: [{ map: '*?', set: '*?' }, '?'],
  cells: '*?',
  rejects: '*?',
  delivery: '*?',
}

const batchEnd = {
  offsetBytes: '#',
  lineNumber: '#',
  /** Number of the input's records that begin before this position. */
  records: '#',
} as const
/** A place between records of an input. */
export type BatchEnd = Fit<typeof batchEnd>

const streamPlace = { no: '#', input: '#', ...batchEnd } as const
/** The end of batch `no`. */
export type StreamPlace = Fit<typeof streamPlace>

const ofInput = {
  /** How the input is read; undefined until the run has opened it. */
  detected: 'text?',
  /** Set once the input was read to its end and every sent row either is in the journal or has arrived. */
  summary: '*?' as Is<LoadResult['inputs'][number], '*?'>,
  /** Time at which the input was read to its end, ISO 8601 in UTC. */
  readAt: 'text?',
} as const
/** `sent`: the end of the last batch with rows of the input; undefined if there is none. */
const namedInput = {
  path: 'text',
  fingerprint: fingerprintShape,
  ...ofInput,
  sent: [batchEnd, '?'],
} as const
type Named = Fit<typeof namedInput>
export type NamedInput = { -readonly [Name in keyof Named]: Named[Name] }

/** `unsent`: certainly not stored, so a process may send them again. `filtered`: dropped by the run's transform. */
const knownRows = {
  confirmed: '#',
  rejected: '#',
  unconfirmed: '#',
  unsent: '#',
  filtered: '#',
} as const
const endedRows = { ...knownRows, filtered: '#?' } as const
/** How many rows of a batch, or of a part of one, have which outcome. */
export type EndedRows = Fit<typeof endedRows>

/** A part of a batch: `Place`. */
export type EndedPiece = Fit<typeof knownRows> & { readonly lane: number; readonly part: number }

const rejects = {
  byClass: '*' as Is<LoadResult['rejects']['byClass']>,
  byCode: '*' as Is<LoadResult['rejects']['byCode']>,
  /**
   * `key` determines which records the file holds. `sizeBytes`: size of these records. `reasonsBytes`: size of their
   * reasons. `isLeft`: the run does not write to the file any more, because it had ended, or has another rejects file now.
   */
  files: [
    { key: 'text', path: 'text', rows: '#', sizeBytes: '#', reasonsBytes: '#', isLeft: 'flag?' },
  ],
  /** Keyed by input name. A record lists only inputs with new rejects since the last such record. */
  byInput: '*' as Is<Readonly<Record<string, RejectsOfInput>>>,
  /**
   * The journal includes all rejects of an input before this offset. A record lists only inputs with new rejects since the last such
   * record.
   */
  upTo: 'list' as Is<readonly (readonly [input: number, offsetBytes: number])[], 'list'>,
} as const
type RejectsOfInput = Pick<LoadResult['inputs'][number], 'rejected' | 'firstError'> & {
  readonly lastLine?: number
}
/** Rejected rows of a run, and the files that hold them. */
export type JournaledRejects = Fit<typeof rejects>

/**
 * The state of the target when the run checked it for the last time. `isMarked`: the server's register got the end of the run; it is lost
 * when the server stops. `server`: `host:port` of the server on which the run finished.
 */
const finished = { isMarked: 'flag', server: 'text' } as const

export const factShapes = {
  /** Where batches end. Every process of the run uses these sizes. */
  sizes: [{ records: '#', bytes: '#' }, '?'],
  /** Time zone offsets by column, from the first times that were read. */
  offsets: '*?' as Is<Readonly<Record<string, string>>, '*?'>,
  target: '*?' as Is<TargetIdentity, '*?'>,
  used: 'text?' as Is<ConfirmUsed, 'text?'>,
  /** The ledger (table of receipts). */
  ledgerNumber: '#?',
  /** Values of some accepted rows. */
  sampled: 'list?' as Is<readonly JournaledRow[], 'list?'>,
  /** Set once no row is left to be sent, and the run has examined the target again. */
  finished: [finished, '?'],
  /** The highest number with which a process has claimed the run on the server. It is recorded before the server learns it. */
  owner: '#?',
  /** True if the run starts over and no process has claimed it on the server since. */
  isAnew: 'flag?',
  /** Ids of the sessions on which the last process sent data. */
  dataSessions: 'texts?',
  /** Every rejects file that a process created or was about to create, even before a restart. */
  rejectsFiles: 'texts?',
  /** True if the server has lost rows that it had confirmed. */
  isForgotten: 'flag?',
  /**
   * True if the server holds nothing of the run but its rows: all other objects were never created, or the process is about to remove
   * them.
   */
  hasLeftServer: 'flag?',
  /** True if the journal had lost all but its first line, and the run has not been sure since that nothing of it was stored. */
  isCut: 'flag?',
} as const
/** What changes while a run goes on, besides its inputs, batches and rejects. A record replaces the facts that it contains. */
export type Facts = Fit<typeof factShapes>

const ranges = [
  { input: '#', startBytes: '#', endBytes: '#', rows: '#', endLine: '#', records: '#' },
] as const
const lanes = '*?' as Is<LanesOfBatch | undefined, '*?'>

const checkpoint = {
  /** How many batches there are, even of before a restart. */
  batchCount: '#',
  /** Their rows by outcome. */
  sums: { confirmed: '#', unconfirmed: '#', unsent: '#', filtered: '#' },
  /** The place in each stream up to which nothing is left to do. */
  streams: [{ stream: '#', settled: streamPlace }],
} as const
/** All batches for which nothing is left to do, and neither for those before them. */
export type Checkpoint = Fit<typeof checkpoint>

/** The lines of a journal by kind. Inputs are numbered from 0 in reading order. Streams and batches: `BatchPlace`. */
const shapes = {
  /** The first record. */
  run: {
    version: 'text',
    runId: 'text',
    /** Random 63-bit number in hexadecimal, which distinguishes this run from other runs with the same id. */
    token: 'text',
    startedAt: 'text',
    /** Base of relative paths. */
    folder: 'text',
    options: optionsShape as Is<JournaledOptions, Shape>,
    /** True if the run starts over, whatever the server knows of an earlier run. */
    isAnew: 'flag?',
  },
  /** A process begins to work on the run. */
  process: { startedAt: 'text' },
  /** Inputs, appended to those already known. */
  inputs: { inputs: [namedInput] },
  /** What has changed about an input: a followed file has grown, or the input is opened, or was read to its end. */
  input: { input: '#', fingerprint: [fingerprintShape, '?'], ...ofInput },
  facts: factShapes,
  /**
   * A batch is about to be sent. `early`: its end does not follow from the inputs and the sizes of batches. `hasNoReceipt`: it was sent,
   * and the ledger with its receipt is gone.
   */
  batch: { stream: '#', no: '#', ranges, lanes, early: 'flag?', hasNoReceipt: 'flag?' },
  /** The outcome of a batch, or of its rows of one lane, or of a part of them (`Place`). */
  ended: { stream: '#', no: '#', lane: '#?', part: '#?', ...endedRows },
  rejects,
  checkpoint,
  /**
   * A process ends its work on the run. `isDone`: nothing is left to send or to ask the server about. `error`: why the process failed,
   * without secrets.
   */
  end: {
    at: 'text',
    isDone: 'flag',
    status: 'text' as Is<LoadResult['status'], 'text'>,
    exitCode: '#',
    rows: { read: '#', skipped: '#', ...knownRows },
    error: '*?' as Is<{ readonly code: string; readonly message: string }, '*?'>,
  },
} as const

type Kind = keyof typeof shapes
/** A journal of another format is refused before its first line is checked. */
type OfKind<K extends Kind> = { readonly kind: K } & Fit<(typeof shapes)[K]> &
  (K extends 'run' ? { readonly format: number } : unknown)
/** One line of a journal. */
export type JournalRecord = { [K in Kind]: OfKind<K> }[Kind]
export type RecordOf<K extends Kind> = OfKind<K>

/** Length of the checksum at the start of a line. A space and JSON follow. */
export const checksumDigits = 8

export function recordLine(record: JournalRecord): string {
  const json = jsonOf(record)
  return `${checksumOf(json)} ${json}\n`
}

/** Like JSON.stringify, but three times as fast for the records that come with every batch. */
function jsonOf(record: JournalRecord): string {
  if (record.kind === 'batch' && record.ranges.length === 1) {
    const { stream, no, ranges, lanes, early, hasNoReceipt } = record
    const { input, startBytes, endBytes, rows, endLine, records } = ranges[0]!
    const isPlain = lanes === undefined && early === undefined && hasNoReceipt === undefined
    const others = isPlain ? '' : `,${JSON.stringify({ lanes, early, hasNoReceipt }).slice(1, -1)}`
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

/** Must increase whenever records change. The program refuses journals of every other format. */
export const journalFormat = 8

/** Why a record is wrong, to complete a sentence that begins with the line number; undefined if it is right. */
export function faultOf(record: JournalRecord): string | undefined {
  const given = Object(record) as Record<string, unknown>
  const { kind, token } = given
  const isKnown = typeof kind === 'string' && Object.hasOwn(shapes, kind)
  if (!isKnown) return `is of the kind ${JSON.stringify(kind)}, which this version does not know`
  const wrong = faultyField(shapes[kind as JournalRecord['kind']], given)
  if (wrong !== undefined) return `has no ${wrong} that makes sense`
  if (kind !== 'run') return undefined
  // 63 bits, and not 0: the token becomes a number on the server.
  const isToken = /^(?=.*[1-9a-f])[0-7]?[0-9a-f]{1,15}$/.test(token as string)
  return isToken ? undefined : 'has no token that makes sense'
}
