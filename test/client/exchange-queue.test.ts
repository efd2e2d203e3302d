import { PassThrough } from 'node:stream'
import t from 'tap'
import { ExchangeQueue } from '../../src/client/exchange-queue.js'
import { Outgoing } from '../../src/client/outgoing.js'
import { requestHead } from '../../src/client/request-head.js'
import { ProtocolError } from '../../src/errors.js'
import { decodeResponse, type Response } from '../../src/protocol/response.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { handClock } from '../helpers/clocks.js'
import { responseBytes } from '../helpers/fake-server.js'
import { int, text } from '../helpers/values.js'

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
  /** Scripts of the requests that left since the last look. */
  const sent = (): string[] =>
    String((stream.read() as Buffer | null) ?? '')
      .split('\n')
      .filter(line => /^\w\d$/.test(line.slice(0, 2)))
      .map(line => line.slice(0, 2))
  return { clock, queue, run, answer, sent }
}

const value = (number: number): Buffer => responseBytes({ value: int(number) })

t.test('one request is out at a time, and answers belong to requests in order', async t => {
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

t.test('a request that was given up keeps its place until its answer came', async t => {
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

t.test('a request that was given up in the queue is never sent', async t => {
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

t.test('an argument that cannot be encoded fails its request alone', async t => {
  const { queue, run, answer } = start()
  const bad = queue.submit(head, { kind: 'function', name: 'f', args: [text('\0')] }, read =>
    decodeResponse(read),
  )
  const good = run('a1')
  await t.rejects(bad, { code: 'DDB_STRING_HAS_NUL' })
  answer(value(1))
  t.match(await good, { value: int(1) })
})

t.test('bytes that nobody asked for are refused', async t => {
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

t.test('who holds the others back has the session for themselves', async t => {
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
  t.strictSame(sent(), ['a2', 'b1'], 'what was asked before goes before')
  answer(value(3))
  t.match(await mine, { value: int(3) })
  await turn()
  t.strictSame(sent(), [])
  t.equal(queue.isIdle, false, 'somebody still holds')
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

t.test('what is held is given up and fails like anything else', async t => {
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
