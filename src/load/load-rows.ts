/*
  Loads rows that a program supplies instead of files. The rows pass through a store, which receives the outcome of each row.
*/
import { InputError, option, usageError } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import { rowsName } from './inputs/row-inputs.js'
import { RowStore, type RejectedRow } from './inputs/row-store.js'
import { loadOn } from './load.js'
import type { LoadOptions, LoadResult } from './options.js'

/** Rows of a program: objects keyed by column name, or arrays in the order of the target's columns. */
export type Rows<Row extends object = object> = Iterable<Row> | AsyncIterable<Row>

/** Options for loading a program's rows; all other options are as for files. */
export interface LoadRowsOptions<Row extends object = object> extends Omit<
  LoadOptions,
  'inputs' | 'journal'
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
export async function load(options: LoadOptions | LoadRowsOptions): Promise<LoadResult> {
  if (!('rows' in options)) return loadOn(systemPlatform, options)
  const { rows, ...others } = options
  checkIterable(rows, 'inputs' in options)
  const store = new RowStore()
  // Not awaited: a source that yields nothing more must not keep the run from ending.
  store.onReady = () => void fill(store, rows)
  return loadRowsOn(systemPlatform, others, store)
}

/**
 * Limits for tables in memory; DFS tables need the higher defaults, because each batch is a transaction. The limits are
 * low because rows in flight stay in memory as the caller's objects. Objects take ten times the space of the bytes
 * sent, and V8 lets garbage grow to four times the live objects.
 */
const ofMemory = { maxInFlightBytes: 4 * 1024 * 1024, batchBytes: 1024 * 1024 }

/**
 * @param store  supplies the rows until the program has no more, and receives the outcome of each row
 * @throws {UsageError} DDB_USAGE for an option that rows of a program do not allow, such as `journal`
 */
export async function loadRowsOn<Row extends object>(
  platform: Platform,
  { onReject, ...options }: Omit<LoadRowsOptions<Row>, 'rows'>,
  store: RowStore,
): Promise<LoadResult> {
  checkOptions(options)
  store.onReject = onReject as RowStore['onReject']
  const isOnDisk = options.target.table?.startsWith('dfs://') === true
  const delivery = { ...(isOnDisk ? {} : ofMemory), ...options.delivery }
  try {
    return await loadOn(platform, { ...options, delivery, inputs: [rowsName] }, { rows: store })
  } finally {
    store.end()
    store.endRest()
  }
}

async function fill(store: RowStore, rows: Rows): Promise<void> {
  try {
    // Awaiting each row of a list would take longer than loading it.
    if (Symbol.asyncIterator in rows) {
      for await (const row of rows) {
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
    const text = cause instanceof Error ? cause.message : String(cause)
    const message = `the rows ended with an error: ${text}`
    store.end(new InputError('DDB_INPUT_READ', message, { file: rowsName }, { cause }))
  }
}

/** Callers in plain JavaScript have no compiler to check the type. */
function checkIterable(rows: unknown, hasInputs: boolean): void {
  if (hasInputs) {
    throw usageError('`rows` replace `inputs`: leave one of them out')
  }
  const isObject = typeof rows === 'object' && rows !== null
  if (isObject && (Symbol.iterator in rows || Symbol.asyncIterator in rows)) return
  throw usageError(
    '`rows` are a list of objects, or anything that `for await` can iterate, such as a generator or a stream',
  )
}

function checkOptions({ input = {}, target, journal }: Omit<LoadOptions, 'inputs'>): void {
  const refusals: readonly [boolean, string][] = [
    [journal !== undefined, '`journal`: they cannot be read twice'],
    [
      target.create !== undefined,
      `${option('target.create')}, which reads its input twice: make the table first`,
    ],
    [
      target.transform !== undefined,
      `${option('target.transform')}: leave rows out before they are written`,
    ],
    [input.follow === true, `${option('input.follow')}, which is for files`],
    [input.jsonPath !== undefined, `${option('input.jsonPath')}, which is for documents`],
  ]
  const refused = refusals.find(([isGiven]) => isGiven)
  if (refused === undefined) return
  throw usageError(`rows of a program cannot be loaded with ${refused[1]}`)
}
