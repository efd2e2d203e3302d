/*
  Stores very many paths in little memory. All names share one buffer, each folder is stored once, and a path becomes a string
  only on request. Paths are sorted in place, in the order of JavaScript strings.
*/
import { newPackedTexts, type PackedTexts } from './packed-texts.js'

/** Paths by index. An array of strings is also a `PathList`. */
export interface PathList extends Iterable<string> {
  readonly length: number
  /** @returns undefined beyond the end */
  at(index: number): string | undefined
}

export interface GrowingPathList extends PathList {
  /** @param folder  the path before the name; pass the same string for all names of a folder */
  add(folder: string, name: string): void
  /** Sorts the paths from an index on, and removes duplicates among them. */
  sortFrom(index: number): void
  move(from: number, to: number): void
  cut(length: number): void
}

export function newPathList(): GrowingPathList {
  const folders = newPackedTexts()
  const names = newPackedTexts()
  /** For each name, by its number: the number of its folder. */
  let folderNos = new Uint32Array(16)
  /** For each path, by its index: the number of its name. */
  let order = new Uint32Array(16)
  let length = 0
  let lastFolder: string | undefined
  /** The folder requested last is cached, because the next path is usually in the same folder. */
  let readNo = -1
  let readFolder = ''
  const at = (index: number): string | undefined => {
    if (!(index >= 0 && index < length)) return undefined
    const no = order[index]!
    const folderNo = folderNos[no]!
    if (folderNo !== readNo) readFolder = folders.at((readNo = folderNo))
    return readFolder + names.at(no)
  }
  const byteAt = (no: number, offset: number): number => {
    const folderNo = folderNos[no]!
    const inName = offset - folders.lengthOf(folderNo)
    return inName < 0 ? folders.byteAt(folderNo, offset) : names.byteAt(no, inName)
  }
  const fourAt = (no: number, offset: number): number => {
    const inName = offset - folders.lengthOf(folderNos[no]!)
    if (inName >= 0) return names.fourAt(no, inName)
    const upper = (byteAt(no, offset) << 8) | byteAt(no, offset + 1)
    return (upper << 16) | (byteAt(no, offset + 2) << 8) | byteAt(no, offset + 3)
  }
  /** How many first bytes the folders of all paths from `index` on have in common. */
  const commonBytes = (index: number): number => {
    const first = folderNos[order[index]!]!
    let common = folders.lengthOf(first)
    for (let no = first + 1; no < folders.count; no++) {
      for (let i = 0; i < common; i++) {
        if (folders.byteAt(no, i) !== folders.byteAt(first, i)) common = i
      }
    }
    return common
  }
  return {
    get length() {
      return length
    },
    at,
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield at(index)!
    },
    add(folder, name) {
      if (folder !== lastFolder) folders.add(folder)
      lastFolder = folder
      if (names.count === folderNos.length) folderNos = longer(folderNos)
      if (length === order.length) order = longer(order)
      folderNos[names.count] = folders.count - 1
      order[length++] = names.count
      names.add(name)
    },
    sortFrom(index) {
      if (length - index < 2) return
      const common = commonBytes(index)
      const sorted = order.subarray(index, length)
      if (!sortNumbers(sorted, common, { byteAt, fourAt })) return
      let kept = index + 1
      for (let i = kept; i < length; i++) {
        const no = order[i]!
        if (compareBytes(order[kept - 1]!, no, common, byteAt) !== 0) order[kept++] = no
      }
      length = kept
    },
    move(from, to) {
      order[to] = order[from]!
    },
    cut(newLength) {
      length = newLength
    },
  }
}

function longer(numbers: Uint32Array): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(2 * numbers.length)
  more.set(numbers)
  return more
}

/** Returns a byte of a text by the text's number; 0 after the end of the text, because paths contain no 0. */
type ByteAt = (no: number, offset: number) => number

interface Bytes {
  readonly byteAt: ByteAt
  readonly fourAt: PackedTexts['fourAt']
}

function compareBytes(a: number, b: number, offset: number, byteAt: ByteAt): number {
  for (let at = offset; ; at++) {
    const byte = byteAt(a, at)
    const difference = byte - byteAt(b, at)
    if (difference !== 0 || byte === 0) return difference
  }
}

/** Up to this many texts, comparing texts in pairs is faster than sorting all of them by their next four bytes. */
const few = 12

/**
 * Sorts `numbers` by the texts with these numbers, four bytes at a time, which is faster than comparing texts in pairs.
 * @param offset  number of bytes at the start that all texts are known to share
 * @returns whether some texts are equal
 */
function sortNumbers(numbers: Uint32Array, offset: number, { byteAt, fourAt }: Bytes): boolean {
  let hasEqual = false
  // Two words per text: the text's number, and four of its bytes. On little-endian machines the words form a 64-bit
  // number whose order is that of the four bytes.
  const words = new Uint32Array(2 * numbers.length)
  /**
   * Fills in `words` for a range of the sorted texts. @returns whether all its texts have the same four bytes at
   * `offset`
   */
  const fill = (first: number, end: number, offset: number): boolean => {
    let areSame = true
    for (let i = first; i < end; i++) {
      const no = numbers[i]!
      words[2 * i] = no
      words[2 * i + 1] = fourAt(no, offset)
      if (words[2 * i + 1] !== words[2 * first + 1]) areSame = false
    }
    return areSame
  }
  const sortRange = (first: number, end: number, offset: number): void => {
    while (end - first > few && fill(first, end, offset)) {
      if ((words[2 * first + 1]! & 0xff) === 0) {
        hasEqual = true
        return
      }
      offset += 4
    }
    if (end - first <= few) {
      if (insert(numbers, first, end, offset, byteAt)) hasEqual = true
      return
    }
    new BigUint64Array(words.buffer, 8 * first, end - first).sort()
    for (let i = first; i < end; i++) numbers[i] = words[2 * i]!
    for (let begin = first, i = first + 1; i <= end; i++) {
      const four = words[2 * begin + 1]!
      if (i < end && words[2 * i + 1] === four) continue
      if (i - begin > 1) {
        if ((four & 0xff) === 0) hasEqual = true
        else sortRange(begin, i, offset + 4)
      }
      begin = i
    }
  }
  sortRange(0, numbers.length, offset)
  return hasEqual
}

/** Sorts the numbers from `first` to `end` by their texts. @returns whether two of the texts are equal */
function insert(
  numbers: Uint32Array,
  first: number,
  end: number,
  offset: number,
  byteAt: ByteAt,
): boolean {
  let hasEqual = false
  for (let i = first + 1; i < end; i++) {
    const no = numbers[i]!
    let at = i
    for (; at > first; at--) {
      const difference = compareBytes(numbers[at - 1]!, no, offset, byteAt)
      if (difference === 0) hasEqual = true
      if (difference <= 0) break
      numbers[at] = numbers[at - 1]!
    }
    numbers[at] = no
  }
  return hasEqual
}
