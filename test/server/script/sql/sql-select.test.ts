import t from 'tap'
import { columnsText, testSession, type TestSession } from '../../../helpers/script.js'
import type { Table } from '../../../../src/protocol/value.js'

async function trades(): Promise<TestSession> {
  const session = testSession()
  await session.run(`sym = \`C\`MS\`MS\`MS\`IBM\`IBM\`C\`C\`C$SYMBOL
price= 49.6 29.46 29.52 30.02 174.97 175.23 50.76 50.32 51.29
qty = 2200 1900 2100 3200 6800 5400 1300 2500 8800
timestamp = [09:34:07,09:36:42,09:36:51,09:36:59,09:32:47,09:35:26,09:34:16,09:34:26,09:38:12]
t1 = table(timestamp, sym, qty, price);
t = table(1 2 3 4 5 as id, \`a\`b\`a\`c\`b as sym, 1.5 2.5 NULL 4.5 5.5 as x)`)
  return session
}

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
  'group by gives one row a group, keys first unless they are selected': {
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
    'select count(*) from t where id>99 group by sym': '',
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
  },
  'columns come before variables, and variables before nothing': {
    'id=99; exec id from t where id=1': '[1]',
    'z=3; select id+z as s from t where id=1': '4',
    'exec size(keys({a: id, b: x})) from t where id=1': '2',
    'def f(y){ return exec sum(id*y) from t1b }\nt1b=0; 1': '1',
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
      const { show, run } = await trades()
      if (script.includes('t1b')) await run('share t as t1b')
      t.equal(await show(script), shown, script)
    }
  })
}

t.test('result columns are named after what they are made of', async t => {
  const { run } = await trades()
  const names = async (script: string): Promise<string> => columnsText((await run(script)) as Table)
  t.equal(
    await names('select count(*), sum(x), id+1, -x from t where id=1'),
    'count INT, sum_x DOUBLE, add_id INT, neg_x DOUBLE',
  )
  t.equal(await names('select max(x, id) from t where id=1'), 'max_x_id DOUBLE')
  t.equal(
    await names('select sum(qty) from t1 group by minute(timestamp)'),
    'minute_timestamp MINUTE, sum_qty LONG',
  )
})

t.test('insert into takes rows, columns, names', async t => {
  const { run, show, fail } = await trades()
  await run('insert into t values(6, `d, 6.5)')
  await run('insert into t values(7 8, `e`f, 7.5 8.5)')
  await run('insert into t(sym, id) values(`g, 9)')
  await run('insert into t values (10, `h, 1.0), (11, `i, NULL)')
  t.equal(await show('select * from t where id>5'), '6 d 6.5;7 e 7.5;8 f 8.5;9 g ;10 h 1;11 i ')
  t.equal(
    await fail('insert into t values(1, `a)'),
    "insert into t values(1, `a) => The number of table columns doesn't match the number of columns to append.",
  )
  t.equal(
    await fail('insert into st values(1)'),
    "Syntax Error: [line #1] Can't recognize table st",
  )
  t.match(await fail('insert into t values(1,`a,2.0),(2,`b)'), 'Inconsistent length')
  t.match(await fail('insert into t select * from t'), 'only supported with values')
})

t.test('update changes rows and adds columns', async t => {
  const { run, show, fail } = await trades()
  await run('update t set x = x*10, sym = "z" where id in 1 4')
  t.equal(await show('select x, sym from t'), '15 z;2.5 b; a;45 z;5.5 b')
  await run('update t set y = id+1')
  t.equal(await show('exec y from t'), '[2,3,4,5,6]')
  await run('update t set x = 0 where isNull(x)')
  t.equal(await show('exec x from t where id=3'), '[0]')
  t.match(await fail('update nosuch set x=1'), "Can't recognize table nosuch")
})

t.test('delete removes the rows that its conditions pick', async t => {
  const { run, show, fail } = await trades()
  await run('delete from t where sym=`a')
  t.equal(await show('exec id from t'), '[2,4,5]')
  await run('delete from t')
  t.equal(await show('exec count(*) from t'), '0')
  await run('share streamTable(1 2 as x) as stream1')
  t.match(
    await fail('delete from stream1 where x=1'),
    "Can't update or delete rows of a stream table.",
  )
  t.match(await fail('update stream1 set x=1'), "Can't update or delete rows of a stream table.")
})

const refused: Readonly<Record<string, string>> = {
  'select * from t context by sym': 'The clause [context by] is not supported.',
  'select x from t pivot by id, sym': 'The clause [pivot by] is not supported.',
  'select * from t1 inner join t on t1.sym=t.sym': 'The clause [inner join] is not supported.',
  'select * from t, t1': 'Joins are not supported.',
  'select * from t union select * from t': 'The clause [union] is not supported.',
  'select [HINT_EXPLAIN] * from t': 'SQL hints are not supported.',
  'select nosuch from t': 'select nosuch from t => Unrecognized column name [nosuch].',
  'select nosuch(id) from t': 'Cannot recognize the token nosuch',
  'select id from nosuch': 'Cannot recognize the token nosuch',
  'select id from 5': 'The object must be a table.',
  'select x from t group by sym': 'The column [x] must be an aggregate',
  'select * from t group by sym': "Can't select * together with group by.",
  'select id from t limit -1': 'The limit clause takes non-negative integers.',
  'select id, sum from t': 'A column must be a scalar or a vector.',
}

t.test('what SQL does not know here is refused by name', async t => {
  for (const [script, message] of Object.entries(refused)) {
    const { fail } = await trades()
    t.match(await fail(script), message, script)
  }
})

t.test('columns of stream and DFS tables are for SQL alone', async t => {
  const { run, fail, show } = testSession()
  await run('share streamTable(1 2 as x) as onlySql')
  t.match(await fail('onlySql.x'), 'RefId:S02009')
  t.match(await fail('onlySql[`x]'), 'RefId:S02009')
  t.equal(await show('exec x from onlySql'), '[1,2]')
})
