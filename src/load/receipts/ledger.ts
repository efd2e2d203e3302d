/*
  A run's ledger on the server: created, probed, and read with a cursor. What is asked goes over the session given, as
  a run may lose one and go on with another.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, Table } from '../../protocol/value.js'
import { checkOwner, longsOf, markScript, type RunName } from '../marker/marker.js'
import { ledgerName } from '../marker/run-tables.js'
import type { LedgerRow } from './batch-registry.js'
import { dropLedgerScript, ledgerQuery, ledgerScript } from './script.js'

/** Where the receipts of a run are. */
export interface Ledger {
  readonly name: string
  /** True on servers that count a known key as inserted: claims then read back who came first. */
  readonly countsDuplicates: boolean
  /** Rows read so far. */
  seen: number
}

/** Rows asked for at once: about two megabytes. */
const rowsPerRead = 20_000

/**
 * Marks the run's name as taken and creates its ledger, or takes up those that an earlier process has left, in one
 * request.
 *
 * @param number  from 1, never the same twice in a run
 * @throws {DdbError} DDB_LOCKED when another run has the name
 * @throws {ServerError} when the server refuses what receipts need
 * @throws {TimeoutError}
 */
export async function openLedger(
  session: Session,
  run: RunName,
  number: number,
  timeoutMs: number,
): Promise<Ledger> {
  const name = ledgerName(run.token, number)
  const script = `${markScript(session, run)}ddbIngestKnown = 0
if(ddbIngestOwner == ${run.token}l) {
${ledgerScript(name)}}
[ddbIngestOwner, long(ddbIngestKnown)]`
  const [owner, known] = longsOf(await session.run(script, { timeoutMs }))
  checkOwner(owner, run)
  if (known !== 0n && known !== 1n) {
    throw new ServerError('', 'DDB_SERVER', 'the server does not tell how many rows a ledger took')
  }
  return { name, countsDuplicates: known === 1n, seen: 0 }
}

/**
 * Rows since the last call, oldest first.
 *
 * @param overlaps  asks for the last row that is known again, so that no question begins at the end of the table: what a
 *   server does then is written nowhere. There is always one, that of the probe
 * @throws {ServerError} when the ledger is gone
 * @throws {TimeoutError}
 */
export async function readLedger(
  session: Session,
  ledger: Ledger,
  timeoutMs: number,
  overlaps: boolean = true,
): Promise<LedgerRow[]> {
  const overlap = overlaps ? Math.min(ledger.seen, 1) : 0
  const query = ledgerQuery(ledger.name, ledger.seen - overlap, rowsPerRead + overlap)
  const answer = await session.run(query, { timeoutMs })
  if (answer?.form !== 'table' || answer.rows < overlap) {
    throw new ServerError('', 'DDB_SERVER', `the ledger ${ledger.name} did not answer its rows`)
  }
  ledger.seen += answer.rows - overlap
  return ledgerRows(answer, overlap)
}

/** @throws {TimeoutError} */
export async function ledgerExists(
  session: Session,
  { name }: Ledger,
  timeoutMs: number,
): Promise<boolean> {
  const answer = await session.run(`defined("${name}", SHARED)`, { timeoutMs })
  return answer?.form === 'scalar' && answer.value === true
}

/**
 * Removes the ledger; whether the server lets us changes nothing for the rows.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function dropLedger(
  session: Session,
  { name }: Ledger,
  timeoutMs: number,
): Promise<void> {
  try {
    await session.run(dropLedgerScript(name), { timeoutMs })
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
  }
}

/** Straight out of the arrays: with small batches these rows come by the ten thousand. */
function ledgerRows({ rows, columns }: Table, first: number): LedgerRow[] {
  const [batchNo, attempt, phase, sendNo, rowCount] = columns.map(integersOf)
  const errText = columns[5]
  const texts = errText?.form === 'vector' && errText.type === 'STRING' ? stringsOf(errText) : []
  const found: LedgerRow[] = []
  for (let i = first; i < rows; i++) {
    found.push({
      batchNo: Number(batchNo?.[i] ?? 0),
      attempt: Number(attempt?.[i] ?? 0),
      phase: Number(phase?.[i] ?? 0),
      sendNo: Number(sendNo?.[i] ?? 0),
      rowCount: Number(rowCount?.[i] ?? 0),
      errText: texts[i] ?? '',
    })
  }
  return found
}

function integersOf(column: Column): BigInt64Array | Int32Array | undefined {
  if (column.form !== 'vector') return undefined
  return column.type === 'LONG' || column.type === 'INT' ? column.data : undefined
}
