/*
  What a run tells: how far it is, and how it ended.
*/
import type { Known } from '../parse/input-reader.js'
import type { Confirmation, ConfirmUsed } from './transport/confirmations.js'
import type { SourceNotes } from './inputs/source-notes.js'

/** How rows enter a table: `tableInsert`, `append!`, `upsert!`. */
export type Method = 'insert' | 'append' | 'upsert'

/** State of a run while it goes on. */
export interface LoadReport {
  phase: 'connecting' | 'loading' | 'confirming' | 'done'
  rows: RowCounts
  /** Rows handed to a session so far. */
  sentRows: number
  sentBatches: number
  inFlightBytes: number
  /** Compressed bytes read, and how many there are when known. */
  bytesRead: number
  totalBytes: number | undefined
  /** The input that is being read, from 1, and how many there are; undefined before the first, and where files are followed. */
  input: { number: number; count: number } | undefined
  elapsedMs: number
}

/** The equation of a run: read = confirmed + unconfirmed + rejected + skipped + unsent. */
export interface RowCounts {
  /** Records of the inputs, bad ones included. */
  read: number
  /** Known to be in the target. */
  confirmed: number
  /** Sent, and nothing is known of them. */
  unconfirmed: number
  /** Known not to be in the target, for a reason of their own: refused by the reader or by the server. */
  rejected: number
  /** Left out because a run before this one had them confirmed. */
  skipped: number
  /** Certainly not stored: read and never sent, or refused whole, because the run ended first. */
  unsent: number
}

/** How a run ended: `rejects` had bad rows, `unconfirmed` cannot say what became of all rows it sent. */
export type LoadStatus = 'loaded' | 'rejects' | 'unconfirmed' | 'failed' | 'interrupted'

export interface InputTotals {
  count: number
  bytes: number
}

/** Which inputs of many a result lists. */
export type ListedInputs = 'wrong' | 'all'

/** Outcome of a run; every field is always there, unknown is null. The command line prints exactly this as JSON. */
export interface LoadResult {
  schema: 'ddb-ingest/load/1'
  version: string
  runId: string
  status: LoadStatus
  exitCode: number
  /** Earlier processes had finished the run: nothing was left to be read or sent. */
  alreadyLoaded: boolean
  /** ISO 8601, in UTC. */
  startedAt: string
  endedAt: string
  target: { host: string; table: string | null; function: string | null; method: Method | null }
  /** Of all inputs that were opened, or should have been; `bytes` as stored. */
  inputTotals: InputTotals
  /** Threads that read the inputs, the main one included; 1 if the inputs are too small for more. */
  threads: number
  /**
   * One per input, or, where there are more than a hundred, one per input in which something was wrong, unless `summaryInputs`
   * asks for all; what reading did not get to know is null. `rejected` are rows of this
   * input, `firstError` is what was wrong with the first, or what ended reading. `bytes` as stored, `contentBytes` of what is
   * in them: `read` is the sum of the others where an input was read to its end, rows and rejects with their line ends; `other`
   * are blank lines, comments and the like, `skipped` is what stands before the place where reading began.
   */
  inputs: {
    path: string
    format: string | null
    compression: string | null
    bytes: number
    rows: number
    rejected: number
    firstError: InputFailure | null
    contentBytes: {
      read: number
      rows: number
      rejected: number
      header: number
      other: number
      skipped: number
    }
    detected: Detected | null
    /** Records with another number of fields that were padded or cut (`ragged`). */
    ragged: number
  }[]
  /** What the sources hold besides the inputs. */
  sources: SourceNotes
  rows: RowCounts
  /** Confirmed rows whose key the target had already; null where it does not tell (docs/confirmation.md#keys). */
  duplicates: number | null
  /** `used` is `none` where this process has sent nothing and heard of nothing. */
  confirm: {
    asked: Confirmation
    used: ConfirmUsed
    note: string | null
    /** Where the batches come from of which nobody knows what became, neighbours merged; at most 1,000. */
    uncertain: UncertainLines[]
    verified: VerifyResult | null
  }
  stored: Stored
  rejects: {
    /** The first of `files`. */
    file: string | null
    /** Those that hold rows: the one that was asked for, and one more for each further header of the inputs. */
    files: { path: string; rows: number }[]
    /** Rejected rows that were to be kept and are in no file, because one could not be made or written. */
    unplaced: number
    byClass: { parse: number; type: number; server: number }
    byCode: Record<string, number>
    /** The first three of each code that this process found, of at most 20 codes. */
    first: { code: string; file: string; lineNumber: number; message: string }[]
  }
  /** One per target column; `coerced` counts bad cells that became null (`lenient`). */
  columns: { name: string; type: string; nulls: number; coerced: number }[]
  /** Sessions that were open for data; 0 if nothing was sent. */
  connections: number
  /** Why there were no more, where the run found their number; else null. */
  connectionsNote: string | null
  batches: { sent: number; retried: number; failed: number }
  /**
   * What each of the connections carried, those that the run has given up again included: a batch that was sent again, or over
   * another one, counts each time. `latencyMs` as that of the run.
   */
  byConnection: {
    batches: number
    rows: number
    /** On the wire, before compression; of rows that were divided by connection an estimate. */
    bytes: number
    latencyMs: LoadResult['latencyMs']
  }[]
  /** Most rows of a batch: of the first ones, and of those with which the run was fastest; null where it did not look for that. */
  batchRows: { first: number | null; found: number | null }
  /** From sending a batch to knowing its outcome; null where nobody was told. */
  latencyMs: { p50: number | null; p95: number | null; p99: number | null }
  /** Rows sent and bytes read, over the whole run. */
  rate: { rowsPerSec: number; bytesPerSec: number }
  /** Filled in by the command line, which owns the process. */
  memory: { peakRssBytes: number | null }
  /** What it has told while it ran (`onNotice`), the first twenty sentences. */
  notices: string[]
  resume: WaysOn
  error: { code: string; message: string } | null
}

/** What is known of an input, and whether it was said or found there; the usual counts as found. */
export interface Detected {
  /** Of delimited text, as all that follow; null for JSON. */
  delimiter: Known<string> | null
  /** '' when nothing is quoted. */
  quote: Known<string> | null
  escape: Known<string> | null
  /** Whether the first record is one. */
  header: Known<boolean> | null
  decimalComma: Known<boolean> | null
  /** Whether records may end with a delimiter more than the first one has. */
  trailingDelimiter: Known<boolean> | null
  encoding: Known<string>
}

/** The first thing that was wrong with an input: a row of it, or what ended it. */
export interface InputFailure {
  code: string
  message: string
  /** From 1; null when no line is at fault. */
  lineNumber: number | null
}

/** Lines of one input of which nobody knows whether they arrived. */
export interface UncertainLines {
  file: string
  /** From 1. */
  firstLine: number
  lastLine: number
  /** Batches, and parts of batches, that they were sent in. */
  batches: number
  reason: string
}

/** What reading back found. */
export interface VerifyResult {
  how: 'sample' | 'all'
  /** `position`, or the columns of the key. */
  by: 'position' | string[]
  /** Columns behind a function that were not compared: the server makes something of them that is not known here. */
  skippedColumns: string[]
  rows: {
    /** Read back and compared. */
    compared: number
    /** Of those: not there, or with other cells than were sent. */
    different: number
    /** Of those: another row of the run has their key, and the table keeps one. */
    replaced: number
    /** With a null in their key. */
    notComparable: number
  }
  /** The first 20 that are different; `found` is null where no row came back. */
  first: {
    file: string
    lineNumber: number
    column: string | null
    sent: string
    found: string | null
  }[]
}

/** How safe the confirmed rows of a run are (docs/durability.md); what the server does not tell is null. */
export interface Stored {
  grade: 'in memory' | "in the server's cache" | 'flushed' | 'replicated' | null
  /** Whether the server forces writes to disk. */
  dataSync: boolean | null
  /** Whether rows go into a cache first. */
  cacheEngine: boolean | null
  /** On how many nodes each row is. */
  replicas: number | null
  /** Writes into the table, of whoever, that waited in cache and redo log for their files when the run ended. */
  pendingTransactions: number | null
}

/** How a run goes on, as the result says it. The library leaves commands out, and gives `look` as a script. */
export interface WaysOn {
  possible: boolean
  /** Goes on with the run. */
  command: string | null
  /** Where nobody can tell whether the rows of a run are there: counts some of them. */
  look: string | null
  /** Loads all of it again, once `look` has found none. */
  restart: string | null
}
