/*
  Options and result of `audit()`, as plain data.
*/
import type { DdbError } from '../../errors.js'
import { version } from '../../version.js'
import type { LoadOptions, LoadResult } from '../options.js'
import { isOf } from '../journal/shape.js'
import { keyWords } from './row-hash.js'
import { isRange, type ValueRange } from './stored-rows.js'

/** As for `load`; options about sending, journals, rejects and new tables have no effect. */
export interface AuditOptions extends LoadOptions {
  /** Columns to compare; default all. Needed if a function or a transform changes values. */
  columns?: readonly string[]
  /** Whether rows that are not in the input count as a difference. */
  exact?: boolean
  /** File for the records that the table lacks, byte for byte, below their header. It must be missing or empty. */
  missing?: string
}

/** Rows to hash at once, whatever a load would send at once. */
const batchRows = 20_000

/** Options that read the inputs as `load` reads them. */
export function readingOptions(options: AuditOptions): LoadOptions {
  const { columns: _c, exact: _e, missing: _m, journal: _j, expectRows: _x, ...given } = options
  const { create, partition: _p, types, ...target } = options.target
  const { follow: _f, ...input } = options.input ?? {}
  const { confirmTimeoutMs } = options.delivery ?? {}
  return {
    ...given,
    input,
    target: { ...target, ...(create === undefined && types !== undefined ? { types } : {}) },
    delivery: { mode: 'sync', batchRows, ...(confirmTimeoutMs ? { confirmTimeoutMs } : {}) },
    rejects: { onError: 'skip', maxErrors: '100%' },
  }
}

/** Options of an audit without input: compares a table with a certificate. */
export interface CertificateOptions extends Pick<
  LoadOptions,
  'server' | 'delivery' | 'signal' | 'leave'
> {
  certificate: Certificate
}

/** What a table held when every row of an input was there, and no others in the same ranges. */
export interface Certificate {
  schema: typeof certificateSchema
  version: string
  /** ISO 8601, in UTC. */
  madeAt: string
  host: string
  table: string
  /** Identifiers of the table's storage; null if the server gives none, as for tables in memory. */
  identity: string | null
  columns: { name: string; type: string }[]
  /** Each is read by one query; null is the whole table. */
  ranges: readonly (ValueRange | null)[]
  rows: number
  /** Number of rows and sums of their hashes with this key. */
  digest: string
  key: string
  inputs: { path: string; rows: number; bytes: number }[]
}

const certificateSchema = 'ddb-ingest/certificate/1'

/** Whether something that was read from a file is a certificate. */
export function isCertificate(given: unknown): given is Certificate {
  const texts = {
    schema: 'text',
    table: 'text',
    madeAt: 'text',
    digest: 'text',
    key: 'text',
  } as const
  const columns = [{ name: 'text', type: 'text' }] as const
  if (!isOf({ ...texts, rows: '#', columns, ranges: 'list' }, given)) return false
  const { schema, key, ranges } = given as Certificate
  const isKey = new RegExp(`^[0-9a-f]{${8 * keyWords}}$`).test(key)
  return schema === certificateSchema && isKey && ranges.every(range => !range || isRange(range))
}

export interface AuditedLines {
  file: string
  /** From 1, both included. A record of several lines counts with its first. */
  firstLine: number
  lastLine: number
  /** Columns in which a stored row differs from a missing one, and its values there; null if there is no similar row. */
  stored: { column: string; value: string }[] | null
}

/** Every field is present; unknown values are null. */
export interface AuditResult {
  schema: 'ddb-ingest/audit/1'
  version: string
  /**
   * `complete`: every row is there. `missing`: some rows are not. `differs`: the table has other rows, too (`exact`), or does not match
   * the certificate. `undecided`: the audit could not find out (`error`).
   */
  status: 'complete' | 'missing' | 'differs' | 'undecided' | 'failed' | 'interrupted'
  exitCode: number
  startedAt: string
  endedAt: string
  target: LoadResult['target']
  columns: string[]
  ranges: readonly (ValueRange | null)[]
  /**
   * input = found + missing + changed + replaced + rejected + outside. `changed`: the table has the key with other values. `replaced`: the
   * table keeps another row of the input with the same key. `outside`: no partition takes the row. `table`: rows that were read there.
   * `others`: those that are not in the input; `repeated`: how many of them equal a row of the input.
   */
  rows: {
    input: number
    found: number | null
    missing: number | null
    changed: number | null
    replaced: number
    rejected: number
    outside: number
    table: number
    others: number | null
    repeated: number | null
  }
  /** At most 1,000 ranges of lines each. */
  lines: { missing: AuditedLines[]; changed: AuditedLines[]; repeated: AuditedLines[] }
  /** Files with the missing records. */
  missingFiles: LoadResult['rejects']['files']
  /** Null unless every row is there and no other. */
  certificate: Certificate | null
  notices: string[]
  error: LoadResult['error']
}

type Asked = Pick<LoadOptions, 'target'> & { readonly server?: LoadOptions['server'] }

export function newResult(
  startedAt: string,
  { server, target: { table, function: called } }: Asked,
): AuditResult {
  const host = server === undefined ? '' : `${server.host}:${server.port}`
  const target = { host, table: table ?? null, function: called ?? null, method: null }
  return {
    ...{ schema: 'ddb-ingest/audit/1', version, status: 'complete', exitCode: 0 },
    ...{ startedAt, endedAt: '', target, columns: [], ranges: [] },
    rows: {
      ...{ input: 0, found: null, missing: null, changed: null, replaced: 0, rejected: 0 },
      ...{ outside: 0, table: 0, others: null, repeated: null },
    },
    lines: { missing: [], changed: [], repeated: [] },
    ...{ missingFiles: [], certificate: null, notices: [], error: null },
  }
}

/** Completes a result with the outcome that follows from it. */
export function concluded(
  result: AuditResult,
  isExact: boolean,
  failure: DdbError | undefined,
): AuditResult {
  const { missing, changed, others, rejected, outside } = result.rows
  const end = (status: AuditResult['status'], exitCode: number): AuditResult => ({
    ...{ ...result, status, exitCode },
    ...(failure && {
      error: { code: failure.code, message: failure.message, fix: failure.fix ?? null },
    }),
  })
  if (failure !== undefined) {
    const { code } = failure
    // 4 says that rows are missing.
    const exitCode = failure.exitCode === 4 ? 69 : failure.exitCode
    const isOpen = code === 'DDB_UNPROVEN'
    return end(
      code === 'DDB_INTERRUPTED' ? 'interrupted' : isOpen ? 'undecided' : 'failed',
      exitCode,
    )
  }
  if (missing === null) return end('differs', 4)
  if (missing > 0) return end('missing', 4)
  if (changed! > 0) return end('undecided', 75)
  if (isExact && others! > 0) return end('differs', 4)
  return end('complete', rejected + outside > 0 ? 3 : 0)
}
