/*
  The encodings that inputs may have, and the usual names of each.
*/
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
