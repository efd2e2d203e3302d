/*
  Decides how to treat a batch that the server has refused. Other files carry out the decision.
*/
import { ConnectionError, type DdbError, ServerError } from '../../errors.js'
import { lacksLogin, withLoginAdvice, rightAdvice, settingAdvice } from '../../client/failure.js'
import { redirectIn } from '../connection/redirect.js'
import type { ServerAddress } from '../options.js'
import { classifyRefusal, type Refusal } from './refusal.js'

/** The outcome that the server reports for a batch: the number of rows that the target accepted, or −1 and the reason. */
export interface Outcome {
  /** null if the server does not report it. All rows then count as accepted. */
  readonly rows: number | null
  /** Rows that remain after the run's transform: null if it threw an error; undefined without a transform. */
  readonly left?: number | null | undefined
  readonly errText: string
}

export interface RefusedBatch {
  readonly rowCount: number
  readonly resends: number
  /** True if the run's transform threw an error. Nothing was written, and halves would fail, too. */
  readonly byTransform?: boolean
  /** The lines of the batch, for messages. */
  readonly text: string
}

export interface TargetTraits {
  readonly kind: 'table' | 'function'
  /**
   * False if a refused batch may have left rows in the table, because the target is a function, or a table in a
   * database with `atomic='CHUNK'`.
   */
  readonly allOrNothing: boolean
  readonly retries: number
  /** True if rows are upserted, which needs a different right than inserting. */
  readonly upserts?: boolean
}

/** Whether rows of a refused batch may be in the target. */
export type Stored = 'no' | 'unknown'

export type Decision =
  /** Nothing was stored, and the same batch may succeed later. */
  | { kind: 'again' }
  /** Nothing was stored, and the halves of the batch may succeed. */
  | { kind: 'divide' }
  /** The batch is a single row that the target does not accept. */
  | { kind: 'reject' }
  /** Another node leads. Nothing was stored on this node. */
  | { kind: 'follow'; to: ServerAddress }
  /** Rows may be stored, or no retry is left. `stops`: a second refusal of the same kind ends the run. */
  | { kind: 'uncertain'; stops: boolean }
  /** No batch would succeed, so the run stops sending. */
  | { kind: 'stop'; stored: Stored; error: DdbError }

export function decideRefusal(
  errText: string,
  batch: RefusedBatch,
  traits: TargetTraits,
): Decision {
  const refusal = classifyRefusal(errText)
  if (batch.byTransform === true) return decideTransform(refusal, errText, batch, traits)
  switch (refusal) {
    case 'transient':
    case 'unknown':
      if (traits.allOrNothing && batch.resends < traits.retries) return { kind: 'again' }
      return { kind: 'uncertain', stops: true }
    case 'redirect': {
      const to = redirectIn(errText)!
      if (traits.allOrNothing) return { kind: 'follow', to }
      return { kind: 'stop', stored: 'unknown', error: leaderElsewhere(to) }
    }
    case 'tooLarge':
    case 'rows':
      // Some rows may be stored. Sending halves, or loading a rejects file, would store these rows twice.
      if (!traits.allOrNothing) return { kind: 'uncertain', stops: false }
      return { kind: batch.rowCount > 1 ? 'divide' : 'reject' }
    case 'privilege':
    case 'target':
      return {
        kind: 'stop',
        stored: isCertainlyNotStored(refusal, traits) ? 'no' : 'unknown',
        error: stopError(refusal, errText, batch.text, traits),
      }
  }
}

/** A failed transform has written nothing, whatever the target is, so the whole batch is rejected. */
function decideTransform(
  refusal: Refusal,
  errText: string,
  { resends, text }: RefusedBatch,
  traits: TargetTraits,
): Decision {
  const stop = (error: DdbError): Decision => ({ kind: 'stop', stored: 'no', error })
  switch (refusal) {
    case 'transient':
      if (resends < traits.retries) return { kind: 'again' }
      return stop(
        new ServerError(
          errText,
          'DDB_UNAVAILABLE',
          `the transform of ${text} failed repeatedly: ${errText}`,
        ),
      )
    case 'redirect':
      return { kind: 'follow', to: redirectIn(errText)! }
    case 'privilege':
    case 'target':
      return stop(stopError(refusal, inTransform(errText), text, traits))
    default:
      return { kind: 'reject' }
  }
}

export function inTransform(errText: string): string {
  return `in the transform: ${errText}`
}

/** A table checks rights before it writes. A function may write before it fails for lack of rights. */
function isCertainlyNotStored(refusal: Refusal, { kind, allOrNothing }: TargetTraits): boolean {
  return allOrNothing || (refusal === 'privilege' && kind === 'table')
}

function stopError(
  refusal: 'privilege' | 'target',
  errText: string,
  batchText: string,
  { upserts }: TargetTraits,
): DdbError {
  const message = `the server refused ${batchText}: ${errText}`
  if (lacksLogin(errText)) return new ServerError(errText, 'DDB_LOGIN', withLoginAdvice(message))
  if (refusal === 'target') {
    const setting = settingAdvice(errText)
    return new ServerError(
      errText,
      'DDB_TARGET',
      setting === undefined ? message : `${message}. ${setting}`,
    )
  }
  return new ServerError(errText, 'DDB_PRIVILEGE', `${message}. ${rightAdvice(errText, upserts)}`)
}

/** The error if another node leads and this node may have stored part of the batch before it refused the rest. */
function leaderElsewhere({ host, port }: ServerAddress): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `the leader is now ${host}:${port}: a batch that may be partly stored is not sent there. ` +
      `Check which rows arrived, then load the rest into ${host}:${port}`,
  )
}
