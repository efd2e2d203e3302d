/* Finds records of sums in delimited text, such as 合计,,,,"300,000,000",,. `input.comment` skips these records by the first characters of
   their lines, if no row begins with the same characters. */
import * as ascii from '../parse/ascii.js'
import { option } from '../errors.js'
import { clippedText, trimmedEnd, trimmedStart } from '../parse/cells/cell-bytes.js'
import type { RecordBlock } from '../parse/record-block.js'

export interface FoundTotals {
  /** Sentences for the user. They name the option that leaves out the sums, if there is one. */
  readonly said: readonly string[]
  /** The value of `input.comment` that leaves out all lines of sums, but no row; undefined if there is none. */
  readonly comment: string | undefined
}

const words = [
  ...'合计 总计 小计 共计 总和 累计 汇总 合計 總計 小計 總和 累計'.split(' '),
  ...['total', 'totals', 'sum', 'sums', 'subtotal', 'sub total', 'sub-total', 'grand total'],
]
const known: ReadonlySet<string> = new Set(words)
const encoder = new TextEncoder()
const longestBytes = 4 + Math.max(...words.map(word => encoder.encode(word).length))

/** True if the text is a word for sums, such as `total`, in upper or lower case, with or without a colon. */
export function isTotalsWord(text: string): boolean {
  const word = text.trim().replace(/[:：]$/, '')
  return known.has(word.trimEnd().toLowerCase())
}

interface Seen {
  readonly word: string
  readonly file: string
  readonly lineNumber: number
  readonly sign: ReturnType<typeof signOf>
}

export class Totals {
  /** The first record that holds the sums of columns, and the number of such records. */
  #first: Seen | undefined
  #count = 0
  /** How many records begin with a word for sums, but may be rows, as most fields have values; the one that ends the last block. */
  #alike = 0
  #last: Seen | undefined
  readonly #signs = new Set<string | undefined>()

  /** Removes records of sums from the block. @param delimiter  separates the block's fields */
  takeOut(block: RecordBlock, file: string, delimiter: string): void {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.#last = undefined
    for (let row = 0; row < rowCount; row++) {
      const end = (row + 1) * fieldCount
      let cell = row * fieldCount
      while (cell < end && isEmpty(bytes, starts[cell]!, ends[cell]!)) cell++
      if (cell >= end - 1) continue
      const start = trimmedStart(bytes, starts[cell]!, ends[cell]!)
      if (bytes[start]! < letterA || ends[cell]! - start > longestBytes) continue
      const word = clippedText(bytes, start, trimmedEnd(bytes, start, ends[cell]!))
      if (!isTotalsWord(word)) continue
      const sign = signOf(block, row, cell, delimiter)
      const seen = { word, file, lineNumber: block.lineNumbers[row]!, sign }
      let filled = 0
      for (let other = cell + 1; other < end; other++) {
        if (!isEmpty(bytes, starts[other]!, ends[other]!)) filled++
      }
      this.#signs.add(sign)
      if (2 * filled > fieldCount - 1) {
        this.#alike++
        if (row === rowCount - 1) this.#last = seen
        continue
      }
      this.#first ??= seen
      this.#count++
      block.refuse(row)
    }
    if (block.refusedCount > 0) block.dropRefused()
  }

  /** True if no option skips the sums alone, so that they count as rows. @param hasComment  `input.comment` is needed for other lines */
  areRows(hasComment: boolean): boolean {
    return this.#count > 0 && (hasComment || this.#sign === undefined)
  }

  found(hasComment: boolean): FoundTotals | undefined {
    const first = this.#first ?? this.#last
    if (first === undefined) return undefined
    const { word, file, lineNumber } = first
    const place = `"${word}", ${file} line ${lineNumber}`
    const sign = hasComment ? undefined : this.#sign
    if (this.#first === undefined) {
      const isOne = sign !== undefined && this.#alike === 1
      const how = isOne ? `: ${option('input.comment')} ${sign} leaves it out` : ''
      return { said: [`the last record, ${place}, is taken for a row${how}`], comment: undefined }
    }
    const sums = this.#count === 1 ? '1 record of sums' : `${this.#count} records of sums`
    const said =
      sign === undefined
        ? `${sums}, the first ${place}, would be loaded: no option leaves out such lines alone, so take them out of the file`
        : `${sums} (${place}) left out of the table by ${option('input.comment')} ${sign}`
    return { said: [said], comment: sign }
  }

  /** A text that begins every line of sums but no other row; undefined if there is none. */
  get #sign(): string | undefined {
    const [sign, ...others] = this.#signs
    const isClear = others.length === 0 && (this.#count === 0 || this.#alike === 0)
    return isClear ? sign : undefined
  }
}

const letterA = 65

/** True if the cell has only blanks and hyphens. */
function isEmpty(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end && (bytes[p]! <= ascii.blank || bytes[p] === ascii.minus)) p++
  return p === end
}

/** The beginning of a line of sums, up to the delimiter after `cell` (such as `Total`); undefined if unknown. */
function signOf(
  { bytes, starts, ends, recordStarts, recordEnds }: RecordBlock,
  row: number,
  cell: number,
  delimiter: string,
): string | undefined {
  const from = recordStarts[row]!
  if (starts[cell]! < from || ends[cell]! >= recordEnds[row]!) return undefined
  const after = encoder.encode(delimiter)
  const begin = ends[cell]!
  const at = [begin, begin + 1].find(p => after.every((byte, i) => bytes[p + i] === byte))
  if (at === undefined || at + after.length > recordEnds[row]!) return undefined
  const text = Buffer.from(bytes.subarray(from, at + after.length)).toString()
  return /[\r\n]/.test(text) ? undefined : text
}
