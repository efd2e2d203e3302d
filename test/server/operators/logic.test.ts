import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { ElementValue } from '../../../src/protocol/element.js'
import { logic, not, truthOf } from '../../../src/server/operators/logic.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { int, text } from '../../helpers/values.js'
import { valuesOf } from '../columns/columns.js'
import { decimal, paired, scalar, vector } from './values.js'

const no = scalar('BOOL', false)
const yes = scalar('BOOL', true)
const nothing = scalar('BOOL', null)

t.test('&& with a null is null, || takes the side that is known', async t => {
  const rows: [ServerValue, ServerValue, boolean | null, boolean | null][] = [
    [no, no, false, false],
    [no, yes, false, true],
    [yes, yes, true, true],
    [no, nothing, null, false],
    [yes, nothing, null, true],
    [nothing, nothing, null, null],
    [scalar('VOID', null), yes, null, true],
    [int(0), int(-7), false, true],
    [int(2), int(4), true, true],
  ]
  for (const [a, b, both, either] of rows) {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      t.strictSame(valuesOf(logic('&&', paired(left, right))), [both])
      t.strictSame(valuesOf(logic('||', paired(left, right))), [either])
    }
  }
})

t.test('vectors go element by element, a scalar beside each', async t => {
  const conditions = vector('BOOL', true, false, null)
  t.strictSame(valuesOf(logic('&&', paired(conditions, yes))), [true, false, null])
  t.strictSame(valuesOf(logic('||', paired(yes, conditions))), [true, true, true])
  const both = logic('||', paired(conditions, vector('INT', 0, null, null)))
  t.strictSame(valuesOf(both), [true, false, null])
  t.same(valuesOf(logic('&&', paired(vector('BOOL'), yes))), [])
})

t.test('everything but zero and null is true', async t => {
  const types: [DataType, ElementValue[]][] = [
    ['BOOL', [false, true, null]],
    ['CHAR', [0, -127, null]],
    ['INT', [0, 2147483647, null]],
    ['LONG', [0n, 2n ** 40n, null]],
    ['FLOAT', [0, 0.1, null]],
    ['DOUBLE', [-0, 5e-324, null]],
    ['DATE', [0, 1, null]],
    ['NANOTIME', [0n, 1n, null]],
  ]
  for (const [type, values] of types) {
    t.same([...truthOf(vector(type, ...values), 'and')], [0, 1, -128], type)
    t.strictSame(valuesOf(not(vector(type, ...values)) as never), [true, false, null])
  }
  t.same([...truthOf({ form: 'vector', type: 'VOID', length: 2 }, 'and')], [-128, -128])
})

t.test('the form stays what it is', async t => {
  t.strictSame(not(int(3)), no)
  t.strictSame(not(scalar('VOID', null)), nothing)
  const pair: ServerValue = { form: 'pair', elements: vector('INT', 0, 1) }
  t.strictSame(not(pair), { form: 'pair', elements: vector('BOOL', true, false) })
})

t.test('what is neither true nor false is named by its type', async t => {
  for (const [value, type] of [
    [text('a'), 'string'],
    [decimal(2, 1n), 'decimal64'],
  ] as const) {
    const refusal = (name: string): { category: string; message: string } => ({
      category: 'SYSTEM_Operator',
      message: `Arguments for ${name} method can not be ${type}.`,
    })
    t.throws(() => logic('&&', paired(value, yes)), refusal('and'))
    t.throws(() => logic('||', paired(yes, value)), refusal('or'))
    t.throws(() => not(value), refusal('not'))
  }
})
