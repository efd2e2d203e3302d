/* Creates, probes and reads a run's ledger, the server-side table of receipts, over the session that the caller passes. */
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Table } from '../../protocol/value.js'
import { ask, longOf, numberAt, textsOf, type Asking } from '../connection/server-queries.js'
import type { Outcome } from '../outcomes/refusals.js'
import { askRegister, checkClaim, entryScript, otherHolder } from '../register/register.js'
import { dropTableScript, ledgerName, type RunName } from '../register/table-names.js'
import {
  claimPhase,
  headRow,
  ledgerScript,
  outcomePhase,
  type Copy,
  type WrittenLedger,
} from './script.js'

/** A claim or an outcome. `rowCount` of a claim: rows that arrived. `errText` of a claim, if shards load the run: the session that has made it. */
export interface LedgerRow extends Copy, Outcome {
  readonly phase: number
}

export interface Ledger extends WrittenLedger {
  /** True if this process created the ledger, which then had no rows when it was opened. */
  readonly isNew: boolean
  /** The number of this process in the register, from 1. */
  readonly processNo: number
  /** Whether the run had its name a round trip after it claimed it. */
  isChecked: boolean
  heads: number
  seen: number
}

/**
 * Creates the run's ledger, or continues with that of an earlier process, and claims the run's name, in one request. If a different run has
 * the name, the new ledger goes again. @param number  from 1; a run never uses a number twice
 * @throws {DdbError} DDB_LOCKED if a different run or process has the name @throws {ServerError} if the server refuses what receipts need
 */
export async function openLedger(
  asking: Asking,
  run: RunName,
  { number, processNo }: { readonly number: number; readonly processNo: number },
): Promise<Ledger> {
  const name = ledgerName(run.token, number)
  const claim = { ledger: name, processNo }
  const script = `${ledgerScript(name, headRow(processNo, 0, asking.session.id))}${entryScript(run, claim)}`
  const more = ['long(ddbIngestKnown)', 'long(ddbIngestHad)']
  const known = await askRegister(asking, run.runId, script, more)
  const [counted, had] = known.answers.map(longOf)
  // The ledger of an earlier process has at least one row, the head.
  const isNew = had === 0n
  if (isNew && otherHolder(known, run) !== undefined) await dropLedger(asking, name)
  await checkClaim(asking, known, run, claim)
  if (counted !== 0n && counted !== 1n) {
    throw new ServerError('', 'DDB_SERVER', 'the server does not say how many rows a ledger took')
  }
  const countsDuplicates = counted === 1n
  return { ...{ name, countsDuplicates, isNew, processNo }, isChecked: false, heads: 1, seen: 0 }
}

/** Removes the ledger. Ignores errors, because no row depends on it. */
export async function dropLedger(asking: Asking, name: string): Promise<void> {
  try {
    await ask(asking, dropTableScript(name))
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // A server that ignores a query would also ignore the closing of the session.
    if (error instanceof TimeoutError) {
      const { message } = error
      asking.session.abandon(new ConnectionError('DDB_CONNECTION_LOST', message, { cause: error }))
    }
  }
}

/** The claims and outcomes in what a server answers to `ledgerQuery`, from row `first`. */
export function ledgerRows({ columns, rows }: Table, first: number): LedgerRow[] {
  // In the order of the query. A record of all columns would take ten times as long, and small batches have many receipts.
  const [streams, nos, lanes, parts, attempts, phases, ...others] = columns
  const [cuts, sendNos, received, left, taken, texts] = others
  const errTexts = textsOf(texts)
  const found: LedgerRow[] = []
  for (let row = first; row < rows; row++) {
    const phase = numberAt(phases, row)!
    if (phase > outcomePhase) continue
    const isClaim = phase === claimPhase
    found.push({
      stream: numberAt(streams, row)!,
      no: numberAt(nos, row)!,
      lane: numberAt(lanes, row)!,
      part: numberAt(parts, row)!,
      attempt: numberAt(attempts, row)!,
      phase,
      cut: numberAt(cuts, row)!,
      sendNo: numberAt(sendNos, row)!,
      rowCount: numberAt(isClaim ? received : taken, row) ?? null,
      left: isClaim ? undefined : numberAt(left, row),
      errText: errTexts[row] ?? '',
    })
  }
  return found
}
