/*
  Detects that several names lead to one file. Only the first name becomes an input.
*/
import { fileKey } from '../platform/file-name.js'
import type { FileStatus } from '../platform/platform.js'

/** Names that were left out because their files were already inputs under different names. */
export interface SameFiles {
  count: number
  /** The first few of these names (`path`), each with the name under which the file is read (`input`). */
  first: { path: string; input: string }[]
}

const maxFirst = 20

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
