import t from 'tap'
import {
  listScripts,
  removalScript,
  type MadeObject,
  type NamedObject,
} from '../../src/selftest/made-objects.js'
import { testSession, textsOf } from '../helpers/script.js'
import type { Column } from '../../src/protocol/value.js'

const name = 'ddbIngestTest_0123456789abcdef_20240229235959_a'
const other = 'somebodyElse'
const objects: readonly MadeObject[] = [
  { kind: 'table', name },
  { kind: 'database', name: `dfs://${name}` },
  { kind: 'view', name: `${name}View` },
]
const setUp = `share(table(1 as a), "${name}"); share(table(1 as a), "${other}")
database("dfs://${name}", VALUE, 1..2); database("dfs://other", VALUE, 1..2)
def ${name}View(x) { return x }
def ${other}View(x) { return x }
addFunctionView(${name}View); addFunctionView(${other}View)`

t.test('what is there is removed, and nothing else', async t => {
  const { run, node, fail } = testSession()
  await run(setUp)
  t.equal(await fail(removalScript(objects)), 'no error')
  t.strictSame([...node.shared.keys()], [other])
  t.strictSame([...node.databases.keys()], ['dfs://other'])
  t.strictSame([...node.functionViews.keys()], [`${other}View`])
  t.equal(await fail(removalScript(objects)), 'no error', 'what is not there is passed over')
  t.equal(await fail(removalScript([])), 'no error')
})

t.test('what cannot be removed does not keep what comes behind it', async t => {
  const admin = testSession()
  await admin.run(setUp)
  const guest = testSession({ node: admin.node, user: 'guest' })
  const [table, database, view] = objects
  t.equal(await guest.fail(removalScript([view!, database!, table!])), 'no error')
  t.strictSame([...admin.node.shared.keys()], [other])
  t.equal(admin.node.databases.size, 2)
  t.equal(admin.node.functionViews.size, 2)
})

t.test('a right is taken back before what it is for is removed', async t => {
  const view = objects[2]!
  const script = removalScript([
    view,
    { kind: 'grant', name: view.name, right: 'VIEW_EXEC', user: 'ann' },
  ])
  t.match(script, /^try \{ revoke\("ann", VIEW_EXEC, ".*View"\) .*\ntry \{ dropFunctionView/)
  const { run, node, fail } = testSession()
  await run(`${setUp}
createUser("ann", "abc12345")
grant("ann", VIEW_EXEC, "${view.name}")`)
  t.equal(await fail(script), 'no error')
  t.equal(node.privileges.get('ann')?.size ?? 0, 0)
})

t.test('names are listed by kind, tables and views by how they begin', async t => {
  const { run } = testSession()
  await run(setUp)
  const listed = async (kind: NamedObject['kind']): Promise<string[]> =>
    textsOf((await run(listScripts[kind])) as Column)
  t.strictSame(await listed('table'), [name])
  t.strictSame(await listed('view'), [`${name}View`])
  t.strictSame(await listed('database'), [`dfs://${name}`, 'dfs://other'])
  const empty = testSession()
  for (const script of Object.values(listScripts)) t.equal(await empty.show(script), '[]')
})
