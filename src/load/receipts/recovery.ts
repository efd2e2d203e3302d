/*
  What a run with receipts does when a connection is lost, the server has forgotten the run, or another node leads.
*/
import { ConnectionError, DdbError } from '../../errors.js'
import { mayBeGone } from '../evidence/evidence.js'
import { lookAtEnd, noteFinished } from '../evidence/end-look.js'
import { hasUncertain } from '../fate/projections.js'
import type { ReceiptNode } from './receipt-node.js'
import { movedOn } from './sessions.js'
import type { ReceiptWatcher } from './watcher.js'

const restarted = 'the server restarted, and rows in memory that were confirmed before are gone'
const unreachable =
  'the server that held confirmed rows in memory could not be asked again whether it still has them'
const forgotten = 'the server forgot its receipts'

/**
 * Opens again what is lost, in the time that `retryTimeoutMs` gives, and sends again what has no outcome: claims decide
 * which copy is written.
 *
 * @throws {DdbError} when the run cannot go on
 */
export async function reconnect(watcher: ReceiptWatcher): Promise<void> {
  const { queue, carryOut, setup } = watcher
  const { rules } = setup
  if (rules.retries === 0) {
    carryOut.stop(notReopened())
    // What is out may still be asked for.
    if (queue.node.isControlLost) throw notReopened()
    return
  }
  const reconnectMs = watcher.isSilent ? watcher.leftMs : rules.reconnectMs
  const deadlineMs = rules.clock.nowMs() + reconnectMs
  if (++watcher.reconnects > Math.max(rules.retries, 1)) throw lostAgain()
  let memory
  try {
    memory = await queue.node.restore(deadlineMs)
  } catch (error) {
    watcher.memoryIsUnsure ||= queue.node.isControlLost
    // The time that silence may last is over, which the watcher sees for itself.
    if (watcher.isSilent && error instanceof ConnectionError) return
    throw error
  }
  if (memory === 'lost') {
    setup.recorder.takeBack(restarted, true)
    await beginAnew(watcher, deadlineMs)
  } else {
    for (const batch of queue.transmitted()) {
      carryOut.repeat(batch, 'sent, and the connection was lost each time')
    }
    queue.flush()
  }
  watcher.memoryIsUnsure = false
  if (!watcher.isSilent) watcher.news()
}

/** Somebody removed the ledger: what has no outcome yet will have none. */
export async function ledgerIsGone(watcher: ReceiptWatcher): Promise<void> {
  const { rules } = watcher.setup
  await beginAnew(watcher, rules.clock.nowMs() + watcher.queryTimeoutMs)
  watcher.news()
}

/** Goes on under another ledger, if the target is still there. */
async function beginAnew(watcher: ReceiptWatcher, deadlineMs: number): Promise<void> {
  const { queue, carryOut, setup } = watcher
  const open = queue.transmitted()
  const resends = setup.run.plan.onDoubt === 'resend'
  if (!resends) for (const batch of open) carryOut.giveUp(batch, forgotten)
  if (!(await queue.node.reopen(deadlineMs))) {
    for (const batch of queue.transmitted()) carryOut.giveUp(batch, forgotten)
    throw new ConnectionError(
      'DDB_UNCONFIRMED',
      'the server lost the receipts of this run: nothing more is sent',
    )
  }
  if (resends) for (const batch of open) carryOut.leaveUncertain(batch, forgotten)
  queue.flush()
}

/**
 * Goes on under another ledger, so that none grows without end: everything that was sent has its outcome. Until that is
 * done nothing is sent, for the journal names the new ledger already.
 *
 * @throws {DdbError}
 */
export async function renewLedger(watcher: ReceiptWatcher): Promise<void> {
  const { queue, setup } = watcher
  await setup.recorder.settled()
  setup.run.commit()
  const deadlineMs = setup.rules.clock.nowMs() + watcher.queryTimeoutMs
  const drop = queue.node.leavesLedger(watcher.queryTimeoutMs)
  if (!(await queue.node.reopen(deadlineMs))) {
    throw new ConnectionError('DDB_UNCONFIRMED', 'the server took no other ledger for receipts')
  }
  queue.isHeld = false
  queue.flush()
  watcher.news()
  await drop()
}

/** Goes to the node that leads, once nothing is out any more. */
export async function moveToLeader(watcher: ReceiptWatcher): Promise<void> {
  const { queue, carryOut, setup } = watcher
  const hasMoved = await carryOut.moveToLeader(async to => {
    const next = await setup.follow(to)
    await leaveNode(queue.node, watcher.queryTimeoutMs)
    queue.node = next
  })
  if (hasMoved) watcher.news()
}

/** It has answered for everything: whether it can be left in order changes nothing. */
async function leaveNode(node: ReceiptNode, timeoutMs: number): Promise<void> {
  try {
    await node.finish(timeoutMs, false)
    await node.close()
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    node.leave(movedOn())
  }
}

/** How long a server that has answered for everything is waited for at the end. */
const longestFarewellMs = 5_000

/**
 * Looks at the target once more, and removes what the run has on the server. A server that is lost by now may have taken
 * confirmed rows with it: unless it comes back with the run's marker, they are taken back.
 */
export async function endMemory(watcher: ReceiptWatcher): Promise<void> {
  const { queue, setup } = watcher
  const { recorder, run, rules } = setup
  const timeoutMs = Math.min(longestFarewellMs, run.plan.confirmTimeoutMs)
  const isLost = watcher.failure?.code === 'DDB_CONNECTION_LOST'
  await recorder.settled()
  const ended = { isLooked: recorder.target.evidence === undefined || run.isLeaving }
  try {
    if (isLost && recorder.holdsMemory && !run.isLeaving) {
      // A connection that still looks open may lead to a server that is gone.
      watcher.memoryIsUnsure ||= !(await answersStill(queue.node, timeoutMs))
    }
    // The ledger goes only when the journal holds every outcome.
    run.commit()
    if (!watcher.memoryIsUnsure) await leaveTarget(watcher, timeoutMs, ended)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // Who has waited for the server in vain does not wait again.
    const isOpen = recorder.holdsMemory || (!ended.isLooked && !isLost)
    if (error instanceof ConnectionError && isOpen && !run.isLeaving) {
      await lookAgain(watcher, rules.clock.nowMs() + rules.reconnectMs, timeoutMs, ended)
    }
  }
  if (watcher.memoryIsUnsure && recorder.holdsMemory) recorder.takeBack(unreachable, false)
  else if (!ended.isLooked) recorder.replaced(mayBeGone(notLooked), false)
}

const notLooked = 'the server could not be asked whether it is still the same table'

/** In this order: a process that goes on finds whatever a process that was killed in between has left. */
async function leaveTarget(
  { queue: { node }, setup: { run, recorder } }: ReceiptWatcher,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { evidence } = recorder.target
  if (evidence !== undefined && !run.isLeaving) {
    await node.ask(async control => {
      const look = await lookAtEnd(run, control, evidence, (change, isCertain) =>
        recorder.replaced(mayBeGone(change), isCertain),
      )
      ended.isLooked = true
      await noteFinished(run, control, evidence, look, timeoutMs)
    })
  }
  await node.finish(timeoutMs, hasUncertain(run.state))
}

async function answersStill(node: ReceiptNode, timeoutMs: number): Promise<boolean> {
  try {
    return await node.ledgerExists(timeoutMs)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return false
  }
}

/** The connection was lost while the run said goodbye. */
async function lookAgain(
  watcher: ReceiptWatcher,
  deadlineMs: number,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { queue, setup } = watcher
  watcher.memoryIsUnsure = true
  try {
    const memory = await queue.node.restore(deadlineMs)
    watcher.memoryIsUnsure = false
    if (memory === 'lost') setup.recorder.takeBack(restarted, true)
    if (memory === 'kept' || !ended.isLooked) await leaveTarget(watcher, timeoutMs, ended)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
  }
}

function notReopened(): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    'the connection was lost before all was confirmed; without retries no other is opened',
  )
}

function lostAgain(): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    'the connection was lost again and again before the server answered for anything',
  )
}
