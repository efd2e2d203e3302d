/* How scripts are read: tokens, precedence (manual, "Operator precedence"), names (docs/server-semantics.md#parse-units, #function-views),
   and the errors that name a wrong token. */
import t from 'tap'
import { tokenize } from '../../../../src/server/script/parse/cursor.js'
import { Parser } from '../../../../src/server/script/parse/statements.js'
import type { Runtime } from '../../../../src/server/script/session/session.js'
import { intScalar } from '../../../../src/server/values/values.js'
import { testRuntime } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { anyNames, expressionOf, statementsOf } from '../../../helpers/syntax.js'

t.test('a sequence of operators does not use the stack, brackets and signs do', async t => {
  t.ok(expressionOf(Array.from({ length: 20_000 }, () => 'a').join('+')))
  for (const source of ['-'.repeat(500) + 'a', '('.repeat(500) + 'a']) {
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
  '1 `a': '[line #1] The elements of the vector [1 `a] have different types.',
  '(a': "[line #1] ')' is expected before the end of the script.",
  'a(\nb c)': '[line #2] Cannot recognize the token c',
  'a. b': '[line #1] Cannot recognize the token .',
  '1 2 3[0]': '[line #1] Cannot recognize the token [',
  'a f': '[line #1] Cannot recognize the token f',
  'a ? b : c': '[line #1] Cannot recognize the token ?',
  '{a\n': "[line #2] '}' is expected before the end of the script.",
  'if a b': '[line #1] Cannot recognize the token a',
  'try {a}': "[line #1] 'catch' is expected before the end of the script.",
  'share a as 1': '[line #1] Cannot recognize the token 1',
  'go = 1': '[line #1] Cannot recognize the token go',
  'def h(a,\nmutable b=1){}':
    '[line #2] A parameter with default value must be read only. RefId: S06012',
  'x -> x\n+ 1': '[line #2] Cannot recognize the token +',
  'select a': "[line #1] 'from' is expected before the end of the script.",
  'update t set a': "[line #1] '=' is expected before the end of the script.",
  'f() = 1': `[line #1] ${asEqual}`,
  'x.y += 1': `[line #1] ${compound}`,
  'x = y = 1': '[line #1] Cannot recognize the token =',
}

t.test('a token in a wrong place is named with its line', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => statementsOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

/** Unsupported statements and clauses → the word that the error names (docs/embedded-server.md#the-script-language). */
const unsupported: Readonly<Record<string, string>> = {
  'module m': 'module',
  'use a::b': 'use',
  'class A {}': 'class',
  'timer(10) a': 'timer',
  'transaction {a}': 'transaction',
  'const a = 1': 'const',
  'assert a': 'assert',
  '@jit\ndef h(a){}': '@',
  'select a from t context by b': 'context',
  'select a from t where b pivot by c, d': 'pivot',
  'select a from t group by b csort c': 'csort',
  'select a from t union select c from u': 'union',
  'select a from t inner join u': 'inner',
  'select a from t, u': ',',
  'update t set a=1 from u': 'from',
  'insert into t select a from u': 'select',
  'a | b': '|',
  'a << b': '<<',
  'a, b = 1, 2': ',',
  '&a = b': '&',
  'a = {a -> a}': '->',
}

t.test('unsupported statements and clauses are refused by name', async t => {
  for (const [source, word] of Object.entries(unsupported)) {
    const message = `Syntax Error: [line #2] Cannot recognize the token ${word}`
    t.throws(() => statementsOf(`\n${source}`), { message }, source)
  }
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

t.test('a text of more than 64 K in the code is refused as I/O error 4', async t => {
  t.equal(tokenize(`"${'x'.repeat(65_536)}"`).length, 2)
  t.throws(() => tokenize(`a = 1\nsize("${'x'.repeat(65_537)}")`), {
    message: /^Failed to read message from the socket with IO error type 4\. RefId: 00020\. /,
  })
})

/** A session with a variable and a function. Its node has a shared table. */
async function usualRuntime(): Promise<Runtime> {
  const runtime = testRuntime()
  const { session, node } = runtime
  await testSession({ node }).run('share table(1 2 as x) as st')
  session.variables.set('old', intScalar(1))
  return runtime
}

/** The number of statements of a unit. */
function check(source: string, runtime: Runtime): number {
  return new Parser(source, name => runtime.kindOfName(name)).parseUnit().length
}

const known: readonly string[] = [
  'old; sum; INT; pi; st', 'x = 1; x', 'x = 1; x = x + 1', 'for(x in old){} x', 'if(old){y = 1} y',
  'try{}catch(ex){} ex', 'old += 1; old', 'old[0] = 1', '{nosuch: 1}', 'old.nosuch',
  'def f(a){a; b = 1; b}', 'def f(a): f(a)', 'def f(a){st}', 'def f(a=old): a',
  'def f(a, mutable b){b = a; b[0] = 1}',
  'select nosuch, f2 as g from st where other > 1 group by z order by w limit v', 'exec sum(nosuch) from st',
  'update st set a = nosuch where b', 'delete from st where nosuch', 'insert into st values (old)', 'update old set a = 1',
  'share old as s2\nselect a from s2', 'if(1){share old as s2} insert into s2 values (1)', 'if(1){def f(a): a} f(1)',
  'def f(a){return def(b){a = 1; return a}}',
] // prettier-ignore

t.test('existing names, names defined above, and columns are known', async t => {
  for (const source of known) t.ok(check(source, await usualRuntime()) >= 1, source)
})

const token = (name: string): string => `Cannot recognize the token ${name}`
const constant = (name: string): string => `Constant variable [${name}] can't be modified.`
const share = "'share' statement can't be declared within a function definition. RefId: S06002"
const nested = (name: string): string =>
  `Not allowed to define a named function [${name}] within another function. RefId: S06003`
const builtin = 'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005'

/** The unknown name `n` in every position that allows an expression. */
const unknown: readonly string[] = [
  'n', '-n', '1 + n', 'n + 1', '1 + 2 + n + 3', '[1, n]', '(n, 1)', '{a: n}', 'n(1)', 'sum(n)', 'sum(1, a=n)',
  'n{1}', 'sum{n}', 'old.n()', 'n.a', 'n[0]', 'old[n]', 'old[n:]', 'old[:n]', 'table(n as a)', 'a -> n', 'def(a=n): a', 'x = n',
  'n += 1', 'n[0] = 1', 'old[n] = 1', 'if(n){}', 'if(1){n}', 'if(1){}else{n}', 'for(x in n){}', 'for(x in old){n}', 'while(n){}',
  'while(1){n}', 'do{n}while(1)', 'do{}while(n)', 'try{n}catch(e){}', 'try{}catch(e){n}', 'throw n', 'return n',
  'share n as s', 'def f(a){n}', 'def f(a=n): a', 'n = 1\ndef f(a){n}', 'exec 1 from n',
  'exec n(1) from st', 'exec a from st where n(1)', 'exec a from (exec b from n)', 'insert into st values (1, n)', 'n; n = 1',
  'exec x from st where a in (exec b from n)', 'def f(n){n}\ndef g(){n}',
] // prettier-ignore

t.test('an unknown name is found in any position', async t => {
  for (const source of unknown) {
    const runtime = await usualRuntime()
    const error = { message: /token n(: not in the embedded server)?$/ }
    t.throws(() => check(`\n${source}`, runtime), error, source)
  }
})

const refused: readonly (readonly [string, number, string])[] = [
  ['x = 1\n\nx + y', 3, token('y')],
  ['def f(a){\n b\n}', 2, token('b')],
  ['x = 1\nwavg2(x)', 2, `${token('wavg2')}: not in the embedded server`],
  ['insert into t values (1)', 1, token('t')],
  ['update t set a = 1', 1, token('t')],
  ['1; delete from t', 1, token('t')],
  ['def f(a){\na = 1}', 2, constant('a')],
  ['def f(a){a += 1}', 1, constant('a')],
  ['def f(a){a[0] = 1}', 1, constant('a')],
  ['def f(){\nshare old as s}', 2, share],
  ['each(def(a){share a as s}, 1)', 1, share],
  ['def f(){\ndef g(): 1}', 2, nested('g')],
  ['x = def(a){def g(): 1}', 1, nested('g')],
  ['1\ndef sum(a): a', 2, builtin],
  ['1 < 2 < 3', 1, '1 < x < 3 (chained comparisons): not in the embedded server'],
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
