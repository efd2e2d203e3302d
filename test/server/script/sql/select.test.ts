/* select and exec: clauses, groups and results (DolphinDB manual, pages "select", "exec", "where", "group by", "having", "order by",
   "limit", "top"). */
import t from 'tap'
import { testYieldingExamples } from '../../../helpers/examples.js'
import type { Table } from '../../../../src/protocol/value.js'
import { columnsText, sleepingSession, testSession } from '../../../helpers/script.js'

const setup = `
t = table(1 2 3 4 5 as id, \`a\`b\`a\`c\`b as sym, 1.5 2.5 NULL 4.5 5.5 as x)
e = table(1:0, \`id\`x, [INT, DOUBLE])
`

testYieldingExamples(
  t,
  {
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
    },

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
  },
  setup,
)

t.test('result columns have names and types, for any rows', async t => {
  const names = async (script: string): Promise<string> =>
    columnsText((await testSession().run(setup + script)) as Table)
  const columns = await names('select count(*), sum(x), id+1, -x from t where id=1')
  t.equal(columns, 'count INT, sum_x DOUBLE, add_id INT, neg_x DOUBLE')
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
}

t.test('impossible queries are refused with their text', async t => {
  for (const [query, message] of Object.entries(refused)) {
    t.equal(await testSession().fail(setup + query), `${query} => ${message}`, query)
  }
})

t.test('rows that other sessions insert while a query waits are not in its result', async t => {
  const { run, wake, other } = sleepingSession()
  await other.run('share table(1 2 as id, 3 4 as x) as st')
  const pending = run(
    'def wait(a){sleep(1); return a}\nexec sum(wait(id)) * 100 + count(*) + sum(x) from st',
  )
  t.ok(pending instanceof Promise)
  await other.run('insert into st values (5, 6); delete from st where id=1; update st set x=9')
  wake()
  t.match(await pending, { value: 300n + 2n + 7n })
  t.equal(await other.show('st'), '2 9;5 9')
})

const setupSqlGroup = `
t = table(1 2 3 4 5 as id, \`a\`b\`a\`c\`b as sym, 1.5 2.5 NULL 4.5 5.5 as x)
e = table(1:0, \`id\`x, [INT, DOUBLE])
t1 = table([09:34:07,09:36:42,09:36:51,09:36:59,09:32:47,09:35:26,09:34:16,09:34:26,09:38:12] as timestamp,
  \`C\`MS\`MS\`MS\`IBM\`IBM\`C\`C\`C$SYMBOL as sym, 2200 1900 2100 3200 6800 5400 1300 2500 8800 as qty,
  49.6 29.46 29.52 30.02 174.97 175.23 50.76 50.32 51.29 as price)
`

testYieldingExamples(
  t,
  {
    'one row a group, in the order of the keys, which stand first unless they are selected': {
      'select count(sym) as counts from t1 group by sym': 'C 4;IBM 2;MS 3',
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
  },
  setupSqlGroup,
)

t.test('an empty table still determines the types of its groups', async t => {
  const { run } = testSession()
  const made = await run(`${setupSqlGroup}select sum(x), count(*), first(id) from e group by id`)
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

t.test('columns that are neither key nor aggregate are refused', async t => {
  for (const [query, message] of Object.entries(failures)) {
    t.equal(await testSession().fail(setupSqlGroup + query), `${query} => ${message}`, query)
  }
})
