import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { builtins } from '../../../src/server/functions/registry.js'
import { operatorNames } from '../../../src/server/operators/operator-names.js'
import { callContext, failureOf } from '../../helpers/call-context.js'
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
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
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
import { ints, text } from '../../helpers/values.js'
import {
  dictionaryOf,
  tableOfColumns,
  tableOfRecords,
} from '../../../src/server/functions/result-table.js'
import { columnsText, rowsText } from '../../helpers/script.js'

/** The files of a folder of the checkout, as one text. */
function textOf(folder: string, ending: RegExp): string {
  const names = readdirSync(folder).filter(
    name => ending.test(name) && name !== 'embedded-server.md',
  )
  return names.map(name => readFileSync(`${folder}/${name}`, 'utf8')).join('\n')
}

/** Where a built-in is called: what the loader sends (docs/statements.md), documents, examples, and tests of both ends. */
const callers = [
  textOf('docs', /\.md$/),
  textOf('.', /^README\.md$/),
  textOf('examples', /\.js$/),
  textOf('fixtures/scripts', /\.dos$/),
  textOf('test/oracle', /\.ts$/),
  textOf('test/selftest', /\.ts$/),
  textOf('test/end-to-end', /\.ts$/),
].join('\n')

/** Who needs those that none of these call (docs/decisions/0011-the-embedded-server-is-a-stand-in.md). */
const otherwise: Readonly<Record<string, string>> = {
  'types by name, of which the language is made': 'bool char minute month nanotime nanotimestamp datetime second short timestamp duration',
  'words of the language besides operators': 'between distinct in isNull isValid like neg',
  // docs/protocol.md#what-clients-call
  'official clients and the web interface call them by themselves': `defs exists getClusterPerf getConnections
    getDFSDatabases getDataNodeConfig getRequiredAPIVersion getStreamingSQLStatus getStreamingStat isClientAuth
    isNodeInitialized license logout partial pnodeRun unifiedCall`,
  'tests of official clients make, fill and check tables with them': `addAccessControl addValuePartitions avg
    clearTablePersistence columns createDimensionTable createTable deleteUser deny dropDB enableTableShareAndCachePurge
    enableTableShareAndPersistence indexedTable loop push! rand rename! setStreamTableFilterColumn sort! stopPublishTable
    truncate`,
  'scripts that set up a server in CI': `cut cutPoints datetimeParse extractTextSchema fromStdJson getJobMessage
    getJobReturn getRecentJobs lj loadTextEx ploadText temporalFormat temporalParse today`,
} // prettier-ignore

t.test('every function that is built in is needed by somebody', async t => {
  const operators = Object.values(operatorNames) as readonly string[]
  const listed = Object.values(otherwise).flatMap(names => names.split(/\s+/))
  const isCalled = (name: string): boolean =>
    new RegExp(`(?<![\\w$!])${name}[({]`).test(callers) || operators.includes(name)
  const names = [...builtins.keys()]
  t.strictSame(
    names.filter(name => !isCalled(name) && !listed.includes(name)),
    [],
    'called by nobody: it goes, or `otherwise` says who needs it',
  )
  t.strictSame(
    listed.filter(name => !builtins.has(name) || isCalled(name)),
    [],
    'gone, or called by now: the list need not have it',
  )
})

t.test('every name stands for the function of that name', async t => {
  for (const [name, builtin] of builtins) t.equal(builtin.name, name)
  t.equal(builtins.get('tableinsert'), undefined, 'capitals count')
  t.match(callContext().findFunction('sum'), { builtin: builtins.get('sum') }, 'sessions look here')
})

t.test('what a function may be given is what its parameters say', async t => {
  for (const { name, parameters, minArguments, maxArguments } of builtins.values()) {
    const hasRest = parameters.at(-1)?.startsWith('...') === true
    t.ok(minArguments <= maxArguments, name)
    t.equal(maxArguments, hasRest ? Infinity : parameters.length, name)
    t.equal(new Set(parameters).size, parameters.length, name)
  }
})

t.test('functions that change their first argument are told from those that do not', async t => {
  const changing = [...builtins.values()].filter(({ mutatesFirst }) => mutatesFirst === true)
  for (const { name } of changing) t.match(name, /!$|^(tableInsert|tableUpsert|delete)/, name)
  for (const name of ['append!', 'tableInsert', 'upsert!', 'replaceColumn!', 'rename!']) {
    t.equal(builtins.get(name)?.mutatesFirst, true, name)
  }
})

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

t.test('columns become a table in their order and their types', async t => {
  const table = tableOfColumns({
    b: vectorOf({ type: 'DECIMAL32', scale: 2 }, [150n, null]),
    a: vectorOf({ type: 'INT', array: true }, [[1, 2], []]),
  })
  t.equal(table.kind, 'basic')
  t.equal(columnsText(tableToWire(table)), 'b DECIMAL32(2), a INT[]')
  t.equal(rowsText(tableToWire(table)), '1.50 [1,2]; []')
  const empty = tableOfColumns({ a: vectorOf({ type: 'INT' }, []) })
  t.equal(empty.rows, 0)
  const unequal = {
    a: vectorOf({ type: 'INT' }, [1]),
    b: vectorOf({ type: 'INT' }, []),
  }
  t.match(
    failureOf(() => tableOfColumns(unequal)),
    /S02010/,
  )
})

t.test('records become rows; columns have the types and the order that are given', async t => {
  const types = { name: 'STRING', rows: 'LONG', shared: 'BOOL', id: 'UUID' } as const
  const id = '5d212a78-cc48-e3b1-4235-b4d91473ee87'
  const table = tableOfRecords(types, [
    { shared: true, rows: 1n, name: 'a', id },
    { name: 'b', rows: null, shared: false, id: null },
  ])
  t.equal(columnsText(tableToWire(table)), 'name STRING, rows LONG, shared BOOL, id UUID')
  t.equal(rowsText(tableToWire(table)), `a 1 true ${id};b  false `)
  const empty = tableOfRecords(types, [])
  t.equal(empty.rows, 0)
  t.equal(columnsText(tableToWire(empty)), 'name STRING, rows LONG, shared BOOL, id UUID')
})

t.test('dictionaries are STRING to ANY', async t => {
  const dictionary = dictionaryOf({ one: intScalar(1), two: intScalar(null) })
  t.strictSame(dictionary.keyType, { type: 'STRING' })
  t.equal(dictionary.valueType, undefined)
  t.strictSame(
    [...dictionary.entries],
    [
      ['one', { key: { form: 'scalar', type: 'STRING', value: 'one' }, value: intScalar(1) }],
      ['two', { key: { form: 'scalar', type: 'STRING', value: 'two' }, value: intScalar(null) }],
    ],
  )
  t.equal(dictionaryOf({}).entries.size, 0)
})
