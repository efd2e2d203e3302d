/*
  The names that are known in a parse unit before it runs (docs/server-semantics.md#parse-units, #function-views).
*/
import t from 'tap'
import {
  checkNames,
  checkNamesOf,
  heightOf,
} from '../../../../src/server/script/parse/check-names.js'
import type { Lambda, Statement } from '../../../../src/server/script/parse/syntax.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import { testRuntime } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'
import { expressionOf, shownStatement, statementsOf } from '../../../helpers/syntax.js'

/** A session with a variable, a constant and a function. Its node has a shared table. */
async function usualRuntime(): Promise<Runtime> {
  const runtime = testRuntime()
  const { session, node, constants } = runtime
  await testSession({ node }).run('share table(1 2 as x) as st')
  session.variables.set('old', intScalar(1)).set('fixed', intScalar(2))
  constants.add('fixed')
  return runtime
}

const check = (source: string | Statement[], runtime: Runtime): number => {
  const statements = typeof source === 'string' ? statementsOf(source) : source
  return checkNames(statements, runtime)
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
  for (const source of known) t.ok(check(source, await usualRuntime()) >= 2, source)
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
    'x = 1\ny = def(mutable a, b=2){return exec sum(x) from a}': 'x, mutable a, b=2',
    'x = 1\ny = a -> (b -> b + x)': 'x, a',
    'x = 1\ny = x -> x': 'x',
  }
  for (const [source, parameters] of Object.entries(cases)) {
    const statements = statementsOf(source)
    check(statements, await usualRuntime())
    const last = statements.at(-1)!
    const lambda = (last.kind === 'assign' ? last.values[0] : undefined) as Lambda
    const { closed, captures, definition } = lambda
    t.equal(closed.parameters.length, definition.parameters.length + captures.length)
    const shown = shownStatement({ kind: 'define', definition: closed, span: lambda.span })
    t.ok(shown.startsWith(`def (${parameters}) `), `${shown} has ${parameters}`)
    t.equal(heightOf(closed), heightOf(definition))
  }
})

t.test('700 nested nodes of any kind are too many', async t => {
  const runtime = await usualRuntime()
  t.equal(check(`old${'[0]'.repeat(698)}`, runtime), 700)
  const refusal = { message: 'Syntax Error: [line #2] The script is nested too deeply.' }
  t.throws(() => check(`\nold${'[0]'.repeat(699)}`, runtime), refusal)
  t.throws(() => check(`\ndef f(a){return a${'[0]'.repeat(698)}}`, runtime), refusal)
})

t.test('a single expression is checked like an expression in a script', async t => {
  const runtime = await usualRuntime()
  checkNamesOf(expressionOf('tableInsert{st}'), runtime)
  checkNamesOf(expressionOf('(def(a){b = a; return b}){old}'), runtime)
  t.throws(() => checkNamesOf(expressionOf('tableInsert{n}'), runtime), {
    message: `Syntax Error: [line #1] ${token('n')}`,
  })
})
