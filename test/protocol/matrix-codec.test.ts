import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import type { Matrix, Value, Vector } from '../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../helpers/codec.js'

const ints = (...values: number[]): Vector => vectorOf({ type: 'INT' }, values) as Vector
const texts = (...values: string[]): Vector => vectorOf({ type: 'STRING' }, values) as Vector

t.test('labels stand between the two flags', async t => {
  const matrix: Matrix = {
    form: 'matrix',
    rows: 2,
    columns: 1,
    elements: ints(5, 6),
    rowLabels: texts('a', 'b'),
    columnLabels: ints(9),
  }
  const bytes = hex(`04 03 03
    12 01 02000000 01000000 6100 6200
    04 01 01000000 01000000 09000000
    04 03 02000000 01000000 05000000 06000000`)
  t.ok(encoded(matrix).equals(bytes))
  t.strictSame(decoded(bytes), matrix)
})

t.test('a matrix of decimals says its scale behind rows and columns', async t => {
  const elements = vectorOf({ type: 'DECIMAL32', scale: 2 }, [125n]) as Vector
  const bytes = hex('25 03 00 25 03 01000000 01000000 02000000 7d000000')
  const matrix: Matrix = { form: 'matrix', rows: 1, columns: 1, elements }
  t.ok(encoded(matrix).equals(bytes))
  t.strictSame(decoded(bytes), matrix)
})

t.test('SYMBOL travels as plain strings and is read with a base too', async t => {
  const elements = vectorOf({ type: 'SYMBOL' }, ['x', 'x']) as Vector
  const matrix: Matrix = { form: 'matrix', rows: 1, columns: 2, elements }
  t.strictSame(decoded(encoded(matrix)), matrix)
  t.strictSame(
    decoded(hex('91 03 00 91 03 01000000 02000000 00000000 02000000 00 7800 01000000 01000000')),
    matrix,
  )
})

t.test('shapes that do not fit are refused', async t => {
  const base: Matrix = { form: 'matrix', rows: 2, columns: 2, elements: ints(1, 2, 3, 4) }
  const anything: Value[] = [scalar('INT', 1)]
  for (const matrix of [
    { ...base, rows: 3 },
    { ...base, rowLabels: ints(1) },
    { ...base, columnLabels: ints(1, 2, 3) },
    {
      ...base,
      rows: 1,
      columns: 1,
      elements: { form: 'vector', type: 'ANY', length: 1, data: anything } as Vector,
    },
  ]) {
    t.throws(() => encoded(matrix), { name: 'ValueError', code: 'DDB_USAGE' })
  }
  const label = '04 01 01000000 01000000 09000000'
  t.throws(() => decoded(hex(`04 03 01 ${label} 04 03 02000000 01000000 05000000 06000000`)), {
    name: 'ProtocolError',
    message: /2 rows have 1 labels/,
  })
  t.throws(() => decoded(hex(`04 03 02 ${label} 04 03 01000000 02000000 05000000 06000000`)), {
    name: 'ProtocolError',
    message: /2 columns have 1 labels/,
  })
})
