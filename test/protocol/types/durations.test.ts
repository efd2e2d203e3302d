/*
  DURATION: a count and a unit.
*/
import t from 'tap'
import { durationUnits } from '../../../src/protocol/types/durations.js'
import { checkCases, checkRefused } from './fixed-cases.js'

t.test('count and unit are two integers, an exchange is its letters', async t => {
  checkCases(t, 'DURATION', [
    [{ count: 3, unit: 8 }, '0300000008000000', '3M'],
    [{ count: -1, unit: 0 }, 'ffffffff00000000', '-1ns'],
    [{ count: 2_147_483_647, unit: 10 }, 'ffffff7f0a000000', '2147483647B'],
    [{ count: 5, unit: 0x584e5953 }, '0500000053594e58', '5XNYS'],
    [null, '0000008000000000', ''],
  ])
  checkRefused(t, 'DURATION', [
    [{ count: -2_147_483_648, unit: 0 }, 'DDB_INPUT_RANGE'],
    [{ count: 2_147_483_648, unit: 0 }, 'DDB_INPUT_RANGE'],
    [{ count: 0.5, unit: 0 }, 'DDB_INPUT_RANGE'],
    [3, 'DDB_USAGE'],
    ['3M', 'DDB_USAGE'],
  ])
})

t.test('units count as DolphinDB counts them', async t => {
  const units = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B']
  t.strictSame(
    [...durationUnits],
    units.map((unit, number) => [unit, number]),
  )
})
