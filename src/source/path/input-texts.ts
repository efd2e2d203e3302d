/* Takes texts for all rows of an input from the input's path (`input.path`): parts that a pattern names, or Hive folders like
   `day=2024-01-02`. Also provides the file's name, its folder and the path itself. */
import { sep } from 'node:path'
import { attempt, InputError, option, usageError, type UsageError } from '../../errors.js'
import { patternSource, wholeText } from '../glob.js'

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
 * In `level2/{day}/{symbol}.csv`, a name in braces matches any text and captures it. A pattern of three names is matched against the last
 * three names of a path. @throws {UsageError} DDB_USAGE for an invalid pattern
 */
function patternOf(text: string): PartsOf {
  const names = partNames(text)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(text, `names two parts "${twice}": give each another name`)
  if (names.length === 0) {
    throw wrong(
      text,
      'names no part of a path: write {NAME} where it stands, such as {day}/{symbol}.csv',
    )
  }
  const nameCount = text.split('/').length
  const [least, most] = (['little', 'much'] as const).map(fill =>
    wholeText(patternSource(text, fill), 'd'),
  )
  return path => {
    const end = pathNames(path).slice(-nameCount).join('/')
    const found = least!.exec(end)
    const other = most!.exec(end)
    if (found === null || other === null) return undefined
    const unclear = names.find(
      (_, i) => String(found.indices![i + 1]) !== String(other.indices![i + 1]),
    )
    if (unclear === undefined) {
      return Object.fromEntries(names.map((name, i) => [name, found[i + 1]]))
    }
    throw pathError(
      path,
      `matches ${option('input.path')} in more than one way, as {${unclear}} may be several texts: put fewer parts in one name`,
    )
  }
}

function partNames(text: string): string[] {
  return [...text.matchAll(/\{\{|\{([^}]*)(\}?)/g)].flatMap(([, name, close]) => {
    if (name === undefined) return []
    if (close === '') throw wrong(text, 'has a "{" without a "}": {{ stands for an opening brace')
    if (name !== '' && !/[:{/*?[]/.test(name)) return name
    throw wrong(
      text,
      `has the part {${name}}: a part is any text within one name, so write only its own name, such as {day}, or * for a part that is not needed`,
    )
  })
}

function wrong(text: string, why: string): UsageError {
  return usageError(`${option('input.path')} "${text}" ${why}`)
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

const decoded = (text: string): string => attempt(() => decodeURIComponent(text)) ?? text

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
