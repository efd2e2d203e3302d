import t from 'tap'
import { NameScope, Nesting } from '../../../../src/server/script/parse/name-scope.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import { testRuntime } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'

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
