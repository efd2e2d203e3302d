/*
  Splits the end of a path into parts (`input.path`). In `level2/{day}/{symbol}.csv`, a name in braces matches any text and
  captures it, and `*` skips any text. A pattern of three names is matched against the last three names of a path.
*/
import { sep } from 'node:path'
import type { UsageError } from '../../errors.js'
import { option, usageError } from '../../errors.js'

export type PathMatch =
  /** The texts of the parts, in the order of the pattern's `names`. */
  | { readonly kind: 'texts'; readonly texts: readonly string[] }
  | { readonly kind: 'none' }
  /** The path matches in several ways that give this part different texts. */
  | { readonly kind: 'unclear'; readonly part: string }

export interface PathPattern {
  readonly names: readonly string[]
  readonly match: (path: string) => PathMatch
}

/** Limits the time of matching. File names have at most 255 bytes, but an archive member may have a longer name. */
const longestName = 4096

/** @throws {UsageError} DDB_USAGE for an invalid pattern */
export function pathPattern(text: string): PathPattern {
  const segments = segmentsOf(text)
  const names = segments
    .flat()
    .flatMap(piece => (typeof piece === 'string' ? [] : (piece.name ?? [])))
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(text, `names two parts "${twice}": give each another name`)
  if (names.length === 0) {
    throw wrong(
      text,
      'names no part of a path: write {NAME} where it stands, such as {day}/{symbol}.csv',
    )
  }
  const matchers = segments.map(segmentMatcher)
  return {
    names,
    match(path) {
      const parts = pathNames(path)
      if (parts.length < matchers.length) return { kind: 'none' }
      const texts: string[] = []
      let unclear: string | undefined
      for (const [i, part] of parts.slice(-matchers.length).entries()) {
        const found = matchers[i]!(part)
        if (found.kind === 'none') return found
        if (found.kind === 'unclear') unclear ??= found.part
        else texts.push(...found.texts)
      }
      return unclear === undefined ? { kind: 'texts', texts } : { kind: 'unclear', part: unclear }
    },
  }
}

/** The folder names and the file name of a path; the first is empty for an absolute path. */
export function pathNames(path: string): string[] {
  return slashed(path).split('/')
}

/** The path with `/` between its names, on any system. */
export function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}

/** A piece of a pattern: literal text, or any text of at least `least` characters, which may have a name. */
type Piece = string | { readonly name: string | undefined; readonly least: 0 | 1 }

function segmentsOf(text: string): Piece[][] {
  const segments: Piece[][] = [[]]
  let literal = ''
  const endLiteral = (): void => {
    if (literal !== '') segments.at(-1)!.push(literal)
    literal = ''
  }
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!
    if (c === '/') {
      endLiteral()
      segments.push([])
    } else if (c === '*') {
      endLiteral()
      segments.at(-1)!.push({ name: undefined, least: 0 })
    } else if (c !== '{') literal += c
    else if (text[at + 1] === '{') {
      literal += c
      at++
    } else {
      endLiteral()
      const close = text.indexOf('}', at)
      if (close < 0) throw wrong(text, 'has a "{" without a "}": {{ stands for an opening brace')
      segments.at(-1)!.push({ name: nameIn(text, text.slice(at + 1, close)), least: 1 })
      at = close
    }
  }
  endLiteral()
  return segments
}

function nameIn(text: string, name: string): string {
  if (name === '')
    throw wrong(text, 'has a part without a name: write {NAME}, or * for a part that is not needed')
  if (name.includes(':')) {
    throw wrong(
      text,
      `has a pattern after {${name.slice(0, name.indexOf(':'))}: a part is any text, so write only its name`,
    )
  }
  if (name.includes('{')) throw wrong(text, `has a brace in the name "${name}"`)
  if (name.includes('/')) throw wrong(text, `has a "/" in {${name}}, and a part is within one name`)
  return name
}

function wrong(text: string, why: string): UsageError {
  return usageError(`${option('input.path')} "${text}" ${why}`)
}

type NameMatcher = (name: string) => PathMatch

/**
 * Finds where each piece of the pattern can begin in a name, by one forward and one backward search. A named piece is
 * unambiguous if both searches agree on exactly one beginning and exactly one end.
 */
function segmentMatcher(pieces: readonly Piece[]): NameMatcher {
  return name => {
    if (name.length > longestName) return { kind: 'none' }
    const characters = Array.from(name)
    const { length } = characters
    const fronts = [placeOf(0, length)]
    for (const [i, piece] of pieces.entries()) fronts.push(ends(piece, characters, fronts[i]!))
    if (fronts.at(-1)![length] !== 1) return { kind: 'none' }
    const backs = [placeOf(length, length)]
    for (const [i, piece] of [...pieces].reverse().entries()) {
      backs.push(begins(piece, characters, backs[i]!))
    }
    backs.reverse()
    const only = (piece: number): number => {
      const [front, back] = [fronts[piece]!, backs[piece]!]
      let place = -1
      for (let at = 0; at <= length; at++) {
        if (front[at] !== 1 || back[at] !== 1) continue
        if (place >= 0) return -1
        place = at
      }
      return place
    }
    const texts: string[] = []
    for (const [i, piece] of pieces.entries()) {
      if (typeof piece === 'string' || piece.name === undefined) continue
      const { name: part } = piece
      const [begin, end] = [only(i), only(i + 1)]
      if (begin < 0 || end < 0) return { kind: 'unclear', part }
      texts.push(characters.slice(begin, end).join(''))
    }
    return { kind: 'texts', texts }
  }
}

/** Marks all places where the piece can end if it begins at a marked place. */
function ends(piece: Piece, characters: readonly string[], from: Uint8Array): Uint8Array {
  const places = new Uint8Array(from.length)
  if (typeof piece !== 'string') {
    const first = from.indexOf(1)
    return first < 0 ? places : places.fill(1, first + piece.least)
  }
  const text = Array.from(piece)
  for (let at = 0; at + text.length < from.length; at++) {
    if (from[at] === 1 && text.every((c, i) => characters[at + i] === c))
      places[at + text.length] = 1
  }
  return places
}

/** Marks all places where the piece can begin if it ends at a marked place. */
function begins(piece: Piece, characters: readonly string[], to: Uint8Array): Uint8Array {
  const places = new Uint8Array(to.length)
  if (typeof piece !== 'string') {
    return places.fill(1, 0, Math.max(0, to.lastIndexOf(1) + 1 - piece.least))
  }
  const text = Array.from(piece)
  for (let at = 0; at + text.length < to.length; at++) {
    if (to[at + text.length] === 1 && text.every((c, i) => characters[at + i] === c)) places[at] = 1
  }
  return places
}

function placeOf(place: number, length: number): Uint8Array {
  const places = new Uint8Array(length + 1)
  places[place] = 1
  return places
}
