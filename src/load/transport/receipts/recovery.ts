/*
  The actions of a run with receipts on its server: reads the ledger, investigates silence, reopens lost connections, begins another
  ledger, moves to the leader, and looks at the target for the last time.
*/
import { ConnectionError, DdbError, ServerError } from '../../../errors.js'
import { rowsGoneMessage } from '../../evidence/evidence.js'
import { checkAtEnd, noteFinished } from '../../evidence/final-check.js'
import { hasUncertain } from '../../outcomes/projections.js'
import type { ReceiptNode } from './receipt-node.js'
import { replacedError } from '../delivery.js'
import type { ReceiptLink } from './link.js'

const restarted = 'the server restarted, and rows in memory that were confirmed before are gone'
const unreachable =
  'the server that held confirmed rows in memory could not be asked again whether it still has them'
const forgotten = 'the server forgot its receipts'

/**
 * Reopens lost connections within `retryTimeoutMs`, and sends batches without an outcome again. Claims decide which copy the server
 * writes.
 * @throws {DdbError} if the run cannot continue
 */
export async function reconnect(link: ReceiptLink): Promise<void> {
  const { queue, outcomeHandler, setup } = link
  const { rules } = setup
  if (rules.retries === 0) {
    outcomeHandler.stop(notReopened())
    // If the session for queries is open, the ledger may still tell the outcome of batches already sent.
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
    // The server was silent for too long. The watcher ends the run for that reason.
    if (link.isSilent && error instanceof ConnectionError) return
    throw error
  }
  if (memory === 'lost') {
    setup.recorder.takeBack(restarted, true)
    await beginAnew(link, deadlineMs)
  } else {
    for (const batch of queue.transmitted()) {
      // If the connection of a batch is still open, the batch was not lost.
      if (queue.node.carries(batch)) continue
      outcomeHandler.repeat(batch, 'sent, and the connection was lost each time')
    }
    queue.flush()
  }
  link.hears('answered')
  if (!link.isSilent) link.news()
}

/**
 * Reads the ledger and applies its rows.
 * @returns whether the ledger contained anything new
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
  link.takeAhead()
  if (rows.length === 0) return false
  link.news()
  link.hears('receipts')
  return true
}

/** Time limit for the answer to a question sent after all data: a session busy with a batch answers late. */
const longestBarrierMs = 5_000

/**
 * Finds out why the ledger has had nothing new for a while: the server is working, has lost requests, or will never write a receipt.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function investigateSilence(link: ReceiptLink): Promise<void> {
  const { queue, outcomeHandler } = link
  const { node } = queue
  if (!(await node.ledgerExists(link.queryTimeoutMs))) return ledgerIsGone(link)
  const idle = await node.isIdle(link.queryTimeoutMs)
  if (idle === false) return
  const barrier = await node.barrier(Math.min(longestBarrierMs, link.queryTimeoutMs), idle)
  if (barrier === 'unknown') return
  if (barrier === 'silent') {
    // The server has no work for the session and still does not answer: it has lost the session.
    if (idle === true) link.giveUpConnection('silent')
    return
  }
  if (barrier === 'forgotten') await node.define(link.queryTimeoutMs)
  // Outcomes may have arrived while the server answered the questions above.
  if (await readLedger(link)) return
  for (const batch of queue.transmitted()) {
    if (batch.state === 'sent') {
      outcomeHandler.repeat(batch, 'sent, but the server never began it')
    } else if (idle === true) {
      outcomeHandler.leaveUncertain(batch, 'begun, but its outcome never came')
    }
  }
}

/** Handles a removed ledger: no batch can get an outcome from it any more. */
export async function ledgerIsGone(link: ReceiptLink): Promise<void> {
  const { rules } = link.setup
  await beginAnew(link, rules.clock.nowMs() + link.queryTimeoutMs)
  link.news()
}

/** Continues with another ledger, if the target still exists. */
async function beginAnew(link: ReceiptLink, deadlineMs: number): Promise<void> {
  const { queue, outcomeHandler, setup } = link
  const open = queue.transmitted()
  const resends = setup.run.plan.onDoubt === 'resend'
  if (!resends) for (const batch of open) outcomeHandler.giveUp(batch, forgotten)
  for (const batch of queue.earlier()) {
    if (setup.earlier.resends) queue.partOf(batch).mayBeStored = true
    else outcomeHandler.giveUp(batch, forgotten)
  }
  if (!(await queue.node.reopen(deadlineMs))) {
    for (const batch of queue.transmitted()) outcomeHandler.giveUp(batch, forgotten)
    throw new ConnectionError(
      'DDB_UNCONFIRMED',
      'the server lost the receipts of this run: nothing more is sent',
    )
  }
  if (resends) for (const batch of open) outcomeHandler.leaveUncertain(batch, forgotten)
  queue.flush()
}

/**
 * Continues with another ledger, so that no ledger grows without end. Call this only after every batch sent has its
 * outcome. Nothing is sent before the new ledger is ready, because the journal already names it.
 * @throws {DdbError}
 */
export async function renewLedger(link: ReceiptLink): Promise<void> {
  const { queue, setup } = link
  await setup.recorder.settled()
  setup.run.commit()
  const deadlineMs = setup.rules.clock.nowMs() + link.queryTimeoutMs
  const drop = queue.node.leavesLedger(link.queryTimeoutMs)
  if (!(await queue.node.reopen(deadlineMs))) {
    throw new ConnectionError('DDB_UNCONFIRMED', 'the server refused another ledger for receipts')
  }
  queue.isHeld = false
  queue.flush()
  link.news()
  await drop()
}

/** Moves to the leader once every batch sent has its outcome. */
export async function moveToLeader(link: ReceiptLink): Promise<void> {
  const { queue, outcomeHandler, setup } = link
  const hasMoved = await outcomeHandler.moveToLeader(async to => {
    const next = await setup.follow(to)
    await leaveNode(queue.node, link.queryTimeoutMs)
    queue.node = next
  })
  if (hasMoved) link.news()
}

/** Leaves a node on which no batch is open any more. A failure to leave it cleanly does not matter. */
async function leaveNode(node: ReceiptNode, timeoutMs: number): Promise<void> {
  try {
    await node.finish(timeoutMs, false, false)
    await node.close()
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    node.leave(replacedError())
  }
}

/** Limit for each wait for a lost server at the end of a run, if no batch is open any more. */
const longestFarewellMs = 5_000

/**
 * Looks at the target once more, and removes the run's objects from the server. If the server is lost by now, confirmed rows may be
 * lost, too: unless it comes back with the run's marker, these rows become unconfirmed.
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
    // Before the run removes the ledger, the journal must hold every outcome.
    run.commit()
    if (!link.isMemoryUnsure) await leaveTarget(link, timeoutMs, ended)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // A run that has waited for the server in vain must not wait again.
    const isOpen = recorder.holdsMemory || (!ended.isLooked && !isLost)
    if (error instanceof ConnectionError && isOpen && !run.ending.isLeaving) {
      await lookAgain(link, rules.clock.nowMs() + rules.reconnectMs, timeoutMs, ended)
    }
  }
  if (link.isMemoryUnsure && recorder.holdsMemory) recorder.takeBack(unreachable, false)
  else if (!ended.isLooked) recorder.replaced(rowsGoneMessage(notLooked), false)
}

const notLooked = 'the run ended before the server was asked whether it is still the same table'

/** Looks at the target, and only then removes ledger and marker: after a kill in between, a resumed run has both. */
async function leaveTarget(
  { queue: { node }, setup: { run, recorder } }: ReceiptLink,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { evidence } = recorder.target
  const isLooked = evidence !== undefined && !run.ending.isLeaving
  if (isLooked) {
    await node.ask(async control => {
      const look = await checkAtEnd(run, control, evidence, (change, isCertain) =>
        recorder.replaced(rowsGoneMessage(change), isCertain),
      )
      ended.isLooked = true
      await noteFinished(run, control, evidence, look, timeoutMs)
    })
  }
  await node.finish(timeoutMs, hasUncertain(run.state), isLooked)
}

async function answersStill(node: ReceiptNode, timeoutMs: number): Promise<boolean> {
  try {
    return await node.ledgerExists(timeoutMs)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return false
  }
}

/** Repeats the last look on a new connection if the connection was lost during that look. */
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
    'the connection was lost before everything was confirmed; without retries no other is opened',
  )
}

function lostAgain(): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    'the connection was lost repeatedly before the server confirmed anything',
  )
}
