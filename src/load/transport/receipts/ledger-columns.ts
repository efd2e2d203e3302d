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

/** The first four columns are the place of the rows (`Place`). */
const columns = {
  /** Rows of stream 0 are the head: they do not belong to a batch (`LedgerHead`). */
  streamNo: { name: 'streamNo', type: 'LONG', isKey: true },
  batchNo: { name: 'batchNo', type: 'LONG', isKey: true },
  laneNo: { name: 'laneNo', type: 'INT', isKey: true },
  partNo: { name: 'partNo', type: 'LONG', isKey: true },
  /** From 0. A new attempt begins only if the last attempt certainly stored no rows. */
  attempt: { name: 'attempt', type: 'INT', isKey: true },
  phase: { name: 'phase', type: 'INT', isKey: true },
  /** What the place stands for (`cutOf`). */
  cutDigest: { name: 'cutDigest', type: 'LONG' },
  /** Send number of the copy that wrote the row. Each copy of a batch has a new send number. In the head: a session. */
  sendNo: { name: 'sendNo', type: 'LONG' },
  rowsReceived: { name: 'rowsReceived', type: 'LONG' },
  /**
   * Rows that the transform returned; without a transform, rows that arrived. Null if the transform threw an error, and in rows that
   * do not record an outcome.
   */
  rowsLeft: { name: 'rowsLeft', type: 'LONG' },
  /** Rows that the target accepted: −1 if it refused them, null if the server does not report it. */
  rowsTaken: { name: 'rowsTaken', type: 'LONG' },
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
  streamNo: '0l',
  batchNo: '0l',
  laneNo: '0',
  partNo: '0l',
  cutDigest: '0l',
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
  ...['streamNo', 'batchNo', 'laneNo', 'partNo', 'cutDigest'],
  ...['attempt', 'phase', 'sendNo', 'errText'],
  ...['rowsReceived', 'rowsTaken'],
] as const satisfies readonly LedgerColumnName[]

/** A further column to read if the run has a transform: the number of rows that remain after the transform. */
export const rowsLeftColumn = 'rowsLeft' satisfies LedgerColumnName
