import t from 'tap'
import type { Column } from '../../../../src/protocol/value.js'
import { textsOf } from '../../../helpers/script.js'
import type { Select } from '../../../../src/server/script/parse/syntax.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import {
  asColumn,
  columnOfResult,
  columnSlice,
  evaluateScope,
  evaluateTable,
  resultName,
  TableScope,
  withColumns,
} from '../../../../src/server/script/sql/sql-scope.js'
import { deleteRows } from '../../../../src/server/tables/insert-values.js'
import type { ServerTable } from '../../../../src/server/tables/server-table.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, frameOn, nodeIn, testRuntime } from '../../../helpers/runtime.js'
import { expressionOf } from '../../../helpers/syntax.js'

const makeTable = 't = table(1 2 3 4 5 as id, `a`b`a`c`b as sym, 1.5 2.5 NULL 4.5 5.5 as x); t'

const tableOn = (runtime: Runtime): ServerTable =>
  atOnce(runUnits(runtime, makeTable)) as ServerTable

const texts = (column: ServerValue | undefined): string =>
  column === undefined ? 'nothing' : textsOf(column as Column).join(' ')

t.test('a scope sees the columns at the rows that are left', async t => {
  const runtime = testRuntime()
  const scope = TableScope.of(runtime, tableOn(runtime), 't', true)
  t.match(scope, { rows: 5, tableRows: 5, tableName: 't', selected: undefined })
  t.equal(texts(scope.lookup('sym')), 'a b a c b')
  t.equal(texts(scope.lookup('nosuch')), 'nothing')
  const some = scope.at(Int32Array.of(4, 0, 2))
  t.match(some, { rows: 3, tableRows: 5, tableName: 't' })
  t.equal(texts(some.lookup('id')), '5 1 3')
  t.equal(texts(some.at(Int32Array.of(2, 0)).lookup('x')), ' 5.5', 'rows of rows')
  t.not(some.lookup('id'), some.lookup('id'), 'each is an object of its own')
})

t.test('a query sees the rows of its beginning, a change refuses what has moved', async t => {
  const runtime = testRuntime()
  const table = tableOn(runtime)
  const query = TableScope.of(runtime, table, 't', true)
  const change = TableScope.of(runtime, table, 't', false)
  atOnce(runUnits(runtime, 'insert into t values (6, `d, 6.5)'))
  t.equal(texts(query.lookup('id')), '1 2 3 4 5')
  t.equal(texts(change.lookup('id')), '1 2 3 4 5')
  change.checkUnmoved()
  deleteRows(table, Int32Array.of(0))
  t.equal(texts(query.lookup('sym')), 'a b a c b')
  const moved = { message: /^Another session has removed or moved rows of the table meanwhile/ }
  t.throws(() => change.checkUnmoved(), moved)
  t.throws(() => change.lookup('sym'), moved, 'a column that was not looked at before')
  t.equal(texts(change.lookup('id')), '1 2 3 4 5', 'one that was')
})

t.test('results stand behind the columns of the table', async t => {
  const runtime = testRuntime()
  const scope = TableScope.of(runtime, tableOn(runtime), 't', true)
  const results = new Map<string, ServerValue>([
    ['id', intScalar(7)],
    ['total', intScalar(8)],
  ])
  const with_ = scope.withResults(results)
  t.equal(texts(with_.lookup('id')), '1 2 3 4 5')
  t.equal(with_.lookup('total'), results.get('total'))
  t.equal(scope.lookup('total'), undefined)
})

t.test('conditions pick rows one after the other', async t => {
  const picked = (...conditions: string[]): string => {
    const runtime = testRuntime()
    tableOn(runtime)
    const frame = frameOn(runtime)
    const query = nodeIn(frame, `(select id from t where ${conditions.join(', ')})`) as Select
    return texts(atOnce(evaluateScope(query.from, query.where, frame, true)).lookup('id'))
  }
  for (const [conditions, ids] of [
    [['id>2'], '3 4 5'],
    [['id>2', 'sym=`b'], '5'],
    [['sym=`b', 'id>first(id)'], '5'],
    [['x>2'], '2 4 5'],
    [['!(x>2)'], '1 3'],
    [['x'], '1 2 4 5'],
    [['id-1'], '2 3 4 5'],
    [['true'], '1 2 3 4 5'],
    [['false'], ''],
    [['NULL'], ''],
    [['false', 'sum(id) is null'], ''],
    [['t.id=2'], '2'],
  ] as const) {
    t.equal(picked(...conditions), ids, conditions.join())
  }
  const refused: Readonly<Record<string, RegExp>> = {
    '[true,false]': /^The where condition must be a boolean value for each row\.$/,
    '{a: 1}': /^The where condition must be a boolean value for each row\.$/,
    sym: /can not be string/,
  }
  for (const [condition, message] of Object.entries(refused)) {
    t.throws(() => picked(condition), { message }, condition)
  }
})

t.test('a statement is about a table, found among the variables', async t => {
  const runtime = testRuntime()
  const table = tableOn(runtime)
  const columns = { rows: 1, tableName: 'u', lookup: () => intScalar(1) }
  const frame = frameOn(runtime, {}, { columns })
  t.equal(atOnce(evaluateTable(expressionOf('t'), frame)), table, 'a column of that name is none')
  t.throws(() => atOnce(evaluateTable(expressionOf('5'), frame)), {
    message: 'The object must be a table.',
  })
  const inside = withColumns(frame, TableScope.of(runtime, table, undefined, true))
  t.equal(inside.columns?.rows, 5)
  t.equal(inside.runtime, runtime)
})

t.test('a scalar stands in every row, and nothing but vectors is a column', async t => {
  const runtime = testRuntime()
  const column = (value: ServerValue, rows: number): string =>
    texts(columnOfResult(runtime, value, rows))
  const vector = asColumn(atOnce(runUnits(runtime, '7 8'))!)
  t.equal(column(intScalar(7), 3), '7 7 7')
  t.equal(column(intScalar(7), 0), '')
  t.equal(column(vector as ServerValue, 5), '7 8')
  t.equal(texts(asColumn(intScalar(7)) as ServerValue), '7')
  for (const script of ['{a: 1}', 'sum', '1:2', 'INT']) {
    t.throws(() => asColumn(atOnce(runUnits(runtime, script))!), {
      message: 'A column must be a scalar or a vector.',
    })
  }
  t.equal(columnSlice(vector, 0, 2), vector)
  t.equal(columnSlice(vector, 0, 9), vector)
  t.equal(texts(columnSlice(vector, 1, 2) as ServerValue), '8')
  t.equal(texts(columnSlice(vector, 0, 0) as ServerValue), '')
})

const names: Readonly<Record<string, string>> = {
  a: 'a',
  't.a': 'a',
  '`a': '_a',
  '1.5': '1_5',
  'count(*)': 'count',
  'sum(a)': 'sum_a',
  'sum(1)': 'sum',
  'max(a, b)': 'max_a_b',
  'f(a,,b)': 'f_a_b',
  'a.sum()': 'sum_a',
  'sum(minute(a))': 'sum_minute_a',
  'a+1': 'add_a',
  '1+a': 'add_a',
  'a*b': 'mul_a',
  '1+2': 'add',
  a$INT: 'cast_a',
  '-a': 'neg_a',
  '!(a>1)': 'not_gt_a',
  'a[0]': 'a',
  '(a as b)': 'b',
  '(x -> x)(a)': 'a',
  '(a, [b])': 'tuple',
  '(a, b)': 'tuple',
  'a ? b : 1': 'ternary',
}

t.test('a column without a name is named after what it is made of', async t => {
  for (const [source, name] of Object.entries(names)) {
    const query = expressionOf(`(select ${source} from t)`) as Select
    t.equal(resultName(query.columns[0]!), name, source)
  }
  const [all, alias] = (expressionOf('(select *, a+1 as b from t)') as Select).columns
  t.equal(resultName(all!), '')
  t.equal(resultName(alias!), 'b')
})
