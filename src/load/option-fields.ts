/*
  The fields of the options, level by level, and the kinds of their values. The compiler checks that none is missing.
*/
import { loginRequirements } from '../client/login/protection.js'
import { usageError } from '../errors.js'
import { inputFormats } from '../parse/formats.js'
import {
  checkFields,
  flag,
  kind,
  list,
  oneOf,
  record,
  text,
  texts,
  whole,
  type Fields,
  type FieldsOf,
} from '../known-fields.js'
import { compressions } from '../source/byte-source.js'
import { mostRecordBytes } from './defaults.js'
import type {
  CellOptions,
  DeliveryOptions,
  InputOptions,
  JournalOptions,
  LoadOptions,
  MappingOptions,
  RejectOptions,
  ServerTarget,
  TargetOptions,
} from './options.js'
import { confirmations } from './transport/confirmations.js'

const positive = whole(1)
const limit = kind('a whole number, or Infinity', one => one === Infinity || !whole(0)(one))

const server: FieldsOf<ServerTarget> = {
  ...{ host: text, port: whole(1, 65_535), user: text, password: text, otherHosts: list },
  ...{ tls: flag, caFile: text, tlsInsecure: flag, certFile: text, insecureLogin: flag },
  ...{ require: oneOf(...loginRequirements), loginMemory: true, allowRedirect: texts },
  ...{ compress: oneOf('auto', 'none', 'lz4'), connectTimeoutMs: positive, trace: true },
}
const target: FieldsOf<TargetOptions> = {
  ...{ table: text, create: oneOf('stream', 'dfs'), partition: text, transform: text },
  ...{ method: oneOf('insert', 'append', 'upsert'), keyColumns: texts, types: text },
  ...{ function: text, functionArguments: list, confirmTable: text, mayDrop: flag },
}
const input: FieldsOf<InputOptions> = {
  ...{ format: oneOf('auto', ...inputFormats), compression: oneOf('auto', ...compressions) },
  ...{ encoding: text, include: texts, path: text, limit, skipLines: whole(0) },
  ...{ delimiter: text, quote: text, escape: text, comment: text, trailingDelimiter: flag },
  ...{ header: oneOf('auto', 'yes', 'no'), ragged: oneOf('reject', 'pad', 'cut'), trim: flag },
  ...{ quotes: oneOf('strict', 'lax', 'excel'), maxRecordBytes: whole(1, mostRecordBytes) },
  ...{ arrayDelimiter: text, jsonPath: text, stdin: true, follow: flag, flushIntervalMs: positive },
}
const mapping: FieldsOf<MappingOptions> = {
  ...{ match: oneOf('name', 'position'), map: record, set: record },
  ...{ ignoreExtra: flag, allowMissing: flag },
}
const cells: FieldsOf<CellOptions> = {
  ...{ nullTexts: texts, dateFormats: record, timeZone: text, offsets: record, thousands: text },
  ...{ decimalComma: flag, percentColumns: texts, booleans: texts, lenient: flag },
}
const isShare = (value: unknown): boolean =>
  typeof value === 'string' && /^\d+(\.\d+)?%$/.test(value) && parseFloat(value) <= 100
const rejects: FieldsOf<RejectOptions> = {
  onError: oneOf('stop', 'skip', 'quarantine'),
  maxErrors: kind('a count or a share such as 5%', one => isShare(one) || !whole(0)(one)),
  file: text,
}
const rate = kind('a number above 0', value => typeof value === 'number' && value > 0)
const delivery: FieldsOf<DeliveryOptions> = {
  ...{ mode: oneOf('async', 'sync'), confirm: oneOf(...confirmations), confirmTimeoutMs: positive },
  ...{ batchRows: positive, batchBytes: positive, maxInFlightBytes: positive },
  ...{ connections: whole(1, 64), unordered: flag, retries: whole(0), retryTimeoutMs: positive },
  ...{ onDoubt: oneOf('report', 'resend') },
  rateLimit: { bytesPerSecond: rate, rowsPerSecond: rate },
}
const journal: FieldsOf<JournalOptions> = { folder: text, workingFolder: text, restart: flag }

function isExpectation(value: unknown): boolean {
  const { atLeast = value } = Object(value) as { readonly atLeast?: unknown }
  return whole(0)(atLeast) === undefined
}

const ofLoad: FieldsOf<LoadOptions> = {
  inputs: kind(
    "a list of files, as in inputs: ['trades.csv'], even if there is only one",
    one => !texts(one),
  ),
  ...{ server, target, input, mapping, cells, rejects, delivery, journal },
  expectRows: kind('a number of rows, or { atLeast: ROWS }', isExpectation),
  ...{ runId: text, onReport: true, onNotice: true, onNeeded: true, signal: true, leave: true },
}

/**
 * Checks names and values of options.
 * @param more  further fields of the call
 * @throws {UsageError} DDB_USAGE
 */
export function checkLoadFields(options: object, more: Fields = {}): void {
  checkFields(options, { ...ofLoad, ...more })
}

/**
 * Checks the options of a call of the library, whose callers may have no compiler.
 * @throws {UsageError} DDB_USAGE, also if `server` or `target` is missing
 */
export function checkCall(options: object, more?: Fields): void {
  checkLoadFields(options, more)
  const { server: { host, port } = {}, target } = options as Partial<LoadOptions>
  const hasTarget = target !== undefined || 'certificate' in options
  for (const [name, value, example] of [
    ['server', host ?? port, "server: { host: '127.0.0.1', port: 8848 }"],
    ['server.host', host, "server: { host: '127.0.0.1', port: 8848 }"],
    ['server.port', port, "server: { host: '127.0.0.1', port: 8848 }"],
    ['target', hasTarget || undefined, "target: { table: 'trades' }"],
  ]) {
    if (value === undefined) throw usageError(`\`${name}\` is missing, as in ${example}`)
  }
}
