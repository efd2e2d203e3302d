import { Duplex } from 'node:stream'
import t from 'tap'
import { Outgoing } from '../../src/client/outgoing.js'
import { requestHead } from '../../src/client/request-head.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Value } from '../../src/protocol/value.js'
import { handClock } from '../helpers/clocks.js'

/** A stream whose kernel takes what was written when the test says so. */
function slowStream(): { stream: Duplex; writes: Buffer[]; take: () => void } {
  const writes: Buffer[] = []
  let taken: (() => void) | undefined
  const write = (chunks: Buffer[], done: () => void): void => {
    writes.push(Buffer.concat(chunks))
    taken = done
  }
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => write([chunk], done),
    writev: (chunks: { chunk: Buffer }[], done) =>
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
  })
  return { stream, writes, take: () => taken?.() }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('requests of one turn leave in one write, and count as they go', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 100, handClock())
  const written: number[] = []
  for (let i = 1; i <= 3; i++) {
    outgoing.writer.utf8(String(i))
    outgoing.commit(() => written.push(i))
  }
  t.strictSame(outgoing.counts, { accepted: 3, started: 0, written: 0 })
  await nextTurn()
  t.strictSame(writes.map(String), ['123'])
  t.strictSame(outgoing.counts, { accepted: 3, started: 3, written: 0 })
  outgoing.writer.utf8('4')
  outgoing.commit()
  await nextTurn()
  t.equal(writes.length, 1, 'one write at a time')
  t.equal(outgoing.bufferedBytes, 4)
  take()
  await nextTurn()
  t.strictSame(written, [1, 2, 3])
  t.strictSame(writes.map(String), ['123', '4'])
  t.strictSame(outgoing.counts, { accepted: 4, started: 4, written: 3 })
  const emptied = outgoing.emptied()
  take()
  await emptied
  t.strictSame([outgoing.writtenBytes, outgoing.bufferedBytes], [4, 0])
})

t.test('a large request leaves piece by piece, and counts when it has left', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 100, handClock())
  const written: number[] = []
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7)
  outgoing.writer.utf8('head')
  outgoing.writer.view(bytes)
  outgoing.commit(() => written.push(1))
  outgoing.flush()
  outgoing.writer.utf8('next')
  outgoing.commit(() => written.push(2))
  let left = outgoing.bufferedBytes
  t.equal(left, 1_000_008)
  while (written.length === 0) {
    t.strictSame([outgoing.counts.started, outgoing.counts.written], [1, 0])
    const buffered = outgoing.bufferedBytes
    take()
    await nextTurn()
    t.ok(outgoing.bufferedBytes < buffered && buffered <= left, 'it is seen to move')
    left = outgoing.bufferedBytes
  }
  t.ok(writes.length > 3, `${writes.length} writes`)
  take()
  await nextTurn()
  t.strictSame(written, [1, 2])
  t.strictSame(
    Buffer.concat(writes),
    Buffer.concat([Buffer.from('head'), bytes, Buffer.from('next')]),
  )
  t.strictSame([outgoing.writtenBytes, outgoing.bufferedBytes], [1_000_008, 0])
})

t.test('waiters are served in order, each while there is room', async t => {
  const { stream, take } = slowStream()
  const outgoing = new Outgoing(stream, 4, handClock())
  const served: number[] = []
  outgoing.writer.utf8('full')
  outgoing.commit()
  t.ok(outgoing.isFull)
  outgoing.whenRoom(() => {
    served.push(1)
    outgoing.writer.utf8('more')
    outgoing.commit()
  })
  outgoing.whenRoom(() => void served.push(2))
  t.ok(outgoing.hasWaiters)
  await nextTurn()
  t.strictSame(served, [])
  take()
  await nextTurn()
  t.strictSame(served, [1], 'the first took the room')
  take()
  await nextTurn()
  t.strictSame(served, [1, 2])
  t.notOk(outgoing.hasWaiters)
})

t.test('once stopped, nothing is written and waiters are released', async t => {
  const { stream, writes, take } = slowStream()
  const outgoing = new Outgoing(stream, 1, handClock())
  outgoing.writer.utf8('a')
  outgoing.commit(() => t.fail('was written'))
  await nextTurn()
  let released = 0
  outgoing.whenRoom(() => (released += 1))
  outgoing.stop()
  outgoing.whenRoom(() => (released += 1))
  t.equal(released, 2)
  outgoing.writer.utf8('b')
  outgoing.commit()
  take()
  await nextTurn()
  t.equal(writes.length, 1)
  t.equal(outgoing.counts.written, 0)
})

t.test('columns are compressed while the network is slow', async t => {
  const clock = handClock()
  const { stream, take } = slowStream()
  const outgoing = new Outgoing(stream, 1e9, clock)
  const column = vectorOf(
    { type: 'INT' },
    Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 10_007),
  )
  const table: Value = {
    form: 'table',
    name: '',
    rows: 50_000,
    columnNames: ['c'],
    columns: [column],
  }
  const plainBytes = 200_000
  const sendIn = async (ms: number): Promise<number> => {
    outgoing.encode(requestHead('1', true, {}, true), {
      kind: 'function',
      name: 'f',
      args: [table],
    })
    const bytes = outgoing.bufferedBytes
    outgoing.commit()
    outgoing.flush()
    await nextTurn()
    clock.advance(ms)
    take()
    await nextTurn()
    t.equal(outgoing.bufferedBytes, 0)
    return bytes
  }
  t.ok((await sendIn(0)) < plainBytes, 'always, unless it is asked to look')
  outgoing.compressesWhenSlow = true
  t.equal(outgoing.isSlow, false)
  t.ok((await sendIn(1000)) > plainBytes)
  t.equal(outgoing.isSlow, true)
  t.ok((await sendIn(1000)) < plainBytes)
  for (let i = 0; i < 30; i++) await sendIn(0)
  t.equal(outgoing.isSlow, false, 'a network that is fast again')
})
