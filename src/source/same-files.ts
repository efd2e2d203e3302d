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
  /** Those that were the first ones, in their order. */
  readonly paths: readonly string[]
  readonly found: SameFiles
}

const maxFirst = 20

export function newSameFiles(): SameFilesCount {
  const paths: string[] = []
  const known = new Map<string, string>()
  const numbered = newNumberedFiles()
  const first: { path: string; input: string }[] = []
  let count = 0
  let device: bigint | undefined
  /** @returns the name by which the file is known already */
  const knownAs = (path: string, status: FileStatus | undefined): string | undefined => {
    if (status !== undefined) {
      const { inode } = status
      device ??= status.device
      if (status.device === device && inode > 0n && inode <= largestNumber) {
        const index = numbered.indexOf(Number(inode), paths.length)
        return index === undefined ? undefined : paths[index]
      }
    }
    const key = status === undefined ? path : fileKey(path, status)
    const input = known.get(key)
    if (input === undefined) known.set(key, path)
    return input
  }
  return {
    paths,
    isFirst(path, status) {
      // What comes through a pipe may differ from one time to the next.
      const input = status?.isFile === false ? undefined : knownAs(path, status)
      if (input === undefined) {
        paths.push(path)
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

const largestNumber = BigInt(Number.MAX_SAFE_INTEGER)

/** Files of one disk by their numbers: of a million of them a `Map` would take four times the room. */
function newNumberedFiles(): {
  /** The index that the file has; undefined for a new one, which has `index` from now on. */
  indexOf(inode: number, index: number): number | undefined
} {
  let count = 0
  /** A number and the index of its file; one more than that, as 0 stands where there is none. At most half of them are taken. */
  let inodes = new Float64Array(1024)
  let indexes = new Int32Array(inodes.length)
  const placeOf = (inode: number): number => {
    const mask = inodes.length - 1
    let place = Math.imul(inode | 0, 0x9e3779b1) & mask
    while (indexes[place] !== 0 && inodes[place] !== inode) place = (place + 1) & mask
    return place
  }
  const grow = (): void => {
    const [olderInodes, olderIndexes] = [inodes, indexes]
    inodes = new Float64Array(2 * olderInodes.length)
    indexes = new Int32Array(inodes.length)
    for (const [older, index] of olderIndexes.entries()) {
      if (index === 0) continue
      const place = placeOf(olderInodes[older]!)
      inodes[place] = olderInodes[older]!
      indexes[place] = index
    }
  }
  return {
    indexOf(inode, index) {
      const place = placeOf(inode)
      if (indexes[place] !== 0) return indexes[place]! - 1
      inodes[place] = inode
      indexes[place] = index + 1
      if (2 * ++count === inodes.length) grow()
      return undefined
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
