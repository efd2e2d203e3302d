/*
  ANY: tuples, whose elements are values of their own.
*/
import t from 'tap'
import { elementAt, emptyVector, isNullAt, vectorOf } from '../../../src/protocol/element.js'
import { isTuple, tupleOf } from '../../../src/protocol/types/tuples.js'
import type { Value, Vector } from '../../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../../helpers/codec.js'
import { int, text } from '../../helpers/values.js'
import { rearranged } from './variable.js'

const list: Vector = { form: 'vector', type: 'INT', length: 1, data: Int32Array.of(5) }

t.test('elements travel with flags of their own', async t => {
  const tuple = tupleOf([int(1), text('a'), list])
  const wire = hex(
    '19 01 03000000 01000000 | 04 00 01000000 | 12 00 6100 | 04 01 01000000 01000000 05000000',
  )
  t.strictSame(encoded(tuple), wire)
  t.strictSame(decoded(wire), tuple)
  t.equal(elementAt(tuple, 2), list)
})

t.test('rows are cut, joined and picked', async t => {
  t.strictSame(rearranged(tupleOf([int(1), text('a'), list])), {
    cut: ['a', list],
    joined: [1, 'a', list, 1, 'a', list],
    picked: [list, 1],
  })
  t.equal(emptyVector({ type: 'ANY' }, 5).length, 0)
})

t.test('a null, an empty text and no bytes are null; values with elements are not', async t => {
  const values: Value[] = [scalar('INT', null), text(''), scalar('BLOB', hex('')), int(0), list]
  const tuple = tupleOf(values)
  t.strictSame(
    values.map((_, row) => isNullAt(tuple, row)),
    [true, true, true, false, false],
  )
})

t.test('values make a tuple, null stands for NULL, other kinds are refused', async t => {
  const made = vectorOf({ type: 'ANY' }, [int(1), null]) as Vector
  t.ok(isTuple(made))
  t.strictSame(encoded(made), hex('19 01 02000000 01000000 | 04 00 01000000 | 00 00 01'))
  t.throws(() => vectorOf({ type: 'ANY' }, [1]), { code: 'DDB_USAGE' })
  t.notOk(isTuple(list))
})
