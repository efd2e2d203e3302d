/*
  Requests of one connection run one after another. Waiting requests are also jobs, so users can cancel them.
*/
import t from 'tap'
import { type Session, connect } from '../../../src/client/open-session.js'
import type { Table, Value } from '../../../src/protocol/value.js'
import { startServer } from '../../../src/server/index.js'
import { rowsText } from '../../helpers/script.js'
import { idTable, int, text, yes } from '../../helpers/values.js'
import { type Request, type RequestHead, requestFlags } from '../../../src/protocol/request.js'
import { ConnectionFunctions } from '../../../src/server/login/users.js'
import { Discard } from '../../../src/server/net/discard.js'
import { type Executor, RequestRunner, Retries } from '../../../src/server/net/request-runner.js'
import { type ConsoleJob, createNode } from '../../../src/server/node.js'
import { failureOf } from '../../helpers/call-context.js'
import { call, script } from '../../helpers/requests.js'
import { guestSession } from '../../helpers/tiny-server.js'
import { jobOf } from '../../../src/server/net/request-queue.js'

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
  return rowsText((await asking.run(script)) as Table)
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

const head: RequestHead = {
  protocol: 'API2',
  sessionId: '1',
  flags: requestFlags.apiClient,
  priority: 4,
  parallelism: 64,
}
const upload: Request = { kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }
const connectRequestRunner = (user: string, password: string): Request => ({
  kind: 'connect',
  login: { user, password, encrypted: false },
})

interface Options {
  readonly requireLogin?: boolean
  readonly discard?: Discard
  readonly defined?: string
  readonly refusal?: string
}

function runnerWith({ requireLogin = false, discard, defined, refusal }: Options = {}) {
  const log: string[] = []
  const executor: Executor = {
    open: guestSession,
    runScript: (_, code) => (log.push(`script ${code}`), int(code.length)),
    runFunction: (_, name, args, options) => {
      log.push(`call ${name} ${args.length}${options?.discards === true ? ' discards' : ''}`)
      return args[0]
    },
    setVariables: (_, names) => void log.push(`upload ${names.join()}`),
    cancel: ({ id }) => void log.push(`cancel ${id}`),
    clearMemory: ({ id }) => void log.push(`clear ${id}`),
    close: ({ id }) => void log.push(`close ${id}`),
  }
  const session = guestSession({
    id: '1',
    remoteAddress: '127.0.0.1',
    remotePort: 9,
    delay: () => Promise.resolve(),
  })
  const runner = new RequestRunner(
    {
      executor,
      retries: new Retries(),
      discard,
      isDefined: (_, name) => name === defined,
    },
    session,
    new ConnectionFunctions(createNode(), requireLogin),
    refusal,
  )
  const run = (request: Request, changes: Partial<RequestHead> = {}): unknown =>
    runner.run({ ...head, ...changes }, request)
  return { runner, run, log, session }
}

t.test('each kind of request reaches the code that runs it', async t => {
  const { run, log, session } = runnerWith()
  t.equal(run({ kind: 'connect' }), undefined)
  t.match(run(script('1+1')), int(3))
  t.match(run(call('f{x}', int(7), idTable(1))), int(7))
  t.equal(run(call('g')), undefined)
  t.equal(run(upload), undefined)
  t.match(run(call('isClientAuth')), { type: 'BOOL', value: false })
  t.strictSame(log, ['script 1+1', 'call f{x} 2', 'call g 0', 'upload a,b'])
  t.equal(session.user, 'guest')
  t.strictSame(run(connectRequestRunner('admin', '123456')), yes)
  t.equal(session.user, 'admin')
  t.equal(
    failureOf(() => run(connectRequestRunner('admin', 'no'))),
    'The user name or password is incorrect.',
  )
})

t.test('if a login is required, guests run nothing', async t => {
  const { run, log, session } = runnerWith({ requireLogin: true })
  const refused = [script('1'), upload, call('tableInsert{t}', idTable(1)), call('f')]
  for (const request of refused) {
    t.match(
      failureOf(() => run(request)),
      /^Login is required .* RefId: S04009$/,
    )
  }
  t.match(run(call('isClientAuth')), yes)
  for (const name of ['version', 'isNodeInitialized', 'getRequiredAPIVersion']) {
    t.match(run(call(name, int(8))), int(8))
  }
  run(call('login', text('admin'), text('123456')))
  t.equal(session.user, 'admin')
  for (const request of refused) run(request)
  t.strictSame(log.slice(-4), ['script 1', 'upload a,b', 'call tableInsert{t} 1', 'call f 0'])
})

t.test('sessions and languages that the server does not support refuse every request', async t => {
  const { run, log } = runnerWith({ refusal: 'not here' })
  for (const request of [script('1'), { kind: 'connect' } as const, call('version')]) {
    t.equal(
      failureOf(() => run(request)),
      'not here',
    )
  }
  t.strictSame(log, [])
  const other = runnerWith()
  for (const flag of [requestFlags.python, requestFlags.kdb]) {
    t.match(
      failureOf(() => other.run(script('1'), { flags: flag })),
      /neither Python nor q/,
    )
    t.match(
      failureOf(() => other.run({ kind: 'connect' }, { flags: 32 | flag })),
      /neither/,
    )
  }
  t.match(other.run(script('1'), { flags: requestFlags.compress }), int(1))
  t.strictSame(other.log, ['script 1'])
})

t.test('a numbered request that arrives twice runs once', async t => {
  const { run, log } = runnerWith()
  const first = run(script('1'), { clientId: 'c', sequenceNumber: 1 })
  t.equal(run(script('1'), { clientId: 'c', sequenceNumber: -1 }), first)
  run(script('2'), { clientId: 'c', sequenceNumber: 2 })
  run(script('3'), { clientId: 'other', sequenceNumber: 1 })
  run(script('4'))
  run(script('4'))
  t.strictSame(log, ['script 1', 'script 2', 'script 3', 'script 4', 'script 4'])
})

t.test("tables are counted and discarded; the user's functions run without them", async t => {
  const discard = new Discard()
  const { run, log } = runnerWith({ discard, defined: 'deliver' })
  const answers: [request: Request, answer: Value, wanted?: string][] = [
    [call('tableInsert{t}', idTable(1, 2, 3)), int(3)],
    [call('append!{t}', int(1), idTable(1)), int(1)],
    [call('deliver', idTable(1, 2)), idTable(1, 2), 'call deliver 1 discards'],
    [call('deliver{1}', int(1), idTable(1)), int(1), 'call deliver{1} 2 discards'],
    [call('(def(mutable t, d){ return 0 }){t}', idTable(1, 2)), int(2)],
    [call('delivery', idTable(1)), int(1)],
    [call('f', int(5)), int(5), 'call f 1'],
    [call('f', idTable(1), int(5)), idTable(1), 'call f 2'],
  ]
  for (const [request, answer, wanted] of answers) {
    log.length = 0
    t.match(run(request), answer)
    t.strictSame(log, wanted === undefined ? [] : [wanted])
  }
  t.match(discard.counters, { requests: 6, rows: 10 })
})

t.test('the end of a request and the end of a session are passed on', async t => {
  const { runner, log } = runnerWith()
  runner.afterRequest(head)
  t.strictSame(log, [])
  runner.afterRequest({ ...head, flags: requestFlags.clearMemory | 32 })
  runner.cancel()
  runner.close()
  t.strictSame(log, ['clear 1', 'cancel 1', 'close 1'])
})

const headRunningJobs: RequestHead = {
  protocol: 'API2',
  sessionId: '1',
  flags: 32,
  priority: 7,
  parallelism: 3,
}
const nothing = (): void => undefined

t.test('a job describes its request until it ends', async t => {
  const node = createNode({ now: () => 5_000 })
  const requests: [request: Request, jobType: string, description: string][] = [
    [script('sleep(1)'), 'script', 'sleep(1)'],
    [call('tableInsert{t}', int(1)), 'function', 'tableInsert{t}'],
    [{ kind: 'variable', names: ['a', 'b'], values: [int(1), int(2)] }, 'variable', 'a,b'],
    [script('login("admin", "secret"); 1'), 'script', 'login(***); 1'],
    [script('1'.repeat(300)), 'script', '1'.repeat(200)],
  ]
  const ids = new Set<string>()
  for (const [request, jobType, description] of requests) {
    const job = jobOf(node, headRunningJobs, request, nothing)!
    t.match(job, {
      rootJobId: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      jobType,
      description,
      priority: 7,
      parallelism: 3,
      receivedAt: new Date(5_000),
      cancel: nothing,
    })
    ids.add(job.rootJobId)
  }
  t.equal(ids.size, requests.length, 'each has its own id')
})

t.test('a connect request is not a job', async t => {
  t.equal(jobOf(createNode(), headRunningJobs, { kind: 'connect' }, nothing), undefined)
})

t.test('a client may request that its request is not cancelled', async t => {
  const jobWith = (cancellable: boolean): ConsoleJob | undefined =>
    jobOf(createNode(), { ...headRunningJobs, cancellable }, script('1'), nothing)
  t.equal(jobWith(false)!.cancel, undefined)
  t.equal(jobWith(true)!.cancel, nothing)
})
