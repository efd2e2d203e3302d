/*
  The rows that a program hands to a run, by their numbers from 1 on: from the moment they are written until it is known what became
  of them. Whoever reads them takes them in order; those that are not in the table in the end can be had back.
*/
import type { Ended as EndedEvent } from '../../fate/events.js'
import type { AnyReject } from '../../rejects/reject.js'
import type { Part } from '../../fate/part.js'

/** A row that did not become part of the table, and why. */
export interface RejectedRow<Row = unknown> {
  readonly row: Row
  /** Of the rows that were written, from 1. */
  readonly rowNumber: number
  /** A code of `errorCodes`. */
  readonly code: string
  readonly reason: string
  /** Target column, when one value is at fault. */
  readonly columnName: string | undefined
}

/** What became of rows. */
export interface StoredRowCounts {
  written: number
  confirmed: number
  /** They are not in the table for a reason of their own. */
  rejected: number
  /** They were sent, and their fate is unknown. */
  unconfirmed: number
  /** They are certainly not in the table. */
  unsent: number
  /** They were confirmed, and the server, which had them in its memory alone, is gone. They cannot be had back. */
  lost: number
}

/** Rows in hand, from one place in a chunk to another. */
export interface RowsAtHand {
  readonly rows: readonly unknown[]
  readonly from: number
  readonly to: number
}

const chunkRows = 4096

/** Stands for a row of which it is known what became of it. */
const settled = Symbol('settled')

interface Chunk {
  readonly rows: unknown[]
  /** Of which it is not known. */
  open: number
}

type Ended = Pick<EndedEvent, 'confirmed' | 'unconfirmed' | 'unsent' | 'different'>

interface Waiter {
  readonly upTo: number
  readonly resolve: () => void
}

/** A program and a run share one. */
export class RowStore {
  readonly counts: StoredRowCounts = {
    written: 0,
    confirmed: 0,
    rejected: 0,
    unconfirmed: 0,
    unsent: 0,
    lost: 0,
  }
  /** Rows that somebody may want back. */
  readonly unconfirmed: unknown[] = []
  readonly unsent: unknown[] = []
  /** Number of the row that was taken last. */
  taken = 0
  /** Nothing more is written. */
  isEnded = false
  /** Why what writes gave up. */
  error: Error | undefined
  /** Of single rows it will be known what becomes of them; if not, none is kept. */
  keepsRows = true
  onReject: ((reject: RejectedRow) => void) | undefined
  /** Called when rows were taken, or nothing more will be. */
  onTaken: (() => void) | undefined
  /** Called when the columns are known, and rows are asked for. */
  onReady: (() => void) | undefined
  /** Without those of which all is known. */
  readonly #chunks: Chunk[] = []
  /** Number of the first row of the first chunk. */
  #first = 1
  /** Rows up to this one go out without waiting for more. */
  #flushTo = 0
  /** Why rows are no rows, by their numbers; the reader meets them soon. */
  readonly #faults = new Map<number, string>()
  /** Nobody reads any more. */
  #isClosed = false
  #waiters: Waiter[] = []
  #wake: (() => void) | undefined

  /** Rows that nobody has taken. */
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

  /** Resolves when rows were taken, or nothing more will be. */
  hasTaken(): Promise<void> {
    return new Promise(resolve => (this.onTaken = resolve))
  }

  /** What was written until now goes out at once. */
  flush(): void {
    this.#flushTo = this.counts.written
    this.#wake?.()
  }

  /** True once after all rows that were to go out at once are taken. */
  takeFlush(): boolean {
    if (this.#flushTo === 0 || this.taken < this.#flushTo) return false
    this.#flushTo = 0
    return true
  }

  /** Resolves when something was written, or more is known. */
  changed(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** Rows that nobody has taken, in one chunk; undefined without any. */
  atHand(): RowsAtHand | undefined {
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

  /** The next row to be taken is none. */
  addFault(rowNumber: number, reason: string): void {
    this.#faults.set(rowNumber, reason)
  }

  /** A reject of a reader or of the server, with the reason that is known here. */
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
    // Later, so that what the callback throws does not look like a fault of the run.
    queueMicrotask(() => onReject({ row, rowNumber, code, reason, columnName }))
  }

  /**
   * What became of a part of a batch; of its rejected rows it is known. Where some of it is in the table, and it is unknown which,
   * all of it counts as unconfirmed.
   */
  partEnded(
    { batch, start, end, lane }: Part,
    { confirmed, unconfirmed, unsent, different = [] }: Ended,
  ): void {
    for (const { firstLine, lastLine } of different) this.#ended(firstLine, lastLine, 'unconfirmed')
    const isKnown = unconfirmed === different.length
    const as = unsent > 0 ? 'unsent' : confirmed > 0 && isKnown ? 'confirmed' : 'unconfirmed'
    const numberOf = (row: number): number => batch.locate(row).lineNumber
    // Rows of one connection stand among those of others.
    if (lane === undefined) this.#ended(numberOf(start), numberOf(end - 1), as)
    else for (let row = start; row < end; row++) this.#ended(numberOf(row), numberOf(row), as)
  }

  /** What became of the rows that are between, both ends included; those that are known already keep what they are. */
  #ended(from: number, to: number, as: 'confirmed' | 'unconfirmed' | 'unsent'): void {
    const list = as === 'confirmed' ? undefined : this[as]
    this.counts[as] += this.#settle(from, to, list)
  }

  /** What was confirmed is known no more; those rows were given up when they were confirmed. */
  takeBack(): void {
    this.counts.lost += this.counts.confirmed
    this.counts.confirmed = 0
  }

  /** The run has ended: what is left was not sent. */
  endRest(): void {
    this.#isClosed = true
    this.#ended(this.#first, this.counts.written, 'unsent')
  }

  /** Resolves once it is known of all rows so far what became of them. */
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

  /** @returns how many were open */
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
