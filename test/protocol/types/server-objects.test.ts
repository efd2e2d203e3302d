/*
  The server's own objects, which travel as text.
*/
import t from 'tap'
import { vectorOf } from '../../../src/protocol/element.js'
import { formatScalar } from '../../../src/protocol/value-text.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import type { Scalar } from '../../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../../helpers/codec.js'

t.test('a function has a byte for its kind in front of its text', async t => {
  const add: Scalar = { form: 'scalar', type: 'FUNCTIONDEF', functionKind: 3, value: 'f' }
  t.strictSame(encoded(add), hex('14 00 03 6600'))
  t.strictSame(decoded(hex('14 00 03 6600')), add)
  t.strictSame(encoded(scalar('FUNCTIONDEF', 'f')), hex('14 00 00 6600'), 'a system function')
  t.equal(formatScalar(add), 'f')
})

t.test('the others are text alone, and have no columns', async t => {
  for (const [type, id] of [
    ['HANDLE', '15'],
    ['CODE', '16'],
    ['DATASOURCE', '17'],
    ['RESOURCE', '18'],
  ] as const satisfies readonly (readonly [DataType, string])[]) {
    const value = scalar(type, 'x y')
    const wire = hex(`${id} 00 78207900`)
    t.strictSame(encoded(value), wire, type)
    t.strictSame(decoded(wire), value, type)
    t.throws(() => vectorOf({ type }, ['x']), { code: 'DDB_USAGE' }, type)
  }
})
