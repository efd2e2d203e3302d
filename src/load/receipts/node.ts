/*
  What a run with receipts has on one node of the server: a session that reads, the ledger, the lane that writes, and
  the way on when the node forgets its receipts.
*/
import type { Session } from '../../client/session.js'
import { ServerError } from '../../errors.js'
import { connectServer, sessionLimits } from '../connection/connect.js'
import { jsonToValue } from '../json-value.js'
import { openLedger, type Ledger } from './ledger.js'
import { openLink, type Link } from '../connection/link.js'
import { askFunction, askSchema } from '../connection/server-queries.js'
import { openReceiptLane, type ReceiptLane } from './sender.js'
import type { RetryRules } from '../connection/retry.js'
import type { Run } from '../run.js'

export interface ReceiptNode {
  readonly control: Link
  readonly lane: ReceiptLane
  /** The present one: `reopen` replaces it. */
  readonly ledger: Ledger
  /** Finds out what a vanished ledger means, and opens the next one. @returns whether the run can go on */
  reopen(): Promise<boolean>
  close(): Promise<void>
}

export interface ReceiptNodeSetup {
  run: Run
  columnNames: readonly string[]
  rules: RetryRules
  /** Never the same twice in a run. */
  nextLedgerName: () => string
  /** Says what became of rows that the node has forgotten. */
  note: (text: string) => void
}

/**
 * @param session  to read with; the node closes it in the end, but not when this throws
 * @throws {ServerError} when the server refuses what receipts need
 * @throws {ConnectionError}
 */
export async function openReceiptNode(
  setup: ReceiptNodeSetup,
  session: Session,
): Promise<ReceiptNode> {
  const { run, rules, nextLedgerName } = setup
  const { target, maxInFlightBytes, confirmTimeoutMs: answerTimeoutMs } = run.plan
  const limits = sessionLimits(run.plan)
  const control = await openLink({
    open: () => connectServer(run.platform, run.server, undefined, limits),
    rules,
    answerTimeoutMs,
    opened: session,
  })
  try {
    let ledger = await openLedger(control, nextLedgerName(), run.platform.random)
    const lane = await openReceiptLane({
      connect: () =>
        connectServer(run.platform, run.server, undefined, {
          ...limits,
          highWaterBytes: maxInFlightBytes,
        }),
      ledger,
      target,
      columnNames: setup.columnNames,
      leading: target.kind === 'function' ? target.functionArguments.map(jsonToValue) : [],
      rules,
      answerTimeoutMs,
    })
    let reconnects = control.reconnects
    return {
      control,
      lane,
      get ledger() {
        return ledger
      },
      async reopen() {
        if (control.reconnects !== reconnects) takeBackConfirmed(setup)
        reconnects = control.reconnects
        try {
          await askTarget(control, run)
          ledger = await openLedger(control, nextLedgerName(), run.platform.random)
        } catch (error) {
          if (error instanceof ServerError) return false
          throw error
        }
        await lane.follow(ledger)
        return true
      },
      async close() {
        await Promise.all([lane.close(), control.close()])
      },
    }
  } catch (error) {
    if (control.session !== session) await control.close()
    throw error
  }
}

/** A new connection and no ledger mean a restart: what was in memory is gone as well. */
function takeBackConfirmed({ run: { plan, tally }, note }: ReceiptNodeSetup): void {
  const inMemory = plan.target.kind === 'function' || plan.target.table.kind === 'shared'
  if (!inMemory || tally.confirmed === 0) return
  note('the server restarted, and rows in memory that were confirmed before are gone')
  tally.unconfirmed += tally.confirmed
  tally.confirmed = 0
}

/** @throws {ServerError} DDB_TARGET when the node has forgotten that, too */
async function askTarget(
  control: Link,
  { plan: { target, confirmTimeoutMs } }: Run,
): Promise<void> {
  const asking = { session: control.session, timeoutMs: confirmTimeoutMs }
  if (target.kind === 'function') await askFunction(asking, target.name)
  else await askSchema(asking, target.table)
}
