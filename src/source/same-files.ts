/*
  Detects that several names lead to one file. Only the first name becomes an input.
*/
import { fileKey } from '../platform/file-identity.js'
import type { FileStatus } from '../platform/platform.js'

/** Names that were left out because their files were already inputs under different names. */
export interface SameFiles {
  readonly count: number
  /** The first few of these names (`path`), each with the name under which the file is read (`input`). */
  readonly first: readonly { readonly path: string; readonly input: string }[]
}

export interface SameFilesCount {
  /**
   * @param index  a new file gets this index, which must be higher than those of all earlier inputs
   * @param status  undefined for standard input
   */
  isFirst(path: string, index: number, status: FileStatus | undefined): boolean
  readonly found: SameFiles
}

const maxFirst = 20

/**
 * @param pathOf  returns the path of an input by its index
 * @param onSame  called for every later name of a file, with the file's first name
 */
export function newSameFiles(
  pathOf: (index: number) => string,
  onSame: (path: string, input: string) => void = () => undefined,
): SameFilesCount {
  const known = new Map<string, string>()
  const numbered = newNumberedFiles()
  const first: { path: string; input: string }[] = []
  let count = 0
  let device: bigint | undefined
  /** @returns the first name of the file; undefined for a new file */
  const knownAs = (
    path: string,
    index: number,
    status: FileStatus | undefined,
  ): string | undefined => {
    if (status !== undefined) {
      const { inode } = status
      device ??= status.device
      if (status.device === device && inode > 0n && inode <= largestNumber) {
        const known = numbered.indexOf(Number(inode), index)
        return known === undefined ? undefined : pathOf(known)
      }
    }
    const key = status === undefined ? path : fileKey(path, status)
    const input = known.get(key)
    if (input === undefined) known.set(key, path)
    return input
  }
  return {
    isFirst(path, index, status) {
      // Each opening of a pipe may deliver different content, so a pipe always counts as a new input.
      if (status?.isFile === false) return true
      const input = knownAs(path, index, status)
      if (input === undefined) return true
      onSame(path, input)
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

/** Finds files of one disk by inode. A `Map` of a million files would take four times the memory. */
function newNumberedFiles(): {
  /** Returns the file's index. For a new file, stores `index` and returns undefined. Indexes must ascend. */
  indexOf(inode: number, index: number): number | undefined
} {
  let end = 0
  /** Inodes by index of the input; 0 for inputs that this table does not hold. */
  let inodes = new Float64Array(1024)
  /** A hash table of indexes plus one; 0 marks a free place. At most half of the places are used. */
  let places = new Int32Array(2 * inodes.length)
  const placeOf = (inode: number): number => {
    const mask = places.length - 1
    let place = Math.imul(inode | 0, 0x9e3779b1) & mask
    while (places[place] !== 0 && inodes[places[place]! - 1] !== inode) place = (place + 1) & mask
    return place
  }
  const growTo = (index: number): void => {
    let { length } = inodes
    while (length <= index) length *= 2
    const more = new Float64Array(length)
    more.set(inodes)
    inodes = more
    places = new Int32Array(2 * length)
    for (let i = 0; i < end; i++) if (inodes[i] !== 0) places[placeOf(inodes[i]!)] = i + 1
  }
  return {
    indexOf(inode, index) {
      const place = placeOf(inode)
      if (places[place] !== 0) return places[place]! - 1
      if (index >= inodes.length) {
        growTo(index)
        return this.indexOf(inode, index)
      }
      inodes[index] = inode
      places[place] = index + 1
      end = index + 1
      return undefined
    },
  }
}

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
