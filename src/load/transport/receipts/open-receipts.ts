/*
  Opens a delivery on the node to which the run is connected, and on each node to which it is redirected.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError } from '../../../errors.js'
import { connectRun } from '../../connection/connect.js'
import type { RetryRules } from '../../connection/retry.js'
import type { Delivery } from '../delivery.js'
import type { Recorder } from '../../outcomes/recorder.js'
import type { TargetDescription } from '../../target/describe-target.js'
import { checkMemory } from '../../journal/check-sole-process.js'
import type { ServerAddress } from '../../options.js'
import type { Run } from '../../run.js'
import { reportLeftovers } from '../../register/leftovers.js'
import { earlierReceipts } from './earlier-receipts.js'
import { ReceiptNode, type EarlySession } from './receipt-node.js'
import { ReceiptWatcher } from './watcher.js'

export interface ReceiptsSetup {
  readonly run: Run
  readonly rules: RetryRules
  readonly recorder: Recorder
  readonly description: TargetDescription
  readonly early?: EarlySession | undefined
  /** False if the server refuses the ledger. */
  readonly hasLedger: boolean
}

/**
 * @param control  the run's session, which from now on reads the ledger (the server-side table of receipts)
 * @throws {ServerError} if the server refuses something that receipts need
 * @throws {DdbError} DDB_LOCKED if a different run has this run's name
 * @throws {ConnectionError}
 */
export async function openReceipts(
  { run, rules, recorder, description, early, hasLedger: asksLedger }: ReceiptsSetup,
  control: Session,
): Promise<Delivery> {
  const isLeft = checkMemory(run, recorder.target.inMemory)
  // No later ledger gets the number of a lost ledger.
  const { journal } = run.history
  let number = Math.max(0, (journal?.ledgerNumber ?? 0) - (isLeft ? 1 : 0))
  const nodeSetup = {
    run,
    rules,
    hasLedger: asksLedger,
    upsert: description.upsert,
    columnNames: description.columns.map(column => column.name),
    nextLedger: () => {
      number++
      return { number, processNo: journal?.beginsLedger(number) ?? 1 }
    },
  }
  const follow = async (to: ServerAddress): Promise<ReceiptNode> => {
    run.server.follow(to)
    const session = await connectRun(run)
    try {
      return await ReceiptNode.open(nodeSetup, session)
    } catch (error) {
      await session.close().catch(() => undefined)
      throw error
    }
  }
  const node = await ReceiptNode.open(nodeSetup, control, early)
  try {
    // Somebody may have removed the ledger since the server reported it.
    const hasLedger = isLeft && node.ledger?.isNew === false
    const earlier = await earlierReceipts(run, node, description, hasLedger)
    if (node.ledger !== undefined) reportLeftovers(run, control, node.ledger.listed)
    run.state.lastSendNo = run.state.earlierSendNo = earlier.firstSendNo - 1
    return new ReceiptWatcher({ run, rules, recorder, node, follow, earlier })
  } catch (error) {
    node.leave(new ConnectionError('DDB_CONNECTION_LOST', 'the run does not continue'))
    throw error
  }
}
