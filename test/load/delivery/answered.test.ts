import t, { type Test } from 'tap'
import { connect, type Session } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { retryRules } from '../../../src/load/connection/retry.js'
import { AnsweredDelivery } from '../../../src/load/delivery/answered.js'
import { newRecorder, type RecordedTarget } from '../../../src/load/delivery/recorder.js'
import type { ServerAddress } from '../../../src/load/options.js'
import type { Column, Value } from '../../../src/protocol/value.js'
import { batchOf } from '../../helpers/batches.js'
import { startFakeServer, type FakeServer } from '../../helpers/fake-server.js'
import { testRun } from '../../helpers/load-run.js'
import { turnPlatform } from '../../helpers/turn-platform.js'
import { int, ints, text } from '../../helpers/values.js'

const busy = '<ChunkInTransaction>owned by transaction 1 RefId:S00002'
const typeError = 'Incompatible type. Expected: INT, Actual: STRING'
const noRights = '<NoPrivilege>Not granted to write data to table dfs://d/t'

/** How a server answers ids: as `tableInsert` does, with an error, with silence, or by hanging up. */
type Answer = Value | { readonly error: string } | 'silence' | 'close' | undefined
type Answering = (ids: readonly number[], request: number) => Answer

const took = (ids: readonly number[]): Value => int(ids.length)

async function answeringServer(t: Test, answer: Answering) {
  const sent: number[][] = []
  const server = await startFakeServer(({ request }, peer) => {
    const last = request.kind === 'function' ? request.args.at(-1) : undefined
    const column = last?.form === 'table' ? last.columns[0] : undefined
    if (column?.form !== 'vector' || column.type !== 'INT') throw new Error('not a batch of ids')
    const ids = [...column.data]
    sent.push(ids)
    const given = answer(ids, sent.length)
    if (given === 'close') peer.socket.destroy()
    else if (given === undefined || (typeof given === 'object' && 'form' in given)) {
      peer.reply({ value: given })
    } else if (given !== 'silence') peer.reply(given)
  })
  t.teardown(() => server.close())
  return { server, sent }
}

interface Change {
  readonly target?: Partial<RecordedTarget>
  readonly remembers?: boolean
  readonly leader?: FakeServer
}

/** A delivery to a server that answers as told, and batches of four rows: ids 0 to 3, 4 to 7, and so on. */
async function scene(t: Test, answer: Answering, { target, remembers, leader }: Change = {}) {
  const { server, sent } = await answeringServer(t, answer)
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  const run = testRun(
    {
      delivery: { mode: 'sync', confirmTimeoutMs: 1_000, retries: 2 },
      rejects: { onError: 'skip' },
    },
    platform,
  )
  const traits: RecordedTarget = {
    description: { columns: [], keyed: false },
    kind: 'table',
    allOrNothing: true,
    retries: 2,
    keyed: false,
    inMemory: true,
    ...target,
  }
  const open = (port: number): Promise<Session> => connect({ host: '127.0.0.1', port })
  const session = await open(server.port)
  const writer = { session, functionName: 'tableInsert{target}', leading: [] as Value[] }
  const asked: boolean[] = []
  const followed: ServerAddress[] = []
  let unmarked = 0
  const delivery = new AnsweredDelivery(writer, {
    run,
    recorder: newRecorder(run, traits),
    rules: retryRules(run),
    columnNames: ['id'],
    isIdle: () => Promise.resolve(undefined),
    follow: to => {
      followed.push(to)
      if (leader === undefined) {
        return Promise.reject(new ConnectionError('DDB_CONNECT', 'not a host that was named'))
      }
      return open(leader.port)
    },
    remembers: silent => {
      asked.push(silent)
      return Promise.resolve(remembers ?? false)
    },
    unmark: () => Promise.resolve(void unmarked++),
  })
  t.teardown(() => delivery.close())
  let batches = 0
  const next = () => {
    const first = 4 * batches++
    run.counts.readUpTo(4 * batches)
    const id = ints(first, first + 1, first + 2, first + 3) as Column
    return { ...batchOf(4, first), columns: [id] }
  }
  return {
    run,
    writer,
    delivery,
    next,
    sent,
    asked,
    followed,
    unmarked: () => unmarked,
    deliver: () => delivery.deliver(next()),
    /** Rows confirmed, unconfirmed, rejected, unsent. */
    counts: () => {
      const { confirmed, unconfirmed, rejected, unsent } = run.counts.rows
      return [confirmed, unconfirmed, rejected, unsent]
    },
  }
}

t.test('an answer confirms its batch and is waited for', async t => {
  const { delivery, deliver, counts, sent, asked, run } = await scene(t, took)
  t.equal(delivery.used, 'answers')
  const delivering = deliver()
  t.equal(delivery.inFlightBytes, 40)
  await delivering
  t.same(counts(), [4, 0, 0, 0])
  t.equal(delivery.inFlightBytes, 0)
  await deliver()
  t.same(sent, [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ])
  t.match(run.counts.batches, { sent: 2, retried: 0, failed: 0 })
  t.not(run.latencies.percentiles().p50, null)
  await delivery.finish()
  t.same(asked, [], 'nothing is in doubt')
})

t.test('an upsert answers rows inserted and rows updated, a function anything', async t => {
  const pair: Value = {
    form: 'pair',
    elements: { form: 'vector', type: 'LONG', length: 2, data: BigInt64Array.of(1n, 3n) },
  }
  const upsert = await scene(t, () => pair, { target: { keyed: true } })
  await upsert.deliver()
  t.same(upsert.counts(), [4, 0, 0, 0])
  for (const value of [undefined, text('done')]) {
    const call = await scene(t, () => value, { target: { kind: 'function' } })
    await call.deliver()
    t.same(call.counts(), [4, 0, 0, 0])
  }
})

t.test('rows that a table did not take are not confirmed', async t => {
  const { deliver, counts, delivery } = await scene(t, () => int(3))
  await deliver()
  t.same(counts(), [3, 1, 0, 0])
  t.match(delivery.note, /3 of 4 rows/)
})

t.test('an answer without a number of rows leaves its batch in doubt', async t => {
  for (const value of [undefined, text('4')]) {
    const { deliver, counts } = await scene(t, () => value)
    await t.rejects(deliver(), { code: 'DDB_PROTOCOL' })
    t.same(counts(), [0, 4, 0, 0])
  }
})

t.test('bad rows are looked for by halves, first halves first', async t => {
  const { deliver, counts, sent } = await scene(t, ids =>
    ids.includes(2) ? { error: typeError } : took(ids),
  )
  await deliver()
  t.same(sent, [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]])
  t.same(counts(), [3, 0, 1, 0])
})

t.test('where part of a batch may be there, rows are not looked for', async t => {
  const { deliver, counts, sent } = await scene(t, () => ({ error: typeError }), {
    target: { allOrNothing: false },
  })
  await deliver()
  t.same(sent, [[0, 1, 2, 3]])
  t.same(counts(), [0, 4, 0, 0])
})

t.test('what is in the way passes: the batch goes out again after a rest', async t => {
  const { deliver, counts, sent, run } = await scene(t, (ids, request) =>
    request < 3 ? { error: busy } : took(ids),
  )
  await deliver()
  t.equal(sent.length, 3)
  t.same(counts(), [4, 0, 0, 0])
  t.equal(run.counts.batches.retried, 2)
  // Half of 100 ms and half of 400 ms at least.
  t.ok(run.platform.clock.nowMs() >= 250, `${run.platform.clock.nowMs()} ms`)
})

t.test('what is in the way twice in a row ends the run', async t => {
  const { deliver, counts, sent } = await scene(t, () => ({ error: busy }))
  await deliver()
  t.equal(sent.length, 3, 'retries are used up')
  t.same(counts(), [0, 4, 0, 0])
  await t.rejects(deliver(), { code: 'DDB_UNAVAILABLE' })
  t.same(counts(), [0, 8, 0, 0])
})

t.test('a batch that nobody has the right to write ends the run, and is not stored', async t => {
  const { deliver, counts, run } = await scene(t, ids =>
    ids.length === 4 ? { error: typeError } : { error: noRights },
  )
  await t.rejects(deliver(), { code: 'DDB_PRIVILEGE' })
  t.match(run.failure, { code: 'DDB_PRIVILEGE' })
  t.same(counts(), [0, 0, 0, 4], 'nor is the half that was not sent')
})

t.test('a batch follows the node that leads', async t => {
  const leader = await answeringServer(t, took)
  const here = await scene(t, () => ({ error: '<NotLeader>node2:8902' }), {
    leader: leader.server,
  })
  await here.deliver()
  t.same(here.followed, [{ host: 'node2', port: 8902 }])
  t.same(here.counts(), [4, 0, 0, 0])
  await here.deliver()
  t.equal(here.sent.length, 1, 'and those behind it go there, too')
  t.equal(leader.sent.length, 2)
})

t.test('a node that was not named, or nodes without end, leave the batch unsent', async t => {
  const redirect: Answering = () => ({ error: '<NotLeader>node2:8902' })
  const refused = await scene(t, redirect)
  await t.rejects(refused.deliver(), { code: 'DDB_CONNECT' })
  t.same(refused.counts(), [0, 0, 0, 4])
  const leader = await answeringServer(t, redirect)
  const circling = await scene(t, redirect, { leader: leader.server })
  await t.rejects(circling.deliver(), { code: 'DDB_CONNECT' })
  t.equal(circling.followed.length, 5)
  t.same(circling.counts(), [0, 0, 0, 4])
})

for (const remembers of [true, false]) {
  t.test(
    `a connection that is lost: the server ${remembers ? 'has' : 'lost'} its memory`,
    async t => {
      const { delivery, deliver, counts, asked } = await scene(
        t,
        (ids, request) => (request === 1 ? took(ids) : 'close'),
        { remembers },
      )
      await deliver()
      await t.rejects(deliver(), { code: 'DDB_CONNECTION_LOST' })
      t.same(counts(), [4, 4, 0, 0])
      await delivery.finish()
      t.same(asked, [false])
      t.same(counts(), remembers ? [4, 4, 0, 0] : [0, 8, 0, 0])
    },
  )
}

t.test('rows on disk stay confirmed, and nobody is asked', async t => {
  const { delivery, deliver, counts, asked } = await scene(
    t,
    (ids, request) => (request === 1 ? took(ids) : 'close'),
    { target: { inMemory: false } },
  )
  await deliver()
  await t.rejects(deliver(), { code: 'DDB_CONNECTION_LOST' })
  await delivery.finish()
  t.same(asked, [])
  t.same(counts(), [4, 4, 0, 0])
})

t.test('a server that keeps silent is told as such, and asked as such', async t => {
  const { delivery, deliver, counts, asked } = await scene(
    t,
    (ids, request) => (request === 1 ? took(ids) : 'silence'),
    { remembers: true },
  )
  await deliver()
  await t.rejects(deliver(), { code: 'DDB_UNCONFIRMED' })
  await delivery.finish()
  t.same(asked, [true])
  t.same(counts(), [4, 4, 0, 0])
})

t.test('a run that leaves ends the wait for an answer', async t => {
  const { delivery, deliver, counts } = await scene(t, () => 'silence')
  const delivering = deliver()
  const reason = new ConnectionError('DDB_CONNECTION_LOST', 'interrupted')
  delivery.leave(reason)
  await t.rejects(delivering, { code: 'DDB_CONNECTION_LOST' })
  t.same(counts(), [0, 4, 0, 0])
})

t.test('closing removes the marker, whatever became of the session', async t => {
  for (const isLost of [true, false]) {
    const { delivery, writer, unmarked } = await scene(t, took)
    if (isLost) writer.session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
    await delivery.close()
    t.equal(unmarked(), 1)
    t.ok(writer.session.closed)
  }
})
