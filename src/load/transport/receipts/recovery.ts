/*
  What a run with receipts asks of its server and does about it: reads the ledger, looks into silence, opens again what is
  lost, begins another ledger, goes to the node that leads, and looks at the target for the last time.
*/
import { ConnectionError, DdbError, ServerError } from '../../../errors.js'
import { mayBeGone } from '../../evidence/evidence.js'
import { lookAtEnd, noteFinished } from '../../evidence/end-look.js'
import { hasUncertain } from '../../fate/projections.js'
import type { ReceiptNode } from './receipt-node.js'
import { movedOn } from './sessions.js'
import type { ReceiptLink } from './link.js'

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
export async function reconnect(link: ReceiptLink): Promise<void> {
  const { queue, carryOut, setup } = link
  const { rules } = setup
  if (rules.retries === 0) {
    carryOut.stop(notReopened())
    // What is out may still be asked for.
    if (queue.node.isControlLost) throw notReopened()
    return
  }
  const reconnectMs = link.isSilent ? link.leftMs : rules.reconnectMs
  const deadlineMs = rules.clock.nowMs() + reconnectMs
  if (!link.mayReconnect()) throw lostAgain()
  let memory
  try {
    memory = await queue.node.restore(deadlineMs)
  } catch (error) {
    if (queue.node.isControlLost) link.hears('gone')
    // The time that silence may last is over, which the watcher sees for itself.
    if (link.isSilent && error instanceof ConnectionError) return
    throw error
  }
  if (memory === 'lost') {
    setup.recorder.takeBack(restarted, true)
    await beginAnew(link, deadlineMs)
  } else {
    for (const batch of queue.transmitted()) {
      // What went out on a connection that stands has lost nothing.
      if (queue.node.carries(batch)) continue
      carryOut.repeat(batch, 'sent, and the connection was lost each time')
    }
    queue.flush()
  }
  link.hears('answered')
  if (!link.isSilent) link.news()
}

/**
 * Reads the ledger and applies what it tells.
 *
 * @returns whether it said anything new
 * @throws {ConnectionError} @throws {TimeoutError} @throws {ServerError}
 */
export async function readLedger(link: ReceiptLink): Promise<boolean> {
  const { node } = link.queue
  let rows
  try {
    rows = await node.read(link.queryTimeoutMs)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    if (await node.ledgerExists(link.queryTimeoutMs)) throw error
    await ledgerIsGone(link)
    return true
  }
  link.hears('answered')
  for (const row of rows) link.take(row)
  if (rows.length === 0) return false
  link.news()
  link.hears('receipts')
  return true
}

/** How long a question behind all data is waited for: a session busy with a batch answers late. */
const longestBarrierMs = 5_000

/**
 * Nothing new in the ledger for a while: is the server working, did it lose requests, or will nothing ever come?
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function investigate(link: ReceiptLink): Promise<void> {
  const { queue, carryOut } = link
  const { node } = queue
  if (!(await node.ledgerExists(link.queryTimeoutMs))) return ledgerIsGone(link)
  const idle = await node.isIdle(link.queryTimeoutMs)
  if (idle === false) return
  const barrier = await node.barrier(Math.min(longestBarrierMs, link.queryTimeoutMs), idle)
  if (barrier === 'unknown') return
  if (barrier === 'silent') {
    // A session that has nothing to do and does not answer is gone at the other end.
    if (idle === true) link.giveUpConnection('silent')
    return
  }
  if (barrier === 'forgotten') await node.define(link.queryTimeoutMs)
  // Outcomes may have come while we asked.
  if (await readLedger(link)) return
  for (const batch of queue.transmitted()) {
    if (batch.state === 'sent') {
      carryOut.repeat(batch, 'sent, but the server never began it')
    } else if (idle === true) {
      carryOut.leaveUncertain(batch, 'begun, but its outcome never came')
    }
  }
}

/** Somebody removed the ledger: what has no outcome yet will have none. */
export async function ledgerIsGone(link: ReceiptLink): Promise<void> {
  const { rules } = link.setup
  await beginAnew(link, rules.clock.nowMs() + link.queryTimeoutMs)
  link.news()
}

/** Goes on under another ledger, if the target is still there. */
async function beginAnew(link: ReceiptLink, deadlineMs: number): Promise<void> {
  const { queue, carryOut, setup } = link
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
export async function renewLedger(link: ReceiptLink): Promise<void> {
  const { queue, setup } = link
  await setup.recorder.settled()
  setup.run.commit()
  const deadlineMs = setup.rules.clock.nowMs() + link.queryTimeoutMs
  const drop = queue.node.leavesLedger(link.queryTimeoutMs)
  if (!(await queue.node.reopen(deadlineMs))) {
    throw new ConnectionError('DDB_UNCONFIRMED', 'the server took no other ledger for receipts')
  }
  queue.isHeld = false
  queue.flush()
  link.news()
  await drop()
}

/** Goes to the node that leads, once nothing is out any more. */
export async function moveToLeader(link: ReceiptLink): Promise<void> {
  const { queue, carryOut, setup } = link
  const hasMoved = await carryOut.moveToLeader(async to => {
    const next = await setup.follow(to)
    await leaveNode(queue.node, link.queryTimeoutMs)
    queue.node = next
  })
  if (hasMoved) link.news()
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
export async function endMemory(link: ReceiptLink): Promise<void> {
  const { queue, setup } = link
  const { recorder, run, rules } = setup
  const timeoutMs = Math.min(longestFarewellMs, run.plan.confirmTimeoutMs)
  const isLost = link.failure?.code === 'DDB_CONNECTION_LOST'
  await recorder.settled()
  const ended = { isLooked: recorder.target.evidence === undefined || run.ending.isLeaving }
  try {
    if (isLost && recorder.holdsMemory && !run.ending.isLeaving) {
      // A connection that still looks open may lead to a server that is gone.
      const isKnown = link.isMemoryUnsure || (await answersStill(queue.node, timeoutMs))
      if (!isKnown) link.hears('gone')
    }
    // The ledger goes only when the journal holds every outcome.
    run.commit()
    if (!link.isMemoryUnsure) await leaveTarget(link, timeoutMs, ended)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // Who has waited for the server in vain does not wait again.
    const isOpen = recorder.holdsMemory || (!ended.isLooked && !isLost)
    if (error instanceof ConnectionError && isOpen && !run.ending.isLeaving) {
      await lookAgain(link, rules.clock.nowMs() + rules.reconnectMs, timeoutMs, ended)
    }
  }
  if (link.isMemoryUnsure && recorder.holdsMemory) recorder.takeBack(unreachable, false)
  else if (!ended.isLooked) recorder.replaced(mayBeGone(notLooked), false)
}

const notLooked = 'the run ended before the server was asked whether it is still the same table'

/** In this order: a process that goes on finds whatever a process that was killed in between has left. */
async function leaveTarget(
  { queue: { node }, setup: { run, recorder } }: ReceiptLink,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { evidence } = recorder.target
  if (evidence !== undefined && !run.ending.isLeaving) {
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
  link: ReceiptLink,
  deadlineMs: number,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { queue, setup } = link
  link.hears('gone')
  try {
    const memory = await queue.node.restore(deadlineMs)
    link.hears('answered')
    if (memory === 'lost') setup.recorder.takeBack(restarted, true)
    if (memory === 'kept' || !ended.isLooked) await leaveTarget(link, timeoutMs, ended)
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
