import t from 'tap'
import { divideByLane } from '../../../src/load/outcomes/lane-batches.js'
import { halves, wholeBatch } from '../../../src/load/outcomes/batch-part.js'
import { DdbError } from '../../../src/errors.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import type { OpenBatch } from '../../../src/load/outcomes/fold.js'
import type { DeliveryOptions } from '../../../src/load/options.js'
import type { Run } from '../../../src/load/run.js'
import { SendQueue } from '../../../src/load/outcomes/send-queue.js'
import { batchOf } from '../../helpers/batches.js'
import { handClock } from '../../helpers/clocks.js'
import { testRun } from '../../helpers/load-run.js'
import { nodeStub } from '../../helpers/receipt-node.js'

/** A queue to a node that accepts everything. By default two batches of eighty bytes may be in flight. */
function scene(delivery: DeliveryOptions = { maxInFlightBytes: 160 }) {
  const clock = handClock()
  const run = testRun({ delivery }, { clock })
  const stub = nodeStub()
  const queue = new SendQueue(run, stub.node, error => run.ending.fail(error))
  return { clock, run, stub, queue, add: () => queue.add(wholeBatch(batchOf(8))) }
}

function close(run: Pick<Run, 'emit'>, { lane, no, rows }: OpenBatch): void {
  run.emit({ kind: 'ended', lane, no, confirmed: rows, rejected: 0, unconfirmed: 0, unsent: 0 })
}

const leader = { host: 'node2', port: 8902 }

t.test('batches are sent in order, each transmission with its own number', async t => {
  const { queue, add, stub } = scene()
  const { batch } = add()
  add()
  queue.repeat(batch)
  queue.sendAgain(batch)
  t.same(stub.sent, [
    [1, 0, 1],
    [2, 0, 2],
    [1, 0, 3],
    [1, 1, 4],
  ])
})

t.test('transmissions after the first one count as resent', async t => {
  const { queue, add, run } = scene()
  const { batch } = add()
  t.equal(run.state.batches.retried, 0)
  queue.repeat(batch)
  queue.sendAgain(batch)
  t.equal(run.state.batches.retried, 2)
})

t.test('the queue has room until the bytes in flight reach the limit', async t => {
  const { queue, add, run } = scene()
  t.ok(queue.hasRoom)
  const { batch } = add()
  t.ok(queue.hasRoom)
  add()
  t.notOk(queue.hasRoom)
  close(run, batch)
  t.ok(queue.hasRoom)
})

t.test('without a connection batches stay queued until a flush', async t => {
  const { queue, add, stub } = scene()
  stub.isLost = true
  t.match(add(), { room: true, batch: { state: 'queued' } })
  t.same(stub.sent, [])
  stub.isLost = false
  queue.flush()
  queue.flush()
  t.same(stub.sent, [[1, 0, 1]], 'and each goes out once')
})

t.test('if a different node leads, unsent and refused batches are held back', async t => {
  const { queue, add, stub, run } = scene()
  const { batch: refused } = add()
  add()
  run.emit({ kind: 'refused', lane: 0, no: refused.no, words: '<NotLeader>node2:8902' })
  t.same(queue.held(), [], 'no other node leads yet')
  queue.leader = leader
  t.notOk(queue.hasRoom)
  t.match(add(), { room: false, batch: { state: 'queued' } })
  t.same(
    queue.held().map(({ no }) => no),
    [1, 3],
  )
  t.same(
    queue.transmitted().map(({ no }) => no),
    [2],
  )
  t.equal(stub.sent.length, 2)
})

t.test('a refused batch is sent again after its pause, unless it is closed by then', async t => {
  const { queue, add, clock, stub, run } = scene()
  const [{ batch: rested }, { batch: closed }] = [add(), add()]
  for (const batch of [rested, closed]) {
    run.emit({ kind: 'refused', lane: 0, no: batch.no, words: 'busy' })
    queue.sendLater(batch, 100)
  }
  close(run, closed)
  clock.advance(99)
  t.equal(stub.sent.length, 2)
  clock.advance(1)
  t.same(stub.sent.slice(2), [[1, 1, 3]])
})

t.test('no batch rests once a run has ended', async t => {
  const { queue, add, clock, stub, run } = scene()
  const { batch } = add()
  run.emit({ kind: 'refused', lane: 0, no: batch.no, words: 'busy' })
  queue.sendLater(batch, 100)
  queue.endRest()
  t.equal(clock.timers, 0)
  clock.advance(100)
  t.equal(stub.sent.length, 1)
})

t.test(
  'a part that an earlier process sent is sent only if the server does not know it',
  async t => {
    const { queue, stub, run } = scene()
    const known = queue.takeUp(wholeBatch(batchOf(8)), 4, 2)
    t.match(known, { no: 4, attempt: 2, state: 'sent' })
    t.same(stub.sent, [])
    const unknown = queue.takeUp(wholeBatch(batchOf(8)), 5, undefined)
    queue.sendTakenUp(unknown)
    t.match(unknown, { no: 5, attempt: 0, state: 'sent' })
    t.same(
      stub.sent,
      [[5, 0, 1]],
      'with its old number and attempt, in case the other copy still arrives',
    )
    t.equal(run.state.batches.retried, 0)
  },
)

t.test('without a connection a resumed part stays queued', async t => {
  const { queue, stub } = scene()
  stub.isLost = true
  const batch = queue.takeUp(wholeBatch(batchOf(8)), 5, undefined)
  queue.sendTakenUp(batch)
  t.match(batch, { state: 'queued' })
  stub.isLost = false
  queue.flush()
  t.same(stub.sent, [[5, 0, 1]])
})

/** A queue with a journal that logs its records and writes. The test can make a write fail. */
function journaled() {
  const { run, stub } = scene()
  const told: string[] = []
  const state = { isFull: false }
  const journal = {
    commit() {
      if (state.isFull) throw new DdbError('DDB_OUTPUT_WRITE', 'full')
      told.push(`written, ${stub.sent.length} sent`)
    },
  } as unknown as Journal
  const stopped: DdbError[] = []
  const queue = new SendQueue(
    {
      ...run,
      history: { ...run.history, journal },
      commit: () => journal.commit(),
      emit(event) {
        if (event.kind === 'numbered') told.push(`batch ${event.no}`)
        run.emit(event)
      },
    },
    stub.node,
    error => void stopped.push(error),
  )
  return { run, stub, told, state, stopped, queue, add: () => queue.add(wholeBatch(batchOf(8))) }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('one write puts all batches of a turn into the journal before any is sent', async t => {
  const { add, told, stub, run } = journaled()
  const { batch, room } = add()
  t.match([batch.state, room], ['queued', true])
  add()
  t.same(stub.sent, [])
  await turn()
  t.same(told, ['batch 1', 'batch 2', 'written, 0 sent'])
  t.same(stub.sent, [
    [1, 0, 1],
    [2, 0, 2],
  ])
  add()
  await turn()
  t.same(told.slice(3), ['batch 3', 'written, 2 sent'])
  t.equal(run.state.inFlightCount, 3)
})

t.test('a flush in the same turn sends no batch before it is written, and none twice', async t => {
  const { queue, add, told, stub } = journaled()
  add()
  queue.flush()
  t.same(told, ['batch 1', 'written, 0 sent'])
  await turn()
  t.same(told.length, 2)
  t.same(stub.sent, [[1, 0, 1]])
})

t.test('a batch that the journal could not record is not sent, and the run stops', async t => {
  const { add, state, stopped, stub, run } = journaled()
  add()
  await turn()
  state.isFull = true
  const { batch } = add()
  add()
  await turn()
  close(run, batch)
  t.match(stopped, [{ code: 'DDB_OUTPUT_WRITE' }])
  t.same(stub.sent, [[1, 0, 1]])
  t.equal([...run.state.open.values()].filter(({ state }) => state === 'queued').length, 1)
})

t.test('a batch that was given up meanwhile is not sent', async t => {
  const { add, stub, run } = journaled()
  const { batch } = add()
  close(run, batch)
  await turn()
  t.same(stub.sent, [])
})

t.test('with a journal, the queue is full while the kernel takes no bytes', async t => {
  const { add, stub } = journaled()
  stub.bufferedBytes = 160
  t.equal(add().room, false)
  await turn()
})

t.test('over several connections, the first batch is sent alone until it is confirmed', async t => {
  const { queue, add, run } = scene({ connections: 3, unordered: true })
  t.ok(queue.hasRoom)
  const { batch } = add()
  t.notOk(queue.hasRoom)
  close(run, batch)
  add()
  t.ok(queue.hasRoom)
  run.emit({ kind: 'takenBack', reason: 'made again', isCertain: true })
  t.notOk(queue.hasRoom, 'in another table nothing is confirmed yet')
})

t.test('a batch is sent over the connection with the fewest open batches', async t => {
  const { queue, add, run } = scene({ connections: 3, unordered: true })
  close(run, add().batch)
  const [one, , three] = [add(), add(), add()].map(({ batch }) => batch)
  t.same(run.state.inFlightByConnection, [1, 1, 1])
  const over = three!.connection
  close(run, three!)
  t.equal(add().batch.connection, over)
  queue.repeat(one!)
  t.equal(
    run.state.inFlightByConnection.reduce((sum, out) => sum + out),
    3,
    'a batch and its copy count once, over any connections',
  )
  close(run, one!)
  t.same([...run.state.inFlightByConnection].sort(), [0, 1, 1])
})

t.test('batches that are due at once wait for the batch that is sent alone', async t => {
  const { queue, add, run, stub } = scene({ connections: 3, unordered: true })
  stub.isLost = true
  const [one] = [add(), add(), add()].map(({ batch }) => batch)
  stub.isLost = false
  queue.flush()
  t.equal(stub.sent.length, 1)
  queue.sendHeld()
  t.equal(stub.sent.length, 1)
  close(run, one!)
  queue.sendHeld()
  t.equal(stub.sent.length, 3)
})

/** A queue over three connections, for rows with lanes. Its first batch is already confirmed. */
function lanesScene(isOrdered: boolean) {
  const here = scene({ connections: 3, unordered: true })
  const { run, queue } = here
  const lanesOf = (): Uint8Array => new Uint8Array(8)
  run.lanes = { digest: 'd', mostLanes: Infinity, isOrdered, lanesOf }
  run.emit({ kind: 'handedOver', rows: 8 })
  const { batch: first } = queue.add(wholeBatch(batchOf(8)))
  queue.forget(first)
  close(run, first)
  return {
    ...here,
    /** Adds a batch with this many rows for each lane. */
    add: (perLane: readonly number[]) => {
      const laneOf = perLane.flatMap((count, lane) => new Array<number>(count).fill(lane))
      const batch = batchOf(laneOf.length)
      queue.addLanes(batch, { ...divideByLane(batch, Uint8Array.from(laneOf), 3), by: 'd' })
    },
    end: (no: number) => {
      const batch = run.state.open.get(no)!
      queue.forget(batch)
      close(run, batch)
      queue.sendHeld()
    },
    /** Batch number, state and connection of each open batch. */
    out: () =>
      [...run.state.open.values()].map(({ no, state, connection }) => [no, state, connection]),
  }
}

t.test(
  'rows of a lane are sent over its connection, with numbers that follow from the batch',
  async t => {
    const { add, out } = lanesScene(false)
    add([3, 0, 5])
    add([1, 1, 1])
    t.strictSame(out(), [
      [2, 'sent', 0],
      [3, 'sent', 2],
      [4, 'sent', 0],
      [5, 'sent', 1],
      [6, 'sent', 2],
    ])
  },
)

t.test('if the order matters, a lane has one batch in flight, including resting ones', async t => {
  const { add, out, end, run, queue } = lanesScene(true)
  add([3, 0, 5])
  add([1, 1, 1])
  const states = () => out().map(([no, state]) => [no, state])
  t.strictSame(states(), [
    [2, 'sent'],
    [3, 'sent'],
    [4, 'queued'],
    [5, 'sent'],
    [6, 'queued'],
  ])
  run.emit({ kind: 'refused', lane: 0, no: 2, words: 'busy' })
  queue.sendHeld()
  t.match(out()[2], [4, 'queued'], 'a resting batch is not overtaken')
  end(3)
  t.match(out().at(-1), [6, 'sent', 2])
  const part = queue.partOf(run.state.open.get(2)!)
  queue.forget(run.state.open.get(2)!)
  run.emit({ kind: 'divided', lane: 0, no: 2 })
  const parts = halves(part)
  queue.sendHeld()
  t.match(out()[0], [4, 'queued'], 'halves that wait are not overtaken either')
  for (const half of parts) {
    const { batch } = queue.add(half)
    t.match(batch, { state: 'sent', connection: 0 })
    end(batch.no)
  }
  t.match(out()[0], [4, 'sent', 0])
})

t.test('rows without a lane are sent alone', async t => {
  const { add, out, end, queue } = lanesScene(false)
  add([4, 4, 0])
  queue.add(wholeBatch(batchOf(8)))
  add([0, 0, 8])
  const states = () => out().map(([no, state]) => [no, state])
  t.strictSame(states(), [
    [2, 'sent'],
    [3, 'sent'],
    [4, 'queued'],
    [5, 'queued'],
  ])
  end(2)
  t.match(out()[1], [4, 'queued'])
  end(3)
  t.strictSame(states(), [
    [4, 'sent'],
    [5, 'queued'],
  ])
  end(4)
  t.strictSame(states(), [[5, 'sent']])
})

t.test('batches of an earlier process, sent or unsent, belong to the present node', async t => {
  const { run, queue } = lanesScene(false)
  run.emit({ kind: 'numbersGiven', lastNo: 20, lastSendNo: 100 })
  const taken = [19, 20].map(no => queue.takeUp(wholeBatch(batchOf(4)), no, undefined))
  const [first, second] = taken as [OpenBatch, OpenBatch]
  for (const batch of taken) queue.sendTakenUp(batch)
  t.match([first.state, second.state], ['sent', 'queued'], 'each goes alone')
  t.strictSame(queue.earlier(), [second])
  queue.leader = { host: 'b', port: 2 }
  queue.forget(first)
  close(run, first)
  queue.sendHeld()
  t.equal(second.state, 'sent', 'another node leads, but this one has to answer')
  t.strictSame(queue.earlier(), [])
  const { batch: own } = queue.add(wholeBatch(batchOf(4)))
  t.equal(own.state, 'queued')
  t.notOk(queue.isEarlier(own))
})
