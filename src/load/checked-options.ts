/* The options of a run: their fields, kinds and defaults (the compiler checks that none is missing), and their check before the start. */
import { connectionFields } from '../client/session-options.js'
import { option, UsageError, usageError } from '../errors.js'
import * as kinds from '../known-fields.js'
import { inputFormats } from '../parse/formats.js'
import type { Random } from '../platform/platform.js'
import { isInputWord, templateNames } from '../schema/set-columns.js'
import { compressions } from '../source/byte-source.js'
import { newPathReader } from '../source/data-files.js'
import { confirmations } from './options.js'
import type { DeliveryOptions, LoadOptions, OnError, Shard } from './options.js'
import { hasTransform, parseTarget, refuseFirst, type Target } from './target/target.js'

// Times in milliseconds, sizes in bytes.

/** Tables in memory: larger batches take less time and memory than 10,000 rows, and no more from here on (docs/decisions/0081-speed.md). */
const tableBatch = { rows: 100_000, bytes: 4 * 1024 * 1024 }
/** For functions, whose refusal puts a whole batch in doubt, for many followed files in memory at once, and for limited rates. */
const smallBatch = { rows: 10_000, bytes: 4 * 1024 * 1024 }
/** DolphinDB advises "some tens of MB" per write into DFS tables (docs/server-semantics.md#sizes-of-writes). */
const dfsBatch = { rows: 1_000_000, bytes: 32 * 1024 * 1024 }

export const defaultMaxErrors = 100
export const defaultFlushIntervalMs = 1_000

export const deliveryDefaults = {
  mode: 'async',
  confirm: 'auto',
  confirmTimeoutMs: 60_000,
  maxInFlightBytes: 32 * 1024 * 1024,
  connections: 1,
  unordered: false,
  retries: 5,
  retryTimeoutMs: 300_000,
  onDoubt: 'report',
} as const satisfies LoadOptions['delivery']

/** Memory must hold a whole record, and two copies of the record while the buffer grows. */
export const mostRecordBytes: number = 512 * 1024 * 1024

type Group<Name extends keyof LoadOptions> = kinds.FieldsOf<NonNullable<LoadOptions[Name]>>

const { flag, kind, list, oneOf, record, signal, text, texts, whole } = kinds
const positive = whole(1)
const limit = kind('a whole number, or Infinity', one => one === Infinity || !whole(0)(one))

const server: Group<'server'> = { ...connectionFields, otherHosts: list, allowRedirect: texts }
const target: Group<'target'> = {
  ...{ table: text, create: oneOf('stream', 'dfs'), partition: text, transform: text },
  ...{ method: oneOf('insert', 'append', 'upsert'), keyColumns: texts, types: text },
  ...{ function: text, functionArguments: list, confirmTable: text, mayDrop: flag },
}
const input: Group<'input'> = {
  ...{ format: oneOf('auto', ...inputFormats), compression: oneOf('auto', ...compressions) },
  ...{ encoding: text, include: texts, path: text, limit, skipLines: whole(0) },
  ...{ delimiter: text, quote: text, escape: text, comment: text, fieldCount: whole(0) },
  ...{ header: oneOf('auto', 'yes', 'no'), ragged: oneOf('reject', 'pad', 'cut'), trim: flag },
  trailingDelimiter: flag,
  ...{ quotes: oneOf('strict', 'lax', 'excel'), maxRecordBytes: whole(1, mostRecordBytes) },
  ...{ arrayDelimiter: text, jsonPath: text, stdin: true, follow: flag, flushIntervalMs: positive },
}
const mapping: Group<'mapping'> = {
  ...{ match: oneOf('name', 'position'), map: record, set: record },
  ...{ ignoreExtra: flag, allowMissing: flag },
}
const cells: Group<'cells'> = {
  ...{ nullTexts: texts, dateFormats: record, timeZone: text, offsets: record, thousands: text },
  ...{ decimalComma: flag, percentColumns: texts, booleans: texts, lenient: flag },
}
const isShare = (value: unknown): boolean =>
  typeof value === 'string' && /^\d+(\.\d+)?%$/.test(value) && parseFloat(value) <= 100
const rejects: Group<'rejects'> = {
  onError: oneOf('stop', 'skip', 'quarantine'),
  maxErrors: kind('a count or a share such as 5%', one => isShare(one) || !whole(0)(one)),
  file: text,
}
const rate = kind('a number above 0', value => typeof value === 'number' && value > 0)
const delivery: Group<'delivery'> = {
  ...{ mode: oneOf('async', 'sync'), confirm: oneOf(...confirmations), confirmTimeoutMs: positive },
  ...{ batchRows: positive, batchBytes: positive, maxInFlightBytes: positive },
  ...{ connections: whole(1, 64), unordered: flag, retries: whole(0), retryTimeoutMs: positive },
  ...{ onDoubt: oneOf('report', 'resend') },
  rateLimit: { bytesPerSecond: rate, rowsPerSecond: rate },
}
const journal: Group<'journal'> = {
  ...{ folder: text, workingFolder: text, restart: flag, restartUntouched: flag },
}

const ofLoad: kinds.FieldsOf<LoadOptions> = {
  inputs: kind(
    "a list of files, as in inputs: ['trades.csv'], even if there is only one",
    one => !texts(one),
  ),
  ...{ server, target, input, mapping, cells, rejects, delivery, journal },
  expectRows: kind('a number of rows, or { atLeast: ROWS }', value => {
    const { atLeast = value } = Object(value) as { readonly atLeast?: unknown }
    return whole(0)(atLeast) === undefined
  }),
  shard: { index: whole(0), count: whole(1) },
  ...{ runId: text, onReport: true, onNotice: true, onNeeded: true },
  ...{ signal, leave: signal },
}

/** What `audit` and `check` have besides. */
export const ofAudit: kinds.Fields = {
  ...{ columns: texts, exact: flag, missing: text },
  ...{ recorded: true, unfinished: flag, certificate: true },
}
export const ofCheck: kinds.Fields = { sampleRows: positive }

/** Checks the options of a call of the library, whose callers may have no compiler. @returns a copy @throws {UsageError} DDB_USAGE */
export function checkCall<Options extends object>(given: Options, more?: kinds.Fields): Options {
  const options = kinds.checkFields(given, { ...ofLoad, ...more })
  const { server, target = 'certificate' in options || undefined } = options as Partial<LoadOptions>
  const needed = { server, 'server.host': server?.host, 'server.port': server?.port, target }
  const [missing] = Object.entries(needed).find(([, value]) => value === undefined) ?? []
  const example = "{ host: '127.0.0.1', port: 8848 }"
  const how = missing === 'target' ? "target: { table: 'trades' }" : `server: ${example}`
  if (missing !== undefined) throw usageError(`\`${missing}\` is missing, as in ${how}`)
  return options
}

type CheckedDelivery = Required<Omit<DeliveryOptions, 'unordered'>>

/** Complete options, except for values that depend on the target. */
export interface CheckedOptions extends CheckedDelivery {
  runId: string
  target: Target
  onError: OnError
  maxErrors: { count: number } | { share: number }
  rejectsFile: string | undefined
  rateLimit: RateLimit
}

/** Infinity for no limit. */
export type RateLimit = Required<CheckedDelivery['rateLimit']>

/** @throws {UsageError} DDB_USAGE, DDB_NAME for invalid options */
export function checkedOptions(options: LoadOptions, random: Random): CheckedOptions {
  kinds.checkFields({ ...options, inputs: options.inputs ?? null }, ofLoad)
  const target = parseTarget(options.target)
  const delivery = { ...deliveryDefaults, ...defined(options.delivery ?? {}) }
  const rejects = options.rejects ?? {}
  const most = rejects.maxErrors ?? defaultMaxErrors
  const onError = rejects.onError ?? (rejects.file === undefined ? 'stop' : 'quarantine')
  const { mode, confirm, connections } = delivery
  refuseFirst({
    'no input: name files to load, or - for standard input': options.inputs.length === 0,
    [`${option('target.create')} reads its input twice, which standard input does not allow: load a file, or make the table first`]:
      options.target.create !== undefined && options.inputs.includes('-'),
    [`${option('rejects.onError')} quarantine needs ${option('rejects.file')} to put the rows in`]:
      onError === 'quarantine' && rejects.file === undefined,
    [`${option('rejects.file')} goes with ${option('rejects.onError')} quarantine`]:
      onError !== 'quarantine' && rejects.file !== undefined,
    [`${option('target.transform')} cannot be used with ${option('delivery.confirm')} ${confirm}: only receipts and answers say how many rows remain`]:
      hasTransform({ target }) && mode === 'async' && confirm === 'none',
    [`${option('expectRows')} counts confirmed rows, and ${option('delivery.confirm')} none confirms none: leave out one of them`]:
      options.expectRows !== undefined && mode === 'async' && confirm === 'none',
    // Limits that depend on the table are checked later, once the server has described the table.
    [`a function takes batches one after the other: leave ${option('delivery.connections')} at 1`]:
      connections > 1 && target.kind === 'function',
  })
  if (options.input?.follow === true) checkFollow(options)
  if (options.shard !== undefined) checkShard(options, options.shard)
  checkTemplates(options)
  const { rows, bytes } = usualBatch(target, options)
  const { unordered, rateLimit, batchRows = rows, batchBytes = bytes, ...others } = delivery
  return {
    ...{ ...others, batchRows, batchBytes, target, onError, rejectsFile: rejects.file },
    // Random: no two runs get the same id.
    runId: checkRunId(options.runId ?? Buffer.from(random.bytes(8)).toString('hex')),
    maxErrors: typeof most === 'number' ? { count: most } : { share: parseFloat(most) / 100 },
    rateLimit: { bytesPerSecond: Infinity, rowsPerSecond: Infinity, ...defined(rateLimit ?? {}) },
  }
}

function usualBatch(target: Target, { input, delivery }: LoadOptions): typeof smallBatch {
  if (target.kind === 'function') return smallBatch
  if (target.table.kind === 'dfs') return dfsBatch
  return input?.follow === true || delivery?.rateLimit !== undefined ? smallBatch : tableBatch
}

/** Turns members that may be undefined into optional members. */
export type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

export function defined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}

/** What takes values from the paths of inputs; undefined if nothing does. */
export function takenFromPath({ input, mapping }: Pick<LoadOptions, 'input' | 'mapping'>) {
  const word = templateNames(mapping?.set).find(isInputWord)
  return word === undefined ? input?.path && option('input.path') : `{${word}}`
}

/** Refuses values from the path of standard input, which has none. @throws {UsageError} DDB_USAGE, also for a wrong pattern or template */
function checkTemplates(options: LoadOptions): void {
  newPathReader(options.input)
  const what = takenFromPath(options)
  if (what === undefined || !options.inputs.includes('-')) return
  throw usageError(`${what} comes from the path of an input, and standard input has none`)
}

/** With `input.follow`, refuses options that do not work with inputs that never end. */
function checkFollow({ inputs, input = {}, target, ...options }: LoadOptions): void {
  const { compression = 'auto', format, jsonPath, limit } = input
  const { expectRows, journal, delivery } = options
  const refusals = {
    'standard input, which is read to its end without it': inputs.includes('-'),
    [`${option('input.compression')}: compressed files do not grow by lines`]:
      compression !== 'auto' && compression !== 'none',
    'JSON documents: write NDJSON, an object a line': format === 'json' || jsonPath !== undefined,
    [`${option('input.limit')}: it continues until a signal ends it`]: limit !== undefined,
    [`${option('expectRows')}: it continues until a signal ends it`]: expectRows !== undefined,
    [`${option('target.create')}: make the table first`]: target.create !== undefined,
    [`${option('delivery.confirm')} none and a journal: every process would read the files from their start`]:
      journal !== undefined && delivery?.confirm === 'none',
  }
  refuseFirst(refusals, `${option('input.follow')} cannot be used with `)
}

function checkShard(
  { runId, inputs, input = {}, delivery, expectRows, server, journal }: LoadOptions,
  { index, count }: Shard,
): void {
  refuseFirst({
    [`shards of one run need its name: ${option('runId')}`]: runId === undefined,
    [`there is no shard ${index} of ${count}`]: index > count,
  })
  const never = {
    'standard input': inputs.includes('-'),
    [option('input.follow')]: input.follow === true,
    [option('input.limit')]: input.limit !== undefined,
    [option('expectRows')]: expectRows !== undefined,
    [`${option('delivery.confirm')} none`]: delivery?.confirm === 'none',
    'several hosts: one has the record of the run': (server.otherHosts ?? []).length > 0,
    [`${option('journal.restart')}: remove its rows, and its record with \`ddb-ingest runs --clean\``]:
      journal?.restart === true,
  }
  refuseFirst(never, `${option('shard')} cannot be used with `)
}

/** Whether a text can be the name of a run, which becomes part of scripts and of names on disk. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
}

/** @throws {UsageError} DDB_NAME if the text cannot be the name of a run */
function checkRunId(runId: string): string {
  if (isRunId(runId)) return runId
  throw new UsageError(
    'DDB_NAME',
    'a run id has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit',
  )
}
