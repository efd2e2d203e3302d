import fc from 'fast-check'
import t from 'tap'
import {
  formatDecimal,
  parseDecimal,
  readInt128,
  writeInt128,
} from '../../../src/protocol/types/decimals.js'

t.test('decimals are read without losing a digit', async t => {
  const cases: readonly (readonly [string, number, bigint | undefined])[] = [
    ['1.5', 2, 150n],
    ['-0.0001', 4, -1n],
    ['+7', 0, 7n],
    ['.5', 1, 5n],
    ['5.', 1, 50n],
    ['-0', 3, 0n],
    ['1e3', 2, 100_000n],
    ['1.50E-1', 3, 150n],
    ['1200e-2', 0, 12n],
    ['0.10', 1, 1n],
    ['1.25', 1, undefined],
    ['1e-3', 2, undefined],
    ['1e101', 0, undefined],
    ['99999999999999999999999999999999999999', 0, 10n ** 38n - 1n],
    ['', 2, undefined],
    ['.', 2, undefined],
    ['-', 2, undefined],
    ['1,5', 2, undefined],
    ['1e', 2, undefined],
    ['NaN', 2, undefined],
    [' 1', 2, undefined],
    ['0x10', 2, undefined],
  ]
  for (const [text, scale, unscaled] of cases) t.equal(parseDecimal(text, scale), unscaled, text)
})

t.test('decimals are written with all their places', async t => {
  t.equal(formatDecimal(1_234_567n, 4), '123.4567')
  t.equal(formatDecimal(-1n, 8), '-0.00000001')
  t.equal(formatDecimal(150n, 2), '1.50')
  t.equal(formatDecimal(-7n, 0), '-7')
  fc.assert(
    fc.property(
      fc.bigInt(),
      fc.nat(38),
      (unscaled, scale) => parseDecimal(formatDecimal(unscaled, scale), scale) === unscaled,
    ),
  )
})

t.test('128-bit integers are stored little-endian', async t => {
  const data = new Uint8Array(48)
  writeInt128(data, 1, -150n)
  t.equal(
    Buffer.from(data).toString('hex'),
    `${'00'.repeat(16)}6a${'ff'.repeat(15)}${'00'.repeat(16)}`,
  )
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), value => {
      writeInt128(data, 2, value)
      return readInt128(data, 2) === value && readInt128(data, 1) === -150n
    }),
  )
})
