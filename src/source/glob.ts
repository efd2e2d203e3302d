/*
  Shell-like patterns for paths: `*` and `?` within one name, `[abc]`, `**` for any number of folders, and `{a,b}` for several
  names (docs/decisions/0044-patterns-of-files.md).
*/
import { join } from 'node:path'
import { UsageError } from '../errors.js'
import type { Files, FolderEntry } from '../platform/platform.js'

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

/** Files that match, in order of their paths; a name that begins with a dot only where the pattern has the dot. */
export async function globFiles(pattern: string, files: Files): Promise<string[]> {
  const parts = pattern.split('/')
  const absolute = parts[0] === ''
  const found = await matches(absolute ? '/' : '', absolute ? parts.slice(1) : parts, files)
  return [...new Set(found)].sort()
}

async function matches(folder: string, parts: readonly string[], files: Files): Promise<string[]> {
  const [part, ...rest] = parts
  if (part === undefined) return []
  if (part === '' || part === '.') return matches(folder, rest, files)
  if (!hasGlob(part) && rest.length > 0) return matches(join(folder, part), rest, files)
  if (part === '**') {
    const found = await matches(folder, rest.length === 0 ? ['*'] : rest, files)
    const isBelow = ({ name, isFolder }: FolderEntry): boolean => isFolder && !name.startsWith('.')
    for (const { name } of await entriesOf(folder, files, isBelow)) {
      for (const path of await matches(join(folder, name), parts, files)) found.push(path)
    }
    return found
  }
  const found: string[] = []
  const matcher = nameMatcher(part)
  const isLast = rest.length === 0
  const isMatch = ({ name, isFolder }: FolderEntry): boolean =>
    matcher.test(name) && !(isLast && isFolder)
  for (const { name } of await entriesOf(folder, files, isMatch)) {
    const path = join(folder, name)
    if (isLast) {
      if (!isLinkToFolder(path, files)) found.push(path)
    } else for (const inner of await matches(path, rest, files)) found.push(inner)
  }
  return found
}

/** What cannot be looked at is left to whoever opens it. */
function isLinkToFolder(path: string, files: Files): boolean {
  try {
    return files.statusNow(path)?.isFolder === true
  } catch {
    return false
  }
}

/** Nothing for what is not a folder or may not be read: it matches nothing. */
async function entriesOf(
  folder: string,
  files: Files,
  isMatch: (entry: FolderEntry) => boolean,
): Promise<readonly FolderEntry[]> {
  try {
    const entries: FolderEntry[] = []
    await files.readFolder(folder === '' ? '.' : folder, false, entry => {
      if (isMatch(entry)) entries.push(entry)
    })
    return entries
  } catch {
    return []
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
