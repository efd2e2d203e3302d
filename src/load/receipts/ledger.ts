/*
  A run's ledger on the server, as the control session sees it: created, probed, owned, read with a cursor, dropped.
*/
import { DdbError, ServerError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'
import { elementAt } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/string-vector.js'
import type { Column, Table, Value } from '../../protocol/value.js'
import type { Link } from '../connection/link.js'
import type { LedgerRow } from './registry.js'
import { dropLedgerScript, ledgerQuery, ledgerScript, ownerPhase } from './script.js'

export interface Ledger {
  readonly name: string
  /** True on servers that count a known key as inserted: claims then read back who came first. */
  readonly countsDuplicates: boolean
  /** Rows since the last call, oldest first. @throws {ServerError} when the ledger is gone */
  read(): Promise<LedgerRow[]>
  exists(): Promise<boolean>
  drop(): Promise<void>
}

/** Rows asked for at once: about two megabytes. */
const rowsPerRead = 20_000

/**
 * Creates the ledger and takes it over.
 *
 * @throws {ServerError} when the server refuses what receipts need
 * @throws {DdbError} DDB_LOCKED when the name was used by another run
 */
export async function openLedger(control: Link, name: string, random: Random): Promise<Ledger> {
  const token = new BigInt64Array(random.bytes(8).slice().buffer)[0]! & 0x7fff_ffff_ffffn
  const [probe, usedRows] = longPair(await control.run(ledgerScript(name, token)))
  if (probe !== 0 && probe !== 1) {
    throw new ServerError('', 'DDB_SERVER', 'the server does not tell how many rows a ledger took')
  }
  if (usedRows !== 0) {
    throw new DdbError(
      'DDB_LOCKED',
      `the server has receipts of another run under this run id (table ${name}): use another --run-id`,
    )
  }
  let seen = 0
  return {
    name,
    countsDuplicates: probe === 1,
    async read() {
      const answer = await control.run(ledgerQuery(name, seen, rowsPerRead))
      if (answer?.form !== 'table') {
        throw new ServerError('', 'DDB_SERVER', `the ledger ${name} did not answer with its rows`)
      }
      seen += answer.rows
      const rows = ledgerRows(answer)
      for (const row of rows) checkOwner(row, token, name)
      return rows
    },
    async exists() {
      const answer = await control.run(`defined("${name}", SHARED)`)
      return answer?.form === 'scalar' && answer.value === true
    },
    async drop() {
      try {
        await control.run(dropLedgerScript(name))
      } catch (error) {
        // Whether the ledger could be removed changes nothing for the rows.
        if (!(error instanceof DdbError)) throw error
      }
    },
  }
}

function checkOwner(row: LedgerRow, token: bigint, name: string): void {
  if (row.batchNo !== 0 || row.phase !== ownerPhase || BigInt(row.sendNo) === token) return
  throw new DdbError('DDB_LOCKED', `another run took over the ledger ${name}: this one stops`)
}

function wholeNumber(value: Value | undefined): number | undefined {
  if (value?.form !== 'scalar' || value.value === null) return undefined
  return typeof value.value === 'number' || typeof value.value === 'bigint'
    ? Number(value.value)
    : undefined
}

function longPair(value: Value | undefined): (number | undefined)[] {
  if (value?.form !== 'vector' || value.length !== 2) return []
  return [wholeNumber(elementAt(value, 0)), wholeNumber(elementAt(value, 1))]
}

/** Straight out of the arrays: with small batches these rows come by the ten thousand. */
function ledgerRows({ rows, columns }: Table): LedgerRow[] {
  const [batchNo, attempt, phase, sendNo, rowCount] = columns.map(integersOf)
  const errText = columns[5]
  const texts = errText?.form === 'vector' && errText.type === 'STRING' ? stringsOf(errText) : []
  return Array.from({ length: rows }, (_, i) => ({
    batchNo: Number(batchNo?.[i] ?? 0),
    attempt: Number(attempt?.[i] ?? 0),
    phase: Number(phase?.[i] ?? 0),
    sendNo: Number(sendNo?.[i] ?? 0),
    rowCount: Number(rowCount?.[i] ?? 0),
    errText: texts[i] ?? '',
  }))
}

function integersOf(column: Column): BigInt64Array | Int32Array | undefined {
  if (column.form !== 'vector') return undefined
  return column.type === 'LONG' || column.type === 'INT' ? column.data : undefined
}
