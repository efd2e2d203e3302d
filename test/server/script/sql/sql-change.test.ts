/* insert into, update and delete (DolphinDB manual, pages "insert into", "update", "delete"). */
import t from 'tap'
import { testYieldingExamples } from '../../../helpers/examples.js'
import { sleepingSession, testSession } from '../../../helpers/script.js'

const setup = `
t = table(1 2 3 as id, \`a\`b\`a as sym, 1.5 NULL 3.5 as x)
e = table(1:0, \`id\`x, [INT, DOUBLE])
k = keyedTable(\`id, 1 2 as id, 5 6 as v)
`

testYieldingExamples(
  t,
  {
    'insert into takes rows, columns, tuples and names': {
      'insert into t values(6, `d, 6.5); t': '1 a 1.5;2 b ;3 a 3.5;6 d 6.5',
      'insert into t values(7 8, `e`f, 7.5 8.5); t': '1 a 1.5;2 b ;3 a 3.5;7 e 7.5;8 f 8.5',
      'insert into t values((6 7), ("d", "e"), (1.0 2.0)); t': '1 a 1.5;2 b ;3 a 3.5;6 d 1;7 e 2',
      'insert into t values(10, `h, 1.0), (11, `i, NULL); t': '1 a 1.5;2 b ;3 a 3.5;10 h 1;11 i ',
      'insert into t(sym, id) values(`g, 9); t': '1 a 1.5;2 b ;3 a 3.5;9 g ',
      'insert into t(x, `id) values(0.5, 9), (1.5, 10); t': '1 a 1.5;2 b ;3 a 3.5;9  0.5;10  1.5',
      'insert into t values(6.6, "d", 1); t': '1 a 1.5;2 b ;3 a 3.5;7 d 1',
      'insert into t values(NULL, NULL, NULL); t': '1 a 1.5;2 b ;3 a 3.5;  ',
      'insert into e values(1, 2.5); e': '1 2.5',
      'insert into k values(1, 9), (3, 8), (3, 7); k': '1 9;2 6;3 7',
      'n = 6; insert into t values(n, string(n), n*2); t': '1 a 1.5;2 b ;3 a 3.5;6 6 12',
    },
    'update changes the rows that are left, and adds columns': {
      'update t set x = x*10, sym = "z" where id in 1 3; t': '1 z 15;2 b ;3 z 35',
      'update t set x = 0 where isNull(x); t': '1 a 1.5;2 b 0;3 a 3.5',
      'update t set x = id, id = id*10; t': '10 a 1;20 b 2;30 a 3',
      'update t set x = 8 9 where sym=`a; t': '1 a 8;2 b ;3 a 9',
      'update t set x = sum(id) where sym=`a; t': '1 a 4;2 b ;3 a 4',
      'update t set x = NULL; t': '1 a ;2 b ;3 a ',
      'update t set x = 1 where false; t': '1 a 1.5;2 b ;3 a 3.5',
      'x = 9; id2 = 5; update t set x = x+id2; t': '1 a 6.5;2 b ;3 a 8.5',
      'update e set x = 1; e': '',
      'update k set v = v+1; k': '1 6;2 7',
    },
    'delete removes the rows that its conditions pick': {
      'delete from t where sym=`a; t': '2 b ',
      'delete from t where x is null; t': '1 a 1.5;3 a 3.5',
      'delete from t where id>1, sym=`a; t': '1 a 1.5;2 b ',
      'delete from t where id>avg(id); t': '1 a 1.5;2 b ',
      'delete from t where false; t': '1 a 1.5;2 b ;3 a 3.5',
      'delete from t; t': '',
      'delete from e; e': '',
      'delete from k where id=1; k': '2 6',
    },
  },
  setup,
)

const stream = "Can't update or delete rows of a stream table."
const failures: Readonly<Record<string, string>> = {
  'insert into t values(1, `a)':
    "The number of table columns doesn't match the number of columns to append.",
  'insert into t values(6 7, `d, 6.5)': 'Inconsistent length of values to insert.',
  'insert into t values(6, `d, 1), (7, `e)': 'Inconsistent length of values to insert.',
  'insert into t values(6, `d, 1), (`q, `e, 2)':
    "Failed to append data to column 'id' with error: Incompatible type. Expected: INT, Actual: STRING",
  'insert into t(id, id) values(6, 7)': 'The column id is named twice.',
  'insert into t(nosuch) values(6)': 'Unrecognized column name nosuch. RefId:S02005',
  'insert into 5 values(1)': 'The object must be a table.',
  'update t set x = `a':
    "Failed to append data to column 'x' with error: Incompatible type. Expected: DOUBLE, Actual: STRING",
  'update t set id = 7, x = 1 2': 'All columns must be of the same length. RefId:S02010',
  'update t set id = 7, x = `a':
    "Failed to append data to column 'x' with error: Incompatible type. Expected: DOUBLE, Actual: STRING",
  'update t set id = 7, y = 7': 'Unrecognized column name y. RefId:S02005',
  'update k set v = 7, id = 9': "Can't update a key column.",
  'update t set id = 7, x = nosuch': 'Unrecognized column name [nosuch].',
  'update t set x = 1 where nosuch': 'Unrecognized column name [nosuch].',
  'update t set x = {a: 1}': 'A column must be a scalar or a vector.',
  'update k set id = 9': "Can't update a key column.",
  'delete from t where sym': 'Arguments for where method can not be string.',
  'delete from st where a=1': stream,
  'update st set a = 1': stream,
}

t.test('a change that fails changes nothing', async t => {
  for (const [script, message] of Object.entries(failures)) {
    const { run, fail, show } = testSession()
    await run(`${setup}share streamTable(1 2 as a) as st`)
    t.equal(await fail(script), `${script} => ${message}`, script)
    t.equal(await show('t'), '1 a 1.5;2 b ;3 a 3.5', script)
    t.equal(await show('k'), '1 5;2 6', script)
    t.equal(await show('exec a from st'), '[1,2]', script)
  }
})

t.test('DFS tables accept insert into only if the node allows it', async t => {
  const make =
    'db = database("dfs://d", VALUE, 1 2)\ndb.createPartitionedTable(table(1:0, [`id], [INT]), `t, `id)\n'
  const { run, fail } = testSession()
  await run(make)
  const expected = /insert into statement on a DFS table unless enableInsertStatementForDFSTable/
  t.match(await fail('insert into loadTable("dfs://d", `t) values(1)'), expected)
  const allowed = testSession({ config: { enableInsertStatementForDFSTable: true } })
  await allowed.run(`${make}insert into loadTable("dfs://d", \`t) values(1 2)`)
  t.equal(await allowed.show('exec count(*) from loadTable("dfs://d", `t)'), '2')
})

t.test('a change needs its own right and no other right', async t => {
  const statements: Readonly<Record<string, string>> = {
    TABLE_INSERT: 'insert into st values(3)',
    TABLE_UPDATE: 'update st set a=0 where a>2',
    TABLE_DELETE: 'delete from st where a=0',
  }
  for (const [right, allowed] of Object.entries(statements)) {
    const { node, run } = testSession()
    await run('share table(1 2 as a) as st\ncreateUser("joe", "123456")\naddAccessControl(st)')
    await run(`grant("joe", ${right}, "st")`)
    const joe = testSession({ node, user: 'joe' })
    for (const statement of Object.values(statements)) {
      const answer = await joe.fail(statement)
      const wanted = statement === allowed ? 'no error' : `${statement} => No access to table [st]`
      t.equal(answer, wanted, `${statement} with ${right}`)
    }
    t.match(await joe.fail('select a from st'), 'No access to shared table [st]')
  }
})

t.test('if other sessions move rows while a change waits, no wrong rows are changed', async t => {
  for (const change of [
    'update st set a = wait(a) * 10 where a>0',
    'delete from st where wait(a)>1',
  ]) {
    const { run, wake, other } = sleepingSession()
    await other.run('share table(1 2 3 as a) as st')
    const pending = run(`def wait(x){sleep(1); return x}\n${change}`)
    await other.run('insert into st values(4)')
    await other.run('delete from st where a=1')
    wake()
    await t.rejects(pending as Promise<unknown>, { message: /removed or moved rows/ }, change)
    t.equal(await other.show('exec a from st'), '[2,3,4]')
  }
})

t.test('rows that other sessions only add do not stop a change', async t => {
  const { run, wake, other } = sleepingSession()
  await other.run('share table(1 2 3 as a) as st')
  const script = 'def wait(x){sleep(1); return x}\nupdate st set a = wait(a) * 10'
  const pending = run(script)
  await other.run('insert into st values(4)')
  wake()
  await pending
  t.equal(await other.show('exec a from st'), '[10,20,30,4]')
})
