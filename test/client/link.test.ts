/*
  The life of one connection, over a stream in memory and a clock that a test moves.
*/
import { Duplex } from 'node:stream'
import t from 'tap'
import { Link } from '../../src/client/link.js'
import { requestHead } from '../../src/client/request-head.js'
import type { ConnectOptions } from '../../src/client/session-options.js'
import { ConnectionError, type DdbError } from '../../src/errors.js'
import { decodeResponse } from '../../src/protocol/response.js'
import { handClock } from '../helpers/clocks.js'
import { responseBytes } from '../helpers/fake-server.js'
import { int } from '../helpers/values.js'

/** The near end of a connection; what is written is kept, and written further only when the test says so. */
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

  /** Takes so many bytes of what was held back. */
  takeBytes(bytes: number): void {
    this.#takenBytes += bytes
    while (this.#held.length > 0) {
      const next = this.written[this.written.length - this.#held.length]!.byteLength
      if (this.#takenBytes < next) return
      this.#takenBytes -= next
      this.#held.shift()!()
    }
  }

  /** Takes what was held back. */
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
  /** What onClose was called with. */
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

/** Lets everything that is due in this turn and the next one run. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const ask = (link: Link): Promise<unknown> =>
  link.exchanges.submit(
    requestHead('1', false, {}),
    { kind: 'script', script: '1' },
    reader => decodeResponse(reader, {}),
    {},
  )

t.test('close sends what is left, ends its side and waits for the other', async t => {
  const { stream, link, closes } = open()
  stream.takes = false
  link.outgoing.writer.u8(7)
  link.outgoing.commit()
  await turn()
  const closed = link.close()
  t.equal(link.isOpen, false)
  t.throws(() => link.checkOpen(), { code: 'DDB_CLOSED' })
  t.equal(link.close(), closed, 'closing twice is closing once')
  await turn()
  t.equal(stream.finished, false, 'something is still to be sent')
  stream.release()
  await turn()
  t.equal(stream.finished, true)
  stream.push(null)
  await closed
  t.strictSame(Buffer.concat(stream.written), Buffer.of(7))
  t.strictSame(closes, [undefined])
})

t.test('a connection that ends by itself fails who waits, with its address', async t => {
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

t.test('answers arrive while it reads, and not while it is paused', async t => {
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

t.test('what nobody asked for is dropped when answers are ignored', async t => {
  const { stream, link } = open()
  link.ignoresAnswers = true
  stream.push('what is this?\n')
  await turn()
  t.equal(link.isOpen, true)
  stream.destroy()
})

t.test('abandoning releases everyone with the reason given', async t => {
  const { link, stream } = open()
  const answer = ask(link)
  answer.catch(() => undefined)
  await turn()
  link.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'no longer needed'))
  await t.rejects(answer, { code: 'DDB_CONNECTION_LOST', message: /no longer needed/ })
  t.equal(stream.destroyed, true)
})

t.test('closing is given up once nothing has moved for its time', async t => {
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
  // The look that sees the byte begins the time anew.
  for (let second = 0; second < 8; second++) clock.advance(1000)
  t.equal(stream.destroyed, false)
  clock.advance(1000)
  t.equal(stream.destroyed, true)
  const message = /db:8848 took and answered nothing for 8000 ms/
  await t.rejects(closed, { code: 'DDB_CONNECTION_LOST', message })
  t.equal(clock.timers, 0)
})

t.test('closing waits for a slow link as long as it takes something', async t => {
  const { stream, clock, link } = open()
  stream.takes = false
  link.outgoing.writer.view(new Uint8Array(2_000_000))
  link.outgoing.commit()
  let closed = false
  const closing = link.close().then(() => (closed = true))
  // A link that takes 300,000 bytes in less than the time for which nothing may move.
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

t.test('who waits for room acts in order once there is some', async t => {
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
  const limited = link.whenRoom({ timeoutMs: 10 }, () => t.fail('nobody waits any more'))
  const endless = link.whenRoom({}, () => t.fail('the connection is gone'))
  limited.catch(() => undefined)
  endless.catch(() => undefined)
  clock.advance(10)
  await t.rejects(limited, { code: 'DDB_TIMEOUT' })
  stream.destroy()
  await t.rejects(endless, { code: 'DDB_CONNECTION_LOST' })
})
