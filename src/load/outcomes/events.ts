/*
  Everything that may happen to the rows of a run, as one closed union. All knowledge about rows and batches comes from these events,
  and only `fold` draws conclusions from them. There is one event per batch; single rows have events only if they are rejected.

  The `lane` of an event is a sequence of batch numbers; a run has only lane 0. It is unrelated to the lanes of rows.
*/

import type { Fingerprint } from '../journal/fingerprint.js'
import type { EndedRows, JournaledLanes, JournalRecord } from '../journal/journal-record.js'
import type { SentInput } from './covered-range.js'

export interface BatchRange {
  /** Number of the input in reading order. */
  readonly input: number
  readonly file: string
  /** Start and end (exclusive) in the decompressed input; neighbouring ranges touch. */
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
  /** Lines of the first and the last row, from 1. */
  readonly firstLine: number
  readonly lastLine: number
  /** Line of the byte at `endBytes`. */
  readonly endLine: number
  /** Records of the input that begin before `endBytes`. */
  readonly records: number
}

export interface NamedInput {
  readonly path: string
  fingerprint: Fingerprint
  /** How the input is read; undefined until it was opened. */
  detected: string | undefined
  /** Set once the input was read to its end, and each row sent has a batch number or has arrived. */
  summary: Extract<JournalRecord, { kind: 'read' }>['summary'] | undefined
  /** Time at which the input was read to its end, ISO 8601 in UTC; undefined if the journal does not tell. */
  readAt?: string
}

/** Where the rows of one lane stand in a batch that was divided by lane. */
export interface PlaceInLanes {
  /** The lowest number of the batch; each lane with rows has its own number. */
  readonly firstNo: number
  readonly firstRow: number
  /** True if the event `laned` gave these rows their number. */
  readonly isLane: boolean
}

export type Sums = Required<Omit<EndedRows, 'unsent'>>

/** A batch, or a part of one, by its number. */
interface OfBatch {
  readonly lane: number
  readonly no: number
}

/** The final outcome of a batch's rows, unless it is taken back later. */
export interface Ended extends EndedRows {
  readonly kind: 'ended'
  readonly lane: number
  /** The batch number; undefined for rows that never had one. */
  readonly no: number | undefined
  /** Only for rows without a batch number: the ranges of all other rows are known. */
  readonly ranges?: readonly BatchRange[]
  /** The ranges that hold the confirmed rows; only if the target accepted the batch. */
  readonly stored?: 'all' | readonly BatchRange[]
  /** Rows that were read back and differ from what was sent. */
  readonly different?: readonly BatchRange[]
  /** Why the rows are not known to be in the table: they were rejected, or their outcome is unknown. */
  readonly reason?: string
  /** A sentence for the summary. */
  readonly note?: string
  /** True if the target does not tell which keys it already had. */
  readonly hidesDuplicates?: boolean
}

/** States in which earlier processes have left rows. */
export type EarlierState = 'unconfirmed' | 'unsent'

/**
 * Events that the journal keeps unchanged. It renames others: `laned` → `lanes`; `numbered` → `batch`, `part` or
 * `lanePart`; `takenBack` with `isCertain` → `forgotten`. It shortens `ended`, and keeps no other events of this file.
 */
export type Durable = Exclude<
  JournalRecord,
  { kind: 'batch' | 'part' | 'lanes' | 'lanePart' | 'ended' | 'forgotten' }
>

export type RunEvent =
  | Durable
  | { readonly kind: 'misread'; readonly input: number; readonly offsetBytes: number }
  /**
   * From here on, the journal keeps no rejects, so the next process decides about their records itself. A record that a
   * failing disk cut off may be whole by then. A reject that ends this process, if kept, would end the next one, too.
   */
  | { readonly kind: 'rejectsForgotten' }
  /** Earlier processes of the run have read these rows and learnt their outcome. */
  | {
      readonly kind: 'goesOn'
      /** `named` describes the inputs, and `inputs` says how far each was sent. */
      readonly named: readonly NamedInput[]
      readonly inputs: readonly SentInput[]
      readonly sums: Sums
      readonly skipped: number
      readonly filtered: number
      readonly rejected: number
      readonly unconfirmed: number
      readonly unsent: number
    }
  /** Earlier processes have used the batch numbers up to `lastNo`, and the send numbers up to `lastSendNo`. */
  | { readonly kind: 'numbersGiven'; readonly lastNo: number; readonly lastSendNo: number }
  /** Number of rows so far whose key the target already had; null if the target does not tell. */
  | { readonly kind: 'duplicatesKnown'; readonly rows: number | null }
  /** Total of records that the readers have met in all inputs. */
  | { readonly kind: 'records'; readonly upTo: number }
  /** A row will not be sent, or was refused. */
  | { readonly kind: 'rejected' }
  /** Rows were read and will not be sent. */
  | { readonly kind: 'unsent'; readonly rows: number }
  /** The rows that were read and not counted as anything else: they were between reader and session, and are unsent. */
  | { readonly kind: 'restUnsent' }
  /** A batch is on its way to a session. */
  | {
      readonly kind: 'handedOver'
      readonly rows: number
      /** Set for batches without a number, for which no `sent` is emitted. */
      readonly sent?: { readonly connection: number; readonly bytes: number }
    }
  /** The batch was not sent after all. */
  | { readonly kind: 'withdrawn'; readonly rows: number }
  /** This process hands over rows that an earlier process left unconfirmed or unsent (`from`). */
  | { readonly kind: 'takenUp'; readonly from: EarlierState; readonly rows: number }
  /** A new batch is divided by lane: each lane with rows gets a batch number. The first lane gets `no`. */
  | (OfBatch & {
      readonly kind: 'laned'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly lanes: JournaledLanes
    })
  | (OfBatch & {
      readonly kind: 'numbered'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      /** Size on the wire. */
      readonly bytes: number
      /** True for a whole batch that was never sent before. */
      readonly isNew: boolean
      readonly ofLanes?: PlaceInLanes | undefined
    })
  /** Like `numbered`, but an earlier process gave the number, and sent the rows or was about to. */
  | (OfBatch & {
      readonly kind: 'inherited'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly bytes: number
      readonly attempt: number
      readonly isSent: boolean
      readonly atMs: number
    })
  /** One transmission of a batch. */
  | (OfBatch & {
      readonly kind: 'sent'
      readonly sendNo: number
      /** Index of the connection, from 0. */
      readonly connection: number
      readonly atMs: number
    })
  /** This process has not sent the batch yet, but the server has begun to write the copy of an earlier process. */
  | (OfBatch & { readonly kind: 'found' })
  /** The server has begun with the batch. `leastHad`: lower limit of the rows that the target had by then, if known. */
  | (OfBatch & { readonly kind: 'claimed'; readonly leastHad: number | undefined })
  /** The server has reported the outcome of the present attempt. */
  | (OfBatch & { readonly kind: 'answered'; readonly atMs: number })
  /** The server has stored nothing of the present attempt. */
  | (OfBatch & { readonly kind: 'refused'; readonly words: string })
  /** The batch waits for its next attempt. */
  | (OfBatch & { readonly kind: 'again' })
  | (OfBatch & { readonly kind: 'divided' })
  /** The target has accepted the batch. Its rows are confirmed only once they were read back. */
  | (OfBatch & { readonly kind: 'taken' })
  | Ended
  /** Of all sent rows, `arrived` have arrived. It is unknown which. */
  | { readonly kind: 'counted'; readonly arrived: number; readonly note?: string | undefined }
  /** Rows that were confirmed may be gone. If `isCertain`, a process that resumes the run will not find them either. */
  | { readonly kind: 'takenBack'; readonly reason: string; readonly isCertain: boolean }

const durable: Readonly<Record<Durable['kind'], true>> = {
  run: true,
  process: true,
  owner: true,
  rejects: true,
  settled: true,
  inputs: true,
  grown: true,
  target: true,
  ledger: true,
  sampled: true,
  finished: true,
  session: true,
  reading: true,
  offsets: true,
  rejectsFile: true,
  read: true,
  leaving: true,
  end: true,
}

export function isDurable(event: RunEvent): event is Durable {
  return Object.hasOwn(durable, event.kind)
}

export const onlyLane = 0
