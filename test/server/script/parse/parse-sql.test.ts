import t from 'tap'
import { parseSql, sqlStopWords, startsSql } from '../../../../src/server/script/parse/parse-sql.js'
import type { Select } from '../../../../src/server/script/parse/syntax.js'
import {
  cursorOn,
  expressionOf,
  shown,
  sourceOf,
  treeOf,
  treesOf,
} from '../../../helpers/syntax.js'

const all =
  'select distinct a, f(b) as c from t where (d > 1), e group by g, h as i having (j > 2) order by k desc, l limit 3, 4'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a query has its clauses in one order, each of which may be missing': {
    [all]: `(${all})`,
    'select * from t': '(select * from t)',
    'exec a from t': '(exec a from t)',
    'select a as `b, c as "d" from t': '(select a as b, c as d from t)',
    'select a from t order by b asc, c desc, d': '(select a from t order by b, c desc, d)',
    'select a from t limit n+1': '(select a from t limit (n + 1))',
    'select a from t where b in (exec c from u where d=1), e=2':
      '(select a from t where &in(b, (exec c from u where (d == 1))), (e == 2))',
  },
  'top is limit': {
    'select top 5 a from t': '(select a from t limit 5)',
    'select top 2:4 a from t': '(select a from t limit 2, (4 - 2))',
    'select top 5 a from t limit 3': '(select a from t limit 3)',
    'select top from t': '(select top from t)',
  },
  'words of SQL are found in any case, on any line, and are names elsewhere': {
    'SELECT a FROM t WHERE b GROUP BY c ORDER BY d DESC LIMIT 1':
      '(select a from t where b group by c order by d desc limit 1)',
    'Exec Distinct a\nFrom t\nWhere b\nGroup By c\nHaving d\nOrder By e\nLimit 1':
      '(exec distinct a from t where b group by c having d order by e limit 1)',
    'select distinct(a), group, limit from t': '(select distinct(a), group, limit from t)',
    'select a from t where limit > 1': '(select a from t where (limit > 1))',
    'from + where': '(from + where)',
    'select f from t where f group by f having f order by f desc limit f':
      '(select f from t where f group by f having f order by f desc limit f)',
    'select f as a from t order by f asc': '(select f as a from t order by f)',
  },
  'the table is a name, a member, a call or a query': {
    'select a from t.u': '(select a from t.u)',
    'select a from f(t, 1)': '(select a from f(t, 1))',
    'select a from (select b from u where c=1) where d=1':
      '(select a from (select b from u where (c == 1)) where (d == 1))',
  },
  'insert takes names or none, and one row or several': {
    'insert into t values (1, f(a))': 'insert into t values (1, f(a))',
    'insert into t(a, `b, "c")\nvalues\n(1,\n2,3), (4,5,6)':
      'insert into t(a, b, c) values (1, 2, 3), (4, 5, 6)',
    'INSERT INTO f(t) VALUES (1 2)': 'insert into f(t) values ([1,2])',
    'insert into t.u values (1)': 'insert into t.u values (1)',
  },
  'update and delete take conditions or none': {
    'update t set a = 1': 'update t set a = 1',
    'update t\nset a=b=1, t.c=2\nwhere d=1, e':
      'update t set a = (b == 1), c = 2 where (d == 1), e',
    'update f(t) set `a=1, "b"=2': 'update f(t) set a = 1, b = 2',
    'delete from t': 'delete from t',
    'DELETE FROM f(t) WHERE a=1, b': 'delete from f(t) where (a == 1), b',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treeOf(source), tree, source)
  })
}

t.test('a statement behind a query begins on its own line', async t => {
  t.equal(treesOf('select a from t\nunion = 3'), '(select a from t); union = 3')
  t.equal(treesOf('select a from t\nwhere b\nx = 2'), '(select a from t where b); x = 2')
  t.equal(treesOf('delete from t\nx'), 'delete from t; x')
  t.equal(treesOf('delete from t\nwhere = 2'), 'delete from t; where = 2')
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

t.test('clauses that are not there are refused by name', async t => {
  for (const [clause, source] of Object.entries(unsupported)) {
    const message = `Syntax Error: [line #1] The clause [${clause}] is not supported.`
    t.throws(() => treeOf(source), { message }, source)
  }
})

const failures: Readonly<Record<string, string>> = {
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

t.test('what is missing, or one too many, is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('a word begins SQL only where a name could not stand', async t => {
  const starts = (source: string): boolean => startsSql(cursorOn(source))
  const sql = ['select a', 'EXEC(a)', 'insert into', 'delete from', 'update t', 'select *']
  for (const source of sql) t.ok(starts(source), source)
  const names = [
    'select = 1', 'exec.a', 'select, b', 'f', '1', 'insert(a)', 'delete = 1', 'update(a)', 'update\nt', 'exec)', 'select;',
  ] // prettier-ignore
  for (const source of names) t.notOk(starts(source), source)
})

t.test('a statement of SQL stands for its text, and leaves SQL behind', async t => {
  const query = expressionOf('(select a\n from t where b = 1 )') as Select
  t.equal(sourceOf(query), 'select a\n from t where b = 1')
  t.strictSame(query.where.map(sourceOf), ['b = 1'])
  const cursor = cursorOn('select a from t; b = 1')
  t.equal(shown(parseSql(cursor)), '(select a from t)')
  t.notOk(cursor.mode.isSql)
  t.ok(['from', 'where', 'limit'].every(word => sqlStopWords.has(word)))
})
