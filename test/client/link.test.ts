/*
  The link between a client and a server. It sends requests and receives answers, and may break.
*/
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import t from 'tap'
import { BlockBuffer } from '../../src/client/block-buffer.js'
import { ExchangeQueue } from '../../src/client/exchange-queue.js'
import {
  addressText,
  connectFailure,
  connectionLost,
  serverFailure,
} from '../../src/client/failure.js'
import { Link } from '../../src/client/link.js'
import { connect, type Session } from '../../src/client/open-session.js'
import { Outgoing } from '../../src/client/outgoing.js'
import { connectHead, requestHead } from '../../src/client/request-head.js'
import type { ConnectOptions } from '../../src/client/session-options.js'
import { interrupted, limitWait } from '../../src/client/wait-limits.js'
import {
  ConnectionError,
  type DdbError,
  ProtocolError,
  ServerError,
  TimeoutError,
} from '../../src/errors.js'
import { vectorOf } from '../../src/protocol/element.js'
import { encodeRequest, type RequestHead } from '../../src/protocol/request.js'
import { decodeResponse, type Response } from '../../src/protocol/response.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteReader, readerOf } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { handClock } from '../helpers/clocks.js'
import { responseBytes, startFakeServer } from '../helpers/fake-server.js'
import { deepTest } from '../helpers/runs.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int, text } from '../helpers/values.js'

// The life of a connection, over a stream in memory and on a clock that the test moves.

/** The client's end of a connection. Holds the written bytes until the test releases them. */
class FakeStream extends Duplex {
  readonly written: Buffer[] = []
  takes = true
  finished = false
  #held: (() => void)[] = []
  #takenBytes = 0

  override _read(): void {
    return
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    if (this.takes) done()
    else this.#held.push(done)
  }

  override _final(done: () => void): void {
    this.finished = true
    done()
  }

  takeBytes(bytes: number): void {
    this.#takenBytes += bytes
    while (this.#held.length > 0) {
      const next = this.written[this.written.length - this.#held.length]!.byteLength
      if (this.#takenBytes < next) return
      this.#takenBytes -= next
      this.#held.shift()!()
    }
  }

  release(): void {
    this.takes = true
    for (const done of this.#held.splice(0)) done()
  }
}

const options: ConnectOptions = { host: 'db', port: 8848, closeTimeoutMs: 8000 }

interface Opened {
  stream: FakeStream
  clock: ReturnType<typeof handClock>
  link: Link
  /** The argument of each onClose call. */
  closes: (DdbError | undefined)[]
}

function open(more: Partial<ConnectOptions> = {}): Opened {
  const stream = new FakeStream({ allowHalfOpen: true })
  const clock = handClock()
  const link = new Link(stream, { ...options, ...more }, clock)
  const closes: (DdbError | undefined)[] = []
  link.onClose = error => closes.push(error)
  return { stream, clock, link, closes }
}

/** Waits until everything that is due in this turn and the next one has run. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const ask = (link: Link): Promise<unknown> =>
  link.exchanges.submit(
    requestHead('1', false, {}),
    { kind: 'script', script: '1' },
    reader => decodeResponse(reader, {}),
    {},
  )

t.test('close sends the remaining bytes, ends its side and waits for the other side', async t => {
  const { stream, link, closes } = open()
  stream.takes = false
  link.outgoing.writer.u8(7)
  link.outgoing.commit()
  await turn()
  const closed = link.close()
  t.equal(link.isOpen, false)
  t.throws(() => link.checkOpen(), { code: 'DDB_CLOSED' })
  t.equal(link.close(), closed, 'closing twice has no further effect')
  await turn()
  t.equal(stream.finished, false, 'some bytes are still to be sent')
  stream.release()
  await turn()
  t.equal(stream.finished, true)
  stream.push(null)
  await closed
  t.strictSame(Buffer.concat(stream.written), Buffer.of(7))
  t.strictSame(closes, [undefined])
})

t.test('a connection that ends by itself fails waiting requests, with its address', async t => {
  for (const lose of [
    (stream: FakeStream) => stream.destroy(new Error('reset')),
    (stream: FakeStream) => stream.push(null),
    (stream: FakeStream) => stream.destroy(),
  ]) {
    const { stream, link, closes } = open()
    const answer = ask(link)
    answer.catch(() => undefined)
    await turn()
    lose(stream)
    await turn()
    await t.rejects(answer, { code: 'DDB_CONNECTION_LOST', message: /db:8848/ })
    t.equal(link.isOpen, false)
    t.throws(() => link.checkOpen(), { code: 'DDB_CONNECTION_LOST' })
    await turn()
    t.match(closes, [{ code: 'DDB_CONNECTION_LOST' }])
    t.equal(stream.destroyed, true)
  }
})

t.test('bytes that are not an answer end the connection', async t => {
  const { stream, link } = open()
  const answer = ask(link)
  answer.catch(() => undefined)
  await turn()
  stream.push('what is this?\n')
  await turn()
  await t.rejects(answer, { code: 'DDB_PROTOCOL', message: /what is this/ })
  t.equal(stream.destroyed, true)
})

t.test('answers arrive while the link reads, and not while it is paused', async t => {
  const { stream, link } = open()
  let answered = false
  const answer = ask(link).then(() => (answered = true))
  await turn()
  link.pause()
  stream.push(responseBytes({ value: int(1) }))
  await turn()
  t.equal(answered, false)
  link.resume()
  await answer
  stream.destroy()
})

t.test('unexpected answers are dropped if the session ignores answers', async t => {
  const { stream, link } = open()
  link.ignoresAnswers = true
  stream.push('what is this?\n')
  await turn()
  t.equal(link.isOpen, true)
  stream.destroy()
})

t.test('abandoning the link fails everything that waits, with the given reason', async t => {
  const { link, stream } = open()
  const answer = ask(link)
  answer.catch(() => undefined)
  await turn()
  link.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'no longer needed'))
  await t.rejects(answer, { code: 'DDB_CONNECTION_LOST', message: /no longer needed/ })
  t.equal(stream.destroyed, true)
})

t.test('closing ends if no bytes move during its timeout', async t => {
  const { stream, clock, link } = open()
  link.ignoresAnswers = true
  stream.takes = false
  link.outgoing.writer.u8(7)
  link.outgoing.commit()
  await turn()
  const closed = link.close()
  closed.catch(() => undefined)
  for (let second = 0; second < 7; second++) clock.advance(1000)
  stream.push('x')
  await turn()
  // A check finds that a byte has left, and restarts the timeout.
  for (let second = 0; second < 8; second++) clock.advance(1000)
  t.equal(stream.destroyed, false)
  clock.advance(1000)
  t.equal(stream.destroyed, true)
  const message = /db:8848 took and answered nothing for 8000 ms/
  await t.rejects(closed, { code: 'DDB_CONNECTION_LOST', message })
  t.equal(clock.timers, 0)
})

t.test('closing waits for a slow link as long as bytes move', async t => {
  const { stream, clock, link } = open()
  stream.takes = false
  link.outgoing.writer.view(new Uint8Array(2_000_000))
  link.outgoing.commit()
  let closed = false
  const closing = link.close().then(() => (closed = true))
  // A link that can send 300,000 bytes within the timeout for progress.
  for (let taken = 0; !stream.finished && taken < 20 && !stream.destroyed; taken++) {
    clock.advance(3000)
    clock.advance(3000)
    stream.takeBytes(300_000)
    await turn()
  }
  t.notOk(stream.destroyed)
  t.ok(clock.nowMs() > 4 * options.closeTimeoutMs!, `${clock.nowMs()} ms`)
  t.notOk(closed)
  stream.push(null)
  await closing
  t.equal(Buffer.concat(stream.written).length, 2_000_000)
})

t.test('senders that wait for room continue in order once there is room', async t => {
  const { stream, link } = open({ highWaterBytes: 4 })
  stream.takes = false
  link.outgoing.writer.bytes(new Uint8Array(8))
  link.outgoing.commit()
  await turn()
  const acts: number[] = []
  const first = link.whenRoom({}, () => void acts.push(1))
  const second = link.whenRoom({}, () => void acts.push(2))
  await turn()
  t.strictSame(acts, [])
  stream.release()
  await Promise.all([first, second])
  t.strictSame(acts, [1, 2])
  stream.destroy()
})

t.test('a wait for room ends with its limit, or with the connection', async t => {
  const { stream, clock, link } = open({ highWaterBytes: 4 })
  stream.takes = false
  link.outgoing.writer.bytes(new Uint8Array(8))
  link.outgoing.commit()
  await turn()
  const limited = link.whenRoom({ timeoutMs: 10 }, () => t.fail('nothing waits any more'))
  const endless = link.whenRoom({}, () => t.fail('the connection is gone'))
  limited.catch(() => undefined)
  endless.catch(() => undefined)
  clock.advance(10)
  await t.rejects(limited, { code: 'DDB_TIMEOUT' })
  stream.destroy()
  await t.rejects(endless, { code: 'DDB_CONNECTION_LOST' })
})

const head = requestHead('1', false, {})

function start() {
  const clock = handClock()
  const reader = new ByteReader()
  const stream = new PassThrough()
  const queue = new ExchangeQueue(new Outgoing(stream, 1e6, clock), reader, clock, () => undefined)
  const run = (script: string, limits = {}): Promise<Response> =>
    queue.submit(head, { kind: 'script', script }, read => decodeResponse(read), limits)
  const answer = (bytes: Uint8Array): void => {
    reader.push(bytes)
    queue.advance()
  }
  /** Scripts of the requests sent since the last call. */
  const sent = (): string[] =>
    String((stream.read() as Buffer | null) ?? '')
      .split('\n')
      .filter(line => /^\w\d$/.test(line.slice(0, 2)))
      .map(line => line.slice(0, 2))
  return { clock, queue, run, answer, sent }
}

const value = (number: number): Buffer => responseBytes({ value: int(number) })

t.test('one request is sent at a time, and answers belong to requests in order', async t => {
  const { queue, run, answer, sent } = start()
  const answers = [run('a1'), run('a2')]
  t.strictSame(sent(), ['a1'])
  const bytes = value(1)
  answer(bytes.subarray(0, 5))
  t.strictSame(sent(), [])
  answer(bytes.subarray(5))
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(sent(), ['a2'])
  answer(value(2))
  t.match(await Promise.all(answers), [{ value: int(1) }, { value: int(2) }])
  t.ok(queue.isIdle)
})

t.test('an abandoned request keeps its place until its answer has arrived', async t => {
  const { clock, queue, run, answer } = start()
  const late = run('a1', { timeoutMs: 10 })
  const next = run('a2')
  clock.advance(10)
  await t.rejects(late, { code: 'DDB_TIMEOUT' })
  t.notOk(queue.isIdle)
  answer(value(1))
  answer(value(2))
  t.match(await next, { value: int(2) })
})

deepTest(t, 'a request abandoned in the queue is never sent', async t => {
  const { run, answer, sent } = start()
  const signals = new AbortController()
  const first = run('a1')
  const second = run('a2', { signal: signals.signal })
  const third = run('a3')
  signals.abort()
  await t.rejects(second, { code: 'DDB_INTERRUPTED' })
  t.strictSame(sent(), ['a1'])
  answer(value(1))
  await first
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(sent(), ['a3'])
  answer(value(3))
  await third
})

t.test('an argument that cannot be encoded fails only its own request', async t => {
  const { queue, run, answer } = start()
  const bad = queue.submit(head, { kind: 'function', name: 'f', args: [text('\0')] }, read =>
    decodeResponse(read),
  )
  const good = run('a1')
  await t.rejects(bad, { code: 'DDB_STRING_HAS_NUL' })
  answer(value(1))
  t.match(await good, { value: int(1) })
})

t.test('unexpected bytes are refused', async t => {
  const { answer } = start()
  t.throws(() => answer(value(1)), ProtocolError)
})

t.test('a lost connection fails every request, and then the queue is idle', async t => {
  const { queue, run } = start()
  const requests = [run('a1'), run('a2')]
  const idle = queue.idle()
  const reason = new Error('lost')
  queue.fail(reason)
  for (const request of requests) await t.rejects(request, reason)
  await idle
})

t.test('the holder of a queue has the session alone', async t => {
  const { queue, run, answer, sent } = start()
  const held = (script: string): Promise<Response> =>
    queue.submitHeld(head, { kind: 'script', script }, read => decodeResponse(read))
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const before = [run('a1'), run('a2')]
  const release = await queue.hold()
  t.equal(queue.isHeld, true)
  const behind = run('a3')
  const mine = held('b1')
  t.strictSame(sent(), ['a1'])
  answer(value(1))
  answer(value(2))
  await Promise.all(before)
  await turn()
  t.strictSame(sent(), ['a2', 'b1'], 'earlier requests go first')
  answer(value(3))
  t.match(await mine, { value: int(3) })
  await turn()
  t.strictSame(sent(), [])
  t.equal(queue.isIdle, false, 'the queue is still held')
  const nextHold = queue.hold()
  release()
  const releaseNext = await nextHold
  t.equal(queue.isHeld, true)
  let isIdle = false
  const idle = queue.idle().then(() => (isIdle = true))
  releaseNext()
  await turn()
  t.strictSame(sent(), ['a3'])
  t.equal(isIdle, false)
  answer(value(4))
  await behind
  await idle
  t.equal(queue.isHeld, false)
})

t.test('held requests can be abandoned and can fail like any other', async t => {
  const { clock, queue, run } = start()
  void run('a1').catch(() => undefined)
  const late = run('a2', { timeoutMs: 10 })
  const release = await queue.hold()
  clock.advance(11)
  await t.rejects(late, { code: 'DDB_TIMEOUT' })
  const mine = queue.submitHeld(head, { kind: 'script', script: 'b1' }, read =>
    decodeResponse(read),
  )
  queue.fail(new Error('gone'))
  await t.rejects(mine, { message: 'gone' })
  release()
  t.equal(queue.isIdle, true)
})

/** A stream whose kernel accepts written bytes when the test calls `take`. */
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

t.test('requests of one turn leave in one write, and are counted as they leave', async t => {
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

t.test('a large request leaves piece by piece, and is counted when all has left', async t => {
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
    t.ok(outgoing.bufferedBytes < buffered && buffered <= left, 'progress is visible')
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

t.test('waiting senders are served in order, each as soon as there is room for it', async t => {
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
  t.strictSame(served, [1], 'the first one took the room')
  take()
  await nextTurn()
  t.strictSame(served, [1, 2])
  t.notOk(outgoing.hasWaiters)
})

t.test('after a stop, nothing is written and all waits end', async t => {
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

deepTest(t, 'columns are compressed while the network is slow', async t => {
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
  t.ok((await sendIn(0)) < plainBytes, 'always, unless it decides by speed')
  outgoing.compressesWhenSlow = true
  t.equal(outgoing.isSlow, false)
  t.ok((await sendIn(1000)) > plainBytes)
  t.equal(outgoing.isSlow, true)
  t.ok((await sendIn(1000)) < plainBytes)
  for (let i = 0; i < 30; i++) await sendIn(0)
  t.equal(outgoing.isSlow, false, 'the network is fast again')
})

function line(head: RequestHead): string {
  const writer = new ByteWriter()
  encodeRequest(writer, head, { kind: 'script', script: '' })
  return Buffer.concat(writer.take()).toString().split('\n')[0]!
}

// Recorded from the official C++ client.
t.test('header lines are those of the C++ client', async t => {
  t.equal(line(connectHead(false)), 'API 0 7 / 32_1_4_2')
  t.equal(line(connectHead(true)), 'API 0 7 / 36_1_4_2')
  t.equal(line(requestHead('17', false, {})), 'API2 17 7 / 32_1_4_64__0')
  t.equal(line(requestHead('17', true, {})), 'API2 17 7 / 36_1_4_64__0')
})

t.test('short questions may use the workers that the server reserves for them', async t => {
  t.equal(line(requestHead('17', false, { urgent: true })), 'API2 17 7 / 33_1_4_64__0')
})

t.test('options of a request are in its header', async t => {
  const options = { clearMemory: true, priority: 8, parallelism: 2, fetchSize: 8192 }
  t.equal(line(requestHead('17', false, options)), 'API2 17 7 / 48_1_8_2__8192')
  t.equal(
    line(requestHead('17', false, { clearMemory: false, urgent: false, priority: 0 })),
    'API2 17 7 / 32_1_0_64__0',
  )
})

/** Runs the decoder in the way of a session, until it waits for someone to take a block. */
function startBlockBuffer(bytes: Uint8Array) {
  const flow: string[] = []
  let isFull = false
  let response: Response | undefined
  const buffer = new BlockBuffer({
    full: () => {
      isFull = true
      flow.push('full')
    },
    taken: () => {
      isFull = false
      flow.push('taken')
      advance()
    },
  })
  const decoding = buffer.decode(readerOf(bytes), {})
  function advance(): void {
    while (!isFull && response === undefined) {
      const step = decoding.next()
      if (step.done !== true) continue
      response = step.value
      buffer.end()
    }
  }
  advance()
  return { buffer, flow, response: () => response }
}

const tuple = responseBytes({ value: tupleOf([int(1), int(2), int(3)]) })

t.test('blocks come one by one, and the decoder waits until each has been taken', async t => {
  const { buffer, flow, response } = startBlockBuffer(tuple)
  t.strictSame(flow, ['full'])
  const blocks: unknown[] = []
  for await (const block of buffer.take()) blocks.push(block)
  t.strictSame(blocks, [int(1), int(2), int(3)])
  t.match(response(), { ok: true, value: undefined, blockCount: 3 })
})

t.test('if the reader leaves early, the rest is read and dropped', async t => {
  const { buffer, response } = startBlockBuffer(tuple)
  for await (const block of buffer.take()) {
    t.strictSame(block, int(1))
    break
  }
  t.match(response(), { ok: true, blockCount: 3 })
})

t.test('a result that is not a tuple is the value of the answer', async t => {
  const { buffer, response } = startBlockBuffer(responseBytes({ value: int(7) }))
  for await (const block of buffer.take()) t.fail(JSON.stringify(block))
  t.match(response(), { ok: true, value: int(7) })
})

t.test('an error line ends without blocks', async t => {
  const { buffer, response } = startBlockBuffer(responseBytes({ error: 'wrong' }))
  for await (const block of buffer.take()) t.fail(JSON.stringify(block))
  t.match(response(), { ok: false, message: 'wrong' })
})

const counts = { accepted: 0, started: 0, written: 0 }

t.test('an IPv6 address is in brackets before its port', async t => {
  t.equal(addressText('db.example', 8848), 'db.example:8848')
  t.equal(addressText('::1', 8848), '[::1]:8848')
})

t.test('a failed connection attempt can safely be repeated', async t => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  for (const [cause, text] of [
    [refused, /Nothing listens on db:1 /],
    [new AggregateError([refused, unknown]), /Nothing listens on db:1 /],
    [unknown, /"db" cannot be resolved/],
    [new Error('odd'), /Cannot connect to db:1: odd/],
    [undefined, /the connection was closed/],
    [connectionLost('db', 1, undefined, counts), /ended it before the session was ready/],
  ] as const) {
    const error = connectFailure('db', 1, cause)
    t.match(error, { code: 'DDB_CONNECT', safeToRetry: true, cause })
    t.match(error.message, text)
  }
})

t.test('errors that already have a code are unchanged', async t => {
  const login = new ServerError('no', 'DDB_LOGIN')
  t.equal(connectFailure('db', 1, login), login)
  t.equal(connectionLost('db', 1, login, counts), login)
})

t.test('the error for a lost connection says how many requests had been sent', async t => {
  const none = connectionLost('db', 1, undefined, counts)
  t.ok(none instanceof ConnectionError)
  t.match(none, { code: 'DDB_CONNECTION_LOST', safeToRetry: false })
  t.notMatch(none.message, /asynchronous/)
  const some = connectionLost('db', 1, new Error('reset'), { accepted: 5, started: 4, written: 3 })
  t.match(some.message, /reset.*3 of 5 asynchronous requests/)
})

t.test('error lines of the server are classified by their text', async t => {
  for (const [line, code] of [
    ['The user name or password is incorrect.', 'DDB_LOGIN'],
    ['login: RefId:S04009', 'DDB_LOGIN'],
    ['<NoPrivilege>Not granted', 'DDB_PRIVILEGE'],
    ['Only administrators execute this', 'DDB_PRIVILEGE'],
    ['No access to table [t]', 'DDB_PRIVILEGE'],
    ['Syntax Error: [line #1]', 'DDB_SERVER'],
  ] as const) {
    const error = serverFailure(line)
    t.equal(error.code, code, line)
    t.match(error.message, line)
  }
})

const host = '127.0.0.1'

t.test('the error for a refused connection says how to start the embedded server', async t => {
  const server = createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  await t.rejects(connect({ host, port }), {
    name: 'ConnectionError',
    code: 'DDB_CONNECT',
    exitCode: 69,
    safeToRetry: true,
    message: new RegExp(`Nothing listens on ${host}:${port}.*ddb-ingest serve --port ${port}`),
  })
  await t.rejects(connect({ host: 'localhost', port }), {
    code: 'DDB_CONNECT',
    message: /serve --port/,
  })
})

t.test('the error names a host that does not resolve', async t => {
  await t.rejects(connect({ host: 'no-such-host.invalid', port: 8848 }), {
    code: 'DDB_CONNECT',
    message: /"no-such-host\.invalid" cannot be resolved/,
  })
})

t.test('impossible options are refused before anything is opened', async t => {
  for (const options of [
    { host: '', port: 1 },
    { host, port: 0 },
    { host, port: 70_000 },
    { host, port: 1, connectTimeoutMs: 0 },
    { host, port: 1, highWaterBytes: -1 },
    { host, port: 1, password: 'secret' },
  ]) {
    await t.rejects(connect(options), { code: 'DDB_USAGE' })
  }
})

t.test('a connection attempt to a silent server ends in time', async t => {
  const server = await startFakeServer(() => undefined, { answerConnect: false })
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port, connectTimeoutMs: 30 }), {
    code: 'DDB_CONNECT',
    message: /did not open a session within 30 ms/,
  })
  await (await server.accepted).until(peer => peer.ended)
})

t.test('an AbortSignal ends the attempt', async t => {
  const controller = new AbortController()
  const server = await startFakeServer(() => controller.abort(), { answerConnect: false })
  t.teardown(() => server.close())
  const attempt = connect({ host, port: server.port, signal: controller.signal })
  await t.rejects(attempt, { code: 'DDB_INTERRUPTED' })
  await t.rejects(connect({ host, port: server.port, signal: controller.signal }), {
    code: 'DDB_INTERRUPTED',
  })
})

const greeting = responseBytes({ value: undefined })

t.test(
  'if a server disconnects before the session is ready, the connection attempt fails',
  async t => {
    for (let length = 0; length < greeting.length; length++) {
      const server = await startFakeServer(
        (_received, peer) => peer.socket.end(greeting.subarray(0, length)),
        { answerConnect: false },
      )
      await t.rejects(connect({ host, port: server.port }), {
        code: 'DDB_CONNECT',
        message: /ended it before the session was ready/,
      })
      await server.close()
    }
    const duringLogin = await startFakeServer(
      ({ request }, peer) => {
        if (request.kind === 'connect') peer.socket.write(greeting)
        else peer.socket.end(greeting.subarray(0, 5))
      },
      { answerConnect: false },
    )
    t.teardown(() => duringLogin.close())
    const options = { host, port: duringLogin.port, user: 'admin', password: '123456' }
    await t.rejects(connect(options), { code: 'DDB_CONNECT' })
  },
)

t.test('a peer that is not a DolphinDB server is recognized by its first line', async t => {
  const server = await startFakeServer(
    (_received, peer) => peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    { answerConnect: false },
  )
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port }), {
    name: 'ProtocolError',
    exitCode: 76,
    message: /HTTP\/1\.1 400 Bad Request.*is this a DolphinDB server\?/,
  })
})

t.test('the error quotes a server that refuses connect', async t => {
  const server = await startFakeServer(
    (_received, peer) => peer.reply({ error: 'too many connections' }),
    {
      answerConnect: false,
    },
  )
  t.teardown(() => server.close())
  await t.rejects(connect({ host, port: server.port }), {
    name: 'ServerError',
    message: 'too many connections',
  })
})

const reply = responseBytes({ value: idTable(1, 2, 3) })

for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
  t.test(
    `a connection that breaks in the middle of an answer by ${how}() fails every request`,
    async t => {
      for (let length = 0; length < reply.length; length += 3) {
        const server = await startFakeServer((_received, peer) => {
          if (length > 0) peer.socket.write(reply.subarray(0, length))
          peer.socket[how]()
        })
        const session = await connect({ host, port: server.port })
        const lost = { name: 'ConnectionError', code: 'DDB_CONNECTION_LOST', exitCode: 4 }
        await Promise.all([
          t.rejects(session.run('first'), lost),
          t.rejects(session.call('queued', []), lost),
          t.rejects(session.readBlocks('queued', { fetchSize: 8192 }).next(), lost),
        ])
        await t.rejects(session.run('later'), lost)
        t.throws(() => session.send('later', []), lost)
        await t.rejects(session.drained(), lost)
        t.equal(session.closed, true)
        await session.close()
        await server.close()
      }
    },
  )
}

t.test('a lost asynchronous session reports how many of its requests were sent', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({
    host,
    port: server.port,
    enableAsync: true,
    highWaterBytes: 100_000,
  })
  server.peer.socket.pause()
  const table = idTable(...Array(25_000).keys())
  const runs: Promise<unknown>[] = []
  for (let i = 0; i < 300; i++) runs.push(session.run('f', table))
  const outcomes = Promise.allSettled(runs)
  await runs[0]
  const lost = new Promise<unknown>(resolve => (session.onClose = resolve))
  server.peer.socket.resetAndDestroy()
  const error = await lost
  t.ok(error instanceof ConnectionError)
  const { accepted, started, written } = session.sends
  t.ok(
    written <= started && started <= accepted && accepted < 300,
    `${written} ${started} ${accepted}`,
  )
  t.match(error, {
    code: 'DDB_CONNECTION_LOST',
    message: new RegExp(`${written} of ${accepted} asynchronous requests had been written`),
  })
  t.ok((await outcomes).filter(({ status }) => status === 'rejected').length >= 300 - accepted)
  await t.rejects(session.close(), { code: 'DDB_CONNECTION_LOST' }, 'a loss must not go unnoticed')
})

t.test('close gives up if the server accepts no bytes', async t => {
  const server = await startFakeServer()
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, closeTimeoutMs: 50 })
  server.peer.socket.pause()
  const table = idTable(...Array(25_000).keys())
  while (session.bufferedBytes < 20_000_000) session.send('f', [table])
  await t.rejects(session.close(), {
    code: 'DDB_CONNECTION_LOST',
    message: /took and answered nothing for 50 ms/,
  })
  t.ok(session.sends.written < session.sends.accepted)
})

t.test('bytes that are not an answer end the session, and the error shows them', async t => {
  const server = await startFakeServer((_received, peer) => peer.socket.write('what?\n'))
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  await Promise.all([
    t.rejects(session.run('1'), { name: 'ProtocolError', message: /"what\?"/ }),
    t.rejects(session.run('2'), { name: 'ProtocolError' }),
  ])
  await session.close()
})

t.test('close never causes a reset: the server reads all bytes and then the end', async t => {
  const server = await startFakeServer(({ head }, peer) => {
    // These answers stay unread, so a careless close would become a reset.
    if ((head.flags & 4) !== 0) peer.reply({ value: text('x'.repeat(1000)) })
  })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port, enableAsync: true })
  let failure: unknown
  server.peer.socket.on('error', error => (failure = error))
  for (let i = 0; i < 2000; i++) await session.run('f', int(i))
  await session.close()
  await server.peer.until(peer => peer.ended)
  t.equal(server.peer.requests.length, 2001)
  t.equal(failure, undefined)
})

t.test('faults of the embedded server reach the client as typed errors', async t => {
  const server = await startTinyServer(
    { script: () => idTable(1, 2, 3) },
    {
      faults: {
        afterExecute: ({ text }) => (text === 'cut' ? 'cut' : undefined),
        beforeExecute: ({ text }) => (text === 'close' ? 'close' : undefined),
      },
    },
  )
  t.teardown(() => server.close())
  for (const code of ['cut', 'close']) {
    const session: Session = await connect({ host, port: server.port })
    t.strictSame(await session.run('fine'), idTable(1, 2, 3))
    await t.rejects(session.run(code), { code: 'DDB_CONNECTION_LOST' })
  }
})

t.test('a wait without limits never ends by itself', async t => {
  const clock = handClock()
  limitWait(clock, {}, 'answer', () => t.fail('gave up'))
  t.equal(clock.timers, 0)
})

t.test('a timeout ends the wait once, and the error says what the client waited for', async t => {
  for (const [awaited, text] of [
    ['answer', /No answer within 30 ms/],
    ['room', /took nothing more for 30 ms/],
  ] as const) {
    const clock = handClock()
    const errors: DdbError[] = []
    limitWait(clock, { timeoutMs: 30 }, awaited, error => errors.push(error))
    clock.advance(29)
    t.equal(errors.length, 0)
    clock.advance(1)
    clock.advance(100)
    t.equal(errors.length, 1)
    t.ok(errors[0] instanceof TimeoutError)
    t.match(errors[0]?.message, text)
  }
})

t.test('a signal ends the wait, and the reason of the signal is the cause', async t => {
  const signals = new AbortController()
  const errors: DdbError[] = []
  limitWait(handClock(), { signal: signals.signal }, 'answer', error => errors.push(error))
  signals.abort('enough')
  t.strictSame(
    errors.map(({ code, cause }) => [code, cause]),
    [['DDB_INTERRUPTED', 'enough']],
  )
})

t.test('a signal that was already aborted ends the wait at once', async t => {
  const clock = handClock()
  const errors: DdbError[] = []
  const limits = { timeoutMs: 30, signal: AbortSignal.abort('before') }
  limitWait(clock, limits, 'room', error => errors.push(error))()
  t.strictSame([errors.length, clock.timers], [1, 0])
  t.equal(interrupted(limits.signal).cause, 'before')
})

t.test('after release, neither timeout nor signal has an effect', async t => {
  const clock = handClock()
  const signals = new AbortController()
  const release = limitWait(clock, { timeoutMs: 30, signal: signals.signal }, 'answer', () =>
    t.fail('gave up'),
  )
  release()
  clock.advance(100)
  signals.abort()
  t.equal(clock.timers, 0)
})
