/*
  Decoding piece by piece, and the way back to the input's bytes.
*/
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { DecodedText } from '../../../src/source/encoding/decoded-text.js'
import type { Encoding } from '../../../src/source/encoding/encodings.js'
import { openDecoder } from '../../../src/source/encoding/open-decoder.js'
import { runs } from '../../helpers/runs.js'

type Decoded = Exclude<Encoding, 'utf-8'>

/** What each has besides ASCII. */
const alphabets: Partial<Record<Decoded, string>> = {
  gb18030: '股票代码万科A，一丂㐀é€𠀀😀 ',
  gbk: '股票代码万科一丂€',
  big5: '股票代碼一丁功許',
  shift_jis: 'ソ表能ｱｲﾂ株式コード',
  'euc-jp': '株式コードｱｲ丂',
  'euc-kr': '종목코드갂똠',
  'utf-16le': '股票é😀𠀀\u0a0a\u0d0d',
  'utf-16be': '股票é😀𠀀\u0a0a\u0d0d',
  'windows-1252': 'é€ß™',
  'windows-1251': 'Цена',
  latin1: 'éß\x85',
}

const cases = Object.entries(alphabets) as [Decoded, string][]

/** Characters, some of them ASCII with what tables are made of. */
const charactersOf = (alphabet: string): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom(...alphabet, ...'a7,|\\{"\r\n'), { maxLength: 400 })

interface Piecewise {
  readonly text: DecodedText
  readonly decoded: Buffer
}

function piecewise(encoding: Decoded, bytes: Uint8Array, size: number, start = 0): Piecewise {
  const text = new DecodedText(() => openDecoder(encoding), start)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(Buffer.from(text.append(bytes.slice(at, at + size))))
  }
  parts.push(Buffer.from(text.end()))
  return { text, decoded: Buffer.concat(parts) }
}

t.test('pieces of any size give the text that iconv-lite wrote', async t => {
  for (const [encoding, alphabet] of cases) {
    fc.assert(
      fc.property(charactersOf(alphabet), fc.integer({ min: 1, max: 70 }), (characters, size) => {
        const wanted = characters.join('')
        const { text, decoded } = piecewise(encoding, iconv.encode(wanted, encoding), size)
        return decoded.toString() === wanted && !text.mayBeBroken(0)
      }),
      { numRuns: runs(100) },
    )
    t.pass(encoding)
  }
})

t.test('every position of the text leads to the bytes it was decoded from', async t => {
  for (const [encoding, alphabet] of cases) {
    fc.assert(
      fc.property(
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
            // Within a character, its beginning is meant.
            if (textEnd > textOffset + 1 && text.inputOffset(textEnd - 1) !== inputOffset)
              return false
            textOffset = textEnd
            inputOffset += encoded[i]!.length
          }
          return text.inputOffset(textOffset) === inputOffset
        },
      ),
      { numRuns: runs(60) },
    )
    t.pass(encoding)
  }
})

t.test('any bytes come out as text and marks, the same in pieces of any size', async t => {
  for (const [encoding] of cases) {
    fc.assert(
      fc.property(
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
      ),
      { numRuns: runs(300) },
    )
    t.pass(encoding)
  }
})

t.test('what is no character is named with its place', async t => {
  const bytes = Buffer.concat([iconv.encode('股,', 'gb18030'), Buffer.from('ff2cd6', 'hex')])
  const { text, decoded } = piecewise('gb18030', bytes, 2, 4)
  t.equal(decoded.toString('latin1'), `${Buffer.from('股,').toString('latin1')}\xff,\xff`)
  t.strictSame(text.brokenBytes(decoded, 4), { offsetBytes: 7, bytes: Uint8Array.of(0xff) })
  t.strictSame(text.brokenBytes(decoded.subarray(5), 9), {
    offsetBytes: 9,
    bytes: Uint8Array.of(0xd6),
  })
  t.equal(text.brokenBytes(decoded.subarray(0, 4), 4), undefined)
  t.ok(text.mayBeBroken(10))
  t.notOk(text.mayBeBroken(11))
})

t.test('a delimiter behind half a character stays one', async t => {
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
