/* The encodings that inputs may have: the usual names of each, and the tables of their characters. */
import { usageError } from '../../errors.js'

const singleByte = [
  'latin1',
  ...['windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'windows-1254'],
  ...['windows-1255', 'windows-1256', 'windows-1257', 'windows-1258', 'windows-874'],
  ...['iso-8859-2', 'iso-8859-3', 'iso-8859-4', 'iso-8859-5', 'iso-8859-6', 'iso-8859-7'],
  ...['iso-8859-8', 'iso-8859-9', 'iso-8859-10', 'iso-8859-13', 'iso-8859-14', 'iso-8859-15'],
  ...['koi8-r', 'koi8-u', 'ibm866'],
] as const

const severalBytes = ['gb18030', 'gbk', 'big5', 'shift_jis', 'euc-jp', 'euc-kr'] as const

const unicode = ['utf-8', 'utf-16le', 'utf-16be'] as const

export type SingleByteEncoding = (typeof singleByte)[number]
export type MultiByteEncoding = (typeof severalBytes)[number]
export type Utf16Encoding = 'utf-16le' | 'utf-16be'

export type Encoding = SingleByteEncoding | MultiByteEncoding | (typeof unicode)[number]

/** All encodings, common ones first. */
export const encodings: readonly Encoding[] = [...unicode, ...severalBytes, ...singleByte]

/** Other names of encodings, in lower case and with only letters and digits. */
const otherNames: Partial<Record<Encoding, string>> = {
  gbk: 'gb2312 cp936 ms936 windows936',
  big5: 'cp950 windows950',
  shift_jis: 'sjis cp932 ms932 windows31j',
  'euc-kr': 'cp949 uhc windows949',
  latin1: 'iso88591',
  'utf-16le': 'ucs2',
  'utf-8': 'ascii usascii',
  ibm866: 'cp866',
  'windows-874': 'cp874',
}

/** Finds an encoding by its name, in any case and with any punctuation; undefined if no encoding has this name. */
export function encodingNamed(name: string): Encoding | undefined {
  const plain = plainName(name).replace(/^cp(125\d)$/, 'windows$1')
  return encodings.find(encoding =>
    [plainName(encoding), ...(otherNames[encoding]?.split(' ') ?? [])].includes(plain),
  )
}

/** @throws {UsageError} DDB_USAGE for an unknown name */
export function knownEncoding(name: string): Encoding {
  const encoding = encodingNamed(name)
  if (encoding !== undefined) return encoding
  throw usageError(
    `there is no encoding "${name}": choose auto or one of ${encodings.join(', ')}; ` +
      'iconv converts other encodings to UTF-8',
  )
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

export function isSingleByte(encoding: Encoding): encoding is SingleByteEncoding {
  return (singleByte as readonly Encoding[]).includes(encoding)
}

export function isUtf16(encoding: Encoding): encoding is Utf16Encoding {
  return encoding === 'utf-16le' || encoding === 'utf-16be'
}

/*
  Each entry of a table packs a character's UTF-8 into one number, so that decoding a character takes one look-up and one write of
  four bytes. The characters come from Node's decoders. These do not read inputs themselves, because they skip invalid bytes in
  different ways and never report their positions; and they are corrected, because they return control characters for bytes that
  Windows code pages leave free, and because their GB18030 differs by version.
*/

/** An encoding in which bytes below 80 (hexadecimal) are ASCII. Any other byte is a character by itself or begins one. */
export interface CharacterTable {
  /** Entry `b`: the UTF-8 of the character that is the single byte `b`; 0 if there is no such character. */
  readonly single: Int32Array
  /** Characters by first and second byte (`first << 8 | second`); undefined if all characters have one byte. */
  readonly double: Int32Array | undefined
  /** Length of the encoding's longest characters. */
  readonly mostBytes: 1 | 2 | 3 | 4
  /** Asks Node's decoder for the UTF-8 of a character of three or four bytes, which are rare; 0 if the bytes are not one character. */
  readonly long: (bytes: Uint8Array) => number
}

/** The UTF-8 of a code point, with the first byte lowest. Negative if the UTF-8 has four bytes. */
export function packedUtf8(codePoint: number): number {
  if (codePoint < 0x80) return codePoint
  const last = 0x80 | (codePoint & 0x3f)
  if (codePoint < 0x800) return 0xc0 | (codePoint >> 6) | (last << 8)
  const third = 0x80 | ((codePoint >> 6) & 0x3f)
  if (codePoint < 0x10000) return 0xe0 | (codePoint >> 12) | (third << 8) | (last << 16)
  const second = 0x80 | ((codePoint >> 12) & 0x3f)
  return 0xf0 | (codePoint >> 18) | (second << 8) | (third << 16) | (last << 24)
}

/** Byte length of a result of `packedUtf8`. */
export function packedLength(packed: number): number {
  if (packed < 0) return 4
  return packed < 0x100 ? 1 : packed < 0x10000 ? 2 : 3
}

export type TableEncoding = Exclude<Encoding, 'utf-8' | Utf16Encoding>

const tables = new Map<Encoding, CharacterTable>()

/** Makes each table once, when a decoder first needs it. @throws {UsageError} DDB_USAGE if this Node was built without the encoding */
export function characterTable(encoding: TableEncoding): CharacterTable {
  let table = tables.get(encoding)
  if (table === undefined) {
    table = isSingleByte(encoding) ? singleByteTable(encoding) : multiByteTable(encoding)
    tables.set(encoding, table)
  }
  return table
}

/** A table with the characters below 80 (hexadecimal). */
function ascii(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? byte : 0))
}

const upperBytes = Uint8Array.from({ length: 128 }, (_, i) => 0x80 + i)

/** Bytes 80 to 9F of windows-1252, from Microsoft's table of this code page; 0 for a byte without a character. */
const windows1252: readonly number[] = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
  0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
  0x203a, 0x0153, 0, 0x017e, 0x0178,
]

/** Bytes, each with its character, or 0 for none: where Node's tables differ from Microsoft's, or by version from RFC 2319. */
const corrections: Partial<Record<SingleByteEncoding, readonly number[]>> = {
  'windows-1253': [0xaa, 0],
  'windows-1255': [0xca, 0x05ba],
  'koi8-u': [0xae, 0x255d, 0xbe, 0x256c],
}

const isPrivate = (codePoint: number): boolean => codePoint >= 0xe000 && codePoint <= 0xf8ff

/** True for the control and private characters that Node's tables have where the Windows code pages have none. */
const isFiller = (codePoint: number): boolean =>
  (codePoint >= 0x80 && codePoint <= 0x9f) || isPrivate(codePoint)

function singleByteTable(encoding: SingleByteEncoding): CharacterTable {
  const single = ascii()
  for (const [i, codePoint] of upperCodePoints(encoding).entries()) {
    single[0x80 + i] = packedOrNone(codePoint)
  }
  const corrected = corrections[encoding] ?? []
  for (let i = 0; i < corrected.length; i += 2)
    single[corrected[i]!] = packedUtf8(corrected[i + 1]!)
  return { single, double: undefined, mostBytes: 1, long: () => 0 }
}

function upperCodePoints(encoding: SingleByteEncoding): Uint32Array {
  const same = Uint32Array.from(upperBytes)
  if (encoding === 'latin1') return same
  if (encoding === 'windows-1252') {
    same.set(windows1252)
    return same
  }
  if (encoding === 'iso-8859-9') {
    // Node reads this ISO encoding as the Windows code page, whose bytes 80 to 9F differ.
    const turkish = codePointsOf('windows-1254', upperBytes, 1)
    turkish.set(same.subarray(0, 32))
    return turkish
  }
  const upper = codePointsOf(encoding, upperBytes, 1)
  return encoding.startsWith('windows-') ? upper.map(point => (isFiller(point) ? 0 : point)) : upper
}

/** Characters that GB18030-2022 moved out of the private use area, each after its two bytes. Node's own tables differ by version. */
const moved2022: readonly number[] = [
  0xa6d9, 0xfe10, 0xa6da, 0xfe12, 0xa6db, 0xfe11, 0xa6dc, 0xfe13, 0xa6dd, 0xfe14, 0xa6de, 0xfe15,
  0xa6df, 0xfe16, 0xa6ec, 0xfe17, 0xa6ed, 0xfe18, 0xa6f3, 0xfe19, 0xfe59, 0x9fb4, 0xfe61, 0x9fb5,
  0xfe66, 0x9fb6, 0xfe67, 0x9fb7, 0xfe6d, 0x9fb8, 0xfe7e, 0x9fb9, 0xfe90, 0x9fba, 0xfea0, 0x9fbb,
]

function multiByteTable(encoding: MultiByteEncoding): CharacterTable {
  if (encoding === 'gbk') return chinese(2)
  if (encoding === 'gb18030') return chinese(4)
  // Leaves out private characters, which every vendor defines differently.
  const single = ascii()
  for (const [i, codePoint] of codePointsOf(encoding, upperBytes, 1).entries()) {
    if (codePoint > 0x9f && !isPrivate(codePoint)) single[0x80 + i] = packedUtf8(codePoint)
  }
  const double = pairs(encoding, isPrivate)
  return { single, double, mostBytes: encoding === 'euc-jp' ? 3 : 2, long: longOf(encoding) }
}

function longOf(label: string): CharacterTable['long'] {
  const decoder = decoderOf(label)
  return bytes => {
    if (label === 'gb18030' && Buffer.compare(bytes, replacementBytes) === 0)
      return packedUtf8(replacement)
    const codePoint = codePointOf(decoder.decode(bytes))
    return isPrivate(codePoint) && label !== 'gb18030' ? 0 : packedOrNone(codePoint)
  }
}

function chinese(mostBytes: 2 | 4): CharacterTable {
  const single = ascii()
  single[0x80] = packedUtf8(0x20ac)
  const double = pairs('gb18030', () => false)
  for (let i = 0; i < moved2022.length; i += 2)
    double[moved2022[i]!] = packedUtf8(moved2022[i + 1]!)
  return { single, double, mostBytes, long: longOf('gb18030') }
}

const lastByte = 0xfe

/** Characters of two bytes: 81 to FE, and 40 to FE. */
function pairs(label: string, isLeftOut: (codePoint: number) => boolean): Int32Array {
  const places: number[] = []
  const bytes: number[] = []
  for (let a = 0x81; a <= lastByte; a++) {
    for (let b = 0x40; b <= lastByte; b++) {
      places.push((a << 8) | b)
      bytes.push(a, b)
    }
  }
  const codePoints = codePointsOf(label, Uint8Array.from(bytes), 2)
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

const separator = 0x0a
const replacement = 0xfffd
/** What stands for U+FFFD in GB18030. */
const replacementBytes = Buffer.of(0x84, 0x31, 0xa4, 0x37)

/**
 * The code point of each byte sequence; 0 for one that is not exactly one character. @param label  as in the Encoding Standard
 * @param sequences  all, one after the other, without line feeds @param sequenceBytes  length of each
 * @throws {UsageError} DDB_USAGE if this Node was built without the decoder
 */
function codePointsOf(label: string, sequences: Uint8Array, sequenceBytes: number): Uint32Array {
  const count = sequences.length / sequenceBytes
  const lines = new Uint8Array(count * (sequenceBytes + 1)).fill(separator)
  for (let i = 0; i < count; i++) {
    const from = i * sequenceBytes
    lines.set(sequences.subarray(from, from + sequenceBytes), i * (sequenceBytes + 1))
  }
  const codePoints = new Uint32Array(count)
  let i = 0
  for (const line of decoderOf(label).decode(lines).split('\n')) {
    if (i < count) codePoints[i] = codePointOf(line)
    i++
  }
  return codePoints
}

/** The only character of a decoded text; 0 if there are several, or the decoder has replaced something. */
function codePointOf(text: string): number {
  const codePoint = text.codePointAt(0) ?? 0
  const isOne = text.length === (codePoint > 0xffff ? 2 : 1)
  return isOne && codePoint !== replacement ? codePoint : 0
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label, { ignoreBOM: true })
  } catch (cause) {
    throw usageError(
      `this Node.js was built without the encoding ${label}: use an official build, or turn the file into UTF-8 with iconv`,
      { cause },
    )
  }
}
