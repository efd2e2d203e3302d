/*
  What may happen to the rows of a run, as one closed union. Everything that changes what is known of a row or a batch is one
  of these; `fold` is the only function that draws conclusions from them. Events are told for each batch, and for single
  rows only where these are rejected.

  A lane is a sequence of batch numbers: a run has one, 0.
*/

import type { Fingerprint } from '../journal/fingerprint.js'
import type { EndedRows, JournaledLanes, JournalRecord } from '../journal/journal-record.js'
import type { SentInput } from './covered-range.js'

/** Rows of one input that lie one behind the other. */
export interface BatchRange {
  /** Number of the input, in the order in which inputs are read. */
  readonly input: number
  readonly file: string
  /** In the decompressed input; ranges of neighbours touch. */
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
  /** Of the first and the last row, from 1. */
  readonly firstLine: number
  readonly lastLine: number
  /** Line of the byte behind the last one. */
  readonly endLine: number
  /** Records of the input that begin before `endBytes`. */
  readonly records: number
}

/** An input by its name. */
export interface NamedInput {
  readonly path: string
  fingerprint: Fingerprint
  /** How it is read; undefined until it was opened. */
  detected: string | undefined
  /** Set once it was read to its end, and all that was sent of it has a number or has arrived. */
  summary: Extract<JournalRecord, { kind: 'read' }>['summary'] | undefined
  /** When it was, as far as the journal tells. */
  readAt?: string
}

/** Where rows of one lane stand among those of all lanes. */
export interface PlaceInLanes {
  /** The first number that the batch got. */
  readonly firstNo: number
  readonly firstRow: number
  /** Their number follows from the batch's. */
  readonly isLane: boolean
}

export type Sums = Required<Omit<EndedRows, 'unsent'>>

/** A batch, or a part of one, under its number. */
interface OfBatch {
  readonly lane: number
  readonly no: number
}

/** Where rows of a batch stand from now on: the last that is told of them, unless it is taken back. */
export interface Ended extends EndedRows {
  readonly kind: 'ended'
  readonly lane: number
  /** undefined for rows that never had a number. */
  readonly no: number | undefined
  /** Of rows without a number; of all others they are known. */
  readonly ranges?: readonly BatchRange[]
  /** Where the confirmed rows are, when the target took the batch: all of its own ranges, or these. */
  readonly stored?: 'all' | readonly BatchRange[]
  /** Rows that were read back, and are not in the table as they were sent. */
  readonly different?: readonly BatchRange[]
  /** Why the batch is not in the table as far as is known: its rows were rejected, or nobody knows of them. */
  readonly reason?: string
  /** A sentence for the summary. */
  readonly note?: string
  /** The target does not tell which keys it had already. */
  readonly hidesDuplicates?: boolean
}

/** Places in which earlier processes have left rows. */
export type EarlierPlace = 'unconfirmed' | 'unsent'

/**
 * What is in the journal as it was told. `laned`, `numbered`, `ended` and a certain `takenBack` are there as `lanes`,
 * `batch`, `part` or `lanePart`, `ended` and `forgotten`; everything else in this file is in no journal.
 */
export type Durable = Exclude<
  JournalRecord,
  { kind: 'batch' | 'part' | 'lanes' | 'lanePart' | 'ended' | 'forgotten' }
>

export type RunEvent =
  | Durable
  /** The reader rejects a record that begins there. */
  | { readonly kind: 'misread'; readonly input: number; readonly offsetBytes: number }
  /**
   * What is rejected from now on is for the next process to find out: a record that was cut off by a disk that failed may
   * be whole by then, and a reject that ends a run ends the next process, too.
   */
  | { readonly kind: 'rejectsForgotten' }
  /** Earlier processes of the run have read these rows, and found out what became of them. */
  | {
      readonly kind: 'goesOn'
      /** Those that have names, and how far each was sent. */
      readonly named: readonly NamedInput[]
      readonly inputs: readonly SentInput[]
      /** Of the batches that have ended. */
      readonly sums: Sums
      readonly skipped: number
      readonly rejected: number
      readonly unconfirmed: number
      readonly unsent: number
    }
  /** Numbers up to these were given by earlier processes. */
  | { readonly kind: 'numbersGiven'; readonly lastNo: number; readonly lastSendNo: number }
  /** How many rows with known keys there have been; null when this target does not tell. */
  | { readonly kind: 'duplicatesKnown'; readonly rows: number | null }
  /** The readers have met so many records of all inputs. */
  | { readonly kind: 'records'; readonly upTo: number }
  /** A row is not to be sent, or was refused. */
  | { readonly kind: 'rejected' }
  /** Rows were read, and are not sent. */
  | { readonly kind: 'unsent'; readonly rows: number }
  /** What was read and has no place was on its way to a session: it is not sent. */
  | { readonly kind: 'restUnsent' }
  /** A batch is on its way to a session. */
  | {
      readonly kind: 'handedOver'
      readonly rows: number
      /** Of batches without a number, of which `sent` is not told. */
      readonly sent?: { readonly connection: number; readonly bytes: number }
    }
  /** It never went out, after all. */
  | { readonly kind: 'withdrawn'; readonly rows: number }
  /** Rows that an earlier process has left in a place are handed over by this one. */
  | { readonly kind: 'takenUp'; readonly from: EarlierPlace; readonly rows: number }
  /** A batch that nobody has sent before is divided by lane: the rows of each have a number, from this one on. */
  | (OfBatch & {
      readonly kind: 'laned'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly lanes: JournaledLanes
    })
  /** Rows have a number. */
  | (OfBatch & {
      readonly kind: 'numbered'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      /** On the wire. */
      readonly bytes: number
      /** A whole batch that nobody has sent before. */
      readonly isNew: boolean
      /** Of rows of one lane. */
      readonly ofLanes?: PlaceInLanes
    })
  /** As `numbered`, by an earlier process, which sent them or meant to. */
  | (OfBatch & {
      readonly kind: 'inherited'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly bytes: number
      readonly attempt: number
      readonly isSent: boolean
      readonly atMs: number
    })
  /** One transmission. */
  | (OfBatch & {
      readonly kind: 'sent'
      readonly sendNo: number
      /** From 0: that it goes over. */
      readonly connection: number
      readonly atMs: number
    })
  /** The server has begun with a copy of an earlier process, while this one was about to send it. */
  | (OfBatch & { readonly kind: 'found' })
  /** The server has begun with it. `leastHad`: rows that the target had at least by then, as far as is known. */
  | (OfBatch & { readonly kind: 'claimed'; readonly leastHad: number | undefined })
  /** The server has told what became of the present attempt. */
  | (OfBatch & { readonly kind: 'answered'; readonly atMs: number })
  /** The server has stored nothing of the present attempt. */
  | (OfBatch & { readonly kind: 'refused'; readonly words: string })
  /** It waits to go out under its next attempt. */
  | (OfBatch & { readonly kind: 'again' })
  /** Its parts take its place. */
  | (OfBatch & { readonly kind: 'divided' })
  /** The target has taken it: it counts once it was read back. */
  | (OfBatch & { readonly kind: 'taken' })
  | Ended
  /** Of all rows that were sent so many arrived; of the others nothing is known. */
  | { readonly kind: 'counted'; readonly arrived: number; readonly note?: string | undefined }
  /** What was confirmed is known no more. `isCertain`: a process that takes up the run will not find it either. */
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

/** The one lane of a run. */
export const onlyLane = 0
