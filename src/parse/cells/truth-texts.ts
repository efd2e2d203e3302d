/*
  Reads true and false, and rewrites the user's words for them (`--booleans Y/N`) as `1` and `0`. Compares byte by byte.
*/
import { option, usageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import { indexOfText, trimmedEnd, trimmedStart } from './cell-bytes.js'
import { isRead, noValue, one, zero, type ReadCell } from './read-cell.js'

/** Reads `true` or `false` in any case, 1 or 0. */
export const readBool: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  const isOne = last - first === 1
  if (isOne ? bytes[first] === one : isWord(bytes, first, last, 'true')) into[at] = 1
  else if (isOne ? bytes[first] === zero : isWord(bytes, first, last, 'false')) into[at] = 0
  else return noValue
  return isRead
}

/** Compares the bytes with a word in lower case, ignoring case. */
function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    if ((bytes[start + i]! | 0x20) !== word.charCodeAt(i)) return false
  }
  return true
}

export interface TruthTexts {
  readonly trueTexts: readonly Uint8Array[]
  readonly falseTexts: readonly Uint8Array[]
  /** All of them, those that mean true first. */
  readonly words: readonly string[]
}

/**
 * The user's words, or undefined if there are none.
 * @throws {UsageError} DDB_USAGE if a text is not a pair, or a word means both true and false
 */
export function truthTexts({
  booleans = [],
}: Pick<CellOptions, 'booleans'>): TruthTexts | undefined {
  if (booleans.length === 0) return undefined
  const pairs = booleans.map(text => text.split('/'))
  const odd = booleans.find((text, i) => pairs[i]!.length !== 2 || text === '/')
  if (odd !== undefined) {
    throw usageError(`${option('cells.booleans')} ${odd}: expected TRUE/FALSE, such as Y/N`)
  }
  const [yes, no] = [0, 1].map(side => pairs.map(pair => pair[side]!).filter(Boolean))
  const both = yes!.find(text => no!.includes(text))
  if (both !== undefined) {
    throw usageError(
      `${option('cells.booleans')} says that "${both}" means true and false: leave out one of them`,
    )
  }
  const encoder = new TextEncoder()
  const [trueTexts, falseTexts] = [yes!, no!].map(texts => texts.map(text => encoder.encode(text)))
  return { trueTexts: trueTexts!, falseTexts: falseTexts!, words: [...yes!, ...no!] }
}

/** Writes `1` for a word that means true, `0` for one that means false, else the text. Returns the end in `into`. */
export function writeTruth(
  { trueTexts, falseTexts }: TruthTexts,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  const isTrue = indexOfText(trueTexts, bytes, first, last) >= 0
  if (isTrue || indexOfText(falseTexts, bytes, first, last) >= 0) {
    into[at] = isTrue ? one : zero
    return at + 1
  }
  for (let p = start; p < end; p++) into[at + p - start] = bytes[p]!
  return at + end - start
}
