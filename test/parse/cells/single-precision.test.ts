/*
  Text as the nearest single, against exact fractions.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readFloat } from '../../../src/parse/cells/read-number.js'
import { isBetweenSingles, singleOf } from '../../../src/parse/cells/single-precision.js'
import { read as readColumn } from '../reading.js'
import { cellOf } from './cell.js'
import { runs } from '../../helpers/runs.js'

const read = (text: string): number | string => {
  const { bytes, start, end } = cellOf(text)
  return readFloat(bytes, start, end)
}

const bits = new DataView(new ArrayBuffer(4))

/** The single with these bits. */
const singleWith = (pattern: number): number => {
  bits.setUint32(0, pattern)
  return bits.getFloat32(0)
}

/** A positive double as an exact fraction. */
function fractionOf(value: number): [top: bigint, bottom: bigint] {
  let bottom = 1n
  let top = value
  while (!Number.isInteger(top)) {
    top *= 2
    bottom *= 2n
  }
  return [BigInt(top), bottom]
}

/** The decimal digits of a fraction whose denominator is a power of two: exact. */
function decimalText([top, bottom]: readonly [bigint, bigint]): string {
  const places = bottom.toString(2).length - 1
  const digits = ((top * 10n ** BigInt(places)) / bottom).toString().padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

t.test('known texts that two roundings get wrong', async t => {
  for (const [text, single] of [
    ['16777217.0000000001', 16777218],
    ['16777217', 16777216],
    ['16777216.9999999999', 16777216],
    ['-16777217.0000000001', -16777218],
    ['0.30531780421733856', 0.30531778931617737],
    ['1.00000005960464477539062500000000001', 1.0000001192092896],
    ['1.000000059604644775390625', 1],
    ['1.00000005960464477539062499999999999', 1],
    ['3.4028235677973366e38', 3.4028234663852886e38],
    ['340282356779733661637539395458142568447.9999', 3.4028234663852886e38],
    ['340282356779733661637539395458142568448', 'range'],
    ['-340282356779733661637539395458142568447.9', -3.4028234663852886e38],
    ['7.006492321624085e-46', 0],
    ['7.00649232162408535461864791644958e-46', 0],
    ['7.00649232162408535461864791644959e-46', 1.401298464324817e-45],
    ['1e-400', 0],
    [`1.000000059604644775390625${'0'.repeat(300)}1`, 1.0000001192092896],
    [`${'0'.repeat(300)}16777217.${'0'.repeat(300)}`, 16777216],
    ['1.6777217e7', 16777216],
    ['167772170000000001e-10', 16777218],
  ] as const) {
    t.equal(read(text), single, text)
  }
})

t.test(
  'between any two singles the nearer one is taken, and the even one in the middle',
  async t => {
    const pattern = fc.integer({ min: 0, max: 0x7f7f_fffe })
    fc.assert(
      fc.property(pattern, fc.constantFrom('', '-'), (low, sign) => {
        const lower = singleWith(low)
        const upper = singleWith(low + 1)
        const [top, bottom] = fractionOf(lower)
        const [upperTop, upperBottom] = fractionOf(upper)
        const middle = decimalText([
          top * upperBottom + upperTop * bottom,
          2n * bottom * upperBottom,
        ])
        const exact = middle.includes('.') ? middle : `${middle}.0`
        const even = low % 2 === 0 ? lower : upper
        const signed = (value: number): number => (sign === '-' ? -value : value)
        strictEqual(read(`${sign}${exact}`), signed(even), exact)
        strictEqual(read(`${sign}${exact}0000001`), signed(upper), `above ${exact}`)
        strictEqual(isBetweenSingles((lower + upper) / 2), true)
        strictEqual(isBetweenSingles(lower), false)
      }),
      { numRuns: runs(300) },
    )
    t.pass()
  },
)

t.test('a double that is not in the middle is rounded as it stands', async t => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e38, max: 1e38 }), value => {
      if (isBetweenSingles(value)) return
      strictEqual(singleOf(String(value), value), Math.fround(value))
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

/** The nearest single of `digits / 10^places`, ties to even, by fractions alone. */
function nearestSingle(digits: bigint, places: number): number {
  const bottom = 10n ** BigInt(places)
  let low = 0
  let high = 0x7f7f_ffff
  // The largest single that is not above it.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [top, below] = fractionOf(singleWith(middle))
    if (top * bottom <= digits * below) low = middle
    else high = middle - 1
  }
  const [lowTop, lowBottom] = fractionOf(singleWith(low))
  const [highTop, highBottom] = fractionOf(singleWith(low + 1))
  const twice = 2n * digits * lowBottom * highBottom
  const middle = (lowTop * highBottom + highTop * lowBottom) * bottom
  return singleWith(twice > middle || (twice === middle && low % 2 === 1) ? low + 1 : low)
}

t.test('a FLOAT column holds the nearest single of short texts, by exact fractions', async t => {
  const number = fc.oneof(
    // Between two singles again and again: odd numbers beyond 2^24, halves beyond 2^23, and so on down.
    fc.tuple(fc.integer({ min: 2 ** 23, max: 2 ** 26 }).map(BigInt), fc.constant(0)),
    fc
      .tuple(fc.integer({ min: 2 ** 14, max: 2 ** 24 }), fc.integer({ min: 1, max: 10 }))
      .map(([whole, places]): [bigint, number] => {
        // An odd multiple of 2^-places has so many decimals.
        const halves = BigInt(2 * whole + 1) * 5n ** BigInt(places)
        return [halves, places]
      }),
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), fc.integer({ min: 0, max: 14 })),
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n - 1n }), fc.integer({ min: 0, max: 16 })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 30 }), async list => {
      const texts = list.map(([digits, places]) => {
        const text = String(digits).padStart(places + 1, '0')
        return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
      })
      const { rows } = await readColumn(texts.map(text => `${text}\n`).join(''), 'c:FLOAT', {
        header: 'no',
      })
      for (const [i, [digits, places]] of list.entries()) {
        strictEqual(Math.fround(Number(rows[i]![0])), nearestSingle(digits, places), texts[i])
      }
    }),
    { numRuns: runs(60) },
  )
  t.pass()
})
