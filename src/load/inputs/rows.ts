/* The rows of a program, the only input of their run. Holds each until its outcome is known, so that the program gets back rows that did
   not reach the table. The run takes the rows in order: as columns if the values have the columns' types, otherwise as lines of JSON. */
import { messageOf } from '../../errors.js'
import type { CellRules } from '../../parse/cell-rules.js'
import { type Feed, type FedPiece, rowColumns } from '../../parse/rows/fed-rows.js'
import { InvalidRow, rowMembers, rowText } from '../../parse/rows/row-text.js'
import type { Clock } from '../../platform/platform.js'
import { sourceNames, type ColumnMapping } from '../../schema/cell-source.js'
import type { ByteSource } from '../../source/byte-source.js'
import { wholeSource } from '../../source/open-source.js'
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

interface Fed {
  readonly clock: Clock
  /** Whether the run may have to show the text of a row. */
  readonly needsTexts: boolean
  readonly hasEnded: () => boolean
}

/** The input's name in messages. In a message, line 3 is row 3. */
export const rowsName = 'rows'

const nothing = new Uint8Array(0)

/** Stands in for the bytes of an input, because rows come through the feed instead. */
export const noBytes: ByteSource = {
  ...wholeSource(rowsName, nothing, { encoding: 'utf-8' })!.source,
  totalBytes: undefined,
}

/** Limit of rows that wait to be read; enough for a batch and some more. */
const mostWaiting = 16_384
const settled = Symbol('settled')
/** Settled rows are forgotten in steps of at least so many. */
const forgottenRows = 4096
/** Approximate length of the text of one piece, in characters. */
const pieceChars = 128 * 1024
/** A run that waits for rows notices a failed delivery within this time. */
const lookEveryMs = 250
/** Rows that need no waiting let nothing else run, not even the timer of a signal. So the run pauses for a turn of the event loop. */
const turnEveryMs = 50
/** A text that is not the JSON of any row, so that the reader rejects it. */
const noRow = 'null'
/** Rows read as texts after one that does not fit the columns: trying the columns again takes as long as reading some hundred as texts. */
const textsAtOnce = 256

export class RowStore {
  readonly counts: Omit<WriterStatus, 'pending'> = {
    ...{ written: 0, confirmed: 0, rejected: 0 },
    ...{ unconfirmed: 0, unsent: 0, lost: 0 },
  }
  /** Rows to return to the calling program, which may write them again. */
  readonly unconfirmed: unknown[] = []
  readonly unsent: unknown[] = []
  isEnded = false
  onReject: ((reject: RejectedRow) => void) | undefined
  /** Called when the columns are known and rows are needed. */
  onReady: (() => void) | undefined
  /** Whether the outcome of single rows will be known; otherwise the store keeps no rows. */
  #keepsRows = true
  #rows: unknown[] = []
  #first = 1
  /** How many rows of `#rows` are settled before the first that is not. */
  #settledAhead = 0
  #taken = 0
  /** Number of the last row written before `flush`. Rows up to this one do not wait for further rows. */
  #flushTo = 0
  /** Reasons why rows are invalid, by row number. The reader soon rejects these rows. */
  readonly #faults = new Map<number, string>()
  #error: Error | undefined
  #isClosed = false
  #change: Promise<void> | undefined
  #tellChange: (() => void) | undefined

  get isFull(): boolean {
    return this.counts.written - this.#taken >= mostWaiting && !this.isEnded
  }

  push(row: unknown): void {
    this.counts.written++
    this.#rows.push(row)
    if (this.#isClosed) this.endRest()
    else this.#changed()
  }

  end(error?: Error): void {
    this.isEnded = true
    this.#error ??= error
    this.#changed()
  }

  begin(keepsRows: boolean): void {
    this.#keepsRows = keepsRows
    this.onReady?.()
  }

  /** Resolves at the next change: a write, flush or end, or when the run takes rows or settles them. */
  #nextChange(): Promise<void> {
    return (this.#change ??= new Promise(resolve => (this.#tellChange = resolve)))
  }

  #changed(): void {
    this.#tellChange?.()
    this.#change = this.#tellChange = undefined
  }

  async room(): Promise<void> {
    while (this.isFull) await this.#nextChange()
  }

  /** Sends at once all rows written so far. Resolves once the outcome of each is known. */
  async flush(): Promise<void> {
    const upTo = this.counts.written
    this.#flushTo = upTo
    this.#changed()
    while (this.#first + this.#settledAhead <= upTo) await this.#nextChange()
  }

  /** Delivers the rows: as columns, unless one of them may have to be kept as text. */
  feed(mapping: ColumnMapping, cells: CellRules, { clock, needsTexts, hasEnded }: Fed): Feed {
    const passRows = needsTexts ? undefined : rowColumns(mapping, cells)
    const members = rowMembers(sourceNames(mapping, 'member'))
    let bytesRead = 0
    let turnMs = clock.nowMs()
    let textsLeft = passRows === undefined ? Infinity : 0
    const next = (): FedPiece => {
      try {
        const rows = this.#rows
        const piece =
          textsLeft > 0 ? undefined : passRows?.(rows, this.#taken + 1 - this.#first, rows.length)
        if (piece !== undefined) return piece
      } catch {
        // A getter has thrown. Read as texts, only its row is rejected.
      }
      if (textsLeft === 0) textsLeft = textsAtOnce
      const most = Math.min(this.counts.written - this.#taken, textsLeft)
      let text = ''
      let count = 0
      for (; count < most && text.length < pieceChars; count++) {
        text += `${this.#lineOf(this.#taken + 1 + count, members)}\n`
      }
      textsLeft -= count
      this.#take(count)
      return { bytes: Buffer.from(text) }
    }
    return {
      get taken() {
        return { bytesRead, contentBytesRead: bytesRead }
      },
      took: rowCount => {
        if (rowCount === 0) textsLeft = textsAtOnce
        else this.#take(rowCount)
        bytesRead += rowCount
      },
      next: async () => {
        if (clock.nowMs() - turnMs >= turnEveryMs) {
          await new Promise<void>(resolve => clock.nextTurn(resolve))
          turnMs = clock.nowMs()
        }
        // All rejects of the last piece are known by now.
        if (!this.#keepsRows) this.#settle(this.#first, this.#taken)
        while (!hasEnded()) {
          if (this.counts.written > this.#taken) {
            const value = next()
            bytesRead += value.bytes.length
            return { done: false, value }
          }
          if (this.#error !== undefined) throw this.#error
          if (this.isEnded) break
          if (this.#flushTo > 0 && this.#taken >= this.#flushTo) {
            this.#flushTo = 0
            return { done: false, value: { bytes: nothing, endsBatch: true } }
          }
          const timer = clock.after(lookEveryMs, () => this.#changed())
          await this.#nextChange()
          timer.cancel()
        }
        return { done: true, value: undefined }
      },
    }
  }

  /** The row as JSON. If the row is invalid, remembers why until the reader rejects it. */
  #lineOf(rowNumber: number, members: ReturnType<typeof rowMembers>): string {
    try {
      return rowText(this.#rows[rowNumber - this.#first], members)
    } catch (error) {
      // Getters and toJSON are the caller's code and may throw anything.
      const text = messageOf(error)
      const reason = error instanceof InvalidRow ? text : `the row cannot be read: ${text}`
      this.#faults.set(rowNumber, reason)
      return noRow
    }
  }

  #take(count: number): void {
    this.#taken += count
    this.#changed()
  }

  /** Records that a row is rejected. @returns the reject, with the reason why its row cannot be written as JSON, if that is so */
  rejected(told: AnyReject): AnyReject {
    const { lineNumber: rowNumber, columnName } = told
    const message = this.#faults.get(rowNumber)
    const fault = { code: 'DDB_INPUT_CELL', class: 'type' } as const
    const reject = message === undefined ? told : { ...told, ...fault, message }
    const known = this.#rows[rowNumber - this.#first]
    const row = known === settled ? undefined : known
    this.#faults.delete(rowNumber)
    this.counts.rejected++
    this.#settle(rowNumber, rowNumber)
    // The callback runs later, because it may write rows.
    const { onReject } = this
    const { code, message: reason } = reject
    if (onReject) queueMicrotask(() => onReject({ row, rowNumber, code, reason, columnName }))
    return reject
  }

  /** Records the outcome of a part of a batch; rejected rows have theirs. If it is unknown which are in the table, all are unconfirmed. */
  partEnded(
    { batch, whole: { lane } }: Pick<Piece, 'batch' | 'whole'>,
    { confirmed, unconfirmed, unsent }: Pick<EndedRows, 'confirmed' | 'unconfirmed' | 'unsent'>,
  ): void {
    const isKnown = unconfirmed === 0
    const as = unsent > 0 ? 'unsent' : confirmed > 0 && isKnown ? 'confirmed' : 'unconfirmed'
    const numberOf = (row: number): number => batch.locate(row).lineNumber
    // In a batch divided by lane, rows of other connections lie between these rows, so each row is recorded by itself.
    if (lane === undefined) this.#settle(numberOf(0), numberOf(batch.rowCount - 1), as)
    else for (let i = 0; i < batch.rowCount; i++) this.#settle(numberOf(i), numberOf(i), as)
  }

  /** Counts confirmed rows as lost: their outcome has become uncertain, and the store no longer holds them. */
  takeBack(): void {
    this.counts.lost += this.counts.confirmed
    this.counts.confirmed = 0
  }

  /** @param isGivenUp  whether the run sends nothing more: rows without an outcome are then included, as unconfirmed if the run took them */
  unwritten(isGivenUp: boolean): Record<'unconfirmed' | 'unsent', unknown[]> {
    const open = isGivenUp ? this.#rows : []
    const takenEnd = this.#taken + 1 - this.#first
    const isOpen = (row: unknown): boolean => row !== settled
    return {
      unconfirmed: [...this.unconfirmed, ...open.slice(0, takenEnd).filter(isOpen)],
      unsent: [...this.unsent, ...open.slice(takenEnd).filter(isOpen)],
    }
  }

  /** Called when the run has ended: all rows without an outcome count as unsent, and all that are still written. */
  endRest(): void {
    this.#isClosed = true
    this.#settle(this.#first, this.counts.written, 'unsent')
  }

  /** Records the outcome of the rows from first to last; rows with a known outcome keep theirs. @param as  default: it is counted elsewhere */
  #settle(from: number, to: number, as?: 'confirmed' | 'unconfirmed' | 'unsent'): void {
    const rows = this.#rows
    const list = as === undefined || as === 'confirmed' ? undefined : this[as]
    let count = 0
    for (let i = Math.max(this.#settledAhead, from - this.#first); i <= to - this.#first; i++) {
      if (rows[i] === settled) continue
      list?.push(rows[i])
      rows[i] = settled
      count++
    }
    if (as !== undefined) this.counts[as] += count
    while (rows[this.#settledAhead] === settled) this.#settledAhead++
    // Moving the rest costs as much as its length, so that must not be done for each batch.
    if (this.#settledAhead >= Math.max(forgottenRows, rows.length / 2)) {
      // The reader may still have a piece of the former array.
      this.#rows = rows.slice(this.#settledAhead)
      this.#first += this.#settledAhead
      this.#settledAhead = 0
    }
    this.#changed()
  }
}
