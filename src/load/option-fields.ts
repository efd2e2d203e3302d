/*
  The fields of the library's options, level by level. The compiler checks that none is missing.
*/
import { usageError } from '../errors.js'
import { checkFields, type Fields, type FieldsOf } from '../known-fields.js'
import type { AuditOptions, CertificateOptions } from './audit/audit-result.js'
import type { CheckOptions } from './check/check-result.js'
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

const server: FieldsOf<ServerTarget> = {
  ...{ host: true, port: true, user: true, password: true, tls: true, caFile: true },
  ...{ tlsInsecure: true, certFile: true, insecureLogin: true, require: true, loginMemory: true },
  ...{ compress: true, connectTimeoutMs: true, trace: true, otherHosts: true, allowRedirect: true },
}
const target: FieldsOf<TargetOptions> = {
  ...{ table: true, create: true, partition: true, method: true, keyColumns: true, function: true },
  ...{ functionArguments: true, transform: true, types: true, confirmTable: true, mayDrop: true },
}
const input: FieldsOf<InputOptions> = {
  ...{ format: true, compression: true, encoding: true, include: true, path: true, limit: true },
  ...{ delimiter: true, quote: true, escape: true, comment: true, header: true, skipLines: true },
  ...{ ragged: true, trim: true, quotes: true, maxRecordBytes: true, trailingDelimiter: true },
  ...{ arrayDelimiter: true, jsonPath: true, stdin: true, follow: true, flushIntervalMs: true },
}
const mapping: FieldsOf<MappingOptions> = {
  ...{ match: true, map: true, set: true, ignoreExtra: true, allowMissing: true },
}
const cells: FieldsOf<CellOptions> = {
  ...{ nullTexts: true, dateFormats: true, timeZone: true, offsets: true, thousands: true },
  ...{ decimalComma: true, percentColumns: true, booleans: true, lenient: true },
}
const rejects: FieldsOf<RejectOptions> = { onError: true, maxErrors: true, file: true }
const rateLimit: FieldsOf<Required<DeliveryOptions>['rateLimit']> = {
  bytesPerSecond: true,
  rowsPerSecond: true,
}
const delivery: FieldsOf<DeliveryOptions> = {
  ...{ mode: true, confirm: true, confirmTimeoutMs: true, batchRows: true, batchBytes: true },
  ...{ maxInFlightBytes: true, connections: true, unordered: true, retries: true, rateLimit },
  ...{ retryTimeoutMs: true, onDoubt: true },
}
const journal: FieldsOf<JournalOptions> = { folder: true, workingFolder: true, restart: true }

const ofLoad: FieldsOf<LoadOptions> = {
  ...{ inputs: true, server, target, input, mapping, cells, rejects, delivery, journal },
  ...{ expectRows: true, runId: true, onReport: true, onNotice: true },
  ...{ onNeeded: true, signal: true, leave: true },
}
const ofCheck: FieldsOf<CheckOptions> = { ...ofLoad, sampleRows: true }
const ofAudit: FieldsOf<AuditOptions & CertificateOptions> = {
  ...{ ...ofLoad, columns: true, exact: true, missing: true, certificate: true },
}
const ofRows: FieldsOf<LoadOptions & Readonly<Record<'rows' | 'onReject', unknown>>> = {
  ...{ ...ofLoad, rows: true, onReject: true },
}

const { inputs: _, rows: __, ...ofWriter } = ofRows

const callers = { load: ofRows, check: ofCheck, audit: ofAudit, writer: ofWriter } as const

/**
 * Checks the options of a call of the library.
 * @throws {UsageError} DDB_USAGE for a field that does not exist, and for a missing `server` or `target`
 */
export function checkCall(caller: keyof typeof callers, options: object): void {
  const fields: Fields = callers[caller]
  checkFields(options, fields)
  for (const [name, example] of [
    ['server', "{ host: '127.0.0.1', port: 8848 }"],
    ['target', "{ table: 'trades' }"],
  ] as const) {
    const isNeeded = name === 'server' || !('certificate' in options)
    if (!isNeeded || (options as Partial<LoadOptions>)[name] !== undefined) continue
    throw usageError(`\`${name}\` is missing, as in ${name}: ${example}`)
  }
}
