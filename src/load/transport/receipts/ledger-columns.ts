/*
  The columns of a ledger, the server-side table of receipts. Only this file defines them: the scripts that write receipts and the
  query that reads them are generated from `columns`.
*/

interface LedgerColumn {
  readonly name: string
  readonly type: 'INT' | 'LONG' | 'STRING' | 'TIMESTAMP'
  /** Of several rows with equal key columns, the table keeps only the first. */
  readonly isKey?: true
}

/** Lane and number identify a batch; each lane numbers its batches from 1. Parts of a divided batch have their own numbers. */
const columns = {
  /** Number of the lane, from 0. Here a lane is a sequence of batch numbers, whose batches may use any connections. */
  lane: { name: 'lane', type: 'INT', isKey: true },
  /** From 1. Rows with number 0 do not belong to a batch. */
  batchNo: { name: 'batchNo', type: 'LONG', isKey: true },
  /** From 0. A new attempt begins only if the last attempt certainly stored no rows. */
  attempt: { name: 'attempt', type: 'INT', isKey: true },
  phase: { name: 'phase', type: 'INT', isKey: true },
  /** Send number of the copy that wrote the row. Each copy of a batch has a new send number. */
  sendNo: { name: 'sendNo', type: 'LONG' },
  rowsReceived: { name: 'rowsReceived', type: 'LONG' },
  /**
   * Rows that the transform returned; without a transform, rows that arrived. Null if the transform threw an error, and in rows that
   * do not record an outcome.
   */
  rowsLeft: { name: 'rowsLeft', type: 'LONG' },
  /** Rows that the target accepted: −1 if it refused them, null if the server does not report it. */
  rowsTaken: { name: 'rowsTaken', type: 'LONG' },
  /** Rows that the target has ever had, including rows of other writers; null if the server does not report it. */
  rowsHad: { name: 'rowsHad', type: 'LONG' },
  /** Why the target refused the rows, otherwise ''. */
  errText: { name: 'errText', type: 'STRING' },
  /** By the server's clock. */
  loggedAt: { name: 'loggedAt', type: 'TIMESTAMP' },
} as const satisfies Readonly<Record<string, LedgerColumn>>

export type LedgerColumnName = keyof typeof columns

/** In the order of the table. Whenever they change, the version in `ledgerName` must increase. */
export const ledgerColumns: readonly LedgerColumn[] = Object.values(columns)

/** Values of columns that `cells` of `insertReceipt` omits. An omitted column without a value here becomes null. */
const unnamed: Readonly<Record<string, string>> = {
  lane: '0',
  sendNo: '0l',
  errText: '""',
  loggedAt: 'now()',
}
const nulls = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: '00T' } as const

/** The cells of one row, as expressions. Their types must be exactly those of the columns (docs/server-semantics.md#inserting). */
export type LedgerCells = Partial<Readonly<Record<LedgerColumnName, string>>>

/** A `tableInsert(…)` of one row. It returns 1 for a new row; for known keys see `WrittenLedger.countsDuplicates`. */
export function insertReceipt(ledger: string, cells: LedgerCells): string {
  const given: Readonly<Record<string, string | undefined>> = cells
  const values = ledgerColumns.map(({ name, type }) => given[name] ?? unnamed[name] ?? nulls[type])
  return `tableInsert(${ledger}, ${values.join(', ')})`
}

/** The columns that the run reads, in this order. */
export const readColumns = [
  ...['batchNo', 'attempt', 'phase', 'sendNo', 'errText'],
  ...['rowsReceived', 'rowsTaken', 'rowsHad'],
] as const satisfies readonly LedgerColumnName[]

/** A further column to read if the run has a transform: the number of rows that remain after the transform. */
export const rowsLeftColumn = 'rowsLeft' satisfies LedgerColumnName
