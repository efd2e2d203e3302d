import t from 'tap'
import { dataTypes } from '../../../../src/protocol/data-type.js'
import { vectorOf } from '../../../../src/protocol/element.js'
import type { Column, Vector } from '../../../../src/protocol/value.js'
import { makeKeyedTable, makeTable } from '../../../../src/server/functions/tables/make-tables.js'
import { tableToWire } from '../../../../src/server/tables/memory-table.js'
import type { ServerTable } from '../../../../src/server/tables/server-table.js'
import { intScalar, stringVector } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { callContext, failureOf } from '../../../helpers/call-context.js'
import { columnsText, rowsText } from '../../../helpers/script.js'

const ints = (...values: number[]): Vector => vectorOf({ type: 'INT' }, values) as Vector
const size = (capacity: number, rows: number): ServerValue => ({
  form: 'pair',
  elements: ints(capacity, rows),
})
const matrix = { form: 'matrix', rows: 2, columns: 3, elements: ints(1, 2, 3, 4, 5, 6) } as const
const tuple = (...data: Column[]): ServerValue => vectorOf({ type: 'ANY' }, data)

/** @param names  what the arguments were written with */
function made(args: ServerValue[], names: (string | undefined)[] = []): ServerTable {
  const context = callContext()
  context.argumentNames = names
  return makeTable(context, 'basic', args)
}

const shown = (table: ServerTable): string =>
  `${table.columnNames.join()}|${rowsText(tableToWire(table))}`

t.test('columns come from values of every form', async t => {
  const labelled = { ...matrix, columnLabels: stringVector(['a', 'b', 'x']) }
  const given = made([ints(1, 2)], ['id'])
  const cases: [
    title: string,
    args: ServerValue[],
    names: (string | undefined)[],
    wanted: string,
  ][] = [
    ['vectors', [ints(1, 2), ints(3, 4)], ['a', 'b'], 'a,b|1 3;2 4'],
    ['without names', [ints(1, 2), ints(3, 4)], [], 'C0,C1|1 3;2 4'],
    ['a scalar fills its column', [ints(1, 2, 3), intScalar(9)], ['a', 'b'], 'a,b|1 9;2 9;3 9'],
    ['so does a vector of one', [ints(9), ints(1, 2)], ['a', 'b'], 'a,b|9 1;9 2'],
    ['scalars alone', [intScalar(1), intScalar(null)], ['a', 'b'], 'a,b|1 '],
    ['no rows', [ints(), ints()], ['a', 'b'], 'a,b|'],
    ['a matrix', [matrix], ['m'], 'C0,C1,C2|1 3 5;2 4 6'],
    ['a matrix with labels', [labelled], ['m'], 'a,b,x|1 3 5;2 4 6'],
    ['a matrix behind a column', [ints(7, 8), matrix], ['id'], 'id,C1,C2,C3|7 1 3 5;8 2 4 6'],
    [
      'equal vectors',
      [ints(0, 0), tuple(ints(1, 2), ints(3, 4))],
      ['a', 'b'],
      'a,col1,col2|0 1 3;0 2 4',
    ],
    ['unequal vectors', [tuple(ints(1, 2), ints(3))], ['a'], 'a|[1,2];[3]'],
    ['vectors of two types', [tuple(ints(1), stringVector(['x']))], ['a'], 'a|[1];[x]'],
    ['an empty tuple', [tuple()], ['a'], 'a|'],
    ['arrays', [vectorOf({ type: 'INT', array: true }, [[1, 2], []])], ['a'], 'a|[1,2];[]'],
    ['a table', [given], ['t'], 'id|1;2'],
    ['a table and a column', [given, ints(3, 4)], ['t', 'b'], 'id,b|1 3;2 4'],
    ['a pair that is not a size', [size(1, 0), stringVector(['a'])], [], 'refused'],
  ]
  for (const [title, args, names, wanted] of cases) {
    if (wanted === 'refused')
      t.match(
        failureOf(() => made(args, names)),
        /must be a vector/,
        title,
      )
    else t.equal(shown(made(args, names)), wanted, title)
  }
})

t.test('a size makes rows of false, 0, and null where the manual says so', async t => {
  const nulls = ['SYMBOL', 'STRING', 'BLOB', 'INT128', 'UUID']
  for (const { type, wanted } of [
    { type: 'BOOL', wanted: 'false' },
    { type: 'CHAR', wanted: '0' },
    { type: 'INT', wanted: '0' },
    { type: 'LONG', wanted: '0' },
    { type: 'DOUBLE', wanted: '0' },
    { type: 'FLOAT', wanted: '0' },
    { type: 'DATE', wanted: '1970.01.01' },
    { type: 'TIMESTAMP', wanted: '1970.01.01T00:00:00.000' },
    { type: 'SECOND', wanted: '00:00:00' },
    { type: 'DECIMAL64(2)', wanted: '0.00' },
    ...nulls.map(type => ({ type, wanted: '' })),
  ]) {
    const table = made([size(5, 2), stringVector(['v']), stringVector([type])])
    t.equal(columnsText(tableToWire(table)), `v ${type}`)
    t.equal(rowsText(tableToWire(table)), `${wanted};${wanted}`, type)
  }
  t.ok(nulls.every(type => type in dataTypes))
})

t.test('sizes, names and types that do not fit', async t => {
  const [a, int] = [stringVector(['a']), stringVector(['INT'])]
  const refused: [title: string, args: ServerValue[], message: RegExp][] = [
    ['more names', [size(1, 0), stringVector(['a', 'b']), int], /number of column names/],
    ['more types', [size(1, 0), a, stringVector(['INT', 'INT'])], /number of column names/],
    ['negative capacity', [size(-1, 0), a, int], /negative/],
    ['negative size', [size(1, -1), a, int], /negative/],
    ['arrays with rows', [size(1, 1), a, stringVector(['INT[]'])], /must be 0/],
    [
      'one name twice',
      [size(1, 0), stringVector(['a', 'a']), ints(4, 4)],
      /duplicate name: a\.RefId: S05017$/,
    ],
    ['lengths', [ints(1, 2), ints(1, 2, 3)], /same length\. RefId:S02010$/],
    ['a gap', [ints(1), undefined as never, ints(1)], /must not be empty/],
    ['a list', [{ form: 'list', elements: [] }], /must be a vector, a matrix or a tuple/],
    ['names that are none', [size(1, 0), ints(1), int], /\[colNames\]/],
    ['types that are none', [size(1, 0), a, stringVector(['INTT'])], /\[colTypes\]/],
    ['no columns', [], /at least one column/],
    ['rows beyond the memory of a request', [size(0, 2 ** 30), a, int], /^Out of memory/],
  ]
  for (const [title, args, message] of refused) {
    t.match(
      failureOf(() => made(args)),
      message,
      title,
    )
  }
  const context = callContext({ maxRequestBytes: 1_000_000 })
  const long = vectorOf({ type: 'INT' }, Array<number>(200_000).fill(0))
  t.match(
    failureOf(() => makeTable(context, 'basic', [long, intScalar(1), intScalar(2)])),
    /^Out of memory/,
    'columns filled with one value take room',
  )
  t.equal(makeTable(context, 'basic', [long]).rows, 200_000, 'those that are there do not')
  t.equal(made([size(0, 0), a, int]).rows, 0)
  t.equal(made([size(2_000_000_000, 0), a, int]).rows, 0, 'a capacity is a hint')
})

t.test('a table made of another has rows of its own', async t => {
  const first = made([ints(1, 2)], ['id'])
  const second = made([first])
  second.append([ints(3)], 1)
  t.equal(shown(first), 'id|1;2')
  t.equal(shown(second), 'id|1;2;3')
})

t.test('keyed tables have their key columns in front of what describes them', async t => {
  const context = callContext()
  context.argumentNames = [undefined, 'k', 'v']
  const key = stringVector(['k'])
  const keyed = makeKeyedTable(context, 'keyed', [key, ints(2, 1), ints(5, 6)])
  t.equal(shown(keyed), 'k,v|2 5;1 6')
  t.equal(keyed.kind, 'keyed')
  t.strictSame(keyed.keyColumns, [0])
  const empty = makeKeyedTable(context, 'indexed', [
    stringVector(['b', 'a']),
    size(1, 0),
    stringVector(['a', 'b']),
    ints(4, 4),
  ])
  t.strictSame([empty.kind, empty.rows, ...empty.keyColumns], ['indexed', 0, 1, 0])
  const twice = [key, ints(1, 1), ints(5, 6)]
  t.match(
    failureOf(() => makeKeyedTable(context, 'keyed', twice)),
    /RefId: S05012$/,
  )
  t.equal(shown(makeKeyedTable(context, 'keyedStream', twice)), 'k,v|1 5', 'the first row stays')
  for (const none of [undefined, stringVector([])]) {
    t.match(
      failureOf(() => makeKeyedTable(context, 'keyed', [none, ints(1)])),
      /\[keyColumns\]/,
    )
  }
  t.match(
    failureOf(() => makeKeyedTable(context, 'keyed', [stringVector(['x']), ints(1), ints(2)])),
    /\[x\]/,
  )
})
