/* Pools of sessions and their tasks. */
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { asCompleted, taskRequest } from '../../../src/client/pool/pool-task.js'
import { ConnectionPool, liveNodes, PoolMember } from '../../../src/client/pool/pool.js'
import type { PlainTable } from '../../../src/client/plain-output.js'
import { UsageError } from '../../../src/errors.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import {
  type Faults,
  type RequestInfo,
  type ServerOptions,
  startServer,
} from '../../../src/server/index.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { closedGate } from '../../helpers/gate.js'
import { deepTest } from '../../helpers/runs.js'
import { tinyServer, startTinyServer, type TinyServer } from '../../helpers/tiny-server.js'
import { idTable, int, yes } from '../../helpers/values.js'
import { startServerFor } from '../../helpers/load-server.js'

const host = '127.0.0.1'

interface Teardown {
  teardown(end: () => unknown): void
}

async function pooled(
  t: Teardown,
  options: Partial<Parameters<typeof ConnectionPool.connect>[0]> = {},
  serverOptions: ServerOptions = {},
): Promise<ConnectionPool> {
  const server = await startServer({ port: 0, ...serverOptions })
  const { port } = server
  const pool = await ConnectionPool.connect({ typed: true, host, port, size: 4, ...options })
  t.teardown(async () => {
    await pool.shutDown()
    await server.close()
  })
  return pool
}

/** A pool on a server of scripts. */
async function tinyPool(
  t: Teardown,
  size: number,
  handlers: Parameters<typeof startTinyServer>[0],
): Promise<{ server: TinyServer; pool: ConnectionPool }> {
  const server = await startTinyServer(handlers)
  const pool = await ConnectionPool.connect({ typed: true, host, port: server.port, size })
  t.teardown(async () => {
    await pool.shutDown()
    await server.close()
  })
  return { server, pool }
}

t.test('run returns promises with increasing ids', async t => {
  const pool = await pooled(t)
  const tasks = [1, 3, 5, 7].map(i => pool.run(`1+${i}`))
  const foundIds = tasks.map(task => task.id)
  t.strictSame(foundIds, [1, 2, 3, 4])
  t.strictSame(await Promise.all(tasks), [2, 4, 6, 8].map(int))
  t.equal(pool.runTaskAsync('1').id, 5)
  t.strictSame(await pool.run('add', 1, 2), int(3), 'with arguments it calls a function')
})

t.test('several tasks run at the same time on the server', async t => {
  const allBegun = closedGate()
  let begun = 0
  const before = ({ text }: RequestInfo): { until: Promise<undefined> } | undefined => {
    if (text !== '1+1') return undefined
    if (++begun === 4) allBegun.open()
    return { until: allBegun.opened }
  }
  const pool = await pooled(t, {}, { faults: { before } })
  // No task ends before all four have begun. So tasks that run one after another would never end.
  const results = await Promise.all([1, 2, 3, 4].map(() => pool.run('1+1')))
  t.strictSame(results, [2, 2, 2, 2].map(int))
})

deepTest(t, 'tasks beyond the number of sessions wait, start in order, and none fails', async t => {
  const { server, pool } = await tinyPool(t, 2, { script: code => int(Number(code)) })
  const count = 5_000
  const results = await Promise.all(Array.from({ length: count }, (_, i) => pool.run(String(i))))
  const expected = Array.from({ length: count }, (_, i) => int(i))
  t.strictSame(results, expected)
  const scripts = server.log.filter(line => line.startsWith('script '))
  t.equal(scripts.length, count)
  // With two sessions, a task can overtake only its neighbour.
  const places = scripts.map((line, place) => Math.abs(Number(line.slice(7)) - place))
  t.ok(Math.max(...places) <= 2, `furthest from its place: ${Math.max(...places)}`)
  await pool.shutDown()
})

t.test('variables are released after a task, unless an option keeps them', async t => {
  const pool = await pooled(t, { size: 1 })
  await pool.run('a = 1')
  await t.rejects(pool.run('a'), { name: 'ServerError' })
  await pool.run('b = 2', { clearMemory: false })
  t.strictSame(await pool.run('b', { clearMemory: false }), int(2))
})

t.test('tables come as lists of columns on request', async t => {
  const pool = await pooled(t)
  const script = 'table(1 2 as id, `a`b as sym)'
  const lists = [
    [1, 2],
    ['a', 'b'],
  ]
  t.strictSame(await pool.run(script, { pickleTableToList: true }), lists)
  const taken = await pool.run('take', [1, 2], 3, { pickleTableToList: true })
  t.strictSame(taken, await pool.run('1 2 1'))
  t.strictSame(await pool.runTaskAsync(script, { pickleTableToList: true }).result(), lists)
})

t.test('addTask, isFinished and getData use ids given by the caller', async t => {
  const gate = closedGate()
  const { server, pool } = await tinyPool(t, 2, {
    script: code => (code === 'slow' ? gate.opened.then(() => int(1)) : int(Number(code))),
  })
  await pool.addTask('slow', 12)
  t.equal(await pool.isFinished(12), false)
  await t.rejects(pool.addTask('2', 12), { code: 'DDB_TASK', message: /12 is not finished/ })
  const data = pool.getData(12)
  const second = t.rejects(pool.getData(12), { code: 'DDB_TASK' }, 'only the first gets it')
  gate.open()
  t.strictSame(await data, int(1), 'getData waits')
  await second
  const asked: Promise<unknown>[] = [pool.getData(12), pool.getData(99), pool.isFinished(12)]
  for (const answer of asked) {
    await t.rejects(answer, { code: 'DDB_TASK', message: /fetched already/ })
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

t.test('many tasks share a signal without a warning', async t => {
  const { pool } = await tinyPool(t, 1, { script: () => int(1) })
  const warnings: Error[] = []
  const listen = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 11 }, () => pool.run('1', { signal })))
  await turn()
  t.strictSame(warnings, [])
})

t.test('a failure can be fetched once, like a result', async t => {
  const pool = await pooled(t)
  await pool.addTask('1 + noSuchName', 1)
  await t.rejects(pool.getData(1), { name: 'ServerError', code: 'DDB_SERVER' })
  await t.rejects(pool.getData(1), { code: 'DDB_TASK' })
  await pool.addTask('1 + noSuchName', 2)
  await pool.addTask('3', 3)
  t.strictSame(await pool.getData(3), int(3), 'failures that are never fetched do no harm')
})

t.test('counted ids and given ids cannot be mixed', async t => {
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

t.test('runTaskAsync returns a state, and a result that can be awaited with a timeout', async t => {
  const gate = closedGate()
  const { pool } = await tinyPool(t, 1, { script: () => gate.opened.then(() => int(5)) })
  const task = pool.runTaskAsync('slow')
  t.equal(task.state, 'pending')
  await t.rejects(task.result(0.001), { name: 'TimeoutError', code: 'DDB_TIMEOUT' })
  for (const bad of [-1, NaN]) await t.rejects(task.result(bad), { code: 'DDB_USAGE' })
  t.equal(task.state, 'pending', 'the task continues')
  const patient = task.result(10_000_000)
  gate.open()
  t.strictSame(await patient, int(5), 'a longer timeout outlasts a shorter one')
  t.equal(task.state, 'finished')
  t.strictSame(await task.result(0), int(5), 'requested twice')
  await pool.shutDown()
})

t.test('an abandoned task keeps its session until its answer has arrived', async t => {
  const gate = closedGate()
  const { server, pool } = await tinyPool(t, 2, {
    script: code => (code === 'slow' ? gate.opened : int(Number(code))),
  })
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
  t.notOk(server.log.includes('script 9'), 'a task abandoned in the queue is never sent')
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

t.test('shutDown ends running and waiting tasks at once; later calls fail', async t => {
  const gate = closedGate()
  const server = await startTinyServer({ script: () => gate.opened })
  t.teardown(async () => {
    gate.open()
    await server.close()
  })
  const pool = await ConnectionPool.connect({ typed: true, host, port: server.port, size: 2 })
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

t.test('disposing of a pool shuts it down', async t => {
  const server = await tinyServer(t, { script: () => int(1) })
  const pool = await ConnectionPool.connect({ typed: true, host, port: server.port, size: 3 })
  const ids = await pool.getSessionId()
  t.equal(new Set(ids).size, 3)
  t.ok(ids.every(id => /^\d+$/.test(id)))
  await pool[Symbol.asyncDispose]()
  await Promise.all(ids.map(id => server.sessionClosed(id)))
  await t.rejects(pool.run('1'), { code: 'DDB_CLOSED' })
})

t.test('a connection that ends during a result fails its task and is reopened', async t => {
  const faults: Faults = {
    before: ({ text }) => {
      if (text === 'close') return 'close'
      return text === 'cut' ? { answer: () => 'cut' } : undefined
    },
  }
  const initScript = 'share table(1..1000 as id) as big'
  const pool = await pooled(t, { size: 1 }, { faults, initScript })
  const before = await pool.getSessionId()
  for (const script of ['cut', 'close']) {
    await t.rejects(pool.run(script), { name: 'ConnectionError', code: 'DDB_CONNECTION_LOST' })
    const expected = { form: 'scalar', type: 'INT', value: 1000 }
    t.strictSame(await pool.run('exec count(*) from big'), expected)
  }
  t.not((await pool.getSessionId())[0], before[0])
})

t.test('tasks use connected sessions while one session cannot connect', async t => {
  const near = await startTinyServer({ script: code => int(Number(code)) })
  const far = await startFakeServer(t, (_, peer) => peer.socket.destroy())
  t.teardown(() => near.close())
  const nodes = vectorOf({ type: 'STRING' }, [`${host}:${near.port}:a`, `${host}:${far.port}`])
  const entry = await tinyServer(t, { script: () => nodes })
  const options = { host, port: entry.port, size: 2, loadBalance: true }
  const pool = await ConnectionPool.connect({ ...options, typed: true })
  const asked = entry.log.filter(line => line.startsWith('script'))
  t.strictSame(asked, ['script rpc(getControllerAlias(), getClusterLiveDataNodes{false})'])
  const lost = (): Promise<unknown> => pool.run('0').catch((error: unknown) => error)
  const both = await Promise.all([lost(), lost()])
  t.match(both, [int(0), { code: 'DDB_CONNECTION_LOST' }])
  await far.close()
  const results = await Promise.all([1, 2, 3, 4, 5, 6].map(i => pool.run(String(i))))
  t.strictSame(results, [1, 2, 3, 4, 5, 6].map(int), 'none fails because of the missing node')
  await pool.shutDown()
})

t.test('without a server each task fails with a typed error; later the pool continues', async t => {
  const first = await startTinyServer({ script: () => int(1) })
  const { port } = first
  const pool = await ConnectionPool.connect({ typed: true, host, port, size: 2 })
  await first.close()
  const tasks = Array.from({ length: 5 }, () => pool.run('1').catch((error: unknown) => error))
  for (const outcome of await Promise.all(tasks)) {
    t.match(outcome, { name: 'ConnectionError', code: /^DDB_CONNECT(ION_LOST)?$/ })
  }
  await tinyServer(t, { script: () => int(2) }, { port })
  t.strictSame(await Promise.all([pool.run('1'), pool.run('1')]), [int(2), int(2)])
  await pool.shutDown()
})

t.test('load is distributed over the live nodes of a cluster', async t => {
  const nodes = await Promise.all([1, 2].map(() => startTinyServer({ script: () => yes })))
  const names = nodes.map(({ port }, i) => `${host}:${port}:node${i}`)
  const entry = await startTinyServer({ script: () => vectorOf({ type: 'STRING' }, names) })
  for (const server of [...nodes, entry]) t.teardown(() => server.close())
  const options = { host, port: entry.port, size: 4, loadBalance: true }
  const pool = await ConnectionPool.connect({ ...options, typed: true })
  const sessionCounts = nodes.map(node => node.sessions.length)
  t.strictSame(sessionCounts, [2, 2])
  await pool.shutDown()
})

t.test('a pool that cannot open leaves no connection open', async t => {
  for (const size of [0, 1.5, 5_000]) {
    await t.rejects(ConnectionPool.connect({ typed: true, host, port: 1, size }), {
      code: 'DDB_USAGE',
    })
  }
  const server = await startServerFor(t, { maxConnections: 2 })
  const error = { name: 'ServerError', message: /Maximum connections 2 reached/ }
  await t.rejects(ConnectionPool.connect({ typed: true, host, port: server.port, size: 3 }), error)
  const signal = AbortSignal.abort()
  await t.rejects(
    ConnectionPool.connect({ typed: true, host, port: server.port, size: 1, signal }),
    { code: 'DDB_INTERRUPTED' },
  )
  const silent = await startFakeServer(t, () => undefined, { answerConnect: false })
  const controller = new AbortController()
  const late = { host, port: silent.port, size: 2, signal: controller.signal }
  const opening = ConnectionPool.connect(late)
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

t.test('results come in the order in which they are ready', async t => {
  const gates = [closedGate(), closedGate(), closedGate()]
  const promises = gates.map((gate, i) => gate.opened.then(() => i))
  const results = asCompleted(promises)
  for (const i of [2, 0, 1]) {
    gates[i]!.open()
    t.strictSame(await results.next(), { done: false, value: i })
  }
  t.strictSame(await results.next(), { done: true, value: undefined })
  t.strictSame(await asCompleted([]).next(), { done: true, value: undefined })
})

t.test('a failure comes in its turn, and later failures are not unhandled rejections', async t => {
  const results = asCompleted([
    Promise.resolve(1),
    Promise.reject(new Error('first')),
    Promise.reject(new Error('second')),
  ])
  t.strictSame(await results.next(), { done: false, value: 1 })
  await t.rejects(results.next(), { message: 'first' })
  t.strictSame(await results.next(), { done: true, value: undefined })
})

// How servers name the live data nodes of a cluster.

/** Asks a server for its live nodes; the server sends `answer`. Returns the nodes and the script that was sent. */
async function asked(
  t: Test,
  answer: Value,
  login: { user?: string; password?: string } = {},
  allowed: readonly string[] = [],
): Promise<{ nodes: unknown; script: unknown; ended: Promise<void> }> {
  const server = await startFakeServer(t, (_, peer) => peer.reply({ value: answer }))
  const nodes: unknown = await liveNodes({ host, port: server.port, ...login }, allowed).catch(
    (error: unknown) => error,
  )
  const request = server.peer.requests.at(-1)?.request
  return {
    nodes,
    script: request?.kind === 'script' ? request.script : undefined,
    ended: server.peer.until(peer => peer.ended),
  }
}

const strings = (...texts: string[]): Value => vectorOf({ type: 'STRING' }, texts)

t.test('nodes are returned as HOST:PORT:ALIAS, and the session is closed', async t => {
  const { nodes, script, ended } = await asked(
    t,
    strings('10.0.0.1:8902:node1', 'db.example.com:80:n:2', '[::1]:8848:n', 'h:1'),
  )
  t.strictSame(nodes, [
    { host: '10.0.0.1', port: 8902 },
    { host: 'db.example.com', port: 80 },
    { host: '[::1]', port: 8848 },
    { host: 'h', port: 1 },
  ])
  t.equal(script, 'rpc(getControllerAlias(), getClusterLiveDataNodes{false})')
  await ended
})

t.test('names without an address are skipped; if no node is left, there is an error', async t => {
  t.strictSame((await asked(t, strings('node1', 'h:1:x', ':5:x', 'h:port:x'))).nodes, [
    { host: 'h', port: 1 },
  ])
  for (const answer of [strings(), strings('node1'), int(5)]) {
    const { nodes, ended } = await asked(t, answer)
    t.match(nodes, { code: 'DDB_CONNECT', message: /no live data node/ })
    await ended
  }
})

t.test('a login goes only to hosts that were named or allowed', async t => {
  const answer = strings('127.0.0.1:8902:node1', 'DB.example.com:80:n2')
  const login = { user: 'ann', password: 'secret' }
  const { nodes, ended } = await asked(t, answer, login)
  t.match(nodes, {
    code: 'DDB_CONNECT',
    message: /names DB\.example\.com:80, a host that you did not/,
  })
  await ended
  const allowed = await asked(t, answer, login, ['db.EXAMPLE.com'])
  t.match(allowed.nodes, [{ host: '127.0.0.1' }, { host: 'DB.example.com' }])
})

// A single session of a pool.

const shutDown = new UsageError('DDB_CLOSED', 'the pool is shut down')

t.test("the pool's signal ends its own attempt, not a later attempt", async t => {
  const server = await startFakeServer(t, (_, peer) => peer.reply({ value: int(1) }))
  const controller = new AbortController()
  const member = new PoolMember({ host, port: server.port, signal: controller.signal })
  controller.abort()
  await t.rejects(member.open(controller.signal), { code: 'DDB_INTERRUPTED' })
  await member.open()
  t.equal(member.isOpen, true)
  await member.abandon(shutDown)
})

t.test('abandoning during a connection attempt gives the reason', async t => {
  const server = await startFakeServer(t, () => undefined, { answerConnect: false })
  const member = new PoolMember({ host, port: server.port })
  const opening = member.open()
  opening.catch(() => undefined)
  await server.accepted
  await member.abandon(shutDown)
  await t.rejects(opening, shutDown)
})

t.test('a task sends its arguments as values and keeps its own options to itself', async t => {
  const options = { pickleTableToList: true, timeoutMs: 1000, priority: 2 }
  const { task, script, args, ...rest } = taskRequest(7, 'f', [1, options])
  t.strictSame([task.id, script, args], [7, 'f', [int(1)]])
  t.strictSame(rest.options, { clearMemory: true, priority: 2 })
  task.finish(undefined)
})

t.test('results are plain unless the pool or the task requests types', async t => {
  const pool = await pooled(t, { typed: false, times: 'Date' })
  t.equal(await pool.run('1+2'), 3)
  t.strictSame(await pool.run('1+2', { typed: true }), int(3))
  t.strictSame(await pool.run('2024.01.02'), new Date('2024-01-02'))
  t.equal(await pool.run('2024.01.02', { times: 'text' }), '2024-01-02')
  const table = await pool.run<PlainTable>('table(1 2 as id)')
  t.strictSame(table.rows(), [{ id: 1 }, { id: 2 }])
})
