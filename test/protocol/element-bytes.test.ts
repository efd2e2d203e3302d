/*
  Columns as the bytes that travel: one memory for both.
*/
import t from 'tap'
import {
  elementBytes,
  isFixedType,
  nullElement,
  vectorOfBytes,
} from '../../src/protocol/element-bytes.js'
import { dataTypes, type DataType } from '../../src/protocol/data-type.js'
import { hex } from '../helpers/codec.js'

t.test('a column and its bytes share memory', async t => {
  const bytes = Uint8Array.from(hex('01000000 02000000 03000000'))
  const vector = vectorOfBytes('INT', 3, bytes)
  t.strictSame(vector, { form: 'vector', type: 'INT', length: 3, data: Int32Array.of(1, 2, 3) })
  const again = elementBytes(vector)
  t.equal(again.buffer, bytes.buffer)
  bytes[0] = 7
  t.equal(again[0], 7)
})

t.test('rows are cut by their size', async t => {
  const vector = vectorOfBytes('SHORT', 4, Uint8Array.from(hex('0100 0200 0300 0400')))
  t.equal(Buffer.from(elementBytes(vector, 1, 3)).toString('hex'), '02000300')
  t.equal(elementBytes(vector, 2, 2).length, 0)
  t.equal(elementBytes({ ...vector, length: 2 }).length, 4, 'rows behind the length are left out')
  const behind = vectorOfBytes('SHORT', 1, Uint8Array.from(hex('ffff 0500')).subarray(2))
  t.equal(Buffer.from(elementBytes(behind)).toString('hex'), '0500')
})

t.test('a column with less data than rows is refused', async t => {
  const vector = vectorOfBytes('LONG', 2, new Uint8Array(16))
  t.throws(() => elementBytes({ ...vector, length: 3 }), {
    code: 'DDB_USAGE',
    message: 'A LONG vector of length 3 needs 24 bytes of data, but has 16',
  })
})

t.test('a decimal keeps its scale', async t => {
  const vector = vectorOfBytes('DECIMAL32', 1, new Uint8Array(4), 3)
  t.match(vector, { type: 'DECIMAL32', scale: 3, length: 1 })
})

t.test('types have a size of their own, or none', async t => {
  const types = Object.keys(dataTypes) as DataType[]
  t.strictSame(types.filter(type => !isFixedType(type)).sort(), [
    'ANY',
    'BLOB',
    'CODE',
    'DATASOURCE',
    'FUNCTIONDEF',
    'HANDLE',
    'RESOURCE',
    'STRING',
    'SYMBOL',
    'VOID',
  ])
  for (const type of types.filter(isFixedType)) {
    t.equal(nullElement(type).length, dataTypes[type].bytesPerValue, type)
  }
})
