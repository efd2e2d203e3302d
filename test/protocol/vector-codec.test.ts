import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import { encodeValue } from '../../src/protocol/codec.js'
import type { Vector } from '../../src/protocol/value.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { decoded, encoded, hex, scalar } from '../helpers/codec.js'

t.test('a large column goes out as the memory it stands in, a small one is copied', async t => {
  const data = new Float64Array(10_000).fill(1.5)
  const writer = new ByteWriter()
  encodeValue(writer, { form: 'vector', type: 'DOUBLE', length: 9000, data })
  const chunks = writer.take()
  t.equal(chunks.length, 2)
  t.equal(chunks[1]!.buffer, data.buffer)
  t.equal(chunks[1]!.length, 72_000)
  encodeValue(writer, { form: 'vector', type: 'DOUBLE', length: 100, data })
  t.equal(writer.take().length, 1)
})

t.test('encoding 10,000 numeric rows makes a handful of buffers', async t => {
  const columns = (['TIMESTAMP', 'DOUBLE', 'INT', 'LONG'] as const).map(type =>
    vectorOf(
      { type },
      Array.from({ length: 10_000 }, (_, row) => row),
    ),
  )
  const writer = new ByteWriter()
  encodeValue(writer, {
    form: 'table',
    name: '',
    rows: 10_000,
    columnNames: ['a', 'b', 'c', 'd'],
    columns,
  })
  t.equal(writer.take().length, 8)
})

t.test('only the first `length` elements travel', async t => {
  const data = Int32Array.of(1, 2, 3, 4)
  t.ok(
    encoded({ form: 'vector', type: 'INT', length: 2, data }).equals(
      hex('04 01 02000000 01000000 01000000 02000000'),
    ),
  )
  const texts = ['a', 'b', 'c']
  t.ok(
    encoded({ form: 'vector', type: 'STRING', length: 1, data: texts }).equals(
      hex('12 01 01000000 01000000 61 00'),
    ),
  )
  const part = new Int16Array(Int16Array.of(9, 8, 7).buffer, 2, 2)
  t.ok(
    encoded({ form: 'vector', type: 'SHORT', length: 2, data: part }).equals(
      hex('03 01 02000000 01000000 0800 0700'),
    ),
  )
})

t.test('a column with fewer elements than rows is refused', async t => {
  const short: readonly Vector[] = [
    { form: 'vector', type: 'INT', length: 3, data: Int32Array.of(1, 2) },
    { form: 'vector', type: 'STRING', length: 3, data: ['a'] },
    { form: 'vector', type: 'BLOB', length: 1, data: [] },
    { form: 'vector', type: 'SYMBOL', length: 2, codes: Int32Array.of(0), base: [''] },
    { form: 'vector', type: 'STRING', length: 1, encoded: new Uint8Array(0) },
    { form: 'vector', type: 'STRING', length: 1, encoded: Buffer.from('a') },
  ]
  for (const vector of short) {
    t.throws(() => encoded(vector), { name: 'ValueError', code: 'DDB_USAGE' }, vector.type)
  }
})

t.test('text already in wire form goes out as it is', async t => {
  const text = Buffer.from('one\0\0three\0')
  const bytes = encoded({ form: 'vector', type: 'STRING', length: 3, encoded: text })
  t.strictSame(decoded(bytes), vectorOf({ type: 'STRING' }, ['one', '', 'three']))
  const none = encoded({ form: 'vector', type: 'STRING', length: 0, encoded: new Uint8Array(0) })
  t.ok(none.equals(hex('12 01 00000000 01000000')))
})

t.test('a VOID vector has rows but no bytes', async t => {
  const bytes = hex('00 01 05000000 01000000')
  t.strictSame(decoded(bytes), { form: 'vector', type: 'VOID', length: 5 })
  t.ok(encoded(decoded(bytes)).equals(bytes))
})

t.test('BLOBs are counted, not ended', async t => {
  const bytes = hex('20 01 02000000 01000000 | 03000000 610062 | 00000000')
  t.ok(encoded(vectorOf({ type: 'BLOB' }, [hex('610062'), null])).equals(bytes))
  t.ok(encoded(decoded(bytes)).equals(bytes))
  t.throws(() => decoded(hex('20 01 01000000 01000000 ffffffff')), { message: /-1 bytes/ })
})

t.test('a vector without rows may have any number of columns', async t => {
  t.match(decoded(hex('04 01 00000000 00000000')), { length: 0 })
})

t.test('a string with U+0000 is refused wherever it stands', async t => {
  const nul = 'a\0b'
  const places = [
    scalar('STRING', nul),
    scalar('SYMBOL', nul),
    vectorOf({ type: 'STRING' }, ['x', nul]),
    vectorOf({ type: 'SYMBOL' }, ['x', nul]),
    { form: 'pair', elements: vectorOf({ type: 'STRING' }, [nul, '']) as Vector } as const,
  ]
  for (const value of places) t.throws(() => encoded(value), { code: 'DDB_STRING_HAS_NUL' })
})
