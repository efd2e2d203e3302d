/*
  Requests of one connection run one after another. Waiting requests are also jobs, so users can cancel them (manual, pages
  getConsoleJobs and cancelConsoleJob; docs/server-semantics.md#console-jobs).
*/
import t from 'tap'
import { type Session, connectTyped as connect } from '../../../src/client/open-session.js'
import type { Table } from '../../../src/protocol/value.js'
import { startServer } from '../../../src/server/index.js'
import { rowsText } from '../../helpers/script.js'
import { int } from '../../helpers/values.js'

type Test = { teardown(end: () => unknown): void }

async function twoSessions(t: Test): Promise<[Session, Session]> {
  const server = await startServer({
    port: 0,
    initScript: 'share table(1:0, ["x"], [INT]) as trades',
  })
  t.teardown(() => server.close())
  const open = (): Promise<Session> =>
    connect({ host: server.host, port: server.port, user: 'admin', password: '123456' })
  const both: [Session, Session] = [await open(), await open()]
  t.teardown(() => Promise.all(both.map(session => session.close())))
  return both
}

/** `desc running` for every job of the session. */
async function jobsOf(session: Session, asking: Session): Promise<string> {
  const script = `select desc, runningTask from getConsoleJobs() where sessionId = ${session.id}l`
  return rowsText(await asking.run<Table>(script))
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise<void>(resolve => setImmediate(resolve))
}

t.test('requests that wait for a different request are listed in order', async t => {
  const [busy, other] = await twoSessions(t)
  busy.send('sleep', [int(600_000)])
  busy.send('tableInsert{trades}', [int(1)])
  busy.send('append!{trades}', [int(2)])
  await until(async () => (await jobsOf(busy, other)).split(';').length === 3)
  t.equal(await jobsOf(busy, other), 'sleep 1;tableInsert{trades} 0;append!{trades} 0')
  busy.send('tableInsert{trades}', [int(3)])
  await until(async () => (await jobsOf(busy, other)).split(';').length === 4)
  t.strictSame(await other.run('exec count(*) from trades'), int(0), 'none of them has begun')
  await other.run('cancelConsoleJob(exec rootJobId from getConsoleJobs())')
  t.strictSame(await busy.run('exec count(*) from trades'), int(0))
})

t.test('a cancelled job never begins; the other jobs run in order', async t => {
  const [busy, other] = await twoSessions(t)
  busy.send('sleep', [int(600_000)])
  for (const x of [1, 2, 3]) busy.send('tableInsert{trades}', [int(x)])
  await until(async () => (await jobsOf(busy, other)).split(';').length === 4)
  const ids = `exec rootJobId from getConsoleJobs() where sessionId = ${busy.id}l`
  await other.run(`ids = ${ids}; cancelConsoleJob(ids[2]); cancelConsoleJob(ids[0])`)
  t.strictSame(await busy.run('exec x from trades'), await other.run('[1, 3]'))
  t.equal(await jobsOf(busy, other), '')
})

t.test('a waiting request keeps the id that it had in the queue', async t => {
  const [busy, other] = await twoSessions(t)
  busy.send('sleep', [int(600_000)])
  busy.send('sleep', [int(600_001)])
  await until(async () => (await jobsOf(busy, other)).split(';').length === 2)
  const ids = `exec rootJobId from getConsoleJobs() where sessionId = ${busy.id}l`
  await other.run(`ids = ${ids}; cancelConsoleJob(ids[0])`)
  await until(async () => (await jobsOf(busy, other)).split(';').length === 1)
  t.match(await other.run(`(${ids})[0] == ids[1]`), { value: true })
  await other.run('cancelConsoleJob(ids[1])')
})
