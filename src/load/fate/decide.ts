/*
  What the server says became of a batch, and what a refusal leads to: a pure decision, which others carry out.
*/
import { ConnectionError, type DdbError, ServerError } from '../../errors.js'
import {
  lacksLogin,
  loginToRepeat,
  rightToAskFor,
  settingToChange,
} from '../../client/missing-right.js'
import { redirectIn } from '../connection/redirect.js'
import type { ServerAddress } from '../options.js'
import { classifyRefusal, type Refusal } from './refusal.js'

/** What the server says became of a batch: rows that the target took, or −1 and why not. */
export interface Outcome {
  /** null when it does not tell: then all of them. */
  readonly rows: number | null
  /** Rows that the target has had afterwards; undefined when it does not tell. */
  readonly had?: number | undefined
  readonly errText: string
}

/** What is known of a batch that was refused. */
export interface RefusedBatch {
  readonly rowCount: number
  /** How often it was sent again so far. */
  readonly resends: number
  /** Its place in the inputs, for messages. */
  readonly text: string
}

/** What is known of the target before the first batch. */
export interface TargetTraits {
  readonly kind: 'table' | 'function'
  /** False where a refused batch may have left rows behind: functions, databases with `atomic='CHUNK'`. */
  readonly allOrNothing: boolean
  /** How often a batch is sent again. */
  readonly retries: number
  /** Rows are upserted, which takes another right than inserting them. */
  readonly upserts?: boolean
}

/** Whether rows of a refused batch may be in the target. */
export type Stored = 'no' | 'unknown'

/** What is to be done with a batch that was refused. */
export type Decision =
  /** Nothing of it was stored, and waiting helps. */
  | { kind: 'again' }
  /** Nothing of it was stored: its halves may succeed. */
  | { kind: 'divide' }
  /** A single row that the target does not take. */
  | { kind: 'reject' }
  /** Another node leads, and nothing of it was stored here. */
  | { kind: 'follow'; to: ServerAddress }
  /** Nobody knows what is stored, or what waiting would bring. `stops`: the run does when the next one ends alike. */
  | { kind: 'uncertain'; stops: boolean }
  /** No batch will succeed: nothing more is sent. */
  | { kind: 'stop'; stored: Stored; error: DdbError }

/** @param errText  the server's words */
export function decide(errText: string, batch: RefusedBatch, traits: TargetTraits): Decision {
  const refusal = classifyRefusal(errText)
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
      // Part of it may be there: neither halves nor rejects could be loaded without storing rows twice.
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

/** Rights on a table are looked at before anything is written; what a function wrote before it met them, nobody knows. */
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
  if (lacksLogin(errText)) return new ServerError(errText, 'DDB_LOGIN', loginToRepeat(message))
  if (refusal === 'target') {
    const setting = settingToChange(errText)
    return new ServerError(
      errText,
      'DDB_TARGET',
      setting === undefined ? message : `${message}. ${setting}`,
    )
  }
  return new ServerError(errText, 'DDB_PRIVILEGE', `${message}. ${rightToAskFor(errText, upserts)}`)
}

/** What a function wrote before it met the node that does not lead, nobody knows. */
function leaderElsewhere({ host, port }: ServerAddress): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECT',
    `another node leads by now, ${host}:${port}: a batch that may be stored in part is not sent there. ` +
      `See what arrived, then load what is left to ${host}:${port}`,
  )
}
