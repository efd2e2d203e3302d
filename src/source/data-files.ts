/*
  Selects the data files of a folder by name, without rejects of earlier loads. Counts and reports the other files, so that nobody believes
  they were loaded.
*/
import { extname } from 'node:path'
import { option, usageError } from '../errors.js'
import type { Files } from '../platform/platform.js'
import { expandBraces, pathMatcher } from './glob.js'

/** Files found in folders or archives, but not selected. */
export interface PassedOver {
  files: number
  /** Counts by kind: an extension such as `.txt`, `hidden`, `no extension`, `special` (pipe, device), `rejects`, `others`. */
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
  const ofRejects = Object.hasOwn(byKind, 'rejects') ? '; name rejects themselves to load them' : ''
  return (
    `passed over ${what} (${kinds.join(', ')}), such as "${first[0]}": ` +
    `${option('input.include')} says which files of a folder or an archive are data${ofRejects}`
  )
}

/** The file that gives reasons for the records of a rejects file. */
export function reasonsPath(path: string): string {
  return `${path}.reasons.ndjson`
}

/**
 * Whether a load has written this file of rejects or of reasons. A killed load may leave the reasons empty. In a folder it is not an
 * input, because its rows are rows of other inputs.
 */
function isRejects(path: string, files: Files): boolean {
  const reasons = path.endsWith(reasonsPath('')) ? path : reasonsPath(path)
  const start = Buffer.from('{"runId":"')
  const buffer = Buffer.alloc(start.length)
  try {
    if (files.statusNow(reasons)?.isFile !== true) return false
    return start.indexOf(buffer.subarray(0, files.readNow(reasons, buffer))) === 0
  } catch {
    // The name may leave no room for the ending. Reasons that cannot be read belong to rejects that cannot be read, and that is an error.
    return false
  }
}

/** The files of a folder or a pattern without the rejects of loads, which it counts. */
export function withoutRejects(
  paths: readonly string[],
  files: Files,
  passed: PassedOver,
): string[] {
  return paths.filter(path => {
    const isInput = !isRejects(path, files)
    if (!isInput) passOver(passed, path, path, 'rejects')
    return isInput
  })
}

/** Example: `.csv or .json file`. */
export function dataFileText(extensions: readonly string[]): string {
  const dotted = extensions.map(extension => `.${extension}`)
  return `${dotted.slice(0, -1).join(', ')} or ${dotted.at(-1)} file`
}

/** Decides whether a file is data, by its name and its path in the folder. */
export type IsData = (name: string, path: () => string) => boolean

export interface DataNames {
  /** Extensions of data files, in lower case; `a.csv.gz` counts as `.csv`. */
  readonly extensions: readonly string[]
  /**
   * If set, these patterns select the files, whatever their extensions. A pattern with a `/` matches paths in the
   * folder, other patterns match names.
   */
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
