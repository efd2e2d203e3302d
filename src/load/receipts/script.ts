/*
  The DolphinDB side of receipts: a shared ledger of claims and outcomes, and the session functions that write
  batches under it. Names in these scripts come from `target.ts`, which has checked them.
*/
import { tableExpression, type Target } from '../target.js'

/** Rows of the ledger with batch 0 are ours. */
const probePhase = 8
export const ownerPhase = 9
/** Takeovers of a ledger are numbered; the highest number owns it. */
const firstOwner = 1
/** A claim: whoever writes it first may insert. */
export const claimPhase = 0
/** An outcome: rows, or −1 and why. */
export const outcomePhase = 1

export const deliverFunction = 'ddbIngestDeliver'

/** Longest error text a ledger row keeps. */
const maxErrorChars = 4000

export function ledgerName(runId: string): string {
  return `ddbIngest_${runId.replace(/[^A-Za-z0-9]/g, '_')}`
}

/**
 * Creates the ledger when it is not there, probes it, and takes it over when nobody has used it. The value of the
 * script is a pair: how many rows a known key inserts, 0 on servers that count as documented (DolphinDB manual,
 * keyedStreamTable), and how many claims and outcomes are there already, 0 in a ledger of our own.
 */
export function ledgerScript(ledger: string, token: bigint): string {
  const row = (phase: number, attempt: number, sendNo: bigint): string =>
    `tableInsert(ddbIngestLedger, 0l, ${attempt}, ${phase}, ${sendNo}l, 0l, "", now())`
  const probe = row(probePhase, 0, 0n)
  return `if(!defined("${ledger}", SHARED)) {
    share(keyedStreamTable(\`batchNo\`attempt\`phase, 1024:0, \`batchNo\`attempt\`phase\`sendNo\`rowCount\`errText\`loggedAt, [LONG, INT, INT, LONG, LONG, STRING, TIMESTAMP]), "${ledger}")
}
ddbIngestLedger = objByName("${ledger}")
${probe}
ddbIngestKnown = ${probe}
ddbIngestUsed = exec count(*) from ddbIngestLedger where batchNo > 0
if(ddbIngestUsed == 0) { ${row(ownerPhase, firstOwner, token)} }
[long(ddbIngestKnown), long(ddbIngestUsed)]
`
}

/**
 * The functions of a lane; the delivering one answers rows, −1 for a refusal, −2 to whoever lost the claim. `objByName` finds the ledger when the function runs: a bare name would be bound when it
 * is parsed and might go on writing into a table that was dropped.
 *
 * @param countsDuplicates true when the probe answered 1: the claim then reads back who came first
 */
export function laneScript(ledger: string, target: Target, countsDuplicates: boolean): string {
  const claimRow = `tableInsert(ledger, b, a, ${claimPhase}, s, long(data.rows()), "", now())`
  const claim = countsDuplicates
    ? `${claimRow}
    if((exec first(sendNo) from ledger where batchNo=b, attempt=a, phase=${claimPhase}) != s) { return -2l }`
    : `if(${claimRow} != 1) { return -2l }`
  return `def ddbIngestTarget(${targetParameters(target)}mutable data) {
${targetBody(target)}
}
def ${deliverFunction}(b, a, s, ${targetParameters(target)}mutable data) {
    ledger = objByName("${ledger}")
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

function argumentNames(target: Target): string[] {
  return target.kind === 'function' ? target.functionArguments.map((_, i) => `p${i}`) : []
}

function targetParameters(target: Target): string {
  return argumentNames(target)
    .map(name => `${name}, `)
    .join('')
}

function targetArguments(target: Target): string {
  return targetParameters(target)
}

function targetBody(target: Target): string {
  if (target.kind === 'function') {
    return `    n = data.rows()
    ${target.name}(${targetArguments(target)}data)
    return n`
  }
  const { table, method, keyColumns } = target
  const expression = table.kind === 'shared' ? `objByName("${table.name}")` : tableExpression(table)
  if (method === 'upsert') {
    const keys = keyColumns.length === 0 ? '' : `, ${keyColumns.map(k => `\`${k}`).join('')}`
    return `    r = tableUpsert(${expression}, data, false${keys})
    return r[0] + r[1]`
  }
  return `    return tableInsert(${expression}, data)`
}

/** Rows of the ledger from `seen` on; rows are never changed or removed, so `seen` is a cursor. */
export function ledgerQuery(ledger: string, seen: number, rows: number): string {
  return `select * from objByName("${ledger}") limit ${seen}, ${rows}`
}

export function dropLedgerScript(ledger: string): string {
  return `if(defined("${ledger}", SHARED)) { undef("${ledger}", SHARED) }`
}
