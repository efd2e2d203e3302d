import t from 'tap'
import type { Vector } from '../../../src/protocol/value.js'
import { negate } from '../../../src/server/operators/arithmetic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { fixed, valuesOf } from '../columns/columns.js'
import { decimal, scalar, vector } from './values.js'

t.test('the type stays, from the first value to the last', async t => {
  const examples: Vector[] = [
    vector('CHAR', 127, -127, 0, null),
    vector('SHORT', 32767, -32767, 0, null),
    vector('INT', 2147483647, -2147483647, 0, null),
    vector('LONG', 2n ** 63n - 1n, -(2n ** 63n) + 1n, 0n, null),
    vector('FLOAT', 0.5, -1.5, Infinity, null),
    vector('DOUBLE', 5e-324, -1e300, 0, null),
    fixed({ type: 'DECIMAL32', scale: 2 }, 2n ** 31n - 1n, -5n, 0n, null),
    fixed({ type: 'DECIMAL128', scale: 4 }, 2n ** 127n - 1n, null),
  ]
  for (const given of examples) {
    const made = negate(given) as Vector
    t.equal(made.type, given.type)
    const wanted = valuesOf(given).map(value => (value === null ? null : -(value as number)))
    const isWhole = given.type !== 'DOUBLE'
    t.strictSame(
      valuesOf(made),
      wanted.map(value => (isWhole && value === 0 ? 0 : value)),
      given.type,
    )
  }
})

t.test('zero is negated where there are two of them', async t => {
  for (const type of ['FLOAT', 'DOUBLE'] as const) {
    const [negative, positive] = valuesOf(negate(vector(type, 0, -0)) as Vector)
    t.ok(Object.is(negative, -0) && Object.is(positive, 0), type)
  }
})

t.test('the form stays', async t => {
  t.strictSame(negate(int(5)), int(-5))
  t.strictSame(negate(decimal(2, 150n)), decimal(2, -150n))
  t.strictSame(negate(scalar('BOOL', true)), int(-1))
  const elements = vector('INT', 1, -2)
  const forms: ServerValue[] = [
    { form: 'pair', elements },
    { form: 'matrix', rows: 1, columns: 2, elements },
  ]
  for (const form of forms) {
    t.strictSame(negate(form), { ...form, elements: vector('INT', -1, 2) })
  }
})

t.test('what has no arithmetic is refused', async t => {
  for (const value of [text('a'), scalar('DATE', 1), scalar('UUID', null)]) {
    t.throws(() => negate(value), { category: 'SYSTEM_Operator', message: /method can not be/ })
  }
  t.throws(() => negate({ form: 'list', elements: [] }), {
    message: 'Arguments for neg method can not be tuple.',
  })
})
