/*
  Opens delivery with receipts: polling session, ledger, lane, and the way on when the server forgets its receipts.
*/
import { ServerError } from '../errors.js'
import type { Session } from '../client/session.js'
import { connectServer } from './connect.js'
import type { WaitClock } from './wait-clock.js'
import type { Delivery } from './delivery.js'
import type { TargetDescription } from './describe-target.js'
import { jsonToValue } from './json-value.js'
import { openLedger, type Ledger } from './ledger.js'
import { openLink, type Link } from './link.js'
import { askFunction, askSchema } from './questions.js'
import { ReceiptDelivery } from './receipt-delivery.js'
import { fatesOf } from './open-fates.js'
import type { Fates } from './receipt-fate.js'
import { openReceiptLane } from './receipt-lane.js'
import { ledgerName } from './receipt-script.js'
import { retryRules } from './retry.js'
import type { Run } from './run.js'

/** Nothing new for this long is looked into (design: receipts §5.7). */
const longestQuietMs = 5_000
const quietShare = 4

/**
 * @param session  of this run, which reads the ledger from now on
 * @throws {ServerError} when the server refuses what receipts need
 */
export async function openReceipts(
  run: Run,
  target: TargetDescription,
  session: Session,
  clock: WaitClock,
): Promise<Delivery> {
  const { plan } = run
  const rules = retryRules(plan, clock)
  const openSession = (highWaterBytes?: number): Promise<Session> =>
    connectServer(run.server, undefined, highWaterBytes)
  const control = await openLink(openSession, () => Promise.resolve(), rules, session)
  try {
    const name = ledgerName(plan.runId)
    const ledger = await openLedger(control, name)
    const fates = await fatesOf(run, target, control.session, rules)
    const lane = await openReceiptLane({
      connect: () => openSession(plan.maxInFlightBytes),
      ledger,
      target: plan.target,
      columnNames: target.columns.map(column => column.name),
      leading:
        plan.target.kind === 'function' ? plan.target.functionArguments.map(jsonToValue) : [],
      rules,
    })
    const quietMs = Math.min(longestQuietMs, plan.confirmTimeoutMs / quietShare)
    const reopen = reopener(run, control, fates, name)
    return new ReceiptDelivery({ run, lane, control, ledger, fates, clock, quietMs, reopen })
  } catch (error) {
    if (control.session !== session) await control.close()
    throw error
  }
}

/**
 * The ledger is gone. With a new connection that means a restart, and what was in memory is gone as well; else
 * somebody dropped it. The run goes on under a new name as long as the target is there.
 */
function reopener(
  { plan, tally }: Run,
  control: Link,
  fates: Fates,
  name: string,
): () => Promise<Ledger | undefined> {
  let reconnects = control.reconnects
  let ledgers = 1
  const inMemory = plan.target.kind === 'function' || plan.target.table.kind === 'shared'
  return async () => {
    const restarted = control.reconnects !== reconnects
    reconnects = control.reconnects
    if (restarted && inMemory && tally.confirmed > 0) {
      fates.note('the server restarted, and rows in memory that were confirmed before are gone')
      tally.unconfirmed += tally.confirmed
      tally.confirmed = 0
    }
    try {
      if (plan.target.kind === 'function') await askFunction(control.session, plan.target.name)
      else await askSchema(control.session, plan.target.table)
      return await openLedger(control, `${name}_${++ledgers}`)
    } catch (error) {
      if (error instanceof ServerError) return undefined
      throw error
    }
  }
}
