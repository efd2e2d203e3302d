/*
  Decimals, against BigInt and DataView.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Int64Parts } from '../../../src/parse/cells/int64-parts.js'
import {
  readDecimal128,
  readDecimal32,
  readDecimal64,
} from '../../../src/parse/cells/read-decimal.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

type Outcome = bigint | number

/** The unscaled number, or what reading gave instead. DECIMAL32's range is checked by its column. */
function read32(scale: number, text: string): Outcome {
  const { bytes, start, end } = cellOf(text)
  const value = readDecimal32(scale)(bytes, start, end)
  return Number.isFinite(value) ? BigInt(value) : value
}

function read64(scale: number, text: string): Outcome {
  const { bytes, start, end } = cellOf(text)
  const parts = new Int64Parts()
  const outcome = readDecimal64(scale)(bytes, start, end, parts)
  if (outcome !== 0) return outcome
  const view = new DataView(new ArrayBuffer(8))
  view.setInt32(0, parts.high)
  view.setUint32(4, parts.low)
  return view.getBigInt64(0)
}

function read128(scale: number, text: string): Outcome {
  const { bytes, view: text128, start, end } = cellOf(text)
  const into = new Int32Array(6).fill(0xcc)
  const outcome = readDecimal128(scale)(bytes, text128, start, end, into, 1)
  if (outcome !== 0) return outcome
  strictEqual(into[0]! + into[5]!, 2 * 0xcc)
  const view = new DataView(into.buffer)
  return (view.getBigInt64(12, true) << 64n) | view.getBigUint64(4, true)
}

/** `unscaled` with its point `scale` digits from the right. */
function textOf(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

const largest = (bits: bigint): bigint => 2n ** (bits - 1n) - 1n

const widths = [
  ['DECIMAL32', 32n, 9, read32],
  ['DECIMAL64', 64n, 18, read64],
  ['DECIMAL128', 128n, 38, read128],
] as const

for (const [name, bits, maxScale, read] of widths) {
  t.test(`${name} has every digit at every scale`, async t => {
    const max = largest(bits)
    fc.assert(
      fc.property(fc.bigInt({ min: -max, max }), fc.nat(maxScale), (unscaled, scale) => {
        strictEqual(read(scale, textOf(unscaled, scale)), unscaled)
        strictEqual(read(scale, `${textOf(unscaled, scale)}${scale === 0 ? '.' : ''}00`), unscaled)
      }),
      { numRuns: runs(300) },
    )
    for (const unscaled of [0n, 1n, -1n, max, -max]) {
      t.equal(read(2, textOf(unscaled, 2)), unscaled, String(unscaled))
    }
  })
}

t.test('the null and everything beyond the type does not fit', async t => {
  for (const [name, bits, , read] of widths.slice(1)) {
    const max = largest(bits)
    t.equal(read(0, String(-max - 1n)), Infinity, `${name}: the null`)
    t.equal(read(0, String(max + 1n)), Infinity, `${name}: one more than the largest`)
    t.equal(read(0, '9'.repeat(46)), Infinity, `${name}: 46 digits`)
    t.equal(read(0, `1${'0'.repeat(44)}`), Infinity, `${name}: 10^44`)
  }
  t.equal(read32(0, '1000000000000000000'), Infinity, 'DECIMAL32: 19 digits')
})

for (const [name, , , read] of widths) {
  t.test(`${name}: spellings`, async t => {
    for (const [text, unscaled] of [
      ['1', 100n],
      ['1.5', 150n],
      ['.5', 50n],
      ['-.5', -50n],
      ['1.', 100n],
      ['+1.25', 125n],
      [' -0.01\t', -1n],
      ['000000000000000000000000000000000000000000000001.20', 120n],
      ['1.250000000000000000000000000000000000000000000000', 125n],
      ['1.5e0', 150n],
      ['125E-2', 125n],
      ['-0.0125e+2', -125n],
    ] as const) {
      t.equal(read(2, text), unscaled, text)
    }
    for (const text of ['1.001', '0.001', '1e-3', '1.25e-1']) {
      t.equal(read(2, text), Infinity, `${text} would lose a digit`)
    }
    for (const text of ['', '-', '+', '.', '-.', '1.2.3', '1,5', '1e', 'e5', '1e5.5', 'x', '1 2']) {
      t.ok(Number.isNaN(read(2, text)), `${JSON.stringify(text)} is not a number`)
    }
  })
}

for (const [name, bits, maxScale, read] of widths) {
  t.test(`${name}: an exponent moves the point, wherever it stands`, async t => {
    const max = largest(bits)
    fc.assert(
      fc.property(
        fc.bigInt({ min: -max, max }),
        fc.nat(maxScale),
        fc.nat(60),
        fc.nat(8),
        (unscaled, scale, fraction, zeros) => {
          const text = `${textOf(unscaled, fraction)}${'0'.repeat(fraction > 0 ? zeros : 0)}`
          strictEqual(read(scale, `${text}e${fraction - scale}`), unscaled, text)
          strictEqual(read(scale, `${unscaled}0000E-${scale + 4}`), unscaled)
        },
      ),
      { numRuns: runs(300) },
    )
    t.equal(read(0, '0e99999999999999999999'), 0n)
    t.equal(read(0, '0.00e-99999999999999999999'), 0n)
    for (const text of ['1e99999999999999999999', '1e-99999999999999999999', '-1e46', '1e46']) {
      t.equal(read(0, text), Infinity, text)
    }
    for (const text of ['1e+', '1e-', '1e1e1', '1e1.', 'e', '.e1', '+e1', '1 e1']) {
      t.ok(Number.isNaN(read(2, text)), text)
    }
  })
}

t.test('what one text left behind is not in the next', async t => {
  const long = '9'.repeat(38)
  read128(0, long)
  t.equal(read128(0, '1'), 1n)
  t.equal(read64(0, '2'), 2n)
  t.equal(read32(0, '3'), 3n)
  read128(0, '-5')
  t.equal(read128(0, '5'), 5n)
})
