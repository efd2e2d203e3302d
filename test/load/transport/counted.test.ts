import t, { type Test } from 'tap'
import { connect } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { openCounted, type Counting } from '../../../src/load/transport/counted.js'
import { ReadSpeed } from '../../../src/load/transport/read-speed.js'
import { openUnconfirmed, type Flow } from '../../../src/load/transport/unconfirmed.js'
import { summaryNote } from '../../../src/load/outcomes/projections.js'
import { testRun } from '../../helpers/load-run.js'
import type { Column } from '../../../src/protocol/value.js'
import { batchOf } from '../../helpers/batches.js'
import { leapingClock } from '../../helpers/clocks.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { ints } from '../../helpers/values.js'

interface Change {
  /** Returns the row count of the table, which was 100 at the start. Undefined for a run that does not count. */
  readonly rows?: (() => Promise<number>) | undefined
  readonly outsideRows?: number
  readonly maxInFlightBytes?: number
}

/** A delivery over a session to a server that accepts everything. */
async function scene(t: Test, { rows, outsideRows, maxInFlightBytes = 1_000_000 }: Change = {}) {
  const names: string[] = []
  const server = await startFakeServer(({ request }, peer) => {
    names.push(request.kind === 'function' ? request.name : request.kind)
    if (request.kind === 'script') peer.reply({ value: undefined })
  })
  t.teardown(() => server.close())
  const session = await connect({ host: '127.0.0.1', port: server.port })
  const run = testRun()
  const counts = run.state
  const given: ConnectionError[] = []
  let questions = 0
  const counting: Counting | undefined = rows && {
    count: () => {
      questions++
      return rows()
    },
    beforeRows: 100,
    idle: () => Promise.resolve(true),
    session: () => session,
    ask: (timeoutMs, question) => question({ session, timeoutMs }),
    giveUp: reason => given.push(reason),
    close: () => Promise.resolve(void closed++),
    outsideScheme: outsideRows === undefined ? undefined : () => outsideRows,
  }
  let unmarked = 0
  let closed = 0
  const writer = { sessions: [session], functionName: 'tableInsert{target}', leading: [] }
  const flow: Flow = {
    run,
    reached: new ReadSpeed(run.batchSize, 1),
    columnNames: ['id'],
    maxInFlightBytes,
    idleTimeout: { clock: leapingClock(), timeoutMs: 60_000 },
    unmark: () => Promise.resolve(void unmarked++),
    sending: () => undefined,
    look: () => Promise.resolve(undefined),
  }
  const delivery =
    counting === undefined ? openUnconfirmed(writer, flow) : openCounted(writer, flow, counting, 0)
  t.teardown(() => delivery.close())
  const batch = () => Object.assign(batchOf(4), { columns: [ints(1, 2, 3, 4) as Column] })
  return {
    session,
    server,
    delivery,
    counts,
    batch,
    deliver: () => delivery.deliver(batch()),
    given,
    names,
    questions: () => questions,
    unmarked: () => unmarked,
    closed: () => closed,
  }
}

const has = (rows: number) => () => Promise.resolve(rows)

t.test('without a count nothing is asked, and sent rows stay unconfirmed', async t => {
  const { delivery, deliver, counts, session, names, server } = await scene(t)
  t.equal(delivery.used, 'none')
  await deliver()
  await deliver()
  t.match(counts.batches, { sent: 2 })
  await delivery.finish()
  t.ok(session.closed, 'the close shows that the kernel has taken the bytes')
  await server.peer.until(({ ended }) => ended)
  t.same(names, ['tableInsert{target}', 'tableInsert{target}'])
  t.match(counts.rows, { confirmed: 0, unconfirmed: 8 })
  t.equal(summaryNote(counts), undefined)
})

/** The run sends 8 rows to a table of 100. Each case: final row count, how many of the 8 are confirmed, the note. */
const verdicts: [string, number, Change, confirmed: number, note: RegExp | undefined][] = [
  ['all are there', 108, {}, 8, undefined],
  ['some are missing', 105, {}, 5, /grew by 5 of 8 rows/],
  ['those outside the scheme are missing', 106, { outsideRows: 1 }, 6, /^2 rows outside/],
  [
    'more than those are missing',
    105,
    { outsideRows: 1 },
    5,
    /grew by 5 of 8 .*2 rows lie outside/,
  ],
  ['others write too', 109, {}, 0, /^cannot tell: .* 9 rows .* 8 were sent/],
  ['others remove rows', 99, {}, 0, /^cannot tell: .*-1 rows/],
]

for (const [name, rows, change, confirmed, note] of verdicts) {
  t.test(`counting: ${name}`, async t => {
    const { delivery, deliver, counts } = await scene(t, { ...change, rows: has(rows) })
    t.equal(delivery.used, 'count')
    await deliver()
    await deliver()
    await delivery.finish()
    t.match(counts.rows, { confirmed, unconfirmed: 8 - confirmed })
    if (note === undefined) t.equal(summaryNote(counts), undefined)
    else t.match(summaryNote(counts), note)
  })
}

t.test('if the server cannot be asked, nothing is confirmed', async t => {
  const { delivery, deliver, counts, given, session } = await scene(t, {
    rows: () => Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone')),
  })
  await deliver()
  await delivery.finish()
  t.match(counts.rows, { confirmed: 0, unconfirmed: 4 })
  t.match(given, [{ code: 'DDB_CONNECTION_LOST' }])
  t.ok(session.closed)
  t.ok(summaryNote(counts))
})

t.test('if nothing was sent, nothing is counted', async t => {
  const { delivery, questions } = await scene(t, { rows: has(100) })
  await delivery.finish()
  t.equal(questions(), 0)
})

t.test('the run waits while too many bytes are in flight', async t => {
  const roomy = await scene(t)
  t.equal(roomy.deliver(), undefined)
  const tight = await scene(t, { maxInFlightBytes: 0 })
  const waiting = tight.deliver()
  t.type(waiting, Promise)
  await waiting
})

t.test('a batch is released once the kernel has its bytes', async t => {
  const { delivery, batch } = await scene(t)
  const one = batch()
  await delivery.deliver(one)
  await delivery.finish()
  t.equal(one.releases, 1)
})

t.test('a lost session takes no batch, and the batch does not count as sent', async t => {
  const { delivery, deliver, counts, session } = await scene(t)
  delivery.leave(new ConnectionError('DDB_CONNECTION_LOST', 'interrupted'))
  t.ok(session.closed)
  t.throws(() => void deliver(), { code: 'DDB_CONNECTION_LOST' })
  t.equal(counts.sentRows, 0)
})

t.test('closing removes the marker in any state of the session', async t => {
  const { delivery, unmarked } = await scene(t)
  delivery.leave(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
  await delivery.close()
  t.equal(unmarked(), 1)
})

t.test('the counting session is abandoned and closed with the delivery', async t => {
  const { delivery, given, closed } = await scene(t, { rows: has(100) })
  const reason = new ConnectionError('DDB_CONNECTION_LOST', 'interrupted')
  delivery.leave(reason)
  t.same(given, [reason])
  await delivery.close()
  t.equal(closed(), 1)
})
