/*
  Several names of one file: only the first is an input, whatever leads to the others.
*/
import { fileKey } from '../platform/file-identity.js'
import type { FileStatus } from '../platform/platform.js'

/** Names that led to a file that was among the inputs already. */
export interface SameFiles {
  readonly count: number
  /** The first ones, each with the name that its file is read by. */
  readonly first: readonly { readonly path: string; readonly input: string }[]
}

/** Tells names of files apart. */
export interface SameFilesCount {
  /** @param status  left out for standard input */
  isFirst(path: string, status?: FileStatus): boolean
  readonly found: SameFiles
}

const maxFirst = 20

export function newSameFiles(): SameFilesCount {
  const known = new Map<string | number, string>()
  const first: { path: string; input: string }[] = []
  let count = 0
  let device: bigint | undefined
  /** Of a million files on one disk, a number takes less room than a text. */
  const keyOf = (path: string, status: FileStatus): string | number => {
    const { inode } = status
    device ??= status.device
    const isSmall = inode > 0n && inode <= BigInt(Number.MAX_SAFE_INTEGER)
    return status.device === device && isSmall ? Number(inode) : fileKey(path, status)
  }
  return {
    isFirst(path, status) {
      // What comes through a pipe may differ from one time to the next.
      if (status?.isFile === false) return true
      const key = status === undefined ? path : keyOf(path, status)
      const input = known.get(key)
      if (input === undefined) {
        known.set(key, path)
        return true
      }
      count++
      if (first.length < maxFirst) first.push({ path, input })
      return false
    },
    get found() {
      return { count, first }
    },
  }
}

/** `"d/a.csv" is "a.csv" by another name: …`; undefined where every name led to a file of its own. */
export function sameFilesNotice({ count, first }: SameFiles): string | undefined {
  const [one] = first
  if (one === undefined) return undefined
  const { path, input } = one
  const what =
    path === input ? `"${path}" is named twice` : `"${path}" is "${input}" by another name`
  const others = count === 1 ? '' : ` (and ${count - 1} more are named twice)`
  return `${what}${others}: each file is loaded once`
}
