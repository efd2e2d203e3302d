/*
  Numbers as they are stored.
*/
import t from 'tap'
import {
  rangeError,
  storedBigInt,
  storedInteger,
} from '../../../src/protocol/types/stored-number.js'

t.test('null is the sentinel; everything between it and its opposite is itself', async t => {
  t.equal(storedInteger(null, -128, 'CHAR'), -128)
  for (const value of [-127, 0, 127]) t.equal(storedInteger(value, -128, 'CHAR'), value)
  for (const value of [-128, 128, 0.5, NaN, Infinity]) {
    t.throws(() => storedInteger(value, -128, 'CHAR'), {
      code: 'DDB_INPUT_RANGE',
      message: `${value} is not among the values of CHAR, -127 to 127`,
    })
  }
})

t.test('so are integers of any width', async t => {
  const sentinel = -(2n ** 127n)
  t.equal(storedBigInt(null, sentinel, 'DECIMAL128'), sentinel)
  for (const value of [sentinel + 1n, 0n, -sentinel - 1n]) {
    t.equal(storedBigInt(value, sentinel, 'DECIMAL128'), value)
  }
  for (const value of [sentinel, -sentinel]) {
    t.throws(() => storedBigInt(value, sentinel, 'DECIMAL128'), { code: 'DDB_INPUT_RANGE' })
  }
  t.equal(rangeError(5n, 4n, 'LONG').message, '5 is not among the values of LONG, -4 to 4')
})
