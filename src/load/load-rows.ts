/* Loads rows that a program supplies, all of an iterable or one by one, through a store that receives the outcome of each. */
import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { attempt, DdbError, InputError, messageOf, option, usageError } from '../errors.js'
import type { ErrorCode } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { systemPlatform } from '../platform/system-files.js'
import { RowStore, rowsName, type RejectedRow, type WriterStatus } from './inputs/rows.js'
import { kind } from '../known-fields.js'
import type { loadOn as loadNow } from './load.js'
import { checkCall } from './checked-options.js'
import type { LoadOptions, LoadResult } from './options.js'
import { refuseFirst } from './target/target.js'

/** Most of the library's code belongs to runs, so it is read with the first one. */
const loadOn: typeof loadNow = async (...given) => (await import('./load.js')).loadOn(...given)

/** Rows of a program: objects keyed by column name, or arrays in the order of the target's columns. */
export type Rows<Row extends object = object> = Iterable<Row> | AsyncIterable<Row>

/** Options for loading a program's rows; all other options are as for files. */
export interface LoadRowsOptions<Row extends object = object> extends Omit<
  LoadOptions,
  'inputs' | 'journal' | 'shard'
> {
  /** The run requests rows as fast as the server takes them. If the iterable throws, the run shuts down cleanly. */
  rows: Rows<Row>
  /** Called for each row that will not be in the table, in order, with the reason. */
  onReject?: (reject: RejectedRow<Row>) => void
}

/**
 * Loads the inputs, or the rows, into the target and determines the outcome of every row.
 * @returns the outcome, including failures of the run (`error`, `exitCode`); the promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export function load(options: LoadOptions): Promise<LoadResult>
export function load<Row extends object = object>(
  options: LoadRowsOptions<Row>,
): Promise<LoadResult>
export async function load(given: LoadOptions | LoadRowsOptions): Promise<LoadResult> {
  const options = checkCall(given, { rows: true, onReject: true })
  if (!('rows' in given)) return loadOn(systemPlatform, options as LoadOptions)
  const { rows, ...others } = options as LoadRowsOptions
  checkIterable(rows, 'inputs' in others)
  const store = new RowStore()
  const open: AsyncIterator<object>[] = []
  // Not awaited: a source that yields nothing more must not keep the run from ending.
  store.onReady = () => void fill(store, rows, open)
  const result = await loadRowsOn(systemPlatform, others, store)
  if (rows instanceof Readable) rows.destroy()
  // A generator that waits closes only when it goes on. The run has ended, and needs nothing more of it, not even its errors.
  else attempt(() => void open[0]?.return?.().catch(() => undefined))
  return result
}

/**
 * Limits for tables in memory (each batch of a DFS table is a transaction). They are low because rows in flight stay in memory as objects,
 * ten times the bytes sent, and V8 lets garbage grow to four times the live objects.
 */
const ofMemory = { maxInFlightBytes: 4 * 1024 * 1024, batchBytes: 1024 * 1024 }

/** @param store  supplies rows, and gets their outcomes @throws {UsageError} DDB_USAGE for options that rows do not allow */
async function loadRowsOn<Row extends object>(
  platform: Platform,
  { onReject, ...options }: TableWriterOptions<Row> & Pick<LoadOptions, 'journal' | 'shard'>,
  store: RowStore,
): Promise<LoadResult> {
  const { input = {}, target, mapping, journal, shard } = options
  const { create, transform } = target
  const refusals = {
    '`journal`: they cannot be read twice': journal !== undefined,
    [`${option('shard')}: every shard would load all of them`]: shard !== undefined,
    [`${option('target.create')}, which reads its input twice: make the table first`]:
      create !== undefined,
    [`${option('target.transform')}: leave rows out before they are written`]:
      transform !== undefined,
    [`${option('mapping.match')} position: an array has its values in the order of the columns without it`]:
      mapping?.match === 'position',
    [`${option('input.follow')}, which is for files`]: input.follow === true,
    [`${option('input.jsonPath')}, which is for documents`]: input.jsonPath !== undefined,
  }
  refuseFirst(refusals, 'rows of a program cannot be loaded with ')
  store.onReject = onReject as RowStore['onReject']
  const isOnDisk = target.table?.startsWith('dfs://') === true
  const delivery = { ...(isOnDisk ? {} : ofMemory), ...options.delivery }
  try {
    return await loadOn(platform, { ...options, delivery, inputs: [rowsName] }, { rows: store })
  } finally {
    store.end()
    store.endRest()
  }
}

/** @param open  gets the source's iterator while it has not ended */
async function fill(store: RowStore, rows: Rows, open: AsyncIterator<object>[]): Promise<void> {
  try {
    // Awaiting each row of a list would take longer than loading it.
    if (Symbol.asyncIterator in rows) {
      const iterator = rows[Symbol.asyncIterator]()
      open.push(iterator)
      for await (const row of { [Symbol.asyncIterator]: () => iterator }) {
        if (store.isEnded) return
        store.push(row)
        if (store.isFull) await store.room()
      }
    } else {
      for (const row of rows) {
        if (store.isEnded) return
        store.push(row)
        if (store.isFull) await store.room()
      }
    }
    store.end()
  } catch (cause) {
    const message = `the rows ended with an error: ${messageOf(cause)}`
    store.end(new InputError('DDB_INPUT_READ', message, { file: rowsName }, { cause }))
  } finally {
    open.pop()
  }
}

/** Callers in plain JavaScript have no compiler to check the type. */
function checkIterable(rows: unknown, hasInputs: boolean): void {
  if (hasInputs) throw usageError('`rows` replace `inputs`: leave one of them out')
  const isObject = typeof rows === 'object' && rows !== null
  if (isObject && (Symbol.iterator in rows || Symbol.asyncIterator in rows)) return
  throw usageError(
    '`rows` are a list of objects, or anything that `for await` can iterate, such as a generator or a stream',
  )
}

export type AnyRow = Readonly<Record<string, unknown>> | readonly unknown[]

/** Options of a writer, as of `load`; only `server` and `target` are required. By default bad rows do not end the run. */
export type TableWriterOptions<Row extends object = AnyRow> = Omit<LoadRowsOptions<Row>, 'rows'>

/** Rows that are not known to be in the table. */
export interface UnwrittenRows<Row> {
  /** Sent, but their outcome is unknown: writing them again may duplicate them. */
  unconfirmed: Row[]
  /** Certainly not in the table. */
  unsent: Row[]
}

type Callback = (error?: Error | null) => void

/**
 * Takes objects keyed by column name, or arrays in the order of the table's columns, and delivers them in batches with receipts. As with
 * any Writable, `write` returns false when it is time to wait for `drain`. `onReject` is called for each row that will not be in the table;
 * an `error` means that the run has ended. `Row` is for the compiler only; at run time the server's columns decide.
 */
export class TableWriter<Row extends object = AnyRow> extends Writable {
  readonly #store: RowStore
  readonly #run: Promise<LoadResult>
  readonly #leave: AbortController

  private constructor(store: RowStore, run: Promise<LoadResult>, leave: AbortController) {
    super({ objectMode: true })
    this.#store = store
    this.#run = run
    this.#leave = leave
    void run.then(result => {
      const failure = failureOf(result)
      if (failure !== undefined) this.destroy(failure)
    })
  }

  /**
   * Connects and reads the table's columns. @throws {UsageError} DDB_USAGE, DDB_NAME for wrong options
   * @throws {DdbError} DDB_CONNECT, DDB_LOGIN, DDB_TARGET or similar if no row can be written
   */
  static async open<Row extends object = AnyRow>(
    options: TableWriterOptions<Row>,
  ): Promise<TableWriter<Row>> {
    const inputs = kind('left out for a writer, which gets rows', () => false)
    const own = checkCall(options, { onReject: true, inputs })
    return TableWriter.openOn<Row>(systemPlatform, own)
  }

  /** Like `open`, on the given platform. @internal */
  static async openOn<Row extends object = AnyRow>(
    platform: Platform,
    options: TableWriterOptions<Row>,
  ): Promise<TableWriter<Row>> {
    const refusals = {
      [`${option('delivery.confirm')} none`]: options.delivery?.confirm === 'none',
      [option('input.limit')]: options.input?.limit !== undefined,
    }
    refuseFirst(refusals, 'a writer reports the outcome of every row: use load() for ')
    const store = new RowStore()
    const leaving = new AbortController()
    const leave = AbortSignal.any([...(options.leave ? [options.leave] : []), leaving.signal])
    const ready = new Promise<undefined>(resolve => (store.onReady = () => resolve(undefined)))
    const rejects = { onError: 'skip', maxErrors: '100%' } as const
    const run = loadRowsOn<Row>(platform, { rejects, ...options, leave }, store)
    const result = await Promise.race([ready, run])
    if (result === undefined) return new TableWriter<Row>(store, run, leaving)
    throw failureOf(result) ?? new DdbError('DDB_INTERRUPTED', 'the writer was interrupted')
  }

  /** Takes a row, which must not change until its batch has been sent. @returns false when it is time to wait for `drain` */
  override write(row: Row, callback?: Callback): boolean
  /** No call matches this signature. It lets a writer end a `pipeline`, whose type demands `write` for text and bytes. */
  override write(row: string | Uint8Array, encoding: never, callback?: never): boolean
  override write(row: Row | string | Uint8Array, callback?: Callback): boolean {
    // A row that is written after the end too, so that it counts as unsent.
    if (row !== null) this.#store.push(row)
    return super.write(row, callback)
  }

  /** As a Writable's, which would not call `write` for a last row. */
  override end(...given: unknown[]): this {
    const [row] = given
    const isRow = row !== undefined && row !== null && typeof row !== 'function'
    if (isRow) this.write(row as Row)
    const done = given.find(one => typeof one === 'function')
    return super.end(done as () => void)
  }

  /** The store has the row already; this method only controls when the stream sends more. */
  override _write(_row: unknown, _: BufferEncoding, done: Callback): void {
    const { isEnded, isFull } = this.#store
    // A program that writes without a pause must wait for `drain`, or it never gets the error.
    if (isEnded) void this.#run.then(result => done(failureOf(result)))
    else if (isFull) void this.#store.room().then(() => done())
    else done()
  }

  /** All rows are written by now; `finish` or an error reports their outcome. */
  override _final(done: Callback): void {
    this.#store.end()
    void this.#run.then(result => done(failureOf(result)))
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.#leave.abort()
    void this.#run.then(() => done(error))
  }

  /**
   * Sends the rows written so far. Resolves once all of them, except rejected ones, are confirmed to be in the table.
   * @throws {DdbError} DDB_UNCONFIRMED if some rows are not, or may not be, in the table; `unwritten` returns them
   */
  async flush(): Promise<void> {
    await this.#store.flush()
    const { unconfirmed, unsent, lost } = this.#store.counts
    if (unconfirmed + unsent + lost === 0) return
    throw new DdbError(
      'DDB_UNCONFIRMED',
      `of the rows that were written ${unconfirmed} are unconfirmed and ${unsent} were not sent: unwritten() has them` +
        (lost > 0 ? `. ${lost} were confirmed, and the server has lost them` : ''),
      { cause: this.errored ?? undefined },
    )
  }

  status(): WriterStatus {
    const { written, ...known } = this.#store.counts
    const pending = Object.values(known).reduce((rest, count) => rest - count, written)
    return { written, ...known, pending }
  }

  /**
   * The rows not known to be in the table, in order. Once the stream is destroyed, these are all rows that were neither confirmed nor
   * rejected. Until it has closed, rows that wait in a batch count as unconfirmed.
   */
  unwritten(): UnwrittenRows<Row> {
    return this.#store.unwritten(this.destroyed) as UnwrittenRows<Row>
  }

  /**
   * Accepts no more rows and waits until the outcome of each is known.
   * @returns the same result as `load` @throws {DdbError} the failure that ended the run, or DDB_UNCONFIRMED
   */
  async close(): Promise<LoadResult> {
    this.end()
    await finished(this)
    const result = await this.#run
    const failure = failureOf(result)
    if (failure === undefined) return result
    throw failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** The run's error, or else an error if the outcome of rows is unknown; undefined if there is no error. */
function failureOf({ error, status, rows }: LoadResult): DdbError | undefined {
  if (error !== null) return new DdbError(error.code as ErrorCode, error.message)
  if (status !== 'unconfirmed') return undefined
  return new DdbError(
    'DDB_UNCONFIRMED',
    `it is unknown whether ${rows.unconfirmed} rows are in the table`,
  )
}
