/*
  Columns that are compressed are read back as they were, and the official clients' own, decoded, are compressed into the
  same blocks where the method leaves no choice.
*/
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { encodeCompressedValue } from '../../../src/protocol/codec.js'
import { encodeCompressed } from '../../../src/protocol/compression/compress-column.js'
import { encodeDelta } from '../../../src/protocol/compression/encode-delta.js'
import { decodeDeltaOfDelta } from '../../../src/protocol/compression/delta-of-delta.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import { ByteWriter } from '../../../src/wire/byte-writer.js'
import { arbitraryFixedVector, decoded, fixedTypes } from '../../helpers/codec.js'
import { recordings } from '../../helpers/recordings.js'
import { runs } from '../../helpers/runs.js'

function bytesOf(value: Value): Buffer {
  const writer = new ByteWriter()
  encodeCompressedValue(writer, value)
  return Buffer.concat(writer.take())
}

function tableOf(...columns: Column[]): Value {
  return {
    form: 'table',
    name: '',
    rows: columns[0]!.length,
    columnNames: columns.map((_, i) => `c${i}`),
    columns,
  }
}

t.test('tables of columns of any type are read back', t => {
  for (const type of fixedTypes) {
    fc.assert(
      fc.property(arbitraryFixedVector(type, 11), fc.nat(400), (vector, times) => {
        // Repeated, so that there is something to gain.
        const repeated = repeat(vector, times)
        const sent = tableOf(repeated)
        deepStrictEqual(elementsOf(decoded(bytesOf(sent))), elementsOf(sent))
      }),
      { numRuns: runs(10) },
    )
    t.pass(type)
  }
  t.end()
})

function repeat(column: Column, times: number): Column {
  if (!('data' in column) || !ArrayBuffer.isView(column.data)) throw new Error('not fixed')
  const bytes = new Uint8Array(column.data.buffer, column.data.byteOffset, column.data.byteLength)
  const all = new Uint8Array(bytes.length * times)
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length)
  const Data = column.data.constructor as new (buffer: ArrayBuffer) => ArrayBufferView
  const made: unknown = { ...column, length: column.length * times, data: new Data(all.buffer) }
  return made as Column
}

function elementsOf(value: Value): Buffer[] {
  if (value.form !== 'table') throw new Error('not a table')
  return value.columns.map(column => {
    if (!('data' in column) || !ArrayBuffer.isView(column.data)) throw new Error('not fixed')
    const { buffer, byteOffset, byteLength } = column.data
    return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
  })
}

const compressedFlag = Buffer.from([0x1a, 0x01])
const count = 10_000
const numbers = (step: (row: number) => number): number[] =>
  Array.from({ length: count }, (_, row) => step(row))

t.test('each column goes by the method that suits it', t => {
  const method = (column: Column): number | undefined => {
    const writer = new ByteWriter()
    if (!encodeCompressed(writer, column)) {
      t.equal(writer.byteLength, 0)
      return undefined
    }
    return Buffer.concat(writer.take())[13]
  }
  const time = vectorOf(
    { type: 'TIMESTAMP' },
    numbers(row => 1.7e12 + row * 1000),
  )
  t.equal(method(time), 2, 'steps')
  t.equal(
    method(
      vectorOf(
        { type: 'INT' },
        numbers(row => row),
      ),
    ),
    2,
    'counting',
  )
  t.equal(
    method(
      vectorOf(
        { type: 'INT' },
        numbers(row => (row % 7 === 0 ? 1e9 : 3)),
      ),
    ),
    1,
    'jumps',
  )
  t.equal(
    method(
      vectorOf(
        { type: 'DOUBLE' },
        numbers(row => row % 100),
      ),
    ),
    1,
  )
  t.equal(method(vectorOf({ type: 'STRING' }, numbers(row => row % 100).map(String))), 1)
  t.equal(method(vectorOf({ type: 'INT' }, [1, 2, 3])), undefined, 'too small')
  t.equal(
    method(
      vectorOf(
        { type: 'DOUBLE' },
        numbers(() => Math.random()),
      ),
    ),
    undefined,
    'no gain',
  )
  t.equal(method(vectorOf({ type: 'SYMBOL' }, numbers(row => row % 9).map(String))), undefined)
  const far = numbers(row => (row < 5000 ? row : row % 2 === 0 ? 9e18 : -9e18))
  t.equal(method(vectorOf({ type: 'LONG' }, far.map(BigInt))), 1, 'differences beyond 64 bits')
  t.end()
})

t.test('a table is written as official clients do: type 8, SYMBOL plain', t => {
  const table = tableOf(
    vectorOf(
      { type: 'TIMESTAMP' },
      numbers(row => 1.7e12 + row),
    ),
    vectorOf({ type: 'SYMBOL' }, numbers(row => row % 3).map(String)),
    vectorOf(
      { type: 'STRING' },
      numbers(row => row % 3).map(row => `text ${row}`),
    ),
  )
  const bytes = bytesOf(table)
  t.strictSame([...bytes.subarray(0, 2)], [8, 6])
  t.ok(bytes.includes(Buffer.from([0x91, 1])), 'a base of symbols')
  const back = decoded(bytes)
  t.match(back, { rows: count, columnNames: ['c0', 'c1', 'c2'] })
  if (back.form !== 'table') throw new Error('not a table')
  t.strictSame(
    back.columns.map(({ form, length }) => [form, length]),
    [
      ['vector', count],
      ['vector', count],
      ['vector', count],
    ],
  )
  t.end()
})

t.test('blocks that official clients sent by delta of delta are written alike', t => {
  let blocks = 0
  for (const { name, bytes } of recordings.filter(({ name }) => name === 'big_delta')) {
    for (
      let at = bytes.indexOf(compressedFlag);
      at >= 0;
      at = bytes.indexOf(compressedFlag, at + 1)
    ) {
      const [method, unit] = [bytes[at + 13], bytes[at + 15]]
      if (bytes.readInt32LE(at + 6) !== 1 || method !== 2) continue
      if (unit !== 2 && unit !== 4 && unit !== 8) continue
      const end = at + 10 + bytes.readInt32LE(at + 2)
      for (let start = at + 30; start < end;) {
        const length = bytes.readInt32LE(start)
        const block = bytes.subarray(start + 4, start + 4 + length)
        const elements = decodeDeltaOfDelta(block, unit, 0)
        const target = new Uint8Array(length + 64)
        const written = encodeDelta(elements, unit, new DataView(target.buffer), 0, target.length)
        t.ok(Buffer.from(target.subarray(0, written)).equals(block), `${name} at ${start}`)
        blocks++
        start += 4 + length
      }
    }
  }
  t.ok(blocks > 5, `${blocks} blocks`)
  t.end()
})
