/*
  Synchronous delivery: one batch, one answer. The answer is the confirmation; a refusal is looked into at once.
*/
import { DdbError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/reader.js'
import type { Table, Value } from '../../protocol/value.js'
import type { Session } from '../../client/session.js'
import { wait } from '../../platform/wait.js'
import { ignoreLoss, type Delivery, type Lane } from './delivery.js'
import type { ServerAddress } from '../options.js'
import { answerInTime, type Patience } from '../connection/idle-timeout.js'
import { isHopeless, rejectWhole, settle, stopAt, type Fates } from './outcome.js'
import { partTable, settlePart, wholeBatch, type Part } from './slice.js'
import { maxRedirects, redirectedTooOften, redirectIn } from '../connection/redirect.js'
import type { Run } from '../run.js'

/** What a synchronous run has to know of its target. */
export interface Answers {
  /** How an answer counts: rows of a table target; a function's answer says nothing of rows. */
  kind: 'rows' | 'function'
  fates: Fates
  patience: Patience
  /** Whether the server has nothing to do for a session; undefined when it does not tell. */
  idle: (sessionId: string) => Promise<boolean | undefined>
  /** Connects to the node that a redirect names. @throws {ConnectionError} DDB_CONNECT */
  follow: (to: ServerAddress) => Promise<Session>
}

/** Rows the target took, or −1 and the server's words. */
interface Answer {
  rows: number
  errText: string
}

/** A part that waits to be sent, after `attempt` refusals for a busy partition, or as a half of a refused one. */
interface WaitingPart {
  part: Part
  attempt: number
  /** Why the whole it was part of was refused. */
  errText?: string
}

/** Opens nothing itself: the lane's session belongs to the delivery from here on. */
export function openAnsweredDelivery(
  lane: Lane,
  columnNames: readonly string[],
  answers: Answers,
): Delivery {
  const { fates, follow } = answers
  const { run } = fates
  const { clock } = answers.patience
  let inFlightBytes = 0

  const deliver = async (batch: Batch): Promise<void> => {
    run.tally.sent += batch.rowCount
    run.tally.sentBatches++
    inFlightBytes = batch.encodedBytes
    const waiting: WaitingPart[] = [{ part: wholeBatch(batch), attempt: 0 }]
    try {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await handle(next, waiting)
      }
    } finally {
      // Parts of a refused batch that were not sent by themselves any more: the server has taken nothing of it.
      for (const { part, errText } of waiting) rejectWhole(fates, part, errText ?? '')
      inFlightBytes = 0
    }
  }

  const handle = async (next: WaitingPart, waiting: WaitingPart[]): Promise<void> => {
    const { part, attempt, errText: reason } = next
    if (reason !== undefined && isHopeless(fates, reason)) {
      rejectWhole(fates, part, reason)
      return settlePart(part)
    }
    const { rows, errText } = await sendOrDoubt(part)
    const sent = { content: part, rowCount: part.end - part.start, attempt }
    const step = settle(fates, sent, rows, errText)
    switch (step.kind) {
      case 'again':
        run.tally.retriedBatches++
        await wait(clock, step.delayMs)
        waiting.push({ part, attempt: attempt + 1 })
        return
      case 'split':
        waiting.push(...step.parts.map(half => ({ part: half, attempt: 0, errText })).reverse())
        return
      case 'follow': {
        const error = redirectedTooOften(step.to)
        stopAt(fates, error, part, errText)
        throw error
      }
      case 'stop':
        throw step.error
      case 'done':
        settlePart(part)
    }
  }

  /** A part whose answer never came is of unknown fate. */
  const sendOrDoubt = async (part: Part): Promise<Answer> => {
    try {
      return await sendToLeader(
        () => write(lane, partTable(part, columnNames), answers),
        follow,
        lane,
        run,
      )
    } catch (error) {
      run.tally.unconfirmed += part.end - part.start
      throw error
    }
  }

  return {
    used: 'answers',
    get note() {
      return fates.notes.length === 0 ? undefined : fates.notes.join('. ')
    },
    get inFlightBytes() {
      return inFlightBytes
    },
    deliver,
    finish: () => Promise.resolve(),
    close: () => lane.session.close().catch(ignoreLoss),
  }
}

/** One request and its answer. */
async function write(lane: Lane, table: Table, answers: Answers): Promise<Answer> {
  const { session, functionName, leading } = lane
  const { kind, fates, patience, idle } = answers
  const sentAtMs = patience.clock.nowMs()
  try {
    const answer = await answerInTime(
      session,
      session.call(functionName, [...leading, table]),
      () => idle(session.id),
      patience,
    )
    const rows = kind === 'function' ? table.rows : rowsOf(answer)
    return { rows, errText: '' }
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    return { rows: -1, errText: error.serverMessage }
  } finally {
    fates.run.latencies.add(patience.clock.nowMs() - sentAtMs)
  }
}

/** A node that does not lead has written nothing: the same part goes to the one that does. */
async function sendToLeader(
  send: () => Promise<Answer>,
  follow: Answers['follow'],
  lane: Lane,
  run: Run,
): Promise<Answer> {
  for (let followed = 0; ; followed++) {
    const answer = await send()
    const to = redirectIn(answer.errText)
    if (to === undefined || followed === maxRedirects) return answer
    const leader = await follow(to)
    await lane.session.close().catch(ignoreLoss)
    lane.session = leader
    run.tally.retriedBatches++
  }
}

/** tableInsert answers INT; tableUpsert a pair of inserted and updated rows (server notes §1.1, §1.4). */
function rowsOf(answer: Value | undefined): number {
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  if (
    answer?.form === 'pair' &&
    (answer.elements.type === 'LONG' || answer.elements.type === 'INT')
  ) {
    const { data } = answer.elements
    return Number(data[0]) + Number(data[1])
  }
  throw new DdbError('DDB_PROTOCOL', 'the server did not answer an insert with the number of rows')
}
