/* Turns rows of a JavaScript program into lines of JSON. Values that JSON.stringify would change or omit are kept. */
import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { rowMembers, rowText } from '../../../src/parse/rows/row-text.js'
import { forAll } from '../../helpers/runs.js'

const none = rowMembers([])

t.test('values that JSON has are written in the way of JSON.stringify', async () => {
  const text = fc.string({ unit: 'binary' })
  // JSON.stringify writes −0 as 0, and rounds long whole numbers.
  const rounded = (line: string): string =>
    line.replaceAll(/(?<=[:,[])-?(0|\d{16,21})(?=[,}\]])/g, one => String(BigInt(Number(one))))
  forAll(100)(fc.dictionary(text, fc.jsonValue()), row => {
    equal(rounded(rowText(row, none)), rounded(JSON.stringify(row)))
  })
})

t.test('values that JSON lacks are kept', async t => {
  class Quote {
    a = 1
    get b() {
      return 2n
    }
  }
  for (const [row, line] of [
    [{ a: 2n ** 70n }, '{"a":1180591620717411303424}'],
    [{ a: -0 }, '{"a":-0}'],
    [{ a: -(2 ** 60), b: 1e21 }, '{"a":-1152921504606846976,"b":1e+21}'],
    [{ a: NaN, b: -Infinity }, '{"a":NaN,"b":-Infinity}'],
    [{ a: new Date(1) }, '{"a":"1970-01-01T00:00:00.001Z"}'],
    [{ a: undefined, b: null }, '{"b":null}'],
    [{ a: [1, null, 2n] }, '{"a":[1,null,2]}'],
    [{ a: Float64Array.of(1.5, NaN) }, '{"a":[1.5,NaN]}'],
    [{ a: Buffer.from('é') }, '{"a":"é"}'],
    [{ a: { b: 1n } }, '{"a":{"b":1}}'],
    [{ a: { toJSON: () => 5n } }, '{"a":5}'],
    [{ a: '\ud800' }, '{"a":"\\ud800"}'],
    [new Quote(), '{"a":1,"b":2}'],
    [Object.defineProperties({}, { b: { value: 1 }, c: { value: 2 } }), '{"b":1}'],
    [[1, undefined], '{"a":1}'],
    [[null, 1], '{"a":null,"b":1}'],
    [Object.create(null), '{}'],
  ] as const) {
    const names = Array.isArray(row) ? ['a', 'b'] : ['a', 'b', 'toString']
    t.equal(rowText(row, rowMembers(names)), line)
  }
})

t.test('a value that cannot be written gives an error with its position', async t => {
  const circle: Record<string, unknown> = {}
  circle['a'] = circle
  for (const [row, message] of [
    [undefined, /not a undefined/],
    [null, /not null/],
    [7, /not a number/],
    [new Map([['a', 1]]), /not a Map/],
    [Promise.resolve({ a: 1 }), /not a Promise/],
    [new Date(1), /not a Date/],
    [[1, 2, 3], /3 values for 1 columns/],
    [{ a: () => 1 }, /^member "a": a function cannot be stored/],
    [{ a: Symbol('s') }, /a symbol/],
    [{ a: [undefined, 2] }, /^member "a": undefined cannot be stored: use null instead/],
    [{ a: new Array(1) }, /undefined/],
    [{ a: { toJSON: () => undefined } }, /undefined cannot/],
    [{ a: new Map() }, /a Map/],
    [{ a: new Set() }, /a Set/],
    [{ a: Promise.resolve() }, /a Promise/],
    [{ a: new Date(NaN) }, /an invalid Date/],
    [{ a: Uint8Array.of(0xff) }, /bytes that are not UTF-8/],
    [circle, /more than 512 levels deep/],
  ] as const) {
    t.throws(() => rowText(row, rowMembers(['a'])), { message })
  }
})
