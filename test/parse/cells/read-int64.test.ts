/*
  64-bit integers, against BigInt.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Int64Parts } from '../../../src/parse/cells/int64-parts.js'
import { readInt64 } from '../../../src/parse/cells/read-int64.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from './cell.js'

const int64 = (text: string): bigint | number => {
  const { bytes, start, end } = cellOf(text)
  const parts = new Int64Parts()
  const outcome = readInt64(bytes, start, end, parts)
  return outcome === 0
    ? BigInt.asIntN(64, (BigInt(parts.high) << 32n) | BigInt.asUintN(32, BigInt(parts.low)))
    : outcome
}

t.test('64-bit integers are those of BigInt', async t => {
  const max = 2n ** 63n - 1n
  fc.assert(
    fc.property(fc.bigInt({ min: -max, max }), value => strictEqual(int64(String(value)), value)),
    { numRuns: runs(300) },
  )
  for (const [text, outcome] of [
    ['9223372036854775807', max],
    ['-9223372036854775807', -max],
    ['-9223372036854775808', Infinity],
    ['9223372036854775808', Infinity],
    ['10000000000000000000', Infinity],
    ['99999999999999999999', Infinity],
    ['00000000000000000000000001', 1n],
    ['-0', 0n],
    ['+7', 7n],
    [' \t-12 ', -12n],
    ['999999999', 999_999_999n],
    ['1000000000', 1_000_000_000n],
    ['1.0', 1n],
    ['1e3', 1000n],
    ['1.5', NaN],
    ['9.223372036854775807e18', max],
    ['922337203685477580800e-2', Infinity],
    ['--1', NaN],
    ['-', NaN],
    ['0x1', NaN],
    ['', NaN],
  ] as const) {
    t.ok(Object.is(int64(text), outcome), `${text}: ${int64(text)}`)
  }
})
