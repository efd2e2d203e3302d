/*
  Reads the server's answer to a batch with a transform: how many rows remained after the transform, and how many the table accepted.
*/
import { DdbError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import type { Outcome } from '../outcomes/refusal-decision.js'
import { rowsText } from '../outcomes/row-counts.js'

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

/** Reads the answer to `answerScript`. @throws {DdbError} DDB_PROTOCOL */
export function answeredOutcome(answer: Value | undefined, received: number): Outcome {
  const [left, taken, why] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
  const rows = numberOf(taken)
  if (rows === undefined || why?.form !== 'scalar' || typeof why.value !== 'string') {
    throw new DdbError('DDB_PROTOCOL', 'the server did not answer a batch with its rows')
  }
  return { rows, left: rowsLeft(received, numberOf(left), rows), errText: why.value }
}

function numberOf(value: Value | undefined): number | undefined {
  if (value?.form !== 'scalar' || value.value === null) return undefined
  return typeof value.value === 'bigint' ? Number(value.value) : undefined
}
