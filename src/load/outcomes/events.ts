/*
  Everything that may happen to the rows of a run, as one closed union. All knowledge about rows and batches comes from these events,
  and only `fold` derives it. A batch has its own events. A single row has an event only if it is rejected.

  `no` is a number that the process gives to each piece it sends: a batch, its rows of one lane, or a half of them. Other processes know
  a piece by its place (`place.ts`).
*/
import type { BatchPlace } from '../../parse/batch.js'
import type { Fingerprint } from '../journal/fingerprint.js'
import type { JournalRecord } from '../journal/journal-record.js'
import type { BatchRange, LanesOfBatch, Place } from './place.js'
import type { EndedRows, SentInput, StreamPlace } from './streams.js'

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

export type Sums = Required<Omit<EndedRows, 'unsent'>>

interface OfPiece {
  readonly no: number
}

/** The outcome of a piece. Only `takenBack` can change it later. */
export interface Ended extends EndedRows {
  readonly kind: 'ended'
  /** undefined for rows that were never queued. */
  readonly no: number | undefined
  /** Set if the journal keeps the outcome. */
  readonly place?: Place | undefined
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
 * Events that the journal stores unchanged. It stores `takenBack` with `isCertain` as `forgotten`, shortens `batch` and `ended`, and
 * omits the rest of this file.
 */
export type Durable = Exclude<JournalRecord, { kind: 'batch' | 'ended' | 'forgotten' }>

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
      readonly streams: ReadonlyMap<number, StreamPlace>
      readonly sums: Sums
      readonly skipped: number
      readonly filtered: number
      readonly rejected: number
      readonly unconfirmed: number
      readonly unsent: number
    }
  /** A process that has another journal has stored these rows. */
  | { readonly kind: 'loadedElsewhere'; readonly rows: number }
  /** Earlier processes have used send numbers up to `lastSendNo`. */
  | { readonly kind: 'numbersGiven'; readonly lastSendNo: number }
  /** `batch` events count from here, because the server knows of more batches than the journal. */
  | { readonly kind: 'batchesKnown'; readonly count: number }
  /** The readers have found this many records in all inputs together. */
  | { readonly kind: 'records'; readonly upTo: number }
  /** The run will not send a row, or the server has refused the row. `moreLines`: lines of its record after the first. */
  | { readonly kind: 'rejected'; readonly moreLines: number }
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
  /** A batch that no process has sent is about to be sent. */
  | (BatchPlace & {
      readonly kind: 'batch'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      readonly lanes?: LanesOfBatch | undefined
      /** True if its end does not follow from the inputs and the sizes of batches. */
      readonly isEarly: boolean
    })
  | (OfPiece & {
      readonly kind: 'queued'
      readonly ranges: readonly BatchRange[]
      readonly rows: number
      /** Size on the wire. */
      readonly bytes: number
      /** Set if an earlier process has sent the piece, or was about to. */
      readonly earlier?: { readonly isSent: boolean; readonly atMs: number } | undefined
      readonly attempt: number
    })
  /** The run sends one copy of a batch. */
  | (OfPiece & {
      readonly kind: 'sent'
      readonly sendNo: number
      /** Index of the connection, from 0. */
      readonly connection: number
      readonly atMs: number
    })
  /** The server has begun to write the copy of an earlier process, and this process has not sent the batch yet. */
  | (OfPiece & { readonly kind: 'found' })
  /** The server has begun to write the batch. */
  | (OfPiece & { readonly kind: 'claimed' })
  /** The server has reported the outcome of the current attempt. */
  | (OfPiece & { readonly kind: 'answered'; readonly atMs: number })
  /** The server has stored no row of the current attempt. */
  | (OfPiece & { readonly kind: 'refused'; readonly words: string })
  /** The batch waits for its next attempt. */
  | (OfPiece & { readonly kind: 'again' })
  | (OfPiece & { readonly kind: 'divided' })
  | Ended
  /** A run without confirmation ends. All rows that it sent are unconfirmed. */
  | { readonly kind: 'unasked' }
  /** Confirmed rows may be gone. If `isCertain`, a process that resumes the run will not find them either. */
  | { readonly kind: 'takenBack'; readonly reason: string; readonly isCertain: boolean }

const durable: Readonly<Record<Durable['kind'], true>> = {
  run: true,
  sizes: true,
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
