/* What the server keeps of a run that shards load: one ledger (table of receipts) for all of them, with the plan that all of them follow,
   and the streams that have ended. The first process writes the plan before the register names the ledger, so nobody finds half of it. */
import { DdbError } from '../../errors.js'
import type { CutSizes } from '../../parse/batch-builder.js'
import { longOf, type Asking } from '../connection/server-queries.js'
import type { TargetIdentity } from '../target/describe-target.js'
import { recordGone } from '../journal/changed-run.js'
import type { JournaledOptions } from '../journal/journal-record.js'
import type { RowCounts } from '../options.js'
import {
  askRegister,
  checkClaim,
  checkName,
  entryScript,
  ledgerName,
  otherHolder,
  type RunName,
} from '../register/register.js'
import { addShared, askShared, dropLedger, ledgerScript } from '../transport/script.js'
import type { WrittenLedger } from '../transport/script.js'
import type { Stream } from './streams.js'

/** What the first process decides for all processes of the run. */
export interface Plan {
  /** Without inputs and server. */
  readonly options: JournaledOptions
  readonly sizes: CutSizes
  readonly connections: number
  readonly target: TargetIdentity
  readonly streams: readonly Stream[]
}

export interface SharedRun extends Plan {
  readonly ledger: WrittenLedger
  readonly token: bigint
  /** Streams that have ended when this process found the run, by number, in the order of their ends. */
  readonly done: ReadonlyMap<number, DoneStream>
  /** Time zone offsets by column: those that some process has found first apply to all streams. */
  readonly offsets: Readonly<Record<string, string>>
}

/** A stream of which all rows are confirmed, filtered or rejected. */
export interface DoneStream {
  readonly rows: RowCounts
  /** Rows by which the target can be recognized. */
  readonly sampled: readonly string[]
  /** The key of the process that has ended it first. */
  readonly by: string
}

/** Must increase whenever the plan, or the rules of streams, cuts and values change. */
const planVersion = 3

/** Undefined if nobody began it, or it is gone. @throws {DdbError} DDB_LOCKED if not of shards, DDB_RUN_CHANGED if of another version */
export async function findShared(asking: Asking, runId: string): Promise<SharedRun | undefined> {
  const known = await askRegister(asking, runId)
  const anyRun = { runId, token: 0n }
  const holder = otherHolder(known, anyRun)
  if (holder === undefined) return undefined
  const values = await askShared(asking, holder.ledger)
  if (values.size === 0) checkName(known, anyRun, asking.session)
  const plan = values.get(0) as SharedRun & { readonly version: number }
  if (plan.version !== planVersion) {
    const message = `another version of the program began run "${runId}": use that version`
    throw new DdbError('DDB_RUN_CHANGED', message)
  }
  const done = new Map([...values].filter(([no]) => no > 0)) as SharedRun['done']
  return { ...plan, token: holder.token!, done, offsets: offsetsIn(values) }
}

/** Values below 0 have the offset of a column. */
export const offsetsIn = (values: ReadonlyMap<number, unknown>) =>
  Object.fromEntries(
    [...values].filter(([no]) => no < 0).map(([, pair]) => pair as [string, string]),
  )

/** @returns the run as all processes find it: another may be faster @throws {ServerError} if the server refuses what receipts need */
export async function beginShared(asking: Asking, name: RunName, plan: Plan): Promise<SharedRun> {
  const { session, timeoutMs } = asking
  const ledger = ledgerName(name.token, 1)
  const claim = { ledger, processNo: 1 }
  const made = await session.run(`${ledgerScript(ledger)}long(ddbIngestKnown)`, { timeoutMs })
  const shared = { ...plan, ledger: { name: ledger, countsDuplicates: longOf(made) !== 0n } }
  await addShared(asking, ledger, 0, { version: planVersion, ...shared })
  await session.run(entryScript(name, claim), { timeoutMs })
  // Two processes may have made the register at once, so it is asked a round trip later.
  const known = await askRegister(asking, name.runId)
  if (otherHolder(known, name) === undefined) {
    await checkClaim(asking, known, name, claim)
    return { ...shared, token: name.token, done: new Map(), offsets: {} }
  }
  await dropLedger(asking, ledger)
  const found = await findShared(asking, name.runId)
  if (found === undefined) throw recordGone(name.runId)
  return found
}
