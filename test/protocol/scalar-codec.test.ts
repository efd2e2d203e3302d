import t from 'tap'
import { dataTypes, type DataType } from '../../src/protocol/data-type.js'
import { explicitNull } from '../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../helpers/codec.js'

/** Type, value, bytes behind the flag. */
const golden: readonly (readonly [DataType, unknown, string, number?])[] = [
  ['VOID', null, '00'],
  ['BOOL', true, '01'],
  ['BOOL', false, '00'],
  ['CHAR', -127, '81'],
  ['CHAR', null, '80'],
  ['SHORT', -32_767, '0180'],
  ['SHORT', null, '0080'],
  ['INT', 2_147_483_647, 'ffffff7f'],
  ['INT', null, '00000080'],
  ['LONG', -(2n ** 63n) + 1n, '0100000000000080'],
  ['LONG', null, '0000000000000080'],
  ['DATE', -1, 'ffffffff'],
  ['TIMESTAMP', 1_704_187_800_123n, '3b2a82c98c010000'],
  ['FLOAT', 1.5, '0000c03f'],
  ['DOUBLE', NaN, '000000000000f87f'],
  ['DOUBLE', -0, '0000000000000080'],
  ['SYMBOL', 'x', '7800'],
  ['STRING', '', '00'],
  ['STRING', '数', 'e695b000'],
  ['CODE', '1+1', '312b3100'],
  ['BLOB', Uint8Array.of(0, 255), '02000000 00ff'],
  ['UUID', null, '00'.repeat(16)],
  ['IPADDR', new Uint8Array(16).fill(7), '07'.repeat(16)],
  ['COMPLEX', [1.5, -0.125], '000000000000f83f 000000000000c0bf'],
  ['POINT', null, 'ffffffffffffefff ffffffffffffefff'],
  ['DURATION', { count: 10, unit: 4 }, '0a000000 04000000'],
  ['DURATION', null, '00000080 00000000'],
  ['DECIMAL32', -1n, '04000000 ffffffff', 4],
  ['DECIMAL64', null, '12000000 0000000000000080', 18],
  ['DECIMAL128', 2n ** 127n - 1n, `26000000 ${'ff'.repeat(15)}7f`, 38],
  ['DECIMAL128', null, `00000000 ${'00'.repeat(15)}80`, 0],
]

t.test('scalars, both ways', async t => {
  for (const [type, value, bytes, scale] of golden) {
    const made = scalar(type, value, scale)
    const flag = Buffer.of(dataTypes[type].id, 0)
    const expected = Buffer.concat([flag, hex(bytes)])
    t.equal(encoded(made).toString('hex'), expected.toString('hex'), `${type} is written`)
    t.strictSame(decoded(expected), made, `${type} is read`)
  }
})

t.test('nothing, NULL and a default are three kinds of VOID', async t => {
  t.strictSame(decoded(hex('00 00 01')), explicitNull)
  t.strictSame(decoded(hex('00 00 02')), { form: 'scalar', type: 'VOID', voidKind: 2, value: null })
  for (const kind of ['00', '01', '02', 'ff']) {
    t.equal(encoded(decoded(hex(`00 00 ${kind}`))).toString('hex'), `0000${kind}`)
  }
})

t.test('a function carries its kind', async t => {
  const bytes = hex('14 00 03 6600')
  t.strictSame(decoded(bytes), { form: 'scalar', type: 'FUNCTIONDEF', functionKind: 3, value: 'f' })
  t.ok(encoded(decoded(bytes)).equals(bytes))
  t.ok(encoded({ form: 'scalar', type: 'FUNCTIONDEF', value: 'f' }).equals(hex('14 00 00 6600')))
})

t.test('a COMPLEX with one null part is null', async t => {
  t.match(decoded(hex('22 00 000000000000f83f ffffffffffffefff')), { value: null })
})

t.test('a value that its type cannot hold is refused, the null sentinel included', async t => {
  const refused: readonly (readonly [DataType, unknown, number?])[] = [
    ['CHAR', -128],
    ['CHAR', 128],
    ['SHORT', -32_768],
    ['SHORT', 40_000],
    ['INT', -(2 ** 31)],
    ['INT', 2 ** 31],
    ['INT', 1.5],
    ['INT', NaN],
    ['MONTH', 1e20],
    ['LONG', -(2n ** 63n)],
    ['LONG', 2n ** 63n],
    ['FLOAT', 1e39],
    ['FLOAT', -1e300],
    ['DECIMAL32', 2n ** 31n, 0],
    ['DECIMAL64', -(2n ** 63n), 0],
    ['DECIMAL128', 2n ** 127n, 0],
  ]
  for (const [type, value, scale] of refused) {
    t.throws(
      () => encoded(scalar(type, value, scale)),
      { name: 'ValueError', code: 'DDB_INPUT_RANGE', message: new RegExp(type) },
      `${type} ${String(value)}`,
    )
  }
})

t.test('infinity is a FLOAT', async t => {
  t.match(decoded(encoded(scalar('FLOAT', Infinity))), { value: Infinity })
})

t.test('a UUID of another size is refused', async t => {
  t.throws(() => encoded(scalar('UUID', new Uint8Array(15))), {
    code: 'DDB_USAGE',
    message: /not 15/,
  })
})

t.test('scales that do not exist are refused', async t => {
  for (const bytes of ['25 00 0a000000 00000000', '26 00 ffffffff 0000000000000000']) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message: /scale/ })
  }
  t.throws(() => decoded(hex('25 01 00000000 01000000 0a000000')), { message: /scale 10/ })
})
