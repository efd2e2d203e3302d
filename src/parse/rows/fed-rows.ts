/* The rows of a program as the reader gets them: values, which columns take as they are, or lines of JSON. Rows with a value whose meaning
   depends on its text are left to the reader of texts. */
import { maxBlockRows, type RecordBlock } from '../record-block.js'
import { sourceNames, type ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import { cellTypeOf } from '../types/column-types.js'
import { isOfEveryObject } from './row-text.js'

/** How many bytes a source has delivered so far: as stored, and after decompression. */
export interface SourceProgress {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

/** Rows whose values columns may take. In the input, each row counts as a line of one byte. */
export interface FedRows {
  readonly rowCount: number
  /** The values of the first `rowCount` rows for a column; valid until the next call. @throws whatever a getter of a row throws */
  valuesOf(columnIndex: number, rowCount: number): readonly unknown[]
}

export interface FedPiece {
  /** Valid until the next piece is requested; empty if there are rows. */
  readonly bytes: Uint8Array
  /** At most `mostFedRows`. The reader takes some and says so (`took`), before it requests the next piece. */
  readonly rows?: FedRows | undefined
  /** True if the rows so far must not wait for more. */
  readonly endsBatch?: boolean
}

export interface Feed {
  /** Bytes of the source up to the end of the last piece. */
  readonly taken: SourceProgress
  /** Delivers the next piece; done after the last one. @throws the source's failure, after all that the source delivered */
  next(): Promise<IteratorResult<FedPiece, void>>
  /** So many rows of the last piece are in a batch; 0 if the next row must be read as text. */
  took(rowCount: number): void
}

/** Limit of the rows in a piece, which a block can hold. */
export const mostFedRows: number = maxBlockRows

/** Approximate limit of the texts that are put at a time. A batch ends only after them, so they must be small. */
const mostPutBytes = 256 * 1024

/** The most bytes of UTF-8 that one UTF-16 unit takes. */
const mostUtf8Bytes = 3

/** Fills a block of one field with a program's texts, up to a value that is neither text nor null. Returns how many it has. */
export function fillTexts(block: RecordBlock, values: readonly unknown[], count: number): number {
  const texts: string[] = []
  let length = 0
  while (texts.length < count && length <= mostPutBytes) {
    const value = values[texts.length]
    const text = value === null ? '' : value
    if (typeof text !== 'string') break
    length += mostUtf8Bytes * text.length
    texts.push(text)
  }
  const bytes = block.beginTexts(length)
  const { starts, ends } = block
  let to = 0
  for (let row = 0; row < texts.length; row++) {
    const written = writeText(texts[row]!, bytes, to)
    if (written < 0) break
    starts[row] = to
    to += written
    ends[row] = to
    block.rowCount++
  }
  block.endTexts(to)
  return block.rowCount
}

const encoder = new TextEncoder()

/** A surrogate without the other of its pair, or U+0000, which would end the text early. */
const notText = /[\0\p{Surrogate}]/u

/** Writes the text as UTF-8. Returns its length in bytes; −1 for a text that no column stores. */
function writeText(text: string, into: Uint8Array, at: number): number {
  const { length } = text
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0) return -1
    if (code >= 0x80) {
      return notText.test(text) ? -1 : encoder.encodeInto(text, into.subarray(at)).written
    }
    into[at + i] = code
  }
  return length
}

const nothing = new Uint8Array(0)

/**
 * Returns a function that passes on as many rows as possible, beginning with `rows[from]`; undefined from it if the first row must be read
 * as text.
 * @returns undefined if every row must be read as text, because of a column's type or the rules for cells
 */
export function rowColumns(mapping: ColumnMapping, cells: CellRules) {
  const names = sourceNames(mapping, 'member')
  if (!mayTakeValues(mapping, cells)) return undefined
  const members = mapping.ignoreExtra ? undefined : new Set(names)
  const keys = mapping.columns.map(({ source }) => (source.kind === 'member' ? source.name : ''))
  const values = new Array<unknown>(mostFedRows).fill(undefined)
  return (rows: readonly unknown[], from: number, to: number): FedPiece | undefined => {
    const isArray = Array.isArray(rows[from])
    // Mostly those of all rows: to compare a name takes less time than to look it up.
    const usual = Object.keys(rows[from] ?? {}).filter(name => members?.has(name))
    const fits = (row: unknown): boolean =>
      isArray ? Array.isArray(row) && row.length === names.length : isObject(row, members, usual)
    const last = Math.min(to, from + mostFedRows)
    let end = from
    while (end < last && fits(rows[end])) end++
    if (end === from) return undefined
    return {
      bytes: nothing,
      rows: {
        rowCount: end - from,
        valuesOf(columnIndex, rowCount) {
          const key = isArray ? names.indexOf(keys[columnIndex]!) : keys[columnIndex]!
          for (let i = 0; i < rowCount; i++) {
            values[i] = (rows[from + i] as Readonly<Record<string | number, unknown>>)[key]
          }
          return values
        },
      },
    }
  }
}

function mayTakeValues(
  mapping: ColumnMapping,
  { columnOffsets: _, onOffset: __, ...rules }: CellRules,
): boolean {
  if (Object.values(rules).some(rule => rule !== undefined && rule !== false)) return false
  return mapping.columns.every(({ source, type }) => {
    // A name with dots may mean a member of a nested object.
    const isPlain = source.kind === 'member' && !source.name.includes('.')
    const takesValues = type.array !== true && cellTypeOf(type.type)?.takesValues === true
    return isPlain && !isOfEveryObject(source.name) && takesValues
  })
}

/** True for an object without members other than these. One that it lacks is undefined, which no column takes. */
function isObject(
  row: unknown,
  members: ReadonlySet<string> | undefined,
  usual: readonly string[],
): boolean {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return false
  if (members === undefined) return true
  let at = 0
  for (const name in row) if (name !== usual[at++] && !members.has(name)) return false
  return true
}
