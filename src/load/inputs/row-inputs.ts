/*
  The rows of a program as the only input of a run. They become columns if the values have the columns' types, otherwise
  lines of JSON.
*/
import { messageOf } from '../../errors.js'
import type { CellRules } from '../../parse/cell-rules.js'
import { openReader } from '../../parse/formats.js'
import type { Feed, FedPiece } from '../../parse/rows/fed-rows.js'
import { memberNames, rowColumns } from '../../parse/rows/row-columns.js'
import { InvalidRow, rowMembers, rowText } from '../../parse/rows/row-text.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { ByteSource } from '../../source/byte-source.js'
import { wholeSource } from '../../source/open-source.js'
import type { Run } from '../run.js'
import type { InputOpener } from './open-input.js'
import { dialectOf } from './reader-options.js'
import { rowsName, type RowStore } from './row-store.js'

const nothing = new Uint8Array(0)

/** Stands in for the bytes of an input, because rows come through the feed instead. */
export const noBytes: ByteSource = wholeSource('', rowsName, nothing, 'utf-8')!

/** Opens the rows as an input. The feed (`rowFeed`) then delivers them. */
export function newRowsOpener(run: Run, store: RowStore): InputOpener {
  return {
    async open() {
      const reader = await openReader(noBytes, { ...dialectOf(run.options), format: 'ndjson' })
      store.keepsRows = run.delivery?.used !== 'none'
      store.onReady?.()
      return { source: noBytes, reader }
    },
    close() {
      store.end()
      return Promise.resolve()
    },
  }
}

/** Approximate length of the text of one piece, in characters. */
const pieceChars = 128 * 1024

/** A run that waits for rows notices a failed delivery within this time. */
const lookEveryMs = 250

/** A text that is not the JSON of any row, so that the reader rejects it. */
const noRow = 'null'

/**
 * Number of rows to read as texts after a row that does not fit the columns. Trying the columns takes as long as
 * reading some hundred rows as texts, and further rows may not fit either.
 */
const textsAtOnce = 256

/** Delivers the rows: as columns, unless one of them may have to be kept as text. */
export function rowFeed(run: Run, store: RowStore, mapping: ColumnMapping, cells: CellRules): Feed {
  const isPlain = run.checked.rejectsFile === undefined && run.options.input?.limit === undefined
  const passRows = isPlain ? rowColumns(mapping, cells) : undefined
  const members = rowMembers(memberNames(mapping))
  let bytesRead = 0
  let textsLeft = passRows === undefined ? Infinity : 0
  const asColumns = (): FedPiece | undefined => {
    if (textsLeft > 0) return undefined
    const { rows, from } = store.atHand()
    try {
      const piece = passRows?.(rows, from, rows.length)
      if (piece !== undefined) return piece
    } catch {
      // A getter has thrown. Read as texts, only its row is rejected.
    }
    textsLeft = textsAtOnce
    return undefined
  }
  const asText = (): FedPiece => {
    const { rows, from } = store.atHand()
    const end = Math.min(rows.length, from + textsLeft)
    let text = ''
    let row = from
    for (; row < end && text.length < pieceChars; row++) {
      text += `${lineOf(rows[row], store.taken + 1 + row - from)}\n`
    }
    textsLeft -= row - from
    store.take(row - from)
    return { bytes: Buffer.from(text) }
  }
  const lineOf = (row: unknown, rowNumber: number): string => {
    try {
      return rowText(row, members)
    } catch (error) {
      // Getters and toJSON are the caller's code and may throw anything.
      const text = messageOf(error)
      const reason = error instanceof InvalidRow ? text : `the row cannot be read: ${text}`
      store.addFault(rowNumber, reason)
      return noRow
    }
  }
  return {
    get taken() {
      return { bytesRead, contentBytesRead: bytesRead }
    },
    took(rowCount) {
      if (rowCount === 0) textsLeft = textsAtOnce
      else store.take(rowCount)
      bytesRead += rowCount
    },
    async next() {
      while (!hasEnded(run)) {
        if (store.waiting > 0) {
          const value = asColumns() ?? asText()
          bytesRead += value.bytes.length
          return { done: false, value }
        }
        if (store.isEnded) {
          if (store.error !== undefined) throw store.error
          break
        }
        if (store.takeFlush()) return { done: false, value: { bytes: nothing, endsBatch: true } }
        const timer = run.platform.clock.after(lookEveryMs, () => store.changed())
        await store.nextChange()
        timer.cancel()
      }
      return { done: true, value: undefined }
    },
  }
}

/** Whether the run has ended. Also checks for a failed delivery, which nothing else notices while no rows come. */
function hasEnded({ ending, delivery }: Run): boolean {
  if (delivery?.failure !== undefined) ending.fail(delivery.failure)
  return ending.stopped
}
