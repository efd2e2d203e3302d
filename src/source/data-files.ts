/*
  Which files of a folder are taken for data, by their names; the others are counted, so that nobody takes them for loaded.
*/
import { extname } from 'node:path'
import { UsageError } from '../errors.js'
import { expandBraces, pathMatcher } from './glob.js'

/** Files of folders that were not taken. */
export interface PassedOver {
  readonly files: number
  /** By extension in lower case, such as `.txt`; `hidden`, `no extension`, `special` for pipes and the like, `others`. */
  readonly byKind: Readonly<Record<string, number>>
  /** Paths of the first ones. */
  readonly first: readonly string[]
}

/** Counts files that are not taken. */
export interface PassedOverCount extends PassedOver {
  /** @param isSpecial  it has the name of a data file, and is none */
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

/** Where files are that are chosen by their names, and the field of the options that chooses. */
const places = {
  folders: ['which files of a folder are data', 'input.include'],
  archives: ['which members of an archive are data', 'input.members'],
} as const

/** `passed over 3 files in folders (.txt 2, hidden 1), such as d/a.txt: …`; undefined where nothing was. */
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

/** `.csv or .json file`: those that are taken by their extensions. */
export function dataFileText(extensions: readonly string[]): string {
  const dotted = extensions.map(extension => `.${extension}`)
  return `${dotted.slice(0, -1).join(', ')} or ${dotted.at(-1)} file`
}

/** Whether a file of a folder is data, by its name and its path from there. */
export type IsData = (name: string, path: () => string) => boolean

/** Which files of folders are taken. */
export interface DataNames {
  /** Extensions in lower case; a compressed file keeps that of its content. */
  readonly extensions: readonly string[]
  /** Patterns, of names or, with a `/`, of paths inside of the folder: they count in place of the extensions. */
  readonly include?: readonly string[] | undefined
}

/**
 * @param field  of the options that has the patterns
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
      throw new UsageError('DDB_USAGE', `\`${field}\` "${pattern}" is no pattern of files`)
    }
    return { matcher: pathMatcher(path), isPath: path.includes('/') }
  })
  return (name, path) =>
    matchers.some(({ matcher, isPath }) => matcher.test(isPath ? path() : name))
}
