/*
  Names of the tables that runs keep on the server. Each begins with `ddbIngest`, so that administrators can tell them from
  tables with data.
*/

import { UsageError } from '../../errors.js'

/** Whether a text can name a run. The name becomes part of names on the server and on disk. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
}

/** @throws {UsageError} DDB_NAME for a text that cannot name a run */
export function checkRunId(runId: string): string {
  if (isRunId(runId)) return runId
  throw new UsageError(
    'DDB_NAME',
    'a run id has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit',
  )
}

/**
 * Name of the marker of a run. Two run ids never have the same marker: capitals and signs become an underscore and a
 * letter, an underscore becomes two underscores, and no other underscore occurs.
 */
export function markerName(runId: string): string {
  return `ddbIngest_${runId.replace(/[^a-z0-9]/g, escaped)}`
}

function escaped(sign: string): string {
  switch (sign) {
    case '_':
      return '__'
    case '.':
      return '_d'
    case '-':
      return '_h'
    default:
      return `_u${sign.toLowerCase()}`
  }
}

/** Version of a ledger's columns. The ledger's name contains it, except for the first version. */
type LedgerVersion = 1 | 2

/**
 * Name of a run's ledger. It contains the run's token, so that no other run can write receipts into it.
 * @param number  from 1; a run whose ledger was dropped begins a ledger with the next number
 */
export function ledgerName(token: bigint, number: number, version: LedgerVersion = 2): string {
  const digits = token.toString(16).padStart(16, '0')
  const which = version === 1 ? '' : String(version)
  return `ddbIngestLedger${which}_${digits}${number === 1 ? '' : `_${number}`}`
}

/**
 * Name of the table that tells all processes of a plan which units are done. The name must change whenever the columns
 * change.
 * @throws {UsageError} DDB_NAME for a text that cannot name a run
 */
export function planTableName(runId: string): string {
  return markerName(checkRunId(runId)).replace('ddbIngest_', 'ddbIngestPlan1_')
}

/** Name of the ledger of one unit of a plan. Such a ledger never counts as a table that a run has left. */
export function unitLedgerName(token: bigint): string {
  return `ddbIngestUnit1_${token.toString(16).padStart(16, '0')}`
}

/** Name of a table with one row: the last batch number of a run in which the server answers each batch. */
export function sentName(token: bigint): string {
  return `ddbIngestLedger0_${token.toString(16).padStart(16, '0')}`
}

/**
 * Whether a table is a ledger of the run. Other users may choose similar names, so the name must match exactly before
 * scripts use it.
 */
export function isLedgerOf(token: bigint, name: string): boolean {
  return name === sentName(token) || isReceiptsOf(token, name)
}

function isReceiptsOf(token: bigint, name: string): boolean {
  return ([1, 2] as const).some(version => {
    const first = ledgerName(token, 1, version)
    return name === first || (name.startsWith(first) && /^_\d+$/.test(name.slice(first.length)))
  })
}

export function isFirstLedger(name: string): boolean {
  return name.startsWith('ddbIngestLedger_')
}

export function isLedgerName(name: string): boolean {
  return /^ddbIngestLedger\d*_[0-9a-f_]+$/.test(name)
}

/** The number of the ledger, from 1, if it holds receipts of the run; undefined for the name of any other table. */
export function ledgerNumberOf(token: bigint, name: string): number | undefined {
  if (!isReceiptsOf(token, name)) return undefined
  return Number(/_[0-9a-f]{16}_(\d+)$/.exec(name)?.[1] ?? 1)
}

/** The host and folder of a run's journal. The run can be resumed there. */
export interface RunPlace {
  readonly hostName: string
  readonly folder: string
}

/** The script that removes one of these tables if it exists. */
export function dropTableScript(name: string): string {
  return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }
`
}
