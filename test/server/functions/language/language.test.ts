import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'

testExamples(t, {
  'defined tells variables, shared tables and functions apart': {
    'x=10\ny=20\ndef f(a){return a+1}\nshare table(1..3 as x) as st1;\ndefined(["x","y","f",`st1])':
      '[true,true,false,false]',
    'def f(a){return a+1}\ndefined(["x","f"], DEF)': '[false,true]',
    'share table(1..3 as x) as st1;\ndefined(["x",`st1], SHARED)': '[false,true]',
    'defined("nosuch")': 'false',
  },
  'functions are found by name, operators by sign': {
    'funcByName("+")(1 2 3, 4 5 6)': '[5,7,9]',
    'funcByName("sub")(1 8 3, 4 8 6)': '[-3,0,-3]',
    'def cal(a,b){ return a\\b }\nfuncByName("cal")(4 8 10, 2 2 2)': '[2,4,5]',
    'f = funcByName(`size); f(1 2)': '2',
  },
  'defs lists functions': {
    'exec name from defs("bit%")': '[bitAnd,bitOr,bitXor]',
    'select minParamCount, maxParamCount, userDefined from defs("rand")': '1 2 false',
    'def myOwn(a, b=1){return a}\nselect name, userDefined, syntax from defs("myOwn")':
      'myOwn true (a, [b])',
    'defs("tableUpsertNot%").rows()': '0',
  },
  'eqObj compares type and content': {
    'eqObj(2, 2.0)': 'false',
    'eqObj(symbol(`a`b), `a`b)': 'true',
    'eqObj(`a`b, symbol(`a`c))': 'false',
    'eqObj(table(symbol(`a`b) as s), table(`a`b as s))': 'true',
    'all(each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`y as b))))':
      'true',
    'each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`z as b)))':
      '[true,false]',
    'eqObj(1.1, 1.2, 0)': 'true',
    'eqObj(1.1, 1.2)': 'false',
    'eqObj(1 2 3, 1 2 3)': 'true',
    'eqObj(1 2 3, 1 2)': 'false',
    'eqObj(1 2, 1l 2l)': 'false',
    'eqObj(`a, `a)': 'true',
    'eqObj(NULL, NULL)': 'true',
    'eqObj(00i, 1)': 'false',
    'eqObj(1:2, 1:2)': 'true',
    'eqObj(1..4$2:2, 1..4$2:2)': 'true',
    'eqObj((1, `a), (1, `a))': 'true',
    'eqObj({a: 1}, {a: 1})': 'true',
    'eqObj({a: 1}, {a: 2})': 'false',
    'eqObj(table(1 as x), table(1 as x))': 'true',
    'eqObj(table(1 as x), table(1 as y))': 'false',
    'eqObj(sum, sum)': 'true',
    'eqObj((sum, 1), (sum, 1))': 'true',
    'eqObj(set(1 2), set(1 2))': 'true',
    'eqObj(arrayVector(2 3, 1 2 3), arrayVector(2 3, 1 2 3))': 'true',
    'eqObj(1.5P, 1.5P)': 'true',
    'eqObj(uuid(), uuid())': 'true',
    'eqObj(INT, INT)': 'true',
    'eqObj(1, 1 2)': 'false',
    'eqObj(3M, 3M)': 'true',
  },
})

testRefusals(t, 'names must be names', {
  'funcByName("nosuch")': "Can't recognize function name nosuch",
  'funcByName(5)': 'The name must be a string.',
  'defined(5)': 'names must be strings',
  'defined("a", 9)': 'the type must be VAR, SHARED or DEF',
  'sleep(-1)': 'sleep takes a number of milliseconds',
})

const printed: Readonly<Record<string, string>> = {
  '5': '5',
  '"text"': 'text',
  '1 2 3': '[1,2,3]',
  '`a`b': '["a","b"]',
  '(1, `a, 2 3)': '(1,"a",[2,3])',
  '1:2': '1 : 2',
  'set(1 2)': 'set(1,2)',
  'dict(1 2, 3 4)': '1->3\n2->4',
  'table(1 20 as id, `a`b as name)': 'id name\n-- ----\n1  a\n20 b',
  '1..4$2:2': '#0 #1\n-- --\n1  3\n2  4',
  sum: 'sum',
  'x->x+1': 'x->x+1',
  INT: 'INT',
  '(sum, 1)': '(sum,1)',
  'take(1, 200)': `[${'1,'.repeat(100)}...]`,
  'array(INT[],0).append!([1 2, 3])': '[[1,2],[3]]',
  'database("dfs://pr", VALUE, 1 2)': 'DB[dfs://pr]',
}

t.test('print sends values as the server shows them', async t => {
  for (const [value, text] of Object.entries(printed)) {
    const { session, run } = testSession()
    const lines: string[] = []
    session.print = line => lines.push(line)
    await run(`print(${value})`)
    t.same(lines, [text], value)
  }
})

t.test('a long table is printed by its first rows', async t => {
  const { session, run } = testSession()
  let text = ''
  session.print = line => (text = line)
  await run('print table(1..100 as x)')
  t.equal(text.split('\n').length, 33)
  t.match(text, /\n30\n\.\.\.$/)
})

t.test('objs lists the variables of the session and what is shared', async t => {
  const { run, show, node } = testSession()
  await run(`n = 5; v = 1.5 2.5; s = set(1 2 3); z = dict(1 2, 3.5 4.5); m = matrix(1 2 3, 4 5 6); p = 1:2
t = table(1 2 as x, 3 4 as y); tup = (1, \`a); l = (sum, 1); f = add; a = arrayVector(2 3, 1 2 3); ty = INT
db = database("dfs://listdb", VALUE, 1 2)
pt = db.createPartitionedTable(t, \`pt, \`x)
share table(1 2 3 as x) as shared1
share streamTable(1:0, [\`x], [INT]) as shared2`)
  t.equal(
    await show('select name, type, form, rows, columns, shared, extra from objs()'),
    [
      'n INT SCALAR 1 1 false ',
      'v DOUBLE VECTOR 2 1 false ',
      's INT SET 3 1 false ',
      'z DOUBLE DICTIONARY 2 1 false ',
      'm INT MATRIX 3 2 false ',
      'p INT PAIR 2 1 false ',
      't BASIC TABLE 2 2 false ',
      'tup ANY VECTOR 2 1 false ',
      'l ANY VECTOR 2 1 false ',
      'f FUNCTIONDEF SCALAR 1 1 false ',
      'a INT[] VECTOR 2 1 false ',
      'ty INT SCALAR 1 1 false ',
      'db HANDLE SCALAR 1 1 false dfs://listdb',
      'pt ALIAS TABLE 0 2 false dfs://listdb/pt',
    ].join(';'),
  )
  const other = testSession({ node })
  t.equal(
    await other.show('select name, type, rows, owner from objs(true) where shared=true'),
    'shared1 BASIC 3 admin;shared2 REALTIME 0 admin',
  )
})
