/*
  BOOL, by its bytes.
*/
import t from 'tap'
import { elementAt } from '../../../src/protocol/element.js'
import { decoded, hex } from '../../helpers/codec.js'
import { checkCases, checkRefused } from './fixed-cases.js'

t.test('true, false and null are one byte', async t => {
  checkCases(t, 'BOOL', [
    [true, '01', 'true'],
    [false, '00', 'false'],
    [null, '80', ''],
  ])
  checkRefused(t, 'BOOL', [
    [1, 'DDB_USAGE'],
    ['true', 'DDB_USAGE'],
    [1n, 'DDB_USAGE'],
  ])
})

t.test('any other byte is true', async t => {
  const vector = decoded(hex('01 01 03000000 01000000 | 02 ff 7f'))
  if (vector.form !== 'vector') throw new Error('not a vector')
  for (const row of [0, 1, 2]) t.match(elementAt(vector, row), { value: true })
})
