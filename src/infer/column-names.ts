/*
  Names that columns of an input can have in a table: as they are where DolphinDB takes them so, else repaired as
  `loadText` does (docs/server-semantics.md#text-of-values). Words of the language are written small: `date` for `DATE`.
*/
import { isIdentifier, isReservedWord } from '../schema/identifier.js'

const wrongSign = /[^A-Za-z0-9_\u4e00-\u9fff]/gu

/**
 * One name for each column, all different, whatever their case. Names that need no repair keep theirs.
 *
 * @param names  as the input has them; undefined where it has none
 */
export function proposeNames(names: readonly (string | undefined)[]): string[] {
  const taken = new Set<string>()
  const proposed = names.map(name => {
    if (name === undefined || !isIdentifier(name) || isReservedWord(name)) return undefined
    if (taken.has(name.toLowerCase())) return undefined
    taken.add(name.toLowerCase())
    return name
  })
  return proposed.map((name, i) => name ?? repaired(names[i], i, taken))
}

function repaired(name: string | undefined, index: number, taken: Set<string>): string {
  const signs = (name ?? '').trim().replace(wrongSign, '_')
  const base = /[A-Za-z0-9\u4e00-\u9fff]/.test(signs) ? signs : `col${index}`
  const word = isIdentifier(base) ? base : `c${base}`
  const first = isReservedWord(word) ? unreserved(word) : word
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? first : `${first}_${number}`
    if (taken.has(candidate.toLowerCase())) continue
    taken.add(candidate.toLowerCase())
    return candidate
  }
}

function unreserved(word: string): string {
  const small = word.toLowerCase()
  return isReservedWord(small) ? `${small}_` : small
}
