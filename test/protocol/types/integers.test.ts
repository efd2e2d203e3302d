/*
  Signed integers, by their bytes: the ends of each range, and the null one below.
*/
import t from 'tap'
import { checkCases, checkRefused } from './fixed-cases.js'

t.test('CHAR is one byte, shown as the character that it is', async t => {
  checkCases(t, 'CHAR', [
    [0, '00', '0'],
    [-1, 'ff', '-1'],
    [127, '7f', '127'],
    [-127, '81', '-127'],
    [31, '1f', '31'],
    [32, '20', "' '"],
    [97, '61', "'a'"],
    [126, '7e', "'~'"],
    [null, '80', ''],
  ])
})

t.test('SHORT, INT and LONG are little-endian', async t => {
  checkCases(t, 'SHORT', [
    [1, '0100', '1'],
    [32_767, 'ff7f', '32767'],
    [-32_767, '0180', '-32767'],
    [null, '0080', ''],
  ])
  checkCases(t, 'INT', [
    [-2, 'feffffff', '-2'],
    [2_147_483_647, 'ffffff7f', '2147483647'],
    [-2_147_483_647, '01000080', '-2147483647'],
    [null, '00000080', ''],
  ])
  checkCases(t, 'LONG', [
    [258n, '0201000000000000', '258'],
    [2n ** 63n - 1n, 'ffffffffffffff7f', '9223372036854775807'],
    [1n - 2n ** 63n, '0100000000000080', '-9223372036854775807'],
    [null, '0000000000000080', ''],
  ])
})

t.test('the null, what is beyond it, and fractions are refused', async t => {
  for (const [type, bits] of [
    ['CHAR', 7],
    ['SHORT', 15],
    ['INT', 31],
  ] as const) {
    checkRefused(t, type, [
      [2 ** bits, 'DDB_INPUT_RANGE'],
      [-(2 ** bits), 'DDB_INPUT_RANGE'],
      [0.5, 'DDB_INPUT_RANGE'],
      [NaN, 'DDB_INPUT_RANGE'],
      ['1', 'DDB_USAGE'],
      [true, 'DDB_USAGE'],
    ])
  }
  checkRefused(t, 'LONG', [
    [2n ** 63n, 'DDB_INPUT_RANGE'],
    [-(2n ** 63n), 'DDB_INPUT_RANGE'],
    [1.5, 'DDB_USAGE'],
    [2 ** 53, 'DDB_USAGE'],
  ])
})
