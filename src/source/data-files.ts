/*
  Selects the data files of a folder by name; the others are counted and reported, so that nobody believes they were loaded.
*/
import { extname } from 'node:path'
import { UsageError } from '../errors.js'
import { expandBraces, pathMatcher } from './glob.js'

/** Files of folders that were not selected. */
export interface PassedOver {
  readonly files: number
  /** By extension in lower case, such as `.txt`; `hidden`, `no extension`, `special` for pipes and the like, `others`. */
  readonly byKind: Readonly<Record<string, number>>
  readonly first: readonly string[]
}

export interface PassedOverCount extends PassedOver {
  /** @param isSpecial  it is not a file, although its name is that of a data file */
  add(path: string, name: string, isSpecial?: boolean): void
}

const maxKinds = 20
const maxFirst = 20

export function newPassedOver(): PassedOverCount {
  const byKind: Record<string, number> = {}
  const first: string[] = []
  let files = 0
  return {
    get files() {
      return files
    },
    byKind,
    first,
    add(path, name, isSpecial = false) {
      files++
      if (first.length < maxFirst) first.push(path)
      const own = isSpecial ? 'special' : kindOf(name)
      const isKept = Object.hasOwn(byKind, own) || Object.keys(byKind).length < maxKinds
      const kind = isKept ? own : 'others'
      byKind[kind] = (byKind[kind] ?? 0) + 1
    },
  }
}

function kindOf(name: string): string {
  if (name.startsWith('.')) return 'hidden'
  const extension = extname(name).toLowerCase()
  return extension.length > 1 ? extension : 'no extension'
}

/** Where files are selected by name, and the option that selects them. */
const places = {
  folders: ['which files of a folder are data', 'input.include'],
  archives: ['which members of an archive are data', 'input.members'],
} as const

/** `passed over 3 files in folders (.txt 2, hidden 1), such as d/a.txt: …`; undefined if there are none. */
export function passedOverNotice(
  { files, byKind, first }: PassedOver,
  where: keyof typeof places = 'folders',
): string | undefined {
  if (files === 0) return undefined
  const kinds = Object.entries(byKind)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`)
  const what = files === 1 ? 'a file' : `${files} files`
  const [which, field] = places[where]
  return (
    `passed over ${what} in ${where} (${kinds.join(', ')}), such as "${first[0]}": ` +
    `\`${field}\` says ${which}`
  )
}

/** `.csv or .json file`: files that are selected by extension. */
export function dataFileText(extensions: readonly string[]): string {
  const dotted = extensions.map(extension => `.${extension}`)
  return `${dotted.slice(0, -1).join(', ')} or ${dotted.at(-1)} file`
}

/** Whether a file of a folder is data, by its name and its path in the folder. */
export type IsData = (name: string, path: () => string) => boolean

export interface DataNames {
  /** Extensions in lower case; a compressed file counts by that of its content. */
  readonly extensions: readonly string[]
  /** Patterns of names or, with a `/`, of paths in the folder; they replace the extensions. */
  readonly include?: readonly string[] | undefined
}

/**
 * @param field  the option that holds the patterns
 * @throws {UsageError} DDB_USAGE for a pattern that nothing can match
 */
export function dataFiles({ extensions, include }: DataNames, field = 'input.include'): IsData {
  if (include === undefined || include.length === 0) {
    const dataFile = new RegExp(`^[^.].*\\.(?:${extensions.join('|')})(?:\\.(?:gz|zst|br))?$`, 'i')
    return name => dataFile.test(name)
  }
  const matchers = include.flatMap(expandBraces).map(pattern => {
    const path = pattern.replace(/^(?:\.?\/)+/, '')
    if (path === '' || path.endsWith('/')) {
      throw new UsageError('DDB_USAGE', `\`${field}\` "${pattern}" is not a pattern of files`)
    }
    return { matcher: pathMatcher(path), isPath: path.includes('/') }
  })
  return (name, path) =>
    matchers.some(({ matcher, isPath }) => matcher.test(isPath ? path() : name))
}
