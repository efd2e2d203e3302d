/*
  COMPLEX, POINT and DURATION, against Number and the unit numbers of docs/protocol.md#data-types.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readComplex, readDuration, readPoint } from '../../../src/parse/cells/read-pair.js'
import type { WideType } from '../../../src/parse/columns/wide-column.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

type Pair = readonly number[] | number

/** Both numbers, or what reading gave instead; nothing may be written then. */
function pairOf<A extends Float64Array | Int32Array>(
  read: WideType<A>['readCell'],
  into: A,
  text: string,
): Pair {
  const { bytes, view, start, end } = cellOf(text)
  into.fill(77)
  const outcome = read(bytes, view, start, end, into, 1)
  deepStrictEqual([into[0], into[3]], [77, 77])
  if (outcome === 0) return [into[1]!, into[2]!]
  deepStrictEqual([into[1], into[2]], [77, 77])
  return outcome
}

const complex = (text: string): Pair => pairOf(readComplex, new Float64Array(4), text)
const point = (text: string): Pair => pairOf(readPoint, new Float64Array(4), text)
const duration = (text: string): Pair => pairOf(readDuration, new Int32Array(4), text)

t.test('two doubles come back from their texts', async t => {
  const double = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter(value => value !== -Number.MAX_VALUE)
  fc.assert(
    fc.property(double, double, (first, second) => {
      const spelled = Object.is(first, -0) ? '-0' : String(first)
      const other = Object.is(second, -0) ? '-0' : String(second)
      deepStrictEqual(point(`(${spelled},${other})`), [first, second])
      const signed = other.startsWith('-') ? other : `+${other}`
      deepStrictEqual(complex(`${spelled}${signed}i`), [first, second])
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('decimal numbers are read as Number reads them, whatever their length', async t => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 })
  const number = fc
    .tuple(fc.constantFrom('', '', '-', '+'), digits, fc.constantFrom('', '.'), digits)
    .map(parts => parts.join(''))
  const isNumber = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)
  fc.assert(
    fc.property(number, number, fc.constantFrom('', ' '), (first, second, between) => {
      const isPair = isNumber(first) && isNumber(second)
      const expected = isPair ? [Number(first), Number(second)] : NaN
      deepStrictEqual(point(`(${first},${between}${second})`), expected)
      const signed = /^[+-]/.test(second) ? second : `+${second}`
      deepStrictEqual(complex(`${first}${signed}i`), expected)
    }),
    { numRuns: runs(1000) },
  )
  t.pass()
})

t.test('spellings of COMPLEX and POINT', async t => {
  t.strictSame(complex('2.3+4.0i'), [2.3, 4])
  t.strictSame(complex(' -2.-.5i '), [-2, -0.5])
  t.strictSame(complex('1e-3-2E+2i'), [0.001, -200])
  t.strictSame(point(' ( 1.5 , -2.5 ) '), [1.5, -2.5])
  t.strictSame(point('(+1,.5e1)'), [1, 5])
})

t.test('a number beyond a double, or its null, does not fit', async t => {
  const least = '-1.7976931348623157e308'
  for (const text of ['1e309+1i', '1+1e309i', '-1e309+1i', `${least}+1i`, `1${least}i`]) {
    t.equal(complex(text), Infinity, text)
  }
  for (const text of ['(1e309,1)', '(1,-1e309)', `(${least},1)`, `(1,${least})`]) {
    t.equal(point(text), Infinity, text)
  }
})

t.test('what is not a pair is told from one', async t => {
  for (const text of [
    '',
    '1',
    '1i',
    '+i',
    '1+2',
    '1+i',
    '1 + 2i',
    '1+2j',
    '1++2i',
    'NaN+1i',
    '12i',
  ]) {
    t.ok(Number.isNaN(complex(text)), JSON.stringify(text))
  }
  for (const text of ['', '1,2', '(1,2', '1,2)', '(1)', '(1,2,3)', '(,)', '(1;2)', '(a,b)']) {
    t.ok(Number.isNaN(point(text)), JSON.stringify(text))
  }
})

t.test('a DURATION is a count and a unit', async t => {
  const units = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B']
  for (const [number, unit] of units.entries()) {
    t.strictSame(duration(`3${unit}`), [3, number], unit)
  }
  // An exchange's code is its four letters, the first in the highest byte.
  t.strictSame(duration('5XNYS'), [5, Buffer.from('XNYS').readInt32BE()])
  t.strictSame(duration(' -2147483647ms '), [-2_147_483_647, 2])
  t.strictSame(duration('+2147483647ms'), [2_147_483_647, 2])
  for (const text of ['2147483648ms', '-2147483648ms', '99999999999999999999ns']) {
    t.equal(duration(text), Infinity, text)
  }
  for (const text of [
    '',
    '3',
    'ms',
    '3 ms',
    '3.5s',
    '3h',
    '3MS',
    '3XN',
    '3xnys',
    '3XNYSE',
    '1e3s',
  ]) {
    t.ok(Number.isNaN(duration(text)), JSON.stringify(text))
  }
})
