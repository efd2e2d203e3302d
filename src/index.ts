/* The exports of the library `ddb-ingest`. */
import { ConnectionPool } from './client/pool/pool.js'
import { PlainTable } from './client/plain-output.js'
import { nameClasses } from './errors.js'
import type { audit as auditNow } from './load/audit/audit.js'
import type { check as checkNow } from './load/check/check.js'
import { checkCall, ofAudit, ofCheck } from './load/checked-options.js'
import { TableWriter } from './load/load-rows.js'

nameClasses({ ConnectionPool, PlainTable, TableWriter })

// Most of the library's code belongs to runs, so it is read with the first one; the options are read before.
export const audit: typeof auditNow = async given => {
  const options = checkCall(given, ofAudit)
  return (await import('./load/audit/audit.js')).audit(options)
}
export const check: typeof checkNow = async given => {
  const options = checkCall(given, ofCheck)
  return (await import('./load/check/check.js')).check(options)
}

export { connect } from './client/open-session.js'
export type {
  ConnectOptions,
  PlainSession as Session,
  RunArguments,
  RunOptions,
  SendCounts,
  Session as TypedSession,
} from './client/open-session.js'
export type { AnswerOptions, CompressChoice, ServerAddress } from './client/session-options.js'
export type { LoginMemory, LoginOptions, LoginRequirement } from './client/login/protection.js'
export type { TlsOptions } from './client/tls/tls-options.js'
export { ConnectionPool, type PoolOptions, type TaskPromise } from './client/pool/pool.js'
export { asCompleted } from './client/pool/pool-task.js'
export type { PoolTask, TaskArguments, TaskOptions, TaskResult } from './client/pool/pool-task.js'
export type { Trace } from './client/trace.js'
export { table, toValue, type PlainInput, type TableSchema } from './client/plain-input.js'
export {
  PlainTable,
  toPlain,
  type PlainOutput,
  type PlainTemporal,
  type TimesAs,
} from './client/plain-output.js'
export type {
  AuditedLines,
  AuditOptions,
  AuditResult,
  CertificateOptions,
} from './load/audit/audit-result.js'
export type {
  CheckedField,
  CheckOptions,
  CheckProblem,
  CheckResult,
  FrozenLoad,
} from './load/check/check-observer.js'
export { load, TableWriter } from './load/load-rows.js'
export type { LoadRowsOptions, Rows, TableWriterOptions, UnwrittenRows } from './load/load-rows.js'
export type { RejectedRow, WriterStatus } from './load/inputs/rows.js'
export type * from './load/options.js'
export {
  ConnectionError,
  DdbError,
  errorCodes,
  InputError,
  ProtocolError,
  ServerError,
  TimeoutError,
  TlsError,
  UsageError,
  ValueError,
} from './errors.js'
export type { ErrorCode, InputPosition } from './errors.js'
export { formatElement, formatScalar, formatValue } from './protocol/element.js'
export type { DataType, ColumnType } from './protocol/data-type.js'
export type * from './protocol/value.js'
