import t from 'tap'
import {
  booleanArgument,
  databaseArgument,
  elementsArgument,
  integerArgument,
  isAbsent,
  namedTable,
  pairArgument,
  tableArgument,
  textArgument,
  textsArgument,
  typesArgument,
} from '../../../src/server/functions/arguments.js'
import type { DatabaseHandle } from '../../../src/server/tables/database-handle.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import {
  boolScalar,
  intScalar,
  longScalar,
  stringVector,
  voidValue,
} from '../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { columnTypeText, type ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { callContext, failureOf } from '../../helpers/call-context.js'
import { ints, text } from '../../helpers/values.js'

const none = undefined
const tuple = (...data: ReturnType<typeof text>[]): ServerValue => vectorOf({ type: 'ANY' }, data)
const typeWord = (column: ColumnType): ServerValue => ({ form: 'type', column })
const list = (...elements: ServerValue[]): ServerValue => ({ form: 'list', elements })

t.test('an argument is absent when it is left out or NULL, not when it is a null', async t => {
  t.equal(isAbsent(none), true)
  t.equal(isAbsent(voidValue), true)
  for (const value of [intScalar(null), text(''), ints(), boolScalar(false)] as ServerValue[]) {
    t.equal(isAbsent(value), false)
  }
})

t.test('tables are given as such or by name, the variable before the shared table', async t => {
  const context = callContext()
  const table = (): ReturnType<typeof createTable> => createTable('basic', ['a'], [{ type: 'INT' }])
  const [own, hidden, shared] = [table(), table(), table()]
  context.session.variables.set('own', own).set('number', intScalar(1))
  context.node.shared.set('own', { table: hidden, owner: 'admin' })
  context.node.shared.set('shared', { table: shared, owner: 'admin' })
  t.equal(tableArgument(context, own), own)
  t.equal(tableArgument(context, text('own')), own)
  t.equal(namedTable(context, 'shared'), shared)
  for (const name of ['absent', 'number', '']) {
    const words = `Can't find the object with name ${name}`
    t.equal(
      failureOf(() => namedTable(context, name)),
      words,
    )
    t.equal(
      failureOf(() => tableArgument(context, text(name))),
      words,
    )
  }
  for (const value of [none, voidValue, intScalar(1), stringVector(['own'])]) {
    t.match(
      failureOf(() => tableArgument(context, value)),
      /table/,
    )
  }
})

const stringOf = (value: ServerValue): unknown => (value as { value: unknown }).value

t.test('texts, truth, numbers and pairs', async t => {
  const shortened = { ...ints(1, 2, 3), length: 2 } as ServerValue
  const read: [title: string, actual: unknown, wanted: unknown][] = [
    ['text', textArgument(text('a'), 'x'), 'a'],
    ['symbol', textArgument({ form: 'scalar', type: 'SYMBOL', value: 's' }, 'x'), 's'],
    ['character', textArgument({ form: 'scalar', type: 'CHAR', value: 97 }, 'x'), 'a'],
    ['one text as several', textsArgument(text('a'), 'x'), ['a']],
    ['a tuple of texts', textsArgument(tuple(text('a'), text('b')), 'x'), ['a', 'b']],
    ['no texts', textsArgument(stringVector([]), 'x'), []],
    ['texts left out', textsArgument(none, 'x'), []],
    ['texts NULL', textsArgument(voidValue, 'x'), []],
    ['truth left out', booleanArgument(none, 'x', true), true],
    ['truth NULL', booleanArgument(voidValue, 'x', false), false],
    ['false', booleanArgument(boolScalar(false), 'x', true), false],
    ['a number that is not 0', booleanArgument(longScalar(-1n), 'x', false), true],
    ['0', booleanArgument(intScalar(0), 'x', true), false],
    ['number left out', integerArgument(none, 'x', 7), 7],
    ['number', integerArgument(longScalar(2n ** 40n), 'x', 7), 2 ** 40],
    ['elements of a tuple', elementsArgument(tuple(text('a'))).map(stringOf), ['a']],
    ['elements of strings', elementsArgument(stringVector(['a', 'b'])).map(stringOf), ['a', 'b']],
    ['elements of a list', elementsArgument(list(intScalar(1))).map(stringOf), [1]],
    ['a number is one element', elementsArgument(shortened).length, 1],
    ['pair', pairArgument({ form: 'pair', elements: ints(100, 0) as never }), [100, 0]],
    ['vector of two', pairArgument(ints(1, 2) as ServerValue), none],
    ['no pair', pairArgument(none), none],
  ]
  for (const [title, actual, wanted] of read) t.strictSame(actual, wanted, title)
  const longs = vectorOf({ type: 'LONG' }, [2n ** 40n, -1n]) as never
  t.strictSame(pairArgument({ form: 'pair', elements: longs }), [2 ** 40, -1])
  const doubles = vectorOf({ type: 'DOUBLE' }, [1, 2]) as never
  t.equal(pairArgument({ form: 'pair', elements: doubles }), none)
})

t.test('a refusal names the argument', async t => {
  const refused: (() => unknown)[] = [
    () => textArgument(none, 'which'),
    () => textArgument(stringVector(['a']), 'which'),
    () => textsArgument(intScalar(1), 'which'),
    () => textsArgument(list(), 'which'),
    () => booleanArgument(text('true'), 'which', true),
    () => booleanArgument(boolScalar(null), 'which', true),
    () => booleanArgument({ form: 'scalar', type: 'DOUBLE', value: 1 }, 'which', true),
    () => integerArgument(none, 'which'),
    () => integerArgument(intScalar(null), 'which', 7),
    () => integerArgument(ints(1) as ServerValue, 'which', 7),
    () => typesArgument(none, 'which'),
    () => typesArgument(text('INTT'), 'which'),
    () => typesArgument(list(ints(1) as ServerValue), 'which'),
    ...[-1, 26, 127, 128, 11_111].map(id => () => typesArgument(intScalar(id), 'which')),
  ]
  for (const [index, call] of refused.entries()) t.match(failureOf(call), /\[which\]/, `${index}`)
})

t.test('types are words, names, functions or numbers', async t => {
  const decimal = { type: 'DECIMAL64', scale: 4 } as const
  const sum = callContext().findFunction('int')!
  const cases: [ServerValue, string][] = [
    [typeWord({ type: 'INT' }), 'INT'],
    [
      list(typeWord({ type: 'SYMBOL' }), typeWord({ ...decimal, array: true })),
      'SYMBOL,DECIMAL64(4)[]',
    ],
    [stringVector(['int', 'DECIMAL32(2)', ' Double[] ']), 'INT,DECIMAL32(2),DOUBLE[]'],
    [list(sum, text('DATE')), 'INT,DATE'],
    [ints(4, 16, 68), 'INT,DOUBLE,INT[]'],
    [{ ...ints(4, -1), length: 1 } as ServerValue, 'INT'],
    [list(intScalar(0), intScalar(18)), 'VOID,STRING'],
    [stringVector([]), ''],
  ] as [ServerValue, string][]
  for (const [value, wanted] of cases) {
    t.equal(typesArgument(value, 'x').map(columnTypeText).join(), wanted)
  }
  for (const value of [
    text('DECIMAL32'),
    typeWord({ type: 'DECIMAL128' }),
    intScalar(37),
    intScalar(38 + 64),
  ]) {
    t.match(
      failureOf(() => typesArgument(value, 'x')),
      /^Must specify scale for Decimal data type, e\.g\., DECIMAL32\(2\)\. RefId: S05008$/,
    )
  }
})

t.test('databases are given as handles or by a path that exists', async t => {
  const context = callContext()
  const handle: DatabaseHandle = {
    form: 'database',
    path: 'dfs://d',
    levels: [],
    engine: 'OLAP',
    atomic: 'TRANS',
  }
  t.equal(databaseArgument(context, handle), handle)
  t.match(
    failureOf(() => databaseArgument(context, text('dfs://d'))),
    /^The database \[dfs:\/\/d\] does not exist\. RefId: S04001$/,
  )
  context.node.databases.set('dfs://d', { handle, owner: 'admin', tables: new Map() })
  t.equal(databaseArgument(context, text('dfs://d')), handle)
  for (const value of [none, intScalar(1)]) {
    t.match(
      failureOf(() => databaseArgument(context, value)),
      /path/,
    )
  }
})
