/*
  Turns rows of a program into pieces of an input: into columns if the values have the columns' types, otherwise into lines of JSON.
*/
import type { CellRules } from '../../../parse/cell-rules.js'
import type { Feed, FedPiece } from '../../../parse/rows/fed-rows.js'
import { memberNames, rowColumns, type RowColumns } from '../../../parse/rows/row-columns.js'
import { InvalidRow, rowMembers, rowText, type RowMembers } from '../../../parse/rows/row-text.js'
import type { ColumnMapping } from '../../../schema/cell-source.js'
import type { Run } from '../../run.js'
import type { WaitingRows, RowStore } from './row-store.js'

/** Approximate length of the text of one piece, in characters. */
const pieceChars = 128 * 1024

/** A run that waits for rows notices a failed delivery within this time. */
const lookEveryMs = 250

/** A text that is not the JSON of any row, so that the reader rejects it. */
const noRow = 'null'

/** Number of rows to read as texts after a row that does not fit the columns. Each further such row doubles it. */
const fewTexts = 1
const mostTexts = 1024

/** @param isPlain  true if no row has to be kept as text, so that rows may be read as columns */
export function rowFeed(
  run: Run,
  store: RowStore,
  mapping: ColumnMapping,
  cells: CellRules,
  isPlain: boolean,
): Feed {
  const columns = isPlain ? rowColumns(mapping, cells) : undefined
  return new RowFeed(run, store, columns, memberNames(mapping))
}

class RowFeed implements Feed {
  readonly #run: Run
  readonly #store: RowStore
  readonly #columns: RowColumns | undefined
  readonly #members: RowMembers
  #bytes = 0
  #texts = fewTexts
  #textsLeft = 0

  constructor(
    run: Run,
    store: RowStore,
    columns: RowColumns | undefined,
    names: readonly string[],
  ) {
    this.#run = run
    this.#store = store
    this.#columns = columns
    this.#members = rowMembers(names)
  }

  get taken(): Feed['taken'] {
    return { bytesRead: this.#bytes, contentBytesRead: this.#bytes }
  }

  async next(): Promise<IteratorResult<FedPiece, void>> {
    const store = this.#store
    for (;;) {
      const atHand = store.atHand()
      const isEnded = this.#isEnded()
      if (atHand !== undefined && !isEnded) {
        const value = this.#pieceOf(atHand)
        this.#bytes += value.bytes.length
        return { done: false, value }
      }
      if (isEnded || store.isEnded) {
        if (!isEnded && store.error !== undefined) throw store.error
        return { done: true, value: undefined }
      }
      if (store.takeFlush()) {
        return { done: false, value: { bytes: nothing, endsBatch: true } }
      }
      await this.#wait()
    }
  }

  /** Whether the run has ended. Also checks for a failed delivery, which nothing else notices while no rows come. */
  #isEnded(): boolean {
    const { ending, delivery } = this.#run
    if (delivery?.failure !== undefined) ending.fail(delivery.failure)
    return ending.stopped
  }

  async #wait(): Promise<void> {
    const { clock } = this.#run.platform
    let look = (): void => undefined
    const looked = new Promise<void>(resolve => (look = resolve))
    const timer = clock.after(lookEveryMs, look)
    try {
      await Promise.race([this.#store.changed(), looked])
    } finally {
      timer.cancel()
    }
  }

  #pieceOf({ rows, from, to }: WaitingRows): FedPiece {
    if (this.#columns !== undefined && this.#textsLeft === 0) {
      const piece = this.#asColumns(this.#columns, rows, from, to)
      if (piece?.rows !== undefined) {
        const { rowCount } = piece.rows
        if (rowCount > this.#texts) this.#texts = fewTexts
        this.#store.take(rowCount)
        return piece
      }
      this.#textsLeft = this.#texts
      this.#texts = Math.min(2 * this.#texts, mostTexts)
    }
    return this.#textOf(rows, from, to)
  }

  /** @returns undefined also if reading a row throws: `#textOf` then reads the rows one by one */
  #asColumns(
    columns: RowColumns,
    rows: readonly unknown[],
    from: number,
    to: number,
  ): FedPiece | undefined {
    try {
      return columns.read(rows, from, to)
    } catch {
      return undefined
    }
  }

  #textOf(rows: readonly unknown[], from: number, to: number): FedPiece {
    const most = this.#columns === undefined ? to : Math.min(to, from + this.#textsLeft)
    const { taken } = this.#store
    let text = ''
    let row = from
    for (; row < most && text.length < pieceChars; row++) {
      text += `${this.#lineOf(rows[row], taken + 1 + row - from)}\n`
    }
    this.#textsLeft = Math.max(0, this.#textsLeft - (row - from))
    this.#store.take(row - from)
    return { bytes: Buffer.from(text) }
  }

  #lineOf(row: unknown, rowNumber: number): string {
    try {
      return rowText(row, this.#members)
    } catch (error) {
      // Getters and toJSON are the caller's code and may throw anything.
      const reason =
        error instanceof InvalidRow ? error.message : `the row cannot be read: ${said(error)}`
      this.#store.addFault(rowNumber, reason)
      return noRow
    }
  }
}

const nothing = new Uint8Array(0)

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
