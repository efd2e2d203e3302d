import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import {
  hastyRuntime,
  inTurns,
  shownRestlessly,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'
import {
  compareCells,
  shownOf,
  sqlRows,
  textOfRows,
  type SqlRow,
} from '../../../helpers/sql-tables.js'

t.comment(`TEST_SEED=${seed}`)

const setup = `
t = table(1 2 3 4 5 as id, \`a\`b\`a\`c\`b as sym, 1.5 2.5 NULL 4.5 5.5 as x)
e = table(1:0, \`id\`x, [INT, DOUBLE])
t1 = table([09:34:07,09:36:42,09:36:51,09:36:59,09:32:47,09:35:26,09:34:16,09:34:26,09:38:12] as timestamp,
  \`C\`MS\`MS\`MS\`IBM\`IBM\`C\`C\`C$SYMBOL as sym, 2200 1900 2100 3200 6800 5400 1300 2500 8800 as qty,
  49.6 29.46 29.52 30.02 174.97 175.23 50.76 50.32 51.29 as price)
`

const queries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'one row a group, in the order of the keys, which stand first unless they are selected': {
    'select count(sym) as counts from t1 group by sym': 'C 4;IBM 2;MS 3',
    'select top 2:3 count(sym) as counts from t1 group by sym': 'MS 3',
    'select max(price), sym from t1 group by sym, minute(timestamp)':
      '09:34m 50.76 C;09:38m 51.29 C;09:32m 174.97 IBM;09:35m 175.23 IBM;09:36m 30.02 MS',
    'select avg(qty) from t1 group by sym': 'C 3700;IBM 6100;MS 2400',
    'select sum(qty) from t1 group by sym, timestamp.minute() as minute order by minute':
      'IBM 09:32m 6800;C 09:34m 6000;IBM 09:35m 5400;MS 09:36m 7200;C 09:38m 8800',
    'select sum(qty) as s from t1 group by sym having sum(qty) > 8000 order by s desc':
      'C 14800;IBM 12200',
    'select count(*) from t group by sym order by count desc, sym desc': 'b 2;a 2;c 1',
    'select first(id), last(id), count(x), count(*) from t group by sym':
      'a 1 3 1 2;b 2 5 2 2;c 4 4 1 1',
    'select sum(id) from t group by x': ' 3;1.5 1;2.5 2;4.5 4;5.5 5',
    'select 1 as one from t group by sym': 'a 1;b 1;c 1',
    'exec sum(id) from t where id>1 group by sym': 'a 3;b 7;c 4',
  },
  'a column is a key by its name, or when it is written as the key is': {
    'select sym, sum(x) as s from t group by sym': 'a 1.5;b 8;c 4.5',
    'select t.sym, sum(x) as s from t group by sym': 'a 1.5;b 8;c 4.5',
    'select sym as a, sym as b from t group by sym': 'a a;b b;c c',
    'select sym, sum(x) as s from t group by sym as key': 'a 1.5;b 8;c 4.5',
    'select key, sum(x) as s from t group by sym as key': 'a 1.5;b 8;c 4.5',
    'select id > 2 as late, count(*) from t group by id>2': 'false 2;true 3',
    'select neg(id) as n from t group by id.neg()': '-5;-4;-3;-2;-1',
  },
  'without rows there is no group': {
    'select count(*) from t where id>99 group by sym': '',
    'select sum(x), first(x) from e group by id': '',
    'select id, max(x) from e group by id having sum(x)>1 order by id limit 5': '',
  },
  'having keeps groups': {
    'select sym from t group by sym having count(*)>1': 'a;b',
    'select sym from t group by sym having count(*)>1 and max(x)>2': 'b',
    'select sum(id) as s from t group by sym having NULL': '',
    'select sum(id) as s from t group by sym having true': 'a 4;b 7;c 4',
  },
}

for (const [title, cases] of Object.entries(queries)) {
  t.test(title, async t => {
    for (const [query, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(setup + query), shown, query)
      t.equal(await shownRestlessly(setup + query), shown, `${query}, giving way`)
    }
  })
}

t.test('an empty table tells the types of its groups all the same', async t => {
  const { run } = testSession()
  const made = await run(`${setup}select sum(x), count(*), first(id) from e group by id`)
  t.match(made, {
    columnNames: ['id', 'sum_x', 'count', 'first_id'],
    columns: [{ type: 'INT' }, { type: 'DOUBLE' }, { type: 'INT' }, { type: 'INT' }],
  })
})

const failures: Readonly<Record<string, string>> = {
  'select id from t group by sym':
    'The column [id] must be an aggregate or a column of the group by clause.',
  'select id>3 from t group by id>2':
    'The column [gt_id] must be an aggregate or a column of the group by clause.',
  'select * from t group by sym': "Can't select * together with group by.",
  'select sum(id) from t group by *': "Can't group by *.",
  'select sum(id) from t group by 1 2': 'All columns must be of the same length. RefId:S02010',
  'select sum(id) from t group by nosuch': 'Unrecognized column name [nosuch].',
  'select sum(x) as sym from t group by sym':
    'A table cannot contain columns with duplicate name: sym.RefId: S05017',
  'select sum(id) from t group by sym having id>1':
    'A scalar object is expected. But the actual object is not a scalar.',
}

t.test('what is neither key nor aggregate is refused', async t => {
  for (const [query, message] of Object.entries(failures)) {
    t.equal(await testSession().fail(setup + query), `${query} => ${message}`, query)
  }
})

const sumOf = (rows: readonly SqlRow[]): number | null => {
  const given = rows.flatMap(({ x }) => (x === null ? [] : [x]))
  return given.length === 0 ? null : given.reduce((sum, x) => sum + x, 0)
}

t.test('groups of random rows are those of a Map', async t => {
  const runtime = testRuntime()
  fc.assert(
    fc.property(sqlRows, fc.nat(3), (rows, least) => {
      const groups = new Map<string, SqlRow[]>()
      for (const row of rows) {
        const key = JSON.stringify([row.sym, row.x === null ? null : Math.abs(row.x) % 2 === 1])
        groups.set(key, [...(groups.get(key) ?? []), row])
      }
      const wanted = [...groups.values()]
        .filter(group => group.length >= least)
        .map(group => {
          const { sym, x, id } = group[0]!
          const odd = x === null ? null : String(Math.abs(x) % 2 === 1)
          return [sym, odd, group.length, sumOf(group), id, group.at(-1)!.id] as const
        })
        .sort((a, b) => compareCells(a[0], b[0]) || compareCells(a[1], b[1]))
      const query = `select count(*), sum(x), first(id), last(id) from t group by sym, bool(x%2) as odd having count(*)>=${least}`
      assert.equal(shownOf(runtime, rows, query), textOfRows(wanted))
    }),
    { numRuns: runs(100), seed },
  )
  t.pass()
})

t.test('many groups are made in pieces, and are the same', async t => {
  const script =
    'n = 100000; t = table(take(0..999, n) as k, take(1..7, n) as x)\n' +
    'select sum(x), count(*) from t group by k having first(k) % 250 == 3'
  const calm = await testSession().show(script)
  t.match(calm, /^3 \d+ 100;253 \d+ 100;503 /)
  const { runtime, clock } = hastyRuntime()
  const { value } = await inTurns(runUnits(runtime, script))
  t.equal(shownValue(value!), calm)
  t.ok(clock.turns > 10, `${clock.turns} times`)
})
