/*
  VOID: nothing, in one byte or none.
*/
import t from 'tap'
import { emptyVector, vectorOf } from '../../../src/protocol/element.js'
import { explicitNull, isVoid } from '../../../src/protocol/types/voids.js'
import type { Vector } from '../../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../../helpers/codec.js'
import { nullsOf, rearranged, valuesOf } from './variable.js'

t.test('a scalar says which nothing it is', async t => {
  t.strictSame(encoded(scalar('VOID', null)), hex('00 00 00'))
  t.strictSame(encoded(explicitNull), hex('00 00 01'))
  t.strictSame(decoded(hex('00 00 00')), scalar('VOID', null))
  t.strictSame(decoded(hex('00 00 01')), explicitNull)
  t.match(decoded(hex('00 00 02')), { voidKind: 2, value: null })
})

t.test('an element has no bytes, and is null', async t => {
  const column: Vector = { form: 'vector', type: 'VOID', length: 3 }
  t.strictSame(encoded(column), hex('00 01 03000000 01000000'))
  t.strictSame(decoded(hex('00 01 03000000 01000000')), column)
  t.strictSame(valuesOf(column), [null, null, null])
  t.strictSame(nullsOf(column), [true, true, true])
  t.strictSame(rearranged(column), {
    cut: [null, null],
    joined: Array(6).fill(null),
    picked: [null, null],
  })
  t.equal(vectorOf({ type: 'VOID' }, [null, null]).length, 2)
  t.equal(emptyVector({ type: 'VOID' }, 5).length, 0)
})

t.test('rows without bytes count all the same', async t => {
  const limits = { maxValueBytes: 1000, maxDepth: 4 }
  t.match(decoded(hex('00 01 0a000000 01000000'), limits), { length: 10 })
  t.throws(() => decoded(hex('00 01 10000000 01000000'), limits), { code: 'DDB_LIMIT' })
})

t.test('it is told from types with bytes', async t => {
  t.strictSame(['VOID', 'INT', 'ANY'].map(isVoid), [true, false, false])
})
