/*
  Opens delivery with receipts, on the node that the run is connected to and on those it is sent to later.
*/
import type { Session } from '../../client/session.js'
import { connectServer, sessionLimits } from '../connection/connect.js'
import type { Delivery } from '../delivery/delivery.js'
import type { TargetDescription } from '../describe-target.js'
import { fatesOf } from '../delivery/open-fates.js'
import type { ServerAddress } from '../options.js'
import { ReceiptDelivery } from './delivery.js'
import { openReceiptNode, type ReceiptNode } from './node.js'
import { ledgerName } from './script.js'
import { redirected } from '../connection/redirect.js'
import { retryRules } from '../connection/retry.js'
import type { Run } from '../run.js'

/** Nothing new for this long is looked into (design: receipts §5.7). */
const longestQuietMs = 5_000
const quietShare = 4

/**
 * @param session  of this run, which reads the ledger from now on
 * @throws {ServerError} when the server refuses what receipts need
 * @throws {ConnectionError}
 */
export async function openReceipts(
  run: Run,
  target: TargetDescription,
  session: Session,
): Promise<Delivery> {
  const { plan, platform } = run
  const { clock } = platform
  const rules = retryRules(plan, platform)
  const fates = await fatesOf(run, target, session, rules)
  const name = ledgerName(plan.runId)
  let ledgers = 0
  const open = (control: Session): Promise<ReceiptNode> =>
    openReceiptNode(
      {
        run,
        columnNames: target.columns.map(column => column.name),
        rules,
        nextLedgerName: () => (++ledgers === 1 ? name : `${name}_${ledgers}`),
        note: text => fates.note(text),
      },
      control,
    )
  const follow = async (to: ServerAddress): Promise<ReceiptNode> => {
    run.server = redirected(run.server, to)
    const control = await connectServer(run.platform, run.server, undefined, sessionLimits(plan))
    try {
      return await open(control)
    } catch (error) {
      await control.close().catch(() => undefined)
      throw error
    }
  }
  const quietMs = Math.min(longestQuietMs, plan.confirmTimeoutMs / quietShare)
  return new ReceiptDelivery({ run, node: await open(session), fates, clock, quietMs, follow })
}
