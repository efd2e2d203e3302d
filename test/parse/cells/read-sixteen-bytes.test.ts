/*
  UUIDs, hexadecimal digits and IPv4 addresses, against Buffer and net.isIPv4.
*/
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { isIPv4 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { readHexDigits, readIpv4, readUuid } from '../../../src/parse/cells/read-sixteen-bytes.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

type Read<T> = (bytes: Uint8Array, start: number, end: number, into: Uint8Array, at: number) => T

/** What reading gives, and the 16 bytes; bytes before and behind them must stay as they are. */
function read<T>(reader: Read<T>, text: string): { outcome: T; value: Buffer } {
  const { bytes, start, end } = cellOf(text)
  const into = new Uint8Array(24).fill(0xcc)
  const outcome = reader(bytes, start, end, into, 4)
  deepStrictEqual([...into.slice(0, 4), ...into.slice(20)], Array(8).fill(0xcc))
  return { outcome, value: Buffer.from(into.slice(4, 20)) }
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

t.test('an IPv4 address is one exactly when net.isIPv4 says so', async t => {
  const part = fc.constantFrom('0', '1', '9', '99', '100', '255', '256', '300', '01', '00', '', 'a')
  fc.assert(
    fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), parts => {
      const text = parts.join('.')
      const { outcome, value } = read(readIpv4, text)
      strictEqual(outcome, isIPv4(text), text)
      if (outcome) {
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
    ['255.255.255.255', 'ffffffff'],
  ] as const) {
    t.strictSame(read(readIpv4, text), {
      outcome: true,
      value: Buffer.from(hex.padEnd(32, '0'), 'hex'),
    })
  }
  for (const text of ['1.2.3.4.', '.1.2.3.4', '1..2.3', '1.2.3.4 ', '+1.2.3.4', '1,2,3,4']) {
    t.equal(read(readIpv4, text).outcome, false, text)
  }
})
