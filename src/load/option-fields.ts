/*
  The fields of the options, level by level, with the kinds of their values and the defaults. The compiler checks that no field is missing.
*/
import { loginRequirements } from '../client/login/protection.js'
import { usageError } from '../errors.js'
import { inputFormats } from '../parse/formats.js'
import * as kinds from '../known-fields.js'
import { compressions } from '../source/byte-source.js'
import type { LoadOptions } from './options.js'
import { confirmations } from './transport/confirmations.js'

// Times in milliseconds, sizes in bytes.

/** Tables in memory: larger batches take less time and memory than 10,000 rows, and no more from here on (docs/decisions/0081-speed.md). */
export const tableBatch = { rows: 100_000, bytes: 4 * 1024 * 1024 }
/** For functions, whose refusal puts a whole batch in doubt, for many followed files in memory at once, and for limited rates. */
export const smallBatch = { rows: 10_000, bytes: 4 * 1024 * 1024 }
/** DolphinDB advises "some tens of MB" per write into DFS tables (docs/server-semantics.md#sizes-of-writes). */
export const dfsBatch = { rows: 1_000_000, bytes: 32 * 1024 * 1024 }

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

const { flag, kind, list, oneOf, record, text, texts, whole } = kinds
const positive = whole(1)
const limit = kind('a whole number, or Infinity', one => one === Infinity || !whole(0)(one))

const server: Group<'server'> = {
  ...{ host: text, port: whole(1, 65_535), user: text, password: text, otherHosts: list },
  ...{ tls: flag, caFile: text, tlsInsecure: flag, certFile: text, insecureLogin: flag },
  ...{ require: oneOf(...loginRequirements), loginMemory: true, allowRedirect: texts },
  ...{ compress: oneOf('auto', 'none', 'lz4'), connectTimeoutMs: positive, trace: true },
}
const target: Group<'target'> = {
  ...{ table: text, create: oneOf('stream', 'dfs'), partition: text, transform: text },
  ...{ method: oneOf('insert', 'append', 'upsert'), keyColumns: texts, types: text },
  ...{ function: text, functionArguments: list, confirmTable: text, mayDrop: flag },
}
const input: Group<'input'> = {
  ...{ format: oneOf('auto', ...inputFormats), compression: oneOf('auto', ...compressions) },
  ...{ encoding: text, include: texts, path: text, limit, skipLines: whole(0) },
  ...{ delimiter: text, quote: text, escape: text, comment: text, trailingDelimiter: flag },
  ...{ header: oneOf('auto', 'yes', 'no'), ragged: oneOf('reject', 'pad', 'cut'), trim: flag },
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
const journal: Group<'journal'> = { folder: text, workingFolder: text, restart: flag }

function isExpectation(value: unknown): boolean {
  const { atLeast = value } = Object(value) as { readonly atLeast?: unknown }
  return whole(0)(atLeast) === undefined
}

const ofLoad: kinds.FieldsOf<LoadOptions> = {
  inputs: kind(
    "a list of files, as in inputs: ['trades.csv'], even if there is only one",
    one => !texts(one),
  ),
  ...{ server, target, input, mapping, cells, rejects, delivery, journal },
  expectRows: kind('a number of rows, or { atLeast: ROWS }', isExpectation),
  shard: { index: whole(0), count: whole(1) },
  ...{ runId: text, onReport: true, onNotice: true, onNeeded: true, signal: true, leave: true },
}

/**
 * Checks names and values of options.
 * @param more  further fields of the call
 * @throws {UsageError} DDB_USAGE
 */
export function checkLoadFields(options: object, more: kinds.Fields = {}): void {
  kinds.checkFields(options, { ...ofLoad, ...more })
}

/**
 * Checks the options of a call of the library, whose callers may have no compiler.
 * @throws {UsageError} DDB_USAGE, also if `server` or `target` is missing
 */
export function checkCall(options: object, more?: kinds.Fields): void {
  checkLoadFields(options, more)
  const { server, target } = options as Partial<LoadOptions>
  const hasTarget = target !== undefined || 'certificate' in options
  const example = "server: { host: '127.0.0.1', port: 8848 }"
  for (const [isThere, name, how] of [
    [server !== undefined, 'server', example],
    [server?.host !== undefined, 'server.host', example],
    [server?.port !== undefined, 'server.port', example],
    [hasTarget, 'target', "target: { table: 'trades' }"],
  ]) {
    if (!isThere) throw usageError(`\`${name}\` is missing, as in ${how}`)
  }
}
