import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { ConnectionPool, type PoolOptions } from '../../../src/client/pool/pool.js'
import type { ResultTable } from '../../../src/client/session-result.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { startServer, type RequestInfo, type ServerOptions } from '../../../src/server/index.js'
import { closedGate } from '../../helpers/gate.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int, yes } from '../../helpers/values.js'

const host = '127.0.0.1'

interface Teardown {
  teardown(end: () => unknown): void
}

async function pooled(
  t: Teardown,
  options: Partial<PoolOptions> = {},
  serverOptions: ServerOptions = {},
): Promise<ConnectionPool> {
  const server = await startServer({ port: 0, ...serverOptions })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 4, ...options })
  t.teardown(async () => {
    await pool.shutDown()
    await server.close()
  })
  return pool
}

t.test('run gives promises whose ids count up', async t => {
  const pool = await pooled(t)
  const tasks = [1, 3, 5, 7].map(i => pool.run(`1+${i}`))
  t.strictSame(
    tasks.map(task => task.id),
    [1, 2, 3, 4],
  )
  t.strictSame(await Promise.all(tasks), [2, 4, 6, 8].map(int))
  t.equal(pool.runTaskAsync('1').id, 5)
  t.strictSame(await pool.run('add', 1, 2), int(3), 'with arguments it calls a function')
})

t.test('tasks run at the same time, as the server sees it', async t => {
  const allBegun = closedGate()
  let begun = 0
  const beforeExecute = ({ text }: RequestInfo): { until: Promise<undefined> } | undefined => {
    if (text !== '1+1') return undefined
    if (++begun === 4) allBegun.open()
    return { until: allBegun.opened }
  }
  const pool = await pooled(t, {}, { faults: { beforeExecute } })
  // None of them would end if each began after the one before it.
  const results = await Promise.all([1, 2, 3, 4].map(() => pool.run('1+1')))
  t.strictSame(results, [2, 2, 2, 2].map(int))
})

t.test('more tasks than sessions wait, start in order, and none fails for it', async t => {
  const server = await startTinyServer({ script: code => int(Number(code)) })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 2 })
  t.teardown(() => server.close())
  const count = 5_000
  const results = await Promise.all(Array.from({ length: count }, (_, i) => pool.run(String(i))))
  t.strictSame(
    results,
    Array.from({ length: count }, (_, i) => int(i)),
  )
  const scripts = server.log.filter(line => line.startsWith('script '))
  t.equal(scripts.length, count)
  // Two sessions: neighbours may overtake each other, nobody else.
  const places = scripts.map((line, place) => Math.abs(Number(line.slice(7)) - place))
  t.ok(Math.max(...places) <= 2, `furthest from its place: ${Math.max(...places)}`)
  await pool.shutDown()
})

t.test('variables are released after a task unless it says otherwise', async t => {
  const pool = await pooled(t, { size: 1 })
  await pool.run('a = 1')
  await t.rejects(pool.run('a'), { name: 'ServerError' })
  await pool.run('b = 2', { clearMemory: false })
  t.strictSame(await pool.run('b', { clearMemory: false }), int(2))
})

t.test('tables come with methods, or as lists of columns', async t => {
  const pool = await pooled(t)
  const script = 'table(1 2 as id, `a`b as sym)'
  const result = await pool.run<ResultTable>(script)
  t.strictSame(result.toRows(), [
    { id: 1, sym: 'a' },
    { id: 2, sym: 'b' },
  ])
  const lists = [
    [1, 2],
    ['a', 'b'],
  ]
  t.strictSame(await pool.run(script, { pickleTableToList: true }), lists)
  t.strictSame(
    await pool.run('take', [1, 2], 3, { pickleTableToList: true }),
    await pool.run('1 2 1'),
  )
  t.strictSame(await pool.runTaskAsync(script, { pickleTableToList: true }).result(), lists)
})

t.test('addTask, isFinished and getData work with ids of the caller', async t => {
  const gate = closedGate()
  const server = await startTinyServer({
    script: code => (code === 'slow' ? gate.opened.then(() => int(1)) : int(Number(code))),
  })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 2 })
  t.teardown(() => server.close())
  await pool.addTask('slow', 12)
  t.equal(await pool.isFinished(12), false)
  await t.rejects(pool.addTask('2', 12), { code: 'DDB_TASK', message: /12 is not finished/ })
  const data = pool.getData(12)
  gate.open()
  t.strictSame(await data, int(1), 'it waits')
  for (const asked of [
    pool.getData(12),
    pool.getData(99),
    pool.isFinished(12),
  ] as Promise<unknown>[]) {
    await t.rejects(asked, { code: 'DDB_TASK', message: /fetched already/ })
  }
  await pool.addTask('7', 13)
  while (!(await pool.isFinished(13))) await turn()
  await pool.addTask('8', 13)
  t.strictSame(await pool.getData(13), int(8), 'an unfetched result is replaced')
  for (const id of [1.5, NaN, 2 ** 60]) {
    await t.rejects(pool.addTask('1', id), { code: 'DDB_TASK', message: /whole number/ })
  }
  await pool.addTask('add', 14, 1, { clearMemory: false })
  t.equal(await pool.getData(14), undefined)
  t.ok(server.log.includes('call add'))
  await pool.shutDown()
})

t.test('a failure is fetched like a result, once', async t => {
  const pool = await pooled(t)
  await pool.addTask('1 + noSuchName', 1)
  await t.rejects(pool.getData(1), { name: 'ServerError', code: 'DDB_SERVER' })
  await t.rejects(pool.getData(1), { code: 'DDB_TASK' })
  await pool.addTask('1 + noSuchName', 2)
  await pool.addTask('3', 3)
  t.strictSame(await pool.getData(3), int(3), 'failures that nobody fetches do no harm')
})

t.test('ways with counted ids and with given ids do not mix', async t => {
  const counted = await pooled(t)
  await counted.run('1')
  await t.rejects(counted.addTask('1', 1), { code: 'DDB_TASK', message: /one way/ })
  const given = await pooled(t)
  await given.addTask('1', 1)
  const refused = given.run('1')
  t.equal(refused.id, 0)
  await t.rejects(refused, { code: 'DDB_TASK' })
  t.throws(() => given.runTaskAsync('1'), { code: 'DDB_TASK' })
  await given.getData(1)
})

t.test('runTaskAsync gives a state, and a result that can be waited for with a limit', async t => {
  const gate = closedGate()
  const server = await startTinyServer({ script: () => gate.opened.then(() => int(5)) })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 1 })
  t.teardown(() => server.close())
  const task = pool.runTaskAsync('slow')
  t.equal(task.state, 'pending')
  await t.rejects(task.result(0.001), { name: 'TimeoutError', code: 'DDB_TIMEOUT' })
  for (const bad of [-1, NaN]) await t.rejects(task.result(bad), { code: 'DDB_USAGE' })
  t.equal(task.state, 'pending', 'it goes on')
  const patient = task.result(10_000_000)
  gate.open()
  t.strictSame(await patient, int(5), 'a longer limit outlasts a shorter one')
  t.equal(task.state, 'finished')
  t.strictSame(await task.result(0), int(5), 'asked twice')
  await pool.shutDown()
})

t.test('a task that is given up keeps its session until the answer came', async t => {
  const gate = closedGate()
  const server = await startTinyServer({
    script: code => (code === 'slow' ? gate.opened : int(Number(code))),
  })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 2 })
  t.teardown(() => server.close())
  const controller = new AbortController()
  const slow = pool.run('slow', { timeoutMs: 1 })
  await t.rejects(slow, { code: 'DDB_TIMEOUT' })
  const aborted = pool.run('slow', { signal: controller.signal })
  const waiting = pool.run('9', { signal: controller.signal })
  const after = pool.run('3')
  await server.logged('script slow')
  controller.abort()
  await t.rejects(aborted, { code: 'DDB_INTERRUPTED' })
  await t.rejects(waiting, { code: 'DDB_INTERRUPTED' })
  await t.rejects(pool.run('9', { signal: controller.signal }), { code: 'DDB_INTERRUPTED' })
  gate.open()
  t.strictSame(await after, int(3))
  t.notOk(server.log.includes('script 9'), 'what was given up in line is never sent')
  await t.rejects(pool.run('1', { timeoutMs: 0 }), { code: 'DDB_USAGE' })
  await pool.shutDown()
})

t.test('arguments that are not values are refused before anything is sent', async t => {
  const pool = await pooled(t)
  const symbol = Symbol('no value') as unknown as string
  await t.rejects(pool.run('typestr', symbol), { name: 'ValueError', code: 'DDB_USAGE' })
  t.equal(pool.run('1').id, 1)
  await t.rejects(pool.run('typestr', 'a\0b'), { code: 'DDB_STRING_HAS_NUL' })
  t.strictSame(await pool.run('1'), int(1))
})

t.test('shutDown ends what runs and what waits, at once; later calls fail', async t => {
  const gate = closedGate()
  const server = await startTinyServer({ script: () => gate.opened })
  t.teardown(async () => {
    gate.open()
    await server.close()
  })
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 2 })
  const tasks = ['1', '2', '3'].map(code => pool.run(code))
  const object = pool.runTaskAsync('4')
  await server.logged('script 2')
  const ended = Promise.all(tasks.map(task => t.rejects(task, { code: 'DDB_CLOSED' })))
  await Promise.all([pool.shutDown(), pool.shutDown()])
  await ended
  await t.rejects(object.result(), { code: 'DDB_CLOSED', message: /before the task was done/ })
  const closed = { name: 'UsageError', code: 'DDB_CLOSED' }
  await t.rejects(pool.run('1'), closed)
  await t.rejects(pool.addTask('1', 1), closed)
  await t.rejects(pool.isFinished(1), closed)
  await t.rejects(pool.getData(1), closed)
  await t.rejects(pool.getSessionId(), closed)
  t.throws(() => pool.runTaskAsync('1'), closed)
  t.notOk(server.log.includes('script 3'))
})

t.test('a pool ends with its block', async t => {
  const server = await startTinyServer({ script: () => int(1) })
  t.teardown(() => server.close())
  const pool = await ConnectionPool.connect({ host, port: server.port, size: 3 })
  const ids = await pool.getSessionId()
  t.equal(new Set(ids).size, 3)
  t.ok(ids.every(id => /^\d+$/.test(id)))
  await pool[Symbol.asyncDispose]()
  await Promise.all(ids.map(id => server.sessionClosed(id)))
  await t.rejects(pool.run('1'), { code: 'DDB_CLOSED' })
})

t.test('a connection that ends in mid-result fails its task and is opened again', async t => {
  const faults = {
    afterExecute: ({ text }: { text: string }) => (text === 'cut' ? ('cut' as const) : undefined),
    beforeExecute: ({ text }: { text: string }) =>
      text === 'close' ? ('close' as const) : undefined,
  }
  const pool = await pooled(
    t,
    { size: 1 },
    { faults, initScript: 'share table(1..1000 as id) as big' },
  )
  const before = await pool.getSessionId()
  for (const script of ['cut', 'close']) {
    await t.rejects(pool.run(script), { name: 'ConnectionError', code: 'DDB_CONNECTION_LOST' })
    t.strictSame(await pool.run('exec count(*) from big'), {
      form: 'scalar',
      type: 'INT',
      value: 1000,
    })
  }
  t.not((await pool.getSessionId())[0], before[0])
})

t.test('tasks go to sessions that are connected while another cannot be', async t => {
  const near = await startTinyServer({ script: code => int(Number(code)) })
  const far = await startFakeServer((_, peer) => peer.socket.destroy())
  t.teardown(() => near.close())
  const nodes = vectorOf({ type: 'STRING' }, [`${host}:${near.port}:a`, `${host}:${far.port}`])
  const entry = await startTinyServer({ script: () => nodes })
  t.teardown(() => entry.close())
  const options = { host, port: entry.port, size: 2, loadBalance: true }
  const pool = await ConnectionPool.connect(options)
  t.strictSame(
    entry.log.filter(line => line.startsWith('script')),
    ['script rpc(getControllerAlias(), getClusterLiveDataNodes{false})'],
  )
  const lost = (): Promise<unknown> => pool.run('0').catch((error: unknown) => error)
  const both = await Promise.all([lost(), lost()])
  t.match(both, [int(0), { code: 'DDB_CONNECTION_LOST' }])
  await far.close()
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map(i => pool.run(String(i))))
  t.strictSame(results, [1, 2, 3, 4, 5, 6].map(int), 'none fails for the node that is gone')
  await pool.shutDown()
})

t.test(
  'without any server each task fails typed, and the pool goes on when it is back',
  async t => {
    const first = await startTinyServer({ script: () => int(1) })
    const { port } = first
    const pool = await ConnectionPool.connect({ host, port, size: 2 })
    await first.close()
    const tasks = Array.from({ length: 5 }, () => pool.run('1').catch((error: unknown) => error))
    for (const outcome of await Promise.all(tasks)) {
      t.match(outcome, { name: 'ConnectionError', code: /^DDB_CONNECT(ION_LOST)?$/ })
    }
    const second = await startTinyServer({ script: () => int(2) }, { port })
    t.teardown(() => second.close())
    t.strictSame(await Promise.all([pool.run('1'), pool.run('1')]), [int(2), int(2)])
    await pool.shutDown()
  },
)

t.test('load is balanced over the live nodes of a cluster', async t => {
  const nodes = await Promise.all([1, 2].map(() => startTinyServer({ script: () => yes })))
  const names = nodes.map(({ port }, i) => `${host}:${port}:node${i}`)
  const entry = await startTinyServer({ script: () => vectorOf({ type: 'STRING' }, names) })
  for (const server of [...nodes, entry]) t.teardown(() => server.close())
  const options = { host, port: entry.port, size: 4, loadBalance: true }
  const pool = await ConnectionPool.connect(options)
  t.strictSame(
    nodes.map(node => node.sessions.length),
    [2, 2],
  )
  await pool.shutDown()
  const none = await startTinyServer({ script: () => vectorOf({ type: 'STRING' }, []) })
  t.teardown(() => none.close())
  await t.rejects(ConnectionPool.connect({ ...options, port: none.port }), {
    code: 'DDB_CONNECT',
    message: /no live data node/,
  })
})

t.test('the embedded server is a cluster of one', async t => {
  const pool = await pooled(t, { loadBalance: true })
  t.strictSame(await pool.run('1+1'), int(2))
})

t.test('a pool that cannot open leaves nothing open', async t => {
  for (const size of [0, 1.5, 5_000]) {
    await t.rejects(ConnectionPool.connect({ host, port: 1, size }), { code: 'DDB_USAGE' })
  }
  const server = await startServer({ port: 0, maxConnections: 2 })
  t.teardown(() => server.close())
  await t.rejects(ConnectionPool.connect({ host, port: server.port, size: 3 }), {
    name: 'ServerError',
    message: /Maximum connections 2 reached/,
  })
  const signal = AbortSignal.abort()
  await t.rejects(ConnectionPool.connect({ host, port: server.port, size: 1, signal }), {
    code: 'DDB_INTERRUPTED',
  })
  const silent = await startFakeServer(() => undefined, { answerConnect: false })
  t.teardown(() => silent.close())
  const controller = new AbortController()
  const opening = ConnectionPool.connect({
    host,
    port: silent.port,
    size: 2,
    signal: controller.signal,
  })
  setImmediate(() => controller.abort())
  await t.rejects(opening, { code: 'DDB_INTERRUPTED' })
})

t.test('printed output of tasks reaches the pool', async t => {
  const printed: string[] = []
  const pool = await pooled(t, { onMessage: text => printed.push(text.trim()) })
  await pool.run('print("hello")')
  await pool.run('1')
  t.strictSame(printed, ['hello'])
  t.strictSame(await pool.run('table(1 as id)'), idTable(1))
})
