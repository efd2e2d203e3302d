/*
  Every byte and every pair of bytes in every encoding, against iconv-lite.
*/
import iconv from 'iconv-lite'
import t from 'tap'
import {
  encodings,
  isSingleByte,
  isUtf16,
  type Encoding,
} from '../../../src/source/encoding/encodings.js'
import { openDecoder } from '../../../src/source/encoding/open-decoder.js'
import { decodedBytes, textOf } from './decoding.js'

type Decoded = Exclude<Encoding, 'utf-8'>

/** iconv-lite's names where they differ: what Windows calls Big5, and ISO 8859-1 as the standard has it. */
const oracleNames: Partial<Record<Encoding, string>> = { big5: 'cp950', 'euc-kr': 'cp949' }

/** Characters that GB18030-2022 moved; iconv-lite has the version of 2005. */
const moved: ReadonlyMap<string, string> = new Map(
  [
    ...['a6d9 fe10', 'a6da fe12', 'a6db fe11', 'a6dc fe13', 'a6dd fe14', 'a6de fe15'],
    ...['a6df fe16', 'a6ec fe17', 'a6ed fe18', 'a6f3 fe19', 'fe59 9fb4', 'fe61 9fb5'],
    ...['fe66 9fb6', 'fe67 9fb7', 'fe6d 9fb8', 'fe7e 9fb9', 'fe90 9fba', 'fea0 9fbb'],
  ].map(line => [line.slice(0, 4), String.fromCodePoint(parseInt(line.slice(5), 16))]),
)

const isPrivate = (text: string): boolean => /[\ue000-\uf8ff]/.test(text)

/** What the bytes are; undefined when they are no text. */
function expected(encoding: Decoded, bytes: Buffer): string | undefined {
  const text = iconv.decode(bytes, oracleNames[encoding] ?? encoding, { stripBOM: false })
  if (encoding === 'gb18030' || encoding === 'gbk') {
    return moved.get(bytes.toString('hex')) ?? unlessBroken(text)
  }
  // One byte that iconv-lite takes for a control character.
  if (encoding === 'shift_jis' && bytes.includes(0x80) && text.includes('\x80')) return undefined
  // Characters that everybody defines otherwise are none to the loader.
  if (['big5', 'shift_jis', 'euc-kr', 'euc-jp'].includes(encoding) && isPrivate(text))
    return undefined
  return unlessBroken(text)
}

const unlessBroken = (text: string): string | undefined =>
  text.includes('\ufffd') ? undefined : text

const decoded = encodings.filter((name): name is Decoded => name !== 'utf-8' && !isUtf16(name))

t.test('every byte, and every pair of bytes, is what iconv-lite says, or is no text', async t => {
  for (const encoding of decoded.filter(name => !isSingleByte(name))) {
    const wrong: string[] = []
    for (let first = 0; first < 256; first++) {
      for (let second = -1; second < 256; second++) {
        const bytes = Buffer.from(second < 0 ? [first] : [first, second])
        const found = textOf(encoding, bytes)
        const wanted = expected(encoding, bytes)
        if (found !== wanted) wrong.push(`${bytes.toString('hex')}: ${found}, not ${wanted}`)
      }
    }
    t.strictSame(wrong.slice(0, 20), [], encoding)
  }
})

t.test('where each byte stands alone, all pairs are decoded in one go', async t => {
  const pairs = Buffer.from(
    Array.from({ length: 2 * 65_536 }, (_, i) => (i % 2 ? i >> 1 : i >> 9) & 255),
  )
  for (const encoding of decoded.filter(isSingleByte)) {
    const text = decodedBytes(openDecoder(encoding), pairs)
    const shown = Buffer.from(text.toString('latin1').replaceAll('\xff', '\xef\xbf\xbd'), 'latin1')
    t.ok(shown.equals(Buffer.from(iconv.decode(pairs, encoding))), encoding)
  }
})

t.test('characters of three bytes in EUC-JP', async t => {
  const wrong: string[] = []
  for (let second = 0x80; second < 256; second++) {
    for (let third = 0; third < 256; third++) {
      const bytes = Buffer.from([0x8f, second, third])
      if (textOf('euc-jp', bytes) !== expected('euc-jp', bytes)) wrong.push(bytes.toString('hex'))
    }
  }
  t.strictSame(wrong.slice(0, 20), [])
})

t.test('characters of four bytes in GB18030', async t => {
  const wrong: string[] = []
  for (let index = 0; index < 126 * 12_600; index += index < 50_000 ? 1 : 97) {
    const places = [index / 12_600, (index / 1260) % 10, (index / 10) % 126, index % 10]
    const bytes = Buffer.from(places.map((place, i) => [0x81, 0x30][i % 2]! + Math.floor(place)))
    // iconv-lite does not refuse what lies between the planes and behind the last one.
    const isNone = (index >= 39_420 && index < 189_000) || index >= 189_000 + 0x100000
    const wanted = isNone ? undefined : expected('gb18030', bytes)
    if (textOf('gb18030', bytes) !== wanted) wrong.push(bytes.toString('hex'))
  }
  t.strictSame(wrong.slice(0, 20), [])
  for (const hex of ['e3329a36', '8431a530', 'fe39fe39', '8f39fe39']) {
    t.equal(textOf('gb18030', Buffer.from(hex, 'hex')), undefined, hex)
  }
  t.equal(textOf('gb18030', Buffer.from('e3329a35', 'hex')), '\u{10ffff}')
})
