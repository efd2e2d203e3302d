/* The steps of every run: open the inputs and the target, move batches within the rate limit, and close everything, even after failures. A
   run ends cleanly, or at once without waiting for the network. Notes values seldom meant: times far from today, blanks around symbols. */
import { setMaxListeners } from 'node:events'
import { asDdbError, ConnectionError, DdbError, option } from '../errors.js'
import { TimeoutError, UsageError } from '../errors.js'
import { openInputs } from './inputs/inputs.js'
import { failureOf } from './journal/journal-file.js'
import { rowsOf, type SentBatch } from './journal/recorded-run.js'
import { fixedSizes } from './outcomes/turns.js'
import { earlierLimitFailure, limitFailure } from './rejects/reject.js'
import type { Batch } from '../parse/batch.js'
import { wait } from '../platform/clocks.js'
import type { Clock } from '../platform/platform.js'
import type { RateLimit } from './checked-options.js'
import { type Inputs, isUnfinished, type Run, timeText } from './run.js'
import { closeTimeoutMs, endOfStart, ignoreLoss } from './connection/connect.js'
import type { LoadResult } from './options.js'
import { type TimeRange, unitQuestion, widened } from '../infer/time-range.js'
import { dateFormatText } from '../parse/times/date-format.js'
import { elementAt } from '../protocol/element.js'
import type { Column } from '../protocol/value.js'
import type { TargetColumn } from '../schema/target-schema.js'

/** Failures of steps are the run's. @param open  opens the delivery; false: nothing to read @returns misuse found early, no failure */
export async function runPipeline(
  run: Run,
  open: (inputs: Inputs) => Promise<boolean>,
  fail = run.ending.fail,
): Promise<UsageError | undefined> {
  let misuse: UsageError | undefined
  const signals = endOnSignals(run)
  try {
    const inputs = await openInputs(run)
    run.inputs = inputs
    if (await open(inputs)) {
      // At the signal to leave, the run must not wait for a blocked read.
      const pumped = pump(run, inputs)
      run.leavesRest = (await Promise.race([pumped, signals.left])) === true
      if (run.watch === undefined) run.reporter.tell('confirming')
      await run.delivery!.finish?.()
    }
  } catch (error) {
    if (error instanceof UsageError && run.control === undefined) misuse = error
    else fail(error)
    // Drops the connections, because a server that does not answer a query would not answer their closing either.
    if (error instanceof TimeoutError) abandon(run, error)
  } finally {
    signals.stopListening()
    await close(run, signals)
    run.reporter.tell('done')
  }
  return misuse
}

/** Hands over all batches; failures end the run. @returns whether earlier rejects end it: they may lie anywhere, so the rest counts last */
async function pump(run: Run, inputs: Inputs): Promise<boolean> {
  run.reporter.tell(run.watch === undefined ? 'loading' : 'checking')
  const earlierLimit = earlierLimitFailure(run, run.history.found.rejects)
  // A program's rows are read once, so no process has to find them again.
  if (run.rows === undefined) run.cutSizes = fixedSizes(run)
  const pass = newRateLimiter(run.checked.rateLimit, run.platform.clock, endOfStart(run))
  const { reporter, options } = run
  const odd = newOddValues(run.target.columns, options.cells?.dateFormats ?? {}, reporter.notice)
  try {
    for await (const batch of inputs.batches()) {
      odd.look(batch)
      if (run.ending.leaving.aborted) break
      const known = run.history.resumption.knownOf(batch)
      // Once there are too many rejects, only batches that an earlier process sent may still be confirmed.
      if (known === undefined || hasUnsent(known)) run.ending.fail(earlierLimit)
      // All records may be bad. Reading may also have stopped within a batch that an earlier process sent.
      const isBroken = batch.endedBy === 'broken'
      const isNone = batch.rowCount === 0 || (known !== undefined && isBroken)
      // No other shard would find the end of this batch.
      const isLeft = isBroken && run.shared !== undefined
      if (isNone) {
        // The places of later batches count it.
        if (known === undefined && !isBroken && !run.ending.stopped) run.history.begins(batch)
        batch.release()
      } else if (!run.ending.stopped && !isLeft) {
        await hand(run, batch, known, pass)
      } else if (known === undefined && earlierLimit === undefined) {
        run.state.rows.unsent += batch.rowCount
      }
      run.reporter.report()
    }
  } catch (error) {
    run.ending.fail(error)
  }
  odd.end()
  if (!run.ending.leaving.aborted) run.ending.fail(earlierLimit ?? limitFailure(run))
  return earlierLimit !== undefined
}

function hasUnsent({ pieces }: SentBatch): boolean {
  return [...pieces.values()].some(ended => ended.unsent > 0 && ended.unsent === rowsOf(ended))
}

async function hand(
  run: Run,
  batch: Batch,
  known: SentBatch | undefined,
  pass: ReturnType<typeof newRateLimiter>,
): Promise<void> {
  const delivery = run.delivery!
  let handedOver = false
  try {
    run.rejects.flush()
    const passing = pass(batch.rowCount, batch.encodedBytes)
    if (passing !== undefined) await passing
    if (run.ending.hasSlept()) await delivery.checkOwner?.()
    if (run.state.batches.sent === 0) await delivery.beforeFirst?.()
    if (run.ending.leaving.aborted) return
    // The run may have ended during the wait.
    if (run.ending.stopped || !run.ending.maySend()) throw run.ending.failure!
    const room = delivery.deliver(batch, known)
    handedOver = true
    if (room !== undefined) await room
  } catch (error) {
    if (!handedOver && known === undefined) run.state.rows.unsent += batch.rowCount
    run.ending.fail(error)
  }
}

/** Time counts from this call, so the first batch waits, too. A pause of the caller shortens only the next wait. */
export function newRateLimiter(limit: RateLimit, clock: Clock, ended?: AbortSignal) {
  let passedAtMs = clock.nowMs()
  return (rows: number, bytes: number): Promise<void> | undefined => {
    const { rowsPerSecond, bytesPerSecond } = limit
    const costMs = 1000 * Math.max(rows / rowsPerSecond, bytes / bytesPerSecond)
    if (costMs === 0) return undefined
    const nowMs = clock.nowMs()
    passedAtMs = Math.max(passedAtMs + costMs, nowMs)
    return passedAtMs > nowMs ? wait(clock, passedAtMs - nowMs, ended) : undefined
  }
}

/** The caller's signals end a run. After the first, batches handed over are still confirmed; the one to leave drops connections. */
export function endOnSignals(run: Run) {
  const end = (): DdbError => {
    const reason = new DdbError('DDB_INTERRUPTED', 'the run was interrupted')
    run.ending.fail(reason)
    // Closing ends a read that waits for more input.
    void run.inputs?.close()
    return reason
  }
  const dropped = new AbortController()
  const stopLeaving = onAbort(run.ending.leaving, () => {
    abandon(run, end())
    dropped.abort()
  })
  return {
    stopListening: onAbort(run.options.signal, end),
    /** Must be called: otherwise, Node keeps the run's signal and its listener as long as the caller's signal exists. */
    stopLeaving,
    /** Resolves once the connections are dropped. */
    left: new Promise<void>(resolve => void onAbort(dropped.signal, resolve)),
  }
}

export function abandon({ delivery, control }: Run, cause: DdbError): void {
  const reason = new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause })
  delivery?.leave?.(reason)
  control?.abandon(reason)
}

/** Closes everything, and drops connections that do not close in time. If something fails to close, the run fails. */
export async function close(
  run: Run,
  { left, stopLeaving }: Pick<ReturnType<typeof endOnSignals>, 'left' | 'stopLeaving'>,
): Promise<void> {
  const { clock } = run.platform
  const late = new DdbError(
    'DDB_CONNECTION_LOST',
    'the server did not close its connections in time',
  )
  const closing = clock.after(closeTimeoutMs(run.checked), () => abandon(run, late))
  const { inputs, delivery, early, control } = run
  // The query that used a lost control session has already reported the loss.
  const asking = { close: () => control?.close().catch(ignoreLoss) }
  const all = closeInTurn(run, [inputs, delivery, { close: () => early?.giveUp() }, asking])
  await Promise.race([all, left])
  closing.cancel()
  stopLeaving()
  // The rejects close last, because closing the inputs and the delivery may add rejects.
  await closeInTurn(run, [run.rejects, { close: run.commit }])
}

/** @returns false if the journal cannot record the end: that is then a failure of the run */
export function endJournal(run: Run, { status, exitCode, rows, error }: LoadResult): boolean {
  const { history, ending } = run
  const why = error === null ? {} : { error: { code: error.code, message: error.message } }
  const end = { at: timeText(run), isDone: !isUnfinished(run), status, exitCode, rows, ...why }
  const isWritable = history.file?.failure === undefined
  const failure = isWritable ? failureOf(() => history.end({ kind: 'end', ...end })) : undefined
  ending.fail(failure)
  const lost = failureOf(() => history.close())
  // The failure that ended the run is already reported.
  if (lost !== undefined && lost !== ending.failure) run.reporter.notice(asDdbError(lost).message)
  return failure === undefined
}

async function closeInTurn(
  run: Run,
  closing: readonly ({ close?: () => Promise<void> | void } | undefined)[],
): Promise<void> {
  for (const one of closing) {
    try {
      await one?.close?.()
    } catch (error) {
      run.ending.fail(error)
    }
  }
}

function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener()
  // Runs may share a signal, and Node would warn about so many.
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}

/** Number of rows whose values a run looks at. */
const lookedRows = 1000

/** Tells once of each odd column: times whose first thousand rows are unusual, and symbols with blanks in delimited inputs. */
export function newOddValues(
  columns: readonly TargetColumn[],
  formats: Readonly<Record<string, string>>,
  notice: (text: string) => void,
) {
  const single = columns.flatMap(({ name, type: { type, array } }, index) =>
    array === true ? [] : [{ index, name, type, format: dateFormatText(name, formats) }],
  )
  let symbols = single.filter(({ type }) => type === 'SYMBOL')
  const epochs = single
    .filter(({ format }) => format.startsWith('epoch:'))
    .map(column => ({ ...column, range: undefined as TimeRange | undefined }))
  let rows = 0
  const end = (): void => {
    for (const { name, format, type, range } of epochs.splice(0)) {
      const question = unitQuestion(format, type, range)
      if (question !== undefined) notice(`column "${name}": ${question}`)
    }
  }
  return {
    /** Looks at the batch if fewer than a thousand rows were seen. */
    look({ columns: data, rowCount, ranges: inputs }: Batch): void {
      const count = Math.min(rowCount, lookedRows - rows)
      rows += count
      // A check reads inputs that do not fit as texts.
      const isRead = ({ index, type }: (typeof single)[number]): boolean =>
        data[index]?.form === 'vector' && data[index].type === type
      for (const epoch of epochs.filter(isRead))
        epoch.range = widened(epoch.range, data[epoch.index]!, count)
      if (rows === lookedRows) end()
      if (inputs[0]?.shape.delimiter === undefined) return
      symbols = symbols.filter(column => {
        const { index, name } = column
        const text = isRead(column) ? blankedText(data[index]!, count) : undefined
        if (text === undefined) return true
        notice(
          `column "${name}": symbols begin or end with blanks, such as ${JSON.stringify(text)}. ${option('input.trim')} leaves the blanks out`,
        )
        return false
      })
    },
    end,
  }
}

/** The first text that begins or ends with blanks, and has other characters. */
function blankedText(column: Column, rowCount: number): string | undefined {
  for (let row = 0; row < rowCount; row++) {
    const cell = column.form === 'vector' ? elementAt(column, row) : undefined
    const text = cell?.form === 'scalar' ? cell.value : undefined
    if (typeof text === 'string' && /^[ \t]+\S|\S[ \t]+$/.test(text)) return text
  }
  return undefined
}
