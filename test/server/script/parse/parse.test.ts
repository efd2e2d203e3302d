/*
  How scripts are read: tokens, precedence (manual, "Operator precedence"), names (docs/server-semantics.md#parse-units,
  #function-views), and the errors that name a wrong token.
*/
import t from 'tap'
import { tokenize } from '../../../../src/server/script/parse/lexer.js'
import { Parser } from '../../../../src/server/script/parse/parse-statement.js'
import { sameExpression } from '../../../../src/server/script/parse/syntax.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import { testRuntime } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'
import { anyNames, expressionOf, statementsOf, treeOf } from '../../../helpers/syntax.js'

/** Expression → the same expression with all brackets. */
const bracketed: Readonly<Record<string, string>> = {
  'a+b*c': '(a + (b * c))',
  'a-b-c': '((a - b) - c)',
  'a%b\\c/d': '(((a % b) \\ c) / d)',
  'a*b$c<-d': '(((a * b) $ c) <- d)',
  '3*a..b:c': '(3 * ((a .. b) : c))',
  'a|b^c&d<<e+f*g': '(a | (b ^ (c & (d << (e + (f * g))))))',
  'a or b and c<>d': '(a || (b && (c != d)))',
  'a OR b And c': '(a || (b && c))',
  '-a..b': '((-a) .. b)',
  '!a+b': '((!a) + b)',
  '- -a': '(-(-a))',
  '-a[0].b': '(-a[0].b)',
  '-3..b': '(-3 .. b)',
  'not a<b and c': '((!(a < b)) && c)',
  'not not a': '(!(!a))',
  'not(a)+b': '(not(a) + b)',
  'not + 1': '(not + 1)',
  '1<x<=3': '((1 < x) && (x <= 3))',
  'a<b==c!=d': '(((a < b) && (b == c)) && (c != d))',
  '(a<b)<c': '((a < b) < c)',
  'a<(b<c)<d': '((a < (b < c)) && ((b < c) < d))',
  'a<b && c<d<e': '((a < b) && ((c < d) && (d < e)))',
  '(a<b && b<c)<d': '(((a < b) && (b < c)) < d)',
  'a add b sub c': '&sub(&add(a, b), c)',
  'a pair b + c': '(&pair(a, b) + c)',
  'a eq b bitOr c': '&eq(a, &bitOr(b, c))',
  'a in b': '&in(a, b)',
  'a + b NOT IN c': '(a + (!&in(b, c)))',
  'a not like b': '(!&like(a, b))',
  'a between 1:5 and b': '(&between(a, (1 : 5)) && b)',
  'sum a+b': 'sum((a + b))',
  'f -a': 'f((-a))',
  'f !a': 'f((!a))',
  'f [a,b]+1': 'f(([a, b] + 1))',
  '-f a': '(-f(a))',
  'f "s"': 'f("s")',
  'f - a': '(f - a)',
  'f and a': '(f && a)',
  'f(a)+b': '(f(a) + b)',
  '&f': '&f',
  'a ? b : c ? d : e': '(a ? b : (c ? d : e))',
  'a+b ? c+d : e+f': '((a + b) ? (c + d) : (e + f))',
  'a ? 1 : 2:3': '(a ? 1 : (2 : 3))',
  'a ? (1:2) : 3': '(a ? (1 : 2) : 3)',
  'a ? x[1:2] : 3': '(a ? x[(1 : 2)] : 3)',
  'a ? x[1:] : y[b:, c]': '(a ? x[1:] : y[b:, c])',
}

const plain = (source: string): string =>
  treeOf(expressionOf(source)).replaceAll('isFunction:true', 'isFunction:false')

t.test('operators, signs, conditions and functions bind by the table of precedences', async t => {
  for (const [source, wanted] of Object.entries(bracketed)) {
    t.equal(plain(source), plain(wanted), source)
  }
})

t.test('a sequence of operators does not use the stack, brackets and signs do', async t => {
  t.ok(expressionOf(Array.from({ length: 20_000 }, () => 'a').join('+')))
  for (const source of ['-'.repeat(500) + 'a', '('.repeat(500) + 'a', 'a ? '.repeat(500)]) {
    t.throws(() => expressionOf(source), { message: /nested too deeply/ })
  }
  t.ok(expressionOf('('.repeat(150) + 'a' + ')'.repeat(150)))
})

const asEqual = "Please use '==' rather than '=' as equal operator in non-sql expression."
const compound = "Can't use assignment in expression."

/** Script → the error that names its first wrong token. */
const failures: Readonly<Record<string, string>> = {
  '-': '[line #1] An expression is expected before the end of the script.',
  ')': '[line #1] Cannot recognize the token )',
  'a + return': '[line #1] Cannot recognize the token return',
  'a + go': '[line #1] Cannot recognize the token go',
  'a + timer(1)': '[line #1] Cannot recognize the token timer',
  '&': '[line #1] A name is expected before the end of the script.',
  '&1': '[line #1] Cannot recognize the token 1',
  '1 `a': '[line #1] The elements of the vector [1 `a] have different types.',
  'true 1': '[line #1] The elements of the vector [true 1] have different types.',
  '1 2020.01.01': '[line #1] The elements of the vector [1 2020.01.01] have different types.',
  '(,a)': '[line #1] Cannot recognize the token ,',
  '(a,,b)': '[line #1] Cannot recognize the token ,',
  '(a b)': '[line #1] Cannot recognize the token b',
  '(a': "[line #1] ')' is expected before the end of the script.",
  '[a': "[line #1] ']' is expected before the end of the script.",
  '[a = 1]': '[line #1] Cannot recognize the token =',
  '(a as 1)': '[line #1] Cannot recognize the token 1',
  '(a as `b`c)': '[line #1] Cannot recognize the token `b`c',
  '(a as': '[line #1] A name is expected before the end of the script.',
  '({a})': '[line #1] Cannot recognize the token {',
  '({a + 1})': '[line #1] Cannot recognize the token {',
  '({a: 1, +: 2})': '[line #1] Cannot recognize the token +',
  '({a: 1, b c})': '[line #1] Cannot recognize the token c',
  '({a: 1': "[line #1] '}' is expected before the end of the script.",
  '({a: 1,': '[line #1] An expression is expected before the end of the script.',
  'a(1': "[line #1] ')' is expected before the end of the script.",
  'a(': '[line #1] An expression is expected before the end of the script.',
  'a(\nb c)': '[line #2] Cannot recognize the token c',
  'a(b=)': '[line #1] Cannot recognize the token )',
  'a(b=c=1)': '[line #1] Cannot recognize the token =',
  'a(!)': '[line #1] Cannot recognize the token )',
  'a{1': "[line #1] '}' is expected before the end of the script.",
  'a[1': "[line #1] ']' is expected before the end of the script.",
  'a[,1]': '[line #1] Cannot recognize the token ,',
  'a[b c]': '[line #1] Cannot recognize the token c',
  'a[b=1]': '[line #1] Cannot recognize the token =',
  'a. b': '[line #1] Cannot recognize the token .',
  'a.`b': '[line #1] Cannot recognize the token .',
  'a {1}': '[line #1] Cannot recognize the token {',
  'a.f {1}': '[line #1] Cannot recognize the token {',
  '1 2 3[0]': '[line #1] Cannot recognize the token [',
  '"abc"(1)': '[line #1] Cannot recognize the token (',
  'select f(*, 1) from t': '[line #1] Cannot recognize the token *',
  'a is null': '[line #1] Cannot recognize the token is',
  'a b': '[line #1] Cannot recognize the token b',
  'a f': '[line #1] Cannot recognize the token f',
  'a f\nb': '[line #1] Cannot recognize the token f',
  'a\n+ b': '[line #2] Cannot recognize the token +',
  '(a +\n\n)': '[line #3] Cannot recognize the token )',
  'a +': '[line #1] An expression is expected before the end of the script.',
  'a ? b': "[line #1] ':' is expected before the end of the script.",
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
  'def h(a): a b = 1': '[line #1] Cannot recognize the token b',
  'x = def(a) a': '[line #1] Cannot recognize the token a',
  'x = def(a)': "[line #1] ':' is expected before the end of the script.",
  'def h(a': "[line #1] ')' is expected before the end of the script.",
  'def h(){\n1': "[line #2] '}' is expected before the end of the script.",
  'x, y -> x': '[line #1] Cannot recognize the token ,',
  '(x -> )': '[line #1] Cannot recognize the token )',
  'x -> x\n+ 1': '[line #2] Cannot recognize the token +',
  'create database "d"': "[line #1] 'partitioned' is expected before the end of the script.",
  'create database "d" partitioned VALUE(1)': '[line #1] Cannot recognize the token VALUE',
  'create database "d" partitioned by VALUE':
    "[line #1] '(' is expected before the end of the script.",
  'create database "d" partitioned by VALUE(1 x': '[line #1] Cannot recognize the token x',
  'create database 5 partitioned by VALUE(1)': '[line #1] Cannot recognize the token 5',
  'create table t': "[line #1] '(' is expected before the end of the script.",
  'create table t(id)': '[line #1] Cannot recognize the token )',
  'create table t(id INT': "[line #1] ')' is expected before the end of the script.",
  'create table t(id INT[x])': '[line #1] Cannot recognize the token ]',
  'create table t(id INT) x': '[line #1] Cannot recognize the token x',
  'create table "d".(id INT)': '[line #1] Cannot recognize the token (',
  'drop table': '[line #1] A name is expected before the end of the script.',
  'drop table if "d"': '[line #1] Cannot recognize the token "d"',
  'drop view v': '[line #1] Cannot recognize the token view',
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
  'f() = 1': `[line #1] ${asEqual}`,
  'x + 1\n= 2': '[line #2] Cannot recognize the token =',
  '\nx.y = 1': `[line #2] ${asEqual}`,
  'x[1][2] = 3': `[line #1] ${asEqual}`,
  '"x" = 1': `[line #1] ${asEqual}`,
  '::f = 1': `[line #1] ${asEqual}`,
  'x.y += 1': `[line #1] ${compound}`,
  'x\n= 1': '[line #2] Cannot recognize the token =',
  'x = y = 1': '[line #1] Cannot recognize the token =',
  'x, y': '[line #1] Cannot recognize the token ,',
  'x, y\n= 1, 2': '[line #1] Cannot recognize the token ,',
  'x, y += 1': '[line #1] Cannot recognize the token ,',
  'x, 1 = 2': '[line #1] Cannot recognize the token ,',
  'x, y[0] = 1, 2': '[line #1] Cannot recognize the token ,',
  'x[0], y = 1, 2': '[line #1] Cannot recognize the token ,',
  'x % = 2': '[line #1] Cannot recognize the token =',
  'x = 1,': '[line #1] An expression is expected before the end of the script.',
  'const x': "[line #1] '=' is expected before the end of the script.",
  'const x += 1': '[line #1] Cannot recognize the token +=',
  'const 5 = 1': '[line #1] Cannot recognize the token 5',
  'const x = 1, 2': '[line #1] Cannot recognize the token ,',
}

t.test('a token in a wrong place is named with its line', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => statementsOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('unsupported statements and clauses are refused by name', async t => {
  const statements = {
    module: 'module m',
    use: 'use a::b',
    include: 'include "a"',
    import: 'import a',
    class: 'class A {}',
    timer: 'timer(10) a',
    transaction: 'transaction {a}',
  }
  const clauses = {
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
  const refused = (source: string, what: string): void => {
    const message = `Syntax Error: [line #2] The ${what} is not supported.`
    t.throws(() => statementsOf(`\n${source}`), { message }, source)
  }
  for (const [word, source] of Object.entries(statements)) refused(source, `statement [${word}]`)
  for (const [clause, source] of Object.entries(clauses)) refused(source, `clause [${clause}]`)
})

t.test('words of statements are names in every other position', async t => {
  for (const source of [
    'create = 1', 'drop(table)', 'select = 1', 'exec.a', 'insert(a)', 'delete = 1', 'update(a)', 'update\nt',
    'select;',  'include = 1',
  ]) {
    t.ok(statementsOf(source), source)
  } // prettier-ignore
})

const same: readonly (readonly [string, string])[] = [
  ['a', 'a'],
  ['a>2', '( a  > 2 )'],
  ['a.f(1)', 'f(a, 1)'],
  ['&f(a)', 'f( a )'],
  ['"x" + 1 2', '"x"+1 2'],
  ['a ? b : [c, 1]', 'a?b:[c,1]'],
  ['x -> x + a', 'x->x+a'],
  ['exec a from t where b=1', 'exec a from t where b == 1'],
  ['f(a,,k=1)', 'f(a, , k=1)'],
]

const different: readonly (readonly [string, string])[] = [
  ['a', 'b'],
  ['a>2', 'a>3'],
  ['a>2', 'a<2'],
  ['a>2', '2>a'],
  ['1', '1l'],
  ['f(a)', 'f(a, 1)'],
  ['f(a, k=1)', 'f(a, 1)'],
  ['f(a)', 'f{a}'],
  ['a.b', 'a["b"]'],
  ['[a]', '(a,)'],
  ['-a', '!a'],
  ['x -> x', 'y -> y'],
  ['a[1:]', 'a[:1]'],
]

t.test('blanks, brackets and the position of the first argument make no difference', async t => {
  for (const [first, second] of same) {
    t.ok(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.ok(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
  }
})

t.test('all other words make a difference', async t => {
  for (const [first, second] of different) {
    t.notOk(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.notOk(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
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

t.test('go divides a script into units', async t => {
  const divided: Readonly<Record<string, readonly number[]>> = {
    '': [0],
    'a; b': [2],
    'a\ngo\nb': [1, 1],
    'a\ngo\n': [1],
    'a go; ;b go ; ; c': [1, 1, 1],
    'go\ngo\na': [0, 0, 1],
    '{a\ngo\nb}': [2],
    'def h(a){go\na}\ngo\nb': [1, 1],
  }
  for (const [source, sizes] of Object.entries(divided)) {
    const parser = new Parser(source, anyNames)
    const found: number[] = []
    do found.push(parser.parseUnit().length)
    while (!parser.hasEnded)
    t.strictSame(found, sizes, source)
  }
})

t.test('code has at most 1 MB, and each statement 131,072 tokens', async t => {
  const refusal = { message: /IO error type 4\. RefId: 00020\..* 1048576 characters/ }
  t.ok(statementsOf('x'.padEnd(1_048_576)))
  t.throws(() => statementsOf('x'.padEnd(1_048_577)), refusal)
  const longest = `x = [${'1,'.repeat(65_533)}-1]`
  t.equal(statementsOf(`${longest}\n${longest}`).length, 2)
  t.throws(() => statementsOf(`a\n${longest} + 1`), {
    message: 'Syntax Error: [line #2] A statement has more than 131072 tokens. Divide it.',
  })
})

const words = (source: string): string[] =>
  tokenize(source)
    .slice(0, -1)
    .map(token => token.text)

t.test('a name may end with !, but != is an operator', t => {
  t.same(words('t.append!(x)'), ['t', '.', 'append!', '(', 'x', ')'])
  t.same(words('a!=b'), ['a', '!=', 'b'])
  t.same(words('if(!x)'), ['if', '(', '!', 'x', ')'])
  t.end()
})

t.test('an assignment may be followed by a symbol without a blank', t => {
  t.same(words('tbName=`tb1'), ['tbName', '=', '`tb1'])
  t.end()
})

t.test('a chain of symbols is one token and ends at an operator', t => {
  t.same(words('`a`b`c$SYMBOL'), ['`a`b`c', '$', 'SYMBOL'])
  t.same(words('x + `;'), ['x', '+', '`', ';'])
  t.same(words('`128.9'), ['`128.9'])
  t.same(words('`IBM.upper()'), ['`IBM', '.', 'upper', '(', ')'])
  t.end()
})

t.test('a pair of numbers is not a minute', t => {
  t.same(words('5:0'), ['5', ':', '0'])
  t.same(words('10000:0,'), ['10000', ':', '0', ','])
  t.same(words('09:30m'), ['09:30m'])
  t.same(words('13:30:10.008'), ['13:30:10.008'])
  t.end()
})

t.test('the points of a range do not belong to numbers', t => {
  t.same(words('1..10'), ['1', '..', '10'])
  t.same(words('2012.01.01..2012.01.31'), ['2012.01.01', '..', '2012.01.31'])
  t.same(words('2015.01M..2015.12M'), ['2015.01M', '..', '2015.12M'])
  t.same(words('1.5'), ['1.5'])
  t.end()
})

t.test('a number after a point is a member if an operand precedes the point', t => {
  t.same(words('d.2'), ['d', '.', '2'])
  t.same(words('x + .5'), ['x', '+', '.5'])
  t.end()
})

t.test('comments are removed, also over several lines, but not inside strings', t => {
  t.same(words('1 // one\n/* two\nthree */ 2'), ['1', '2'])
  t.same(words('"dfs://db" // path'), ['"dfs://db"'])
  t.end()
})

const wrongTokens: readonly [string, string, string][] = [
  ['a string without its end', 'x\n"abc', 'Syntax Error: [line #2] The string is not closed.'],
  ['a character of no meaning', 'a ~ b', 'Syntax Error: [line #1] Cannot recognize the token ~'],
  [
    'a date that does not exist',
    '2024.02.30',
    'Syntax Error: [line #1] Cannot recognize the token 2024.02.30',
  ],
  [
    'a number with an unknown suffix',
    '12q',
    'Syntax Error: [line #1] Cannot recognize the token 12q',
  ],
]

for (const [title, source, message] of wrongTokens) {
  t.test(`${title} is a syntax error that names it`, t => {
    t.throws(() => tokenize(source), { message, name: 'ScriptError' })
    t.end()
  })
}

t.test('a text of more than 64 K in the code is refused as I/O error 4', async t => {
  t.equal(tokenize(`"${'x'.repeat(65_536)}"`).length, 2)
  t.throws(() => tokenize(`a = 1\nsize("${'x'.repeat(65_537)}")`), {
    message: /^Failed to read message from the socket with IO error type 4\. RefId: 00020\. /,
  })
})

/** A session with a variable, a constant and a function. Its node has a shared table. */
async function usualRuntime(): Promise<Runtime> {
  const runtime = testRuntime()
  const { session, node, constants } = runtime
  await testSession({ node }).run('share table(1 2 as x) as st')
  session.variables.set('old', intScalar(1)).set('fixed', intScalar(2))
  constants.add('fixed')
  return runtime
}

/** The nesting depth of a unit. */
function check(source: string, runtime: Runtime): number {
  const parser = new Parser(source, runtime)
  parser.parseUnit()
  return parser.height
}

const known: readonly string[] = [
  'old; sum; INT; pi; st; DFLT', 'x = 1; x', 'x = 1; x = x + 1', 'x, y = 1, 2; x + y', 'for(x in old){} x', 'if(old){y = 1} y',
  'try{}catch(ex){} ex', 'old += 1; old', 'old[0] = 1', '{nosuch: 1}', 'old.nosuch',
  'def f(a){a; b = 1; b}', 'def f(a): f(a)', 'def f(a)\ndef g(a): f(a)\ndef f(a): a', 'def f(a){st}', 'def f(a=old): a',
  'def f(a, mutable b){b = a; b[0] = 1}', 'x = 1\ny = a -> a + x', 'def f(a){return b -> a + b}', 'x = 1; &x',
  'select nosuch, f2 as g from st where other > 1 group by z order by w limit v', 'exec sum(nosuch) from st',
  'update st set a = nosuch where b', 'delete from st where nosuch', 'insert into st values (old)', 'update old set a = 1',
  'share old as s2\nselect a from s2', 'if(1){share old as s2} insert into s2 values (1)', 'const k = 1; k', 'fixed + 1',
  'def f(fixed){return fixed}', 'def f(mutable fixed){fixed = 1}', 'if(1){def f(a): a} f(1)',
  'def f(a){return def(b){a = 1; return a}}',
] // prettier-ignore

t.test('existing names, names defined above, and columns are known', async t => {
  for (const source of known) t.ok(check(source, await usualRuntime()) >= 1, source)
})

const token = (name: string): string => `Cannot recognize the token ${name}`
const table = (name: string): string => `Can't recognize table ${name}`
const constant = (name: string): string => `Constant variable [${name}] can't be modified.`
const share = "'share' statement can't be declared within a function definition. RefId: S06002"
const nested = (name: string): string =>
  `Not allowed to define a named function [${name}] within another function. RefId: S06003`
const builtin = 'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005'

/** The unknown name `n` in every position that allows an expression. */
const unknown: readonly string[] = [
  'n', '-n', '1 + n', 'n + 1', '1 + 2 + n + 3', '1 ? 2 : n', '[1, n]', '(n, 1)', '{a: n}', 'n(1)', '&n', 'sum(n)', 'sum(1, a=n)',
  'n{1}', 'sum{n}', 'old.n()', 'n.a', 'n[0]', 'old[n]', 'old[n:]', 'old[:n]', 'table(n as a)', 'a -> n', 'def(a=n): a', 'x = n',
  'n += 1', 'n[0] = 1', 'old[n] = 1', 'if(n){}', 'if(1){n}', 'if(1){}else{n}', 'for(x in n){}', 'for(x in old){n}', 'while(n){}',
  'while(1){n}', 'do{n}while(1)', 'do{}while(n)', 'try{n}catch(e){}', 'try{}catch(e){n}', 'throw n', 'return 1, n', 'assert n',
  'share n as s', 'def f(a){n}', 'def f(a=n): a', 'n = 1\ndef f(a){n}', 'exec 1 from n',
  'exec n(1) from st', 'exec a from st where n(1)', 'exec a from (exec b from n)', 'insert into st values (1, n)', 'n; n = 1',
  'create table n(a INT); n', 'exec x from st where a in (exec b from n)', 'def f(n){n}\ndef g(){n}',
] // prettier-ignore

t.test('an unknown name is found in any position', async t => {
  for (const source of unknown) {
    const runtime = await usualRuntime()
    t.throws(
      () => check(`\n${source}`, runtime),
      { message: /token n(: not in the embedded server)?$/ },
      source,
    )
  }
})

const refused: readonly (readonly [string, number, string])[] = [
  ['x = 1\n\nx + y', 3, token('y')],
  ['def f(a){\n b\n}', 2, token('b')],
  ['x = 1\nwavg2(x)', 2, `${token('wavg2')}: not in the embedded server`],
  ['insert into t values (1)', 1, table('t')],
  ['update t set a = 1', 1, table('t')],
  ['1; delete from t', 1, table('t')],
  ['def f(a){\na = 1}', 2, constant('a')],
  ['def f(a){a += 1}', 1, constant('a')],
  ['def f(a){a[0] = 1}', 1, constant('a')],
  ['def f(a){b, a = 1, 2}', 1, constant('a')],
  ['const k = 1\nk = 2', 2, constant('k')],
  ['const k = 1\nk[0] = 2', 2, constant('k')],
  ['def f(){const k = 1\nk = 2}', 2, constant('k')],
  ['fixed = 1', 1, constant('fixed')],
  ['const fixed = 1', 1, constant('fixed')],
  ['def f(){\nshare old as s}', 2, share],
  ['each(def(a){share a as s}, 1)', 1, share],
  ['def f(){\ndef g(): 1}', 2, nested('g')],
  ['x = def(a){def g(): 1}', 1, nested('g')],
  ['1\ndef sum(a): a', 2, builtin],
]

t.test("forbidden code is refused in DolphinDB's words, with the line", async t => {
  for (const [source, line, message] of refused) {
    const wanted = {
      message: `Syntax Error: [line #${line}] ${message}`,
      category: 'SYSTEM_Syntax',
    }
    const runtime = await usualRuntime()
    t.throws(() => check(source, runtime), wanted, source)
  }
})

t.test('a lambda gets the variables of surrounding functions as its first parameters', async t => {
  const cases: Readonly<Record<string, string>> = {
    'x = 1\ny = a -> a': 'a',
    'x = 1\ny = a -> a + x': 'x, a',
    'x = 1; z = 2\ny = a -> z + a + x + z': 'z, x, a',
    'x = 1\ny = def(mutable a, b=2){return exec sum(x) from a}': 'x, mutable a, b',
    'x = 1\ny = a -> (b -> b + x)': 'x, a',
    'x = 1\ny = x -> x': 'x',
  }
  for (const [source, wanted] of Object.entries(cases)) {
    const last = new Parser(source, await usualRuntime()).parseUnit().at(-1)!
    const lambda = last.kind === 'assign' ? last.values[0] : undefined
    const parameters = lambda?.kind === 'lambda' ? lambda.definition.parameters : []
    const shown = parameters.map(one => `${one.isMutable ? 'mutable ' : ''}${one.name}`)
    t.equal(shown.join(', '), wanted, source)
  }
})
