/*
  Tables of East Asian encodings, from Node's decoders. GB18030 has the characters of its version of 2022 in every version of Node.
*/
import { asciiOnly, packedUtf8, type CharacterTable } from './character-table.js'
import type { MultiByteEncoding } from './encodings.js'
import { codePointsOf } from './platform-decoder.js'

/** All byte pairs whose first byte is in the range `first` and whose second byte is in `second`. */
interface Pairs {
  readonly label: string
  readonly first: readonly [number, number]
  readonly second: readonly [number, number]
}

const isPrivate = (codePoint: number): boolean => codePoint >= 0xe000 && codePoint <= 0xf8ff

/** Characters that GB18030-2022 moved out of the private use area. Node's own tables differ by version. */
const moved2022: readonly (readonly [pair: number, codePoint: number])[] = [
  [0xa6d9, 0xfe10],
  [0xa6da, 0xfe12],
  [0xa6db, 0xfe11],
  [0xa6dc, 0xfe13],
  [0xa6dd, 0xfe14],
  [0xa6de, 0xfe15],
  [0xa6df, 0xfe16],
  [0xa6ec, 0xfe17],
  [0xa6ed, 0xfe18],
  [0xa6f3, 0xfe19],
  [0xfe59, 0x9fb4],
  [0xfe61, 0x9fb5],
  [0xfe66, 0x9fb6],
  [0xfe67, 0x9fb7],
  [0xfe6d, 0x9fb8],
  [0xfe7e, 0x9fb9],
  [0xfe90, 0x9fba],
  [0xfea0, 0x9fbb],
]

/** Number of four-byte sequences of GB18030 for characters of the basic plane. */
const basicQuadruples = 39_420

/** @throws {UsageError} as `codePointsOf` */
export function multiByteTable(encoding: MultiByteEncoding): CharacterTable {
  if (encoding === 'gb18030') return { ...chinese(), quadruple: once(quadruples) }
  return encoding === 'gbk' ? chinese() : platformTable(encoding)
}

/** The characters that Node's decoder reads, without private ones, which every vendor defines differently. */
function platformTable(label: MultiByteEncoding): CharacterTable {
  const single = ascii()
  const bytes = Uint8Array.from({ length: 128 }, (_, i) => 0x80 + i)
  for (const [i, codePoint] of codePointsOf(label, bytes, 1).entries()) {
    if (codePoint > 0x9f && !isPrivate(codePoint)) single[0x80 + i] = packedUtf8(codePoint)
  }
  const double = pairs({ label, first: [0x81, 0xfe], second: [0x40, 0xfe] }, isPrivate)
  const jis: Pairs = { label, first: [0xa1, 0xfe], second: [0xa1, 0xfe] }
  const triple = label === 'euc-jp' ? pairs(jis, isPrivate, [0x8f]) : undefined
  return { single, double, triple, quadruple: undefined }
}

function chinese(): CharacterTable {
  const single = ascii()
  single[0x80] = packedUtf8(0x20ac)
  const double = pairs({ label: 'gb18030', first: [0x81, 0xfe], second: [0x40, 0xfe] })
  for (const [pair, codePoint] of moved2022) double[pair] = packedUtf8(codePoint)
  return { single, double, triple: undefined, quadruple: undefined }
}

/** Characters of four bytes, in the order of their byte sequences. */
function quadruples(): Int32Array {
  const sequences = new Uint8Array(4 * basicQuadruples)
  for (let i = 0; i < basicQuadruples; i++) {
    sequences[4 * i] = 0x81 + Math.floor(i / 12_600)
    sequences[4 * i + 1] = 0x30 + (Math.floor(i / 1260) % 10)
    sequences[4 * i + 2] = 0x81 + (Math.floor(i / 10) % 126)
    sequences[4 * i + 3] = 0x30 + (i % 10)
  }
  return Int32Array.from(codePointsOf('gb18030', sequences, 4), packedOrNone)
}

function ascii(): Int32Array {
  const single = new Int32Array(256)
  for (const byte of asciiOnly) single[byte] = byte
  return single
}

/** Characters by the two bytes that follow `prefix`, without the characters for which `isLeftOut` is true. */
function pairs(
  { label, first, second }: Pairs,
  isLeftOut: (codePoint: number) => boolean = () => false,
  prefix: readonly number[] = [],
): Int32Array {
  const places: number[] = []
  const bytes: number[] = []
  for (let a = first[0]; a <= first[1]; a++) {
    for (let b = second[0]; b <= second[1]; b++) {
      places.push((a << 8) | b)
      bytes.push(...prefix, a, b)
    }
  }
  const codePoints = codePointsOf(label, Uint8Array.from(bytes), prefix.length + 2)
  const table = new Int32Array(0x10000)
  for (const [i, place] of places.entries()) {
    const codePoint = codePoints[i]!
    if (!isLeftOut(codePoint)) table[place] = packedOrNone(codePoint)
  }
  return table
}

function packedOrNone(codePoint: number): number {
  return codePoint === 0 ? 0 : packedUtf8(codePoint)
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
