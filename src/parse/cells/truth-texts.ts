/*
  Rewrites the user's words for true and false (`--booleans Y/N`) as `1` and `0`. Compares byte by byte.
*/
import { UsageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import { isAt, trimmedEnd, trimmedStart } from './cell-bytes.js'

const one = 49
const zero = 48

export interface TruthTexts {
  readonly trueTexts: readonly Uint8Array[]
  readonly falseTexts: readonly Uint8Array[]
}

/**
 * The user's words, or undefined if there are none.
 * @throws {UsageError} DDB_USAGE if a word means both true and false
 */
export function truthTexts({
  trueTexts = [],
  falseTexts = [],
}: Pick<CellOptions, 'trueTexts' | 'falseTexts'>): TruthTexts | undefined {
  if (trueTexts.length + falseTexts.length === 0) return undefined
  const both = trueTexts.find(text => falseTexts.includes(text))
  if (both !== undefined) {
    throw new UsageError(
      'DDB_USAGE',
      `"${both}" is in \`cells.trueTexts\` and in \`cells.falseTexts\`: leave it in one of them`,
    )
  }
  const encoder = new TextEncoder()
  return {
    trueTexts: trueTexts.map(text => encoder.encode(text)),
    falseTexts: falseTexts.map(text => encoder.encode(text)),
  }
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
  if (isOneOf(trueTexts, bytes, first, last)) {
    into[at] = one
    return at + 1
  }
  if (isOneOf(falseTexts, bytes, first, last)) {
    into[at] = zero
    return at + 1
  }
  for (let p = start; p < end; p++) into[at + p - start] = bytes[p]!
  return at + end - start
}

function isOneOf(
  texts: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let i = 0; i < texts.length; i++) {
    if (texts[i]!.length === end - start && isAt(texts[i]!, bytes, start)) return true
  }
  return false
}
