import t from 'tap'
import { sameCells } from '../../../src/load/verify/same-cells.js'
import { sliceColumn, vectorOf } from '../../../src/protocol/element.js'

t.test('numbers are compared bit by bit', async t => {
  const of = (...values: (number | null)[]) => vectorOf({ type: 'DOUBLE' }, values)
  const same = sameCells(of(0, -0, 1.5, null), of(0, -0, 1.5, null))
  for (let row = 0; row < 4; row++) t.ok(same(row, row))
  t.notOk(same(0, 1), '0 and -0')
  t.notOk(same(2, 3))
})

t.test('texts are compared as texts, in any representation', async t => {
  const symbols = vectorOf({ type: 'SYMBOL' }, ['a', 'ß', ''])
  const strings = vectorOf({ type: 'STRING' }, ['a', 'ß', ''])
  const blobs = vectorOf(
    { type: 'BLOB' },
    ['a', 'ß', ''].map(text => Buffer.from(text)),
  )
  for (const sent of [symbols, strings, blobs]) {
    for (const stored of [symbols, strings, blobs]) {
      const same = sameCells(sent, stored)
      for (let row = 0; row < 3; row++) {
        for (let other = 0; other < 3; other++) t.equal(same(row, other), row === other)
      }
    }
  }
})

t.test('bytes that are not text are distinguished', async t => {
  const of = (byte: number) => vectorOf({ type: 'BLOB' }, [Uint8Array.of(byte)])
  t.notOk(sameCells(of(0xff), of(0xfe))(0, 0))
  t.ok(sameCells(of(0xff), of(0xff))(0, 0))
})

t.test('arrays are compared by length and cells, also in a slice', async t => {
  const of = (...rows: (number[] | null)[]) => vectorOf({ type: 'INT', array: true }, rows)
  const stored = of([1, 2], [3], null)
  const sent = sliceColumn(of([9], [1, 2], [3], null), 1, 4)
  const same = sameCells(sent, stored)
  for (let row = 0; row < 3; row++) {
    for (let other = 0; other < 3; other++) t.equal(same(row, other), row === other)
  }
  t.notOk(sameCells(stored, vectorOf({ type: 'INT' }, [1]))(0, 0))
})

t.test('other types and scales are never equal', async t => {
  const decimal = (scale: number) => vectorOf({ type: 'DECIMAL32', scale }, [1])
  t.notOk(sameCells(decimal(2), decimal(3))(0, 0))
  t.notOk(sameCells(vectorOf({ type: 'INT' }, [1]), vectorOf({ type: 'LONG' }, [1n]))(0, 0))
})
