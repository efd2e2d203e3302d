/*
  Shell-like patterns for paths: `*` and `?` within one name, `[abc]`, `**` for any number of folders, and `{a,b}` for several
  names (docs/decisions/0044-file-patterns.md).
*/
import { join } from 'node:path'
import { usageError } from '../errors.js'
import type { Files, FolderEntry } from '../platform/platform.js'
import type { GrowingPathList } from './path-list.js'

/** True if the text contains characters of patterns. Names of existing files may contain them, too. */
export function hasGlob(text: string): boolean {
  return /[*?[]/.test(text)
}

/** Limits the names from lists in braces, because each list multiplies their number. */
const mostNames = 10_000

/**
 * `a.csv` and `b.csv` for `{a,b}.csv`. As in shells, braces are expanded before patterns; without a comma they are literal.
 * @throws {UsageError} DDB_USAGE for too many names
 */
export function expandBraces(text: string): string[] {
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{', open + 1)) {
    const [close, commas] = listAt(text, open)
    if (close === undefined || commas.length === 0) continue
    const ends = [...commas, close]
    const parts = ends.map((end, i) => text.slice((ends[i - 1] ?? open) + 1, end))
    const inner = parts.flatMap(expandBraces)
    const tails = expandBraces(text.slice(close + 1))
    if (inner.length * tails.length > mostNames) {
      throw usageError(`"${text}" names more than ${mostNames} files`)
    }
    const head = text.slice(0, open)
    return inner.flatMap(part => tails.map(tail => head + part + tail))
  }
  return [text]
}

/** Positions of the closing brace and the commas of the list that begins at `open`, without commas of inner lists. */
function listAt(text: string, open: number): [close: number | undefined, commas: number[]] {
  const commas: number[] = []
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === ',' && depth === 1) commas.push(at)
    else if (text[at] === '}') depth -= 1
    if (depth === 0) return [at, commas]
  }
  return [undefined, commas]
}

/**
 * Adds the matching files, sorted by path, each once. Only parts with a leading dot match names with a leading dot.
 * @param unread  called for an existing folder with unreadable names; if `unread` does not throw, the search continues
 */
export async function globFiles(
  pattern: string,
  files: Files,
  paths: GrowingPathList,
  unread: (folder: string, cause: unknown) => void,
): Promise<void> {
  const first = paths.length
  const parts = pattern.split('/')
  if (parts.at(-1) === '**') parts.push('*')
  const last = parts.length - 1
  const matchers = parts.map((part, at) =>
    part !== '**' && (hasGlob(part) || at === last) ? nameMatcher(part) : undefined,
  )
  const isAbsolute = parts[0] === ''
  try {
    await walk(isAbsolute ? '/' : '', [0], { parts, matchers, files, paths, unread })
  } finally {
    paths.sortFrom(first)
  }
}

interface Walk {
  readonly parts: readonly string[]
  /** For each part of the pattern, the expression that names must match; undefined for plain names and `**`. */
  readonly matchers: readonly (RegExp | undefined)[]
  readonly files: Files
  readonly paths: GrowingPathList
  readonly unread: (folder: string, cause: unknown) => void
}

/** @param places  indexes of the parts that may come next; one read of the folder serves all these parts */
async function walk(folder: string, places: readonly number[], way: Walk): Promise<void> {
  const { parts, matchers, files, paths } = way
  const last = parts.length - 1
  /** Subfolders, each with the indexes of the pattern's parts that may come next in it. */
  const below: { folder: string; places: number[] }[] = []
  const tried = new Set(places)
  /** Indexes of the parts that need the names in this folder. */
  const sought: number[] = []
  // The loop itself appends to `tried`.
  for (const at of tried) {
    const part = parts[at]
    if (part === '' || part === '.' || part === '**') tried.add(at + 1)
    if (part === '**' || matchers[at] !== undefined) sought.push(at)
    else if (part !== undefined && !tried.has(at + 1)) {
      below.push({ folder: join(folder, part), places: [at + 1] })
    }
  }
  const prefix = folderPrefix(folder)
  const look = ({ name, isFolder, isFile }: FolderEntry): void => {
    const next: number[] = []
    for (const at of sought) {
      const matcher = matchers[at]
      if (matcher === undefined) {
        if (isFolder && !name.startsWith('.')) next.push(at)
      } else if (matcher.test(name)) {
        if (at < last) next.push(at + 1)
        else if (isFile || !(isFolder || isLinkToFolder(prefix + name, files)))
          paths.add(prefix, name)
      }
    }
    if (next.length > 0 && !isFile) below.push({ folder: prefix + name, places: next })
  }
  if (sought.length > 0) await readFolder(folder === '' ? '.' : folder, way, look)
  for (const { folder, places } of below) await walk(folder, places, way)
}

/** The text to put before a name in this folder to make a path. */
export function folderPrefix(folder: string): string {
  return join(folder, 'x').slice(0, -1)
}

/** Ignores errors, because opening the path will report them. */
function isLinkToFolder(path: string, files: Files): boolean {
  try {
    return files.statusNow(path)?.isFolder === true
  } catch {
    return false
  }
}

/** Error codes for a path that is not a folder, including dangling and circular links. */
const noFolder: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/** Reads the names in a folder; returns none for a path that is not a folder. */
async function readFolder(
  folder: string,
  { files, unread }: Walk,
  look: (entry: FolderEntry) => void,
): Promise<void> {
  let hasBegun = false
  try {
    await files.readFolder(folder, false, entry => {
      hasBegun = true
      look(entry)
    })
  } catch (cause) {
    if (hasBegun || !noFolder.has((cause as NodeJS.ErrnoException).code)) unread(folder, cause)
  }
}

/** Matches a path part by part; `**` matches any number of folders. */
export function pathMatcher(pattern: string): RegExp {
  const parts = pattern.split('/')
  const last = parts.length - 1
  const sources = parts.map((part, at) => {
    if (part === '**') return at === last ? '(?:[^./][^/]*/)*[^./][^/]*' : '(?:[^./][^/]*/)*'
    return `${nameSource(part)}${at === last ? '' : '/'}`
  })
  return wholeMatcher(sources.join(''))
}

function nameMatcher(part: string): RegExp {
  return wholeMatcher(nameSource(part))
}

function wholeMatcher(source: string): RegExp {
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    // A reversed range (`[z-a]`) matches nothing.
    return /(?!)/
  }
}

function nameSource(part: string): string {
  let source = part.startsWith('.') ? '' : '(?!\\.)'
  for (let at = 0; at < part.length; at++) {
    const c = part[at]!
    const close = c === '[' ? part.indexOf(']', at + 2) : -1
    if (c === '*') source += '[^/]*'
    else if (c === '?') source += '[^/]'
    else if (close > 0) {
      const set = part.slice(at + 1, close).replace(/^!/, '^')
      source += `(?!/)[${set.replaceAll('\\', '\\\\')}]`
      at = close
    } else source += c.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  }
  return source
}
