/*
  Splits the end of a path into parts (`input.path`). In `level2/{day}/{symbol}.csv`, a name in braces matches any text and
  captures it, and `*` skips any text. A pattern of three names is matched against the last three names of a path.
*/
import { sep } from 'node:path'
import { UsageError } from '../../errors.js'
import { PatternFault, readPattern } from './read-pattern.js'
import {
  anyCharacter,
  matcherOf,
  textPattern,
  type Characters,
  type Matcher,
  type Pattern,
} from './text-pattern.js'

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
  const names = segments.flatMap(segment => segment.flatMap(({ name }) => name ?? []))
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(text, `names two parts "${twice}": give each another name`)
  if (names.length === 0) {
    throw wrong(
      text,
      'names no part of a path: write {NAME} where it stands, such as {day}/{symbol}.csv',
    )
  }
  const matchers = segments.map(segment => segmentMatcher(segment, text))
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

/** A piece of a pattern: literal text, `*`, or a named part. */
interface Piece {
  readonly name: string | undefined
  readonly pattern: Pattern
}

const anyText: Pattern = { kind: 'repeat', part: anyCharacter, least: 0, most: Infinity }
const someText: Pattern = { kind: 'repeat', part: anyCharacter, least: 1, most: Infinity }

function segmentsOf(text: string): Piece[][] {
  const segments: Piece[][] = [[]]
  let literal = ''
  const endLiteral = (): void => {
    if (literal !== '') segments.at(-1)!.push({ name: undefined, pattern: textPattern(literal) })
    literal = ''
  }
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!
    if (c === '/') {
      endLiteral()
      segments.push([])
    } else if (c === '*') {
      endLiteral()
      segments.at(-1)!.push({ name: undefined, pattern: anyText })
    } else if (c !== '{') literal += c
    else if (text[at + 1] === '{') {
      literal += c
      at++
    } else {
      endLiteral()
      const close = closingBrace(text, at)
      segments.at(-1)!.push(namedPiece(text, text.slice(at + 1, close)))
      at = close
    }
  }
  endLiteral()
  return segments
}

/** The position of the brace that closes the part at `open`. The part's own pattern may contain braces. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  let inSet = false
  for (let at = open; at < text.length; at++) {
    const c = text[at]
    if (c === '\\') at++
    else if (inSet) inSet = c !== ']'
    else if (c === '[' && at > text.indexOf(':', open) && text.indexOf(':', open) > 0) inSet = true
    else if (c === '{') depth++
    else if (c === '}') {
      depth -= 1
      if (depth === 0) return at
    }
  }
  throw wrong(text, 'has a "{" without a "}": {{ stands for an opening brace')
}

function namedPiece(text: string, inner: string): Piece {
  const colon = inner.indexOf(':')
  const name = colon < 0 ? inner : inner.slice(0, colon)
  if (name === '')
    throw wrong(text, 'has a part without a name: write {NAME}, or * for a part that is not needed')
  if (name.includes('{')) throw wrong(text, `has a brace in the name "${name}"`)
  if (colon < 0) return { name, pattern: someText }
  const own = inner.slice(colon + 1)
  if (own === '') throw wrong(text, `has no pattern after "${name}:"`)
  if (own.includes('/'))
    throw wrong(text, `has a "/" between braces: {${inner}}, and a part is within one name`)
  try {
    return { name, pattern: readPattern(own) }
  } catch (error) {
    if (error instanceof PatternFault)
      throw wrong(text, `cannot be read: {${inner}} ${error.message}`)
    throw error
  }
}

function wrong(text: string, why: string): UsageError {
  return new UsageError('DDB_USAGE', `\`input.path\` "${text}" ${why}`)
}

type NameMatcher = (name: string) => PathMatch

/**
 * Finds where each piece of the pattern can begin in a name, by one forward and one backward search. A named piece is
 * unambiguous if both searches agree on exactly one beginning and exactly one end.
 */
function segmentMatcher(pieces: readonly Piece[], text: string): NameMatcher {
  const matchers: Matcher[] = pieces.map(({ pattern }) => {
    const matcher = matcherOf(pattern)
    if (matcher === undefined) throw wrong(text, 'is too large: repeat less in it')
    return matcher
  })
  return name => {
    if (name.length > longestName) return { kind: 'none' }
    const characters: Characters = Array.from(name)
    const { length } = characters
    const fronts = [placeOf(0, length)]
    for (const [i, matcher] of matchers.entries()) {
      fronts.push(matcher.ends(characters, fronts[i]!))
    }
    if (fronts.at(-1)![length] !== 1) return { kind: 'none' }
    const backs = [placeOf(length, length)]
    for (const [i, matcher] of [...matchers].reverse().entries()) {
      backs.push(matcher.begins(characters, backs[i]!))
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
    for (const [i, { name: part }] of pieces.entries()) {
      if (part === undefined) continue
      const [begin, end] = [only(i), only(i + 1)]
      if (begin < 0 || end < 0) return { kind: 'unclear', part }
      texts.push(characters.slice(begin, end).join(''))
    }
    return { kind: 'texts', texts }
  }
}

function placeOf(place: number, length: number): Uint8Array {
  const places = new Uint8Array(length + 1)
  places[place] = 1
  return places
}
