import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import { createNode } from '../../../../src/server/node.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { createScriptSession, runScript } from '../../../../src/server/script/session/session.js'
import { closedGate } from '../../../helpers/gate.js'
import {
  hastyRuntime,
  inTurns,
  shownRestlessly,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'
import { columnsText, testSession } from '../../../helpers/script.js'
import { compareCells, shownOf, sqlRows, textOfRows } from '../../../helpers/sql-tables.js'

t.comment(`TEST_SEED=${seed}`)

const setup = `
t = table(1 2 3 4 5 as id, \`a\`b\`a\`c\`b as sym, 1.5 2.5 NULL 4.5 5.5 as x)
e = table(1:0, \`id\`x, [INT, DOUBLE])
`

const queries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'select picks columns, all of them, and computed ones': {
    'select id, x from t where id<3': '1 1.5;2 2.5',
    'select * from t where id=5': '5 b 5.5',
    'select id*10 as big, x from t where id=1': '10 1.5',
    'select id, 7 as seven from t where id<=2': '1 7;2 7',
    'SELECT id FROM t WHERE id = 4': '4',
    'select distinct sym from t': 'a;b;c',
    'select distinct(sym) as s from t': 'a;b;c',
    'select t.id from t where id=1': '1',
  },
  'where takes several conditions': {
    'select id from t where sym=`a, x>1': '1',
    'select id from t where sym=`a or id=5': '1;3;5',
    'select id from t where sym in `a`c and not id=1': '3;4',
    'select id from t where sym not in `a`c': '2;5',
    'select id from t where sym like "a%"': '1;3',
    'select id from t where x between 2:5': '2;4',
    'select id from t where x between 2 and 5 and id>2': '4',
    'select id from t where x is null': '3',
    'select id from t where x is not null and sym=`a': '1',
    'select id from t where isNull(x)': '3',
    'select id from t where id>avg(id)': '4;5',
    'select id from t where id != 1, id <> 2, id % 2 == 1': '3;5',
    'select id from t where false': '',
    'select id\nfrom t\nwhere id=1\n': '1',
  },
  'aggregates give one row': {
    'select count(*) from t': '5',
    'select count(x) from t': '4',
    'select sum(x), avg(x), min(x), max(x), first(id), last(id), sum(id*id) as s from t':
      '14 3.5 1.5 5.5 1 5 55',
    'select max(x) from t where id>99': '',
    'select count(*) from t where id>99': '0',
  },
  'order by and limit cut the result': {
    'select id from t order by x desc': '5;4;2;1;3',
    'select id from t order by x': '3;1;2;4;5',
    'select id from t order by sym, id desc': '3;1;5;2;4',
    'select id as k from t order by k desc limit 2': '5;4',
    'select id from t limit 2': '1;2',
    'select id from t limit 1, 2': '2;3',
    'select id from t limit 3, 20000': '4;5',
    'select top 3 id from t': '1;2;3',
    'select top 2:4 id from t': '3;4',
    'n=2; select id from t limit n': '1;2',
  },
  'exec gives a vector, a scalar or a table': {
    'exec id from t where id<3': '[1,2]',
    'exec count(*) from t': '5',
    'exec id, x from t where id=1': '1 1.5',
    'exec sym from t where id in [1,4]': '[a,c]',
    'typestr(exec count(*) from t)': 'INT',
    'typestr(select id from t)': 'IN-MEMORY TABLE',
  },
  'columns come before variables, and variables before nothing': {
    'id=99; exec id from t where id=1': '[1]',
    'z=3; select id+z as s from t where id=1': '4',
    'exec size(keys({a: id, b: x})) from t where id=1': '2',
    'share t as tb\ndef f(y){ return exec sum(id*y) from tb }\nf(2)': '30',
  },
  'the table may be any expression': {
    'exec count(*) from (select * from t where id>2)': '3',
    'share t as shT\ngo\nexec count(*) from objByName("shT")': '5',
    'exec sum(id) from table(1 2 as id)': '3',
    'def q(tb, n){ return exec count(*) from tb where id>n }\nq(t, 3)': '2',
    'each(n -> (exec count(*) from t where id>n), 1 4)': '[4,1]',
  },
}

for (const [title, cases] of Object.entries(queries)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(setup + script), shown, script)
      t.equal(await shownRestlessly(setup + script), shown, `${script}, giving way`)
    }
  })
}

const edges: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a table without rows has results without rows': {
    'select * from e': '',
    'select id, 1 as one from e where x>1 order by x limit 3': '',
    'select distinct id from e': '',
    'exec x from e': '[]',
    'select sum(x), count(*), max(id) from e': ' 0 ',
    'exec sum(x) from e': '',
    'exec count(*) from e': '0',
    'select id from t where false limit 5, 5': '',
  },
  'scalars stand in every row, or make one row': {
    'select id, sum(x) as s from t where id>3': '4 10;5 10',
    'select 1 as a, 2 as b from t': '1 2',
    'select id, 1 as one from t where false': '',
  },
  'order by sees the table and the result, distinct and aggregates only the result': {
    'select id*2 as id from t order by id desc': '10;8;6;4;2',
    'select id*10 as k from t order by x desc limit 2': '50;40',
    'select sym from t order by id % 2, sym desc': 'c;b;b;a;a',
    'select id from t order by 1': '1;2;3;4;5',
    'select distinct sym as s from t order by s desc': 'c;b;a',
    'select count(*) as n from t order by n': '5',
  },
  'limit takes what there is': {
    'select id from t limit 0': '',
    'select id from t limit 4, 9': '5',
    'select id from t limit 5, 9': '',
    'select id from t limit 99, 9': '',
    'select id from t limit 2l': '1;2',
    'select count(*) from t limit 0': '',
    'exec id from t limit 1': '[1]',
    'exec count(*) from t limit 0': '[]',
  },
}

for (const [title, cases] of Object.entries(edges)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(setup + script), shown, script)
    }
  })
}

t.test('result columns have names and types, whatever rows there are', async t => {
  const names = async (script: string): Promise<string> =>
    columnsText((await testSession().run(setup + script)) as Table)
  t.equal(
    await names('select count(*), sum(x), id+1, -x from t where id=1'),
    'count INT, sum_x DOUBLE, add_id INT, neg_x DOUBLE',
  )
  t.equal(await names('select id, x>1, sym as s from t where false'), 'id INT, gt_x BOOL, s STRING')
  t.equal(await names('select max(x), id from e'), 'max_x DOUBLE, id INT')
})

const refused: Readonly<Record<string, string>> = {
  'select nosuch from t': 'Unrecognized column name [nosuch].',
  'select id from t where nosuch>1': 'Unrecognized column name [nosuch].',
  'select id from t order by nosuch': 'Unrecognized column name [nosuch].',
  'select count(*) from t order by id': 'Unrecognized column name [id].',
  'select distinct sym from t order by id': 'Unrecognized column name [id].',
  'select id from 5': 'The object must be a table.',
  'select id from (exec id from t)': 'The object must be a table.',
  'select id, x[0 1] from t': 'All columns must be of the same length. RefId:S02010',
  'select id from t order by 1 2': 'All columns must be of the same length. RefId:S02010',
  'select id, sum from t': 'A column must be a scalar or a vector.',
  'select {a: id} from t': 'A column must be a scalar or a vector.',
  'select *, id from t': 'A table cannot contain columns with duplicate name: id.RefId: S05017',
  'select id from t having id>1': 'having is only supported together with group by.',
  'select id from t limit -1': 'The limit clause takes non-negative integers.',
  'select id from t limit NULL': 'The limit clause takes non-negative integers.',
  'select id from t limit 1.5': 'The limit clause takes non-negative integers.',
  'select id from t limit -1, 2': 'The limit clause takes non-negative integers.',
  'select top 3:1 id from t': 'The limit clause takes non-negative integers.',
}

t.test('what a query cannot do is refused with its text', async t => {
  for (const [query, message] of Object.entries(refused)) {
    t.equal(await testSession().fail(setup + query), `${query} => ${message}`, query)
  }
})

t.test('columns of stream and DFS tables are for SQL alone', async t => {
  const { run, fail, show } = testSession()
  await run('share streamTable(1 2 as x) as onlySql')
  t.match(await fail('onlySql.x'), 'RefId:S02009')
  t.match(await fail('onlySql[`x]'), 'RefId:S02009')
  t.equal(await show('exec x from onlySql'), '[1,2]')
})

t.test('what others insert while a query waits does not reach it', async t => {
  const node = createNode()
  const gate = closedGate()
  const info = { id: '1', remoteAddress: '', remotePort: 1, delay: () => gate.opened }
  const slow = createScriptSession(node, info)
  const other = testSession({ node })
  await other.run('share table(1 2 as id, 3 4 as x) as st')
  const pending = runScript(
    slow,
    node,
    'def wait(a){sleep(1); return a}\nexec sum(wait(id)) * 100 + count(*) + sum(x) from st',
  )
  t.ok(pending instanceof Promise)
  await other.run('insert into st values (5, 6); delete from st where id=1; update st set x=9')
  gate.open()
  t.match(await pending, { value: 300n + 2n + 7n })
  t.equal(await other.show('st'), '2 9;5 9')
})

const numbers = fc.integer({ min: -3, max: 3 })
const symbols = fc.constantFrom('a', 'b')

t.test('where, order by, limit and distinct do to random rows what arrays do', async t => {
  const runtime = testRuntime()
  const property = fc.property(
    sqlRows,
    numbers,
    symbols,
    fc.boolean(),
    fc.boolean(),
    fc.nat(6),
    fc.nat(6),
    (rows, least, sym, first, second, offset, count) => {
      const direction = (descending: boolean): number => (descending ? -1 : 1)
      const wanted = rows
        .filter(row => compareCells(row.x, least) > 0 || row.sym === sym)
        .filter(row => row.id % 3 !== 1)
        .sort(
          (a, b) =>
            direction(first) * compareCells(a.sym, b.sym) ||
            direction(second) * compareCells(a.x, b.x),
        )
        .slice(offset, offset + count)
        .map(row => [row.id, row.sym, row.x])
      const word = (descending: boolean): string => (descending ? 'desc' : 'asc')
      const query =
        `select id, sym, x from t where x>${least} or sym="${sym}", id%3 != 1 ` +
        `order by sym ${word(first)}, x ${word(second)} limit ${offset}, ${count}`
      assert.equal(shownOf(runtime, rows, query), textOfRows(wanted), query)
      const pairs = [...new Set(rows.map(row => JSON.stringify([row.sym, row.x])))]
      const distinct = pairs.map(pair => JSON.parse(pair) as [string, number | null])
      assert.equal(shownOf(runtime, rows, 'select distinct sym, x from t'), textOfRows(distinct))
    },
  )
  fc.assert(property, { numRuns: runs(150), seed })
  t.pass()
})

t.test('a long query gives way, and gives the same', async t => {
  const script =
    'n = 100000; t = table(take(0..999, n) as a, take(1..7, n) as b, string(take(1..3, n)) as c)\n' +
    'select distinct a, b*2 as d, c from t where b>2, c="2" order by d desc, a limit 3, 4'
  const calm = await testSession().show(script)
  const { runtime, clock } = hastyRuntime()
  const { value } = await inTurns(runUnits(runtime, script))
  t.equal(shownValue(value!), calm)
  t.equal(calm.split(';').length, 4)
  t.ok(clock.turns > 3, `${clock.turns} times`)
})

t.test('rows that are picked take memory', async t => {
  const { fail, show } = testSession({ maxRequestBytes: 4_000_000 })
  await show('n = 100000; t = table(take(1, n) as a, take(2.5, n) as b)')
  t.equal(await show('exec count(a) from t where a>0'), '100000')
  t.match(
    await fail(
      'x = (select * from t where a>0); y = (select * from t where a>0); z = (select * from t where a>0)',
    ),
    /Out of memory/,
  )
})
