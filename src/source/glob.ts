/*
  Shell-like patterns for paths: `*` and `?` within one name, `[abc]`, `**` for any number of folders, and `{a,b}` for several
  names (docs/decisions/0044-patterns-of-files.md).
*/
import { join } from 'node:path'
import { UsageError } from '../errors.js'
import type { Files, FolderEntry } from '../platform/platform.js'
import type { GrowingPathList } from './path-list.js'

/** True for text with a character that `globFiles` takes for a pattern; a file may have such a name all the same. */
export function hasGlob(text: string): boolean {
  return /[*?[]/.test(text)
}

/** Most names that lists in braces may make: each more doubles them. */
const mostNames = 10_000

/**
 * `a.csv`, `b.csv` of `{a,b}.csv`, as shells have it: in their order, before any pattern is looked for. Braces without a
 * comma are text.
 *
 * @throws {UsageError} DDB_USAGE for too many
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
      throw new UsageError('DDB_USAGE', `"${text}" names more than ${mostNames} files`)
    }
    const head = text.slice(0, open)
    return inner.flatMap(part => tails.map(tail => head + part + tail))
  }
  return [text]
}

/** Where the brace that stands at `open` is closed, and its own commas. */
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
 * Adds the files that match, in order of their paths, each once; a name that begins with a dot only where the pattern has the dot.
 */
export async function globFiles(
  pattern: string,
  files: Files,
  paths: GrowingPathList,
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
    await walk(isAbsolute ? '/' : '', [0], { parts, matchers, files, paths })
  } finally {
    paths.sortFrom(first)
  }
}

interface Walk {
  readonly parts: readonly string[]
  /** Of each part that names of a folder are held against. */
  readonly matchers: readonly (RegExp | undefined)[]
  readonly files: Files
  readonly paths: GrowingPathList
}

/** @param places  of the parts that may come next: a folder is read once, whatever is looked for in it */
async function walk(folder: string, places: readonly number[], way: Walk): Promise<void> {
  const { parts, matchers, files, paths } = way
  const last = parts.length - 1
  /** Folders below, with the places there. */
  const below: { folder: string; places: number[] }[] = []
  const tried = new Set(places)
  /** Places of names, and of `**`. */
  const sought: number[] = []
  // The set grows as it is gone through.
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
  if (sought.length > 0) await readFolder(folder, files, look)
  for (const { folder, places } of below) await walk(folder, places, way)
}

/** All that stands before a name of this folder in its path. */
export function folderPrefix(folder: string): string {
  return join(folder, 'x').slice(0, -1)
}

/** What cannot be looked at is left to whoever opens it. */
function isLinkToFolder(path: string, files: Files): boolean {
  try {
    return files.statusNow(path)?.isFolder === true
  } catch {
    return false
  }
}

/** What is not a folder or may not be read matches nothing. @throws what ends the list of its names halfway */
async function readFolder(
  folder: string,
  files: Files,
  look: (entry: FolderEntry) => void,
): Promise<void> {
  let hasBegun = false
  try {
    await files.readFolder(folder === '' ? '.' : folder, false, entry => {
      hasBegun = true
      look(entry)
    })
  } catch (cause) {
    if (hasBegun) throw cause
  }
}

/** A path of which every part matches: `**` stands for any number of folders. */
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
    // A set that runs backwards (`[z-a]`) holds nothing.
    return /(?!)/
  }
}

/** Of one part of a path. */
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
