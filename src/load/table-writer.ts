/*
  A stream that accepts rows one at a time and knows whether each is in the table. It runs `load` with the stream as the input.
*/
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { DdbError, UsageError, type ErrorCode } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import { RowStore, type StoredRowCounts } from './inputs/rows/row-store.js'
import { RowWritable } from './inputs/rows/row-writable.js'
import { loadRowsOn, mostWaiting, type LoadRowsOptions } from './load-rows.js'
import type { LoadOptions, LoadResult, TargetOptions } from './options.js'
import { mayKnowBatches } from './transport/confirmations.js'

/** Options of a writer; only `server` and `table` are required. */
export interface TableWriterOptions
  extends
    Omit<LoadRowsOptions, 'rows' | 'target' | 'input' | 'onReject' | 'expectRows'>,
    Omit<TargetOptions, 'create' | 'transform'> {
  /** How long rows wait for their batch to fill up, ms; default 1,000. */
  flushIntervalMs?: number
}

/** State of the rows written so far. `written` is the sum of all other counts. */
export interface WriterStatus extends StoredRowCounts {
  /** Rows that wait or are in flight: their outcome is still unknown. */
  pending: number
}

/** Rows that are not known to be in the table. */
export interface UnwrittenRows<Row> {
  /** Sent, but their outcome is unknown: writing them again may duplicate them. */
  unconfirmed: Row[]
  /** Certainly not in the table. */
  unsent: Row[]
}

export type AnyRow = Readonly<Record<string, unknown>> | readonly unknown[]

/**
 * Takes objects keyed by column name, or arrays in the order of the table's columns, and delivers them in batches with
 * receipts. As with any Writable, `write` returns false when it is time to wait for `drain`, and `pipeline` waits by
 * itself. The event `reject` reports each row that will not be in the table (`RejectedRow`); other rows continue. An
 * `error` means that the run has ended.
 *
 * `Row` is for the compiler only; at run time the server's columns decide.
 */
export class TableWriter<Row = AnyRow> extends RowWritable<Row> {
  readonly #store: RowStore
  readonly #run: Promise<LoadResult>
  readonly #leave: AbortController
  #isOver = false
  /** Callback of the row that waits until the store has room. */
  #goOn: ((error?: Error) => void) | undefined

  private constructor(store: RowStore, run: Promise<LoadResult>, leave: AbortController) {
    super({ objectMode: true })
    this.#store = store
    this.#run = run
    this.#leave = leave
    store.onReject = reject => this.emit('reject', reject)
    store.onTaken = () => {
      if (store.waiting < mostWaiting / 2 || store.isEnded) this.#release()
    }
    void this.#run.then(result => {
      this.#isOver = true
      const failure = failureOf(result)
      if (failure !== undefined) this.destroy(failure)
    })
  }

  /**
   * Connects and reads the table's columns.
   * @throws {UsageError} DDB_USAGE, DDB_NAME for wrong options
   * @throws {DdbError} DDB_CONNECT, DDB_LOGIN, DDB_TARGET or similar if no row can be written
   */
  static open<Row = AnyRow>(options: TableWriterOptions): Promise<TableWriter<Row>> {
    return TableWriter.openOn<Row>(systemPlatform, options)
  }

  /**
   * Like `open`, on the given platform.
   * @internal
   */
  static async openOn<Row = AnyRow>(
    platform: Platform,
    options: TableWriterOptions,
  ): Promise<TableWriter<Row>> {
    checkConfirm(options.delivery?.confirm)
    const store = new RowStore()
    const leave = new AbortController()
    const ready = new Promise<undefined>(resolve => (store.onReady = () => resolve(undefined)))
    const run = loadRowsOn(platform, loadOptions(options, leave.signal), store)
    const result = await Promise.race([ready, run])
    if (result === undefined) return new TableWriter<Row>(store, run, leave)
    throw failureOf(result) ?? new DdbError('DDB_INTERRUPTED', 'the writer was interrupted')
  }

  /**
   * Takes a row, which must not change until its batch has been sent.
   * @returns false when it is time to wait for `drain`
   */
  override write(row: Row, callback?: (error: Error | null | undefined) => void): boolean
  override write(
    row: Row,
    encoding?: BufferEncoding,
    callback?: (error: Error | null | undefined) => void,
  ): boolean
  /**
   * No call matches this signature. It lets a writer end a `pipeline`, whose type demands `write` for text and bytes.
   */
  override write(row: string | Uint8Array, encoding: never, callback?: never): boolean
  override write(
    row: Row | string | Uint8Array,
    encoding?: BufferEncoding | ((error: Error | null | undefined) => void),
    callback?: (error: Error | null | undefined) => void,
  ): boolean {
    // A row that the stream refuses does not reach the store.
    if (!this.writableEnded && !this.destroyed && row !== null) this.#store.push(row)
    return typeof encoding === 'function'
      ? super.write(row, encoding)
      : super.write(row, encoding ?? 'utf8', callback)
  }

  /** The store has the row already; this method only controls when the stream sends more. */
  override _write(_row: unknown, _: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#store.waiting < mostWaiting) done()
    else this.#goOn = done
  }

  /** All rows are written by now; `finish` or an error reports their outcome. */
  override _final(done: (error?: Error | null) => void): void {
    this.#store.end()
    void this.#run.then(result => done(failureOf(result)))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isOver) this.#leave.abort()
    this.#release()
    void this.#run.then(() => done(error))
  }

  /**
   * Sends the rows written so far without waiting for more. Resolves once all of them, except rejected ones, are
   * confirmed to be in the table.
   * @throws {DdbError} DDB_UNCONFIRMED if some rows are not, or may not be, in the table; `unwritten` returns them
   */
  async flush(): Promise<void> {
    const store = this.#store
    store.flush()
    await store.settled()
    const { unconfirmed, unsent, lost } = store.counts
    if (unconfirmed + unsent + lost === 0) return
    throw new DdbError(
      'DDB_UNCONFIRMED',
      `of the rows that were written ${unconfirmed} are unconfirmed and ${unsent} were not sent: unwritten() has them` +
        (lost > 0 ? `. ${lost} were confirmed, and the server has lost them` : ''),
      { cause: this.errored ?? undefined },
    )
  }

  status(): WriterStatus {
    const { written, confirmed, rejected, unconfirmed, unsent, lost } = this.#store.counts
    const pending = written - confirmed - rejected - unconfirmed - unsent - lost
    return { written, confirmed, rejected, unconfirmed, unsent, lost, pending }
  }

  /**
   * The rows not known to be in the table, in order. After the stream has closed these are all rows that were neither
   * confirmed nor rejected.
   */
  unwritten(): UnwrittenRows<Row> {
    const { unconfirmed, unsent } = this.#store
    return { unconfirmed: [...unconfirmed] as Row[], unsent: [...unsent] as Row[] }
  }

  /**
   * Accepts no more rows and waits until the outcome of each is known.
   * @returns the same result as `load`
   * @throws {DdbError} the failure that ended the run, or DDB_UNCONFIRMED
   */
  async close(): Promise<LoadResult> {
    this.end()
    await finished(this as Writable)
    return this.#run
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #release(): void {
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }
}

function checkConfirm(confirm: NonNullable<LoadOptions['delivery']>['confirm']): void {
  if (mayKnowBatches(confirm)) return
  throw new UsageError(
    'DDB_USAGE',
    `a writer reports the outcome of each row, which \`delivery.confirm\` ${confirm} does not tell: leave it out, or use load()`,
  )
}

function loadOptions(
  options: TableWriterOptions,
  leave: AbortSignal,
): Parameters<typeof loadRowsOn>[1] {
  const { table, method, keyColumns, function: view, functionArguments, types, ...rest } = options
  const { confirmTable, flushIntervalMs, ...run } = rest
  const target = { table, method, keyColumns, function: view, functionArguments, types }
  return {
    rejects: { onError: 'skip', maxErrors: '100%' },
    ...run,
    target: given({ ...target, confirmTable }),
    input: given({ flushIntervalMs }),
    leave: run.leave === undefined ? leave : AbortSignal.any([run.leave, leave]),
  }
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> }

function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given<T>
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
