/* Numbers in text: what columns make of them, compared with Number, BigInt, Intl and exact fractions. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CellOptions } from '../../../src/parse/cell-rules.js'
import { hasNumberStyle, numberStyle } from '../../../src/parse/cells/read-number.js'
import { forAll } from '../../helpers/runs.js'
import { readText, readTexts, type Reading } from './cell.js'

/** Digits with a point, an exponent and zeros anywhere. */
const digits = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength })
const anyNumber = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.oneof(digits(9), digits(24)),
    fc.constantFrom('', '.'),
    fc.oneof(digits(9), digits(24), fc.stringMatching(/^0{0,30}$/)),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-', 'e-'), fc.nat(40)), {
      nil: undefined,
    }),
  )
  .filter(([, whole, , fraction]) => whole + fraction !== '')
  .map(([sign, whole, point, fraction, exponent]) =>
    [sign, whole, point, fraction, ...(exponent ?? [])].join(''),
  )

/** The number as a fraction of integers. */
function exactOf(text: string): [top: bigint, bottom: bigint] {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e(.+))?$/i.exec(text)!
  const tens = Number(exponent) - fraction.length
  const top = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  return tens < 0 ? [top, 10n ** BigInt(-tens)] : [top * 10n ** BigInt(tens), 1n]
}

t.test('any number becomes the nearest double', async t => {
  forAll(300)(fc.array(anyNumber, { minLength: 1, maxLength: 20 }), list => {
    deepStrictEqual(readTexts('DOUBLE', list), list.map(Number))
  })
  const full = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e308 })
  forAll(1000)(full, fc.nat(8), (value, cut) => {
    for (const text of [String(value), value.toExponential(), value.toPrecision(17 + cut)]) {
      strictEqual(readText('DOUBLE', text), Number(text), text)
    }
  })
  for (const text of '9007199254740993 9007199254740995 12345678901234567 4503599627370496.5 4503599627370497.5 0.50000000000000011102230246251565 1.1102230246251565 0.000000000000000000001 00000000000000000000003.141592653589793 123.450000000000000000000000 0.00000000000000000000001 1.7976931348623157e308 5e-324 1e-400'.split(
    ' ',
  )) {
    t.equal(readText('DOUBLE', text), Number(text), text)
  }
})

t.test('a number is distinguished from other texts, and checked for its range', async t => {
  for (const [text, double, float] of [
    ['', null, null],
    ['1e308', 1e308, 'range'],
    ['-1e309', 'range', 'range'],
    ['-1.7976931348623157e308', 'range', 'range'],
    ['-3.4028234663852886e38', -3.4028234663852886e38, 'range'],
    ['-INF', 'range', 'range'],
    ['NaN', 'range', 'range'],
    ['3.4028235e38', 3.4028235e38, Math.fround(3.4028235e38)],
    [' 5. ', 5, 5],
  ] as const) {
    t.equal(readText('DOUBLE', text), double, text)
    t.equal(readText('FLOAT', text), float, text)
  }
  for (const text of [' ', ...'0x10 . - 1e e5 .e5 1e5.5 1e+-5 1x5 1.2.3 nano ١'.split(' ')]) {
    for (const type of ['DOUBLE', 'FLOAT']) t.equal(readText(type, text), 'cell', text)
  }
})

// Whole numbers and decimals in any spelling, compared with exact fractions.

const exactTypes = [
  ['CHAR', 8n, 0],
  ['SHORT', 16n, 0],
  ['INT', 32n, 0],
  ['LONG', 64n, 0],
  ['DECIMAL32', 32n, 9],
  ['DECIMAL64', 64n, 18],
  ['DECIMAL128', 128n, 38],
] as const

for (const [name, bits, maxScale] of exactTypes) {
  const isDecimal = maxScale > 0
  const largest = 2n ** (bits - 1n) - 1n
  const typeOf = (scale: number): string => (isDecimal ? `${name}(${scale})` : name)
  const valueOf = (found: unknown): unknown => (typeof found === 'number' ? BigInt(found) : found)

  t.test(`${name}: a number is read exactly if the type holds all its digits`, async t => {
    forAll(300)(
      fc.array(anyNumber, { minLength: 1, maxLength: 20 }),
      fc.nat(maxScale),
      (list, scale) => {
        // A single digit is a character of a CHAR, too, but a number first.
        const expected = list.map(text => {
          const [top, bottom] = exactOf(text)
          const scaled = top * 10n ** BigInt(scale)
          if (scaled % bottom !== 0n) return isDecimal ? 'range' : 'cell'
          const value = scaled / bottom
          return value > largest || value < -largest ? 'range' : value
        })
        deepStrictEqual(readTexts(typeOf(scale), list).map(valueOf), expected, list.join(' '))
      },
    )
    const unscaled = fc.oneof(
      fc.bigInt({ min: -largest, max: largest }),
      fc.constantFrom(-largest, -1n, 0n, 1n, largest),
    )
    forAll(200)(unscaled, fc.nat(maxScale), fc.nat(60), (value, scale, fraction) => {
      for (const text of [
        textOf(value, scale),
        `${textOf(value, scale)}${scale === 0 ? '.' : ''}00`,
        `${textOf(value, fraction)}e${fraction - scale}`,
        `${value}0000E-${scale + 4}`,
      ]) {
        strictEqual(valueOf(readText(typeOf(scale), text)), value, text)
      }
    })
    for (const text of [largest + 1n, -largest - 1n, '9'.repeat(46), '1e44', '-1e46'].map(String)) {
      t.equal(readText(typeOf(0), text), 'range', text)
    }
  })

  t.test(`${name}: other texts, and huge exponents`, async t => {
    for (const text of ['1 2', ...'+. -. 1.2.3 1,5 1e e5 .e1 1e5.5 0x1 --1'.split(' ')]) {
      t.equal(readText(typeOf(0), text), 'cell', text)
    }
    t.equal(valueOf(readText(typeOf(0), '0e999999999999999999')), 0n)
    t.equal(valueOf(readText(typeOf(0), '0.00e-999999999999999999')), 0n)
    t.equal(valueOf(readText(typeOf(0), ' \t-12 ')), -12n)
    t.equal(readText(typeOf(0), '1e999999999999999999'), 'range')
    t.equal(readText(typeOf(0), '1e-999999999999999999'), isDecimal ? 'range' : 'cell')
    t.equal(readText(typeOf(0), ''), null)
  })
}

/** `unscaled` with a decimal point `scale` digits from the right. */
function textOf(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

// The nearest single-precision number for a text, compared with exact fractions.

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
    // The largest negative single is the null.
    ['-340282356779733661637539395458142568447.9', 'range'],
    ['7.006492321624085e-46', 0],
    ['7.00649232162408535461864791644958e-46', 0],
    ['7.00649232162408535461864791644959e-46', 1.401298464324817e-45],
    ['1e-400', 0],
    [`1.000000059604644775390625${'0'.repeat(300)}1`, 1.0000001192092896],
    [`${'0'.repeat(300)}16777217.${'0'.repeat(300)}`, 16777216],
    ['1.6777217e7', 16777216],
    ['167772170000000001e-10', 16777218],
  ] as const) {
    t.equal(readText('FLOAT', text), single, text)
  }
})

t.test('between two singles, the nearer single is used, and halfway the even one', async () => {
  const pattern = fc.integer({ min: 0, max: 0x7f7f_fffd })
  forAll(300)(pattern, fc.constantFrom('', '-'), (low, sign) => {
    const lower = singleWith(low)
    const upper = singleWith(low + 1)
    const [top, bottom] = fractionOf(lower)
    const [upperTop, upperBottom] = fractionOf(upper)
    const middle = decimalText([top * upperBottom + upperTop * bottom, 2n * bottom * upperBottom])
    const exact = middle.includes('.') ? middle : `${middle}.0`
    const even = low % 2 === 0 ? lower : upper
    const signed = (value: number): number => (sign === '-' ? -value : value)
    const texts = [`${sign}${exact}`, `${sign}${exact}0000001`]
    deepStrictEqual(readTexts('FLOAT', texts), [signed(even), signed(upper)])
  })
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

t.test('a FLOAT column holds the nearest single of short texts, by exact fractions', async () => {
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
  forAll(60)(fc.array(number, { minLength: 1, maxLength: 30 }), list => {
    deepStrictEqual(
      readTexts(
        'FLOAT',
        list.map(([digits, places]) => textOf(digits, places)),
      ),
      list.map(([digits, places]) => nearestSingle(digits, places)),
    )
  })
})

// Numbers in a style. The tests also read back numbers that Intl.NumberFormat writes.

/** The number in a style; `cell` if the text does not follow the style. */
const styled = (rules: CellOptions, text: string): Reading => readText('DOUBLE', text, rules)

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

t.test('numbers that Intl writes for people are read back', async () => {
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
    forAll(200)(number, ([digits, places]) => {
      const value = digits / 10 ** places
      const text = new Intl.NumberFormat(locale, {
        minimumFractionDigits: places,
        maximumFractionDigits: places,
      }).format(value)
      strictEqual(styled(rules, text), value, text)
    })
  }
})

t.test('texts that follow the style', async t => {
  for (const [rules, text, expected] of [
    [english, '1,234,567.5', 1234567.5],
    [english, ' -1,234 ', -1234],
    [english, '1234567', 1234567],
    [english, '+.5e-3', 0.0005],
    [german, '1.234,5', 1234.5],
    [{ decimalComma: true }, '-1,5E3', -1500],
    [{ decimalComma: true }, '5', 5],
    [{ thousands: ' ' }, '1 234', 1234],
    [{ thousands: '\u00a0' }, '1\u00a0234', 1234],
    [{ percentColumns }, '12.5%', 0.125],
    [{ percentColumns }, '-5 %', -0.05],
    [{ percentColumns, ...german }, '1.234,5 %', 12.345],
  ] as const) {
    t.equal(styled(rules, text), expected, text)
  }
})

t.test('a text that does not follow the style is not a number', async t => {
  for (const [rules, ...texts] of [
    [english, '1,23', '1,2345', '1234,567', ',123', '1,,234', '1,234,', ' ', '1.234,567', '12x'],
    [german, '1.5', '1,234.5'],
    [{ decimalComma: true }, '\t', '1.5', '1,5,5'],
    [{ percentColumns }, '12.5', '0.125', '12%%', '1e2%'],
  ] as const) {
    for (const text of texts) t.equal(styled(rules, text), 'cell', text)
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
})
