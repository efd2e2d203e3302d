/*
  The server's answer to a batch, and the rows that a transform has left.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import { redirectIn } from '../connection/connect.js'
import { rowsText } from '../outcomes/row-counts.js'
import { deliverFunction } from './receipts/script.js'

/**
 * Number of rows that remain after the transform; null if the transform threw an error.
 * @param received  rows of the batch
 * @param taken  rows that the table accepted; −1 after a refusal, null if the server does not report it
 * @throws {DdbError} DDB_PROTOCOL if the numbers are impossible
 */
export function rowsLeft(
  received: number,
  left: number | undefined,
  taken: number | null,
): number | null {
  if (left === undefined && taken === -1) return null
  if (left !== undefined && left >= 0 && left <= received && (taken ?? 0) <= left) return left
  throw new DdbError(
    'DDB_PROTOCOL',
    `the server says that of ${rowsText(received)} the transform returned ${left ?? 'an unknown number'}, and that the table took ${taken ?? 'all of them'}`,
  )
}

/** What came of the call of the function that writes a batch. */
export type Answer =
  | {
      readonly kind: 'outcome'
      /** As in `LedgerRow`; `takenByOther` if only the ledger shows the outcome. */
      readonly rowCount: number | null
      readonly left: number | undefined
      readonly errText: string
    }
  /** The server refused the call, or has lost what the function needs. */
  | { readonly kind: 'notRun'; readonly errText: string }
  /** No answer will come over this connection. */
  | { readonly kind: 'cutOff' }

/**
 * Calls the function that writes a batch. Abandons a session whose answers cannot be relied on any more.
 * @param hasLedger  whether the ledger would show that the function has begun; if not, every refused call is a refusal
 */
export async function askOutcome(
  session: Session,
  arguments_: readonly Value[],
  hasLedger: boolean,
): Promise<Answer> {
  try {
    return { kind: 'outcome', ...answeredOutcome(await session.call(deliverFunction, arguments_)) }
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    if (error instanceof ServerError) {
      const errText = error.received
      // A node that does not lead has executed nothing.
      const isRefusal = !hasLedger || redirectIn(errText) !== undefined
      if (!isRefusal) return { kind: 'notRun', errText }
      return { kind: 'outcome', rowCount: -1, left: undefined, errText }
    }
    if (!(error instanceof ConnectionError)) {
      session.abandon(new ConnectionError('DDB_CONNECTION_LOST', error.message, { cause: error }))
    }
    return { kind: 'cutOff' }
  }
}

/** Reads the answer of the function that writes a batch. @throws {DdbError} DDB_PROTOCOL if it is an answer to something else */
export function answeredOutcome(answer: Value | undefined): {
  readonly rowCount: number | null
  readonly left: number | undefined
  readonly errText: string
} {
  const [left, taken, why] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
  const rows = taken?.form === 'scalar' && taken.type === 'LONG' ? taken.value : undefined
  if (rows === undefined || why?.form !== 'scalar' || typeof why.value !== 'string') {
    throw new DdbError('DDB_PROTOCOL', 'the server did not answer a batch with its rows')
  }
  const isKnown = left?.form === 'scalar' && typeof left.value === 'bigint'
  return {
    rowCount: rows === null ? null : Number(rows),
    left: isKnown ? Number(left.value) : undefined,
    errText: why.value,
  }
}
