import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import type { ConsoleJob } from '../../../../src/server/node.js'
import { columnsText, testSession, type TestSession } from '../../../helpers/script.js'

t.test('getClusterPerf has the columns and types that clients cast to', async t => {
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

t.test('getClusterLiveDataNodes names this node', async t => {
  const { run } = testSession()
  t.match(await run('rpc(getControllerAlias(), getClusterLiveDataNodes{false})'), {
    form: 'vector',
    type: 'STRING',
    data: ['127.0.0.1:8848:local8848'],
  })
})

t.test('rpc and pnodeRun run functions here', async t => {
  const { run, show, fail } = testSession()
  t.equal(await show('rpc(getNodeAlias(), def(x,y):x+y, 10, 15)'), '25')
  t.equal(await show('pnodeRun(getNodeType)'), 'local8848 3')
  t.equal(columnsText((await run('pnodeRun(getNodeType)')) as Table), 'Node STRING, Value INT')
  t.equal(await show('def f(){return table(1 2 as a)}\npnodeRun(f)'), '1 local8848;2 local8848')
  t.equal(await show('pnodeRun(f, getNodeAlias(), false)'), '1;2')
  t.equal(await show('pnodeRun(clearAllCache)'), '')
  t.match(await fail('rpc("elsewhere", version)'), /Can't find the node with alias elsewhere/)
  t.match(await fail('rpc(getNodeAlias(), 5)'), /must be a function/)
})

t.test('what a session learns about the node and itself', async t => {
  const { run, show, fail, session } = testSession()
  t.match(await show('version()'), /^\d+\.\d+\.\d+\.\d+ \d{4}\.\d{2}\.\d{2} /)
  t.equal(await show('isNodeInitialized()'), 'true')
  t.equal(await show('isClientAuth()'), 'false')
  t.equal(await show('getControllerAlias() == getNodeAlias()'), 'true')
  t.match(await fail('getRequiredAPIVersion()'), / => /)
  t.match(await run('getCurrentSessionAndUser()'), {
    type: 'ANY',
    data: [
      { type: 'LONG', value: BigInt(session.id) },
      { type: 'STRING', value: 'admin' },
      { type: 'STRING', value: '127.0.0.1' },
      { type: 'INT', value: 9 },
    ],
  })
  t.equal(await show('license().maxNodes'), '1')
})

t.test('getSessionMemoryStat has a row for shared tables and one for each session', async t => {
  const { run, show } = testSession()
  await run('share table(1 2 as a) as st; t = table(1 2 3 as b)')
  t.equal(
    await show('select userId, memSize from getSessionMemoryStat()'),
    '__SharedTable__ 8;admin 12',
  )
})

t.test('getConsoleJobs finds the requests of a session by its id', async t => {
  const { run, show, session, node } = testSession()
  const other = testSession({ node })
  const running: ConsoleJob = {
    rootJobId: '5d212a78-cc48-e3b1-4235-b4d91473ee87',
    jobType: 'function',
    description: 'tableInsert{trades}',
    priority: 4,
    parallelism: 64,
    receivedAt: new Date(0),
  }
  node.jobs.set(other.session.id, { running, queued: () => [] })
  t.equal(
    await show(
      `select userID, rootJobId, jobType, desc, receiveTime from getConsoleJobs() where sessionId = ${other.session.id}`,
    ),
    'admin 5d212a78-cc48-e3b1-4235-b4d91473ee87 function tableInsert{trades} 1970.01.01T00:00:00.000',
  )
  t.equal(
    await show(`exec desc from getConsoleJobs() where sessionId = ${session.id}`),
    '[getConsoleJobs()]',
  )
  const jobs = (await run('getConsoleJobs()')) as Table
  t.match(columnsText(jobs), /rootJobId UUID, .* sessionId LONG, remoteIP STRING, remotePort INT,/)
})

t.test('cancelConsoleJob ends jobs by id, own ones or as administrator', async t => {
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
  node.jobs.set(joe.session.id, { running: job(ids[0]!), queued: () => [] })
  node.jobs.set(ann.session.id, { running: job(ids[1]!), queued: () => [] })
  const unstoppable = job(ids[2]!)
  delete unstoppable.cancel
  node.jobs.set(admin.session.id, { running: unstoppable, queued: () => [] })
  t.match(
    await joe.fail(`cancelConsoleJob(["${ids[0]}", "${ids[1]}"])`),
    /<NoPrivilege>Only administrators can cancel the jobs of other users$/,
  )
  t.strictSame(cancelled, [], 'all or none')
  await joe.run(`cancelConsoleJob("${ids[0]}")`)
  t.strictSame(cancelled, [ids[0]])
  await admin.run('cancelConsoleJob(exec rootJobId from getConsoleJobs() where userID != `joe)')
  t.strictSame(cancelled, [ids[0], ids[1]], 'what cannot be cancelled goes on')
  await admin.run('cancelConsoleJob(string(exec rootJobId from getConsoleJobs()))')
  t.strictSame(cancelled, [ids[0], ids[1], ids[0], ids[1]])
  await admin.run('cancelConsoleJob("5d212a78-cc48-e3b1-4235-000000000009")')
})
