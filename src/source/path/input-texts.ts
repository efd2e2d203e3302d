/*
  Takes texts for all rows of an input from the input's path (`input.path`): parts that a pattern names, or Hive
  folders like `day=2024-01-02`. Also provides the file's name, its folder and the path itself.
*/
import { sep } from 'node:path'
import { InputError, option, usageError, type UsageError } from '../../errors.js'

/** Texts from the path of one input, by part name; undefined means null. */
export type InputTexts = Readonly<Record<string, string | undefined>>

export interface NamedTexts {
  readonly parts: readonly string[]
  /** Texts of the parts, and of `filename`, `dirname` and `path`. */
  readonly texts: InputTexts
}

export interface PathReader {
  /** @throws {InputError} DDB_INPUT_COLUMN for a path that does not match, or matches ambiguously */
  readonly read: (path: string) => NamedTexts
}

const hive = 'hive'

/** @throws {UsageError} DDB_USAGE for an invalid pattern */
export function newPathReader({ path: given }: { readonly path?: string } = {}): PathReader {
  if (given === undefined) return { read: path => named(path, {}) }
  const partsOf = given === hive ? hivePattern : patternOf(given)
  return {
    read(path) {
      const found = partsOf(path)
      if (found !== undefined) return named(path, found)
      throw pathError(
        path,
        `does not match ${option('input.path')} "${given}": name only files that match, or choose them with ${option('input.include')}`,
      )
    },
  }
}

function named(path: string, parts: InputTexts): NamedTexts {
  const names = slashed(path)
  const end = names.lastIndexOf('/')
  const words = { filename: names.slice(end + 1), dirname: names.slice(0, Math.max(0, end)), path }
  return { parts: Object.keys(parts), texts: { ...words, ...parts } }
}

/** The folder names and the file name of a path; the first is empty for an absolute path. */
export function pathNames(path: string): string[] {
  return slashed(path).split('/')
}

/** The path with `/` between its names, on any system. */
function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}

/** Returns undefined for a path that does not match. */
type PartsOf = (path: string) => InputTexts | undefined

/**
 * Any text of at least `least` characters, between two literal texts of a pattern. It may have a name; nothing is taken
 * from a text without one.
 */
interface Part {
  readonly name: string | undefined
  readonly least: 0 | 1
}

/** The pattern of one name in a path. There is a literal before and after each part, perhaps an empty one. */
interface NamePattern {
  /** The first begins with a slash and the last ends with one, so that they match only at the ends of `/name/`. */
  readonly literals: string[]
  readonly parts: Part[]
}

/**
 * In `level2/{day}/{symbol}.csv`, a name in braces matches any text and captures it, and `*` skips any text. A pattern
 * of three names is matched against the last three names of a path.
 * @throws {UsageError} DDB_USAGE for an invalid pattern
 */
function patternOf(text: string): PartsOf {
  const patterns = namePatterns(text)
  const names = patterns.flatMap(({ parts }) => parts.flatMap(({ name }) => name ?? []))
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(text, `names two parts "${twice}": give each another name`)
  if (names.length === 0) {
    throw wrong(
      text,
      'names no part of a path: write {NAME} where it stands, such as {day}/{symbol}.csv',
    )
  }
  return path => {
    const found = pathNames(path).slice(-patterns.length)
    if (found.length < patterns.length) return undefined
    const texts: Record<string, string> = {}
    let unclear: string | undefined
    for (const [i, pattern] of patterns.entries()) {
      const places = placesIn(`/${found[i]!}/`, pattern)
      if (places === undefined) return undefined
      for (const [at, { name }] of pattern.parts.entries()) {
        if (name === undefined) continue
        const [before, after] = [places[at]!, places[at + 1]!]
        const isClear = before.earliest === before.latest && after.earliest === after.latest
        if (!isClear) unclear ??= name
        const begin = before.earliest + pattern.literals[at]!.length
        texts[name] = `/${found[i]!}/`.slice(begin, after.earliest)
      }
    }
    if (unclear === undefined) return texts
    throw pathError(
      path,
      `matches ${option('input.path')} in more than one way, as {${unclear}} may be several texts: put fewer parts in one name`,
    )
  }
}

function namePatterns(text: string): NamePattern[] {
  const patterns: NamePattern[] = [{ literals: ['/'], parts: [] }]
  const add = (literal: string): void => {
    const { literals } = patterns.at(-1)!
    literals.push(literals.pop()! + literal)
  }
  const addPart = (part: Part): void => {
    const { literals, parts } = patterns.at(-1)!
    parts.push(part)
    literals.push('')
  }
  for (const [token, name, close] of text.matchAll(/\{\{|\{([^}]*)(\}?)|[*/]|[^{*/]+/g)) {
    if (token === '*') addPart({ name: undefined, least: 0 })
    else if (token === '/') {
      add('/')
      patterns.push({ literals: ['/'], parts: [] })
    } else if (name === undefined) add(token === '{{' ? '{' : token)
    else if (close === '')
      throw wrong(text, 'has a "{" without a "}": {{ stands for an opening brace')
    else addPart({ name: checkedName(text, name), least: 1 })
  }
  add('/')
  return patterns
}

function checkedName(text: string, name: string): string {
  if (name !== '' && !/[:{/]/.test(name)) return name
  throw wrong(
    text,
    `has the part {${name}}: a part is any text within one name, so write only its own name, such as {day}, or * for a part that is not needed`,
  )
}

function wrong(text: string, why: string): UsageError {
  return usageError(`${option('input.path')} "${text}" ${why}`)
}

/**
 * Finds the first and the last place where each literal can stand, by one search from the left and one from the right.
 * A name matches in one way only if these places are the same.
 * @returns undefined if the name does not match
 */
function placesIn(
  name: string,
  { literals, parts }: NamePattern,
): { earliest: number; latest: number }[] | undefined {
  const earliest: number[] = []
  let end = 0
  for (const [i, literal] of literals.entries()) {
    const place = name.indexOf(literal, end + (parts[i - 1]?.least ?? 0))
    if (place < 0) return undefined
    earliest.push(place)
    end = place + literal.length
  }
  let begin = name.length
  const latest = literals.map(() => 0)
  for (let i = literals.length - 1; i >= 0; i--) {
    latest[i] = name.lastIndexOf(literals[i]!, begin - literals[i]!.length)
    begin = latest[i]! - (parts[i - 1]?.least ?? 0)
  }
  return earliest.map((place, i) => ({ earliest: place, latest: latest[i]! }))
}

/** The folder value that Hive writes for null. */
const hiveNull = '__HIVE_DEFAULT_PARTITION__'

/** Reads folders `NAME=VALUE` anywhere in the path. Hive percent-encodes characters that folder names cannot have. */
const hivePattern: PartsOf = path => {
  const parts: Record<string, string | undefined> = {}
  for (const folder of pathNames(path).slice(0, -1)) {
    const equals = folder.indexOf('=')
    if (equals < 1) continue
    const name = decoded(folder.slice(0, equals))
    if (Object.hasOwn(parts, name)) {
      throw pathError(path, `has two folders "${name}=…", so it is unclear which of them is meant`)
    }
    if (/[{}]/.test(name))
      throw pathError(path, `has a brace in the name of the folder "${folder}"`)
    const text = decoded(folder.slice(equals + 1))
    parts[name] = text === hiveNull || text === '' ? undefined : text
  }
  return Object.keys(parts).length === 0 ? undefined : parts
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function pathError(path: string, what: string): InputError {
  return new InputError('DDB_INPUT_COLUMN', `the path "${path}" ${what}`, { file: path })
}

/** Refuses a file with two names that would give its rows different values. @throws {InputError} DDB_INPUT_COLUMN */
export function refuseOtherTexts(reader: PathReader, path: string, input: string): void {
  const texts = [path, input].map(one => {
    const { parts, texts: all } = reader.read(one)
    return JSON.stringify(parts.map(name => all[name] ?? null))
  })
  if (texts[0] === texts[1]) return
  throw pathError(
    path,
    `is a file that is an input as "${input}", too, and the two names give its rows different values: name only one of them`,
  )
}
