/*
  The columns of a ledger, each row of which is a receipt. Only this file defines them: the scripts that write receipts
  and the query that reads receipts are made from `columns`.
*/

/**
 * Part of the names of ledgers; must increase whenever the columns change. Version 1 had no unit, no lane and only one
 * count of rows.
 */
export const ledgerVersion = 2
export type LedgerVersion = 1 | 2

interface LedgerColumn {
  readonly name: string
  readonly type: 'INT' | 'LONG' | 'STRING' | 'TIMESTAMP'
  /** Rows that are equal in all key columns count as a single receipt: the table keeps only the first row. */
  readonly isKey?: true
}

/**
 * Unit, lane and number identify a batch. Each unit, and each lane of a run without units, counts its batches from 1. Processes can
 * therefore claim batches of different units and lanes without asking each other. Parts of a divided batch have numbers of their own.
 */
const columns = {
  /** Number of the plan's unit, which one process loads as a whole; 0 without a plan. */
  unit: { name: 'unit', type: 'INT', isKey: true },
  /** Number of the lane, from 0. A lane is a sequence of batch numbers; its batches may use any connections. */
  lane: { name: 'lane', type: 'INT', isKey: true },
  /** From 1; rows with 0 do not belong to a batch. */
  batchNo: { name: 'batchNo', type: 'LONG', isKey: true },
  /** From 0; a new attempt begins only after the previous attempt has certainly left no rows. */
  attempt: { name: 'attempt', type: 'INT', isKey: true },
  phase: { name: 'phase', type: 'INT', isKey: true },
  /** Number of the transmission that wrote the row; each time a batch is sent, it gets a new one. */
  sendNo: { name: 'sendNo', type: 'LONG' },
  rowsReceived: { name: 'rowsReceived', type: 'LONG' },
  /**
   * How many rows the transform returned; without a transform, how many arrived. Null if the transform threw an error.
   * Also null in ledger rows that are not outcomes.
   */
  rowsLeft: { name: 'rowsLeft', type: 'LONG' },
  /** Rows that the target took: −1 if it refused them, null if the server does not tell. */
  rowsTaken: { name: 'rowsTaken', type: 'LONG' },
  /** Rows that the target has had so far, including rows of others; null if the server cannot tell. */
  rowsHad: { name: 'rowsHad', type: 'LONG' },
  /** Why the target refused the rows; else ''. */
  errText: { name: 'errText', type: 'STRING' },
  /** By the server's clock. */
  loggedAt: { name: 'loggedAt', type: 'TIMESTAMP' },
} as const satisfies Readonly<Record<string, LedgerColumn>>

export type LedgerColumnName = keyof typeof columns

/** Columns of the previous version: a run that began with that version continues in its ledger. */
const firstColumns: readonly LedgerColumn[] = [
  columns.batchNo,
  columns.attempt,
  columns.phase,
  columns.sendNo,
  { name: 'rowCount', type: 'LONG' },
  columns.errText,
  columns.loggedAt,
]

/** The columns in the order in which the table has them. */
export function ledgerColumns(version: LedgerVersion): readonly LedgerColumn[] {
  return version === 1 ? firstColumns : Object.values(columns)
}

/** Default values of columns for `insertReceipt`; a column without a default becomes null. */
const unnamed: Readonly<Record<string, string>> = {
  unit: '0',
  lane: '0',
  sendNo: '0l',
  errText: '""',
  loggedAt: 'now()',
}
const nulls = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: '00T' } as const

/**
 * The cells of one row, as expressions whose types are exactly those of the columns
 * (docs/server-semantics.md#inserting).
 */
export type LedgerCells = Partial<Readonly<Record<LedgerColumnName, string>>>

/** `tableInsert(…)` of one row; it returns 1 unless a row with these keys exists. */
export function insertReceipt(ledger: string, version: LedgerVersion, cells: LedgerCells): string {
  const given: Readonly<Record<string, string | undefined>> = {
    ...cells,
    // Version 1 has only one column for both counts: `rowsTaken` in an outcome, `rowsReceived` in any other receipt.
    rowCount: cells.rowsTaken ?? cells.rowsReceived,
  }
  const values = ledgerColumns(version).map(
    ({ name, type }) => given[name] ?? unnamed[name] ?? nulls[type],
  )
  return `tableInsert(${ledger}, ${values.join(', ')})`
}

/** Columns that are read back, in this order; version 1 has only six of them. */
export const readColumns = {
  1: ['batchNo', 'attempt', 'phase', 'sendNo', 'errText', 'rowCount'],
  2: ['batchNo', 'attempt', 'phase', 'sendNo', 'errText', 'rowsReceived', 'rowsTaken', 'rowsHad'],
} as const satisfies Readonly<Record<LedgerVersion, readonly string[]>>

/** A column that is read in addition if a transform may leave out rows. */
export const rowsLeftColumn = 'rowsLeft' satisfies LedgerColumnName
