import t from 'tap'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dataTypes, type ColumnType, type DataType } from '../../../src/protocol/data-type.js'
import {
  columnTypeOf,
  isNullAt,
  vectorOf,
  type ElementValue,
  takeRows,
} from '../../../src/protocol/element.js'
import type { ArrayVector, Column } from '../../../src/protocol/value.js'
import {
  cellType,
  checkColumnType,
  columnTexts,
  isFixedVector,
  nullColumn,
  sameColumnType,
  zeroColumn,
} from '../../../src/server/columns/column-layout.js'
import { textsOf } from '../../helpers/script.js'
import { column, fixed, valuesOf } from './columns.js'
import {
  columnOfNumbers,
  fillInt64,
  numbersOf,
  wordsOfInt64,
} from '../../../src/server/columns/column-numbers.js'
import { runs } from '../../helpers/runs.js'
import { isStorable, limitText } from '../../../src/server/columns/stored-types.js'

/** What a table holds that is made with rows: 0, false, or the null of types that have no zero of their own. */
const zeros: readonly (readonly [DataType, string])[] = [
  ['VOID', ''],
  ['BOOL', 'false'],
  ['CHAR', '0'],
  ['SHORT', '0'],
  ['INT', '0'],
  ['LONG', '0'],
  ['FLOAT', '0'],
  ['DOUBLE', '0'],
  ['DATE', '1970.01.01'],
  ['MINUTE', '00:00m'],
  ['TIMESTAMP', '1970.01.01T00:00:00.000'],
  ['NANOTIME', '00:00:00.000000000'],
  ['SYMBOL', ''],
  ['STRING', ''],
  ['BLOB', ''],
  ['UUID', ''],
  ['INT128', ''],
  ['DECIMAL32', '0.00'],
  ['DECIMAL128', '0.00'],
  ['ANY', ''],
]

const withScale = (type: DataType): ColumnType =>
  dataTypes[type].category === 'denary' ? { type, scale: 2 } : { type }

t.test('a new column holds zeros, or nulls where there is no zero', async t => {
  for (const [name, text] of zeros) {
    const type = withScale(name)
    const zero = zeroColumn(type, 3)
    t.same(columnTypeOf(zero), type)
    t.same(textsOf(zero), [text, text, text], name)
    t.equal(zeroColumn(type, 0).length, 0, name)
  }
  const arrays = zeroColumn({ type: 'DECIMAL64', scale: 4, array: true }, 2)
  t.strictSame((arrays as ArrayVector).offsets, new Uint32Array(3))
  t.same(columnTypeOf(arrays), { type: 'DECIMAL64', scale: 4, array: true })
  t.same(textsOf(arrays), ['[]', '[]'])
})

t.test('a column of nulls is null in every row, whatever its length', async t => {
  const names = (Object.keys(dataTypes) as DataType[]).filter(
    name => dataTypes[name].category !== 'system',
  )
  for (const type of names.map(withScale)) {
    for (const length of [0, 1, 2, 3, 8, 13]) {
      const nulls = nullColumn(type, length)
      t.same(columnTypeOf(nulls), type)
      const rows = Array.from({ length: nulls.length }, (_, row) => isNullAt(nulls, row))
      t.same(rows, new Array<boolean>(length).fill(true), `${length} ${type.type}`)
    }
  }
})

t.test('a null row of an array column is one null cell', async t => {
  const nulls = nullColumn({ type: 'INT', array: true }, 3) as ArrayVector
  t.same([...nulls.offsets], [0, 1, 2, 3])
  t.same(nulls.cells, column('INT', null, null, null))
})

t.test('types are the same with the same scale, as arrays or not', async t => {
  const decimal: ColumnType = { type: 'DECIMAL64', scale: 2 }
  const examples: [ColumnType, ColumnType, boolean][] = [
    [{ type: 'INT' }, { type: 'INT' }, true],
    [{ type: 'INT' }, { type: 'INT', array: false }, true],
    [{ type: 'INT' }, { type: 'LONG' }, false],
    [{ type: 'INT' }, { type: 'INT', array: true }, false],
    [{ type: 'INT', array: true }, { type: 'INT', array: true }, true],
    [decimal, { ...decimal }, true],
    [decimal, { type: 'DECIMAL64', scale: 3 }, false],
    [decimal, { ...decimal, array: true }, false],
  ]
  for (const [a, b, same] of examples) {
    t.equal(sameColumnType(a, b), same)
    t.equal(sameColumnType(b, a), same)
  }
  t.strictSame(cellType({ ...decimal, array: true }), decimal)
  t.strictSame(cellType({ type: 'INT', array: true }), { type: 'INT' })
})

t.test('only a column that is one typed array is fixed', async t => {
  for (const name of ['BOOL', 'LONG', 'DATE', 'UUID', 'DECIMAL128', 'POINT'] as const) {
    t.equal(isFixedVector(nullColumn(withScale(name), 1)), true, name)
  }
  for (const name of ['SYMBOL', 'STRING', 'BLOB', 'ANY', 'VOID'] as const) {
    t.equal(isFixedVector(nullColumn({ type: name }, 1)), false, name)
  }
  t.equal(isFixedVector(vectorOf({ type: 'INT', array: true }, [[1]])), false)
})

t.test('text is read in every form it is kept in', async t => {
  const encoded = new TextEncoder().encode('b\0\0é\0')
  t.same(columnTexts({ form: 'vector', type: 'STRING', length: 3, encoded }), ['b', '', 'é'])
  t.same(columnTexts(column('STRING', 'b', '')), ['b', ''])
  const codes = Int32Array.of(2, 0, 1, 2)
  const base = ['', 'x', 'y']
  t.same(columnTexts({ form: 'vector', type: 'SYMBOL', length: 3, codes, base }), ['y', '', 'x'])
  for (const other of [column('INT', 1), column('BLOB', new Uint8Array(1))]) {
    t.equal(columnTexts(other), undefined)
  }
  t.equal(columnTexts(nullColumn({ type: 'INT', array: true }, 1)), undefined)
})

t.test('types that no table has are refused with the name of the column', async t => {
  const refused = Object.keys(dataTypes).filter(name => {
    try {
      checkColumnType('c', { type: name as DataType })
      return false
    } catch (error) {
      t.match(error, { name: 'ScriptError', message: `The column [c] can't be of type ${name}` })
      return true
    }
  })
  t.same(refused, ['DURATION', 'FUNCTIONDEF', 'HANDLE', 'CODE', 'DATASOURCE', 'RESOURCE'])
})

const largestLong = 2n ** 63n - 1n
const largestFloat = 3.4028234663852886e38

t.test('every type is read as doubles from its first to its last value, null as NaN', async t => {
  const examples: [DataType, ElementValue[], number[]][] = [
    ['BOOL', [false, true, null], [0, 1, NaN]],
    ['CHAR', [-127, 127, null], [-127, 127, NaN]],
    ['SHORT', [-32767, 32767, null], [-32767, 32767, NaN]],
    ['INT', [-2147483647, 2147483647, null], [-2147483647, 2147483647, NaN]],
    ['DATE', [-1, 0, null], [-1, 0, NaN]],
    ['LONG', [-largestLong, largestLong, null], [-(2 ** 63), 2 ** 63, NaN]],
    ['NANOTIMESTAMP', [-1n, 2n ** 32n, null], [-1, 2 ** 32, NaN]],
    ['FLOAT', [-1.5, largestFloat, Infinity, null], [-1.5, largestFloat, Infinity, NaN]],
    ['DOUBLE', [-5e-324, Number.MAX_VALUE, null], [-5e-324, Number.MAX_VALUE, NaN]],
  ]
  for (const [type, values, numbers] of examples) {
    t.strictSame([...numbersOf(fixed({ type }, ...values))], numbers, type)
    t.equal(numbersOf(fixed({ type })).length, 0, type)
  }
})

t.test('only the rows of a column are read, not what lies behind them', async t => {
  const ints = { ...fixed({ type: 'INT' }, 1, 2, 3), length: 2 }
  t.strictSame([...numbersOf(ints)], [1, 2])
  const longs = { ...fixed({ type: 'LONG' }, 1n, 2n, 3n), length: 2 }
  t.strictSame([...numbersOf(longs)], [1, 2])
})

t.test('a 64-bit integer is read as the double nearest to it', async () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -largestLong, max: largestLong }), value => {
      assert.equal(numbersOf(fixed({ type: 'LONG' }, value))[0], Number(value))
    }),
    { numRuns: runs(200), examples: [[2n ** 53n + 1n], [-(2n ** 32n)], [-(2n ** 32n) - 1n]] },
  )
})

t.test('doubles become what the type holds, and null beyond that', async t => {
  const examples: [DataType, number[], ElementValue[]][] = [
    ['BOOL', [0, -0, 0.3, -7, NaN], [false, false, true, true, null]],
    ['CHAR', [127.4, 127.5, -127.4, -127.5, NaN], [127, null, -127, null, null]],
    ['SHORT', [32767, 32768, -32767, -32768, Infinity], [32767, null, -32767, null, null]],
    ['INT', [2.5, -2.5, 0.4, -0.4, 2147483647.4], [3, -3, 0, 0, 2147483647]],
    ['INT', [2147483647.5, -2147483648, NaN, -Infinity], [null, null, null, null]],
    ['DATE', [0.5, NaN], [1, null]],
    ['LONG', [2.5, -2.5, -1, 2 ** 53, NaN], [3n, -3n, -1n, 2n ** 53n, null]],
    ['LONG', [2 ** 63, -(2 ** 63), Infinity], [null, null, null]],
    ['LONG', [2 ** 63 - 1024, -(2 ** 63) + 1024], [2n ** 63n - 1024n, -(2n ** 63n) + 1024n]],
    ['TIMESTAMP', [-0.5, 2 ** 32], [-1n, 2n ** 32n]],
    ['FLOAT', [1.5, -0, largestFloat, Infinity], [1.5, -0, largestFloat, Infinity]],
    ['FLOAT', [1e39, -1e39, NaN], [null, null, null]],
    ['DOUBLE', [1e300, -Infinity, NaN], [1e300, -Infinity, null]],
  ]
  for (const [type, numbers, values] of examples) {
    const made = columnOfNumbers({ type }, Float64Array.from(numbers))
    t.equal(made.type, type)
    t.strictSame(valuesOf(made), values, `${type} of ${numbers}`)
  }
  t.equal(columnOfNumbers({ type: 'LONG' }, new Float64Array(0)).length, 0)
})

t.test('what a column was made of is read from it again', async () => {
  const widths: [DataType, number][] = [
    ['CHAR', 127],
    ['SHORT', 32767],
    ['INT', 2147483647],
    ['LONG', Number.MAX_SAFE_INTEGER],
  ]
  for (const [type, max] of widths) {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: -max, max }), fc.constant(NaN))), given => {
        const numbers = Float64Array.from(given)
        assert.deepEqual(numbersOf(columnOfNumbers({ type }, numbers)), numbers)
      }),
      { numRuns: runs(50) },
    )
  }
})

t.test('64-bit integers are written as exactly the whole number a double is', async t => {
  fc.assert(
    fc.property(
      fc.double({
        min: -(2 ** 63),
        max: 2 ** 63,
        minExcluded: true,
        maxExcluded: true,
        noNaN: true,
      }),
      value => {
        const target = new BigInt64Array(1)
        fillInt64(target, Float64Array.of(value))
        const rounded = BigInt(Math.sign(value) * Math.round(Math.abs(value)))
        assert.equal(target[0], rounded)
      },
    ),
    { numRuns: runs(200) },
  )
  const shared = BigInt64Array.of(7n, -2n, 2n ** 32n)
  t.strictSame([...wordsOfInt64(shared.subarray(1))], [-2, -1, 0, 1], 'low word before high word')
})

const families: Readonly<Record<string, readonly DataType[]>> = {
  logical: ['BOOL'],
  integral: ['CHAR', 'SHORT', 'INT', 'LONG'],
  floating: ['FLOAT', 'DOUBLE'],
  denary: ['DECIMAL32', 'DECIMAL64', 'DECIMAL128'],
  literal: ['STRING', 'SYMBOL', 'BLOB'],
  temporal: ['DATE', 'TIMESTAMP'],
}

/** Which families go into which (DolphinDB manual, page S05004; text into numbers since 3.00.5). */
const accepted: Readonly<Record<string, readonly string[]>> = {
  logical: ['logical'],
  integral: ['integral'],
  floating: ['floating', 'integral', 'literal'],
  denary: ['denary', 'integral', 'floating', 'literal'],
  literal: ['literal'],
  temporal: ['temporal'],
}

t.test('a DFS column takes its own family, and what the manual names besides', async t => {
  for (const [to, targets] of Object.entries(families)) {
    for (const [from, sources] of Object.entries(families)) {
      for (const target of targets) {
        for (const source of sources) {
          const wanted = accepted[to]!.includes(from)
          t.equal(isStorable({ type: source }, { type: target }), wanted, `${source} in ${target}`)
        }
      }
    }
  }
})

t.test('single pairs beyond the families', async t => {
  const array = (type: DataType): ColumnType => ({ type, array: true })
  const examples: [ColumnType, ColumnType, boolean][] = [
    [{ type: 'VOID' }, { type: 'SYMBOL' }, true],
    [{ type: 'VOID' }, { type: 'UUID' }, true],
    [{ type: 'VOID' }, array('INT'), true],
    [{ type: 'ANY' }, { type: 'INT' }, true],
    [{ type: 'ANY' }, array('INT'), true],
    [{ type: 'UUID' }, { type: 'UUID' }, true],
    [{ type: 'UUID' }, { type: 'INT128' }, false],
    [{ type: 'DECIMAL32', scale: 2 }, { type: 'DECIMAL64', scale: 4 }, true],
    [{ type: 'TIME' }, { type: 'DATE' }, false],
    [{ type: 'TIMESTAMP' }, { type: 'TIME' }, true],
    [{ type: 'MONTH' }, { type: 'DATE' }, false],
    [array('INT'), array('DOUBLE'), true],
    [array('DOUBLE'), array('INT'), false],
    [array('INT'), { type: 'INT' }, false],
    [{ type: 'INT' }, array('INT'), false],
  ]
  for (const [actual, target, wanted] of examples) {
    t.equal(
      isStorable(actual, target),
      wanted,
      `${JSON.stringify(actual)} ${JSON.stringify(target)}`,
    )
  }
})

function limited(given: Column): unknown {
  return valuesOf(limitText(given))[0]
}

t.test('STRING is cut to 65,535 bytes, never within a character', async t => {
  const a = 'a'.repeat(65_534)
  const examples: [string, string][] = [
    [`${a}b`, `${a}b`],
    [`${a}bc`, `${a}b`],
    [`${a}é`, a],
    [`${a.slice(1)}é`, `${a.slice(1)}é`],
    [`${a.slice(1)}😀`, a.slice(1)],
    [`${a.slice(3)}😀`, `${a.slice(3)}😀`],
    ['é'.repeat(40_000), 'é'.repeat(32_767)],
  ]
  for (const [given, kept] of examples) t.ok(limited(column('STRING', given, 'x')) === kept)
  const short = column('STRING', 'a', '')
  t.equal(limitText(short), short, 'nothing is copied without need')
  t.same(valuesOf(limitText(column('STRING', 'x', `${a}bc`, ''))), ['x', `${a}b`, ''])
})

t.test('a SYMBOL of more than 255 bytes is refused where a row has it', async t => {
  const refusal = { name: 'ScriptError', message: "A SYMBOL can't exceed 255 bytes." }
  const fits = column('SYMBOL', 'a'.repeat(255), `${'é'.repeat(127)}a`)
  t.equal(limitText(fits), fits)
  for (const text of ['a'.repeat(256), 'é'.repeat(128)]) {
    const symbols = column('SYMBOL', 'a', text, 'b')
    t.throws(() => limitText(symbols), refusal)
    const others = takeRows(symbols, Int32Array.of(0, 2))
    t.equal(limitText(others), others, 'its base still holds the text, but no row does')
  }
})

t.test('BLOB is cut below 64 MB, and what is no text passes', async t => {
  const limit = 67_108_863
  const blob = new Uint8Array(limit + 2)
  const [cut, other] = valuesOf(limitText(column('BLOB', blob, Uint8Array.of(7))))
  t.equal((cut as Uint8Array).length, limit)
  t.same(other, Uint8Array.of(7))
  const whole = column('BLOB', blob.subarray(0, limit))
  t.equal(limitText(whole), whole)
  const numbers = column('INT', 1, null)
  t.equal(limitText(numbers), numbers)
})
