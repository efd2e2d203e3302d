/*
  The DolphinDB side of receipts: a shared ledger of claims and outcomes, and the session functions that write batches
  under it. Names in these scripts come from `target.ts` and `marker/run-tables.ts`, which have checked them.
*/
import { usualUpsert, writeBody, type Target, type UpsertForm } from '../target/target.js'

/** Rows of the ledger with batch 0 are ours. */
const probePhase = 8
/** A claim: whoever writes it first may insert. */
export const claimPhase = 0
/** An outcome: rows, or −1 and why. */
export const outcomePhase = 1

export const deliverFunction = 'ddbIngestDeliver'

/** Longest error text a ledger row keeps. */
const maxErrorChars = 4000

/**
 * Creates the ledger unless it is there, and probes it. `ddbIngestKnown` is how many rows a known key inserts: 0 on servers that count as
 * documented (DolphinDB manual, keyedStreamTable).
 */
export function ledgerScript(ledger: string): string {
  const probe = `tableInsert(ddbIngestLedger, 0l, 0, ${probePhase}, 0l, 0l, "", now())`
  return `if(!defined("${ledger}", SHARED)) {
    share(keyedStreamTable(\`batchNo\`attempt\`phase, 1024:0, \`batchNo\`attempt\`phase\`sendNo\`rowCount\`errText\`loggedAt, [LONG, INT, INT, LONG, LONG, STRING, TIMESTAMP]), "${ledger}")
}
ddbIngestLedger = objByName("${ledger}", true)
${probe}
ddbIngestKnown = ${probe}
`
}

/**
 * The functions of a data session; the delivering one answers rows, −1 for a refusal, −2 to whoever lost the claim.
 * `objByName` finds the ledger when the function runs: a bare name would be bound when it is parsed and might go on
 * writing into a table that was dropped.
 *
 * @param countsDuplicates true when the probe answered 1: the claim then reads back who came first
 */
export function deliverScript(
  ledger: string,
  target: Target,
  countsDuplicates: boolean,
  upsert: UpsertForm = usualUpsert,
): string {
  const claimRow = `tableInsert(ledger, b, a, ${claimPhase}, s, long(data.rows()), "", now())`
  const claim = countsDuplicates
    ? `${claimRow}
    if((exec first(sendNo) from ledger where batchNo=b, attempt=a, phase=${claimPhase}) != s) { return -2l }`
    : `if(${claimRow} != 1) { return -2l }`
  return `def ddbIngestTarget(${targetParameters(target)}mutable data) {
${target.kind === 'table' ? writeBody(target, upsert) : callBody(target)}
}
def ${deliverFunction}(b, a, s, ${targetParameters(target)}mutable data) {
    ledger = objByName("${ledger}", true)
    ${claim}
    n = -1l
    why = ""
    try {
        n = long(ddbIngestTarget(${targetArguments(target)}data))
    } catch(ex) {
        why = left(ex[0] + ": " + ex[1], ${maxErrorChars})
    }
    tableInsert(ledger, b, a, ${outcomePhase}, s, n, why, now())
    return n
}
`
}

/** `mutable p0, mutable p1, ` for a function with two fixed arguments, which it may change. */
function targetParameters(target: Target): string {
  if (target.kind !== 'function') return ''
  return target.functionArguments.map((_, i) => `mutable p${i}, `).join('')
}

/** `p0, p1, ` */
function targetArguments(target: Target): string {
  return targetParameters(target).replaceAll('mutable ', '')
}

function callBody(target: Extract<Target, { kind: 'function' }>): string {
  return `    n = data.rows()
    ${target.name}(${targetArguments(target)}data)
    return n`
}

/** Rows of the ledger from `from` on; rows are never changed or removed, so a number of rows is a cursor. */
export function ledgerQuery(ledger: string, from: number, rows: number): string {
  return `select * from objByName("${ledger}", true) limit ${from}, ${rows}`
}

/** Removes the ledger. */
export function dropLedgerScript(ledger: string): string {
  return `if(defined("${ledger}", SHARED)) { undef("${ledger}", SHARED) }
`
}
