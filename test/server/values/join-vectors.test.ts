import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { columnTypeText, type ColumnType } from '../../../src/protocol/data-type.js'
import { columnTypeOf, vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Vector } from '../../../src/protocol/value.js'
import { joinAll, joinColumns, joinVectors } from '../../../src/server/values/vector-literal.js'
import { runs } from '../../helpers/runs.js'
import { textsOf } from '../../helpers/script.js'
import { column, valuesOf } from '../columns/columns.js'

const array: ColumnType = { type: 'INT', array: true }
const decimal = (scale: number): ColumnType => ({ type: 'DECIMAL64', scale })

t.test('the rows follow each other in the type that holds both', async t => {
  const examples: [ColumnType, ElementValue[], ColumnType, ElementValue[], string, string[]][] = [
    [{ type: 'INT' }, [1, null], { type: 'INT' }, [2], 'INT', ['1', '', '2']],
    [{ type: 'INT' }, [1], { type: 'LONG' }, [2n, null], 'LONG', ['1', '2', '']],
    [{ type: 'LONG' }, [1n, null], { type: 'FLOAT' }, [2.5], 'FLOAT', ['1', '', '2.5']],
    [{ type: 'FLOAT' }, [0.5], { type: 'DOUBLE' }, [2.5], 'DOUBLE', ['0.5', '2.5']],
    [{ type: 'CHAR' }, [65], { type: 'SHORT' }, [2], 'SHORT', ['65', '2']],
    [{ type: 'SYMBOL' }, ['a', ''], { type: 'STRING' }, ['b'], 'SYMBOL', ['a', '', 'b']],
    [{ type: 'STRING' }, ['a'], { type: 'SYMBOL' }, ['b', ''], 'STRING', ['a', 'b', '']],
    [{ type: 'VOID' }, [null], { type: 'DATE' }, [0], 'DATE', ['', '1970.01.01']],
    [{ type: 'DATE' }, [0], { type: 'VOID' }, [null, null], 'DATE', ['1970.01.01', '', '']],
    [array, [[1, 2]], { type: 'DOUBLE', array: true }, [[2.5]], 'DOUBLE[]', ['[1,2]', '[2.5]']],
    [decimal(2), [150n], decimal(2), [null], 'DECIMAL64(2)', ['1.50', '']],
    [decimal(2), [150n], decimal(3), [150n], 'ANY', ['1.50', '0.150']],
    [{ type: 'INT' }, [1], { type: 'STRING' }, ['a'], 'ANY', ['1', 'a']],
    [{ type: 'BOOL' }, [true], { type: 'INT' }, [2], 'ANY', ['true', '2']],
    [{ type: 'DATE' }, [0], { type: 'MONTH' }, [0], 'ANY', ['1970.01.01', '0000.01M']],
    [{ type: 'INT' }, [3], array, [[1, 2]], 'ANY', ['3', '[1,2]']],
    [{ type: 'INT' }, [], { type: 'DOUBLE' }, [], 'DOUBLE', []],
  ]
  for (const [leftType, left, rightType, right, type, texts] of examples) {
    const joined = joinColumns(vectorOf(leftType, left), vectorOf(rightType, right))
    t.equal(columnTypeText(columnTypeOf(joined)), type)
    t.strictSame(textsOf(joined), texts, `${columnTypeText(leftType)} ${columnTypeText(rightType)}`)
  }
})

t.test('a tuple stays one, and takes anything', async t => {
  const one = { form: 'scalar', type: 'INT', value: 1 } as const
  const joined = joinVectors(column('ANY', one) as Vector, column('STRING', 'a', '') as Vector)
  t.match(joined, { type: 'ANY', length: 3, data: [one, { value: 'a' }, { value: '' }] })
  t.strictSame(textsOf(joined), ['1', 'a', ''])
})

t.test('many vectors join as they would one after the other', async () => {
  const vector = fc.oneof(
    fc.array(fc.integer({ min: -9, max: 9 })).map(values => column('INT', ...values)),
    fc.array(fc.bigInt({ min: -9n, max: 9n })).map(values => column('LONG', ...values)),
    fc.array(fc.integer({ min: -9, max: 9 })).map(values => column('DOUBLE', ...values)),
  )
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 9 }), vectors => {
      const joined = joinAll(vectors)
      assert.deepEqual(valuesOf(joined).map(Number), vectors.flatMap(valuesOf).map(Number))
      const types = vectors.map(one => columnTypeOf(one).type)
      const wanted = types.includes('DOUBLE') ? 'DOUBLE' : types.includes('LONG') ? 'LONG' : 'INT'
      assert.equal(columnTypeOf(joined).type, wanted)
    }),
    { numRuns: runs(50) },
  )
})
