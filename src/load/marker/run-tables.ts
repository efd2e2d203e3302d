/*
  Names of the tables that runs create on the server. All begin with `ddbIngest`, so that administrators can distinguish
  them from tables with data.
*/

import { UsageError } from '../../errors.js'

/** Whether a text can be the name of a run, which becomes part of names on the server and on disk. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
}

/** @throws {UsageError} DDB_NAME if the text cannot be the name of a run */
export function checkRunId(runId: string): string {
  if (isRunId(runId)) return runId
  throw new UsageError(
    'DDB_NAME',
    'a run id has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit',
  )
}

/**
 * Name of the marker of a run. Two run ids never have the same marker: capitals and signs become an underscore and a
 * letter, and an underscore becomes two. No other underscore occurs.
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

/** Version of a ledger's columns (receipts/ledger-columns.ts). */
const ledgerVersion = 5

const digitsOf = (token: bigint): string => token.toString(16).padStart(16, '0')

/**
 * Name of a run's ledger (table of receipts). It contains the run's token, so that no other run writes into the ledger.
 * @param number  from 1; after a ledger is lost or replaced, the next one gets the next number
 */
export function ledgerName(token: bigint, number: number): string {
  return `ddbIngestLedger${ledgerVersion}_${digitsOf(token)}${number === 1 ? '' : `_${number}`}`
}

/**
 * Whether a table is a ledger of the run, whatever its version. Other users may choose similar names, and scripts will
 * contain the name, so it must match exactly.
 */
export function isLedgerOf(token: bigint, name: string): boolean {
  return ledgerNumberOf(token, name) !== undefined
}

export function isLedgerName(name: string): boolean {
  return /^ddbIngestLedger\d*_[0-9a-f_]+$/.test(name)
}

/** The number of a ledger with receipts of the run, from 1; undefined for the name of any other table. */
export function ledgerNumberOf(token: bigint, name: string): number | undefined {
  const [, digits, number = 1] =
    /^ddbIngestLedger[1-9]?_([0-9a-f]{16})(?:_(\d+))?$/.exec(name) ?? []
  return digits === digitsOf(token) ? Number(number) : undefined
}

/** The host and folder of a run's journal, where the run can be resumed. */
export interface RunPlace {
  readonly hostName: string
  readonly folder: string
}

/**
 * A script that removes one of these tables if it exists.
 */
export function dropTableScript(name: string): string {
  return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }
`
}
