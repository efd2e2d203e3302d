/*
  Numbers in text: compared with Number, BigInt, Intl and exact fractions.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CellOptions } from '../../../src/parse/cell-rules.js'
import { Int64Parts } from '../../../src/parse/cells/int64-parts.js'
import {
  hasNumberStyle,
  numberStyle,
  plainNumberRoom,
  styleText,
  writePlainNumber,
} from '../../../src/parse/cells/number-style.js'
import {
  readDecimal128,
  readDecimal32,
  readDecimal64,
} from '../../../src/parse/cells/read-decimal.js'
import {
  readInt64,
  readInteger,
  readWhole,
  wholeParts,
} from '../../../src/parse/cells/read-whole.js'
import { readLongDouble } from '../../../src/parse/cells/read-long-double.js'
import {
  numberRead,
  readDouble,
  readFloat,
  readShortDouble,
  readShortInteger,
  readShortLong,
} from '../../../src/parse/cells/read-number.js'
import { isBetweenSingles, singleOf } from '../../../src/parse/cells/single-precision.js'
import { runs } from '../../helpers/runs.js'
import { read as readColumn } from '../reading.js'
import { cellOf } from './cell.js'

// Numbers from bytes, compared with Number and BigInt.

const shortInteger = (text: string): number => {
  const { bytes, view, start, end } = cellOf(text)
  const value = readShortInteger(bytes, view, start, end)
  const isLong = readShortLong(bytes, view, start, end)
  strictEqual(isLong ? numberRead[0]! : NaN, value)
  return value
}
const shortDouble = (text: string): number => {
  const { bytes, view, start, end } = cellOf(text)
  return readShortDouble(bytes, view, start, end) ? numberRead[0]! : NaN
}
const longDouble = (text: string): number => {
  const { bytes, view, start, end } = cellOf(text)
  const value = readLongDouble(bytes, start, end) ? numberRead[0]! : NaN
  // With `view`, the reader takes four digits at a time.
  const isRead = readLongDouble(bytes, start, end, view)
  strictEqual(isRead ? numberRead[0]! : NaN, value)
  return value
}
t.test('integers of up to 15 digits are read like Number, all other texts are left', async t => {
  const digits = fc.stringMatching(/^[+-]?\d{1,15}$/)
  fc.assert(
    fc.property(digits, text => strictEqual(shortInteger(text), Number(text))),
    { numRuns: runs(300) },
  )
  for (const text of ['', '-', '+', '1.0', '1e3', ' 1', '12x4', '1234567890123456', '١']) {
    t.ok(Number.isNaN(shortInteger(text)), JSON.stringify(text))
  }
})

t.test('decimal numbers are read like Number, or left to the next reader', async t => {
  const text = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{0,18}$/),
      fc.stringMatching(/^\d{0,18}$/),
    )
    .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`)
    .filter(number => /\d/.test(number))
  let short = 0
  let long = 0
  fc.assert(
    fc.property(text, number => {
      const quick = shortDouble(number)
      const other = longDouble(number)
      if (!Number.isNaN(quick)) {
        short++
        strictEqual(quick, Number(number))
      }
      if (!Number.isNaN(other)) {
        long++
        strictEqual(other, Number(number))
      }
    }),
    { numRuns: runs(1000) },
  )
  t.ok(short > 0 && long > 0, `${short} were short, ${long} long`)
})

t.test('a number is distinguished from other texts, and checked for its range', async t => {
  for (const [text, double, float] of [
    ['1e308', 1e308, 'range'],
    ['-1e309', 'range', 'range'],
    ['0x10', 'cell', 'cell'],
    ['.', 'cell', 'cell'],
    ['-INF', 'notFinite', 'notFinite'],
    ['NaN', 'notFinite', 'notFinite'],
    ['nano', 'cell', 'cell'],
    ['3.4028235e38', 3.4028235e38, Math.fround(3.4028235e38)],
    [' 5. ', 5, 5],
  ] as const) {
    const cell = cellOf(text)
    t.equal(readDouble(cell.bytes, cell.start, cell.end), double, text)
    t.equal(readFloat(cell.bytes, cell.start, cell.end), float, text)
  }
})

// Integers in any spelling, compared with exact fractions of BigInt.

/** The number, or the result of a reading that fails. */
function read(text: string): bigint | number {
  const { bytes, start, end } = cellOf(text)
  const sign = readWhole(bytes, start, end)
  if (sign !== 1 && sign !== -1) return sign
  return BigInt(sign) * (BigInt(wholeParts[0]!) * 1_000_000_000n + BigInt(wholeParts[1]!))
}

/** `digits × 10^exponent` if that is an integer of at most 19 digits. */
function exact(digits: bigint, exponent: number): bigint | number {
  if (exponent < 0 && digits % 10n ** BigInt(-exponent) !== 0n) return NaN
  const value = exponent < 0 ? digits / 10n ** BigInt(-exponent) : digits * 10n ** BigInt(exponent)
  return value < 10n ** 19n ? value : Infinity
}

t.test('a number is an integer exactly if its fraction is', async t => {
  const digits = fc.stringMatching(/^\d{0,12}0{0,12}$/)
  const number = fc
    .record({
      sign: fc.constantFrom('', '-', '+'),
      whole: digits,
      point: fc.constantFrom('', '.'),
      fraction: fc.oneof(digits, fc.stringMatching(/^0{0,9}$/)),
      exponent: fc.option(fc.integer({ min: -25, max: 25 })),
    })
    .filter(({ whole, point, fraction }) => whole + (point === '' ? '' : fraction) !== '')
  fc.assert(
    fc.property(number, ({ sign, whole, point, fraction, exponent }) => {
      const behind = point === '' ? '' : fraction
      const text = `${sign}${whole}${point}${behind}${exponent === null ? '' : `e${exponent}`}`
      const size = exact(BigInt(whole + behind), (exponent ?? 0) - behind.length)
      const expected = typeof size === 'bigint' ? (sign === '-' ? -size : size) : size
      const found = read(text)
      if (expected === Infinity) strictEqual(Math.abs(found as number), Infinity, text)
      else strictEqual(found, expected, text)
    }),
    { numRuns: runs(1000) },
  )
  t.pass()
})

t.test('a text that is not a number is not an integer', async t => {
  for (const text of [
    '',
    '.',
    '-',
    '+.',
    'e1',
    '.e1',
    '1e',
    '1e+',
    '1e1.0',
    '1.2.3',
    '0x1',
    '1 2',
  ]) {
    t.ok(Number.isNaN(read(text)), JSON.stringify(text))
  }
})

t.test('huge exponents take neither time nor memory', async t => {
  t.equal(read('1e999999999999999999'), Infinity)
  t.equal(read('-1e999999999999999999'), -Infinity)
  t.equal(read('0e999999999999999999'), 0n)
  t.ok(Number.isNaN(read('1e-999999999999999999')))
})

t.test('a number is exact up to 2^53', async t => {
  const integer = (text: string): number => {
    const { bytes, start, end } = cellOf(text)
    return readInteger(bytes, start, end)
  }
  t.equal(integer(' 9007199254740991 '), 9_007_199_254_740_991)
  t.equal(integer('9007199254740992'), Infinity)
  t.equal(integer('-9007199254740992'), -Infinity)
  t.equal(integer('1.20e2'), 120)
})

// 64-bit integers, compared with BigInt.

/** Two words, the low word first; the words before and after them must stay unchanged. */
const longOf = (into: Int32Array): bigint => {
  strictEqual(into[0]! + into[3]!, 2 * 0xcc)
  return new DataView(into.buffer).getBigInt64(4, true)
}

const int64 = (text: string): bigint | number => {
  const { bytes, view, start, end } = cellOf(text)
  const into = new Int32Array(4).fill(0xcc)
  const outcome = readInt64(bytes, view, start, end, into, 1)
  return outcome === 0 ? longOf(into) : outcome
}

t.test('64-bit integers are read like BigInt', async t => {
  const max = 2n ** 63n - 1n
  fc.assert(
    fc.property(fc.bigInt({ min: -max, max }), value => strictEqual(int64(String(value)), value)),
    { numRuns: runs(300) },
  )
  for (const [text, outcome] of [
    ['9223372036854775807', max],
    ['-9223372036854775807', -max],
    ['-9223372036854775808', Infinity],
    ['9223372036854775808', Infinity],
    ['10000000000000000000', Infinity],
    ['99999999999999999999', Infinity],
    ['00000000000000000000000001', 1n],
    ['-0', 0n],
    ['+7', 7n],
    [' \t-12 ', -12n],
    ['999999999', 999_999_999n],
    ['1000000000', 1_000_000_000n],
    ['1.0', 1n],
    ['1e3', 1000n],
    ['1.5', NaN],
    ['9.223372036854775807e18', max],
    ['922337203685477580800e-2', Infinity],
    ['--1', NaN],
    ['-', NaN],
    ['0x1', NaN],
    ['', NaN],
  ] as const) {
    t.ok(Object.is(int64(text), outcome), `${text}: ${int64(text)}`)
  }
})

// 64-bit integers composed of two halves, compared with BigInt.

const valueOf = ({ high, low }: Int64Parts): bigint =>
  BigInt.asIntN(64, (BigInt(high) << 32n) + BigInt(low))

t.test('a × b + c is computed like BigInt, and refused exactly if it does not fit', async t => {
  const factors = fc.nat(30).chain(bits => {
    const limit = Math.min(2 ** (68 - bits), Number.MAX_SAFE_INTEGER)
    return fc.tuple(fc.integer({ min: -limit, max: limit }), fc.nat(2 ** bits))
  })
  fc.assert(
    fc.property(factors, fc.nat(2 ** 30), ([a, b], c) => {
      const parts = new Int64Parts()
      const expected = BigInt(a) * BigInt(b) + BigInt(c)
      const fits = expected > -(2n ** 63n) && expected < 2n ** 63n
      strictEqual(parts.setProduct(a, b, c), fits)
      if (fits) strictEqual(valueOf(parts), expected)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

t.test('integral doubles are stored exactly', async t => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => {
      const parts = new Int64Parts()
      parts.setExact(value)
      strictEqual(valueOf(parts), BigInt(value))
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('billions and the rest form a number with either sign', async t => {
  const billion = 10n ** 9n
  fc.assert(
    fc.property(fc.boolean(), fc.nat(2 ** 31 - 1), fc.nat(31), fc.nat(999_999_999), (...drawn) => {
      const [negative, units, times, lower] = drawn
      const upper = units * times
      const value = BigInt(upper) * billion + BigInt(lower)
      const signed = negative ? -value : value
      const parts = new Int64Parts()
      const fits = signed > -(2n ** 63n) && signed < 2n ** 63n
      strictEqual(parts.setBillions(negative, upper, lower), fits)
      if (fits) strictEqual(valueOf(parts), signed)
    }),
    { numRuns: runs(500) },
  )
  t.pass()
})

// Decimal numbers of up to 17 digits, compared with Number.

t.test('a number is read like Number, or left to the next reader', async t => {
  const digits = fc
    .tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 17n - 1n }), fc.nat(22), fc.boolean())
    .map(([unscaled, scale, negative]) => {
      const text = String(unscaled).padStart(scale + 1, '0')
      const whole = text.slice(0, text.length - scale)
      return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(-scale)}`}`
    })
  let read = 0
  fc.assert(
    fc.property(digits, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(2000) },
  )
  t.ok(read > runs(2000) / 2, `${read} were read`)
})

t.test('an exponent, and zeros after the digits, change nothing', async t => {
  const written = fc
    .tuple(
      fc.bigInt({ min: 0n, max: 10n ** 17n - 1n }),
      fc.nat(24),
      fc.integer({ min: -40, max: 40 }),
      fc.constantFrom('', '-', '+'),
      fc.constantFrom('e', 'E', 'e+'),
      fc.nat(30),
    )
    .map(([unscaled, scale, exponent, sign, letter, zeros]) => {
      const text = String(unscaled).padStart(scale + 1, '0')
      const whole = text.slice(0, text.length - scale)
      const fraction = scale === 0 ? '' : `.${text.slice(text.length - scale)}${'0'.repeat(zeros)}`
      const power = letter === 'e+' && exponent < 0 ? `e${exponent}` : `${letter}${exponent}`
      return `${sign}${whole}${fraction}${exponent === 0 ? '' : power}`
    })
  let read = 0
  fc.assert(
    fc.property(written, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 5, `${read} were read`)
  const doubles = fc.double({ min: 1e-5, max: 1e30, noNaN: true })
  fc.assert(
    fc.property(doubles, double => {
      const value = longDouble(double.toExponential())
      if (!Number.isNaN(value)) strictEqual(value, double)
    }),
    { numRuns: runs(2000) },
  )
})

t.test('a decimal point may be anywhere, even between and after zeros', async t => {
  const text = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(5),
      fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 19 }),
      fc.nat(6),
      fc.nat(30),
      fc.constantFrom('', 'e0', 'E-7'),
    )
    .map(([sign, front, digits, behind, at, exponent]) => {
      const all = `${'0'.repeat(front)}${digits}${'0'.repeat(behind)}`
      const point = Math.min(at, all.length)
      return `${sign}${all.slice(0, point)}.${all.slice(point)}${exponent}`
    })
  let read = 0
  fc.assert(
    fc.property(text, text => {
      const value = longDouble(text)
      if (Number.isNaN(value)) return
      read++
      strictEqual(value, Number(text), text)
    }),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 3, `${read} were read`)
})

t.test('doubles are read from their full spelling', async t => {
  for (const text of [
    '0.1234567890123456',
    '-0.12345678901234567',
    '1.7976931348623157',
    '9007199254740991',
    '12345678901234568',
    '0.00000012345678901234',
    '+3.141592653589793',
    '00000000000000000000003.141592653589793',
    '1e5',
    '12.5e-2',
    '-1.2345678901234567e-5',
    '1.2345678901234567E+22',
    '123.450000000000000000000000',
    '0.00',
  ]) {
    t.equal(longDouble(text), Number(text), text)
  }
})

t.test('a text halfway between two doubles is rounded to the even one, or left', async t => {
  for (const text of [
    '9007199254740993',
    '9007199254740995',
    '12345678901234567',
    '4503599627370496.5',
  ]) {
    const value = longDouble(text)
    t.ok(Number.isNaN(value) || value === Number(text), `${text}: ${value}`)
  }
})

t.test('all other texts are left', async t => {
  for (const text of [
    '',
    '-',
    '.',
    '1e',
    'e5',
    '.e5',
    '1e5.5',
    '1e+-5',
    '1x5',
    '1.2.3',
    ' 1.5',
    '1.5 ',
    'NaN',
    '1e-23',
    '1e23',
    '1e99999999999',
    '123456789012345678',
    '100000000000000000000',
    '1.000000000000000001',
    '0.00000000000000000000001',
  ]) {
    t.ok(Number.isNaN(longDouble(text)), JSON.stringify(text))
  }
})

// The nearest single-precision number for a text, compared with exact fractions.

const readSinglePrecision = (text: string): number | string => {
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

/** The exact decimal digits of a fraction whose denominator is a power of two. */
function decimalText([top, bottom]: readonly [bigint, bigint]): string {
  const places = bottom.toString(2).length - 1
  const digits = ((top * 10n ** BigInt(places)) / bottom).toString().padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

t.test('known texts for which rounding twice gives a wrong result', async t => {
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
    t.equal(readSinglePrecision(text), single, text)
  }
})

t.test('between two singles, the nearer single is used, and halfway the even one', async t => {
  const pattern = fc.integer({ min: 0, max: 0x7f7f_fffe })
  fc.assert(
    fc.property(pattern, fc.constantFrom('', '-'), (low, sign) => {
      const lower = singleWith(low)
      const upper = singleWith(low + 1)
      const [top, bottom] = fractionOf(lower)
      const [upperTop, upperBottom] = fractionOf(upper)
      const middle = decimalText([top * upperBottom + upperTop * bottom, 2n * bottom * upperBottom])
      const exact = middle.includes('.') ? middle : `${middle}.0`
      const even = low % 2 === 0 ? lower : upper
      const signed = (value: number): number => (sign === '-' ? -value : value)
      strictEqual(readSinglePrecision(`${sign}${exact}`), signed(even), exact)
      strictEqual(readSinglePrecision(`${sign}${exact}0000001`), signed(upper), `above ${exact}`)
      strictEqual(isBetweenSingles((lower + upper) / 2), true)
      strictEqual(isBetweenSingles(lower), false)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('a double that is not halfway is rounded directly', async t => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e38, max: 1e38 }), value => {
      if (isBetweenSingles(value)) return
      strictEqual(singleOf(String(value), value), Math.fround(value))
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

/** The nearest single-precision number for `digits / 10^places`, ties to even, computed only with fractions. */
function nearestSingle(digits: bigint, places: number): number {
  const bottom = 10n ** BigInt(places)
  let low = 0
  let high = 0x7f7f_ffff
  // Finds the largest single that is not greater than the number.
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
    // Values halfway between two singles: odd numbers beyond 2^24, halves beyond 2^23, and so on.
    fc.tuple(fc.integer({ min: 2 ** 23, max: 2 ** 26 }).map(BigInt), fc.constant(0)),
    fc
      .tuple(fc.integer({ min: 2 ** 14, max: 2 ** 24 }), fc.integer({ min: 1, max: 10 }))
      .map(([whole, places]): [bigint, number] => {
        // An odd multiple of 2^-places has this many decimals.
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

// Numbers in a style. The tests also read back numbers that Intl.NumberFormat writes.

/** The plain spelling of a number in column `c`; undefined if the text does not follow the style. */
function plain(rules: CellOptions, text: string): string | undefined {
  const style = numberStyle('c', rules)!
  const { bytes, start, end } = cellOf(text)
  const into = new Uint8Array(end - start + plainNumberRoom)
  const to = writePlainNumber(style, bytes, start, end, into, 0)
  return to < 0 ? undefined : Buffer.from(into.subarray(0, to)).toString()
}

const german = { thousands: '.', decimalComma: true }
const french = { thousands: '\u202f', decimalComma: true }
const english = { thousands: ',' }
/** Both kinds of apostrophe. */
const swiss = {
  thousands: new Intl.NumberFormat('de-CH')
    .formatToParts(1000)
    .find(({ type }) => type === 'group')!.value,
}
const percentColumns = ['c']

t.test('numbers that Intl writes for people are read back', async t => {
  const number = fc.tuple(
    fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
    fc.nat(6),
  )
  for (const [locale, rules] of [
    ['de-DE', german],
    ['fr-FR', french],
    ['en-US', english],
    ['de-CH', swiss],
  ] as const) {
    fc.assert(
      fc.property(number, ([digits, places]) => {
        const value = digits / 10 ** places
        const text = new Intl.NumberFormat(locale, {
          minimumFractionDigits: places,
          maximumFractionDigits: places,
        }).format(value)
        strictEqual(Number(plain(rules, text)), value, text)
      }),
      { numRuns: runs(200) },
    )
  }
  t.pass()
})

t.test('texts that follow the style', async t => {
  for (const [rules, text, expected] of [
    [english, '1,234,567.5', '1234567.5'],
    [english, ' -1,234 ', '-1234'],
    [english, '1234567', '1234567'],
    [english, '+.5e-3', '+.5e-3'],
    [german, '1.234,5', '1234.5'],
    [{ decimalComma: true }, '-1,5E3', '-1.5E3'],
    [{ decimalComma: true }, '5', '5'],
    [{ thousands: ' ' }, '1 234', '1234'],
    [{ thousands: '\u00a0' }, '1\u00a0234', '1234'],
    [{ percentColumns }, '12.5%', '12.5e-2'],
    [{ percentColumns }, '-5 %', '-5e-2'],
    [{ percentColumns, ...german }, '1.234,5 %', '1234.5e-2'],
  ] as const) {
    t.equal(plain(rules, text), expected, text)
  }
})

t.test('a text that does not follow the style is not a number', async t => {
  for (const [rules, text] of [
    [english, '1,23'],
    [english, '1,2345'],
    [english, '1234,567'],
    [english, ',123'],
    [english, '1,,234'],
    [english, '1,234,'],
    [english, '1.234,567'],
    [english, '12x'],
    [german, '1.5'],
    [german, '1,234.5'],
    [{ decimalComma: true }, '1.5'],
    [{ decimalComma: true }, '1,5,5'],
    [{ percentColumns }, '12.5'],
    [{ percentColumns }, '0.125'],
    [{ percentColumns }, '12%%'],
    [{ percentColumns }, '1e2%'],
  ] as const) {
    t.equal(plain(rules, text), undefined, text)
  }
})

t.test('one character has one meaning', async t => {
  for (const rules of [
    { thousands: '.' },
    { thousands: ',', decimalComma: true },
    { thousands: '5' },
    { thousands: '-' },
    { thousands: 'e' },
  ]) {
    t.throws(() => numberStyle('c', rules), { code: 'DDB_USAGE' }, JSON.stringify(rules))
  }
})

t.test('plain numbers have no style', async t => {
  for (const rules of [{}, { thousands: '' }, { decimalComma: false }, { percentColumns: [] }]) {
    t.equal(numberStyle('c', rules), undefined)
    t.equal(hasNumberStyle(rules), false)
  }
  t.equal(numberStyle('c', { percentColumns: ['d'] })?.isPercent, false)
  t.match(styleText(numberStyle('c', { ...german, percentColumns })!), /1\.234,5%/)
})

// Decimals, compared with BigInt and DataView.

type Outcome = bigint | number

/** The unscaled number, or the result of a reading that fails. The column checks the range of DECIMAL32. */
function read32(scale: number, text: string): Outcome {
  const { bytes, start, end } = cellOf(text)
  const value = readDecimal32(scale)(bytes, start, end)
  return Number.isFinite(value) ? BigInt(value) : value
}

function read64(scale: number, text: string): Outcome {
  const { bytes, view, start, end } = cellOf(text)
  const into = new Int32Array(4).fill(0xcc)
  const outcome = readDecimal64(scale)(bytes, view, start, end, into, 1)
  return outcome === 0 ? longOf(into) : outcome
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

/** `unscaled` with a decimal point `scale` digits from the right. */
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
  t.test(`${name} keeps every digit at every scale`, async t => {
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

t.test('the null value and numbers beyond the type do not fit', async t => {
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
  t.test(`${name}: an exponent moves the point from any position`, async t => {
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

t.test('nothing of one text remains in the next text', async t => {
  const long = '9'.repeat(38)
  read128(0, long)
  t.equal(read128(0, '1'), 1n)
  t.equal(read64(0, '2'), 2n)
  t.equal(read32(0, '3'), 3n)
  read128(0, '-5')
  t.equal(read128(0, '5'), 5n)
})
