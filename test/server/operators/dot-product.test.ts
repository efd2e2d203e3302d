import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Matrix, Vector } from '../../../src/protocol/value.js'
import { dotProduct } from '../../../src/server/operators/dot-product.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { valuesOf } from '../columns/columns.js'
import { scalar, vector } from './values.js'

const matrix = (rows: number, columns: number, ...values: (number | null)[]): Matrix => ({
  form: 'matrix',
  rows,
  columns,
  elements: vector('INT', ...values),
})

t.test('vectors have an inner product, in which nulls count as nothing', async t => {
  const largest = 2n ** 63n - 1n
  const examples: [Vector, Vector, ServerValue][] = [
    [vector('INT', 1, 2, 3), vector('INT', 4, 5, 6), int(32)],
    [vector('INT', 1, null, 3), vector('INT', 4, 5, null), int(4)],
    [vector('CHAR', 1), vector('BOOL', true), int(1)],
    [vector('INT', 2147483647, 2), vector('INT', 1, 1), int(-2147483647)],
    [vector('LONG', 2n ** 40n), vector('INT', 2), scalar('LONG', 2n ** 41n)],
    [vector('LONG', largest, 2n), vector('LONG', 1n, 1n), scalar('LONG', -largest)],
    [vector('DOUBLE', 0.5, null), vector('INT', 3, 1), scalar('DOUBLE', 1.5)],
    [vector('INT'), vector('INT'), int(0)],
    [vector('DOUBLE'), vector('DOUBLE'), scalar('DOUBLE', 0)],
  ]
  for (const [left, right, wanted] of examples) {
    t.strictSame(dotProduct(left, right), wanted)
    t.strictSame(dotProduct(right, left), wanted)
  }
})

t.test('matrices multiply row by column', async () => {
  const size = fc.integer({ min: 1, max: 4 })
  const sizes = fc.tuple(size, size, size)
  const cells = fc.array(fc.option(fc.integer({ min: -9, max: 9 })), {
    minLength: 16,
    maxLength: 16,
  })
  fc.assert(
    fc.property(sizes, cells, cells, ([rows, inner, columns], a, b) => {
      const left = matrix(rows, inner, ...a.slice(0, rows * inner))
      const right = matrix(inner, columns, ...b.slice(0, inner * columns))
      const made = dotProduct(left, right) as Matrix
      assert.deepEqual([made.rows, made.columns, made.elements.type], [rows, columns, 'DOUBLE'])
      const wanted: number[] = []
      for (let column = 0; column < columns; column++) {
        for (let row = 0; row < rows; row++) {
          let sum = 0
          for (let k = 0; k < inner; k++)
            sum += (a[k * rows + row] ?? 0) * (b[column * inner + k] ?? 0)
          wanted.push(sum)
        }
      }
      assert.deepEqual(
        valuesOf(made.elements).map(one => (one as number) + 0),
        wanted.map(one => one + 0),
      )
    }),
    { numRuns: runs(100) },
  )
})

t.test('a vector beside a matrix is a column or a row, as the sizes need it', async t => {
  const six = matrix(2, 3, 1, 2, 3, 4, 5, 6)
  const examples: [ServerValue, ServerValue, number, number, number[]][] = [
    [six, vector('INT', 1, 2, 3), 2, 1, [22, 28]],
    [vector('INT', 1, 2), six, 1, 3, [5, 11, 17]],
    [matrix(2, 1, 1, 2), vector('INT', 3, 4), 2, 2, [3, 6, 4, 8]],
    [vector('INT', 1, 2), matrix(1, 2, 3, 4), 2, 2, [3, 6, 4, 8]],
  ]
  for (const [left, right, rows, columns, wanted] of examples) {
    const made = dotProduct(left, right) as Matrix
    t.same([made.rows, made.columns, ...valuesOf(made.elements)], [rows, columns, ...wanted])
  }
})

t.test('sizes must go together', async t => {
  const six = matrix(2, 3, 1, 2, 3, 4, 5, 6)
  const refused: [ServerValue, ServerValue, string][] = [
    [vector('INT', 1), vector('INT', 1, 2), 'Incompatible vector size'],
    [six, six, 'Incompatible matrix size'],
    [six, vector('INT', 1, 2), 'Incompatible matrix size'],
    [vector('INT', 1, 2, 3), six, 'Incompatible matrix size'],
    [six, int(2), 'Use * rather than ** for scalar and matrix multiplication.'],
    [int(2), six, 'Use * rather than ** for scalar and matrix multiplication.'],
  ]
  for (const [left, right, message] of refused) {
    t.throws(() => dotProduct(left, right), { name: 'ScriptError', message })
  }
  t.throws(() => dotProduct(vector('STRING', 'a'), vector('INT', 1)), { name: 'ScriptError' })
  const long = matrix(8193, 1, ...new Array<number>(8193).fill(1))
  const wide: Matrix = { ...long, rows: 1, columns: 8193 }
  t.throws(() => dotProduct(long, wide), { message: /sums up at most 67108864 products/ })
})

t.test('anything else is multiplied element by element', async t => {
  t.equal(dotProduct(int(1), int(2)), undefined)
  t.equal(dotProduct(vector('INT', 1), int(2)), undefined)
})
