/*
  Classifies a refusal by its message. Rows are at fault only if the message says so
  (docs/server-semantics.md#refusals).
*/
import { lacksLogin, lacksRight } from '../../client/failure.js'
import type { ServerError } from '../../errors.js'
import { redirectIn } from '../connection/redirect.js'

export type Refusal =
  /** A temporary obstacle: the same batch may succeed later. */
  | 'transient'
  /** Another node leads, and the message contains its address. */
  | 'redirect'
  /** The user may not write or run scripts, so the server would refuse every batch. */
  | 'privilege'
  /** The target, the function or the disk is at fault, so the server would refuse every batch. */
  | 'target'
  /** The batch exceeds the limit of a transaction: parts of it may succeed. */
  | 'tooLarge'
  /** Values of this batch are at fault: other batches may succeed. */
  | 'rows'
  | 'unknown'

const transient = [
  /<(ChunkInTransaction|ChunkInRecovery|DataNodeNotAvail|DataNodeNotReady|ControllerNotAvail|ControllerNotReady|CacheInvalid)>/,
  // A message without the leader's address means that a leader is being elected.
  /<NotLeader>/,
  /RefId:\s*(S00002|S01019|S03020|S01012|S01070|S01071)\b/i,
  /owned by transaction|locked and in use by transaction/i,
  /datanode isn't initialized yet/i,
  /graceful shutdown|RefId:\s*S00005\b/i,
  /Maximum connections \d+ reached|RefId:\s*S00006\b/i,
]

const target = [
  /<DataCorruption>/,
  /DFS is not enabled/i,
  /Can't find the object|Cannot recognize the token|(Cannot|Can't) recognize (function|table)/i,
  /RefId:\s*(S00015|S00001)\b|feature of publish is not enabled/i,
  /table file does not exist|The function view \[[^\]]*\] does not exist|RefId:\s*S04002\b/i,
  /The (table|database) \[[^\]]*\] does not exist|RefId:\s*S04001\b/i,
  /getFileBlocksMeta on path .* failed, reason: path does not exist/i,
  /Can't modify read only table|RefId:\s*S02054\b/i,
  /number of (table )?columns|fewer columns than the schema|RefId:\s*(S01015|S03012)\b/i,
  /can't exceed 2 billion rows|RefId:\s*S05016\b/i,
  /No space left|disk (is )?full|out of memory/i,
]

const tooLarge = [
  /size of append transaction \d+ exceeds max limit/i,
  /exceeds the compression limit|RefId:\s*S03019\b/i,
]

const rows = [
  /Incompatible type|Failed to append data to column|RefId:\s*S03017\b/i,
  /expects type of .* but the actual type is|RefId:\s*S05004\b/i,
  /castTemporal from \w+ to \w+ not supported/i,
  /Inconsistent length of values to insert/i,
  /value-partitioning cannot contain NULL values|RefId:\s*S01001\b/i,
  /value-partitioning cannot contain invisible characters|RefId:\s*S01018\b/i,
  /not defined in the partitioning scheme|RefId:\s*S01016\b/i,
  /symbase's size can't exceed|RefId:\s*S00003\b/i,
]

const kinds: readonly (readonly [Refusal, readonly RegExp[]])[] = [
  ['transient', transient],
  ['target', target],
  ['tooLarge', tooLarge],
  ['rows', rows],
]

/** @param text  from `catch(ex)` (class, colon, message), or an error line */
export function classifyRefusal(text: string): Refusal {
  if (redirectIn(text) !== undefined) return 'redirect'
  if (lacksRight(text) || lacksLogin(text)) return 'privilege'
  for (const [kind, patterns] of kinds) {
    if (patterns.some(pattern => pattern.test(text))) return kind
  }
  return 'unknown'
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
