/*
  Holds the rows that a program passes to a run, until their outcome is known. Rows are numbered from 1, and the run
  takes them in order. The program can get back rows that did not reach the table.
*/
import type { Ended as EndedEvent } from '../../outcomes/events.js'
import type { AnyReject } from '../../rejects/reject.js'
import type { BatchPart } from '../../outcomes/batch-part.js'

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

export interface StoredRowCounts {
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
}

/** Waiting rows, from one place in a chunk to another. */
export interface WaitingRows {
  readonly rows: readonly unknown[]
  readonly from: number
  readonly to: number
}

const chunkRows = 4096

/** Takes the place of a row whose outcome is known. */
const settled = Symbol('settled')

interface Chunk {
  readonly rows: unknown[]
  /** Number of rows whose outcome is unknown. */
  open: number
}

type Ended = Pick<EndedEvent, 'confirmed' | 'unconfirmed' | 'unsent'>

interface Waiter {
  readonly upTo: number
  readonly resolve: () => void
}

export class RowStore {
  readonly counts: StoredRowCounts = {
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
  /** Called when the run has taken rows, or when there are no more. */
  onTaken: (() => void) | undefined
  /** Called when the columns are known and rows are needed. */
  onReady: (() => void) | undefined
  /** Chunks with rows of unknown outcome. */
  readonly #chunks: Chunk[] = []
  /** Number of the first row of the first chunk. */
  #first = 1
  /** Number of the last row written before `flush`. Rows up to this one do not wait for further rows. */
  #flushTo = 0
  /** Reasons why rows are invalid, by row number. The reader soon rejects these rows. */
  readonly #faults = new Map<number, string>()
  /** True once no reader is left. */
  #isClosed = false
  #waiters: Waiter[] = []
  #wake: (() => void) | undefined

  get waiting(): number {
    return this.counts.written - this.taken
  }

  push(row: unknown): void {
    this.counts.written++
    if (this.#isClosed) {
      this.unsent.push(row)
      this.counts.unsent++
      return
    }
    let last = this.#chunks.at(-1)
    if (last === undefined || last.rows.length === chunkRows) {
      last = { rows: [], open: 0 }
      this.#chunks.push(last)
    }
    last.rows.push(row)
    last.open++
    this.#wake?.()
  }

  end(error?: Error): void {
    this.isEnded = true
    this.error ??= error
    this.#wake?.()
    this.onTaken?.()
  }

  /** Resolves when the run has taken rows, or when there are no more. */
  hasTaken(): Promise<void> {
    return new Promise(resolve => (this.onTaken = resolve))
  }

  /** Sends at once all rows that were written before the call. */
  flush(): void {
    this.#flushTo = this.counts.written
    this.#wake?.()
  }

  /** Returns true once all rows written before `flush` were taken. This ends the flush: the next call returns false. */
  takeFlush(): boolean {
    if (this.#flushTo === 0 || this.taken < this.#flushTo) return false
    this.#flushTo = 0
    return true
  }

  /** Resolves at the next write, flush or end. */
  changed(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** The next rows not taken yet, up to the end of a chunk; undefined if there are none. */
  atHand(): WaitingRows | undefined {
    if (this.waiting === 0) return undefined
    const place = this.taken + 1 - this.#first
    const { rows } = this.#chunks[Math.floor(place / chunkRows)]!
    return { rows, from: place % chunkRows, to: rows.length }
  }

  take(count: number): void {
    const first = this.taken + 1
    this.taken += count
    if (!this.keepsRows) this.#settle(first, this.taken)
    this.onTaken?.()
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
    const row = this.#rowOf(rowNumber)
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
    { batch, start, end, lane }: BatchPart,
    { confirmed, unconfirmed, unsent }: Ended,
  ): void {
    const isKnown = unconfirmed === 0
    const as = unsent > 0 ? 'unsent' : confirmed > 0 && isKnown ? 'confirmed' : 'unconfirmed'
    const numberOf = (row: number): number => batch.locate(row).lineNumber
    // In a batch divided by lane, rows of other connections lie between these rows, so each row is recorded by itself.
    if (lane === undefined) this.#ended(numberOf(start), numberOf(end - 1), as)
    else for (let row = start; row < end; row++) this.#ended(numberOf(row), numberOf(row), as)
  }

  /** Records the outcome of the rows from first to last; rows with a known outcome keep theirs. */
  #ended(from: number, to: number, as: 'confirmed' | 'unconfirmed' | 'unsent'): void {
    const list = as === 'confirmed' ? undefined : this[as]
    this.counts[as] += this.#settle(from, to, list)
  }

  /** Counts confirmed rows as lost: their outcome has become uncertain, and the store no longer holds them. */
  takeBack(): void {
    this.counts.lost += this.counts.confirmed
    this.counts.confirmed = 0
  }

  /** Called when the run has ended: all rows without an outcome count as unsent. */
  endRest(): void {
    this.#isClosed = true
    this.#ended(this.#first, this.counts.written, 'unsent')
  }

  /** Resolves once the outcome of all rows so far is known. */
  settled(): Promise<void> {
    return new Promise(resolve => {
      this.#waiters.push({ upTo: this.counts.written, resolve })
      this.#tellWaiters()
    })
  }

  #rowOf(rowNumber: number): unknown {
    const place = rowNumber - this.#first
    const row = this.#chunks[Math.floor(place / chunkRows)]?.rows[place % chunkRows]
    return row === settled ? undefined : row
  }

  /** @returns how many of these rows had no outcome yet */
  #settle(from: number, to: number, list?: unknown[]): number {
    let count = 0
    for (let number = Math.max(from, this.#first); number <= to;) {
      const place = number - this.#first
      const chunk = this.#chunks[Math.floor(place / chunkRows)]
      if (chunk === undefined) break
      const { rows } = chunk
      const start = place % chunkRows
      const end = Math.min(rows.length, start + to - number + 1)
      for (let i = start; i < end; i++) {
        if (rows[i] === settled) continue
        list?.push(rows[i])
        rows[i] = settled
        chunk.open--
        count++
      }
      number += Math.max(1, end - start)
    }
    while (this.#chunks[0]?.open === 0 && this.#chunks[0].rows.length === chunkRows) {
      this.#chunks.shift()
      this.#first += chunkRows
    }
    this.#tellWaiters()
    return count
  }

  #tellWaiters(): void {
    if (this.#waiters.length === 0) return
    const firstOpen = this.#firstOpen()
    const isDone = ({ upTo }: Waiter): boolean => upTo < firstOpen
    for (const { resolve } of this.#waiters.filter(isDone)) resolve()
    this.#waiters = this.#waiters.filter(waiter => !isDone(waiter))
  }

  #firstOpen(): number {
    for (const [i, { rows, open }] of this.#chunks.entries()) {
      if (open === 0) continue
      return this.#first + i * chunkRows + rows.findIndex(row => row !== settled)
    }
    return Infinity
  }
}
