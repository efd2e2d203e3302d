/*
  Finds words that files use for missing values. If a column of numbers, dates or truth values has such a word, an
  option of `load` makes the word null. Otherwise the word stays a text.
*/
import { trimmedEnd, trimmedStart } from '../parse/cells/cell-bytes.js'
import type { RecordBlock } from '../parse/record-block.js'

/** Words that never mean anything but null. */
const sureWords = [
  ...['N/A', 'n/a', '#N/A', 'NULL', 'null', 'Null', '\\N', '(null)', '<NA>', '#NULL!'],
  ...['NaN', 'nan', 'NAN', '--', '---', '\u2014'],
]
/** Words that may mean something else: NA is Namibia, `-` a direction, `.` a strand of DNA. */
const otherWords = ['NA', 'na', 'None', 'none', 'nil', '-', '.', '?', '*']

const isSure: ReadonlySet<string> = new Set(sureWords)

/** True if the word means null even in a column of texts. */
export function alwaysMeansNull(word: string): boolean {
  return isSure.has(word)
}

export interface WordCount {
  readonly word: string
  readonly bytes: Uint8Array
  cells: number
}

const encoder = new TextEncoder()
const words = [...sureWords, ...otherWords].map(word => ({ word, bytes: encoder.encode(word) }))
const longestBytes = Math.max(...words.map(({ bytes }) => bytes.length))
const firstBytes = new Uint8Array(256)
for (const { bytes } of words) firstBytes[bytes[0]!] = 1

export class NullWords {
  /** Indexes of the cells set aside, each followed by the cell's former end. */
  readonly #aside: number[] = []
  readonly #counts: WordCount[] = words.map(one => ({ ...one, cells: 0 }))

  get seen(): readonly WordCount[] {
    return this.#counts.filter(({ cells }) => cells > 0)
  }

  /** In one field of the block, empties every cell that holds a word for null, without quotes. */
  setAside(block: RecordBlock, field: number): void {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = trimmedStart(bytes, starts[cell]!, ends[cell]!)
      if (firstBytes[bytes[start]!] === 0) continue
      const end = trimmedEnd(bytes, start, ends[cell]!)
      if (end === start || end - start > longestBytes) continue
      const found = this.#find(bytes, start, end)
      if (found === undefined || block.isQuoted(row, cell)) continue
      found.cells++
      this.#aside.push(cell, ends[cell]!)
      ends[cell] = starts[cell]!
    }
  }

  /**
   * Restores the cells that `setAside` emptied. A template (a text of `mapping.set` with names of fields) may contain
   * the field, and in its text the word need not mean null.
   */
  putBack({ ends }: RecordBlock): void {
    const aside = this.#aside
    for (let i = 0; i < aside.length; i += 2) ends[aside[i]!] = aside[i + 1]!
    aside.length = 0
  }

  #find(bytes: Uint8Array, start: number, end: number): WordCount | undefined {
    for (const one of this.#counts) {
      if (one.bytes.length !== end - start) continue
      let p = 0
      while (start + p < end && one.bytes[p] === bytes[start + p]) p++
      if (start + p === end) return one
    }
    return undefined
  }
}
