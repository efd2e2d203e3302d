/* Shared tables, and who may use a table or call a function view. Manual, pages share, grant, addAccessControl and addFunctionView; error
   code S00001; docs/server-semantics.md#rights names the sources of the refusals. */
import t from 'tap'
import { testRefusals } from '../../helpers/examples.js'
import { testSession, type TestSession } from '../../helpers/script.js'

t.test('a shared name begins with a letter (page share)', async t => {
  const { fail } = testSession()
  for (const name of ['a', '交易', 'é1_']) {
    t.equal(await fail(`share(table(1 as a), "${name}")`), 'no error', name)
  }
  for (const name of ['', '1a', '_a', 'a b', 'a.b', 'a;']) {
    const refusal = `The shared name [${name}] is not a valid variable name.`
    t.ok((await fail(`share(table(1 as a), "${name}")`)).endsWith(refusal), name)
  }
})

t.test('without publishing, only stream tables cannot be shared (S00001)', async t => {
  const { fail } = testSession({ config: { maxPubConnections: 0 } })
  for (const table of ['streamTable(1 as a)', 'keyedStreamTable(`a, 1 as a)']) {
    const refusal = await fail(`share(${table}, "s")`)
    t.match(refusal, 'The feature of publish is not enabled. RefId: S00001')
  }
  t.equal(await fail('share(keyedTable(`a, 1 as a), "s")'), 'no error')
})

t.test('sharing may need a right that even new administrators lack (page grant)', async t => {
  const config = { enableSharedVarCreationControl: true }
  const { node, run, fail } = testSession({ config })
  await run('createUser("boss", "secret", , true); createUser("joe", "secret")')
  const share = (user: string): Promise<string> =>
    testSession({ node, user }).fail(`share(table(1 as a), "${user}")`)
  for (const user of ['guest', 'joe', 'boss']) {
    t.match(await share(user), '<NoPrivilege>Not granted to create shared variables', user)
  }
  t.equal(await fail('share(table(1 as a), "a")'), 'no error')
  await run('grant("joe", CREATE_SHARED_VAR)')
  t.equal(await share('joe'), 'no error')
  const older = testSession({ config, version: '3.00.3', user: 'guest' })
  t.equal(await older.fail('share(table(1 as a), "x")'), 'no error')
})

/** Sessions of admin, of joe, who owns everything, of sue and of a guest, on one node. */
async function people(): Promise<Record<'admin' | 'joe' | 'sue' | 'guest', TestSession>> {
  const admin = testSession()
  await admin.run(`createUser("joe", "secret"); createUser("sue", "secret")
grant("joe", DB_OWNER, "*"); grant("joe", VIEW_OWNER)`)
  const as = (user: string): TestSession => testSession({ node: admin.node, user })
  const [joe, sue, guest] = [as('joe'), as('sue'), as('guest')]
  await joe.run(`db = database("dfs://db", VALUE, 1 2)
db.createPartitionedTable(table(1:0, \`id\`v, [INT,INT]), \`pt, \`id)
share streamTable(1:0, [\`id], [INT]) as trades
def f(){ return 1 }
addFunctionView(f)`)
  return { admin, joe, sue, guest }
}

const stored = {
  r: 'select * from loadTable("dfs://db", "pt")',
  i: 'tableInsert(loadTable("dfs://db", "pt"), table(1 as id, 1 as v))',
  u: 'update loadTable("dfs://db", "pt") set v=2',
  d: 'delete from loadTable("dfs://db", "pt") where id=9',
}
const shared = { r: 'select * from trades', i: 'tableInsert(trades, 1)' }
const view = { x: 'f()' }

/** The letters of the statements that the session may run. */
async function allowed({ fail }: TestSession, scripts: Record<string, string>): Promise<string> {
  let letters = ''
  for (const [letter, script] of Object.entries(scripts)) {
    const text = await fail(script)
    if (text === 'no error') letters += letter
    else if (!/<No\w+>|No access|<NotAuth/.test(text)) throw new Error(text)
  }
  return letters
}

t.test('DFS tables: administrators, the owner, and users with a right', async t => {
  const { admin, joe, sue, guest } = await people()
  t.equal(await allowed(admin, stored), 'riud')
  t.equal(await allowed(joe, stored), 'riud')
  t.equal(await allowed(guest, stored), '')
  const cases: [script: string, letters: string][] = [
    ['', ''],
    ['grant("sue", TABLE_READ, "dfs://db/pt")', 'r'],
    ['grant("sue", TABLE_READ, "*")', 'r'],
    ['grant("sue", DB_READ, "dfs://db")', 'r'],
    ['grant("sue", TABLE_WRITE, "dfs://db/pt")', 'iud'],
    ['grant("sue", DB_WRITE, "dfs://db")', 'iud'],
    ['grant("sue", TABLE_INSERT, "dfs://db/pt")', 'i'],
    ['grant("sue", DB_INSERT, "dfs://db")', 'i'],
    ['grant("sue", TABLE_UPDATE, "dfs://db/pt")', 'u'],
    ['grant("sue", TABLE_DELETE, "dfs://db/pt")', 'd'],
    ['grant("sue", TABLE_READ, "dfs://db/pt"); revoke("sue", TABLE_READ, "dfs://db/pt")', ''],
    ['grant("sue", TABLE_READ, "dfs://db/other")', ''],
  ]
  for (const [script, letters] of cases) {
    admin.node.privileges.delete('sue')
    await admin.run(script)
    t.equal(await allowed(sue, stored), letters, script)
  }
})

t.test('shared tables are open until rights on them are given (page addAccessControl)', async t => {
  const { admin, joe, sue, guest } = await people()
  t.equal(await allowed(guest, shared), 'ri')
  const cases: [script: string, letters: string][] = [
    ['grant("sue", TABLE_READ, "other")', 'ri'],
    ['grant("sue", TABLE_READ, "trades")', 'r'],
    ['grant("sue", TABLE_WRITE, "trades")', 'i'],
    ['grant("sue", TABLE_INSERT, "trades")', 'i'],
  ]
  for (const [script, letters] of cases) {
    admin.node.privileges.delete('sue')
    await admin.run(script)
    t.equal(await allowed(sue, shared), letters, script)
    t.equal(await allowed(guest, shared), script.includes('other') ? 'ri' : '', 'rights of sue')
    t.equal(await allowed(joe, shared), 'ri', 'the user who shared it')
  }
  admin.node.privileges.delete('sue')
  await joe.run('addAccessControl(trades)')
  t.equal(await allowed(sue, shared), '')
  t.equal(await allowed(admin, shared), 'ri')
})

t.test('a view may be called by its owner and with VIEW_EXEC (page addFunctionView)', async t => {
  const { admin, joe, sue, guest } = await people()
  t.equal(await allowed(admin, view), 'x')
  t.equal(await allowed(joe, view), 'x')
  t.equal(await allowed(guest, view), '')
  const cases: [script: string, letters: string][] = [
    ['', ''],
    ['grant("sue", VIEW_EXEC, "f")', 'x'],
    ['grant("sue", VIEW_EXEC, "*")', 'x'],
    ['grant("sue", VIEW_OWNER)', ''],
  ]
  for (const [script, letters] of cases) {
    admin.node.privileges.delete('sue')
    await admin.run(script)
    t.equal(await allowed(sue, view), letters, script)
  }
})

testRefusals(t, 'the words of refusals for users without rights', {
  'createUser("a", "secret"); share(table(1 as x), "t"); grant("a", TABLE_READ, "t"); login("a", "secret"); tableInsert(objByName("t"), 2)':
    'No access to table [t]',
  'createUser("a", "secret"); share(table(1 as x), "t"); grant("a", TABLE_WRITE, "t"); login("a", "secret"); select * from objByName("t")':
    'No access to shared table [t]',
})

t.test('refusals of scripts begin with the call, those of function requests do not', async t => {
  const { sue } = await people()
  const pt = 'loadTable("dfs://db", "pt")'
  const read = `<NotAuthenticated>Not granted to read table dfs://db/pt`
  const write = `<NoPrivilege>Not granted to write data to table dfs://db/pt`
  t.equal(await sue.fail(`schema(${pt})`), `schema(${pt}) => ${read}`)
  const refusal = await sue.fail(`append!(${pt}, table(1 as id, 2 as v))`)
  t.equal(refusal, `append!(${pt}, table(1 as id, 2 as v)) => ${write}`)
  await t.rejects(sue.call(`tableInsert{${pt}, table(1 as id, 2 as v)}`), { message: write })
})
