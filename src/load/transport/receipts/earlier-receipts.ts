/*
  The receipts of what earlier processes of a run have sent, read from the ledger (table of receipts).
*/
import { DdbError } from '../../../errors.js'
import type { TargetDescription } from '../../target/describe-target.js'
import type { Run } from '../../run.js'
import type { BatchPlace } from '../../../parse/batch.js'
import type { Piece } from '../../outcomes/pieces.js'
import { keyOf } from '../../outcomes/place.js'
import { streamStart } from '../../journal/recorded-run.js'
import { remedies } from '../../remedies.js'
import type { LedgerRow } from './ledger.js'
import type { ReceiptNode } from './receipt-node.js'
import { claimPhase, outcomePhase } from './script.js'

export interface EarlierReceipts {
  /**
   * The process's first send number, higher than all earlier ones. Partly random, because the journal of a process with the same number
   * may have been lost.
   */
  readonly firstSendNo: number
  /** Whether the ledger exists. Without it, the outcome of batches without an outcome in the journal stays unknown. */
  readonly isLedgerKept: boolean
  /** True if the run resends batches of unknown outcome, because the table drops a second copy or the user accepts it. */
  readonly resends: boolean
  /** What the place of a batch stood for when an earlier process sent it (`cutOf`); undefined if the server has begun none of it. */
  cutOf(place: BatchPlace): bigint | undefined
  /** The claim (the server has begun the part) and then the outcome of the last attempt; empty if there is no claim. */
  of(piece: Piece): readonly LedgerRow[]
  /** Adds a receipt of a part that this process has not reached in the input yet. */
  add(row: LedgerRow): void
}

/** More than the number of copies that one process can send. */
const sendNosOfProcess = 2 ** 36

const noEarlierReceipts: EarlierReceipts = {
  firstSendNo: 1,
  isLedgerKept: true,
  resends: false,
  cutOf: () => undefined,
  of: () => [],
  add: () => undefined,
}

/**
 * Reads the ledger from its beginning.
 * @param hasLedger  whether the ledger of the last process exists
 * @throws {DdbError} DDB_UNCONFIRMED if the server has begun a batch after one that neither it nor the journal knows
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function earlierReceipts(
  run: Run,
  node: ReceiptNode,
  description: TargetDescription,
  hasLedger: boolean,
): Promise<EarlierReceipts> {
  const { checked } = run
  const { journal } = run.history
  if (journal === undefined) return noEarlierReceipts
  const upsert = checked.target.kind === 'table' && checked.target.method === 'upsert'
  const byPlace = new Map<string | number, LedgerRow[]>()
  const cuts = new Map<string, bigint>()
  const add = (row: LedgerRow): void => {
    if (row.phase !== claimPhase && row.phase !== outcomePhase) return
    cuts.set(batchKey(row.place), row.cut)
    const key = keyOf(row.place)
    const known = byPlace.get(key)
    if (known === undefined || known[0]!.attempt < row.attempt) byPlace.set(key, [row])
    else if (known[0]!.attempt === row.attempt) known.push(row)
  }
  for (;;) {
    const rows = hasLedger ? await node.read(checked.confirmTimeoutMs) : []
    if (rows.length === 0) break
    for (const row of rows) add(row)
  }
  const resends = checked.onDoubt === 'resend' || upsert || description.dropsDuplicates === true
  if (!resends) checkNoGap(run, byPlace.values())
  return {
    firstSendNo: Math.floor(
      (journal.processNumber + run.platform.random.number() / 2) * sendNosOfProcess,
    ),
    isLedgerKept: run.history.found.processes === 0 || hasLedger,
    resends,
    cutOf: place => cuts.get(batchKey(place)),
    of: ({ place }) => byPlace.get(keyOf(place)) ?? [],
    add,
  }
}

const batchKey = ({ stream, no }: BatchPlace): string => `${stream} ${no}`

/**
 * A batch that the journal has lost is compared with its receipts before anything after it is sent. Before a batch without receipts, the
 * rows of a later one might be sent again under another place.
 */
function checkNoGap({ history: { found } }: Run, receipts: Iterable<readonly LedgerRow[]>): void {
  const unknown = new Map<number, Set<number>>()
  for (const [{ place }] of receipts as Iterable<[LedgerRow]>) {
    const { no: lastNo } = found.streams.get(place.stream)?.last ?? streamStart
    if (place.no <= lastNo) continue
    const numbers = unknown.get(place.stream) ?? new Set()
    unknown.set(place.stream, numbers.add(place.no - lastNo))
  }
  for (const numbers of unknown.values()) {
    for (let number = 1; number <= numbers.size; number++) {
      if (!numbers.has(number)) throw cutElsewhere()
    }
  }
}

/** The error if a receipt at this place is for other rows than those that this process finds there. */
export function cutElsewhere(): DdbError {
  return new DdbError(
    'DDB_UNCONFIRMED',
    "the server has begun batches of this run that do not follow from its journal: the journal's end was lost, as in a power cut. " +
      remedies.removeThenRestart(),
  )
}
