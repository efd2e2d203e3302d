/*
  Everything that may happen to the rows of a run, as one closed union. All knowledge about rows and batches comes from these events,
  and only `fold` derives it. A batch has its own events. A single row has an event only if it is rejected.

  The field `lane` of an event names a sequence of batch numbers, and is always 0 in a run. It has nothing to do with the lanes that
  divide rows among connections.
*/

import type { Fingerprint } from '../journal/fingerprint.js'
import type { EndedRows, JournaledLanes, JournalRecord } from '../journal/journal-record.js'
import type { SentInput } from './covered-range.js'

export interface BatchRange {
  /** Number of the input in reading order. */
  readonly input: number
  readonly file: string
  /** Start and end (exclusive) in the decompressed input. The next range starts where this one ends. */
  readonly startBytes: number
  readonly endBytes: number
  readonly rows: number
  /** Lines of the first and the last row, from 1. */
  readonly firstLine: number
  readonly lastLine: number
  /** Line of the byte at `endBytes`. */
  readonly endLine: number
  /** Number of the input's records that begin before `endBytes`. */
  readonly records: number
}

export interface NamedInput {
  readonly path: string
  fingerprint: Fingerprint
  /** How the input is read; undefined until the run has opened it. */
  detected: string | undefined
  /** Set once the input was read to its end and every sent row either has a batch number or has arrived. */
  summary: Extract<JournalRecord, { kind: 'read' }>['summary'] | undefined
  /** Time at which the input was read to its end, ISO 8601 in UTC; undefined if the journal has no time. */
  readAt?: string
}

export interface PlaceInLanes {
  /** The lowest number of the batch. Each lane with rows has its own number. */
  readonly firstNo: number
  readonly firstRow: number
  /** True if the event `laned` gave these rows their number. */
  readonly isLane: boolean
}

export type Sums = Required<Omit<EndedRows, 'unsent'>>

interface OfBatch {
  readonly lane: number
  readonly no: number
}

/** The outcome of a batch's rows. Only `takenBack` can change it later. */
export interface Ended extends EndedRows {
  readonly kind: 'ended'
  readonly lane: number
  /** The batch number; undefined for rows that never had one. */
  readonly no: number | undefined
  /** The ranges of the rows, if they have no batch number. The ranges of numbered rows are known. */
  readonly ranges?: readonly BatchRange[]
  /** The ranges that contain the confirmed rows; only set if the target accepted the batch. */
  readonly stored?: 'all' | readonly BatchRange[]
  /** Why rows are not known to be in the table: the server rejected them, or their outcome is unknown. */
  readonly reason?: string
  /** A sentence for the summary. */
  readonly note?: string
}

/** The states of rows that earlier processes did not complete. */
export type EarlierState = 'unconfirmed' | 'unsent'

/**
 * Events that the journal stores unchanged. It stores other events under other names: `laned` as `lanes`; `numbered` as `batch`,
 * `part` or `lanePart`; `takenBack` with `isCertain` as `forgotten`. It shortens `ended` and omits the rest of this file.
 */
export type Durable = Exclude<
  JournalRecord,
  { kind: 'batch' | 'part' | 'lanes' | 'lanePart' | 'ended' | 'forgotten' }
>

export type RunEvent =
  | Durable
  | { readonly kind: 'misread'; readonly input: number; readonly offsetBytes: number }
  /**
   * From this event on, the journal stores no rejects, so the next process reads these records again and decides about them itself.
   * For example, a record that a failing disk cut off may be complete by then. A stored reject that ends this process would also end
   * the next one.
   */
  | { readonly kind: 'rejectsForgotten' }
  /** A run is resumed: earlier processes have read these rows, and the journal has their outcome. */
  | {
      readonly kind: 'goesOn'
      /** `named` describes the inputs. `inputs` contains the rows that were sent of each. */
      readonly named: readonly NamedInput[]
      readonly inputs: readonly SentInput[]
      readonly sums: Sums
      readonly skipped: number
      readonly filtered: number
      readonly rejected: number
      readonly unconfirmed: number
      readonly unsent: number
    }
  /** Earlier processes have used batch numbers up to `lastNo`, and send numbers up to `lastSendNo`. */
  | { readonly kind: 'numbersGiven'; readonly lastNo: number; readonly lastSendNo: number }
  /** The readers have found this many records in all inputs together. */
  | { readonly kind: 'records'; readonly upTo: number }
  /** The run will not send a row, or the server has refused the row. */
  | { readonly kind: 'rejected' }
  /** The run has read rows and will not send them. */
  | { readonly kind: 'unsent'; readonly rows: number }
  /** All rows that were read and have no outcome yet are unsent: they never reached a session. */
  | { readonly kind: 'restUnsent' }
  /** The run hands a batch to a session. */
  | {
      readonly kind: 'handedOver'
      readonly rows: number
      /** Set for batches without a number. Such batches cause no event `sent`. */
      readonly sent?: { readonly connection: number; readonly bytes: number }
    }
  /** The run has not sent the batch after all. */
  | { readonly kind: 'withdrawn'; readonly rows: number }
  /** This process hands over rows that an earlier process left unconfirmed or unsent (`from`). */
  | { readonly kind: 'takenUp'; readonly from: EarlierState; readonly rows: number }
  /** A new batch is divided by lane. Each lane with rows gets a batch number, the first lane `no`. */
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
  /** Like `numbered`, for a number that an earlier process gave. That process sent the rows, or was about to. */
  | (OfBatch & {
      readonly kind: 'inherited'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly bytes: number
      readonly attempt: number
      readonly isSent: boolean
      readonly atMs: number
    })
  /** The run sends one copy of a batch. */
  | (OfBatch & {
      readonly kind: 'sent'
      readonly sendNo: number
      /** Index of the connection, from 0. */
      readonly connection: number
      readonly atMs: number
    })
  /** The server has begun to write the copy of an earlier process, and this process has not sent the batch yet. */
  | (OfBatch & { readonly kind: 'found' })
  /** The server has begun to write the batch. `leastHad`: lower limit of the number of rows in the target at that time, if known. */
  | (OfBatch & { readonly kind: 'claimed'; readonly leastHad: number | undefined })
  /** The server has reported the outcome of the current attempt. */
  | (OfBatch & { readonly kind: 'answered'; readonly atMs: number })
  /** The server has stored no row of the current attempt. */
  | (OfBatch & { readonly kind: 'refused'; readonly words: string })
  /** The batch waits for its next attempt. */
  | (OfBatch & { readonly kind: 'again' })
  | (OfBatch & { readonly kind: 'divided' })
  | Ended
  /** A run without confirmation ends. All rows that it sent are unconfirmed. */
  | { readonly kind: 'unasked' }
  /** Confirmed rows may be gone. If `isCertain`, a process that resumes the run will not find them either. */
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
