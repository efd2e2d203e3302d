/* Manual, pages of the functions that scripts call, "Details" and "Examples"; docs/protocol.md#what-clients-call names what clients read.
   Rights: docs/server-semantics.md#rights. */
import t from 'tap'
import type { Table } from '../../../src/protocol/value.js'
import { testExamples } from '../../helpers/examples.js'
import { columnsText, testSession, rowsText, type TestSession } from '../../helpers/script.js'
import type { ConsoleJob } from '../../../src/server/node.js'

t.test('facts that a session can query about the node and itself', async t => {
  const { run, show, session } = testSession()
  t.match(await show('version()'), /^\d+\.\d+\.\d+\.\d+ \d{4}\.\d{2}\.\d{2} \w/)
  t.equal(await show('isNodeInitialized()'), 'true')
  t.equal(await show('isClientAuth()'), 'false')
  t.equal(await show('getControllerAlias() == getNodeAlias()'), 'true')
  t.match(await run('getCurrentSessionAndUser()'), {
    type: 'ANY',
    data: [
      { type: 'LONG', value: BigInt(session.id) },
      { type: 'STRING', value: 'admin' },
      { type: 'STRING', value: '127.0.0.1' },
      { type: 'INT', value: 9 },
    ],
  })
})

// Keys and types that clients and scripts rely on (DolphinDB manual, page of each name).
testExamples(t, {
  'the node tells what it is': { 'getNodeAlias()': 'local8848', 'isNull(clearAllCache())': 'true' },
  'settings are texts, NULL where there is none': {
    'getConfig("newValuePartitionPolicy")': 'add',
    'getConfig(`enableInsertStatementForDFSTable)': 'false',
    'getConfig("persistenceDir")': '',
    'typestr(getConfig("persistenceDir"))': 'STRING',
    'typestr(getConfig("nothing"))': 'VOID',
    'typestr(getConfig("dataSync"))': 'VOID',
    '`maxPubConnections in getConfig().keys()': 'true',
    'getConfig().newValuePartitionPolicy': 'add',
    'getConfig(NULL).newValuePartitionPolicy': 'add',
  },
})

t.test('memory of sessions: tables in variables, and shared ones separately', async t => {
  const { run, show, node } = testSession()
  const guest = testSession({ node, user: 'guest' })
  await guest.run('t = table(1..10 as a, 1..10 as b); v = 1..1000')
  await run('share table(1l 2l as a) as one; share table(3h as b) as two')
  const stat = (await run('getSessionMemoryStat()')) as Table
  t.equal(
    columnsText(stat),
    'userId STRING, sessionId LONG, memSize LONG, remoteIP STRING, remotePort INT, createTime TIMESTAMP, lastActiveTime TIMESTAMP',
  )
  t.equal(
    await show('select userId, memSize, remoteIP, remotePort from getSessionMemoryStat()'),
    '__SharedTable__ 18  ;admin 0 127.0.0.1 9;guest 80 127.0.0.1 9',
  )
  const found = await show('exec sessionId from getSessionMemoryStat() where userId = `guest')
  t.equal(found, `[${guest.session.id}]`)
})

t.test('getClusterPerf has the columns and types that clients expect', async t => {
  const { run, show } = testSession()
  const perf = (await run('rpc(getControllerAlias(), getClusterPerf)')) as Table
  t.equal(
    columnsText(perf),
    'host STRING, port INT, mode INT, state INT, maxConnections INT, maxMemSize DOUBLE, workerNum INT, executorNum INT, connectionNum INT, name STRING, memoryUsed LONG, avgLoad DOUBLE, publicName STRING',
  )
  t.equal(perf.rows, 1)
  t.equal(
    await show('select host, port, mode, state, connectionNum, name from getClusterPerf()'),
    '127.0.0.1 8848 0 1 1 local8848',
  )
})

t.test('rpc and pnodeRun run functions on this node', async t => {
  const { run, show, fail } = testSession()
  t.equal(await show('rpc(getNodeAlias(), def(x,y):x+y, 10, 15)'), '25')
  t.equal(await show('pnodeRun(isNodeInitialized)'), 'local8848 true')
  const columns = columnsText((await run('pnodeRun(isNodeInitialized)')) as Table)
  t.equal(columns, 'Node STRING, Value BOOL')
  t.equal(await show('def f(){return table(1 2 as a)}\npnodeRun(f)'), '1 local8848;2 local8848')
  t.equal(await show('pnodeRun(f, getNodeAlias(), false)'), '1;2')
  t.equal(await show('pnodeRun(clearAllCache)'), '')
  t.match(await fail('rpc("elsewhere", version)'), /Can't find the node with alias elsewhere/)
  t.match(await fail('rpc(getNodeAlias(), 5)'), /must be a function/)
})

t.test("cancelConsoleJob ends a user's own jobs by id, or any job as administrator", async t => {
  const admin = testSession()
  const { node } = admin
  const [joe, ann] = ['joe', 'ann'].map(user => testSession({ node, user })) as [
    TestSession,
    TestSession,
  ]
  const cancelled: string[] = []
  const job = (rootJobId: string): ConsoleJob => ({
    rootJobId,
    jobType: 'script',
    description: 'sleep(1)',
    priority: 4,
    parallelism: 64,
    receivedAt: new Date(0),
    cancel: () => void cancelled.push(rootJobId),
  })
  const ids = [1, 2, 3].map(last => `5d212a78-cc48-e3b1-4235-00000000000${last}`)
  node.jobs.set(joe.session.id, job(ids[0]!))
  node.jobs.set(ann.session.id, job(ids[1]!))
  const unstoppable = job(ids[2]!)
  delete unstoppable.cancel
  node.jobs.set(admin.session.id, unstoppable)
  const refusal = await joe.fail(`cancelConsoleJob(["${ids[0]}", "${ids[1]}"])`)
  t.match(refusal, /<NoPrivilege>Only administrators can cancel the jobs of other users$/)
  t.strictSame(cancelled, [], 'all or none')
  await joe.run(`cancelConsoleJob("${ids[0]}")`)
  t.strictSame(cancelled, [ids[0]])
  await admin.run('cancelConsoleJob(exec rootJobId from getConsoleJobs() where userID != `joe)')
  t.strictSame(cancelled, [ids[0], ids[1]], 'a job that cannot be cancelled continues')
  await admin.run('cancelConsoleJob(string(exec rootJobId from getConsoleJobs()))')
  t.strictSame(cancelled, [ids[0], ids[1], ids[0], ids[1]])
  await admin.run('cancelConsoleJob("5d212a78-cc48-e3b1-4235-000000000009")')
})

t.test("a job is listed in the manual's seventeen columns", async t => {
  const { run, node, session } = testSession()
  const job: ConsoleJob = {
    rootJobId: '5d212a78-cc48-e3b1-4235-b4d91473ee87',
    jobType: 'script',
    description: 'first',
    priority: 4,
    parallelism: 2,
    receivedAt: new Date(Date.UTC(2024, 0, 2)),
  }
  node.jobs.set(session.id, job)
  const jobs = (await run('getConsoleJobs()')) as Table
  t.equal(
    columnsText(jobs),
    'node STRING, userID STRING, rootJobId UUID, jobType STRING, desc STRING, priority INT, parallelism INT, receiveTime TIMESTAMP, sessionId LONG, remoteIP STRING, remotePort INT, totalTasks INT, finishedTasks INT, runningTask INT, firstTaskStartTime TIMESTAMP, latestTaskStartTime TIMESTAMP, queue STRING',
  )
  const time = '2024.01.02T00:00:00.000'
  const expected = `local8848 admin 5d212a78-cc48-e3b1-4235-b4d91473ee87 script first 4 2 ${time} ${session.id} 127.0.0.1 9 1 0 1 ${time} ${time} `
  t.match(rowsText(jobs), expected)
  t.equal(jobs.rows, 1, 'the asking request is one of them')
})

t.test('users are created and deleted by administrators', async t => {
  const admin = testSession()
  await admin.run('createUser("JohnSmith", "Qb0507#$", , true)')
  const john = testSession({ node: admin.node, user: 'guest' })
  await john.run('login("JohnSmith", "Qb0507#$")')
  t.equal(john.session.isAdmin, true)
  await john.run('logout()')
  t.equal(john.session.user, 'guest')
  await admin.run('deleteUser("JohnSmith"); createUser("joe", "x")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  const refusal = await joe.fail('createUser("sue", "y")')
  t.match(refusal, /Only administrators execute function createUser$/)
  const refused: [string, RegExp][] = [
    ['createUser("joe", "y")', /already exists/],
    ['createUser("1joe", "y")', /beginning with a letter/],
    ['deleteUser("nobody")', /does not exist/],
    ['deleteUser("admin")', /can't be deleted/],
    ['grant("nobody", TABLE_READ, "dfs://db/pt")', /does not exist/],
  ]
  for (const [script, message] of refused) t.match(await admin.fail(script), message, script)
})

t.test('users are created for SCRAM if requested, admin is not', async t => {
  const { run, fail, node } = testSession()
  await run(`createUser("usual", "x"); createUser("named", "x", authMode="sha256")
    createUser("better", "x", , false, "scram"); createUser("loud", "x", authMode="SCRAM")`)
  const kinds = [...node.users].map(([user, { hasScram }]) => [user, hasScram === true])
  t.strictSame(kinds, [
    ['admin', false],
    ['usual', false],
    ['named', false],
    ['better', true],
    ['loud', true],
  ])
  t.match(await fail('createUser("joe", "x", authMode="md5")'), /authMode must be/)
  t.notOk(node.users.has('joe'))
  const better = testSession({ node, user: 'guest' })
  t.equal(await better.show('login("better", "x")'), 'true', 'login works for both kinds')
})
