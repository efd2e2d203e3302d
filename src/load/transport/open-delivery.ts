/* Chooses how the run sends and confirms batches: as the options request, if the server allows it. Has the way without confirmation. */
import type { Session } from '../../client/open-session.js'
import { settingAdvice } from '../../client/failure.js'
import { ConnectionError, DdbError, ServerError, option } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import type { Clock } from '../../platform/platform.js'
import { connectDeadlineMs, connectRun, ignoreLoss, tryUntil } from '../connection/connect.js'
import type { Evidence } from '../evidence/evidence.js'
import { remedies } from '../journal/changed-run.js'
import { jsonToValue, writeExpression } from '../target/target.js'
import { ReceiptNode } from './receipt-node.js'
import { ReceiptWatcher, silenceError } from './watcher.js'
import type { Delivery, Run } from '../run.js'
import { Recorder } from '../outcomes/recorder.js'
import { refusalText } from '../outcomes/refusals.js'

const onlyAnswers =
  'the answers of the server are the only proof. Each batch takes a round trip, and a batch whose answer is lost is uncertain; if the ' +
  'connection is lost, confirmed rows in memory become unconfirmed; and another run of the same name is not noticed.'

/** Opens the data sessions, sends all queries that must come before the first batch, and returns the run's delivery. */
export async function openDelivery(run: Run, evidence: Evidence | undefined): Promise<Delivery> {
  if (evidence === undefined) return openUnconfirmed(run)
  const { mode } = run.checked
  const recorder = new Recorder(run, evidence)
  try {
    return await openReceipts(run, recorder)
  } catch (error) {
    if (!(error instanceof ServerError) || run.shared !== undefined) throw error
    const why = `no receipts on this server (${refusalText(error)})`
    const need =
      settingAdvice(error.serverMessage) ??
      'Receipts need shared stream tables: the right CREATE_SHARED_VAR if the server is set to ' +
        'enableSharedVarCreationControl, and maxPubConnections above 0.'
    // `chooseMode` may have made a requested asynchronous run a synchronous one.
    if (mode === 'async' && run.options.delivery?.mode === 'async') {
      throw new DdbError(
        'DDB_PRIVILEGE',
        `${why}, and ${option('delivery.mode')} async needs them. ${need} Or use ${option('delivery.mode')} sync, in which the server answers every batch, ` +
          `or ${option('delivery.confirm')} none, which proves nothing`,
      )
    }
    const { found } = run.history
    if (found.used === 'receipts' && found.rows().unconfirmed > 0) {
      throw new DdbError(
        'DDB_UNAVAILABLE',
        `${why}, and only receipts show the outcome of what earlier processes of this run sent. ${remedies.removeThenRestart()}`,
      )
    }
    run.checked = { ...run.checked, mode: 'sync' }
    run.reporter.notice(`${why}: ${onlyAnswers} ${need}`)
    return openReceipts(run, recorder, false)
  }
}

/** @throws {ServerError} if the server refuses what receipts need @throws {DdbError} DDB_LOCKED if a different run has this run's name */
async function openReceipts(run: Run, recorder: Recorder, hasLedger = true): Promise<Delivery> {
  const { evidence } = recorder
  const node = await ReceiptNode.open(run, hasLedger)
  try {
    const delivery = new ReceiptWatcher(run, node, recorder)
    // Somebody may have removed the ledger since the server reported it.
    await delivery.receipts.readEarlier(node.ledger?.isNew === false)
    // From now on, the server knows of the run what the journal says.
    run.note({ target: evidence.identity, used: hasLedger ? 'receipts' : 'answers' })
    return delivery
  } catch (error) {
    node.abandon('all', new ConnectionError('DDB_CONNECTION_LOST', 'the run does not continue'))
    throw error
  }
}

/** @throws {ConnectionError} if the connection cannot be opened */
async function openUnconfirmed(run: Run): Promise<Delivery> {
  const { checked, state, platform, server, target: description } = run
  const { target, maxInFlightBytes, confirmTimeoutMs } = checked
  const isFunction = target.kind === 'function'
  const leading = isFunction ? target.functionArguments.map(jsonToValue) : []
  const functionName = isFunction
    ? target.name
    : writeExpression(target.table, target.method, target.keyColumns, description.upsert)
  const columnNames = description.columns.map(column => column.name)
  const deadlineMs = connectDeadlineMs(platform, server)
  const session = await tryUntil(
    run,
    deadlineMs,
    () => run.early?.take() ?? connectRun(run, { deadlineMs }),
    error => error instanceof ConnectionError,
  )
  return {
    used: 'none',
    get inFlightBytes() {
      return session.bufferedBytes
    },
    deliver(batch) {
      const { rowCount, encodedBytes, columns } = batch
      const table = { form: 'table', name: '', rows: rowCount, columnNames, columns } as const
      const arguments_ = [...leading, table]
      const isTaken = session.send(functionName, arguments_, batch.release)
      state.sentRows += rowCount
      state.sentBytes += encodedBytes
      state.batches.sent++
      if (isTaken && session.bufferedBytes < maxInFlightBytes) return undefined
      return drainedInTime(session, platform.clock, confirmTimeoutMs)
    },
    async finish() {
      state.rows.unconfirmed = state.sentRows
      // The run claims only that the kernel took all bytes, and only closing the session proves that.
      await session.close()
    },
    leave: reason => session.abandon(reason),
    close: () => session.close().catch(ignoreLoss),
  }
}

/** @throws {ConnectionError} DDB_UNCONFIRMED if the server stops reading (the session is then abandoned), or as the lost session's */
export async function drainedInTime(session: Session, clock: Clock, timeoutMs: number) {
  const drained = session.drained().then(() => true)
  for (;;) {
    const { bufferedBytes } = session
    const waiting = new AbortController()
    const silent = wait(clock, timeoutMs, waiting.signal)
    const isDrained = await Promise.race([drained, silent]).finally(() => waiting.abort())
    if (isDrained === true) return
    if (session.bufferedBytes < bufferedBytes) continue
    const error = silenceError(timeoutMs, 'took nothing')
    session.abandon(error)
    throw error
  }
}
