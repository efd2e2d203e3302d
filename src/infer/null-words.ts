/*
  Finds words that files use for missing values. If a column of numbers, dates or truth values has such a word, an
  option of `load` makes the word null. Otherwise the word stays a text.
*/
import { NullTexts } from '../parse/null-texts.js'
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

interface WordCount {
  readonly word: string
  cells: number
}

const words = [...sureWords, ...otherWords]
const texts = new NullTexts(words)

export class NullWords {
  /** Indexes of the cells set aside, each followed by the cell's former end. */
  readonly #aside: number[] = []
  readonly #counts: WordCount[] = words.map(word => ({ word, cells: 0 }))

  get seen(): readonly WordCount[] {
    return this.#counts.filter(({ cells }) => cells > 0)
  }

  /** In one field of the block, empties every cell that holds a word for null, without quotes. */
  setAside(block: RecordBlock, field: number): void {
    texts.apply(block, field, true, (word, cell, end) => {
      this.#counts[word]!.cells++
      this.#aside.push(cell, end)
    })
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
}
