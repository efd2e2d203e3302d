/* Which of the files that were found become inputs: the data files of a folder by name, without rejects of earlier loads, and each file
   once if several names lead to it. Counts and reports the others, so that nobody believes they were loaded. */
import { extname } from 'node:path'
import { attempt, option, usageError } from '../errors.js'
import { fileKey } from '../platform/file-name.js'
import type { Files, FileStatus } from '../platform/platform.js'
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

/** Whether a load has written this file of rejects or reasons (a killed load may leave them empty): its rows are rows of other inputs. */
function isRejects(path: string, files: Files): boolean {
  const reasons = path.endsWith(reasonsPath('')) ? path : reasonsPath(path)
  const start = Buffer.from('{"runId":"')
  const buffer = Buffer.alloc(start.length)
  // The name may leave no room for the ending. Reasons that cannot be read belong to rejects that cannot be read, and that is an error.
  const length = attempt(() => files.statusNow(reasons)?.isFile && files.readNow(reasons, buffer))
  return typeof length === 'number' && start.indexOf(buffer.subarray(0, length)) === 0
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
