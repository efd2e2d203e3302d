import t from 'tap'
import {
  columnArgument,
  filledInPieces,
  sizeOf,
  vectorArgument,
  zerosInPieces,
} from '../../../src/server/functions/vector-arguments.js'
import { dictionaryOf, tableOfColumns } from '../../../src/server/functions/result-table.js'
import { intScalar, stringVector, voidValue } from '../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { pieceRows } from '../../../src/server/values/pieces.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import { callContext, failureOf, valueOf } from '../../helpers/call-context.js'
import { textsOf } from '../../helpers/script.js'

const ints = (...values: (number | null)[]): Vector => vectorOf({ type: 'INT' }, values) as Vector
const arrays = vectorOf({ type: 'INT', array: true }, [[1, 2], [], [3]])
const table = tableOfColumns({ a: ints(1, null, 3), b: ints(4, 5, 6) })

/** Every form of value: size, and what a vector function sees; undefined where there is nothing for it to see. */
const forms: [title: string, value: ServerValue, size: number, column: string | undefined][] = [
  ['vector', ints(1, null), 2, '1,'],
  ['no elements', ints(), 0, ''],
  ['shorter than its array', { ...ints(1, 2, 3), length: 2 }, 2, '1,2'],
  ['array vector', arrays, 3, '[1,2],[],[3]'],
  [
    'matrix',
    { form: 'matrix', rows: 2, columns: 3, elements: ints(1, 2, 3, 4, 5, 6) },
    6,
    '1,2,3,4,5,6',
  ],
  ['set', { form: 'set', elements: ints(3, 4) }, 2, '3,4'],
  ['pair', { form: 'pair', elements: ints(1, 2) }, 2, '1,2'],
  ['scalar', intScalar(5), 1, '5'],
  ['null', intScalar(null), 1, ''],
  ['type', { form: 'type', column: { type: 'DOUBLE' } }, 1, '16'],
  ['list', { form: 'list', elements: [table, intScalar(1), voidValue] }, 3, undefined],
  ['dictionary', dictionaryOf({ a: intScalar(1), b: voidValue }), 2, undefined],
  ['table', table, 3, undefined],
]

t.test('size counts elements, nulls included, and rows of a table', async t => {
  for (const [title, value, size] of forms) t.equal(sizeOf(value), size, title)
})

t.test('vector functions see a column', async t => {
  for (const [title, value, , wanted] of forms) {
    const read = (): Column => columnArgument(value, 'f')
    if (wanted === undefined) t.match(failureOf(read), /\[f\] takes a vector/, title)
    else t.equal(textsOf(read()).join(), wanted, title)
  }
  t.match(
    failureOf(() => columnArgument(undefined, 'f')),
    /\[f\] takes a vector/,
  )
  t.equal(textsOf(vectorArgument(intScalar(5), 'f')).join(), '5')
  t.match(
    failureOf(() => vectorArgument(arrays, 'f')),
    /\[f\] takes a vector/,
  )
})

t.test('zeros of a type, and one value again and again, over several pieces', async t => {
  const context = callContext()
  for (const length of [0, 1, pieceRows, pieceRows + 1, 2 * pieceRows + 7]) {
    const zeros = valueOf(zerosInPieces(context, { type: 'INT' }, length))
    t.equal(zeros.length, length)
    t.ok(textsOf(zeros).every(text => text === '0'))
    const filled = valueOf(filledInPieces(context, stringVector(['x', 'y']), length))
    t.equal(filled.length, length)
    t.ok(textsOf(filled).every(text => text === 'x'))
  }
  const decimals = valueOf(zerosInPieces(context, { type: 'DECIMAL64', scale: 3 }, 2))
  t.strictSame(textsOf(decimals), ['0.000', '0.000'])
  t.strictSame(textsOf(valueOf(zerosInPieces(context, { type: 'STRING' }, 1))), [''])
})

t.test('memory is asked for before it is taken', async t => {
  const context = callContext({ maxRequestBytes: 1_000_000 })
  const refused = /^Out of memory/
  t.match(
    failureOf(() => valueOf(zerosInPieces(context, { type: 'LONG' }, 1_000_000))),
    refused,
  )
  t.match(
    failureOf(() => valueOf(filledInPieces(context, ints(1), 1_000_000))),
    refused,
  )
})
