/* Options and result of `audit()`, as plain data. */
import { hasFields, kind, oneOf, text, whole } from '../../known-fields.js'
import type { Fingerprint } from '../journal/fingerprint.js'
import { failureOf } from '../journal/journal-file.js'
import type { LoadOptions, LoadResult } from '../options.js'
import { keyWords } from '../target/row-hash.js'
import { boundsOf, type ValueRange } from '../target/touched-partitions.js'

/**
 * As for `load`; options about sending, journals, rejects and new tables have no effect. A `shard` compares the rows that belong to its
 * share of the table's partitions.
 */
export interface AuditOptions extends LoadOptions {
  /** Columns to compare; default all. Needed if a function or a transform changes values. */
  columns?: readonly string[]
  /** Whether rows that are not in the input count as a difference. */
  exact?: boolean
  /** File for the records that the table lacks, byte for byte, below their header. It must be missing or empty. */
  missing?: string
  /** The files of a run as they were when it began: an audit of others would say nothing about the run. */
  recorded?: readonly { readonly path: string; readonly fingerprint: Fingerprint }[]
  /** Whether the audited run has not finished: once it has gone on, `retry` refuses what was missing. */
  unfinished?: boolean
}

/** Options of an audit without input: compares a table with what an earlier audit found there. */
export type CertificateOptions = Pick<LoadOptions, 'server' | 'delivery' | 'signal' | 'leave'> & {
  certificate: AuditResult
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
export interface AuditResult extends Pick<
  LoadResult,
  'version' | 'exitCode' | 'startedAt' | 'endedAt' | 'target' | 'notices' | 'error'
> {
  schema: 'ddb-ingest/audit/3'
  /**
   * `complete`: every row is there. `missing`: some rows are not. `differs`: the table has other rows, too (`exact`), or does not match
   * the certificate. `undecided`: the audit could not find out (`error`).
   */
  status: 'complete' | 'missing' | 'differs' | 'undecided' | 'failed' | 'interrupted'
  table: string | null
  /** Identifiers of the table's storage; null if the server gives none, as for tables in memory. */
  identity: string | null
  columns: { name: string; type: string }[]
  /** What was read of the table, a query each; null is the whole table. */
  ranges: readonly (ValueRange | null)[]
  inputs: { path: string; rows: number; bytes: number }[]
  /**
   * input = found + missing + changed + replaced + rejected + outside; of a shard, without the rows of others. `changed`: other values
   * under the key. `replaced`: another row of the input with the key is there. `outside`: no partition takes it. `table`: rows read there.
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
  missingFiles: LoadResult['rejects']['files']
  /**
   * Number of rows of the table, and sums of their hashes with this key; null unless the table has every row of the input, and no others
   * in these ranges. With it, the result is a certificate: later it shows whether the table still has these rows.
   */
  digest: { rows: string; key: string } | null
}

export function isCertificate(given: unknown): given is AuditResult {
  const isColumn = (one: unknown): boolean => hasFields(one, { name: text, type: text })
  const isRange = (one: unknown): boolean =>
    one === null || failureOf(() => boundsOf(one as ValueRange)) === undefined
  const key = new RegExp(`^[0-9a-f]{${8 * keyWords}}$`)
  return hasFields(given, {
    ...{ schema: oneOf('ddb-ingest/audit/3'), endedAt: text, table: text },
    columns: kind('columns', all => Array.isArray(all) && all.every(isColumn)),
    ranges: kind('ranges', all => Array.isArray(all) && all.every(isRange)),
    rows: { input: whole(0), table: whole(0) },
    target: { host: text },
    digest: { rows: text, key: kind('a key', one => key.test(String(one))) },
  })
}

export const noRows: AuditResult['rows'] = {
  ...{ input: 0, found: null, missing: null, changed: null, replaced: 0, rejected: 0 },
  ...{ outside: 0, table: 0, others: null, repeated: null },
}

/** @param result  of a run that sent nothing @param found  what the audit has found out */
export function auditResult(
  result: LoadResult,
  found: Partial<AuditResult> = {},
  isExact = false,
): AuditResult {
  const { version, exitCode, startedAt, endedAt, target, notices, error, rejects } = result
  const known: AuditResult = {
    ...{ schema: 'ddb-ingest/audit/3', version, status: 'failed', exitCode, startedAt, endedAt },
    ...{ target, table: null, identity: null, columns: [], ranges: [], inputs: [], rows: noRows },
    lines: { missing: [], changed: [], repeated: [] },
    // Each reading of the inputs says how they are read.
    ...{ missingFiles: rejects.files, digest: null, notices: [...new Set(notices)], error },
    ...found,
  }
  return { ...known, ...outcomeOf(known, isExact) }
}

function outcomeOf(
  { rows, error, exitCode }: AuditResult,
  isExact: boolean,
): Pick<AuditResult, 'status' | 'exitCode'> {
  const { missing, changed, others, rejected, outside } = rows
  const isOther = isExact && others !== 0
  if (error?.code === 'DDB_INTERRUPTED') return { status: 'interrupted', exitCode }
  if (error?.code === 'DDB_UNPROVEN') return { status: 'undecided', exitCode }
  // 4 says that rows are missing.
  if (error !== null) return { status: 'failed', exitCode: exitCode === 4 ? 69 : exitCode }
  if (missing !== null && missing > 0) return { status: 'missing', exitCode: 4 }
  if (changed !== null && changed > 0) return { status: 'undecided', exitCode: 75 }
  if (missing === null || isOther) return { status: 'differs', exitCode: 4 }
  return { status: 'complete', exitCode: rejected + outside > 0 ? 3 : 0 }
}
