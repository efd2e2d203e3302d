/*
  Synchronous delivery: one batch, one answer. The answer is the confirmation; a refusal is looked into at once.
*/
import { ConnectionError, DdbError, ServerError } from '../errors.js'
import type { Batch } from '../parse/reader.js'
import type { Value } from '../protocol/value.js'
import type { Session } from '../client/session.js'
import type { Delivery, Lane } from './delivery.js'
import type { ServerAddress } from './options.js'
import { isHopeless, rejectWhole, settle, type Fates } from './receipt-fate.js'
import { partTable, settlePart, wholeBatch, type Part } from './receipt-part.js'
import { maxRedirects, redirectIn } from './redirect.js'
import type { Run } from './run.js'
import type { WaitClock } from './wait-clock.js'

/** What a synchronous run has to know of its target. */
export interface Answers {
  /** How an answer counts: rows of a table target; a function's answer says nothing of rows. */
  kind: 'rows' | 'function'
  fates: Fates
  clock: WaitClock
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
  { kind, fates, clock, follow }: Answers,
): Delivery {
  const { run } = fates
  let inFlightBytes = 0

  const send = async (part: Part): Promise<Answer> => {
    const sentAtMs = clock.nowMs()
    try {
      const table = partTable(part, columnNames)
      const answer = await lane.session.call(lane.functionName, [...lane.leading, table])
      const rows = kind === 'function' ? table.rows : rowsOf(answer)
      return { rows, errText: '' }
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      return { rows: -1, errText: error.serverMessage }
    } finally {
      run.latencies.add(clock.nowMs() - sentAtMs)
    }
  }

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
      // Only a lost connection leaves parts behind: the one that was out is of unknown fate, the others were not sent.
      for (const { part } of waiting) run.tally.unconfirmed += part.end - part.start
      inFlightBytes = 0
    }
  }

  const handle = async (next: WaitingPart, waiting: WaitingPart[]): Promise<void> => {
    const { part, attempt, errText: reason } = next
    if (reason !== undefined && isHopeless(fates, reason)) {
      rejectWhole(fates, part, reason)
      return settlePart(part)
    }
    waiting.push(next)
    const { rows, errText } = await sendToLeader(() => send(part), follow, lane, run)
    waiting.pop()
    const step = settle(
      fates,
      { content: part, rowCount: part.end - part.start, attempt },
      rows,
      errText,
    )
    if (step.kind === 'again') {
      run.tally.retriedBatches++
      await clock.wait(step.delayMs)
      waiting.push({ part, attempt: attempt + 1 })
    } else if (step.kind === 'split') {
      const [left, right] = step.parts
      waiting.push({ part: right, attempt: 0, errText }, { part: left, attempt: 0, errText })
    } else {
      settlePart(part)
      if (step.kind === 'stop') throw step.error
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

function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
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
