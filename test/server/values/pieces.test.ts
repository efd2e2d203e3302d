import t from 'tap'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { columnTypeOf } from '../../../src/protocol/element.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import {
  checkAtOnce,
  checkCount,
  columnInPieces,
  eachPiece,
  elementCount,
  endOfPiece,
  longVector,
  pieceOf,
  pieceRows,
  rowsOf,
} from '../../../src/server/values/pieces.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { callContext, finish } from '../../helpers/evaluation.js'
import { textsOf } from '../../helpers/script.js'
import { int, ints, text } from '../../helpers/values.js'
import { column } from '../columns/columns.js'

/** A vector without bytes, so that it can be of any length. */
const nothing = (length: number): Vector => ({ form: 'vector', type: 'VOID', length })
const strings = (...texts: string[]): Vector => column('STRING', ...texts) as Vector
const table = createTable('basic', ['a', 'b'], [{ type: 'INT' }, { type: 'INT' }], {
  columns: [column('INT', 1, 2, 3), column('INT', 4, 5, 6)],
})
const arrays: Column = {
  form: 'arrayVector',
  length: 2,
  offsets: Uint32Array.of(0, 2, 3),
  cells: column('INT', 1, 2, 3) as Vector,
}

t.test('the elements of elements count, and a long text as several', async t => {
  const list: ServerValue = { form: 'list', elements: [int(1), ints(1, 2) as ServerValue, table] }
  const entries = new Map([['a', { key: text('a'), value: ints(1, 2, 3) as ServerValue }]])
  const dictionary: ServerValue = {
    form: 'serverDictionary',
    keyType: { type: 'STRING' },
    valueType: undefined,
    entries,
  }
  const examples: [ServerValue, number][] = [
    [int(1), 1],
    [text('a'.repeat(64)), 2],
    [nothing(7), 7],
    [strings('', 'a'.repeat(320)), 12],
    [column('ANY', int(1), ints(1, 2)), 4],
    [arrays, 3],
    [{ ...arrays, length: 9 }, 9],
    [{ form: 'pair', elements: ints(1, 2) as Vector }, 1],
    [{ form: 'set', elements: ints(1, 2) as Vector }, 2],
    [{ form: 'matrix', rows: 2, columns: 3, elements: nothing(6) }, 6],
    [table, 6],
    [list, 3 + 2 + 6],
    [dictionary, 1 + 3],
  ]
  for (const [value, wanted] of examples) t.equal(elementCount(value), wanted, value.form)
})

t.test('a tuple deeper than a value may be has too many elements', async t => {
  let nested: ServerValue = column('ANY', int(1))
  for (let depth = 0; depth < 63; depth++) nested = { form: 'list', elements: [nested] }
  t.equal(elementCount(nested), 64)
  for (let depth = 0; depth < 9; depth++) nested = { form: 'list', elements: [nested] }
  t.equal(elementCount(nested), Infinity)
})

t.test('a million elements are taken at once, all arguments together', async t => {
  const most = 1_048_576
  const refusal = {
    name: 'ScriptError',
    message: "The embedded server's function [f] takes at most 1048576 elements at once.",
  }
  t.equal(checkAtOnce('f', [nothing(most - 1), undefined, int(1)]), most)
  t.throws(() => checkAtOnce('f', [nothing(most - 1), int(1), int(1)]), refusal)
  checkCount('f', most)
  t.throws(() => checkCount('f', most + 1), refusal)
})

t.test('rows are those of vectors and tables', async t => {
  t.equal(rowsOf(nothing(5)), 5)
  t.equal(rowsOf(arrays), 2)
  t.equal(rowsOf(table), 3)
  t.equal(rowsOf({ form: 'set', elements: nothing(5) }), 0)
  t.equal(rowsOf(int(5)), 0)
})

t.test('a vector is long by its rows or its text', async t => {
  t.equal(longVector(nothing(pieceRows)), undefined)
  const long = nothing(pieceRows + 1)
  t.equal(longVector(long), long)
  const heavy = strings('a'.repeat(32 * pieceRows), 'b')
  t.equal(longVector(heavy), heavy)
  t.equal(longVector(strings('a'.repeat(32 * pieceRows))), undefined, 'one text is one piece')
  const tuple: Vector = { form: 'vector', type: 'ANY', length: 2 * pieceRows, data: [] }
  for (const other of [tuple, int(1), undefined]) t.equal(longVector(other), undefined)
})

t.test('a piece ends after so many rows, sooner where texts are long', async t => {
  const long = nothing(2 * pieceRows + 5)
  t.equal(endOfPiece(long, 0), pieceRows)
  t.equal(endOfPiece(long, 2 * pieceRows), 2 * pieceRows + 5)
  const half = 'a'.repeat(16 * pieceRows)
  const texts = strings('', half, half, half, '')
  t.equal(endOfPiece(texts, 0), 3)
  t.equal(endOfPiece(texts, 3), 5)
  const pieces = [pieceOf(texts, 1, 3), pieceOf(int(7), 1, 3), pieceOf(undefined, 1, 3)]
  t.match(pieces[0], { length: 2 })
  t.strictSame(pieces.slice(1), [int(7), undefined])
})

t.test('a column is made of pieces, each of which is a turn', async t => {
  const rows = 2 * pieceRows + 3
  const asked: number[][] = []
  const make = (from: number, to: number): Column => {
    asked.push([from, to])
    const data = Int32Array.from({ length: to - from }, (_, row) => from + row)
    return { form: 'vector', type: 'INT', length: to - from, data }
  }
  const { value, turns } = finish(columnInPieces(callContext(), rows, make))
  t.same(asked, [
    [0, pieceRows],
    [pieceRows, 2 * pieceRows],
    [2 * pieceRows, rows],
  ])
  t.equal(turns, 3)
  t.equal(value.length, rows)
  t.ok((value as { data: Int32Array }).data.subarray(0, rows).every((one, row) => one === row))
  const short = finish(columnInPieces(callContext(), pieceRows, make))
  t.same([short.value.length, short.turns], [pieceRows, 1])
  t.equal(finish(columnInPieces(callContext(), 0, make)).value.length, 0)
})

t.test('pieces of different types meet in the type that holds both', async t => {
  const types = ['INT', 'DOUBLE', 'LONG', 'INT'] as const
  const make = (from: number): Column => column(types[from]!, types[from] === 'LONG' ? 3n : from)
  const work = columnInPieces(callContext(), 4, make, from => from + 1)
  const { value } = finish(work)
  t.equal(columnTypeOf(value).type, 'DOUBLE')
  t.same(textsOf(value), ['0', '1', '3', '3'])
})

t.test('what does not fit into the memory of the request is not made', async t => {
  let made = 0
  const make = (from: number, to: number): Column => {
    made++
    return column('INT', ...Array.from({ length: to - from }, () => 1))
  }
  const work = columnInPieces(callContext(1_000_000), 100 * pieceRows, make)
  t.throws(() => finish(work), { message: 'Out of memory. One request may take 1000000 bytes.' })
  t.equal(made, 1)
})

t.test('rows are visited in pieces, with a turn between two', async t => {
  const seen: number[][] = []
  const visit = (from: number, to: number): void => void seen.push([from, to])
  t.equal(finish(eachPiece(callContext(), pieceRows + 1, visit)).turns, 2)
  t.equal(finish(eachPiece(callContext(), pieceRows, visit)).turns, 1)
  t.equal(finish(eachPiece(callContext(), 0, visit)).turns, 1)
  t.same(seen, [
    [0, pieceRows],
    [pieceRows, pieceRows + 1],
    [0, pieceRows],
  ])
})
