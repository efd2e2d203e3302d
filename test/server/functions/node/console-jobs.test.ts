import t from 'tap'
import type { Table } from '../../../../src/protocol/value.js'
import type { ConsoleJob } from '../../../../src/server/node.js'
import { columnsText, rowsText, testSession, type TestSession } from '../../../helpers/script.js'

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

t.test('a job is told in the seventeen columns of the manual', async t => {
  const { run, node, session } = testSession()
  const job = (description: string): ConsoleJob => ({
    rootJobId: '5d212a78-cc48-e3b1-4235-b4d91473ee87',
    jobType: 'script',
    description,
    priority: 4,
    parallelism: 2,
    receivedAt: new Date(Date.UTC(2024, 0, 2)),
  })
  node.jobs.set(session.id, { running: job('first'), queued: () => [job('second')] })
  const jobs = (await run('getConsoleJobs()')) as Table
  t.equal(
    columnsText(jobs),
    'node STRING, userID STRING, rootJobId UUID, jobType STRING, desc STRING, priority INT, parallelism INT, receiveTime TIMESTAMP, sessionId LONG, remoteIP STRING, remotePort INT, totalTasks INT, finishedTasks INT, runningTask INT, firstTaskStartTime TIMESTAMP, latestTaskStartTime TIMESTAMP, queue STRING',
  )
  const [row, queued] = rowsText(jobs).split(';')
  const time = '2024.01.02T00:00:00.000'
  t.match(
    row,
    `local8848 admin 5d212a78-cc48-e3b1-4235-b4d91473ee87 script first 4 2 ${time} ${session.id} 127.0.0.1 9 1 0 1 ${time} ${time} `,
  )
  t.match(queued, `second 4 2 ${time} ${session.id} 127.0.0.1 9 1 0 0   `, 'has not begun')
  t.equal(jobs.rows, 2, 'the asking request is one of them')
})

t.test('a session that does nothing has no job, the asking one has its own', async t => {
  const { show, node, session } = testSession({ now: () => 0 })
  testSession({ node })
  t.equal(
    await show('select sessionId, desc, receiveTime from getConsoleJobs()'),
    `${session.id} getConsoleJobs() 1970.01.01T00:00:00.000`,
  )
  const ids = [
    await show('exec rootJobId from getConsoleJobs()'),
    await show('exec rootJobId from getConsoleJobs()'),
  ]
  t.not(ids[0], ids[1])
})
