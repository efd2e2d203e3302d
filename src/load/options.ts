/*
  What `load()` is asked: plain data, one group per part of the run. The command line and the library fill it in;
  `plan.ts` checks it.
*/
import type { Readable } from 'node:stream'
import type { CompressChoice } from '../client/compress-choice.js'
import type { LoginMemory, LoginOptions, LoginRequirement } from '../client/login/protection.js'
import type { TlsOptions } from '../client/tls/tls-options.js'
import type { Trace } from '../client/trace.js'
import type { DialectOptions } from '../parse/csv/csv-dialect.js'
import type { InputFormat } from '../parse/formats.js'
import type { Compression } from '../source/byte-source.js'
import type { Encoding } from '../source/encoding/encodings.js'
import type { PathUnmatched } from '../source/path/input-texts.js'
import type { Confirmation } from './transport/confirmations.js'
import type { ServerAddress, ServerMemory } from './connection/known-server.js'
import type { ListedInputs, LoadReport, Method } from './load-result.js'
import type { CellOptions } from '../parse/cell-rules.js'
import type { MappingOptions } from './inputs/row-options.js'

export type { ConfirmUsed } from './transport/confirmations.js'
export type {
  Detected,
  InputFailure,
  InputTotals,
  ListedInputs,
  LoadReport,
  LoadResult,
  LoadStatus,
  Method,
  RowCounts,
  Stored,
  UncertainLines,
  VerifyResult,
  WaysOn,
} from './load-result.js'
export type { SourceNotes } from './inputs/source-notes.js'
export type { Known } from '../parse/input-reader.js'
export type {
  CellOptions,
  CompressChoice,
  Compression,
  Confirmation,
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
export type {
  KnownServer,
  ServerFacts,
  ServerMemory,
  UserFacts,
} from './connection/known-server.js'

/** What a rejected row does: end the run, nothing, or go into the rejects file. */
export type OnError = 'stop' | 'skip' | 'quarantine'

/** The server of a run, and who logs in. */
export interface ServerTarget extends ServerAddress, TlsOptions, LoginOptions {
  /** Who logs in; without it the run is the server's guest. */
  user?: string
  /** Struck out of all that the run says. */
  password?: string
  /** Whether columns travel compressed: `auto`, the default, does so while a network between is slow. */
  compress?: CompressChoice
  /** For all hosts and all tries together, before the first login; default 10,000. */
  connectTimeoutMs?: number
  /** Gets a line for each message of each connection; secrets are left out, values unless it asks for them. */
  trace?: Trace
  /** Keeps what runs and `selftest` find out about servers, so that it is asked once. Nothing when left out. */
  serverMemory?: ServerMemory
  /** Further nodes to try, in order, when connecting fails. */
  otherHosts?: readonly ServerAddress[]
  /** Hosts a redirect may lead to besides those named here. */
  allowRedirect?: readonly string[]
}

/** What is written into: a table, or a function that does the writing. */
export interface TargetOptions {
  /** Shared table, or `dfs://DB/TABLE`. Either this or `function`. */
  table?: string
  /** Makes the table when it is not there, with columns found by looking at every value; never from a pipe. */
  create?: 'stream' | 'dfs'
  /**
   * With `create` dfs: how rows are divided, in one to three levels: a column with days, `value(COLUMN,…)`, `range(COLUMN,…)`,
   * `hash(COLUMN,N)`, such as `date,hash(symbol,10)`. Chosen by the data when left out, as are the next four.
   */
  partition?: string
  /** With `create` dfs, engine TSDB: rows with equal ones lie together, in order of the last. */
  sortColumns?: readonly string[]
  /** With `create` dfs, engine TSDB: which rows with equal sort columns stay; all when left out. */
  keepDuplicates?: 'all' | 'first' | 'last'
  /** With `create` dfs. */
  engine?: 'OLAP' | 'TSDB'
  /** With `create` dfs: how the database writes several partitions; its own default, `trans`, when left out. */
  atomic?: 'trans' | 'chunk'
  /**
   * Adds columns of the input that the target lacks, with types found by looking at every value; never from a pipe. The
   * script is told before it runs.
   */
  addColumns?: boolean
  /** Default `insert`. */
  method?: Method
  /** Columns that make a row unique: for `upsert`, and for `delivery.verify`. */
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

/** How the inputs are read; what is left out is found in them. */
export interface InputOptions extends DialectOptions {
  /** `auto`, the default, goes by the extension, else by the first bytes. */
  format?: 'auto' | InputFormat
  /** `auto`, the default, goes by the first bytes; for Brotli, which has none of its own, by the extension `.br`. */
  compression?: 'auto' | Compression
  /**
   * `auto`, the default, takes a byte order mark, else UTF-8, and ends the run where that cannot be. Named, bytes that
   * are not a character reject their rows.
   */
  encoding?: 'auto' | Encoding
  /**
   * Patterns of the files that are taken from folders, by their names or, with a `/`, by their paths in the folder: `*.txt`,
   * `2024/**`. Those with the extension of a format when left out.
   */
  include?: readonly string[]
  /** Patterns of the members that are taken from zip archives, as `include` has them for files of folders. */
  members?: readonly string[]
  /**
   * The end of the path of each input, with names for parts of it: `level2/{day}/{symbol}.csv`, or a pattern after a colon,
   * `{day:\d{8}}`; `*` is what nobody wants. `hive` takes folders `day=2024-01-02`. A part fills the column of its name, and
   * templates of `mapping.set` hold it. An input that does not match ends the run before its first row.
   */
  path?: string
  /** Inputs whose paths do not match are left out, or their parts are null. */
  pathUnmatched?: PathUnmatched
  /** Most records read, rejected ones included, of all inputs together. */
  limit?: number
  /** Between the elements of an array column, one ASCII character; default `,`. */
  arrayDelimiter?: string
  /** Where the records of a JSON document are: `data.items`, or `/data/items`; default the document itself. */
  jsonPath?: string
  /**
   * How many threads read the inputs, from 1 to 64; default `auto`: one for each core but one, 3 at most, once an input pays
   * for them. Rows, places and rejects are those of one thread.
   */
  threads?: 'auto' | number
  /** Stands for `-`. */
  stdin?: Readable
  /** Files are read on as they grow, rotate and appear, until a signal ends the run (docs/follow.md). */
  follow?: boolean
  /** Partial batches of stdin and of files that are followed go out after this much idle time; default 1,000. */
  flushIntervalMs?: number
}

/** What becomes of rows that the input or the server rejects. */
export interface RejectOptions {
  /** Default `quarantine` with a `file`, else `stop`. */
  onError?: OnError
  /** A count or a share such as `5%`; default 100. */
  maxErrors?: number | `${number}%`
  /**
   * File that takes rejected records byte for byte; it must not exist, or be empty. Records under another header go
   * into files beside it: `r.2.csv` of `r.csv`.
   */
  file?: string
}

/** How rows travel, and how they are known to have arrived. */
export interface DeliveryOptions {
  /** `sync` waits for the answer to each batch; default `async`. */
  mode?: 'async' | 'sync'
  /** Only for `async`; default `auto`. */
  confirm?: Confirmation
  /** Without progress; default 60,000. */
  confirmTimeoutMs?: number
  /**
   * Most rows of a request. `auto`, the default: at first 10,000, for DFS tables 1,000,000; twice as many as often as that has the
   * server answer for more rows a second (docs/delivery.md#the-size-of-batches).
   */
  batchRows?: 'auto' | number
  /** A request is full at so many bytes; default 4 MiB, for DFS tables 32 MiB. */
  batchBytes?: number
  /** Bytes handed over but not yet taken by the kernel, or not yet confirmed by a receipt; default 32 MiB. */
  maxInFlightBytes?: number
  /**
   * Sessions that send data, 1 to 64; default 1. Rows go over them by partition, by key, or, into a stream table or another shared
   * table in memory, over any of them. Tables in memory without partitions need `unordered`. `auto`: one at first, and twice as many,
   * up to 16, as often as that has the server answer for more rows a second; one where the target takes no more, or nobody answers.
   */
  connections?: number | 'auto'
  /** Rows may arrive in another order than they were read in. */
  unordered?: boolean
  /** How often a batch is sent again; default 5. With 0 no lost connection is opened again either. */
  retries?: number
  /** How long opening a lost connection again may take; default 300,000. */
  retryTimeoutMs?: number
  /** What becomes of batches of which nobody knows whether they arrived; default `report`. */
  onDoubt?: 'report' | 'resend'
  /** Reads 100 of every 10,000 rows back, or all, and compares them; those that differ are unconfirmed. */
  verify?: 'sample' | 'all'
  /** Both hold where both are given. */
  rateLimit?: {
    /** On the wire. */
    bytesPerSecond?: number
    /** Rows that are sent. */
    rowsPerSecond?: number
  }
}

/** Where a run keeps what the next process has to know, should this one be killed (docs/resume.md). */
export interface JournalOptions {
  /** Takes a file for each run, named after its `runId`. */
  folder: string
  /** Where relative paths begin, for whoever goes on elsewhere; default is to leave that open. */
  workingFolder?: string
  /** Begins anew, whatever a journal of this name says. */
  restart?: boolean
  /**
   * Inputs that were read to their end and have another content by now are read again, into targets in which a row takes the place of
   * the one with its key. Rows that are not in them any more stay where they are.
   */
  changed?: boolean
}

/** Everything `load` has to know. */
export interface LoadOptions {
  /** Paths, globs, folders, or `-`. */
  inputs: readonly string[]
  /** Where the server is, and who logs in. */
  server: ServerTarget
  /** The table that rows go into, or the function that takes them. */
  target: TargetOptions
  /** How the inputs are read: format, encoding, delimiters. */
  input?: InputOptions
  /** Which field or member goes into which column. */
  mapping?: MappingOptions
  /** What texts mean: nulls, dates, numbers. */
  cells?: CellOptions
  /** What becomes of rows that cannot be loaded. */
  rejects?: RejectOptions
  /** How rows travel, and how it is known that they arrived. */
  delivery?: DeliveryOptions
  /** The run fails with DDB_EXPECTATION unless exactly so many rows were delivered. */
  expectRows?: number
  /** The run fails with DDB_EXPECTATION unless at least so many rows were delivered. */
  minRows?: number
  /** The run fails with DDB_EXPECTATION when the target had the key of a row already, or does not tell. */
  expectUnique?: boolean
  /** `time:TIMESTAMP,sym:SYMBOL`: the run fails with DDB_EXPECTATION before its first row unless the target has these columns. */
  expectTypes?: string
  /** Which inputs the result lists where there are more than a hundred; `wrong` when left out: those with rejects or errors. */
  summaryInputs?: ListedInputs
  /** Names the run in receipts and rejects; random when left out. */
  runId?: string
  /** Keeps a journal, so that a run that was killed goes on where it stopped. */
  journal?: JournalOptions
  /** Called as the run goes on, at most ten times a second; never in the hot path. */
  onReport?: (report: LoadReport) => void
  /** Puts each sentence of the run into the words of whoever shows it: fields of these options stand in backticks. */
  wording?: (sentence: string) => string
  /** One sentence for the person watching: fallbacks, doubts, the first rejects. */
  onNotice?: (notice: string) => void
  /** Which of the tables that other runs have left on the server `onNotice` is told of; all when left out. */
  leftovers?: (tables: readonly string[]) => Promise<readonly string[]>
  /** Called before each batch goes out: what it throws ends the run in order, and the batch stays here. */
  beforeSending?: () => void
  /** Ends the run in order: batches in flight are flushed, rows not handed over are unsent. */
  signal?: AbortSignal
  /** Ends the run where it stands: nothing is waited for any more, and what is out counts as unconfirmed. */
  leave?: AbortSignal
}
