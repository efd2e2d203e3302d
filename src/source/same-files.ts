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

/** @param onSame  told of every name that is not the first of its file, and of that one */
export function newSameFiles(
  onSame: (path: string, input: string) => void = () => undefined,
): SameFilesCount {
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
  const isNew = (path: string): true => {
    paths.push(path)
    return true
  }
  return {
    paths,
    isFirst(path, status) {
      // What comes through a pipe may differ from one time to the next.
      if (status?.isFile === false) return isNew(path)
      const input = knownAs(path, status)
      if (input === undefined) return isNew(path)
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

/** Files of one disk by their numbers: of a million of them a `Map` would take four times the room. */
function newNumberedFiles(): {
  /** The index that the file has; undefined for a new one, which has `index` from now on. Indexes ascend. */
  indexOf(inode: number, index: number): number | undefined
} {
  let end = 0
  /** By index; 0 for files that are not known here. */
  let inodes = new Float64Array(1024)
  /** Of each place one more than the index of its file; 0 where there is none. At most half of them are taken. */
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
