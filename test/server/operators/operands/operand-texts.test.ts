import t from 'tap'
import { dataTypes, type DataType } from '../../../../src/protocol/data-type.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { isLiteral, textsOfVector } from '../../../../src/server/operators/operands/operands.js'
import { int } from '../../../helpers/values.js'
import { column, fixed } from '../../columns/columns.js'

t.test('three types hold text', async t => {
  const names = (Object.keys(dataTypes) as DataType[]).filter(isLiteral)
  t.same(names.sort(), ['BLOB', 'STRING', 'SYMBOL'])
})

t.test('every element is the text that string(x) makes of it; null is none', async t => {
  const utf8 = new TextEncoder().encode('é')
  const examples: [Vector, string[]][] = [
    [column('STRING', 'a', '') as Vector, ['a', '']],
    [{ ...column('STRING', 'a', 'b'), length: 1 } as Vector, ['a']],
    [column('SYMBOL', 'b', '', 'b') as Vector, ['b', '', 'b']],
    [column('BLOB', utf8, new Uint8Array(0)) as Vector, ['é', '']],
    [column('CHAR', 32, 97, 126, null) as Vector, [' ', 'a', '~', '']],
    [column('CHAR', 31, 127, 0, -127) as Vector, ['31', '127', '0', '-127']],
    [column('BOOL', true, null) as Vector, ['true', '']],
    [column('LONG', 2n ** 63n - 1n, null) as Vector, ['9223372036854775807', '']],
    [column('DOUBLE', 0.5, null) as Vector, ['0.5', '']],
    [column('DATE', 0, null) as Vector, ['1970.01.01', '']],
    [fixed({ type: 'DECIMAL32', scale: 2 }, -5n, null), ['-0.05', '']],
    [column('ANY', int(1), column('INT', 2, 3)) as Vector, ['1', '[2,3]']],
    [{ form: 'vector', type: 'VOID', length: 2 }, ['', '']],
    [column('INT') as Vector, []],
  ]
  for (const [vector, texts] of examples) t.strictSame([...textsOfVector(vector)], texts)
  const encoded = new TextEncoder().encode('a\0\0')
  t.same(textsOfVector({ form: 'vector', type: 'STRING', length: 2, encoded }), ['a', ''])
})
