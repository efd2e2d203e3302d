/*
  Tries receipts in the way a run uses them, with the run's own scripts, but on temporary tables.
*/
import type { Session } from '../../client/open-session.js'
import { classifyRefusal } from '../../load/outcomes/refusal.js'
import {
  deliverFunction,
  deliverScript,
  ledgerQuery,
  ledgerScript,
  type WrittenLedger,
} from '../../load/transport/receipts/script.js'
import { insertReceipt } from '../../load/transport/receipts/ledger-columns.js'
import { parseTarget } from '../../load/target/target.js'
import { elementAt } from '../../protocol/element.js'
import type { Table, Value } from '../../protocol/value.js'
import { columnOf, numberOf, numbersOf, tableOf, textsOf } from '../answers.js'
import type { CheckContext } from '../context.js'

export interface LedgerRow {
  readonly batchNo: number
  readonly attempt: number
  /** 0 for a claim (the server has begun the batch), 1 for an outcome. */
  readonly phase: number
  readonly sendNo: number
  readonly rowCount: number
  readonly errText: string
}

interface Asking {
  readonly ask: (script: string, session?: Session) => Promise<Value | undefined>
}

/** A ledger (a table of receipts) for checks, and whether the server counts a known key as inserted. */
export type TestLedger = WrittenLedger

export async function openTestLedger({
  ask,
  tableName,
}: Asking & Pick<CheckContext, 'tableName'>): Promise<TestLedger> {
  const name = tableName('ledger')
  const known = numberOf(await ask(`${ledgerScript(name)}ddbIngestKnown`))
  return { name, countsDuplicates: known === 1 }
}

/** A script that writes a claim (a batch's first receipt) into the ledger. The cells are script expressions. */
export function receiptOf(
  { name }: TestLedger,
  batchNo: string,
  sendNo: string,
  errText = '""',
): string {
  const cells = { batchNo, attempt: '0', phase: '0', sendNo, rowsReceived: '0l', errText }
  return insertReceipt(`objByName("${name}")`, cells)
}

/** Defines functions on a data session, with which the session delivers batches into a shared table. */
export async function defineDelivery(
  { ask }: Asking,
  session: Session,
  ledger: TestLedger,
  table: string,
  transform?: string,
): Promise<void> {
  const target = parseTarget({ table, ...(transform === undefined ? {} : { transform }) })
  await ask(deliverScript(ledger, target), session)
}

export function delivery(batchNo: number, sendNo: number, rows: Table): Value[] {
  return [
    { form: 'scalar', type: 'LONG', value: BigInt(batchNo) },
    { form: 'scalar', type: 'INT', value: 0 },
    { form: 'scalar', type: 'LONG', value: BigInt(sendNo) },
    rows,
  ]
}

export function sendDelivery(session: Session, batchNo: number, sendNo: number, rows: Table): void {
  session.send(deliverFunction, delivery(batchNo, sendNo, rows))
}

/** All rows of the ledger except probes, in the table's order. */
export async function ledgerRows({ ask }: Asking, ledger: TestLedger): Promise<LedgerRow[]> {
  return rowsOfLedger(tableOf(await ask(ledgerQuery(ledger.name, 0, 100_000)))).filter(
    ({ batchNo }) => batchNo > 0,
  )
}

export function rowsOfLedger(table: Table): LedgerRow[] {
  const numbers = (name: string): number[] => numbersOf(columnOf(table, name))
  const [batchNo, attempt, phase] = [numbers('batchNo'), numbers('attempt'), numbers('phase')]
  const sendNo = numbers('sendNo')
  const received = columnOf(table, 'rowsReceived')
  const taken = columnOf(table, 'rowsTaken')
  const errText = textsOf(columnOf(table, 'errText'))
  return batchNo.map((number, i) => ({
    batchNo: number,
    attempt: attempt[i]!,
    phase: phase[i]!,
    sendNo: sendNo[i]!,
    rowCount: numberOf(elementAt(phase[i] === 1 ? taken : received, i)),
    errText: errText[i]!,
  }))
}

/** `1: 5, 2, 2; 2: 5, null, -1`: for each batch, the rows received, the rows after the transform, and the rows stored. */
export async function ledgerOutcomes({ ask }: Asking, ledger: TestLedger): Promise<string> {
  const answer = await ask(ledgerQuery(ledger.name, 0, 100_000, true))
  const table = tableOf(answer)
  const numbers = ['batchNo', 'phase', 'rowsReceived', 'rowsLeft', 'rowsTaken'].map(name => {
    const column = columnOf(table, name)
    return Array.from({ length: table.rows }, (_, row) => elementAt(column, row))
  })
  const rows = Array.from({ length: table.rows }, (_, row) =>
    numbers.map(each => {
      const value = each[row]
      return value?.form === 'scalar' && value.value !== null ? Number(value.value) : null
    }),
  )
  return rows
    .filter(([batchNo, phase]) => (batchNo ?? 0) > 0 && phase === 1)
    .sort(([a], [b]) => (a ?? 0) - (b ?? 0))
    .map(([batchNo, , ...counts]) => `${batchNo}: ${counts.map(String).join(', ')}`)
    .join('; ')
}

/** Waits until this many batches have an outcome. Returns the ledger's rows. */
export function awaitOutcomes(
  context: Asking & Pick<CheckContext, 'until'>,
  ledger: TestLedger,
  batches: number,
): Promise<LedgerRow[]> {
  return context.until(async () => {
    const rows = await ledgerRows(context, ledger)
    return rows.filter(({ phase }) => phase === 1).length >= batches ? rows : undefined
  })
}

/** `1: 5 rows; 2: refused (rows)`: the outcome of each batch, by number. */
export function outcomesText(rows: readonly LedgerRow[]): string {
  return rows
    .filter(({ phase }) => phase === 1)
    .sort((a, b) => a.batchNo - b.batchNo)
    .map(({ batchNo, rowCount, errText }) =>
      rowCount >= 0
        ? `${batchNo}: ${rowCount} rows`
        : `${batchNo}: refused (${classifyRefusal(errText)})`,
    )
    .join('; ')
}
