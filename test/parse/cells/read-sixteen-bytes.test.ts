/*
  UUIDs, hexadecimal digits and IP addresses, against Buffer, net.isIP and URL.
*/
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import {
  readHexDigits,
  readIpAddress,
  readUuid,
} from '../../../src/parse/cells/read-sixteen-bytes.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

type Read<T> = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
) => T

/** What reading gives, and the 16 bytes; words before and behind them must stay as they are. */
function read<T>(reader: Read<T>, text: string): { outcome: T; value: Buffer } {
  const { bytes, view, start, end } = cellOf(text)
  const into = new Int32Array(6).fill(0xcc)
  const outcome = reader(bytes, view, start, end, into, 1)
  deepStrictEqual([into[0], into[5]], [0xcc, 0xcc])
  return { outcome, value: Buffer.from(into.slice(1, 5).buffer) }
}

const uuidText = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

t.test('16 bytes travel in the reverse order of their digits', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.boolean(), (value, upper) => {
      const digits = Buffer.from(value).toString('hex')
      const hex = upper ? digits.toUpperCase() : digits
      const reversed = Buffer.from(value).reverse()
      deepStrictEqual(read(readHexDigits, hex), { outcome: 0, value: reversed })
      deepStrictEqual(read(readUuid, uuidText(hex)), { outcome: 0, value: reversed })
      deepStrictEqual(read(readUuid, ` \t${uuidText(hex)} `), { outcome: 0, value: reversed })
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('any other text is neither', async t => {
  const hex = '00112233445566778899aabbccddeeff'
  const uuid = uuidText(hex)
  for (const text of ['', hex.slice(1), `${hex}0`, uuid, `g${hex.slice(1)}`, `${hex.slice(1)}G`]) {
    t.ok(Number.isNaN(read(readHexDigits, text).outcome), `hexadecimal: ${text}`)
  }
  for (const text of [
    '',
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
    t.ok(Number.isNaN(read(readUuid, text).outcome), `UUID: ${text}`)
  }
})

t.test('one wrong byte anywhere is seen', async t => {
  const hex = '00112233445566778899aAbBcCdDeEfF'
  for (const [reader, text] of [
    [readHexDigits, hex],
    [readUuid, uuidText(hex)],
  ] as const) {
    t.equal(read(reader, text).outcome, 0)
    for (let at = 0; at < text.length; at++) {
      for (let code = 0; code < 128; code++) {
        const c = String.fromCharCode(code)
        const isRight = text[at] === '-' ? c === '-' : /[0-9a-fA-F]/.test(c)
        // Blanks around a text are left out, and make it another length.
        const changed = text.slice(0, at) + c + text.slice(at + 1)
        strictEqual(read(reader, changed).outcome === 0, isRight, JSON.stringify(changed))
      }
    }
  }
})

t.test('an IPv4 address is one exactly when net.isIPv4 says so', async t => {
  const part = fc.constantFrom('0', '1', '9', '99', '100', '255', '256', '300', '01', '00', '', 'a')
  fc.assert(
    fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), parts => {
      const text = parts.join('.')
      const { outcome, value } = read(readIpAddress, text)
      strictEqual(outcome === 0, isIPv4(text), text)
      if (outcome === 0) {
        const expected = Buffer.alloc(16)
        expected.set(parts.map(Number).reverse())
        deepStrictEqual(value, expected, text)
      }
    }),
    { numRuns: runs(500) },
  )
  for (const [text, hex] of [
    ['0.0.0.1', '01'],
    ['1.2.3.4', '04030201'],
    [' 255.255.255.255\t', 'ffffffff'],
  ] as const) {
    t.strictSame(read(readIpAddress, text), {
      outcome: 0,
      value: Buffer.from(hex.padEnd(32, '0'), 'hex'),
    })
  }
  for (const text of ['1.2.3.4.', '.1.2.3.4', '1..2.3', '1.2.3 .4', '+1.2.3.4', '1,2,3,4']) {
    t.ok(Number.isNaN(read(readIpAddress, text).outcome), text)
  }
})

/** The groups of an address as `URL` spells it: no zeros in front, the longest run of zero groups as `::`. */
function groupsOf(text: string): number[] {
  const { hostname } = new URL(`http://[${text}]/`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map(group => parseInt(group, 16))
  const front = numbers(head)
  const back = numbers(tail ?? '')
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}

t.test('an IPv6 address is one exactly when net.isIPv6 says so, and is what URL reads', async t => {
  const group = fc.constantFrom(
    '0',
    '1',
    'ab',
    'FfF0',
    '0001',
    '12345',
    '',
    'g',
    '1.2.3.4',
    '1.2.3',
  )
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
  fc.assert(
    fc.property(fc.oneof(text, spelled), address => {
      const { outcome, value } = read(readIpAddress, address)
      strictEqual(outcome === 0, isIPv6(address) || isIPv4(address), address)
      if (outcome !== 0 || isIPv4(address)) return
      addresses++
      const expected = Buffer.alloc(16)
      for (const [i, one] of groupsOf(address).entries()) expected.writeUInt16BE(one, 2 * i)
      deepStrictEqual(value, expected.reverse(), address)
    }),
    { numRuns: runs(2000) },
  )
  t.ok(addresses > runs(2000) / 10, `${addresses} were addresses`)
})
