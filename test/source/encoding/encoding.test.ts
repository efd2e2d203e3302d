/* Encodings of inputs: recognized in samples, decoded in chunks, and compared with iconv-lite. */
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { CountedChunks } from '../../../src/source/file-chunks.js'
import { openDecoder } from '../../../src/source/encoding/character-decoder.js'
import { DecodedText } from '../../../src/source/encoding/decoded-text.js'
import {
  type Encoding,
  encodingNamed,
  encodings,
  isSingleByte,
  isUtf16,
  knownEncoding,
} from '../../../src/source/encoding/encodings.js'
import {
  byteOrderMark,
  firstNotUtf8,
  guessedEncoding,
  type OpenedText,
  openText,
  Utf8Text,
} from '../../../src/source/encoding/open-text.js'
import { deepTest, forAll } from '../../helpers/runs.js'
import { decodedBytes, pieces, textOf } from './decoding.js'

t.test('names are accepted in any case and spelling', async t => {
  for (const [encoding, ...names] of [
    ['utf-8', 'UTF-8', 'utf8'],
    ['gbk', 'GB2312', 'cp936'],
    ['shift_jis', 'Shift-JIS', 'SJIS'],
    ['utf-16le', 'UTF_16LE'],
    ['latin1', 'ISO-8859-1'],
    ['windows-1252', 'cp1252'],
    ['euc-kr', 'EUC_KR'],
    [undefined, 'utf-7', '', 'toString'],
  ] as const) {
    for (const name of names) t.equal(encodingNamed(name), encoding, name)
  }
  for (const name of encodings) t.equal(knownEncoding(name), name)
  t.throws(() => knownEncoding('ebcdic'), { code: 'DDB_USAGE', message: /ebcdic.*gb18030/ })
})

t.test('bytes that some versions of Node read otherwise', async t => {
  t.equal(textOf('koi8-u', Buffer.of(0xae, 0xbe)), '╝╬')
  t.equal(textOf('gb18030', Buffer.of(0x84, 0x31, 0xa4, 0x37)), '\ufffd', 'or as an error')
})

t.test('only a complete byte order mark counts, and the longest mark decides', async t => {
  for (const [encoding, ...starts] of [
    ['utf-8', 'efbbbf', 'efbbbf61'],
    ['utf-16le', 'fffe6100', 'fffe'],
    ['utf-16be', 'feff0061'],
    ['utf-32', 'fffe0000', '0000feff'],
    ['gb18030', '84319533'],
    [undefined, '', 'ef', 'efbb', 'efbb61', '61efbbbf', '843195', '61'],
  ] as const) {
    for (const hex of starts) {
      const found = byteOrderMark(Buffer.from(hex, 'hex'))
      t.equal(found?.encoding, encoding, hex)
      if (found !== undefined) t.ok(hex.startsWith(Buffer.from(found.mark).toString('hex')), hex)
    }
  }
})

/** Texts that iconv-lite writes in the encoding. */
const samples: [text: string, encoding: string][] = [
  ['代码,股票名称\n000001,平安银行\n', 'gb18030'],
  ['code,name\n1,股票\n', 'utf-16le'],
  ['code,name\n1,股票\n', 'utf-16be'],
]

t.test('a text that is not UTF-8 may be GB18030 or UTF-16, with some of its words', async t => {
  for (const [text, encoding] of samples) {
    const guess = guessedEncoding(iconv.encode(text, encoding), true)
    t.equal(guess?.encoding, encoding)
    t.ok(guess !== undefined && guess.example !== '' && text.includes(guess.example), encoding)
  }
  for (const text of [
    'Ação,Preço\nNão,5\n',
    'Größe,Straße\n1,Café\n',
    '©,£ 1.80\n',
    'ça\n',
    'Société\n',
  ]) {
    t.equal(guessedEncoding(iconv.encode(text, 'windows-1252'), true), undefined, text)
  }
  t.equal(guessedEncoding(iconv.encode('code,name\n1,a\n', 'utf-16le'), true)?.encoding, 'utf-16le')
})

t.test('a sample from the middle of a file is examined line by line', async t => {
  const bytes = iconv.encode('000001,平安银行\n'.repeat(3), 'gb18030')
  for (const cut of [1, 2, 3]) {
    const found = guessedEncoding(bytes.subarray(cut, bytes.length - cut), false)
    t.strictSame(found, { encoding: 'gb18030', example: '平安银行' })
  }
})

t.test('invalid bytes are examined, even in an incomplete line', async t => {
  const ascii = Buffer.from('x,y\n'.repeat(400_000))
  const bytes = iconv.encode('1,平安银行,2', 'gb18030')
  for (const [before, behind] of [
    ['', ''],
    ['', ',y\nx,y\n'],
    ['x,y\nx', ''],
    [ascii, 'x\n'],
  ] as const) {
    const sample = Buffer.concat([Buffer.from(before), bytes, Buffer.from(behind)])
    const found = guessedEncoding(sample, false, before.length + 2)
    t.equal(found?.example.slice(0, 4), '平安银行', String(before.length))
  }
})

t.test('bytes that are not text fit no encoding, and one bad byte decides', async t => {
  for (const hex of ['00ff0102030405', 'd6d0b9fa0aff0a', '81010a', 'c3a9ff0a']) {
    t.equal(guessedEncoding(Buffer.from(hex, 'hex'), true), undefined, hex)
  }
})

// Every byte and every pair of bytes in every encoding, compared with iconv-lite.

type Decoded = Exclude<Encoding, 'utf-8'>

/** The names in iconv-lite that differ: those of the code pages that Windows uses for Big5 and EUC-KR. */
const oracleNames: Partial<Record<Encoding, string>> = { big5: 'cp950', 'euc-kr': 'cp949' }

/** Characters that GB18030-2022 moved. iconv-lite implements the version of 2005. */
const moved: ReadonlyMap<string, string> = new Map(
  [
    ...['a6d9 fe10', 'a6da fe12', 'a6db fe11', 'a6dc fe13', 'a6dd fe14', 'a6de fe15'],
    ...['a6df fe16', 'a6ec fe17', 'a6ed fe18', 'a6f3 fe19', 'fe59 9fb4', 'fe61 9fb5'],
    ...['fe66 9fb6', 'fe67 9fb7', 'fe6d 9fb8', 'fe7e 9fb9', 'fe90 9fba', 'fea0 9fbb'],
  ].map(line => [line.slice(0, 4), String.fromCodePoint(parseInt(line.slice(5), 16))]),
)

/** The text of the bytes; undefined if they are not text. */
function expected(encoding: Decoded, bytes: Buffer): string | undefined {
  const text = iconv.decode(bytes, oracleNames[encoding] ?? encoding, { stripBOM: false })
  if (encoding === 'gb18030' || encoding === 'gbk') {
    return moved.get(bytes.toString('hex')) ?? unlessBroken(text)
  }
  return unlessBroken(text)
}

const unlessBroken = (text: string): string | undefined =>
  text.includes('\ufffd') ? undefined : text

const decoded = encodings.filter((name): name is Decoded => name !== 'utf-8' && !isUtf16(name))

t.test('every byte and every pair of bytes gives the text of iconv-lite, or no text', async t => {
  for (const encoding of ['gb18030', 'gbk'] as const) {
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

deepTest(t, 'in single-byte encodings, all pairs are decoded at once', async t => {
  const pairs = Buffer.from(
    Array.from({ length: 2 * 65_536 }, (_, i) => (i % 2 ? i >> 1 : i >> 9) & 255),
  )
  for (const encoding of decoded.filter(isSingleByte)) {
    const text = decodedBytes(openDecoder(encoding), pairs)
    const shown = Buffer.from(text.toString('latin1').replaceAll('\xff', '\xef\xbf\xbd'), 'latin1')
    t.ok(shown.equals(Buffer.from(iconv.decode(pairs, encoding))), encoding)
  }
})

t.test('characters of four bytes in GB18030', async t => {
  const wrong: string[] = []
  for (let index = 0; index < 126 * 12_600; index += index < 50_000 ? 1 : 97) {
    const places = [index / 12_600, (index / 1260) % 10, (index / 10) % 126, index % 10]
    const bytes = Buffer.from(places.map((place, i) => [0x81, 0x30][i % 2]! + Math.floor(place)))
    // iconv-lite also accepts codes between the planes and after the last plane, which the loader refuses.
    const isNone = (index >= 39_420 && index < 189_000) || index >= 189_000 + 0x100000
    const isReplacement = bytes.toString('hex') === '8431a437'
    const wanted = isNone ? undefined : isReplacement ? '\ufffd' : expected('gb18030', bytes)
    if (textOf('gb18030', bytes) !== wanted) wrong.push(bytes.toString('hex'))
  }
  t.strictSame(wrong.slice(0, 20), [])
  for (const hex of ['e3329a36', '8431a530', 'fe39fe39', '8f39fe39']) {
    t.equal(textOf('gb18030', Buffer.from(hex, 'hex')), undefined, hex)
  }
  t.equal(textOf('gb18030', Buffer.from('e3329a35', 'hex')), '\u{10ffff}')
})

// The encoding of an input: when the program finds it, and which inputs it refuses.

interface Given {
  readonly asked?: 'auto' | Encoding
  readonly size?: number
  readonly mayWait?: boolean
}

async function opened(
  content: Uint8Array | string,
  { asked = 'auto', size = 1000, mayWait = true }: Given = {},
): Promise<OpenedText> {
  const counted = new CountedChunks(pieces(Buffer.from(content), size))
  return openText(counted, 'x.csv', asked, mayWait)
}

/** The text, and the error that ended it. */
async function read({ chunks }: OpenedText): Promise<{ text: string; error: unknown }> {
  let text = ''
  try {
    for await (const chunk of chunks()) text += Buffer.from(chunk).toString('latin1')
  } catch (error) {
    return { text, error }
  }
  return { text, error: undefined }
}

const chinese = Buffer.from('b4fac2ebcabec0fd0a', 'hex')
const mark = Buffer.from('efbbbf', 'hex')

t.test('input that is not UTF-8 is refused before delivery, with encodings that fit', async t => {
  for (const content of [
    chinese,
    Buffer.concat([Buffer.from('id\n'), chinese]),
    Buffer.from('a\xe9', 'latin1'),
  ]) {
    const error = { code: 'DDB_INPUT_ENCODING', exitCode: 65, position: { file: 'x.csv' } }
    await t.rejects(opened(content), error)
  }
  await t.rejects(opened(chinese), { message: /gb18030 \(/, position: { offsetBytes: 0 } })
  // Some bytes of the input are valid UTF-8.
  const mixed = Buffer.concat([Buffer.from('c2a9c2a90a', 'hex'), chinese])
  await t.rejects(opened(mixed), { message: /gb18030/, position: { offsetBytes: 5 } })
  await t.rejects(opened(Buffer.from('fffe0000', 'hex')), { message: /UTF-32/ })
  const error = { code: 'DDB_INPUT_ENCODING', message: /mark of utf-8/ }
  await t.rejects(opened(Buffer.concat([mark, Buffer.of(0x61)]), { asked: 'gb18030' }), error)
})

t.test('after the sample, reading ends at the chunk with the first invalid bytes', async t => {
  const lines = Buffer.from('1,é\n'.repeat(300_000))
  const broken = Buffer.concat([lines, chinese, lines])
  const { text, error } = await read(await opened(broken, { size: 4096 }))
  t.match(error, {
    code: 'DDB_INPUT_ENCODING',
    message: /gb18030/,
    position: { offsetBytes: lines.length },
  })
  t.ok(lines.toString('latin1').startsWith(text))
  t.ok(text.length >= 1024 * 1024)
  const pipe = await read(
    await opened(Buffer.concat([Buffer.from('a,b\n'), chinese]), { size: 4, mayWait: false }),
  )
  t.equal(pipe.text, 'a,b\n', 'only the first chunk of a pipe can be examined')
  t.match(pipe.error, { code: 'DDB_INPUT_ENCODING' })
  const half = Buffer.concat([lines, Buffer.of(0xe4)])
  t.match((await read(await opened(half))).error, { position: { offsetBytes: lines.length } })
})

t.test('requested UTF-8 is delivered completely, and its invalid bytes are known', async t => {
  const content = Buffer.from('a\n\xe9b\n', 'latin1')
  const found = await opened(content, { asked: 'utf-8', size: 3 })
  t.match(found.text, { encoding: 'utf-8', how: 'given', origin: undefined })
  t.strictSame(await read(found), { text: 'a\n\xe9b\n', error: undefined })
  const { broken } = found.text
  t.ok(broken?.mayBeBroken(2))
  const expected = { offsetBytes: 2, bytes: Uint8Array.of(0xe9) }
  t.strictSame(broken?.brokenBytes(content.subarray(2), 2), expected)
  t.equal(broken?.brokenBytes(content.subarray(0, 2), 0), undefined)
  const cut = await opened(Buffer.of(0x61, 0xe4), { asked: 'utf-8' })
  await read(cut)
  t.ok(cut.text.broken?.mayBeBroken(1))
})

t.test('any other encoding is decoded, without its byte order mark', async t => {
  const found = await opened(chinese, { asked: 'gb18030', size: 1 })
  t.match(found.text, { encoding: 'gb18030', how: 'given' })
  t.equal(Buffer.from((await read(found)).text, 'latin1').toString(), '代码示例\n')
  const marked = await opened(Buffer.concat([Buffer.from('84319533', 'hex'), chinese]))
  t.match(marked.text, { encoding: 'gb18030', how: 'found' })
  t.equal(marked.startOffsetBytes, 4)
  t.equal(Buffer.from((await read(marked)).text, 'latin1').toString(), '代码示例\n')
})

// Decodes an input chunk by chunk, and maps positions in the text to bytes of the input.

/** Characters of each encoding in addition to ASCII. */
const alphabets: Partial<Record<Decoded, string>> = {
  gb18030: '股票代码万科A，一丂㐀é€𠀀😀 ',
  gbk: '股票代码万科一丂€',
  big5: '股票代碼一丁功許',
  shift_jis: 'ソ表能ｱｲﾂ株式コード',
  'euc-jp': '株式コードｱｲ丂',
  'euc-kr': '종목코드가',
  'utf-16le': '股票é😀𠀀\u0a0a\u0d0d',
  'utf-16be': '股票é😀𠀀\u0a0a\u0d0d',
  'windows-1252': 'é€ß™',
  'windows-1251': 'Цена',
  latin1: 'éß\x85',
}

const cases = Object.entries(alphabets) as [Decoded, string][]

/** Characters of the alphabet mixed with ASCII: letters, digits, delimiters, quotes, line ends. */
const charactersOf = (alphabet: string): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...alphabet, ...'a7,|\\{"\r\n'), { maxLength: 400 })

function piecewise(encoding: Decoded, bytes: Uint8Array, size: number, start = 0) {
  const text = new DecodedText(encoding, start)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(Buffer.from(text.append(bytes.slice(at, at + size))))
  }
  parts.push(Buffer.from(text.end()))
  return { text, decoded: Buffer.concat(parts) }
}

t.test('chunks of any size give the text that iconv-lite encoded', async () => {
  for (const [encoding, alphabet] of cases) {
    forAll(100)(charactersOf(alphabet), fc.integer({ min: 1, max: 70 }), (characters, size) => {
      const wanted = characters.join('')
      const { text, decoded } = piecewise(encoding, iconv.encode(wanted, encoding), size)
      return decoded.toString() === wanted && !text.mayBeBroken(0)
    })
  }
})

t.test('every position in the text is mapped to the bytes that it was decoded from', async () => {
  for (const [encoding, alphabet] of cases) {
    forAll(60)(
      charactersOf(alphabet),
      fc.integer({ min: 1, max: 700 }),
      fc.nat(),
      (characters, size, releaseSeed) => {
        const encoded = characters.map(character => iconv.encode(character, encoding))
        const bytes = Buffer.concat(encoded)
        const { text } = piecewise(encoding, bytes, size, 5)
        let textOffset = 5
        let inputOffset = 5
        for (const [i, character] of characters.entries()) {
          if (i === releaseSeed % (characters.length + 1)) text.release(textOffset)
          const textEnd = textOffset + Buffer.byteLength(character)
          if (text.inputOffset(textOffset) !== inputOffset) return false
          if (!Buffer.from(text.inputBytes(textOffset, textEnd)).equals(encoded[i]!)) return false
          // A position inside a character is mapped to the first byte of the character.
          if (textEnd > textOffset + 1 && text.inputOffset(textEnd - 1) !== inputOffset)
            return false
          textOffset = textEnd
          inputOffset += encoded[i]!.length
        }
        return text.inputOffset(textOffset) === inputOffset
      },
    )
  }
})

t.test('any bytes become text and marks, the same for chunks of any size', async () => {
  for (const [encoding] of cases) {
    forAll(300)(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (bytes, size) => {
        const whole = piecewise(encoding, bytes, 1000)
        const { text, decoded } = piecewise(encoding, bytes, size)
        const marks = decoded.filter(byte => byte === 0xff).length
        const rest = Buffer.from(decoded.filter(byte => byte !== 0xff))
        return (
          whole.decoded.equals(decoded) &&
          isUtf8(rest) &&
          text.mayBeBroken(0) === marks > 0 &&
          (text.brokenBytes(decoded, 0) !== undefined) === marks > 0
        )
      },
    )
  }
})

t.test('the message names an invalid character with its position', async t => {
  const bytes = Buffer.concat([iconv.encode('股,', 'gb18030'), Buffer.from('ff2cd6', 'hex')])
  const { text, decoded } = piecewise('gb18030', bytes, 2, 4)
  t.equal(decoded.toString('latin1'), `${Buffer.from('股,').toString('latin1')}\xff,\xff`)
  t.strictSame(text.brokenBytes(decoded, 4), { offsetBytes: 7, bytes: Uint8Array.of(0xff) })
  const expected = { offsetBytes: 9, bytes: Uint8Array.of(0xd6) }
  t.strictSame(text.brokenBytes(decoded.subarray(5), 9), expected)
  t.equal(text.brokenBytes(decoded.subarray(0, 4), 4), undefined)
  t.ok(text.mayBeBroken(10))
  t.notOk(text.mayBeBroken(11))
})

t.test('a delimiter after half a character remains a delimiter', async t => {
  for (const encoding of ['gb18030', 'big5', 'shift_jis', 'euc-kr', 'euc-jp'] as const) {
    const lead = Buffer.concat([
      Buffer.of(0x85),
      Buffer.from(',x'),
      Buffer.of(0x85),
      Buffer.from('\n'),
    ])
    t.equal(piecewise(encoding, lead, 1).decoded.toString('latin1'), '\xff,x\xff\n', encoding)
  }
})

// The check for UTF-8 in chunks, compared with Node's own check of all bytes.

/** Mostly text, sometimes with an invalid byte. */
const bytes = fc
  .tuple(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.nat(60),
    fc.option(fc.integer({ min: 0, max: 255 })),
  )
  .map(([text, at, byte]) => {
    const found = Buffer.from(text)
    if (byte !== null && found.length > 0) found[at % found.length] = byte
    return Uint8Array.from(found)
  })

/** Length of the longest valid beginning, found by trying all lengths; undefined if all bytes are valid. */
function expectedBroken(whole: Uint8Array): number | undefined {
  if (isUtf8(whole)) return undefined
  let at = whole.length
  while (!isUtf8(whole.subarray(0, at))) at--
  return at
}

t.test('the first invalid bytes are found, in chunks of any size', async () => {
  forAll(3000)(bytes, fc.integer({ min: 1, max: 9 }), (whole, size) => {
    let found: number | undefined
    const text = new Utf8Text(0, (_chunk, at, start) => (found ??= start + at))
    for (let at = 0; at < whole.length && found === undefined; at += size) {
      // Slices of a Buffer are views, so the chunks are only lent.
      const chunk = Buffer.from(whole.subarray(at, at + size))
      text.append(chunk)
      chunk.fill(0x23)
    }
    text.end()
    return found === expectedBroken(whole)
  })
})

t.test('the first invalid bytes are also found in a single chunk', async () => {
  forAll(2000)(bytes, whole => firstNotUtf8(whole) === (expectedBroken(whole) ?? -1))
})
