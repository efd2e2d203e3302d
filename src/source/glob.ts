/* Patterns for paths: `*`, `?`, `[abc]`, `**` for any folders, `{a,b}` (docs/decisions/0034-file-identity-and-names.md). */
import { join } from 'node:path'
import { attempt, usageError } from '../errors.js'
import type { Files, FolderEntry } from '../platform/platform.js'

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
  const done = new Set<string>()
  const open = [text]
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    // Lists without lists inside come first.
    const list = /\{([^{}]*,[^{}]*)\}/.exec(name)
    if (list === null) done.add(name)
    else {
      const head = name.slice(0, list.index)
      const tail = name.slice(list.index + list[0].length)
      open.unshift(...list[1]!.split(',').map(part => head + part + tail))
    }
    if (done.size + open.length > mostNames) {
      throw usageError(`"${text}" names more than ${mostNames} files`)
    }
  }
  return [...done]
}

/**
 * Finds the matching files, sorted by path, each once. Only parts with a leading dot match names with a leading dot.
 * @param unread  called for an existing folder with unreadable names; if `unread` does not throw, the search continues
 */
export async function globFiles(
  pattern: string,
  files: Files,
  unread: (folder: string, cause: unknown) => void,
): Promise<string[]> {
  const given = pattern.split('/')
  if (given.at(-1) === '' || given.at(-1) === '.') return []
  const parts = given.filter(
    (part, i) => !(['', '.'].includes(part) || (part === '**' && given[i - 1] === part)),
  )
  if (parts.at(-1) === '**') parts.push('*')
  const last = parts.length - 1
  const begin = parts.findIndex((part, i) => hasGlob(part) || i === last)
  const base = join(given[0] === '' ? '/' : '', ...parts.slice(0, begin))
  const sought = pathMatcher(parts.slice(begin).join('/'))
  /** For each part but the last: matches the folders, below the base, in which the search continues with the next part. */
  const ways = parts.slice(begin, last).map((part, i) => ({
    takesLinks: part !== '**',
    matcher: pathMatcher(parts.slice(begin, begin + i + 1).join('/')),
  }))
  /** Ignores errors, because opening the path will report them. */
  const isFolderAt = (path: string): boolean =>
    attempt(() => files.statusNow(path))?.isFolder === true
  const found = new Set<string>()
  const open = new Set([''])
  // The loop itself appends to `open`.
  for (const below of open) {
    const folder = join(base, below)
    const prefix = folderPrefix(folder)
    let hasBegun = false
    const look = ({ name, isFolder, isFile }: FolderEntry): void => {
      hasBegun = true
      const path = below === '' ? name : `${below}/${name}`
      if (sought.test(path) && (isFile || !(isFolder || isFolderAt(prefix + name))))
        found.add(prefix + name)
      if (isFile) return
      for (const [i, { takesLinks, matcher }] of ways.entries()) {
        if (!(isFolder || takesLinks) || !matcher.test(path)) continue
        // Plain names need no look at the folder, which may be unreadable.
        const plain = takesLinks ? parts.slice(begin + i + 1, last) : []
        const end = plain.findIndex(hasGlob)
        open.add([path, ...(end < 0 ? plain : plain.slice(0, end))].join('/'))
      }
    }
    await files.readFolder(folder, look).catch((cause: NodeJS.ErrnoException) => {
      if (hasBegun || !noFolder.has(cause.code)) unread(folder, cause)
    })
  }
  return [...found].sort()
}

/** The text to put before a name in this folder to make a path. */
export function folderPrefix(folder: string): string {
  return join(folder, 'x').slice(0, -1)
}

/** Error codes for a path that is not a folder, including dangling and circular links. */
const noFolder: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/** Matches a path part by part; `**` matches any number of folders. */
export function pathMatcher(pattern: string): RegExp {
  const parts = pattern.split('/')
  const last = parts.length - 1
  const sources = parts.map((part, at) => {
    if (part === '**') return at === last ? '(?:[^./][^/]*/)*[^./][^/]*' : '(?:[^./][^/]*/)*'
    const shown = part.startsWith('.') ? '' : '(?!\\.)'
    return `${shown}${patternSource(part)}${at === last ? '' : '/'}`
  })
  return wholeText(sources.join(''))
}

/** @param source  of `patternSource` @param flags  `d` also finds the places of groups */
export function wholeText(source: string, flags: '' | 'd' = ''): RegExp {
  try {
    return new RegExp(`^${source}$`, `s${flags}`)
  } catch {
    // A reversed range (`[z-a]`) matches nothing.
    return /(?!)/
  }
}

const tokens = /\{\{|\{([^{}*?[]+)\}|\[(.[^\]]*)\]|\*+|[?\\^$.|+()[\]{}]/gs

/**
 * The regular expression of a pattern without `**`.
 * @param fill  makes each `{name}` a group, and all wildcards take as little or as much text as possible; by default, braces are literal
 */
export function patternSource(text: string, fill?: 'little' | 'much'): string {
  const lazy = fill === 'little' ? '?' : ''
  return text.replace(tokens, (token: string, name?: string, set?: string) => {
    if (token.startsWith('*')) return `[^/]*${lazy}`
    if (token === '?') return '[^/]'
    if (set !== undefined) return `(?!/)[${set.replace(/^!/, '^').replaceAll('\\', '\\\\')}]`
    if (fill !== undefined && name !== undefined) return `([^/]+${lazy})`
    const plain = fill !== undefined && token === '{{' ? '{' : token
    return plain.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  })
}
