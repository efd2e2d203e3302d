/*
  Synchronous delivery: one batch, one answer. The answer is the confirmation.
*/
import { ConnectionError, DdbError, ServerError } from '../errors.js'
import type { Batch } from '../parse/reader.js'
import type { Value } from '../protocol/value.js'
import { batchTable, type Delivery, type Lane } from './delivery.js'
import type { Latencies } from './latencies.js'
import type { Tally } from './tally.js'

export interface Answers {
  /** How an answer counts: rows of a table target; a function's answer says nothing of rows. */
  kind: 'rows' | 'function'
  /** True where fewer rows than sent is normal, because known keys are updated or ignored. */
  keyed: boolean
  latencies: Latencies
  nowMs: () => number
}

export function openAnsweredDelivery(
  lane: Lane,
  columnNames: readonly string[],
  tally: Tally,
  answers: Answers,
): Delivery {
  let inFlightBytes = 0
  let dropped = 0
  const deliver = async (batch: Batch): Promise<void> => {
    const sentAtMs = answers.nowMs()
    inFlightBytes = batch.encodedBytes
    tally.sent += batch.rowCount
    tally.sentBatches++
    try {
      const arguments_ = [...lane.leading, batchTable(batch, columnNames)]
      const answer = await lane.session.call(lane.functionName, arguments_)
      answers.latencies.add(answers.nowMs() - sentAtMs)
      const rows = answers.kind === 'function' ? batch.rowCount : rowsOf(answer)
      const confirmed = answers.keyed ? batch.rowCount : Math.min(rows, batch.rowCount)
      tally.confirmed += confirmed
      tally.unconfirmed += batch.rowCount - confirmed
      dropped += batch.rowCount - confirmed
      batch.release()
    } catch (error) {
      tally.failedBatches++
      tally.unconfirmed += batch.rowCount
      throw refusal(error, batch)
    } finally {
      inFlightBytes = 0
    }
  }
  return {
    used: 'answers',
    get note() {
      return dropped === 0
        ? undefined
        : `the server took ${dropped} rows fewer than were sent: rows outside the partition scheme are dropped`
    },
    get inFlightBytes() {
      return inFlightBytes
    },
    deliver,
    finish: () => Promise.resolve(),
    async close() {
      await lane.session.close().catch((error: unknown) => {
        if (!(error instanceof ConnectionError)) throw error
      })
    },
  }
}

/** tableInsert answers INT; tableUpsert a LONG pair of inserted and updated rows (server notes §1.1, §1.4). */
function rowsOf(answer: Value | undefined): number {
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  if (answer?.form === 'pair' && answer.elements.type === 'LONG') {
    return Number(answer.elements.data[0]! + answer.elements.data[1]!)
  }
  if (answer?.form === 'pair' && answer.elements.type === 'INT') {
    return answer.elements.data[0]! + answer.elements.data[1]!
  }
  throw new DdbError('DDB_PROTOCOL', 'the server did not answer an insert with the number of rows')
}

function refusal(error: unknown, batch: Batch): unknown {
  if (!(error instanceof ServerError)) return error
  const { first, last } = batch
  return new ServerError(
    error.serverMessage,
    'DDB_SERVER',
    `the server refused lines ${first.lineNumber} to ${last.lineNumber} of ${first.file}: ${error.serverMessage}`,
  )
}
