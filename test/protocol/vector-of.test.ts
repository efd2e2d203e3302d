import t from 'tap'
import { emptyVector, vectorOf, type ElementValue } from '../../src/protocol/element.js'
import type { ColumnType } from '../../src/protocol/data-type.js'
import { hex, scalar } from '../helpers/codec.js'
import { explicitNull } from '../../src/protocol/value.js'

t.test('columns hold what travels', async t => {
  t.strictSame(vectorOf({ type: 'INT' }, [1, null]), {
    form: 'vector',
    type: 'INT',
    length: 2,
    data: Int32Array.of(1, -2_147_483_648),
  })
  t.strictSame(vectorOf({ type: 'DECIMAL32', scale: 2 }, [125, null]), {
    form: 'vector',
    type: 'DECIMAL32',
    length: 2,
    scale: 2,
    data: Int32Array.of(125, -2_147_483_648),
  })
  t.strictSame(vectorOf({ type: 'LONG' }, [5, 5n]), {
    form: 'vector',
    type: 'LONG',
    length: 2,
    data: BigInt64Array.of(5n, 5n),
  })
  t.match(vectorOf({ type: 'UUID' }, ['00112233-4455-6677-8899-aabbccddeeff']), {
    data: new Uint8Array(hex('ffeeddccbbaa99887766554433221100')),
  })
  t.match(vectorOf({ type: 'BLOB' }, ['ß']), { data: [Uint8Array.of(0xc3, 0x9f)] })
  t.strictSame(vectorOf({ type: 'INT', array: true }, [[1, 2], null, []]), {
    form: 'arrayVector',
    length: 3,
    offsets: Uint32Array.of(0, 2, 3, 3),
    cells: vectorOf({ type: 'INT' }, [1, 2, null]),
  })
})

t.test('a value outside the type is refused, the null sentinel included', async t => {
  const refused: readonly (readonly [ColumnType, ElementValue])[] = [
    [{ type: 'CHAR' }, 128],
    [{ type: 'CHAR' }, -128],
    [{ type: 'SHORT' }, 32_768],
    [{ type: 'INT' }, 1.5],
    [{ type: 'DATE' }, -(2 ** 31)],
    [{ type: 'LONG' }, 2n ** 63n],
    [{ type: 'FLOAT' }, 1e300],
    [{ type: 'DECIMAL32', scale: 0 }, 2n ** 31n],
    [{ type: 'DECIMAL128', scale: 0 }, 2n ** 127n],
    [{ type: 'DURATION' }, { count: 2 ** 31, unit: 0 }],
  ]
  for (const [type, value] of refused) {
    t.throws(
      () => vectorOf(type, [value]),
      { name: 'ValueError', code: 'DDB_INPUT_RANGE' },
      type.type,
    )
  }
})

t.test('a value of another kind is refused', async t => {
  const refused: readonly (readonly [ColumnType, ElementValue])[] = [
    [{ type: 'BOOL' }, 1],
    [{ type: 'INT' }, '1'],
    [{ type: 'INT' }, 1n],
    [{ type: 'LONG' }, 1.5],
    [{ type: 'LONG' }, 2 ** 53],
    [{ type: 'STRING' }, 1],
    [{ type: 'SYMBOL' }, true],
    [{ type: 'BLOB' }, 1],
    [{ type: 'UUID' }, 'x'],
    [{ type: 'UUID' }, new Uint8Array(3)],
    [{ type: 'POINT' }, [1]],
    [{ type: 'POINT' }, [1, null]],
    [{ type: 'DURATION' }, 5],
    [{ type: 'ANY' }, 5],
    [{ type: 'INT', array: true }, 5],
  ]
  for (const [type, value] of refused) {
    t.throws(
      () => vectorOf(type, [value]),
      { name: 'ValueError', code: 'DDB_USAGE' },
      `${JSON.stringify(type)} from ${typeof value}`,
    )
  }
  t.throws(() => vectorOf({ type: 'HANDLE' }, []), { message: /no columns of type HANDLE/ })
})

t.test('an empty vector has room and no rows', async t => {
  t.strictSame(emptyVector({ type: 'DOUBLE' }, 3), {
    form: 'vector',
    type: 'DOUBLE',
    length: 0,
    data: new Float64Array(3),
  })
  t.strictSame(emptyVector({ type: 'SYMBOL' }, 2), {
    form: 'vector',
    type: 'SYMBOL',
    length: 0,
    codes: new Int32Array(2),
    base: [''],
  })
  t.strictSame(emptyVector({ type: 'DECIMAL64', scale: 3, array: true }, 1), {
    form: 'arrayVector',
    length: 0,
    offsets: new Uint32Array(2),
    cells: { form: 'vector', type: 'DECIMAL64', length: 0, scale: 3, data: new BigInt64Array(1) },
  })
  for (const type of ['STRING', 'BLOB', 'ANY'] as const) {
    t.strictSame(emptyVector({ type }, 5), { form: 'vector', type, length: 0, data: [] })
  }
  t.strictSame(emptyVector({ type: 'VOID' }, 5), { form: 'vector', type: 'VOID', length: 0 })
  t.throws(() => emptyVector({ type: 'FUNCTIONDEF' }, 5), { message: /FUNCTIONDEF/ })
})

t.test('tuples hold values of any form', async t => {
  const tuple = vectorOf({ type: 'ANY' }, [scalar('INT', 1), null])
  t.strictSame(tuple, {
    form: 'vector',
    type: 'ANY',
    length: 2,
    data: [scalar('INT', 1), explicitNull],
  })
})
