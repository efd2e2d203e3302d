/* The records of a journal: lines of a checksum and JSON, so that people can read them (docs/decisions/0018-journal.md). */
import { crc32 } from 'node:zlib'
import { attempt } from '../../errors.js'
import type { BatchPlace, ResumePoint } from '../../parse/batch.js'
import type { TargetIdentity } from '../target/describe-target.js'
import type { ConfirmUsed, LoadOptions, LoadResult, RowCounts, ServerTarget } from '../options.js'
import type { Fingerprint } from './fingerprint.js'
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { defined, type CheckedOptions } from '../checked-options.js'

/** Rows of a batch that are sent together, by which the ledger and the journal know them (`Piece`). */
export interface Place extends BatchPlace {
  /** The share of the batch whose rows travel over one connection; 0 also if the batch is not divided by lane. */
  readonly lane: number
  /** The index of the part in the heap of halves: 1 for all rows of the lane, 2 and 3 for its halves, 4 to 7 for theirs. */
  readonly part: number
}

/** Rows of one input that are consecutive in it, as the journal records them. */
export interface RecordedRange {
  readonly input: number
  /** Start and end (exclusive) in the decompressed input. The next range starts where this one ends. */
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
  readonly endLine: number
  /** Number of the input's records that begin before `endBytes`. */
  readonly records: number
}

/** The options with which a run can be repeated: no secrets, streams or callbacks. */
export type JournaledOptions = Omit<
  LoadOptions,
  'server' | 'onReport' | 'onNotice' | 'signal' | 'leave' | 'journal'
> & { readonly server: JournaledServer }

/** The server of a run, and how to reach it: a process that resumes must not connect with less protection than before. */
export type JournaledServer = Pick<ServerTarget, (typeof serverFields)[number]>

export const serverFields = [
  ...(['host', 'port', 'otherHosts', 'user'] as const),
  ...(['tls', 'caFile', 'certFile', 'compress'] as const),
] satisfies readonly (keyof ServerTarget)[]

/** A place between records of an input. */
export interface BatchEnd extends ResumePoint {
  /** Number of the input's records that begin before this position. */
  readonly records: number
}

export interface StreamPlace extends BatchEnd {
  readonly no: number
  readonly input: number
}

export interface NamedInput {
  path: string
  fingerprint: Fingerprint
  /** How the input is read; undefined until the run has opened it. */
  detected?: string
  /** Set once the input was read to its end and every sent row either is in the journal or has arrived. */
  summary?: LoadResult['inputs'][number]
  /** Time at which the input was read to its end, ISO 8601 in UTC. */
  readAt?: string
  /** The end of the last batch with rows of the input; undefined if there is none. */
  sent?: BatchEnd
  /** The journal has all rejects before this offset. */
  rejectsUpTo?: number
}

/** How many rows of a batch, or of a part of one, have which outcome. */
export type EndedRows = Readonly<Omit<RowCounts, 'read' | 'skipped'>>

type RejectsOfInput = Pick<LoadResult['inputs'][number], 'rejected' | 'firstError'> & {
  /** The last line of the input that begins a rejected record; undefined without rejects. */
  lastLine?: number
}

export interface JournaledRejects extends Pick<LoadResult['rejects'], 'byClass' | 'byCode'> {
  readonly files: readonly {
    /** Determines which records the file holds. */
    readonly key: string
    readonly path: string
    readonly rows: number
    /** Sizes of the records and of their reasons. */
    readonly sizeBytes: number
    readonly reasonsBytes: number
    /** SHA-1 of the records, in hexadecimal: others may change the file. */
    readonly digest?: string | undefined
    /** The run does not write to the file any more, because it had ended, or has another rejects file now. */
    readonly isLeft?: boolean
  }[]
  /** By name. A record lists only inputs with new rejects since the last such record. */
  readonly byInput: Readonly<Record<string, RejectsOfInput>>
  /** As `rejectsUpTo`, of inputs with new rejects. */
  readonly upTo: readonly (readonly [input: number, offsetBytes: number])[]
}

/** What changes in a run besides inputs, batches and rejects; the values are those at its start. A record replaces the facts it has. */
export class Facts {
  /** Where batches end. Every process of the run uses these sizes. */
  sizes: { readonly records: number; readonly bytes: number } | undefined
  /** Time zone offsets by column, from the first times that were read. */
  readonly offsets: Readonly<Record<string, string>> = {}
  readonly target: TargetIdentity | undefined
  readonly used: ConfirmUsed | undefined
  readonly ledgerNumber: number = 0
  /** Values of some accepted rows (`rowText`). */
  readonly sampled: readonly string[] = []
  /** True if the table had these rows; otherwise they were sent, and a function may have changed them. */
  readonly isLearned: boolean = false
  /**
   * Set once no row is left to be sent, and the run has examined the target again: its ledger is then removed. `isMarked`: the server's
   * register got the end of the run; it is lost when the server stops. `server`: `host:port` of the server on which the run finished.
   */
  finished: { readonly isMarked: boolean; readonly server: string } | undefined
  /** The highest number with which a process has claimed the run on the server. It is recorded before the server learns it. */
  readonly owner: number = 0
  /** Ids of the sessions on which the last process sent data, and of those of other shards that have claimed its batches. */
  dataSessions: readonly string[] = []
  /** Every rejects file that a process created or was about to create, even before a restart. */
  readonly rejectsFiles: readonly string[] = []
  /** True if the server has lost rows that it had confirmed. */
  readonly isForgotten: boolean = false
  /** True if the journal had lost all but its first line, and the run has not been sure since that nothing of it was stored. */
  isCut: boolean = false
  /** True if the server said that a run with another journal had loaded everything. */
  readonly isElsewhere: boolean = false
  /** Whether a process has sent a batch, or was about to. */
  hasBatches: boolean = false
  /** Rows of the batches for which nothing is left to do, and neither for those before them. */
  sums = { confirmed: 0, unconfirmed: 0, unsent: 0, filtered: 0 }
}

/** The lines of a journal by kind. Inputs are numbered from 0 in reading order. Streams and batches: `BatchPlace`. */
interface Records {
  /** The first record. A journal of another format is refused. */
  run: {
    readonly format: number
    readonly version: string
    readonly runId: string
    /** Random 63-bit number in hexadecimal, which distinguishes this run from other runs with the same id. */
    readonly token: string
    readonly startedAt: string
    readonly folder: string
    readonly options: JournaledOptions
    /** What a run that starts over must know of those before it, until it has a ledger of its own. */
    readonly replaces?: {
      readonly tokens: readonly string[]
      readonly dataSessions: readonly string[]
      readonly hasEnded: boolean
    }
  }
  process: { readonly startedAt: string }
  /** The next input, or what has changed about one: a followed file has grown, or the input is opened, or was read to its end. */
  input: Partial<NamedInput> & { readonly input: number }
  /** `settled`: of each stream, the place up to which nothing is left to do. */
  facts: Partial<Facts> & {
    readonly settled?: readonly { readonly stream: number; readonly place: StreamPlace }[]
  }
  /**
   * A batch is about to be sent. `lanes`: how it is divided among connections, and by which rule. `early`: its end does not follow from
   * the inputs and the sizes of batches. `hasNoReceipt`: it was sent, and the ledger with its receipt is gone.
   */
  batch: BatchPlace & {
    readonly ranges: readonly RecordedRange[]
    readonly lanes?: { readonly count: number; readonly by: string } | undefined
    readonly early?: boolean | undefined
    readonly hasNoReceipt?: boolean
  }
  /** The outcome of a batch, or of its rows of one lane, or of a part of them (`Place`). */
  ended: EndedRows & Place
  /** `ended`: outcomes with these rejects, in one line, so that a power cut leaves both or none. */
  rejects: JournaledRejects & { readonly ended?: readonly RecordOf<'ended'>[] }
  /** A process ends its work. `isDone`: nothing is left to send or to ask the server about. `error`: why it failed, without secrets. */
  end: Readonly<Pick<LoadResult, 'status' | 'exitCode' | 'rows'>> & {
    readonly at: string
    readonly isDone: boolean
    readonly error?: { readonly code: string; readonly message: string }
  }
}

type Kind = keyof Records
export type RecordOf<K extends Kind> = { readonly kind: K } & Records[K]
export type JournalRecord = { [K in Kind]: RecordOf<K> }[Kind]

/** Length of the checksum at the start of a line. A space and JSON follow. */
export const checksumDigits = 8

export function recordLine(record: JournalRecord): string {
  const json = JSON.stringify(record)
  return `${checksumOf(json)} ${json}\n`
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
  return attempt(() => JSON.parse(json) as JournalRecord)
}

/** Must increase whenever records change. The program refuses journals of every other format. */
export const journalFormat = 15

/** The options that another process can use to resume the run, without secrets. */
export function journaledOptions(options: LoadOptions, checked: CheckedOptions): JournaledOptions {
  const { inputs, target, mapping, cells, rejects, delivery, expectRows, server } = options
  const { stdin: _, ...input } = options.input ?? {}
  // Drops the password.
  const journaled = Object.fromEntries(serverFields.map(name => [name, server[name]]))
  return {
    ...{ inputs, server: defined(journaled) as JournaledServer, target, input },
    ...defined({ mapping, cells, rejects, delivery, expectRows }),
    runId: checked.runId,
  }
}

/** Options that determine which rows a run loads and how the run confirms that they arrived. */
export function decidingOptions(options: JournaledOptions) {
  const { target, input = {}, mapping = {}, cells = {}, rejects = {}, delivery = {} } = options
  const { flushIntervalMs: _, ...dialect } = input
  const { mode = 'async', confirm = 'auto' } = delivery
  // The limit of rejects may change. The rejects file may not change, because it holds some rejects already.
  const { file } = rejects
  return { target, input: dialect, mapping, cells, rejects: { file }, delivery: { mode, confirm } }
}

/** Identifies what a run loads, on any machine: names and contents of inputs, and options that decide about rows. 32 hexadecimal digits. */
export function runDigest(
  options: LoadOptions,
  checked: CheckedOptions,
  inputs: readonly Pick<NamedInput, 'path' | 'fingerprint'>[],
): string {
  const { target, input, mapping, cells } = decidingOptions(journaledOptions(options, checked))
  const files = inputs.map(({ path, fingerprint: { sizeBytes, head, tail } }) => {
    return [basename(path), sizeBytes, head, tail]
  })
  const text = textOf({ target, input, mapping, cells, files })
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Names of the fields in which two sets of options differ, such as `cells.nullTexts`. */
export function differingOptions(a: JournaledOptions, b: JournaledOptions): string[] {
  const [before, now] = [a, b].map(decidingOptions) as Readonly<Record<string, object>>[]
  return Object.entries(before!).flatMap(([group, fields]) => {
    const one: Readonly<Record<string, unknown>> = { ...fields }
    const other: Readonly<Record<string, unknown>> = { ...now![group] }
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter(name => textOf(one[name]) !== textOf(other[name]))
      .map(name => `${group}.${name}`)
  })
}

/** Equal values have equal texts, whatever the order of their members. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
