import t from 'tap'
import { dataTypes, type DataType } from '../../../src/protocol/data-type.js'
import { emptyVector } from '../../../src/protocol/element.js'
import type { Scalar } from '../../../src/protocol/value.js'
import {
  boolScalar,
  doubleScalar,
  integerOf,
  intScalar,
  isTrue,
  isVoid,
  longScalar,
  nullOf,
  stringScalar,
  stringVector,
  textOf,
  textsOf,
  voidValue,
} from '../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { ints } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

const char = (value: number | null): Scalar => ({ form: 'scalar', type: 'CHAR', value })
const symbol = (value: string): Scalar => ({ form: 'scalar', type: 'SYMBOL', value })
const blob: Scalar = { form: 'scalar', type: 'BLOB', value: Uint8Array.of(0xc3, 0xa9) }
const encoded = {
  form: 'vector',
  type: 'STRING',
  length: 2,
  encoded: Uint8Array.of(97, 0, 0),
} as const

t.test('scalars have the type they are named after', async t => {
  t.strictSame(boolScalar(null), { form: 'scalar', type: 'BOOL', value: null })
  t.strictSame(intScalar(-1), { form: 'scalar', type: 'INT', value: -1 })
  t.strictSame(longScalar(2n), { form: 'scalar', type: 'LONG', value: 2n })
  t.strictSame(doubleScalar(0.5), { form: 'scalar', type: 'DOUBLE', value: 0.5 })
  t.strictSame(stringVector(['a', '']), column('STRING', 'a', ''))
})

t.test('every type has a null scalar, of the scale that is asked for', async t => {
  const types = (Object.keys(dataTypes) as DataType[]).filter(type => type !== 'ANY')
  for (const type of types) {
    const { form, type: made, value } = nullOf(type)
    t.same([form, made], ['scalar', type])
    const wanted =
      type === 'STRING' || type === 'SYMBOL' ? '' : type === 'BLOB' ? new Uint8Array(0) : null
    t.strictSame(value, wanted, type)
  }
  for (const type of ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'] as const) {
    t.match(nullOf(type, 4), { scale: 4 })
  }
  t.match(nullOf('DECIMAL128'), { scale: 0 })
  t.notOk('scale' in nullOf('INT', 4))
})

t.test('nothing has no type; a typed null is a value', async t => {
  t.equal(isVoid(voidValue), true)
  t.equal(isVoid(nullOf('VOID')), true)
  for (const value of [intScalar(null), stringScalar(''), emptyVector({ type: 'VOID' }, 0)]) {
    t.equal(isVoid(value as ServerValue), false)
  }
})

t.test('text is read from what is text', async t => {
  const examples: [ServerValue | undefined, string | undefined][] = [
    [stringScalar('a'), 'a'],
    [stringScalar(''), ''],
    [symbol('s'), 's'],
    [char(97), 'a'],
    [char(null), ''],
    [blob, 'é'],
    [intScalar(1), undefined],
    [voidValue, undefined],
    [stringVector(['a']), undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.equal(textOf(value), wanted)
})

t.test('texts are read from every form a list of text comes in', async t => {
  const examples: [ServerValue | undefined, readonly string[] | undefined][] = [
    [stringScalar('a'), ['a']],
    [stringVector([]), []],
    [{ ...stringVector(['a', 'b']), length: 1 }, ['a']],
    [encoded, ['a', '']],
    [column('SYMBOL', 'b', '', 'b'), ['b', '', 'b']],
    [column('CHAR', 97, null, 98), ['a', '', 'b']],
    [column('ANY', stringScalar('a'), symbol('b'), char(99)), ['a', 'b', 'c']],
    [column('ANY', stringScalar('a'), intScalar(1)), undefined],
    [column('ANY', stringVector(['a'])), undefined],
    [ints(1) as ServerValue, undefined],
    [{ form: 'list', elements: [stringScalar('a')] }, undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.strictSame(textsOf(value), wanted)
})

t.test('whole numbers are those of integral scalars', async t => {
  const examples: [ServerValue | undefined, number | undefined][] = [
    [intScalar(0), 0],
    [intScalar(null), undefined],
    [char(-127), -127],
    [{ form: 'scalar', type: 'SHORT', value: 7 }, 7],
    [longScalar(2n ** 40n), 2 ** 40],
    [longScalar(null), undefined],
    [boolScalar(true), 1],
    [boolScalar(false), 0],
    [boolScalar(null), undefined],
    [doubleScalar(1), undefined],
    [stringScalar('1'), undefined],
    [ints(1) as ServerValue, undefined],
    [undefined, undefined],
  ]
  for (const [value, wanted] of examples) t.equal(integerOf(value), wanted)
})

t.test('a condition is true unless it is zero or null', async t => {
  for (const value of [boolScalar(true), intScalar(-1), doubleScalar(0.1), longScalar(1n)]) {
    t.equal(isTrue(value), true)
  }
  const untrue = [boolScalar(false), intScalar(0), doubleScalar(-0), longScalar(0n), voidValue]
  for (const value of [...untrue, boolScalar(null), intScalar(null), nullOf('DATE')]) {
    t.equal(isTrue(value), false)
  }
  for (const value of [ints(1) as ServerValue, stringScalar('a')]) {
    t.throws(() => isTrue(value), {
      message: 'A scalar object is expected. But the actual object is not a scalar.',
    })
  }
})
