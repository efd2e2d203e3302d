/* The options of `load()`: plain data, one group for each part of a run. `checked-options.ts` checks them. */
import type { Readable } from 'node:stream'
import type { CompressChoice, ServerAddress } from '../client/session-options.js'
import type { LoginMemory, LoginOptions, LoginRequirement } from '../client/login/protection.js'
import type { TlsOptions } from '../client/tls/tls-options.js'
import type { Trace } from '../client/trace.js'
import type { DialectOptions } from '../parse/csv/csv-dialect.js'
import type { NeededOptions } from '../infer/inferred-schema.js'
import type { InputFormat } from '../parse/formats.js'
import type { Compression } from '../source/byte-source.js'
import type { Encoding } from '../source/encoding/encodings.js'
import type { Confirmation, LoadReport, Method } from './load-result.js'
import type { CellOptions } from '../parse/cell-rules.js'
import type { MappingOptions } from '../schema/cell-source.js'

export type * from './load-result.js'
export type { Known } from '../parse/input-reader.js'
export type {
  CellOptions,
  CompressChoice,
  Compression,
  DialectOptions,
  Encoding,
  InputFormat,
  LoginMemory,
  LoginOptions,
  LoginRequirement,
  MappingOptions,
  ServerAddress,
  TlsOptions,
}

/** `stop`: a rejected row ends the run. `skip`: it is left out. `quarantine`: it is written to the rejects file. */
export type OnError = 'stop' | 'skip' | 'quarantine'

/** The server of a run, and who logs in. */
export interface ServerTarget extends ServerAddress, TlsOptions, LoginOptions {
  /** User name; without a name, the server treats the run as a guest. */
  user?: string
  /** Redacted from everything the run prints. */
  password?: string
  /** Whether columns are compressed on the wire; `auto`, the default, does so while the network is the bottleneck. */
  compress?: CompressChoice
  /** Time limit for all hosts and attempts together, until the first login; ms, default 10,000. */
  connectTimeoutMs?: number
  /** Receives a line for each message of each connection: no secrets, and values only if the trace asks for them. */
  trace?: Trace
  /** Further nodes to try, in order, if connecting fails. */
  otherHosts?: readonly ServerAddress[]
  /** Hosts that a redirect may lead to, besides `host` and `otherHosts`. */
  allowRedirect?: readonly string[]
}

/** The destination of the rows: a table, or a function that writes them. */
export interface TargetOptions {
  /** Shared table, or `dfs://DB/TABLE`. Either this or `function`. */
  table?: string
  /** Creates the table if it is missing. Every value is read first to find the columns, so this needs files, not a pipe. */
  create?: 'stream' | 'dfs'
  /**
   * With `create` dfs: how rows are partitioned, in one to three levels, such as `date,hash(symbol,10)`. A level is a column of dates (one
   * partition a day), `value(COLUMN,…)`, `range(COLUMN,…)` or `hash(COLUMN,N)`. Default: chosen from the data, as sort columns and engine are.
   */
  partition?: string
  /** Default `insert`. */
  method?: Method
  /** Columns that identify a row, for `upsert`. */
  keyColumns?: readonly string[]
  /** A function view; the batch is its last argument. */
  function?: string
  /** The function's arguments before the batch, as JSON values. */
  functionArguments?: readonly unknown[]
  /**
   * A function in DolphinDB's language that turns each batch into the rows to write, like `transform` of `loadTextEx`:
   * `def(t){ return select * from t where price>0 }`, or a partial application. It runs in the session of the run, once for each batch, and
   * again for parts of a divided one. Rows that it leaves out count as filtered (docs/ways-to-write.md#a-transform).
   */
  transform?: string
  /**
   * Columns sent to a function, or to `transform`: `time:TIMESTAMP,sym:SYMBOL`. With `transform`, a name without a type takes the type of the
   * table's column; default: all columns. With `create`: types of columns of the new table, whatever the inputs show. For a function,
   * `@TABLE` means the columns of a table.
   */
  types?: string
  /** The table that `function` writes to; its limits apply to the rows, and without a key it must grow by at least as many rows as the function was given. */
  confirmTable?: string
  /** `function` may store fewer rows than it is given. */
  mayDrop?: boolean
}

/** How the inputs are read; the program detects everything that is left out. */
export interface InputOptions extends DialectOptions {
  /** `auto`, the default, decides by the extension, or else by the first bytes. */
  format?: 'auto' | InputFormat
  /** `auto`, the default, decides by the first bytes. Brotli has no signature, so the extension `.br` decides. */
  compression?: 'auto' | Compression
  /** `auto`, the default: of a byte order mark, else UTF-8, or the run ends. With a named encoding, rows with invalid bytes are rejected. */
  encoding?: 'auto' | Encoding
  /**
   * Patterns of the files to take from folders and zip archives, of paths in them if there is a `/`, else of names: `*.txt`, `2024/**`.
   * Default: files with the extension of a known format.
   */
  include?: readonly string[]
  /**
   * Names the last parts of each input's path: `level2/{day}/{symbol}.csv`. `*` skips a part. `hive` takes folders like `day=2024-01-02`.
   * Each part fills the column of its name and can be used in templates of `mapping.set`. An input that does not match ends the run.
   */
  path?: string
  /** Limit of records read from all inputs together, including rejected ones. */
  limit?: number
  /** Separator of the elements of an array column, one ASCII character; default `,`. */
  arrayDelimiter?: string
  /** Where the records of a JSON document are: `data.items` or `/data/items`; default: the document itself. */
  jsonPath?: string
  /** The stream to read for the input `-`. */
  stdin?: Readable
  /** Follows files as they grow, rotate and appear, until a signal ends the run (docs/files.md#files-that-grow). */
  follow?: boolean
  /** How long a partial batch of a pipe or of followed files waits for more rows, ms; default 1,000. */
  flushIntervalMs?: number
}

/** What happens to rows that the input or the server rejects. */
export interface RejectOptions {
  /** Default `quarantine` with a `file`, else `stop`. */
  onError?: OnError
  /** Limit of rejects, as a count or as a share of the rows such as `5%`; default 100. */
  maxErrors?: number | `${number}%`
  /** For rejected records, byte for byte; missing or empty. Those with another header go to files next to it: `r.2.csv` for `r.csv`. */
  file?: string
}

/** How rows travel, and how their arrival is confirmed. */
export interface DeliveryOptions {
  /** `sync` waits for the answer to each batch; default `async`. */
  mode?: 'async' | 'sync'
  /** How arrival is confirmed; only for mode `async`. Default `auto`. */
  confirm?: Confirmation
  /** The run gives up if the server makes no progress for this long, ms; default 60,000. */
  confirmTimeoutMs?: number
  /** Row limit of a request; default 100,000, for DFS tables 1,000,000, for functions and with `follow` or `rateLimit` 10,000. */
  batchRows?: number
  /** Byte limit of a request; default 4 MiB, for DFS tables 32 MiB. */
  batchBytes?: number
  /** Limit of bytes handed over but not yet taken by the kernel, or not yet confirmed by a receipt; default 32 MiB. */
  maxInFlightBytes?: number
  /**
   * Number of sessions that send data, 1 to 64; default 1. In partitioned or keyed tables, a row's partition or key decides which session
   * sends it. Tables without partitions need `unordered`.
   */
  connections?: number
  /** Rows may arrive in a different order than they were read. */
  unordered?: boolean
  /** Retries per batch; default 5. 0 also disables reconnecting. */
  retries?: number
  /** How long to keep reconnecting, ms; default 300,000. */
  retryTimeoutMs?: number
  /** What happens to batches whose outcome is unknown; default `report`. */
  onDoubt?: 'report' | 'resend'
  /** If both limits are given, both apply. */
  rateLimit?: {
    /** Counts bytes on the wire, before compression, like `rate.bytesPerSec` of the result. */
    bytesPerSecond?: number
    /** Counts the rows of the input, before a transform. */
    rowsPerSecond?: number
  }
}

/** Where a run records its progress, so that another process can resume the run after a kill (docs/resume.md). */
export interface JournalOptions {
  /** Holds one file per run, named after its `runId`. */
  folder: string
  /** Base of relative paths, recorded for a process that resumes from another folder; if left out, none is recorded. */
  workingFolder?: string
  /** Starts over, whatever an existing journal of this name says. */
  restart?: boolean
  /** Starts over if no row of the run was stored, even if the input has changed. */
  restartUntouched?: boolean
}

/** One of several processes that load a run. */
export interface Shard {
  /** From 1; 0 for a process that loads nothing, and only looks whether everything is loaded. */
  readonly index: number
  /** Number of the shards of this pass; the next pass may have another one. */
  readonly count: number
}

/** All options of `load`; only `inputs`, `server` and `target` are required. */
export interface LoadOptions {
  /** Paths, globs, folders, or `-`. */
  inputs: readonly string[]
  /** Where the server is, and who logs in. */
  server: ServerTarget
  /** The table or function that receives the rows. */
  target: TargetOptions
  /** How the inputs are read: format, encoding, delimiters. */
  input?: InputOptions
  /** Which field or JSON member fills which column. */
  mapping?: MappingOptions
  /** What texts mean: nulls, dates, numbers. */
  cells?: CellOptions
  /** What happens to rows that cannot be loaded. */
  rejects?: RejectOptions
  /** How rows travel, and how their arrival is confirmed. */
  delivery?: DeliveryOptions
  /** The run fails with DDB_EXPECTATION unless exactly, or at least, this many rows were delivered. */
  expectRows?:
    | number
    | {
        /** The smallest number of delivered rows with which the run succeeds. */
        readonly atLeast: number
      }
  /** Names the run in receipts and rejects; default random. */
  runId?: string
  /** Keeps a journal, so that a killed run can be resumed. */
  journal?: JournalOptions
  /**
   * Loads a share of the inputs of a run that several processes load, with the same options and on as many machines as you like
   * (docs/many-machines.md#shards). Needs a `runId`, and keeps no journal.
   */
  shard?: Shard
  /** Called with the progress at most ten times a second, never in the hot path. */
  onReport?: (report: LoadReport) => void
  /** Receives one sentence at a time for the user: fallbacks, doubts, the first rejects. */
  onNotice?: (notice: string) => void
  /**
   * Receives the options that the inputs still need: before a run ends with DDB_USAGE because `target.create` lacks them, and after a check
   * in which some rows needed them. `isWhole`: the check has read every row.
   */
  onNeeded?: (needed: NeededOptions, isWhole?: boolean) => void
  /** Ends the run cleanly: batches in flight are still confirmed, and rows not handed over count as unsent. */
  signal?: AbortSignal
  /** Ends the run at once without waiting: batches in flight count as unconfirmed. */
  leave?: AbortSignal
}
