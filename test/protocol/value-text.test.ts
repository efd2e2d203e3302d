import fc from 'fast-check'
import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import { formatElement, formatScalar, formatValue } from '../../src/protocol/value-text.js'
import type { DataType } from '../../src/protocol/data-type.js'
import type { Vector } from '../../src/protocol/value.js'
import { hex, scalar } from '../helpers/codec.js'

const cases: readonly (readonly [DataType, unknown, string, number?])[] = [
  ['VOID', null, ''],
  ['INT', null, ''],
  ['BOOL', true, 'true'],
  ['BOOL', false, 'false'],
  ['CHAR', 97, `'a'`],
  ['CHAR', 10, '10'],
  ['CHAR', -5, '-5'],
  ['LONG', 2n ** 62n, '4611686018427387904'],
  ['DATE', 15_504, '2012.06.13'],
  ['NANOTIME', 1n, '00:00:00.000000001'],
  ['FLOAT', Math.fround(0.1), '0.1'],
  ['FLOAT', Math.fround(16_777_216), '16777216'],
  ['FLOAT', Math.fround(1 / 3), '0.33333334'],
  ['FLOAT', -0, '-0'],
  ['FLOAT', NaN, 'NaN'],
  ['FLOAT', -Infinity, '-inf'],
  ['DOUBLE', 0.1, '0.1'],
  ['DOUBLE', 3, '3'],
  ['DOUBLE', -0, '-0'],
  ['DOUBLE', NaN, 'NaN'],
  ['DOUBLE', Infinity, 'inf'],
  ['DOUBLE', -Infinity, '-inf'],
  ['STRING', 'a "b"', 'a "b"'],
  ['BLOB', Buffer.from('数'), '数'],
  ['INT128', hex('01'.repeat(16)), '01'.repeat(16)],
  ['UUID', hex('ffeeddccbbaa99887766554433221100'), '00112233-4455-6677-8899-aabbccddeeff'],
  ['IPADDR', hex(`04030201${'00'.repeat(12)}`), '1.2.3.4'],
  ['COMPLEX', [2.5, 4], '2.5+4i'],
  ['COMPLEX', [2.5, -4], '2.5-4i'],
  ['COMPLEX', [1, -0], '1-0i'],
  ['POINT', [1.5, -2], '(1.5, -2)'],
  ['DURATION', { count: 10, unit: 4 }, '10m'],
  ['DURATION', { count: -1, unit: 10 }, '-1B'],
  ['DURATION', { count: 2, unit: 0x584e5953 }, '2XNYS'],
  ['DECIMAL64', -150n, '-1.50', 2],
  ['DECIMAL32', 5n, '0.5', 1],
  ['DECIMAL128', 10n ** 30n, `1${'0'.repeat(30)}`, 0],
  ['FUNCTIONDEF', 'add', 'add'],
]

t.test('scalars have the text DolphinDB gives them, null has none', async t => {
  for (const [type, value, text, scale] of cases) {
    t.equal(formatScalar(scalar(type, value, scale)), text, `${type} ${text}`)
  }
})

t.test('a FLOAT has the shortest text that gives it back', async t => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
      const text = formatScalar(scalar('FLOAT', value))
      const longest = Object.is(value, -0) ? 2 : String(value).length
      return Object.is(Math.fround(Number(text)), value) && text.length <= longest
    }),
  )
  t.pass()
})

t.test('elements of columns, rows of arrays, tuples and pairs', async t => {
  t.equal(formatElement(vectorOf({ type: 'SYMBOL' }, ['x', null]), 1), '')
  t.equal(
    formatElement(vectorOf({ type: 'DATE', array: true }, [[0, null, 1]]), 0),
    '[1970.01.01,,1970.01.02]',
  )
  const tuple = vectorOf({ type: 'ANY' }, [scalar('INT', 1), vectorOf({ type: 'INT' }, [2, 3])])
  t.equal(formatValue(tuple), '[1,[2,3]]')
  const elements = vectorOf({ type: 'MINUTE' }, [810, 811]) as Vector
  t.equal(formatValue({ form: 'pair', elements }), '13:30m:13:31m')
  t.equal(formatValue({ form: 'set', elements }), 'set')
})
