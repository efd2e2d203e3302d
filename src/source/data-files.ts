/* Which of the files that were found become inputs: the data files of a folder by name, without rejects of earlier loads, and each file
   once if several names lead to it. Counts and reports the others, so that nobody believes they were loaded. Takes texts for all rows of
   an input from its path (`input.path`): parts that a pattern names, or Hive folders like `day=2024-01-02`. */
import { extname, sep } from 'node:path'
import { attempt, InputError, option, usageError, type UsageError } from '../errors.js'
import { fileKey } from '../platform/file-name.js'
import type { Files, FileStatus } from '../platform/platform.js'
import { expandBraces, pathMatcher, patternSource, wholeText } from './glob.js'

/** Files found in folders or archives, but not selected. */
export interface PassedOver {
  files: number
  /** Counts by kind: an extension such as `.txt`, `hidden`, `no extension`, `special` (pipe), `rejects`, `state`, `compressed` (not followed), `others`. */
  byKind: Record<string, number>
  first: string[]
}

const maxKinds = 20
const maxFirst = 20

export const newPassedOver = (): PassedOver => ({ files: 0, byKind: {}, first: [] })

/** @param own  the kind, if the name does not show it: `special` for a pipe, a device or a link whose name is that of a data file */
export function passOver(passed: PassedOver, path: string, name: string, own = kindOf(name)): void {
  const { byKind, first } = passed
  passed.files++
  if (first.length < maxFirst) first.push(path)
  const isKept = Object.hasOwn(byKind, own) || Object.keys(byKind).length < maxKinds
  const kind = isKept ? own : 'others'
  byKind[kind] = (byKind[kind] ?? 0) + 1
}

function kindOf(name: string): string {
  if (name.startsWith('.')) return 'hidden'
  const extension = extname(name).toLowerCase()
  return extension.length > 1 ? extension : 'no extension'
}

/** Example: `passed over 3 files (.txt 2, hidden 1), such as d/a.txt: …`. Undefined if every file was selected. */
export function passedOverNotice({ files, byKind, first }: PassedOver): string | undefined {
  if (files === 0) return undefined
  const kinds = Object.entries(byKind)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`)
  const what = files === 1 ? 'a file' : `${files} files`
  const included = `${option('input.include')} says which files of a folder or an archive are data`
  const advice = [
    ...(byKind['compressed'] === files ? [] : [included]),
    ...('rejects' in byKind ? ['name rejects themselves to load them'] : []),
    ...('compressed' in byKind ? [notFollowed] : []),
  ]
  return `passed over ${what} (${kinds.join(', ')}), such as "${first[0]}": ${advice.join('; ')}`
}

/** A rotated file was read before, unless it was rotated and compressed while no run read it. */
const notFollowed =
  'compressed files are not followed: load those whose rows are not in the table yet by name, in a run of their own'

/** The file that gives reasons for the records of a rejects file. */
export function reasonsPath(path: string): string {
  return `${path}.reasons.ndjson`
}

/** Whether a file of reasons begins so; as far as it goes, because a killed load may leave it cut or empty. @throws the system's error */
export function beginsWith(reasons: string, start: string, files: Files): boolean {
  const buffer = Buffer.alloc(Buffer.byteLength(start))
  return start.startsWith(buffer.toString('utf8', 0, files.readNow(reasons, buffer)))
}

/** Whether a load has written this file of rejects or reasons: its rows are rows of other inputs. */
function isRejects(path: string, files: Files): boolean {
  const reasons = path.endsWith(reasonsPath('')) ? path : reasonsPath(path)
  // The name may leave no room for the ending. Reasons that cannot be read belong to rejects that cannot be read, and that is an error.
  const isFound = (): boolean | undefined =>
    files.statusNow(reasons)?.isFile && beginsWith(reasons, '{"runId":"', files)
  return attempt(isFound) === true
}

/** Files of this program's state, such as `ddb-ingest/logins/HOST_8848.json`: XDG_STATE_HOME may be in the folder that is loaded. */
const ownState =
  /(?:^|\/)(?:ddb-ingest\/(?:logins\/[^/]+_\d+|told\/[a-z]+-[0-9a-f]{16})\.json|runs\/[^/]+\.journal(?:\.lock)?)$/

/** The files of a folder or a pattern without the rejects and the state of loads, which it counts. */
export function withoutRejects(
  paths: readonly string[],
  files: Files,
  passed: PassedOver,
): string[] {
  return paths.filter(path => {
    const own = ownState.test(path) ? 'state' : isRejects(path, files) && 'rejects'
    if (own) passOver(passed, path, path, own)
    return !own
  })
}

/** Example: `.csv or .json file`. */
export function dataFileText(extensions: readonly string[]): string {
  const dotted = extensions.map(extension => `.${extension}`)
  return `${dotted.slice(0, -1).join(', ')} or ${dotted.at(-1)} file`
}

/** Decides whether a file is data, by its name and its path in the folder. */
export type IsData = (name: string, path: () => string) => boolean

/** Whether a folder is passed over: its name begins with a dot, and no pattern of `include` names it. */
export const isHiddenFolder = (name: string, include: DataNames['include'] = []): boolean =>
  name.startsWith('.') &&
  !include
    .flatMap(pattern => expandBraces(pattern).flatMap(one => one.split('/').slice(0, -1)))
    .some(part => pathMatcher(part).test(name))

export interface DataNames {
  /** Extensions of data files, in lower case; `a.csv.gz` counts as `.csv`. */
  readonly extensions: readonly string[]
  /** If set, these patterns select files, whatever their extensions. Those with a `/` match paths in the folder, others match names. */
  readonly include?: readonly string[] | undefined
}

/** @throws {UsageError} DDB_USAGE for a pattern that nothing can match */
export function dataFiles({ extensions, include }: DataNames): IsData {
  if (include === undefined || include.length === 0) {
    const dataFile = new RegExp(`^[^.].*\\.(?:${extensions.join('|')})(?:\\.(?:gz|zst|br))?$`, 'is')
    return name => dataFile.test(name)
  }
  const matchers = include.flatMap(expandBraces).map(pattern => {
    const path = pattern.replace(/^(?:\.?\/)+/, '')
    if (path === '' || path.endsWith('/')) {
      throw usageError(`${option('input.include')} "${pattern}" is not a pattern of files`)
    }
    return { matcher: pathMatcher(path), isPath: path.includes('/') }
  })
  return (name, path) =>
    matchers.some(({ matcher, isPath }) => matcher.test(isPath ? path() : name))
}

/** Names that were left out because their files were already inputs under different names. */
export interface SameFiles {
  count: number
  /** The first few of these names (`path`), each with the name under which the file is read (`input`). */
  first: { path: string; input: string }[]
}

/** @param onSame  called for every later name of a file, with the file's first name */
export function newSameFiles(onSame: (path: string, input: string) => void = () => undefined) {
  const known = new Map<string | number, string>()
  const found: SameFiles = { count: 0, first: [] }
  let device: bigint | undefined
  /** The inode is enough for files of the first disk. A number takes less memory than a text. */
  const keyOf = (path: string, status: FileStatus | undefined): string | number => {
    if (status === undefined) return path
    const { inode } = status
    device ??= status.device
    const isShort = status.device === device && inode > 0n && inode <= largestNumber
    return isShort ? Number(inode) : fileKey(path, status)
  }
  return {
    found,
    /** @param status  undefined for standard input */
    isFirst(path: string, status: FileStatus | undefined): boolean {
      // Each opening of a pipe may deliver different content, so a pipe always counts as a new input.
      if (status?.isFile === false) return true
      const key = keyOf(path, status)
      const input = known.get(key)
      if (input === undefined) {
        known.set(key, path)
        return true
      }
      onSame(path, input)
      found.count++
      if (found.first.length < maxFirst) found.first.push({ path, input })
      return false
    },
  }
}

const largestNumber = BigInt(Number.MAX_SAFE_INTEGER)

/** Example: `"d/a.csv" is "a.csv" by another name: …`. Undefined if every name led to a different file. */
export function sameFilesNotice({ count, first }: SameFiles): string | undefined {
  const [one] = first
  if (one === undefined) return undefined
  const { path, input } = one
  const what =
    path === input ? `"${path}" is named twice` : `"${path}" is "${input}" by another name`
  const others = count === 1 ? '' : ` (and ${count - 1} more are named twice)`
  return `${what}${others}: each file is loaded once`
}

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
  const dirname = end < 0 ? '.' : names.slice(0, end) || '/'
  const words = { filename: names.slice(end + 1), dirname, path }
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
