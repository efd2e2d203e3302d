import t from 'tap'
import { testSession } from '../../../helpers/script.js'
import { cursorOn, treesOf, treeOf } from '../../../helpers/syntax.js'
import { startsStructureStatement } from '../../../../src/server/script/parse/parse-structure.js'
import { startsSql } from '../../../../src/server/script/parse/parse-sql.js'

t.test('unsupported statements are refused by name', async t => {
  for (const [word, source] of Object.entries({
    module: 'module m',
    use: 'use a::b',
    include: 'include "a"',
    import: 'import a',
    class: 'class A {}',
    timer: 'timer(10) a',
    transaction: 'transaction {a}',
  })) {
    const message = `Syntax Error: [line #2] The statement [${word}] is not supported.`
    t.throws(() => treesOf(`\n${source}`), { message }, source)
  }
})

const failures: Readonly<Record<string, string>> = {
  'a b': '[line #1] Cannot recognize the token b',
  'a\n}': '[line #2] Cannot recognize the token }',
  '{a\n': "[line #2] '}' is expected before the end of the script.",
  'if a b': '[line #1] Cannot recognize the token a',
  'if(a': "[line #1] ')' is expected before the end of the script.",
  'if(a) else b': '[line #1] Cannot recognize the token else',
  'if(a) b;; else c': '[line #1] Cannot recognize the token else',
  'if(a) b c': '[line #1] Cannot recognize the token c',
  'for x in y {}': '[line #1] Cannot recognize the token x',
  'for(x of y) z': '[line #1] Cannot recognize the token of',
  'for(1 in y) z': '[line #1] Cannot recognize the token 1',
  'do a while(b)': '[line #1] Cannot recognize the token a',
  'do {a}\nb': '[line #2] Cannot recognize the token b',
  'do {a} while(b) c': '[line #1] Cannot recognize the token c',
  'try {a}': "[line #1] 'catch' is expected before the end of the script.",
  'try a catch(e){b}': '[line #1] Cannot recognize the token a',
  'try {a} catch {b}': '[line #1] Cannot recognize the token {',
  throw: '[line #1] An expression is expected before the end of the script.',
  'return a as b': '[line #1] Cannot recognize the token as',
  'break 1': '[line #1] Cannot recognize the token 1',
  'share a': "[line #1] 'as' is expected before the end of the script.",
  'share a as 1': '[line #1] Cannot recognize the token 1',
  undef: '[line #1] An expression is expected before the end of the script.',
  'undef(a': "[line #1] ')' is expected before the end of the script.",
  'assert a, b, c': '[line #1] Cannot recognize the token ,',
  'go = 1': '[line #1] Cannot recognize the token go',
  '@jit\ndef h(a){}': '[line #1] Cannot recognize the token @',
  'def h(a): a b': '[line #1] Cannot recognize the token b',
}

t.test('tokens that belong to no statement are named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treesOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

const asEqual = "Please use '==' rather than '=' as equal operator in non-sql expression."
const compound = "Can't use assignment in expression."
const token = (text: string): string => `Cannot recognize the token ${text}`

const failuresParseAssignment: readonly (readonly [string, number, string])[] = [
  ['f() = 1', 1, asEqual],
  ['x + 1\n= 2', 2, token('=')],
  ['\nx.y = 1', 2, asEqual],
  ['x[1][2] = 3', 1, asEqual],
  ['"x" = 1', 1, asEqual],
  ['::f = 1', 1, asEqual],
  ['x.y += 1', 1, compound],
  ['&x += 1', 1, compound],
  ['x\n= 1', 2, token('=')],
  ['x = y = 1', 1, token('=')],
  ['x, y', 1, token(',')],
  ['x, y\n= 1, 2', 2, token('=')],
  ['x, y += 1', 1, token(',')],
  ['x, 1 = 2', 1, token(',')],
  ['x, y[0] = 1, 2', 1, token(',')],
  ['x[0], y = 1, 2', 1, token(',')],
  ['x % = 2', 1, token('=')],
  ['x = 1,', 1, 'An expression is expected before the end of the script.'],
  ['const x', 1, "'=' is expected before the end of the script."],
  ['const x += 1', 1, token('+=')],
  ['const 5 = 1', 1, token('5')],
  ['const x = 1, 2', 1, token(',')],
]

t.test('assignments to anything but a variable are refused with their line', async t => {
  for (const [source, line, message] of failuresParseAssignment) {
    t.throws(() => treesOf(source), { message: `Syntax Error: [line #${line}] ${message}` }, source)
  }
})

const failuresParseFunction: Readonly<Record<string, string>> = {
  'def h(mutable a=1){}':
    '[line #1] A parameter with default value must be read only. RefId: S06012',
  'def h(a,\nmutable b=1){}':
    '[line #2] A parameter with default value must be read only. RefId: S06012',
  'select f(def(a=b=1): a) from t': '[line #1] Cannot recognize the token =',
  'def h(,a): a': '[line #1] Cannot recognize the token ,',
  'def h(a b): a': '[line #1] Cannot recognize the token b',
  'def h(1): a': '[line #1] Cannot recognize the token 1',
  'def h a': '[line #1] Cannot recognize the token a',
  'def h(a) a': '[line #1] Cannot recognize the token a',
  'def h(a): a b': '[line #1] Cannot recognize the token b',
  'def h(a): a b = 1': '[line #1] Cannot recognize the token b',
  'x = def(a) a': '[line #1] Cannot recognize the token a',
  'x = def(a)': "[line #1] ':' is expected before the end of the script.",
  'def h(a': "[line #1] ')' is expected before the end of the script.",
  'def h(){\n1': "[line #2] '}' is expected before the end of the script.",
  'x, y -> x': '[line #1] Cannot recognize the token ,',
  '(x -> )': '[line #1] Cannot recognize the token )',
  'x -> x\n+ 1': '[line #2] Cannot recognize the token +',
}

t.test('invalid functions are refused where they become invalid', async t => {
  for (const [source, message] of Object.entries(failuresParseFunction)) {
    t.throws(() => treesOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('create and drop are names in every other position', async t => {
  const starts = (source: string): boolean => startsStructureStatement(cursorOn(source))
  for (const source of ['create table t', 'DROP Database d']) t.ok(starts(source), source)
  for (const source of ['create = 1', 'drop(table)', 'create view v', 'table', '1']) {
    t.notOk(starts(source), source)
  }
})

const failuresParseStructure: Readonly<Record<string, string>> = {
  'create database "d"': "'partitioned' is expected before the end of the script.",
  'create database "d" partitioned VALUE(1)': 'Cannot recognize the token VALUE',
  'create database "d" partitioned by VALUE': "'(' is expected before the end of the script.",
  'create database "d" partitioned by VALUE(1 x': 'Cannot recognize the token x',
  'create database 5 partitioned by VALUE(1)': 'Cannot recognize the token 5',
  'create table t': "'(' is expected before the end of the script.",
  'create table t(id)': 'Cannot recognize the token )',
  'create table t(id INT': "')' is expected before the end of the script.",
  'create table t(id INT[x])': 'Cannot recognize the token ]',
  'create table t(id INT) x': 'Cannot recognize the token x',
  'create table "d".(id INT)': 'Cannot recognize the token (',
  'drop table': 'A name is expected before the end of the script.',
  'drop table if "d"': 'Cannot recognize the token "d"',
  'drop view v': 'Cannot recognize the token view',
}

t.test('missing or additional parts are named', async t => {
  for (const [source, message] of Object.entries(failuresParseStructure)) {
    const wanted = `Syntax Error: [line #2] ${message}`
    t.throws(() => treesOf(`\n${source}`), { message: wanted }, source)
  }
})

t.test('the calls create and drop the right objects', async t => {
  const { run, show } = testSession()
  await run(`create database "dfs://test" partitioned by VALUE(1..10), HASH([SYMBOL, 40]), engine='TSDB'
CREATE TABLE "dfs://test"."pt"(id INT, deviceId SYMBOL, day DATE[comment="time_col", compress="delta"],
    value DOUBLE)
  partitioned by id, deviceId, sortColumns=[\`deviceId,\`day], keepDuplicates=ALL`)
  t.equal(
    await show('exec typeString from schema(loadTable("dfs://test","pt")).colDefs'),
    '[INT,SYMBOL,DATE,DOUBLE]',
  )
  t.equal(await show('schema(database("dfs://test")).partitionTypeName'), '[VALUE,HASH]')
  await run(
    'create table tb(id SYMBOL, val DECIMAL32(2), v INT[])\ngo\ninsert into tb values(`a, 1.25, 1 2)',
  )
  t.equal(await show('tb'), 'a 1.25 [1,2]')
  await run('drop table if exists "dfs://test"."pt"\ndrop table if exists "dfs://test"."pt"')
  t.equal(await show('existsTable("dfs://test", "pt")'), 'false')
  await run('drop database if exists "dfs://test"')
  t.equal(await show('existsDatabase("dfs://test")'), 'false')
})

const unsupported: Readonly<Record<string, string>> = {
  'context by': 'select a from t context by b',
  'pivot by': 'select a from t where b pivot by c, d',
  'cgroup by': 'select a from t CGROUP BY b',
  csort: 'select a from t group by b csort c',
  union: 'select a from t order by b union select c from u',
  interval: 'select a from t where b group by c interval(d, 1)',
  map: 'select a from t limit 1 map',
  over: 'select a from t over',
  'inner join': 'select a from t inner join u',
  'left join': 'select a from t left join u',
  'right join': 'select a from t right join u',
  'full join': 'update t set a=1 full join u',
  'cross join': 'delete from t where a cross join u',
  join: 'select a from t join u',
}

t.test('unsupported clauses are refused by name', async t => {
  for (const [clause, source] of Object.entries(unsupported)) {
    const message = `Syntax Error: [line #1] The clause [${clause}] is not supported.`
    t.throws(() => treeOf(source), { message }, source)
  }
})

const failuresParseSql: Readonly<Record<string, string>> = {
  'select a from t, u': '[line #1] Joins are not supported.',
  'update t set a=1\nfrom u': '[line #2] Joins are not supported.',
  'select [HINT_EXPLAIN] a from t': '[line #1] SQL hints are not supported.',
  'insert into t\nselect a from u': '[line #2] insert into is only supported with values.',
  'select a': "[line #1] 'from' is expected before the end of the script.",
  'select a where b from t': '[line #1] Cannot recognize the token where',
  'select a b from t': '[line #1] Cannot recognize the token b',
  'select a from': '[line #1] An expression is expected before the end of the script.',
  'select a from t\nwhere': '[line #2] An expression is expected before the end of the script.',
  'select a from t group b': '[line #1] Cannot recognize the token group',
  'select a from t order by b group by c': '[line #1] Cannot recognize the token group',
  'select a from t limit=1': '[line #1] Cannot recognize the token limit',
  'select top n a from t': '[line #1] Cannot recognize the token n',
  'select a as 1 from t': '[line #1] Cannot recognize the token 1',
  'insert into t values 1': '[line #1] Cannot recognize the token 1',
  'insert into t values ()': '[line #1] Cannot recognize the token )',
  'insert into t values (a=1)': '[line #1] Cannot recognize the token =',
  'insert into t() values (1)': '[line #1] Cannot recognize the token )',
  'insert into t values (1),': "[line #1] '(' is expected before the end of the script.",
  'update t where a': '[line #1] Cannot recognize the token where',
  'update t set a': "[line #1] '=' is expected before the end of the script.",
  'delete from t limit 1': '[line #1] Cannot recognize the token limit',
}

t.test('missing or additional parts are named', async t => {
  for (const [source, message] of Object.entries(failuresParseSql)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('a word begins SQL only where no name is possible', async t => {
  const starts = (source: string): boolean => startsSql(cursorOn(source))
  const sql = ['select a', 'EXEC(a)', 'insert into', 'delete from', 'update t', 'select *']
  for (const source of sql) t.ok(starts(source), source)
  const names = [
    'select = 1', 'exec.a', 'select, b', 'f', '1', 'insert(a)', 'delete = 1', 'update(a)', 'update\nt', 'exec)', 'select;',
  ] // prettier-ignore
  for (const source of names) t.notOk(starts(source), source)
})
