/*
  Holds the rows that a program passes to a run, until their outcome is known. Rows are numbered from 1, and the run
  takes them in order. The program can get back rows that did not reach the table.
*/
import type { EndedRows } from '../journal/journal-record.js'
import type { Piece } from '../outcomes/pieces.js'
import type { AnyReject } from '../rejects/reject.js'

/** A row that did not get into the table, and the reason. */
export interface RejectedRow<Row = unknown> {
  readonly row: Row
  /** Number of the row in the order of writing, from 1. */
  readonly rowNumber: number
  /** A code of `errorCodes`. */
  readonly code: string
  readonly reason: string
  /** Target column, if one value is at fault. */
  readonly columnName: string | undefined
}

/** State of the rows written so far. `written` is the sum of all other counts. */
export interface WriterStatus {
  written: number
  confirmed: number
  /** Rejected because of their values, so the table does not have them. */
  rejected: number
  /** Sent, but their outcome is unknown. */
  unconfirmed: number
  /** Certainly not in the table. */
  unsent: number
  /** Confirmed, but possibly lost with the memory of a server that is gone. */
  lost: number
  /** Rows that wait or are in flight: their outcome is still unknown. */
  pending: number
}

/** The name of a program's rows as an input, in messages. In a message, line 3 is row 3. */
export const rowsName = 'rows'

/** Limit of rows that wait to be read; enough for a batch and some more. */
const mostWaiting = 16_384

/** Takes the place of a row whose outcome is known. */
const settled = Symbol('settled')

/** Settled rows are forgotten in steps of at least so many. */
const forgottenRows = 4096

export class RowStore {
  readonly counts: Omit<WriterStatus, 'pending'> = {
    written: 0,
    confirmed: 0,
    rejected: 0,
    unconfirmed: 0,
    unsent: 0,
    lost: 0,
  }
  /** Rows to return to the calling program, which may write them again. */
  readonly unconfirmed: unknown[] = []
  readonly unsent: unknown[] = []
  /** Number of the last row that the run has taken. */
  taken = 0
  /** True once nothing more will be written. */
  isEnded = false
  /** The error with which the program ended the rows early. */
  error: Error | undefined
  /** Whether the outcome of single rows will be known; otherwise the store keeps no rows. */
  keepsRows = true
  onReject: ((reject: RejectedRow) => void) | undefined
  /** Called when the columns are known and rows are needed. */
  onReady: (() => void) | undefined
  /** The rows from number `#first` on. */
  readonly #rows: unknown[] = []
  #first = 1
  /** How many rows of `#rows` are settled before the first that is not. */
  #settledAhead = 0
  /** Number of the last row written before `flush`. Rows up to this one do not wait for further rows. */
  #flushTo = 0
  /** Reasons why rows are invalid, by row number. The reader soon rejects these rows. */
  readonly #faults = new Map<number, string>()
  /** True once no reader is left. */
  #isClosed = false
  #change: Promise<void> | undefined
  #tellChange: (() => void) | undefined

  get waiting(): number {
    return this.counts.written - this.taken
  }

  get isFull(): boolean {
    return this.waiting >= mostWaiting && !this.isEnded
  }

  push(row: unknown): void {
    this.counts.written++
    this.#rows.push(row)
    if (this.#isClosed) this.endRest()
    else this.changed()
  }

  end(error?: Error): void {
    this.isEnded = true
    this.error ??= error
    this.changed()
  }

  /** Resolves at the next change: a write, flush or end, or when the run takes rows or settles them. */
  nextChange(): Promise<void> {
    return (this.#change ??= new Promise(resolve => (this.#tellChange = resolve)))
  }

  changed(): void {
    this.#tellChange?.()
    this.#change = this.#tellChange = undefined
  }

  /** Resolves when rows may be written without waiting. */
  async room(): Promise<void> {
    while (this.isFull) await this.nextChange()
  }

  /** Sends at once all rows written so far. Resolves once the outcome of each is known. */
  async flush(): Promise<void> {
    const upTo = this.counts.written
    this.#flushTo = upTo
    this.changed()
    while (this.#first + this.#settledAhead <= upTo) await this.nextChange()
  }

  /** Returns true once all rows written before `flush` were taken. This ends the flush: the next call returns false. */
  takeFlush(): boolean {
    if (this.#flushTo === 0 || this.taken < this.#flushTo) return false
    this.#flushTo = 0
    return true
  }

  /** The rows not taken yet begin at `from`. */
  atHand(): { readonly rows: readonly unknown[]; readonly from: number } {
    return { rows: this.#rows, from: this.taken + 1 - this.#first }
  }

  take(count: number): void {
    const first = this.taken + 1
    this.taken += count
    if (!this.keepsRows) this.#settle(first, this.taken)
    this.changed()
  }

  /** Remembers why a row is invalid, until the reader rejects it. */
  addFault(rowNumber: number, reason: string): void {
    this.#faults.set(rowNumber, reason)
  }

  /** Gives a reject the reason that `addFault` remembered for its row, if it remembered one. */
  explained(reject: AnyReject): AnyReject {
    const message = this.#faults.get(reject.lineNumber)
    return message === undefined
      ? reject
      : { ...reject, code: 'DDB_INPUT_CELL', class: 'type', message }
  }

  reject({ lineNumber: rowNumber, code, message: reason, columnName }: AnyReject): void {
    const known = this.#rows[rowNumber - this.#first]
    const row = known === settled ? undefined : known
    this.#faults.delete(rowNumber)
    this.counts.rejected++
    this.#settle(rowNumber, rowNumber)
    const { onReject } = this
    if (onReject === undefined) return
    // The callback runs later, so that its exception does not look like a failure of the run.
    queueMicrotask(() => onReject({ row, rowNumber, code, reason, columnName }))
  }

  /**
   * Records the outcome of a part of a batch; rejected rows already have an outcome. If only some rows are in the table
   * and it is unknown which, all rows count as unconfirmed.
   */
  partEnded(
    { batch, start, end, lane }: Pick<Piece, 'batch' | 'start' | 'end' | 'lane'>,
    { confirmed, unconfirmed, unsent }: Pick<EndedRows, 'confirmed' | 'unconfirmed' | 'unsent'>,
  ): void {
    const isKnown = unconfirmed === 0
    const as = unsent > 0 ? 'unsent' : confirmed > 0 && isKnown ? 'confirmed' : 'unconfirmed'
    const numberOf = (row: number): number => batch.locate(row).lineNumber
    // In a batch divided by lane, rows of other connections lie between these rows, so each row is recorded by itself.
    if (lane === undefined) this.#ended(numberOf(start), numberOf(end - 1), as)
    else for (let row = start; row < end; row++) this.#ended(numberOf(row), numberOf(row), as)
  }

  /** Counts confirmed rows as lost: their outcome has become uncertain, and the store no longer holds them. */
  takeBack(): void {
    this.counts.lost += this.counts.confirmed
    this.counts.confirmed = 0
  }

  /** Called when the run has ended: all rows without an outcome count as unsent, and all that are still written. */
  endRest(): void {
    this.#isClosed = true
    this.#ended(this.#first, this.counts.written, 'unsent')
  }

  /** Records the outcome of the rows from first to last; rows with a known outcome keep theirs. */
  #ended(from: number, to: number, as: 'confirmed' | 'unconfirmed' | 'unsent'): void {
    this.counts[as] += this.#settle(from, to, as === 'confirmed' ? undefined : this[as])
  }

  /** @returns how many of these rows had no outcome yet */
  #settle(from: number, to: number, list?: unknown[]): number {
    const rows = this.#rows
    let count = 0
    for (let i = Math.max(this.#settledAhead, from - this.#first); i <= to - this.#first; i++) {
      if (rows[i] === settled) continue
      list?.push(rows[i])
      rows[i] = settled
      count++
    }
    while (rows[this.#settledAhead] === settled) this.#settledAhead++
    // Moving the rest costs as much as its length, so that must not be done for each batch.
    if (this.#settledAhead >= Math.max(forgottenRows, rows.length / 2)) {
      rows.splice(0, this.#settledAhead)
      this.#first += this.#settledAhead
      this.#settledAhead = 0
    }
    this.changed()
    return count
  }
}
