/* Adds the rows of each piece that was handed over to the equation of the run, exactly once, to the term of their outcome. */
import { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { firstRows, isNullAt } from '../../protocol/element.js'
import type { Evidence } from '../evidence/evidence.js'
import type { EndedRows } from '../journal/journal-record.js'
import { leavesMemory, type TargetDescription } from '../target/describe-target.js'
import type { Run } from '../run.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { allRows, linesOf, type Piece, someRows } from './pieces.js'
import { refusalShape } from './refusals.js'
import { rowsText } from './run-state.js'

/** What a run may conclude if the server refuses rows or takes fewer rows than were sent. */
function recordedTarget({ checked, shared, target: description }: Run) {
  const { target, retries } = checked
  const isFunction = target.kind === 'function'
  const keyed = !isFunction && description.keyed
  const isShared = !isFunction && target.table.kind === 'shared'
  return {
    ...{ description, kind: target.kind, retries },
    upserts: !isFunction && target.method === 'upsert',
    // A refused batch never leaves rows in the table (docs/server-semantics.md#what-receipts-rely-on).
    allOrNothing: isShared
      ? description.isHandle !== true
      : !isFunction && description.state?.atomic === 'TRANS',
    /** True if the target may count fewer rows than were sent, because it does not count a row whose key it already has. */
    keyed,
    /** Whether pieces wait for each other: another shard may write the one before, and of two rows with one key the later one stays. */
    isSequential: shared !== undefined && keyed,
    /** True if the rows may be lost when the server stops. */
    inMemory: isFunction || isShared,
  }
}

/** Why a partitioned target stores rows not, without an error (docs/server-semantics.md#rows-outside-the-scheme). */
const droppedOutside = "outside the target's partition scheme: the server drops such rows"

const unlearned =
  'others write into the table, so it is not known how it has the first rows: if it was made again and refilled meanwhile, that went unnoticed'

/** Each method with a `piece` gives this piece its outcome. */
export class Recorder {
  readonly target: ReturnType<typeof recordedTarget>
  readonly evidence: Evidence
  readonly #run: Run
  #lastRefusal: string | undefined

  constructor(run: Run, evidence: Evidence) {
    this.#run = run
    this.target = recordedTarget(run)
    this.evidence = evidence
  }

  /** Whether pieces are sent again if nothing shows their outcome: the table drops a second copy, or the user accepts it. */
  mayCopy(piece?: Piece): boolean {
    if (this.#run.checked.onDoubt === 'resend') return true
    // A stream table knows the keys of rows in memory only (DolphinDB manual, keyedStreamTable).
    const { keyed, description } = this.target
    if (!keyed || leavesMemory(description.state?.total ?? null)) return false
    return piece === undefined || !this.#hasNullKey(piece)
  }

  /** Whether an upsert into a DFS table adds rows of the piece each time: to most, a null in a key matches no null (DolphinDB manual, upsert!). */
  #hasNullKey({ batch }: Piece): boolean {
    const { tableColumns, upsert } = this.target.description
    const keys = upsert === undefined || upsert.nullsMatch ? [] : upsert.distinctBy
    return keys.some(position => {
      // Nobody knows the keys that a transform makes.
      if (tableColumns !== undefined) return true
      const column = firstRows(batch.columns[position]!, batch.rowCount)
      return allRows(batch).some(row => isNullAt(column, row))
    })
  }

  /** True while a stop of the server may lose confirmed rows. */
  get holdsMemory(): boolean {
    return this.target.inMemory && this.#claimsRows
  }

  get #claimsRows(): boolean {
    const { confirmed, skipped } = this.#run.state.rows
    return confirmed + skipped > 0
  }

  /** @param taken  rows accepted; null if the server does not say, which means all of `left` @param left  rows after the transform */
  taken(piece: Piece, taken: number | null, left = piece.rows): void {
    const { target } = this
    const { batch } = piece
    this.#lastRefusal = undefined
    const filtered = piece.rows - left
    const short = left - (taken ?? left)
    const { distinctBy = [], counts = true } = target.description.upsert ?? {}
    // A server that does not count what it upserts drops rows outside the scheme, too.
    const marked = short > 0 || !counts ? outsideRows(target.description, batch) : noIndexes
    const outside = short > 0 ? marked : (marked ?? noIndexes)
    // A keyed target does not count rows whose keys it already had either. These are not missing; rows outside the partition scheme are. If it
    // is unknown which those are, all that were not counted may be missing. Of rows with one key, the server gets one.
    const isFew = distinctBy.length > 0 || (outside?.length ?? 0) <= short
    // Without one transaction for all, fewer rows may be those of a partition that was locked for too long (DolphinDB tutorial, TSDB engine).
    const isWhole = target.description.state?.atomic !== 'CHUNK'
    const hasCause = target.keyed && isWhole && outside !== undefined && isFew
    const missing = hasCause ? outside.length : Math.max(0, short)
    const confirmed = left - missing
    const accepted = Math.min(taken ?? left, left)
    if (outside?.length !== missing) {
      this.evidence.taken(accepted, piece, undefined)
      const took = `the target took ${confirmed} of ${rowsText(left)} of ${piece.text}`
      this.#run.state.notes.add(`${took} and does not say which`)
      return this.#end(piece, { confirmed, unconfirmed: missing, filtered }, undefined, batch)
    }
    for (const row of outside) this.#reject(piece, row, droppedOutside)
    const inside = without(batch, outside)
    this.evidence.taken(accepted, piece, inside)
    this.#end(piece, { confirmed, rejected: missing, filtered }, undefined, inside)
  }

  /** The server refused these rows because of their values. */
  rejected(piece: Piece, errText: string): void {
    if (piece.mayBeStored) {
      const twice = 'sent, no receipt came, and the server refused it when it was sent again'
      return this.uncertain(piece, `${twice}: ${errText}`)
    }
    for (let row = 0; row < piece.rows; row++) this.#reject(piece, row, errText)
    this.#end(piece, { rejected: piece.rows }, errText)
  }

  #reject({ batch }: Piece, row: number, reason: string): void {
    this.#run.rejects.keepRefused(batch, row, `the server refused the row: ${reason}`)
  }

  uncertain(piece: Piece, reason: string): void {
    this.#end(piece, { unconfirmed: piece.rows }, reason)
  }

  /** The server refused a piece, but not its rows. @returns the run's failure after the second equal refusal in a row */
  secondRefusal(errText: string): DdbError | undefined {
    const before = this.#lastRefusal
    this.#lastRefusal = refusalShape(errText)
    if (before !== this.#lastRefusal) return undefined
    return new DdbError(
      'DDB_UNAVAILABLE',
      `the server refused two batches in a row with the same message: ${errText}. Nothing more is sent: ` +
        'find the cause first. Confirmed rows are in the table, and loading everything again would store them twice',
    )
  }

  unsent(piece: Piece): void {
    const who = piece.isEarlier ? 'perhaps sent by an earlier process' : 'sent'
    if (piece.mayBeStored || piece.isEarlier)
      return this.uncertain(piece, `${who}, and no receipt came`)
    this.#end(piece, { unsent: piece.rows })
  }

  /** The server has lost the confirmed rows in its memory. @param isCertain  false if a process that resumes the run may still find them */
  takeBack(reason: string, isCertain: boolean): void {
    if (!this.target.inMemory || !(isCertain || this.#claimsRows)) return
    this.evidence.forget()
    if (this.#claimsRows) takeRowsBack(this.#run, reason, isCertain)
  }

  /** As `takeBack`, because a different table may have replaced the target. */
  replaced(change: string, isCertain: boolean): void {
    if (!this.#claimsRows) return
    if (isCertain) this.evidence.forget()
    takeRowsBack(this.#run, `rows that were confirmed may be gone: ${change}`, isCertain)
  }

  async lookAtEnd(): Promise<void> {
    if (!this.#claimsRows) return
    const { change } = await this.evidence.look()
    if (change !== undefined) this.replaced(change.text, change.kind !== 'unknown')
    else if (this.evidence.isUnlearned) this.#run.state.notes.add(unlearned)
  }

  /** @param reason  why rows are not known to be in the table @param stored  rows that the target took */
  #end(piece: Piece, some: Partial<EndedRows>, reason?: string, stored?: Batch): void {
    const { state, history, rows: store } = this.#run
    const { rows, batches } = state
    const ended = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0, filtered: 0, ...some }
    // Rejected rows are counted one by one.
    for (const as of ['confirmed', 'filtered', 'unconfirmed', 'unsent'] as const) {
      rows[as] += ended[as]
    }
    if (reason !== undefined) {
      batches.failed++
      if (ended.unconfirmed > 0)
        for (const range of linesOf(piece.batch)) state.uncertain.add(range, reason)
    }
    for (const range of stored ? linesOf(stored) : []) state.confirmed.add(range, '')
    history.ended(piece.place, ended)
    store?.partEnded(piece, ended)
    piece.release()
  }
}

/** Confirmed rows become unconfirmed. @param reason  for the summary @param isCertain  if no process that resumes the run will find them */
export function takeRowsBack(run: Run, reason: string, isCertain: boolean): void {
  const { rows, uncertain, confirmed } = run.state
  if (isCertain) run.note({ isForgotten: true, sampled: [] })
  rows.unconfirmed += rows.confirmed + rows.skipped
  rows.confirmed = rows.skipped = 0
  if (reason !== '') {
    run.state.notes.add(reason)
    uncertain.addAll(confirmed, reason)
  }
  confirmed.clear()
  run.rows?.takeBack()
}

/** @returns their indexes; undefined if the target has partitions and its scheme does not show which rows lie outside */
function outsideRows(target: TargetDescription, batch: Batch): Int32Array | undefined {
  if (target.partition === undefined) return noIndexes
  const marks = outsideMarks(target)?.(batch)
  return marks && allRows(batch).filter(row => marks[row] === 1)
}

const noIndexes = new Int32Array(0)

function without(batch: Batch, rows: Int32Array): Batch {
  if (rows.length === 0) return batch
  const left = new Set(rows)
  const others = allRows(batch).filter(row => !left.has(row))
  return someRows(batch, others)
}
