/* The name of a run, and its tables on the server: their names, and the scripts that create them, add rows and remove them. The names begin
   with `ddbIngest`, so that administrators can distinguish these tables from tables with data. */
import { UsageError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'

export interface RunName {
  readonly runId: string
  /** A random number that others cannot guess, so only this run writes rows with it. Its ledgers are named after it. */
  readonly token: bigint
  /** A random number that distinguishes this process from other processes of the run. */
  readonly processKey: bigint
  /** Whether the run has an entry in the register: the user has named it, or it keeps a journal. */
  readonly isRegistered: boolean
  /** Whether shards load the run, and this process has found its record. */
  readonly isShared?: true
  /** The place of the run's journal; left out without a journal. */
  readonly place?: { readonly hostName: string; readonly folder: string }
}

/** 62 random bits, followed by a 1 so that the token is never 0. */
export function newToken(random: Random): bigint {
  const bits = new DataView(random.bytes(8).slice().buffer).getBigUint64(0)
  return (bits & 0x7fff_ffff_ffff_ffffn) | 1n
}

/** Whether a text can be the name of a run, which becomes part of scripts and of names on disk. */
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

/** The table of all named runs. Must change whenever its columns change (register.ts). */
export const registerName = 'ddbIngestRuns2'

/** Version of a ledger's columns, of its head (`transport/script.ts`), and of the digests of cuts (`cutOf`). */
const ledgerVersion = 8

const digitsOf = (token: bigint): string => token.toString(16).padStart(16, '0')

/** Name of a run's ledger (table of receipts), with its token, so that no other run writes there. @param number  from 1, for each ledger */
export function ledgerName(token: bigint, number: number): string {
  return `ddbIngestLedger${ledgerVersion}_${digitsOf(token)}${number === 1 ? '' : `_${number}`}`
}

/** The number of a ledger of the run, of any version. Matches exactly: scripts will contain the name, and others may choose similar. */
export function ledgerNumberOf(token: bigint, name: string): number | undefined {
  const [, digits, number = 1] =
    /^ddbIngestLedger[1-9]?_([0-9a-f]{16})(?:_(\d+))?$/.exec(name) ?? []
  return digits === digitsOf(token) ? Number(number) : undefined
}

/** A script that removes one of these tables if it exists. */
export function dropTableScript(name: string): string {
  return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }
`
}

export type ColumnTypes = Readonly<Record<string, keyof typeof unnamed>>

/** The cell of a column that a row does not name. */
const unnamed = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: 'now()' } as const

/** @param keys  of several rows with equal keys, the table keeps only the first; none if it keeps all */
export function shareScript(table: string, columns: ColumnTypes, keys: readonly string[] = []) {
  const listed = (names: readonly string[]): string => names.map(name => `\`${name}`).join('')
  const made = keys.length === 0 ? 'streamTable(' : `keyedStreamTable(${listed(keys)}, `
  return `if(!defined("${table}", SHARED)) {
    share(${made}1024:0, ${listed(Object.keys(columns))}, [${Object.values(columns).join(', ')}]), "${table}")
}
`
}

/** A `tableInsert(…)` of one row, an expression like the cells, whose types must be the columns' (docs/server-semantics.md#inserting). */
export function insertScript<Columns extends ColumnTypes>(
  table: string,
  columns: Columns,
  cells: { readonly [Name in keyof Columns]?: string },
): string {
  const values = Object.entries(columns).map(([name, type]) => cells[name] ?? unnamed[type])
  return `tableInsert(${table}, ${values.join(', ')})`
}
