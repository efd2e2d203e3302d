/*
  FLOAT and DOUBLE, by their bytes and by DataView.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { formatNumber, shortestFloat } from '../../../src/protocol/types/floats.js'
import { runs } from '../../helpers/runs.js'
import { checkCases, checkRefused } from './fixed-cases.js'

const maxSingle = 3.4028234663852886e38
const smallestSingle = 2 ** -149

t.test('NaN and infinities are values, the most negative number is the null', async t => {
  checkCases(t, 'DOUBLE', [
    [1.5, '000000000000f83f', '1.5'],
    [-0, '0000000000000080', '-0'],
    [Number.MAX_VALUE, 'ffffffffffffef7f', '1.7976931348623157e+308'],
    [Number.MIN_VALUE, '0100000000000000', '5e-324'],
    [Infinity, '000000000000f07f', 'inf'],
    [-Infinity, '000000000000f0ff', '-inf'],
    [null, 'ffffffffffffefff', ''],
  ])
  checkCases(t, 'FLOAT', [
    [1.5, '0000c03f', '1.5'],
    [maxSingle, 'ffff7f7f', '3.4028235e+38'],
    [smallestSingle, '01000000', '1.4013e-45'],
    [-Infinity, '000080ff', '-inf'],
    [null, 'ffff7fff', ''],
  ])
})

t.test('single precision refuses what it cannot hold, and other kinds', async t => {
  checkRefused(t, 'FLOAT', [
    [1e39, 'DDB_INPUT_RANGE'],
    [-1e39, 'DDB_INPUT_RANGE'],
    ['1', 'DDB_USAGE'],
  ])
  checkRefused(t, 'DOUBLE', [
    [1n, 'DDB_USAGE'],
    [false, 'DDB_USAGE'],
  ])
})

t.test('the text of a number gives the same number', async t => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      strictEqual(Object.is(Number(formatNumber(value)), value), true)
    }),
    { numRuns: runs(200) },
  )
  t.strictSame([NaN, Infinity, -Infinity].map(formatNumber), ['NaN', 'inf', '-inf'])
})

t.test('the shortest double of a single is the same single, in at most nine digits', async t => {
  const view = new DataView(new ArrayBuffer(4))
  const single = (value: number): number => {
    view.setFloat32(0, value)
    return view.getFloat32(0)
  }
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
      const short = shortestFloat(value)
      strictEqual(Object.is(single(short), value), true)
      strictEqual(short === Number(short.toPrecision(9)), true)
    }),
    { numRuns: runs(300) },
  )
  t.strictSame(
    [0.1, 16_777_216, -0].map(value => shortestFloat(Math.fround(value))),
    [0.1, 16_777_216, -0],
  )
})
