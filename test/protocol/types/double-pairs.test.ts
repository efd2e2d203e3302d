/*
  COMPLEX and POINT: two doubles.
*/
import t from 'tap'
import { isNullAt, scalarAt } from '../../../src/protocol/element.js'
import type { TypedVector } from '../../../src/protocol/value.js'
import { decoded, hex } from '../../helpers/codec.js'
import { checkCases, checkRefused } from './fixed-cases.js'

const one = '000000000000f03f'
const minusTwo = '00000000000000c0'
const nullDouble = 'ffffffffffffefff'

t.test('both numbers stand one behind the other', async t => {
  checkCases(t, 'COMPLEX', [
    [[1, -2], one + minusTwo, '1-2i'],
    [[-2, 1], minusTwo + one, '-2+1i'],
    [[1, -0], `${one}0000000000000080`, '1-0i'],
    [null, nullDouble + nullDouble, ''],
  ])
  checkCases(t, 'POINT', [
    [[1, -2], one + minusTwo, '(1, -2)'],
    [null, nullDouble + nullDouble, ''],
  ])
})

t.test('a pair is null when either number is', async t => {
  for (const pair of [nullDouble + one, one + nullDouble]) {
    const vector = decoded(hex(`22 01 01000000 01000000 ${pair}`)) as TypedVector
    t.ok(isNullAt(vector, 0))
    t.equal(scalarAt(vector, 0).value, null)
  }
})

t.test('what is not two numbers is refused', async t => {
  for (const type of ['COMPLEX', 'POINT'] as const) {
    checkRefused(t, type, [
      [1, 'DDB_USAGE'],
      [[1], 'DDB_USAGE'],
      [[1, 2, 3], 'DDB_USAGE'],
      [[1, '2'], 'DDB_USAGE'],
      ['1+2i', 'DDB_USAGE'],
    ])
  }
})
