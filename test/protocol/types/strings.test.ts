/*
  STRING, as a list of texts and as the bytes that travel.
*/
import t from 'tap'
import { emptyVector, vectorOf } from '../../../src/protocol/element.js'
import { stringScalar, stringsOf } from '../../../src/protocol/types/strings.js'
import type { EncodedStringVector, StringVector } from '../../../src/protocol/value.js'
import { decoded, encoded, hex } from '../../helpers/codec.js'
import { nullsOf, rearranged, valuesOf } from './variable.js'

const texts = ['a', '', 'é数']
const plain: StringVector = { form: 'vector', type: 'STRING', length: 3, data: texts }
const inWireForm: EncodedStringVector = {
  form: 'vector',
  type: 'STRING',
  length: 3,
  encoded: hex('6100 00 c3a9e695b000'),
}
const wire = hex('12 01 03000000 01000000 6100 00 c3a9e695b000')

t.test('a scalar is its text, ended by 00', async t => {
  t.strictSame(encoded(stringScalar('é')), hex('12 00 c3a900'))
  t.strictSame(decoded(hex('12 00 00')), stringScalar(''))
})

for (const [name, vector] of [
  ['a list', plain],
  ['wire form', inWireForm],
] as const) {
  t.test(`${name}: bytes, elements and rows`, async t => {
    t.strictSame(encoded(vector), wire)
    t.strictSame(stringsOf(vector), texts)
    t.strictSame(valuesOf(vector), texts)
    t.strictSame(nullsOf(vector), [false, true, false])
    t.strictSame(rearranged(vector), {
      cut: ['', 'é数'],
      joined: [...texts, ...texts],
      picked: ['é数', 'a'],
    })
  })
}

t.test('bytes are read as a list', async t => {
  t.strictSame(decoded(wire), plain)
  t.strictSame(valuesOf(vectorOf({ type: 'STRING' }, ['a', null])), ['a', ''])
  t.equal(emptyVector({ type: 'STRING' }, 5).length, 0)
})

t.test('rows behind the length are not part of a column', async t => {
  t.strictSame(encoded({ ...plain, length: 1 }), hex('12 01 01000000 01000000 6100'))
  t.strictSame(stringsOf({ ...inWireForm, length: 2 }), ['a', ''])
})

t.test('too few texts, texts without an end and other kinds are refused', async t => {
  t.throws(() => encoded({ ...plain, length: 4 }), { code: 'DDB_USAGE', message: /only 3 values/ })
  t.throws(() => encoded({ ...inWireForm, encoded: hex('61') }), {
    code: 'DDB_USAGE',
    message: /end with a 00/,
  })
  t.throws(() => vectorOf({ type: 'STRING' }, [1]), { code: 'DDB_USAGE' })
  t.throws(() => encoded(stringScalar('a\0b')), { code: 'DDB_STRING_HAS_NUL' })
})
