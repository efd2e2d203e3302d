/*
  Columns of 64 bits: which cell becomes which element, against BigInt.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readInt64 } from '../../../src/parse/cells/read-int64.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import {
  Int64Column,
  LongColumn,
  type Int64Kind,
} from '../../../src/parse/columns/int64-columns.js'
import type { Column } from '../../../src/protocol/value.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const kind: Int64Kind = {
  expected: 'a whole number',
  readCell: readInt64,
  column: (data, length) => ({ form: 'vector', type: 'LONG', length, data }),
}
const columnIndex = 2
const nullLong = -(2n ** 63n)

function elements(column: Column): bigint[] {
  const { data, length } = column as { data: BigInt64Array; length: number }
  return Array.from(data.subarray(0, length))
}

for (const Builder of [Int64Column, LongColumn]) {
  const make = (type: Int64Kind = kind) => new Builder(type, columnIndex, new BufferPool())

  t.test(`${Builder.name}: every integer is its element`, async t => {
    const max = 2n ** 63n - 1n
    const integers = fc.oneof(
      fc.bigInt({ min: -max, max }),
      fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
      fc.constantFrom(-max, -(2n ** 32n), -1n, 0n, 2n ** 32n - 1n, 10n ** 15n, max),
    )
    fc.assert(
      fc.property(fc.array(integers, { minLength: 1, maxLength: 50 }), list => {
        const builder = make()
        deepStrictEqual(builder.read(blockOf(list.map(String)), field, 0), 0)
        deepStrictEqual(elements(builder.take(list.length, [])), list)
      }),
      { numRuns: runs(50) },
    )
    t.pass()
  })

  t.test(`${Builder.name}: nulls and refused rows`, async t => {
    const builder = make()
    const texts = ['1', '', 'x', '9223372036854775808', '-9223372036854775808', ' 5 ']
    const block = blockOf(texts)
    t.equal(builder.read(block, field, 0), 4)
    t.strictSame(refusedRows(block), [2, 3, 4])
    t.equal(block.refusedBy[2], columnIndex + 1)
    const buffers: ArrayBuffer[] = []
    t.strictSame(elements(builder.take(texts.length, buffers)), [
      1n,
      nullLong,
      nullLong,
      nullLong,
      nullLong,
      5n,
    ])
    t.equal(buffers.length, 1)
    t.equal(builder.encodedBytes(3), 24)
  })

  t.test(
    `${Builder.name}: blocks follow each other, and what is undone is written over`,
    async t => {
      const builder = make()
      builder.read(blockOf(['1']), field, 0)
      builder.read(blockOf(['2']), field, 1)
      builder.undo()
      builder.read(blockOf(Array.from({ length: 3000 }, () => '1')), field, 1)
      const found = elements(builder.take(3001, []))
      t.ok(found.length === 3001 && found.every(value => value === 1n))
      builder.read(blockOf(['9']), field, 0)
      t.strictSame(elements(builder.take(1, [])), [9n], 'the next batch')
    },
  )

  t.test(`${Builder.name}: a refusal is of the text, or of its size`, async t => {
    const explained = (text: string, type?: Int64Kind): unknown => {
      const { bytes, starts, ends } = blockOf([text])
      return make(type).explain(bytes, starts[field]!, ends[field]!)
    }
    const { expected } = kind
    t.strictSame(explained('x'), { code: 'DDB_INPUT_CELL', expected })
    t.strictSame(explained('9223372036854775808'), { code: 'DDB_INPUT_RANGE', expected })
    const talkative: Int64Kind = { ...kind, explain: () => 'fewer letters' }
    t.strictSame(explained('x', talkative), { code: 'DDB_INPUT_CELL', expected: 'fewer letters' })
  })
}
