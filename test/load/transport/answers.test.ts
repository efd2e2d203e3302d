import t, { type Test } from 'tap'
import { connect, type Session } from '../../../src/client/open-session.js'
import { ConnectionError, DdbError } from '../../../src/errors.js'
import { retryRules } from '../../../src/load/connection/retry.js'
import { newRunNotes } from '../../../src/load/transport/run-notes.js'
import { AnsweredDelivery } from '../../../src/load/transport/answers.js'
import { newRecorder, type RecordedTarget } from '../../../src/load/outcomes/recorder.js'
import { summaryNote, uncertainLines } from '../../../src/load/outcomes/projections.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import type { RunEvent } from '../../../src/load/outcomes/events.js'
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

/** How a server answers a batch: like `tableInsert`, with an error, with silence, or by closing the connection. */
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
  /** Only with a journal: whether the run resends batches in doubt. */
  readonly resends?: boolean
  /** Number of batches that the journal can record before writing fails. */
  readonly journalHolds?: number
  readonly target?: Partial<RecordedTarget>
  readonly remembers?: boolean
  readonly leader?: FakeServer
  readonly connections?: number
}

/** A delivery to a server that answers with `answer`, and batches of four rows with the ids 0 to 3, 4 to 7 … */
async function scene(
  t: Test,
  answer: Answering,
  { target, remembers, leader, resends, journalHolds = Infinity, connections = 1 }: Change = {},
) {
  const { server, sent } = await answeringServer(t, answer)
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  const run = testRun(
    {
      delivery: {
        mode: 'sync',
        confirmTimeoutMs: 1_000,
        retries: 2,
        connections,
        unordered: true,
      },
      rejects: { onError: 'skip' },
    },
    platform,
  )
  const told: unknown[][] = []
  const journal = {
    lastNo: 7,
    commit: () => undefined,
    take(event: RunEvent) {
      if (event.kind === 'ended' && event.no !== undefined) told.push(['ended', event.no, event])
      if (event.kind !== 'numbered') return
      if (told.filter(([what]) => what === 'sending').length === journalHolds) {
        throw new DdbError('DDB_OUTPUT_WRITE', 'full')
      }
      const { startBytes, endBytes } = event.ranges[0]!
      told.push(['sending', event.no, [startBytes / 10, endBytes / 10]])
    },
    leaving: () => undefined,
    follow: () => undefined,
    lost: () => undefined,
    inputs: [],
    found: {
      inputs: [],
      processes: 1,
      duplicates: 0,
      rows: () => ({ confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }),
      rejects: undefined,
    },
  }
  if (resends !== undefined) run.history.goOn(journal as unknown as Journal)
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
  const opened = Array.from({ length: connections }, () => open(server.port))
  const writer = {
    sessions: await Promise.all(opened),
    functionName: 'tableInsert{target}',
    leading: [] as Value[],
  }
  const asked: boolean[] = []
  const followed: ServerAddress[] = []
  let unmarked = 0
  let looks = 0
  const delivery = new AnsweredDelivery(writer, {
    run,
    recorder: newRecorder(run, traits),
    rules: retryRules(run),
    columnNames: ['id'],
    open: () => Promise.resolve([]),
    isIdle: () => Promise.resolve(undefined),
    resends: resends ?? false,
    follow: to => {
      followed.push(to)
      if (leader === undefined) {
        return Promise.reject(new ConnectionError('DDB_CONNECT', 'not a host that was named'))
      }
      return Promise.all(opened.map(() => open(leader.port)))
    },
    remembers: silent => {
      asked.push(silent)
      return Promise.resolve(remembers ?? false)
    },
    look: () => Promise.resolve(void looks++),
    unmark: () => Promise.resolve(void unmarked++),
    checkOwner: () => Promise.resolve(),
    notes: newRunNotes({ clock: platform.clock }),
  })
  t.teardown(() => delivery.close())
  let batches = 0
  const next = () => {
    const first = 4 * batches++
    run.emit({ kind: 'records', upTo: 4 * batches })
    const id = ints(first, first + 1, first + 2, first + 3) as Column
    return { ...batchOf(4, first), columns: [id] }
  }
  return {
    run,
    writer,
    delivery,
    next,
    sent,
    told,
    asked,
    followed,
    unmarked: () => unmarked,
    looks: () => looks,
    deliver: () => Promise.resolve(delivery.deliver(next())),
    /** Rows confirmed, unconfirmed, rejected, unsent. */
    counts: () => {
      const { confirmed, unconfirmed, rejected, unsent } = run.state.rows
      return [confirmed, unconfirmed, rejected, unsent]
    },
  }
}

t.test('the run waits for each answer, which confirms its batch', async t => {
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
  t.match(run.state.batches, { sent: 2, retried: 0, failed: 0 })
  t.not(run.state.latencies.percentiles().p50, null)
  await delivery.finish()
  t.same(asked, [], 'no batch is in doubt')
})

t.test('an upsert answers with rows inserted and updated, a function with any value', async t => {
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

t.test('rows that the table did not accept are not confirmed', async t => {
  const { deliver, counts, run } = await scene(t, () => int(3))
  await deliver()
  t.same(counts(), [3, 1, 0, 0])
  t.match(summaryNote(run.state), /3 of 4 rows/)
})

t.test('an answer without a number of rows leaves its batch in doubt', async t => {
  for (const value of [undefined, text('4')]) {
    const { deliver, counts } = await scene(t, () => value)
    await t.rejects(deliver(), { code: 'DDB_PROTOCOL' })
    t.same(counts(), [0, 4, 0, 0])
  }
})

t.test('bad rows are found by halving, and the first half is always next', async t => {
  const { deliver, counts, sent } = await scene(t, ids =>
    ids.includes(2) ? { error: typeError } : took(ids),
  )
  await deliver()
  t.same(sent, [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]])
  t.same(counts(), [3, 0, 1, 0])
})

t.test('if part of a batch may be stored, the run does not search for bad rows', async t => {
  const { deliver, counts, sent } = await scene(t, () => ({ error: typeError }), {
    target: { allOrNothing: false },
  })
  await deliver()
  t.same(sent, [[0, 1, 2, 3]])
  t.same(counts(), [0, 4, 0, 0])
})

t.test('after a temporary refusal, the batch rests and is then sent again', async t => {
  const { deliver, counts, sent, run } = await scene(t, (ids, request) =>
    request < 3 ? { error: busy } : took(ids),
  )
  await deliver()
  t.equal(sent.length, 3)
  t.same(counts(), [4, 0, 0, 0])
  t.equal(run.state.batches.retried, 2)
  // The two pauses take at least half of 100 ms and half of 400 ms.
  t.ok(run.platform.clock.nowMs() >= 250, `${run.platform.clock.nowMs()} ms`)
})

t.test('a temporary refusal that lasts for two batches ends the run', async t => {
  const { deliver, counts, sent } = await scene(t, () => ({ error: busy }))
  await deliver()
  t.equal(sent.length, 3, 'retries are used up')
  t.same(counts(), [0, 4, 0, 0])
  await t.rejects(deliver(), { code: 'DDB_UNAVAILABLE' })
  t.same(counts(), [0, 8, 0, 0])
})

t.test('a batch refused because of a missing right ends the run and is not stored', async t => {
  const { deliver, counts, run } = await scene(t, ids =>
    ids.length === 4 ? { error: typeError } : { error: noRights },
  )
  await t.rejects(deliver(), { code: 'DDB_PRIVILEGE' })
  t.match(run.ending.failure, { code: 'DDB_PRIVILEGE' })
  t.same(counts(), [0, 0, 0, 4], 'nor is the half that was not sent')
})

t.test('a batch follows a redirect to the leader', async t => {
  const leader = await answeringServer(t, took)
  const here = await scene(t, () => ({ error: '<NotLeader>node2:8902' }), {
    leader: leader.server,
  })
  await here.deliver()
  t.same(here.followed, [{ host: 'node2', port: 8902 }])
  t.same(here.counts(), [4, 0, 0, 0])
  await here.deliver()
  t.equal(here.sent.length, 1, 'later batches go there, too')
  t.equal(leader.sent.length, 2)
})

t.test('redirects to unknown hosts, and endless redirects, leave the batch unsent', async t => {
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
  t.test(`a lost connection: the server ${remembers ? 'has' : 'lost'} its memory`, async t => {
    const { delivery, deliver, counts, asked, looks } = await scene(
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
    t.equal(looks(), remembers ? 1 : 0, 'the run waits only once')
  })
}

t.test('rows on disk stay confirmed without asking the server', async t => {
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

t.test('a silent server is reported as silent', async t => {
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

t.test('a run that leaves stops waiting for an answer', async t => {
  const { run, delivery, deliver, counts } = await scene(t, () => 'silence')
  const delivering = deliver()
  const reason = new ConnectionError('DDB_CONNECTION_LOST', 'interrupted')
  run.ending.fail(reason)
  delivery.leave(reason)
  await t.rejects(delivering, { code: 'DDB_CONNECTION_LOST' })
  t.same(counts(), [0, 4, 0, 0])
})

t.test('closing removes the marker in any state of the session', async t => {
  for (const isLost of [true, false]) {
    const { delivery, writer, unmarked } = await scene(t, took)
    if (isLost) writer.sessions[0]!.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
    await delivery.close()
    t.equal(unmarked(), 1)
    t.ok(writer.sessions[0]!.closed)
  }
})

t.test('a batch whose answer was sent to a process that has ended is in doubt', async t => {
  const { run, delivery, next, counts, sent, told } = await scene(t, took, { resends: false })
  await delivery.deliver(next(), { no: 3, rows: 4, hasNoReceipt: false })
  t.same(counts(), [0, 4, 0, 0])
  t.same(sent, [])
  t.match(uncertainLines(run.state), [{ reason: /earlier process/ }])
  t.match(told, [['ended', 3, { unconfirmed: 4 }]])
})

t.test('if a second copy is harmless or wanted, the batch is resent with its number', async t => {
  const { delivery, next, counts, sent, told } = await scene(t, took, { resends: true })
  await delivery.deliver(next(), { no: 3, rows: 4, hasNoReceipt: false })
  t.same(sent, [[0, 1, 2, 3]])
  t.same(counts(), [4, 0, 0, 0])
  t.match(told, [['ended', 3, { confirmed: 4 }]])
})

t.test('if a copy is refused, its batch stays in doubt: the first may be stored', async t => {
  const { delivery, next, counts } = await scene(t, () => ({ error: noRights }), { resends: true })
  await t.rejects(
    Promise.resolve(delivery.deliver(next(), { no: 3, rows: 4, hasNoReceipt: false })),
    {
      code: 'DDB_PRIVILEGE',
    },
  )
  t.same(counts(), [0, 4, 0, 0])
})

t.test('the journal records the end of every part, and the part before it is sent', async t => {
  const { delivery, next, told } = await scene(
    t,
    ids => (ids.includes(2) ? { error: typeError } : took(ids)),
    { resends: false },
  )
  await delivery.deliver(next())
  t.match(told, [
    ['sending', 8, [0, 4]],
    ['sending', 9, [0, 2]],
    ['ended', 9, { confirmed: 2 }],
    ['sending', 10, [2, 4]],
    ['sending', 11, [2, 3]],
    ['ended', 11, { rejected: 1 }],
    ['sending', 12, [3, 4]],
    ['ended', 12, { confirmed: 1 }],
  ])
})

t.test('a part that the journal cannot record is not sent, and neither are its halves', async t => {
  const { delivery, next, counts, sent } = await scene(
    t,
    ids => (ids.length === 4 ? { error: typeError } : took(ids)),
    { resends: false, journalHolds: 2 },
  )
  await t.rejects(Promise.resolve(delivery.deliver(next())), { code: 'DDB_OUTPUT_WRITE' })
  t.same(sent, [
    [0, 1, 2, 3],
    [0, 1],
  ])
  t.same(counts(), [2, 0, 0, 2])
})

t.test('after the first batch is confirmed, each connection has one batch in flight', async t => {
  const { delivery, deliver, counts, run } = await scene(
    t,
    (ids, n) => (n < 4 ? took(ids) : 'silence'),
    { connections: 2, remembers: true },
  )
  await deliver()
  t.same(counts(), [4, 0, 0, 0], 'the first batch was waited for')
  await deliver()
  t.equal(run.state.open.size, 1, 'there is room for another')
  await deliver()
  t.ok(run.state.open.size < 2, 'the run waited for one of the two')
  while (run.state.open.size > 0) await new Promise(resolve => setImmediate(resolve))
  await deliver()
  await t.rejects(deliver(), { code: 'DDB_UNCONFIRMED' })
  await delivery.finish()
  t.same(counts(), [12, 8, 0, 0], 'the run waits for each connection')
})
