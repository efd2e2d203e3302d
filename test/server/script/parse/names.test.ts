/*
  What is found out about a parse unit before it runs (docs/server-semantics.md#parse-units, #function-views).
*/
import t from 'tap'
import {
  checkNames,
  checkNamesOf,
  heightOf,
} from '../../../../src/server/script/parse/check-names.js'
import type { Define, Lambda, Statement } from '../../../../src/server/script/parse/syntax.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import { testRuntime } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'
import { expressionOf, shownStatement, statementsOf } from '../../../helpers/syntax.js'
import { NameScope, Nesting } from '../../../../src/server/script/parse/name-scope.js'

/** A session with a variable, a constant and a function; its node shares a table. */
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
  return checkNames({ statements }, runtime)
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

t.test('names that are there, that were made above, and columns are known', async t => {
  for (const source of known) t.ok(check(source, await usualRuntime()) >= 2, source)
})

const token = (name: string): string => `Cannot recognize the token ${name}`
const table = (name: string): string => `Can't recognize table ${name}`
const constant = (name: string): string => `Constant variable [${name}] can't be modified.`
const share = "'share' statement can't be declared within a function definition. RefId: S06002"
const nested = (name: string): string =>
  `Not allowed to define a named function [${name}] within another function. RefId: S06003`
const builtin = 'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005'

/** One unknown name `n` in every place where an expression may stand. */
const unknown: readonly string[] = [
  'n', '-n', '1 + n', 'n + 1', '1 + 2 + n + 3', '1 ? 2 : n', '[1, n]', '(n, 1)', '{a: n}', 'n(1)', '&n', 'sum(n)', 'sum(1, a=n)',
  'n{1}', 'sum{n}', 'old.n()', 'n.a', 'n[0]', 'old[n]', 'old[n:]', 'old[:n]', 'table(n as a)', 'a -> n', 'def(a=n): a', 'x = n',
  'n += 1', 'n[0] = 1', 'old[n] = 1', 'if(n){}', 'if(1){n}', 'if(1){}else{n}', 'for(x in n){}', 'for(x in old){n}', 'while(n){}',
  'while(1){n}', 'do{n}while(1)', 'do{}while(n)', 'try{n}catch(e){}', 'try{}catch(e){n}', 'throw n', 'return 1, n', 'assert n',
  'share n as s', 'def f(a){n}', 'def f(a=n): a', 'n = 1\ndef f(a){n}', 'exec 1 from n',
  'exec n(1) from st', 'exec a from st where n(1)', 'exec a from (exec b from n)', 'insert into st values (1, n)', 'n; n = 1',
  'create table n(a INT); n', 'exec x from st where a in (exec b from n)', 'def f(n){n}\ndef g(){n}',
] // prettier-ignore

t.test('an unknown name is found wherever it stands', async t => {
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

t.test('what DolphinDB does not allow is refused in its words, with the line', async t => {
  for (const [source, line, message] of refused) {
    const wanted = {
      message: `Syntax Error: [line #${line}] ${message}`,
      category: 'SYSTEM_Syntax',
    }
    const runtime = await usualRuntime()
    t.throws(() => check(source, runtime), wanted, source)
  }
})

t.test('a lambda gets what it uses of the functions around it as leading parameters', async t => {
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

const depths: Readonly<Record<string, number>> = {
  '': 0,
  '1': 2,
  '-(-(-old))': 5,
  '[[[1]]]': 5,
  '1+2+3+4': 3,
  '1+(2+(3+4))': 5,
  'if(1){if(1){2}}': 4,
  'if(1){}else{for(i in 1){i}}': 4,
  'old[0][sum(1)]': 4,
  'def f(a){return a}': 3,
  '1; -old; 2': 3,
  'a -> -a': 5,
  'exec a from (exec b from st)': 4,
}

t.test('how deep nodes stand inside each other is known for units and functions', async t => {
  for (const [source, depth] of Object.entries(depths)) {
    t.equal(check(source, await usualRuntime()), depth, source)
  }
  const [flat, deep] = statementsOf('def f(a){}\nif(1){def g(a){if(a){return a}; a}}')
  check([flat!, deep!], testRuntime())
  t.equal(heightOf((flat as Define).definition), 0)
  const inner = deep!.kind === 'if' ? (deep.then[0] as Define) : undefined
  t.equal(heightOf(inner!.definition), 3, 'wherever it is defined')
})

t.test('700 nodes inside each other are too many, whatever they are', async t => {
  const runtime = await usualRuntime()
  t.equal(check(`old${'[0]'.repeat(698)}`, runtime), 700)
  const refusal = { message: 'Syntax Error: [line #2] The script is nested too deeply.' }
  t.throws(() => check(`\nold${'[0]'.repeat(699)}`, runtime), refusal)
  t.throws(() => check(`\ndef f(a){return a${'[0]'.repeat(698)}}`, runtime), refusal)
})

t.test('an expression alone is checked as one in a script', async t => {
  const runtime = await usualRuntime()
  checkNamesOf(expressionOf('tableInsert{st}'), runtime)
  checkNamesOf(expressionOf('(def(a){b = a; return b}){old}'), runtime)
  t.throws(() => checkNamesOf(expressionOf('tableInsert{n}'), runtime), {
    message: `Syntax Error: [line #1] ${token('n')}`,
  })
})

const parameter = (name: string, isMutable = false): { name: string; isMutable: boolean } => ({
  name,
  isMutable,
})

t.test('700 nodes stand inside each other, and no more', async t => {
  const nesting = new Nesting()
  for (let depth = 1; depth <= 700; depth++) if (!nesting.descend()) t.fail(`${depth} is too deep`)
  t.equal(nesting.depth, 700)
  t.notOk(nesting.descend())
  nesting.ascend()
  nesting.ascend()
  t.equal(nesting.depth, 699)
  t.ok(nesting.descend())
  t.equal(nesting.deepest, 701, 'the one that was refused counts')
})

t.test('the top knows what the session and the node have, and what the unit adds', async t => {
  const { runtime } = await sessionWithTable()
  const { session } = runtime
  session.variables.set('old', intScalar(1))
  const scope = new NameScope({ runtime })
  scope.variables.add('new')
  scope.functions.add('ownFunction')
  scope.tables.add('ownTable')
  t.ok(scope.isTop)
  for (const name of ['old', 'new']) t.ok(scope.hasVariable(name), name)
  t.notOk(scope.hasVariable('sharedTable'))
  for (const name of ['sharedTable', 'ownTable']) t.ok(scope.knowsTable(name), name)
  for (const name of ['ownFunction', 'sum']) t.ok(scope.knowsFunction(name), name)
  t.notOk(scope.knowsFunction('old'))
  const known = ['old', 'new', 'ownFunction', 'ownTable', 'sharedTable', 'sum', 'INT', 'pi', 'DFLT']
  for (const name of known) t.ok(scope.knows(name), name)
  for (const name of ['nosuch', 'int64']) t.notOk(scope.knows(name), name)
})

async function sessionWithTable(): Promise<{ runtime: ReturnType<typeof testRuntime> }> {
  const runtime = testRuntime()
  const { run } = testSession({ node: runtime.node })
  await run('share table(1 2 as x) as sharedTable')
  return { runtime }
}

t.test(
  'a named function knows its own variables, and functions and tables of the unit',
  async t => {
    const runtime = testRuntime()
    const top = new NameScope({ runtime })
    top.variables.add('outside')
    top.functions.add('helper')
    const parameters = [parameter('a'), parameter('b', true)]
    const scope = new NameScope({ runtime, root: top, functionName: 'f', parameters })
    t.notOk(scope.isTop)
    t.equal(scope.functionName, 'f')
    t.ok(scope.hasVariable('a'))
    t.notOk(scope.hasVariable('outside'))
    t.ok(scope.knows('helper'))
    top.tables.add('late')
    t.ok(scope.knows('late'), 'they are shared')
    t.equal(scope.nesting, top.nesting)
    t.equal(scope.captures.size, 0)
  },
)

t.test('a lambda sees through to the scopes around it, and notes what it uses', async t => {
  const runtime = testRuntime()
  const root = new NameScope({ runtime })
  root.variables.add('top')
  const outer = new NameScope({ runtime, root, parameters: [parameter('a'), parameter('b')] })
  const middle = new NameScope({ runtime, root, outer, parameters: [parameter('c')] })
  const inner = new NameScope({ runtime, root, outer: middle, parameters: [parameter('d')] })
  t.ok(inner.hasVariable('d'))
  t.ok(inner.hasVariable('a'))
  t.notOk(inner.hasVariable('top'), 'the outermost is a named function')
  t.strictSame([...inner.captures], ['a'])
  t.strictSame([...middle.captures], ['a'], 'it hands the value on')
  t.strictSame([...outer.captures], [])
  const lambda = new NameScope({ runtime, root, outer: root, parameters: [] })
  t.ok(lambda.hasVariable('top'))
  t.strictSame([...lambda.captures], ['top'])
})

t.test('parameters without mutable and constants are read-only', async t => {
  const runtime = testRuntime()
  const top = new NameScope({ runtime })
  const parameters = [parameter('a'), parameter('b', true)]
  const scope = new NameScope({ runtime, root: top, parameters })
  t.strictSame(
    ['a', 'b', 'c'].map(name => scope.isReadOnly(name)),
    [true, false, false],
  )
  runtime.constants.add('k')
  t.notOk(top.isReadOnly('k'), 'the variable is gone')
  runtime.session.variables.set('k', intScalar(1))
  t.ok(top.isReadOnly('k'))
  t.notOk(scope.isReadOnly('k'), 'another variable of that name')
  top.readOnly.add('new')
  t.notOk(top.isReadOnly('new'))
  top.variables.add('new')
  t.ok(top.isReadOnly('new'))
})
