import t from 'tap'
import {
  cursorOn,
  sourceOf,
  statementsOf,
  treesOf,
  shown,
  expressionOf,
  treeOf,
} from '../../../helpers/syntax.js'
import type {
  Assignment,
  Define,
  Lambda,
  Select,
} from '../../../../src/server/script/parse/syntax.js'
import { startsStructureStatement } from '../../../../src/server/script/parse/parse-structure.js'
import { testSession } from '../../../helpers/script.js'
import { parseSql, sqlStopWords, startsSql } from '../../../../src/server/script/parse/parse-sql.js'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'statements end with their line, with ; or before }': {
    '': '',
    ';;': '',
    'a;b\nc': 'a; b; c',
    '{a;b}c': 'a; b; c',
    '{}': '',
    '{{a}\nb}': 'a; b',
  },
  'no separator is needed behind a block and before a keyword': {
    'if(a){b} c': 'if(a) {b}; c',
    'while(a){b} c': 'while(a) {b}; c',
    'try{a}catch(e){b} c': 'try {a} catch(e) {b}; c',
    'def h(a){b} c': 'def h(a) {b}; c',
    '{a return b}': 'a; return b',
    'x = 1 if(a) b': 'x = 1; if(a) {b}',
    'x = f(1) share t as s': 'x = f(1); share t as s',
    'x = 1 def h(a){}': 'x = 1; def h(a) {}',
    'break continue': 'break; continue',
    'x = 1 try{}catch(e){}': 'x = 1; try {} catch(e) {}',
  },
  'if takes blocks and single statements, on any line': {
    'if(a) b': 'if(a) {b}',
    'if(a) b else c': 'if(a) {b} else {c}',
    'if(a) b; else c': 'if(a) {b} else {c}',
    'if(a)\n b\nelse\n c': 'if(a) {b} else {c}',
    'if(a){b}else if(c){d}else{e}': 'if(a) {b} else {if(c) {d} else {e}}',
    'if(a) if(b) c else d': 'if(a) {if(b) {c} else {d}}',
    'if(a) ; b': 'if(a) {}; b',
    'if(a\n==\nb) c': 'if((a == b)) {c}',
  },
  loops: {
    'for(x in y) z': 'for(x in y) {z}',
    'for(\nx in 1..3\n)\n{y; break}': 'for(x in (1 .. 3)) {y; break}',
    'for(f in y) f -1': 'for(f in y) {(f - 1)}',
    'while(a) b': 'while(a) {b}',
    'do {a} while(b); c': 'do {a} while(b); c',
    'do\n{a\ncontinue}\nwhile(b)': 'do {a; continue} while(b)',
  },
  'try, throw, return, share, assert': {
    'try\n{a}\ncatch(ex)\n{b}': 'try {a} catch(ex) {b}',
    'try{a}catch(f){f -1}': 'try {a} catch(f) {(f - 1)}',
    'throw a + b': 'throw (a + b)',
    return: 'return',
    'return\na': 'return; a',
    '{return}': 'return',
    'return a, b': 'return a, b',
    'share a as b': 'share a as b',
    'share f(a) as `b': 'share f(a) as b',
    'share (a) as "b"': 'share a as b',
    'share (a.f(b)) as c': 'share &f(a, b) as c',
    'share t as f\nf -1': 'share t as f; (f - 1)',
    'share(a, "b")': 'share(a, "b")',
    'assert a == 1': 'assert "", (a == 1)',
    'assert "case", a': 'assert "case", a',
    'assert case, a': 'assert "case", a',
    'assert `case, a': 'assert "case", a',
  },
  'undef is a call': {
    'undef a': '&undef(a)',
    'undef all': '&undef("all")',
    'undef ALL, VAR': '&undef("all", VAR)',
    'undef `a`b, SHARED': '&undef(["a","b"], SHARED)',
    'undef(all, VAR)': '&undef("all", VAR)',
    'undef("all")': '&undef("all")',
    'undef a, all': '&undef(a, all)',
  },
  'braces begin a block unless a key or a function stands in them': {
    '{a: 1}': '{"a": 1}',
    '{"a": 1}.b': '{"a": 1}.b',
    '{x -> x}(1)': 'def(x) {return x}(1)',
    '{x, y -> x}(1, 2)': 'def(x, y) {return x}(1, 2)',
    '{a}': 'a',
    '{a, b = 1}': 'a, b = 1',
  },
  'go does nothing inside a block, and other words are names': {
    '{a\ngo\nb; go}': 'a; b',
    'import = 1; include(a)': 'import = 1; include(a)',
    'create = 1; drop + 1': 'create = 1; (drop + 1)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

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

t.test('the text of a statement is its complete source', async t => {
  for (const source of [
    'if(a){b} else {c}',
    'for(x in y) z',
    'while(a) {b\nc}',
    'do {a} while(b)',
    'try {a} catch(e) {b}',
    'throw a',
    'return a, b',
    'return',
    'break',
    'share a as b',
    'assert "x", a',
    'undef a, VAR',
    'a + b',
  ]) /* prettier-ignore */ {
    const [before, node] = statementsOf(`0\n ${source} ; 1`)
    t.strictSame([sourceOf(node!), node!.span.line], [source, 2])
    t.equal(sourceOf(before!), '0')
  }
})

const treesParseAssignment: Readonly<Record<string, string>> = {
  'x = 1': 'x = 1',
  'x =\n 1 + 2': 'x = (1 + 2)',
  'x += 1; x -= 2; x *= 3; x /= 4; x \\= 5': 'x += 1; x -= 2; x *= 3; x /= 4; x \\= 5',
  'x, y = 1, 2': 'x, y = 1, 2',
  'x, y,\nz = f(1)': 'x, y, z = f(1)',
  'x = 1, 2': 'x = 1, 2',
  'x[1] = 2': 'x[1] = 2',
  'x[1:, 0] += 2': 'x[1:, 0] += 2',
  '&x = y': '&x = y',
  'const x = 1 + 2': 'const x = (1 + 2)',
  'x == 1': '(x == 1)',
  'x <- 1': '(x <- 1)',
  'x as y': '(x as y)',
  '&f': '&f',
  'select a from t where b = 1': '(select a from t where (b == 1))',
}

t.test('the text before = determines what an assignment changes', async t => {
  for (const [source, tree] of Object.entries(treesParseAssignment))
    t.equal(treesOf(source), tree, source)
})

const flagsOf = (source: string): Partial<Assignment> => {
  const { isReference, isConstant, operator } = statementsOf(source)[0] as Assignment
  return { isReference, isConstant, operator }
}

t.test('references and constants are distinguished from copies and changes', async t => {
  const plain = { isReference: false, isConstant: false, operator: undefined }
  t.strictSame(flagsOf('x = y'), plain)
  t.strictSame(flagsOf('&x = y'), { ...plain, isReference: true })
  t.strictSame(flagsOf('const x = y'), { ...plain, isConstant: true })
  t.strictSame(flagsOf('x \\= y'), { ...plain, operator: '\\' })
})

t.test('after an assignment, the name hides a function', async t => {
  t.equal(treesOf('f = f -1\nf -1'), 'f = f(-1); (f - 1)', 'not before')
  t.equal(treesOf('f, g = 1, 2\ng -1'), 'f, g = 1, 2; (g - 1)')
  t.equal(treesOf('const f = 1\nf -1'), 'const f = 1; (f - 1)')
  t.equal(treesOf('x[0] = f\nf -1'), 'x[0] = f; f(-1)')
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

t.test("an assignment's text is all of its source, and its targets have their own", async t => {
  const [, node] = statementsOf('a\n x[1] = 2 + 3 ; b')
  t.equal(sourceOf(node!), 'x[1] = 2 + 3')
  t.equal(node!.span.line, 2)
  t.strictSame((node as Assignment).targets.map(sourceOf), ['x[1]'])
  const [reference] = statementsOf('& x = y')
  t.equal(sourceOf(reference!), '& x = y')
  const [constant] = statementsOf('const c = 1')
  t.strictSame([constant!, ...(constant as Assignment).targets].map(sourceOf), ['const c = 1', 'c'])
})

const treesParseFunction: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a named function has a block, an expression, or is only declared': {
    'def h(a){a; b}': 'def h(a) {a; b}',
    'def h()\n{\n return 1\n}': 'def h() {return 1}',
    'def h(a): a+1': 'def h(a) {return (a + 1)}',
    'def h(a) -> a+1': 'def h(a) {return (a + 1)}',
    'defg h(a): sum a': 'def h(a) {return sum(a)}',
    'def h(a,b)': 'def h',
    'def h(a)\n1': 'def h; 1',
  },
  'parameters are read-only, mutable or have a default': {
    'def h(mutable a, b=1+2, const c=f(1)): a': 'def h(mutable a, b=(1 + 2), c=f(1)) {return a}',
    'def h(\na\n,\nb\n): a': 'def h(a, b) {return a}',
    'def h(a,): a': 'def h(a) {return a}',
    'def h(mutable mutable): 1': 'def h(mutable mutable) {return 1}',
    'def h(const const): 1': 'def h(const) {return 1}',
  },
  'a function without a name is a value': {
    'x = def(a){a}': 'x = def(a) {a}',
    'x = defg(a): a': 'x = def(a) {return a}',
    'def(a){a}(3)': 'def(a) {a}(3)',
    'x -> x + 1': 'def(x) {return (x + 1)}',
    'x -> y -> x': 'def(x) {return def(y) {return x}}',
    '{x -> x}': 'def(x) {return x}',
    '{x, y -> x ? y : 1}': 'def(x, y) {return (x ? y : 1)}',
    'each(x -> x*2, y)': 'each(def(x) {return (x * 2)}, y)',
  },
  'a body begins outside of SQL and of brackets, an expression stays in them': {
    'select f(def(a){b = 1\nc}) from t': '(select f(def(a) {b = 1; c}) from t)',
    '(x -> x\n+ 1)': 'def(x) {return (x + 1)}',
    '(def(a): a\n+ 1)': 'def(a) {return (a + 1)}',
    'a ? def(b): b : c -> c': '(a ? def(b) {return b} : def(c) {return c})',
    'a ? def(b){b:1} : c': '(a ? def(b) {(b : 1)} : c)',
    'a ? def(b=1:2){b} : c': '(a ? def(b=(1 : 2)) {b} : c)',
    '(def(a): a:1)': 'def(a) {return (a : 1)}',
  },
  'its name calls from its first line on, and its parameters hide functions in it': {
    'def h(a){h -1}\nh -1': 'def h(a) {h(-1)}; h(-1)',
    'def h(a)\nh -1': 'def h; h(-1)',
    'def h(f){f -1}\nf -1': 'def h(f) {(f - 1)}; f(-1)',
    'def h(f): f -1\nf -1': 'def h(f) {return (f - 1)}; f(-1)',
    'f -> f -1': 'def(f) {return (f - 1)}',
    'def k(a){f = 1\nf -1}\nf -1': 'def k(a) {f = 1; (f - 1)}; f(-1)',
    'h = 1\ndef h(a): a\nh -1': 'h = 1; def h(a) {return a}; h(-1)',
  },
}

for (const [title, cases] of Object.entries(treesParseFunction)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

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

t.test('a definition keeps its source from def to its last token', async t => {
  const [, define] = statementsOf('1\n def h(a)\n{ return a } ; 2')
  t.equal((define as Define).definition.source, 'def h(a)\n{ return a }')
  t.equal(sourceOf(define!), 'def h(a)\n{ return a }')
  t.equal(define!.span.line, 2)
  const lambda = expressionOf('( x -> x+1 )') as Lambda
  t.equal(lambda.definition.source, 'x -> x+1')
  t.equal(lambda.definition.name, '')
  t.strictSame(lambda.captures, [], 'the name check fills them in')
  t.equal(lambda.closed, lambda.definition)
  const [result] = lambda.definition.body
  t.equal(sourceOf(result!), 'x+1')
})

const treesParseStructure: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'create database is a call of database, with handles for several levels': {
    'create database "dfs://d" partitioned by VALUE(1..10)':
      '&database(directory="dfs://d", partitionType=VALUE, partitionScheme=(1 .. 10))',
    "CREATE DATABASE `d\nPARTITIONED BY range(0 10),\nhash([SYMBOL,\n40]), engine='TSDB', atomic='CHUNK'":
      '&database(directory="d", partitionType=COMPO, partitionScheme=[&database("", RANGE, [0,10]), ' +
      '&database("", HASH, [SYMBOL, 40])], engine="TSDB", atomic="CHUNK")',
  },
  'create table in a database is partitioned or one piece': {
    'create table "dfs://d"."t"(id INT, day DATE[comment="x", compress="delta"], p DECIMAL64(4), v INT[])\npartitioned by id, `day, sortColumns=["id"]':
      '&createPartitionedTable(dbHandle=&database("dfs://d"), table=&table(1:0, ["id", "day", "p", "v"], ' +
      '["INT", "DATE", "DECIMAL64(4)", "INT[]"]), tableName="t", partitionColumns=["id", "day"], sortColumns=["id"])',
    'create table `d.`t(\nid INT,\nv DECIMAL32(2)[],\n)':
      '&createDimensionTable(dbHandle=&database("d"), table=&table(1:0, ["id", "v"], ["INT", "DECIMAL32(2)[]"]), tableName="t")',
  },
  'create table with a name alone is an assignment': {
    'create table t(id INT)': '&t = &table(1:0, ["id"], ["INT"])',
    'create table f(id INT)\nf -1': '&f = &table(1:0, ["id"], ["INT"]); (f - 1)',
  },
  'drop is a call, behind a condition where it may be missing': {
    'drop database "dfs://d"': '&dropDatabase("dfs://d")',
    'DROP DATABASE IF EXISTS `d': 'if(&existsDatabase("d")) {&dropDatabase("d")}',
    'drop table "dfs://d"."t"': '&dropTable(&database("dfs://d"), "t")',
    'drop table if exists `d.`t': 'if(&existsTable("d", "t")) {&dropTable(&database("d"), "t")}',
    'drop table t': '&undef("t")',
    'drop table if exists t; a': 'if(&defined("t")) {&undef("t")}; a',
  },
}

for (const [title, cases] of Object.entries(treesParseStructure)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

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

t.test('the calls have the text of the statement, which errors quote', async t => {
  const source = 'drop table if exists "dfs://d"."t"'
  const [node] = statementsOf(source)
  t.equal(sourceOf(node!), source)
  t.equal(node!.kind === 'if' && sourceOf(node.then[0]!), source)
  const [table] = statementsOf('create table t(id INT) ; a')
  t.equal(sourceOf(table!), 'create table t(id INT)')
  t.equal(sourceOf((table as Assignment).values[0]!), 'create table t(id INT)')
  t.equal((table as Assignment).needsGo, true)
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

const all =
  'select distinct a, f(b) as c from t where (d > 1), e group by g, h as i having (j > 2) order by k desc, l limit 3, 4'

const treesParseSql: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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

for (const [title, cases] of Object.entries(treesParseSql)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treeOf(source), tree, source)
  })
}

t.test('a statement after a query begins on its own line', async t => {
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

t.test('an SQL statement has its own text, which ends with the SQL', async t => {
  const query = expressionOf('(select a\n from t where b = 1 )') as Select
  t.equal(sourceOf(query), 'select a\n from t where b = 1')
  t.strictSame(query.where.map(sourceOf), ['b = 1'])
  const cursor = cursorOn('select a from t; b = 1')
  t.equal(shown(parseSql(cursor)), '(select a from t)')
  t.notOk(cursor.mode.isSql)
  t.ok(['from', 'where', 'limit'].every(word => sqlStopWords.has(word)))
})
