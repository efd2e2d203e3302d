/*
  What `load()` is asked: plain data, one group per part of the run. The command line and the library fill it in;
  `plan.ts` checks it.
*/
import type { Readable } from 'node:stream'

export type Method = 'insert' | 'append' | 'upsert'
export type Confirmation = 'auto' | 'none' | 'count' | 'receipts'
export type OnError = 'stop' | 'skip' | 'quarantine'

export interface ServerAddress {
  host: string
  port: number
}

export interface ServerTarget extends ServerAddress {
  user?: string
  password?: string
  /** Lets a password that TLS does not protect leave this machine. */
  insecureLogin?: boolean
  /** Default 10,000. */
  connectTimeoutMs?: number
  /** Further nodes to try, in order, when connecting fails. */
  otherHosts?: readonly ServerAddress[]
  /** Hosts a redirect may lead to besides those named here. */
  allowRedirect?: readonly string[]
}

export interface TargetOptions {
  /** Shared table, or `dfs://DB/TABLE`. Either this or `function`. */
  table?: string
  method?: Method
  keyColumns?: readonly string[]
  /** A function view; the batch is its last argument. */
  function?: string
  /** Bound before the batch: JSON values. */
  functionArguments?: readonly unknown[]
  /** Columns sent to a function: `time:TIMESTAMP,sym:SYMBOL`. */
  types?: string
  /** Take the columns of this table instead of `types`. */
  typesFrom?: string
  /** What to count behind a function. */
  confirmTable?: string
}

export interface InputOptions {
  format?: 'auto' | 'csv' | 'tsv' | 'ndjson' | 'json'
  compression?: 'auto' | 'none' | 'gzip'
  delimiter?: string
  quote?: string
  escape?: string
  comment?: string
  header?: 'auto' | 'yes' | 'no'
  skipLines?: number
  limit?: number
  arrayDelimiter?: string
  /** Stands for `-`. */
  stdin?: Readable
  /** Partial batches of stdin go out after this much idle time; default 1,000. */
  flushIntervalMs?: number
}

export interface MappingOptions {
  match?: 'name' | 'position'
  /** Target column → input column. */
  map?: Readonly<Record<string, string>>
  /** Target column → constant text. */
  set?: Readonly<Record<string, string>>
  ignoreExtra?: boolean
  allowMissing?: boolean
}

export interface CellOptions {
  /** Texts that mean null, besides the empty field. */
  nullTexts?: readonly string[]
  /** Target column → DolphinDB format, or `epoch:s|ms|us|ns`. */
  dateFormats?: Readonly<Record<string, string>>
  /** A bad cell becomes null and is counted. */
  lenient?: boolean
}

export interface RejectOptions {
  onError?: OnError
  /** A count or a share such as `5%`; default 100. */
  maxErrors?: number | `${number}%`
  /** File that takes rejected records byte for byte. */
  file?: string
}

export interface DeliveryOptions {
  mode?: 'async' | 'sync'
  confirm?: Confirmation
  /** Without progress; default 60,000. */
  confirmTimeoutMs?: number
  batchRows?: number
  batchBytes?: number
  /** Bytes handed over but not yet taken by the kernel, or not yet confirmed by a receipt; default 32 MiB. */
  maxInFlightBytes?: number
  connections?: number
  retries?: number
  retryTimeoutMs?: number
  onDoubt?: 'report' | 'resend'
  rateLimit?: { bytesPerSecond?: number; rowsPerSecond?: number }
}

export interface LoadOptions {
  /** Paths, globs, folders, or `-`. */
  inputs: readonly string[]
  server: ServerTarget
  target: TargetOptions
  input?: InputOptions
  mapping?: MappingOptions
  cells?: CellOptions
  rejects?: RejectOptions
  delivery?: DeliveryOptions
  expectRows?: number
  runId?: string
  /** Called as the run goes on, at most ten times a second; never in the hot path. */
  onReport?: (report: LoadReport) => void
  /** One sentence for the person watching: fallbacks, doubts, the first rejects. */
  onNotice?: (notice: string) => void
  /** Ends the run in order: batches in flight are flushed, rows not handed over are unsent. */
  signal?: AbortSignal
}

/** The equation of a run: read = confirmed + unconfirmed + rejected + skipped + unsent. */
export interface RowCounts {
  read: number
  confirmed: number
  unconfirmed: number
  rejected: number
  skipped: number
  unsent: number
}

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
  elapsedMs: number
}

export type LoadStatus = 'loaded' | 'rejects' | 'unconfirmed' | 'failed' | 'interrupted'

/** Outcome of a run; every field is always there, unknown is null. `--json` prints exactly this. */
export interface LoadResult {
  schema: 'ddb-ingest/load/1'
  version: string
  runId: string
  status: LoadStatus
  exitCode: number
  startedAt: string
  endedAt: string
  target: {
    host: string
    table: string | null
    function: string | null
    method: Method | null
  }
  inputs: { path: string; format: string; compression: string; bytes: number; rows: number }[]
  rows: RowCounts
  confirm: { asked: Confirmation; used: ConfirmUsed; note: string | null }
  rejects: {
    file: string | null
    byClass: { parse: number; type: number; server: number }
    byCode: Record<string, number>
  }
  columns: { name: string; type: string; nulls: number; coerced: number }[]
  batches: { sent: number; retried: number; failed: number }
  latencyMs: { p50: number | null; p95: number | null; p99: number | null }
  rate: { rowsPerSec: number; bytesPerSec: number }
  /** Filled in by the command line, which owns the process. */
  memory: { peakRssBytes: number | null }
  resume: { possible: boolean; command: string | null }
  error: { code: string; message: string } | null
}

/** How rows were confirmed in the end. */
export type ConfirmUsed = 'none' | 'count' | 'receipts' | 'answers'
