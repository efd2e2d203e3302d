/*
  Takes texts for all rows of an input from the input's path (`input.path`): parts that a pattern names, or Hive
  folders like `day=2024-01-02`. Also provides the file's name, its folder and the path itself.
*/
import { InputError, option } from '../../errors.js'
import { pathNames, pathPattern, slashed, type PathPattern } from './path-pattern.js'

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
  const partsOf = given === hive ? hivePattern : matchedBy(pathPattern(given))
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

type Parts = Readonly<Record<string, string | undefined>>

function named(path: string, parts: Parts): NamedTexts {
  const names = slashed(path)
  const end = names.lastIndexOf('/')
  const words = { filename: names.slice(end + 1), dirname: names.slice(0, Math.max(0, end)), path }
  return { parts: Object.keys(parts), texts: { ...words, ...parts } }
}

/** Returns undefined for a path that does not match. */
type PartsOf = (path: string) => Parts | undefined

function matchedBy({ names, match }: PathPattern): PartsOf {
  return path => {
    const found = match(path)
    if (found.kind === 'none') return undefined
    if (found.kind === 'unclear') {
      throw pathError(
        path,
        `matches ${option('input.path')} in more than one way, as {${found.part}} may be several texts: put fewer parts in one name`,
      )
    }
    return Object.fromEntries(names.map((name, i) => [name, found.texts[i]! || undefined]))
  }
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
