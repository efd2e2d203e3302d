/* Classifies a refusal by its message, and decides how to treat the batch. Rows are at fault only if the message says so
   (docs/server-semantics.md#refusals). Other files carry out the decision. */
import { ConnectionError, type DdbError, ServerError } from '../../errors.js'
import {
  addressText,
  lacksLogin,
  lacksRight,
  redirectIn,
  rightAdvice,
  settingAdvice,
  withLoginAdvice,
} from '../../client/failure.js'
import type { ServerAddress } from '../../client/session-options.js'

export interface Outcome {
  /** Rows that the target accepted, −1 after a refusal. null if the server does not report it: all rows then count as accepted. */
  readonly rowCount: number | null
  /** Rows that remain after the run's transform: undefined without a transform, and if it threw an error. */
  readonly left?: number | undefined
  /** Why the target refused the rows, otherwise ''. */
  readonly errText: string
}

export interface TargetTraits {
  readonly kind: 'table' | 'function'
  /** False if a refused batch may have left rows: of a function, or of a table in a database with `atomic='CHUNK'`. */
  readonly allOrNothing: boolean
  readonly retries: number
  /** True if rows are upserted, which needs a different right than inserting. */
  readonly upserts?: boolean
}

export type Decision =
  /** Nothing was stored: the same batch may succeed later, or its halves; or it is a single row that the target does not accept. */
  | { kind: 'again' | 'divide' | 'reject' }
  /** Another node leads. Nothing was stored on this node. */
  | { kind: 'follow'; to: ServerAddress }
  /** The batch is not sent again. `stops`: why no batch would succeed; `atSecond`: if the next one is refused alike, the run ends. */
  | { kind: 'leave'; isUnwritten: boolean; stops?: DdbError | 'atSecond' }

/** @param byTransform  whether the run's transform threw an error. Nothing was written, whatever the target is, and halves would fail, too */
export function decideRefusal(
  errText: string,
  { resends, rows, text }: { rows: number; resends: number; text: string },
  traits: TargetTraits,
  byTransform = false,
): Decision {
  const refusal = classifyRefusal(errText)
  // The transaction may yet complete, or the job was cancelled after a subtask (DolphinDB manual, transaction, cancelConsoleJob).
  const isOpen = /RefId:\s*S01070\b|task was cancelled/i.test(errText)
  const storesNothing = byTransform || (traits.allOrNothing && !isOpen)
  switch (refusal) {
    case 'transient':
    case 'unknown': {
      if (byTransform && refusal === 'unknown') return { kind: 'reject' }
      if (storesNothing && resends < traits.retries) return { kind: 'again' }
      if (!byTransform) return { kind: 'leave', isUnwritten: false, stops: 'atSecond' }
      const message = `the transform of ${text} failed repeatedly: ${errText}`
      const stops = new ServerError(errText, 'DDB_UNAVAILABLE', message)
      return { kind: 'leave', isUnwritten: true, stops }
    }
    case 'redirect': {
      const to = redirectIn(errText)!
      if (storesNothing) return { kind: 'follow', to }
      const leader = addressText(to.host, to.port)
      const stops = new ConnectionError(
        'DDB_CONNECT',
        `the leader is now ${leader}: a batch that may be partly stored is not sent there. ` +
          `Check which rows arrived, then load the rest into ${leader}`,
      )
      return { kind: 'leave', isUnwritten: false, stops }
    }
    case 'tooLarge':
    case 'rows':
      // Some rows may be stored. Sending halves, or loading a rejects file, would store these rows twice.
      if (!storesNothing) return { kind: 'leave', isUnwritten: false }
      return { kind: rows > 1 && !byTransform ? 'divide' : 'reject' }
    case 'privilege':
    case 'target': {
      const why = byTransform ? inTransform(errText) : errText
      // A table checks rights before it writes. A function may write before it fails for lack of rights.
      const isUnwritten = storesNothing || (refusal === 'privilege' && traits.kind === 'table')
      return { kind: 'leave', isUnwritten, stops: stopError(refusal, why, text, traits) }
    }
  }
}

export const inTransform = (errText: string): string => `in the transform: ${errText}`

function stopError(
  refusal: 'privilege' | 'target',
  errText: string,
  batchText: string,
  { upserts }: TargetTraits,
): DdbError {
  const message = `the server refused ${batchText}: ${errText}`
  if (lacksLogin(errText)) return new ServerError(errText, 'DDB_LOGIN', withLoginAdvice(message))
  const isTarget = refusal === 'target'
  const advice = isTarget ? settingAdvice(errText) : rightAdvice(errText, upserts)
  const text = advice === undefined ? message : `${message}. ${advice}`
  return new ServerError(errText, isTarget ? 'DDB_TARGET' : 'DDB_PRIVILEGE', text)
}

/** What the messages of the server say, by what is at fault. */
const messages = {
  /** A temporary obstacle: the same batch may succeed later. */
  transient: [
    /<(ChunkInTransaction|ChunkInRecovery|DataNodeNotAvail|DataNodeNotReady|ControllerNotAvail|ControllerNotReady|CacheInvalid)>/,
    // A message without the leader's address means that a leader is being elected.
    /<NotLeader>/,
    /RefId:\s*(S00002|S01019|S03020|S01012|S01070|S01071)\b/i,
    /owned by transaction|locked and in use by transaction/i,
    /datanode isn't initialized yet/i,
    /cacheEngine (is )?out of memory/i,
    /graceful shutdown|RefId:\s*S00005\b/i,
    /Maximum connections \d+ reached|RefId:\s*S00006\b/i,
  ],
  /** The target, the function or the disk is at fault, so the server would refuse every batch. */
  target: [
    /<DataCorruption>/,
    /DFS is not enabled/i,
    /Can't find the object|Cannot recognize the token|(Cannot|Can't) recognize (function|table)/i,
    /RefId:\s*(S00015|S00001)\b|feature of publish is not enabled/i,
    /table file does not exist|The function view \[[^\]]*\] does not exist|RefId:\s*S04002\b/i,
    /The (table|database) \[[^\]]*\] (does not exist|has been dropped)|RefId:\s*S04001\b/i,
    /getFileBlocksMeta on path .* failed, reason: path does not exist/i,
    /Can't modify read only table|RefId:\s*S02054\b/i,
    /number of (table )?columns|fewer columns than the schema|RefId:\s*(S01015|S03012)\b/i,
    /can't exceed 2 billion rows|RefId:\s*S05016\b/i,
    /No space left|disk (is )?full|out of memory/i,
  ],
  /** The batch exceeds the limit of a transaction: parts of it may succeed. */
  tooLarge: [
    /size of append (transaction|data) \(?\d+\)? exceeds max limit/i,
    /exceeds the compression limit|RefId:\s*S03019\b/i,
  ],
  /** Values of this batch are at fault: other batches may succeed. */
  rows: [
    /Incompatible type|Failed to append data to column|RefId:\s*S03017\b/i,
    /expects type of .* but the actual type is|RefId:\s*S05004\b/i,
    /castTemporal from \w+ to \w+ not supported/i,
    /Inconsistent length of values to insert/i,
    // A null or an invisible character, in the words of servers from 2.00.11 on, and before.
    /value-partition\w* (column )?can(no|')t contain|RefId:\s*(S01001|S01018)\b/i,
    // The partition was moved to slower storage.
    /Writing to chunk .* is not allowed/i,
    /not defined in the partitioning scheme|RefId:\s*S01016\b/i,
    /symbase's size can't exceed|RefId:\s*S00003\b/i,
  ],
} as const

/** `redirect`: another node leads; the message has its address. `privilege`: the user may not write, so every batch would be refused. */
export type Refusal = keyof typeof messages | 'redirect' | 'privilege' | 'unknown'

const kinds = Object.entries(messages) as readonly [keyof typeof messages, readonly RegExp[]][]

/** @param text  from `catch(ex)` (class, colon, message), or an error line */
export function classifyRefusal(text: string): Refusal {
  if (redirectIn(text) !== undefined) return 'redirect'
  if (lacksRight(text) || lacksLogin(text)) return 'privilege'
  return kinds.find(([, patterns]) => patterns.some(one => one.test(text)))?.[0] ?? 'unknown'
}

/** A refusal by the run's own function, which has stored nothing, because the batch before was not stored (`Copy.after`). */
export const outOfTurn = 'ddb-ingest: out of turn'

/** Whether the server refuses something for now only: it is starting, electing a leader, or busy with the same data. */
export function isTransient(error: unknown): error is ServerError {
  return error instanceof ServerError && classifyRefusal(error.received) === 'transient'
}

/** The server's message, or else the program's. Removes the statement that the server repeats, and the full stop. */
export function refusalText({ serverMessage, message }: ServerError): string {
  const text = serverMessage === '' ? message : serverMessage
  return text.slice(text.lastIndexOf(' => ') + 1).replace(/^=> |[.\s]+$/g, '')
}

/** Replaces numbers, such as transaction ids, so that refusals that differ only in numbers become equal. */
export function refusalShape(text: string): string {
  return text.replace(/\d+/g, '#')
}
