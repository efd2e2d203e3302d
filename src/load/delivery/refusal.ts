/*
  What a refusal means, read from the server's words: whether rows caused it, whether waiting helps, or whether the
  whole run has to stop. The texts are those of server notes §1.6, §3.3 and protocol notes §8.4.
*/
import { redirectIn } from '../connection/redirect.js'

export type Refusal =
  /** Another transaction holds the partition: the same batch may succeed later. */
  | 'busy'
  /** No right to write, or to run scripts. */
  | 'privilege'
  /** Another node leads: receipts stay with theirs. */
  | 'redirect'
  /** Target, function or disk: every batch would fail alike. */
  | 'target'
  /** Values of this batch: other batches may be fine. */
  | 'rows'

const busy =
  /<ChunkInTransaction>|RefId:\s*S00002|RefId:\s*S01019|owned by transaction|locked and in use by transaction/i
const privilege = /<NoPrivilege>|No access to|Not granted|RefId:\s*S04009|Only administrators/i
const target =
  /Can't find the object|Cannot recognize the token|Can't recognize (function|table)|does not exist|doesn't exist|No space left|disk (is )?full|out of memory|Can't modify read only table|RefId:\s*S02054|number of columns|fewer columns than the schema|RefId:\s*S01015|RefId:\s*S03012|graceful shutdown|RefId:\s*S00005/i

/** The text is that of `catch(ex)`: class, colon, message. */
export function classifyRefusal(text: string): Refusal {
  if (redirectIn(text) !== undefined) return 'redirect'
  if (busy.test(text)) return 'busy'
  if (privilege.test(text)) return 'privilege'
  if (target.test(text)) return 'target'
  return 'rows'
}
