/*
  What a receipt says: the columns of a ledger, defined here and nowhere else. Scripts that write receipts and the
  question that reads them are made from this table.
*/

/** In the names of ledgers: another number whenever the columns change. 1 had no unit, no lane and one count of rows. */
export const ledgerVersion = 2
export type LedgerVersion = 1 | 2

interface LedgerColumn {
  readonly name: string
  readonly type: 'INT' | 'LONG' | 'STRING' | 'TIMESTAMP'
  /** Rows that are equal in all key columns are one receipt: the first one stays. */
  readonly isKey?: true
}

/**
 * A batch is known by unit, lane and number: each unit, and each lane of a run without units, counts its batches from 1
 * for itself, so that processes claim batches of different units and lanes without asking each other. Parts of a divided
 * batch have numbers of their own.
 */
const columns = {
  /** Part of a plan that is loaded as a whole; 0 without a plan. */
  unit: { name: 'unit', type: 'INT', isKey: true },
  /** A sequence of batch numbers, whichever connection the batches go over; 0 is the first. */
  lane: { name: 'lane', type: 'INT', isKey: true },
  /** From 1; what has 0 is no batch. */
  batchNo: { name: 'batchNo', type: 'LONG', isKey: true },
  /** From 0; the next one once the one before has certainly left nothing behind. */
  attempt: { name: 'attempt', type: 'INT', isKey: true },
  phase: { name: 'phase', type: 'INT', isKey: true },
  /** Number of the transmission that wrote the row, one for each time that a batch goes out. */
  sendNo: { name: 'sendNo', type: 'LONG' },
  /** Rows that arrived. */
  rowsReceived: { name: 'rowsReceived', type: 'LONG' },
  /** Rows that a transform left to be written, all that arrived without one; null where it threw, in claims, and in others' rows. */
  rowsLeft: { name: 'rowsLeft', type: 'LONG' },
  /** Rows that the target took: −1 when it refused them, null when the server does not tell. */
  rowsTaken: { name: 'rowsTaken', type: 'LONG' },
  /** Rows that the target has had so far, those of others included; null when it cannot be asked. */
  rowsHad: { name: 'rowsHad', type: 'LONG' },
  /** Why the target refused the rows; else ''. */
  errText: { name: 'errText', type: 'STRING' },
  /** By the server's clock. */
  loggedAt: { name: 'loggedAt', type: 'TIMESTAMP' },
} as const satisfies Readonly<Record<string, LedgerColumn>>

export type LedgerColumnName = keyof typeof columns

/** As the version before wrote them: a run that it began goes on in its ledger. */
const firstColumns: readonly LedgerColumn[] = [
  columns.batchNo,
  columns.attempt,
  columns.phase,
  columns.sendNo,
  { name: 'rowCount', type: 'LONG' },
  columns.errText,
  columns.loggedAt,
]

/** The columns of a ledger, in their order. */
export function ledgerColumns(version: LedgerVersion): readonly LedgerColumn[] {
  return version === 1 ? firstColumns : Object.values(columns)
}

/** What columns hold that a row does not name. */
const unnamed: Readonly<Record<string, string>> = {
  unit: '0',
  lane: '0',
  sendNo: '0l',
  errText: '""',
  loggedAt: 'now()',
}
const nulls = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: '00T' } as const

/** One row, as expressions of exactly the types of its columns (docs/server-semantics.md#inserting). */
export type LedgerCells = Partial<Readonly<Record<LedgerColumnName, string>>>

/** `tableInsert(…)` of one row; its value is 1 unless a row with these keys is there. */
export function insertReceipt(ledger: string, version: LedgerVersion, cells: LedgerCells): string {
  const given: Readonly<Record<string, string | undefined>> = {
    ...cells,
    // One count stood for what arrived, and then for what was taken.
    rowCount: cells.rowsTaken ?? cells.rowsReceived,
  }
  const values = ledgerColumns(version).map(
    ({ name, type }) => given[name] ?? unnamed[name] ?? nulls[type],
  )
  return `tableInsert(${ledger}, ${values.join(', ')})`
}

/** Columns that are read back, in this order; the first version has no more than six of them. */
export const readColumns = {
  1: ['batchNo', 'attempt', 'phase', 'sendNo', 'errText', 'rowCount'],
  2: ['batchNo', 'attempt', 'phase', 'sendNo', 'errText', 'rowsReceived', 'rowsTaken', 'rowsHad'],
} as const satisfies Readonly<Record<LedgerVersion, readonly string[]>>

/** Read besides them where a transform leaves rows out. */
export const leftColumn = 'rowsLeft' satisfies LedgerColumnName
