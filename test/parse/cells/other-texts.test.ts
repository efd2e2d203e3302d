/* Tests how cells become pairs, DURATIONs, sixteen-byte values, truth values and CHARs, and how their bytes are decoded. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import {
  hexDigit,
  isUtf8,
  latin1,
  trimmedEnd,
  trimmedStart,
  utf8Text,
} from '../../../src/parse/cells/cell-bytes.js'
import { forAll, runs } from '../../helpers/runs.js'
import { cellOf, readText, readTexts, type Reading } from './cell.js'

// COMPLEX, POINT and DURATION, compared with Number and the unit numbers of docs/protocol.md#data-types.

const complex = (text: string): Reading => readText('COMPLEX', text)
const point = (text: string): Reading => readText('POINT', text)
const duration = (text: string): Reading => readText('DURATION', text)

t.test('two doubles are read back from their texts', async () => {
  const double = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter(value => value !== -Number.MAX_VALUE)
  forAll(300)(double, double, (first, second) => {
    const spelled = Object.is(first, -0) ? '-0' : String(first)
    const other = Object.is(second, -0) ? '-0' : String(second)
    deepStrictEqual(point(`(${spelled},${other})`), [first, second])
    const signed = other.startsWith('-') ? other : `+${other}`
    deepStrictEqual(complex(`${spelled}${signed}i`), [first, second])
  })
})

t.test('decimal numbers of any length are read like Number', async () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 })
  const number = fc
    .tuple(fc.constantFrom('', '', '-', '+'), digits, fc.constantFrom('', '.'), digits)
    .map(parts => parts.join(''))
  const isNumber = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)
  forAll(1000)(number, number, fc.constantFrom('', ' '), (first, second, between) => {
    const isPair = isNumber(first) && isNumber(second)
    const expected = isPair ? [Number(first), Number(second)] : 'cell'
    deepStrictEqual(point(`(${first},${between}${second})`), expected)
    const signed = /^[+-]/.test(second) ? second : `+${second}`
    deepStrictEqual(complex(`${first}${signed}i`), expected)
  })
})

t.test('spellings of COMPLEX and POINT', async t => {
  t.strictSame(complex('2.3+4.0i'), [2.3, 4])
  t.strictSame(complex(' -2.-.5i '), [-2, -0.5])
  t.strictSame(complex('1e-3-2E+2i'), [0.001, -200])
  t.strictSame(point(' ( 1.5 , -2.5 ) '), [1.5, -2.5])
  t.strictSame(point('(+1,.5e1)'), [1, 5])
})

t.test('a number beyond a double, or the null of DOUBLE, does not fit', async t => {
  const least = '-1.7976931348623157e308'
  for (const text of ['1e309+1i', '1+1e309i', '-1e309+1i', `${least}+1i`, `1${least}i`]) {
    t.equal(complex(text), 'range', text)
  }
  for (const text of ['(1e309,1)', '(1,-1e309)', `(${least},1)`, `(1,${least})`]) {
    t.equal(point(text), 'range', text)
  }
})

t.test('a text that is not a pair is distinguished from a pair that does not fit', async t => {
  for (const text of ['1', '1i', '+i', '1+2', '1+i', '1 + 2i', '1+2j', '1++2i', 'NaN+1i', '12i']) {
    t.equal(complex(text), 'cell', JSON.stringify(text))
  }
  for (const text of ['1,2', '(1,2', '1,2)', '(1)', '(1,2,3)', '(,)', '(1;2)', '(a,b)']) {
    t.equal(point(text), 'cell', JSON.stringify(text))
  }
})

t.test('a DURATION is a count and a unit', async t => {
  const units = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B']
  for (const [number, unit] of units.entries()) {
    t.strictSame(duration(`3${unit}`), [3, number], unit)
  }
  // The code of an exchange consists of its four letters; the first letter is the highest byte.
  t.strictSame(duration('5XNYS'), [5, Buffer.from('XNYS').readInt32BE()])
  t.strictSame(duration(' -2147483647ms '), [-2_147_483_647, 2])
  t.strictSame(duration('+2147483647ms'), [2_147_483_647, 2])
  for (const text of ['2147483648ms', '-2147483648ms', '99999999999999999999ns']) {
    t.equal(duration(text), 'range', text)
  }
  for (const text of ['3', 'ms', '3 ms', '3.5s', '3h', '3MS', '3XN', '3xnys', '3XNYSE', '1e3s']) {
    t.equal(duration(text), 'cell', JSON.stringify(text))
  }
})

// UUIDs, hexadecimal digits and IP addresses, compared with Buffer, net.isIP and URL.

const hexDigits = (text: string): Reading => readText('INT128', text)
const uuidOf = (text: string): Reading => readText('UUID', text)
const address = (text: string): Reading => readText('IPADDR', text)

const uuidText = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

t.test('16 bytes are stored in the reverse order of their digits', async () => {
  forAll(200)(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (value, upper) => {
    const digits = Buffer.from(value).toString('hex')
    const hex = upper ? digits.toUpperCase() : digits
    const reversed = Buffer.from(value).reverse()
    // 16 zero bytes are the null.
    const expected = value.every(byte => byte === 0) ? 'range' : reversed.toString('hex')
    strictEqual(hexDigits(hex), expected)
    strictEqual(uuidOf(uuidText(hex)), expected)
    strictEqual(uuidOf(` \t${uuidText(hex)} `), expected)
  })
})

t.test('any other text is neither a UUID nor an INT128', async t => {
  const hex = '00112233445566778899aabbccddeeff'
  const uuid = uuidText(hex)
  for (const text of [hex.slice(1), `${hex}0`, uuid, `g${hex.slice(1)}`, `${hex.slice(1)}G`]) {
    t.equal(hexDigits(text), 'cell', `hexadecimal: ${text}`)
  }
  for (const text of [
    hex,
    uuid.slice(1),
    `${uuid}0`,
    `{${uuid.slice(2)}}`,
    uuid.replace('-', '_'),
    uuid.replaceAll('-', ' '),
    uuid.replace('a', 'g'),
    uuid.replace('f', '/'),
    `0${uuid.replace('-', '')}`,
  ]) {
    t.equal(uuidOf(text), 'cell', `UUID: ${text}`)
  }
})

t.test('one wrong byte at any position is noticed', async t => {
  const hex = '00112233445566778899aAbBcCdDeEfF'
  for (const [read, text] of [
    [hexDigits, hex],
    [uuidOf, uuidText(hex)],
  ] as const) {
    t.equal(String(read(text)).length, 32)
    for (let at = 0; at < text.length; at++) {
      for (let code = 0; code < 128; code++) {
        const c = String.fromCharCode(code)
        const isRight = text[at] === '-' ? c === '-' : /[0-9a-fA-F]/.test(c)
        // Blanks around a text are ignored, but change its length.
        const changed = text.slice(0, at) + c + text.slice(at + 1)
        strictEqual(read(changed) !== 'cell', isRight, JSON.stringify(changed))
      }
    }
  }
})

t.test('a text is an IPv4 address exactly if net.isIPv4 says so', async t => {
  const part = fc.constantFrom('0', '1', '9', '99', '100', '255', '256', '300', '01', '00', '', 'a')
  forAll(500)(fc.array(part, { minLength: 3, maxLength: 5 }), parts => {
    const text = parts.join('.')
    const expected = Buffer.alloc(16)
    expected.set(parts.map(Number).reverse())
    const isNull = expected.every(byte => byte === 0)
    const value = isNull ? 'range' : expected.toString('hex')
    strictEqual(address(text), isIPv4(text) ? value : 'cell', text)
  })
  for (const [text, hex] of [
    ['0.0.0.1', '01'],
    ['1.2.3.4', '04030201'],
    [' 255.255.255.255\t', 'ffffffff'],
  ] as const) {
    t.equal(address(text), hex.padEnd(32, '0'), text)
  }
  for (const text of ['1.2.3.4.', '.1.2.3.4', '1..2.3', '1.2.3 .4', '+1.2.3.4', '1,2,3,4']) {
    t.equal(address(text), 'cell', text)
  }
})

/** The groups of an address as `URL` spells it: without leading zeros, and with `::` for the longest run of zeros. */
function groupsOf(text: string): number[] {
  const { hostname } = new URL(`http://[${text}]/`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map(group => parseInt(group, 16))
  const front = numbers(head)
  const back = numbers(tail ?? '')
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}

t.test('a text is an IPv6 address if net.isIPv6 says so, with the value that URL has', async t => {
  const group = fc.constantFrom('', ...'0 1 ab FfF0 0001 12345 g 1.2.3.4 1.2.3'.split(' '))
  const separator = fc.constantFrom(':', ':', ':', '::')
  const text = fc
    .tuple(
      fc.constantFrom('', '', ':', '::'),
      fc.array(fc.tuple(group, separator), { maxLength: 9 }),
      fc.constantFrom('0', 'c', '10.0.0.255', '1.2.3.4.5', '', ':'),
    )
    .map(([front, groups, back]) => `${front}${groups.flat().join('')}${back}`)
  const spelled = fc
    .tuple(fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }), fc.nat(8), fc.nat(8), fc.boolean())
    .map(([groups, from, length, isMixed]) => {
      const parts = groups.map(one => ['0', '1', 'fe80', '0aB'][one]!)
      if (isMixed) parts.splice(6, 2, '1.20.255.0')
      const head = parts.slice(0, from).join(':')
      return length === 0 ? parts.join(':') : `${head}::${parts.slice(from + length).join(':')}`
    })
  let addresses = 0
  forAll(2000)(fc.oneof(text, spelled), spelling => {
    const found = address(spelling)
    if (isIPv4(spelling)) return
    const isAddress = isIPv6(spelling)
    strictEqual(found !== 'cell' && found !== null, isAddress, spelling)
    if (!isAddress) return
    addresses++
    const expected = Buffer.alloc(16)
    for (const [i, one] of groupsOf(spelling).entries()) expected.writeUInt16BE(one, 2 * i)
    const isNull = expected.every(byte => byte === 0)
    strictEqual(found, isNull ? 'range' : expected.reverse().toString('hex'), spelling)
  })
  t.ok(addresses > runs(2000) / 10, `${addresses} were addresses`)
})

// BOOL and CHAR, compared with tables of texts.

const bool = (text: string): Reading => readText('BOOL', text)
const char = (text: string | Uint8Array): Reading => readText('CHAR', text)

t.test('true and false in any case, 1 and 0', async t => {
  for (const text of ['true', 'TRUE', 'True', 'tRuE', '1', ' true\t', ' 1']) {
    t.equal(bool(text), 1, text)
  }
  for (const text of ['false', 'FALSE', 'False', '0', '\tfalse ']) t.equal(bool(text), 0, text)
  for (const text of [' ', 't', 'f', 'yes', '2', '01', 'truee', 'tru', 'falsE1', '-1']) {
    t.equal(bool(text), 'cell', JSON.stringify(text))
  }
})

t.test('a CHAR is an integer or one ASCII character', async t => {
  for (const [text, value] of [
    ['0', 0],
    ['127', 127],
    ['-127', -127],
    ['128', 'range'],
    ['-128', 'range'],
    [' 12 ', 12],
    ['5', 5],
    ["'5'", 53],
    ["'a'", 97],
    ["'''", 39],
    ["' '", 32],
    ['a', 97],
    ['~', 126],
    ["'", 39],
    ['-', 45],
    ['99999999999999999999', 'range'],
  ] as const) {
    t.equal(char(text), value, text)
  }
  for (const text of ['ab', "'ab'", "''", "a'", '1.5', 'é', "'é'", '1e3x', '\0', "'\0'"]) {
    t.equal(char(text), 'cell', JSON.stringify(text))
  }
  t.equal(char(Uint8Array.of(0x80)), 'cell', 'a byte that is not ASCII')
})

t.test('every ASCII character except digits and NUL is read as itself', async t => {
  for (let code = 1; code < 128; code++) {
    const text = String.fromCharCode(code)
    t.equal(char(text), /\d/.test(text) ? Number(text) : code, `character ${code}`)
  }
})

// Words that mean true and false.

const rules = { booleans: ['Y/N', '是/no way', '0/'] }

t.test('words mean true and false besides those of the type', async t => {
  const words = ['Y', ' Y\t', '是', '0', 'N', 'no way', 'y', 'no', 'true', 'YN']
  t.strictSame(readTexts('BOOL', words, rules), [1, 1, 1, 1, 0, 0, 'cell', 'cell', 1, 'cell'])
})

t.test('a word has one meaning', async t => {
  for (const booleans of [['x/x'], ['x/', '/x'], ['Y'], ['/'], [''], ['a/b/c']]) {
    t.throws(() => readText('BOOL', '', { booleans }), { code: 'DDB_USAGE' }, booleans.join(' '))
  }
  t.equal(readText('BOOL', '1', { booleans: [] }), 1)
})

// Blanks, hexadecimal digits and UTF-8 in bytes.

t.test('blanks and tabs are removed from both ends, and nothing else', async t => {
  for (const text of [' a b\t', '\t', '', '\u00a0x ', 'x']) {
    const { bytes, start, end } = cellOf(text)
    const first = trimmedStart(bytes, start, end)
    const rest = Buffer.from(bytes.subarray(first, trimmedEnd(bytes, first, end))).toString()
    t.equal(rest, text.replace(/^[ \t]+|[ \t]+$/g, ''), JSON.stringify(text))
  }
})

t.test('a byte is a hexadecimal digit exactly if Number says so', async t => {
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte)
    const value = /^[0-9a-f]$/i.test(text) ? Number(`0x${text}`) : -1
    t.equal(hexDigit(byte), value, `byte ${byte}`)
  }
})

t.test('bytes are UTF-8 exactly if TextDecoder accepts them', async t => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const takes = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef]
  const byte = fc.constantFrom(...edges, 0xf0, 0xf4, 0xf5, 0xff)
  forAll(2000)(fc.array(byte, { maxLength: 5 }), list => {
    const { bytes, start, end } = cellOf(Uint8Array.from(list))
    strictEqual(isUtf8(bytes, start, end), takes(Uint8Array.from(list)))
  })
  const { bytes, start, end } = cellOf(Uint8Array.of(0x41, 0xe9))
  t.equal(latin1(bytes, start, end), 'A\u00e9')
  t.equal(utf8Text(Buffer.from('\ufeffé')), '\ufeffé')
  t.equal(utf8Text(Uint8Array.of(0x41, 0xe9)), 'A\ufffd')
})
