/*
  Settles the batches of a run with receipts: after a connection was lost, after silence, after the ledger (the table of receipts) was
  lost or replaced, before the run moves to another node, and at its end.
*/
import { ConnectionError, DdbError, ServerError } from '../../../errors.js'
import { rowsGoneMessage } from '../../evidence/evidence.js'
import { noteFinished } from '../../evidence/finished-run.js'
import type { Situation } from '../../outcomes/batches.js'
import type { ReceiptNode } from './receipt-node.js'
import { replacedError } from '../delivery.js'
import type { ReceiptLink } from './link.js'
import type { Memory } from './sessions.js'

const restarted = 'the server restarted, and rows in memory that were confirmed before are gone'
const unreachable =
  'the server that held confirmed rows in memory could not be asked again whether it still has them'
const forgotten = 'the server forgot its receipts'

/**
 * Reopens lost connections within `retryTimeoutMs`, and settles the batches that they carried.
 * @throws {DdbError} if the run cannot continue
 */
export async function reconnect(link: ReceiptLink): Promise<void> {
  const { batches, setup } = link
  const { rules } = setup
  if (rules.retries === 0) {
    batches.stop(connectionLost(notReopened))
    // While the session for queries is open, the ledger may still show the outcome of sent batches.
    if (batches.node.isControlLost || batches.node.ledger === undefined) {
      throw connectionLost(notReopened)
    }
    return
  }
  if (batches.node.ledger === undefined && setup.run.state.inFlightCount > 0) {
    throw connectionLost(unanswered)
  }
  const reconnectMs = link.isSilent ? link.leftMs : rules.reconnectMs
  const deadlineMs = rules.clock.nowMs() + reconnectMs
  if (!link.mayReconnect()) throw connectionLost(lostAgain)
  let memory
  try {
    memory = await batches.node.restore(deadlineMs)
  } catch (error) {
    link.isMemoryUnsure ||= batches.node.isControlLost
    // The server was silent for too long. The watcher ends the run for that reason.
    if (link.isSilent && error instanceof ConnectionError) return
    throw error
  }
  takeBack(link, memory)
  if (memory === 'lost') await beginAnew(link, deadlineMs)
  else settleAll(link, { why: 'sent, and the connection was lost each time' })
  link.isMemoryUnsure = false
  if (!link.isSilent) link.news()
}

/** Confirmed rows in the server's memory are unconfirmed if the server has lost it, or does not say. */
function takeBack({ setup: { recorder } }: ReceiptLink, memory: Memory): void {
  if (memory === 'unknown') recorder.takeBack(unreachable, false)
  if (memory === 'lost') recorder.takeBack(restarted, true)
}

/** Decides what becomes of each batch without an outcome (`Batches.settle`), and sends what waits. */
function settleAll({ batches }: ReceiptLink, situation: Situation): void {
  for (const piece of batches.unknown()) batches.settle(piece, situation)
  batches.flush()
}

/**
 * Reads the ledger and applies its rows.
 * @returns whether the ledger contained new rows
 * @throws {ConnectionError} @throws {TimeoutError} @throws {ServerError}
 */
export async function readLedger(link: ReceiptLink): Promise<boolean> {
  const { node } = link.batches
  let rows
  try {
    rows = await node.read(link.queryTimeoutMs)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    if (await node.ledgerExists(link.queryTimeoutMs)) throw error
    await ledgerIsGone(link)
    return true
  }
  link.isMemoryUnsure = false
  link.receipts.take(rows)
  if (rows.length === 0) return false
  link.hearsReceipts()
  return true
}

/** Time limit for the answer to a query that is sent after all data. A session that is busy with a batch answers late. */
const longestBarrierMs = 5_000

/**
 * Determines why the ledger has had no new rows: the server is working, it has lost requests, or no receipt will come.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function investigateSilence(link: ReceiptLink): Promise<void> {
  const { batches } = link
  const { node } = batches
  if (!(await node.ledgerExists(link.queryTimeoutMs))) return ledgerIsGone(link)
  const idle = await node.isIdle(link.queryTimeoutMs)
  if (idle === false) {
    // An answer comes when the server is done. A ledger is read as long as the user allows.
    if (node.carriesOneBatch) link.news()
    return
  }
  if (node.ledger === undefined) return
  const barrier = await node.barrier(Math.min(longestBarrierMs, link.queryTimeoutMs), idle)
  if (barrier === 'unknown') return
  if (barrier === 'silent') {
    // The server has no work for the session and still does not answer, so it has lost the session.
    if (idle === true) link.giveUpConnection('silent')
    return
  }
  if (barrier === 'forgotten') await node.define(link.queryTimeoutMs)
  // Outcomes may have arrived during the queries above.
  if (await readLedger(link)) return
  settleAll(link, { why: link.whyNotBegun, isRead: true, isIdle: idle === true })
}

/** Handles the loss of the ledger: the missing outcomes cannot be read any more. */
async function ledgerIsGone(link: ReceiptLink): Promise<void> {
  await beginAnew(link, link.nowMs + link.queryTimeoutMs)
  link.news()
}

/**
 * Continues with a new ledger if the target still exists. Settles all batches before the new ledger exists, in which a further copy of a
 * stored batch would be new; sends nothing until it is ready, because the journal already names it.
 */
async function beginAnew(link: ReceiptLink, deadlineMs: number): Promise<void> {
  const { batches } = link
  batches.isHeld = true
  settleAll(link, { why: forgotten, isGone: true })
  if (!(await batches.node.reopen(deadlineMs))) {
    throw new ConnectionError(
      'DDB_UNCONFIRMED',
      'the server lost the receipts of this run: nothing more is sent',
    )
  }
  batches.isHeld = false
  batches.flush()
}

/**
 * Continues with a new ledger, so that no ledger grows without limit. Call it only after every sent batch has its outcome.
 * @throws {DdbError}
 */
export async function renewLedger(link: ReceiptLink): Promise<void> {
  const { batches, setup } = link
  setup.run.commit()
  const drop = batches.node.leavesLedger(link.queryTimeoutMs)
  await ledgerIsGone(link)
  await drop()
}

/** Moves to the leader after every sent batch has its outcome. */
export async function moveToLeader(link: ReceiptLink): Promise<void> {
  const { batches, setup } = link
  const hasMoved = await batches.moveToLeader(async to => {
    const next = await setup.follow(to)
    await leaveNode(batches.node, link.queryTimeoutMs)
    link.useNode(next)
  })
  if (hasMoved) link.news()
}

/** Finishes with a node on which no batch is open (`ReceiptNode.finish`), and closes its sessions. Ignores errors. */
async function leaveNode(node: ReceiptNode, timeoutMs: number): Promise<void> {
  try {
    await node.finish(timeoutMs)
    await node.close()
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    node.leave(replacedError())
  }
}

/** Limit for each wait for a lost server at the end of a run without open batches. */
const longestFarewellMs = 5_000

/**
 * Checks the target for the last time and removes the run's objects from the server. If the server is lost by now, the confirmed
 * rows in its memory may be lost, too. They become unconfirmed, unless the server returns with a trace of the run, which is in its memory
 * as well.
 */
export async function endMemory(link: ReceiptLink): Promise<void> {
  const { batches, setup } = link
  const { recorder, run, rules } = setup
  const timeoutMs = Math.min(longestFarewellMs, run.checked.confirmTimeoutMs)
  // If the run has already waited for the server in vain, it must not wait again.
  const isLost = link.failure?.code === 'DDB_CONNECTION_LOST'
  const ended = { isLooked: recorder.target.evidence === undefined || run.ending.isLeaving }
  for (const isAgain of isLost ? [false] : [false, true]) {
    try {
      if (isAgain) {
        link.isMemoryUnsure = true
        takeBack(link, await batches.node.restore(rules.clock.nowMs() + rules.reconnectMs))
        link.isMemoryUnsure = false
      }
      // The journal must contain every outcome before the run removes the ledger.
      run.commit()
      // A connection that seems to be open may lead to a server that is gone.
      const asks = isLost && recorder.holdsMemory && !run.ending.isLeaving
      if (asks && !link.isMemoryUnsure) await batches.node.ledgerExists(timeoutMs)
      if (!link.isMemoryUnsure) await leaveTarget(link, timeoutMs, ended)
      break
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      link.isMemoryUnsure ||= isLost
      const isOpen = recorder.holdsMemory || !ended.isLooked
      if (!(error instanceof ConnectionError) || !isOpen || run.ending.isLeaving) break
    }
  }
  if (link.isMemoryUnsure && recorder.holdsMemory) recorder.takeBack(unreachable, false)
  else if (!ended.isLooked) recorder.replaced(rowsGoneMessage(notLooked), false)
}

const notLooked = 'the run ended before the server was asked whether it is still the same table'

/** Checks the target before it removes the ledger. If the process is killed in between, a resumed run still has it. */
async function leaveTarget(
  { batches: { node }, setup: { run, recorder } }: ReceiptLink,
  timeoutMs: number,
  ended: { isLooked: boolean },
): Promise<void> {
  const { evidence } = recorder.target
  if (evidence !== undefined && !run.ending.isLeaving) {
    await node.ask(async control => {
      const rows = await recorder.lookAtEnd(control, evidence)
      ended.isLooked = true
      await noteFinished(run, control, evidence, rows, timeoutMs)
    })
  }
  await node.finish(timeoutMs)
}

const connectionLost = (why: string): ConnectionError =>
  new ConnectionError('DDB_CONNECTION_LOST', `the connection was lost ${why}`)
const notReopened = 'before everything was confirmed; without retries no new one is opened'
const unanswered =
  'before the server answered, and without receipts its answer is lost: nothing more is sent'
const lostAgain = 'repeatedly before the server confirmed anything'
