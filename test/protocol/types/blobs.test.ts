/*
  BLOB: counted bytes.
*/
import t from 'tap'
import { emptyVector, vectorOf } from '../../../src/protocol/element.js'
import { formatElement } from '../../../src/protocol/value-text.js'
import { blobsOf } from '../../../src/protocol/types/blobs.js'
import type { Vector } from '../../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../../helpers/codec.js'
import { nullsOf, rearranged, valuesOf } from './variable.js'

const blobs = [hex('00ff'), hex(''), hex('61')]
const column: Vector = { form: 'vector', type: 'BLOB', length: 3, data: blobs }
const wire = hex('20 01 03000000 01000000 | 02000000 00ff | 00000000 | 01000000 61')
const hexOf = (values: unknown[]): string[] =>
  values.map(value => Buffer.from(value as Uint8Array).toString('hex'))

t.test('each has the number of its bytes in front', async t => {
  t.strictSame(encoded(scalar('BLOB', hex('00ff'))), hex('20 00 02000000 00ff'))
  t.strictSame(decoded(hex('20 00 00000000')), scalar('BLOB', new Uint8Array(0)))
  t.strictSame(encoded(column), wire)
  t.strictSame(hexOf(valuesOf(decoded(wire) as Vector)), ['00ff', '', '61'])
})

t.test('rows are cut, joined and picked; no bytes are the null', async t => {
  const { cut, joined, picked } = rearranged(column)
  t.strictSame(hexOf(cut), ['', '61'])
  t.strictSame(hexOf(joined), ['00ff', '', '61', '00ff', '', '61'])
  t.strictSame(hexOf(picked), ['61', '00ff'])
  t.strictSame(nullsOf(column), [false, true, false])
  t.equal(emptyVector({ type: 'BLOB' }, 5).length, 0)
  t.equal(formatElement(column, 2), 'a')
})

t.test('values in wire form are the same column', async t => {
  // Inside a larger array, as slices of batches are.
  const bytes = hex('ff 02000000 00ff | 00000000 | 01000000 61 | ee')
  const inWireForm = {
    form: 'vector',
    type: 'BLOB',
    length: 3,
    encoded: bytes.subarray(1, -1),
  } as const
  t.strictSame(encoded(inWireForm), wire)
  t.strictSame(hexOf([...blobsOf(inWireForm)]), ['00ff', '', '61'])
  const { cut, joined, picked } = rearranged(inWireForm)
  t.strictSame(hexOf(cut), ['', '61'])
  t.strictSame(hexOf(joined), ['00ff', '', '61', '00ff', '', '61'])
  t.strictSame(hexOf(picked), ['61', '00ff'])
  t.strictSame(nullsOf(inWireForm), [false, true, false])
  t.equal(formatElement(inWireForm, 2), 'a')
})

t.test('values in wire form that are not as many as they should be are not sent', async t => {
  for (const wrong of [
    '02000000 00',
    '01000000 00 00',
    '01',
    '',
    '00000000 00000000',
    'ffffffff',
  ]) {
    const vector = { form: 'vector', type: 'BLOB', length: 1, encoded: hex(wrong) } as const
    t.throws(() => encoded(vector), { code: 'DDB_USAGE', message: /fill their array/ }, wrong)
  }
})

t.test('bytes and text are values, other kinds are not', async t => {
  const made = vectorOf({ type: 'BLOB' }, [hex('00'), 'é', null])
  t.strictSame(hexOf(valuesOf(made)), ['00', 'c3a9', ''])
  t.throws(() => vectorOf({ type: 'BLOB' }, [1]), { code: 'DDB_USAGE' })
  t.throws(() => encoded({ ...column, length: 4 }), { code: 'DDB_USAGE', message: /only 3 values/ })
  t.throws(() => decoded(hex('20 00 ffffffff')), { message: /-1 bytes/ })
})
