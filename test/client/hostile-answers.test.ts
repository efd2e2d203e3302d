/* Servers that send wrong lengths, types, session ids or anything else. The test damages every answer of a conversation (connecting, each
   step of a login, complete results and results in blocks). The session then ends with an error of this project, or continues. */
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { openSession, type ConnectOptions, type Session } from '../../src/client/open-session.js'
import { DdbError, errorCodes } from '../../src/errors.js'
import type { Platform } from '../../src/platform/platform.js'
import { decodeRequest, type Request } from '../../src/protocol/request.js'
import { encodeMessage } from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { arbitraryValue } from '../helpers/codec.js'
import { bytesBy } from '../helpers/decoding.js'
import { responseBytes } from '../helpers/fake-server.js'
import { changed, pieceBytes } from '../helpers/hostile.js'
import { deepTest, forAllAsync, seed } from '../helpers/runs.js'
import { turnPlatform } from '../helpers/turn-platform.js'
import { int, text, yes } from '../helpers/values.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'

t.comment(`TEST_SEED=${seed}`)

/** The largest answer allowed, and the largest number of bytes that a session may hold for it. */
const maxReplyBytes = 1_048_576
const mostHeldBytes = 64 * maxReplyBytes

/** On a clock that moves with the turns of the event loop. */
const timeoutMs = 5

const options: ConnectOptions = {
  host: '127.0.0.1',
  port: 8848,
  user: 'admin',
  password: 'secret',
  insecureLogin: true,
  maxReplyBytes,
  connectTimeoutMs: timeoutMs,
  closeTimeoutMs: timeoutMs,
}

/** The server's end of a connection. It answers some requests, then closes the connection or stays silent. */
class Liar extends Duplex {
  readonly bytesRead = 1
  readonly remoteAddress = '127.0.0.1'
  readonly #reader = new ByteReader()
  readonly #answer: (request: Request, number: number) => Buffer
  readonly #pieceBytes: number
  readonly #lastWord: number
  readonly #isSilent: boolean
  #decoding = decodeRequest(this.#reader)
  #answers = 0

  constructor(
    answer: (request: Request, number: number) => Buffer,
    size: number,
    lastWord: number,
    isSilent: boolean,
  ) {
    super({ read: () => undefined })
    this.#answer = answer
    this.#pieceBytes = size
    this.#lastWord = lastWord
    this.#isSilent = isSilent
    setImmediate(() => this.emit('connect'))
  }

  override _write(chunk: Buffer, _: unknown, done: () => void): void {
    this.#reader.push(chunk)
    for (;;) {
      const step = this.#decoding.next()
      if (step.done !== true || step.value === undefined) break
      this.#decoding = decodeRequest(this.#reader)
      this.#reply(step.value.request)
    }
    done()
  }

  #reply(request: Request): void {
    const number = this.#answers++
    if (number > this.#lastWord) {
      if (!this.#isSilent) this.push(null)
      return
    }
    const bytes = this.#answer(request, number)
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) {
      this.push(bytes.subarray(at, at + this.#pieceBytes))
    }
    if (number === this.#lastWord && !this.#isSilent) this.push(null)
  }

  override _final(done: () => void): void {
    this.push(null)
    done()
  }
}

const printed = (words: string): Buffer => bytesBy(writer => encodeMessage(writer, words))

/** Answers like an honest server, but refuses the second request of a SCRAM login. */
function honest(request: Request, value: Value, hasScram: boolean): Buffer {
  if (request.kind === 'connect') return responseBytes({ value: undefined })
  if (request.kind === 'function' && request.name === 'login') return responseBytes({ value: yes })
  if (hasScram && request.kind === 'function' && request.name === 'scramClientFirst') {
    return responseBytes({ value: tupleOf([text('c2FsdA=='), int(4096), text('bm9uY2U=')]) })
  }
  if (request.kind === 'function') {
    return Buffer.concat([printed('x'), responseBytes({ error: `unknown ${request.name}` })])
  }
  if (request.kind === 'script' && request.script === 'blocks') {
    return responseBytes({ value: tupleOf([value, value]) })
  }
  return Buffer.concat([printed('words'), responseBytes({ value })])
}

/** @throws any error that does not belong to this project */
async function tried(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    assert.ok(error instanceof DdbError, String((error as Error).stack))
    assert.ok(Object.hasOwn(errorCodes, error.code))
    assert.notEqual(error.code, 'DDB_INTERNAL')
    assert.ok(!error.message.includes('secret'), error.message)
    return false
  }
}

/** @returns whether the session worked to the end */
async function converse(platform: Platform): Promise<boolean> {
  let session: Session | undefined
  if (!(await tried(async () => (session = await openSession(options, platform))))) return false
  const open = session!
  await tried(() => open.run('1', { timeoutMs }))
  await tried(() => open.call('f', [int(1)], { timeoutMs }))
  await tried(async () => {
    for await (const block of open.readBlocks('blocks', { timeoutMs, fetchSize: 8192 })) {
      assert.ok(block !== undefined)
    }
  })
  const ending = tried(() => open.upload({ a: 1 }))
  const isWell = await tried(() => open.close())
  assert.ok(open.closed)
  return (await ending) && isWell
}

/** Damage to the answer with this `number`. If the conversation has fewer answers, there is no damage. */
interface Damage {
  readonly number: number
  readonly size: number
  readonly value: Value
  readonly hasScram: boolean
  /** Nothing follows the damage, not even the end of the connection. */
  readonly isSilent: boolean
}

async function talk(
  { number, size, value, hasScram, isSilent }: Damage,
  damaged: (bytes: Buffer) => Buffer,
): Promise<boolean> {
  const answer = (request: Request, at: number): Buffer => {
    const bytes = honest(request, value, hasScram)
    return at === number ? damaged(bytes) : bytes
  }
  const turning = turnPlatform()
  const dial = (): Liar => new Liar(answer, size, isSilent ? number : Infinity, isSilent)
  const network = { ...turning.network, dial, speaksTls: async () => false }
  try {
    return await converse({ ...turning, network })
  } finally {
    turning.stop()
  }
}

const scene: fc.Arbitrary<Damage> = fc.record({
  number: fc.integer({ min: 0, max: 8 }),
  size: pieceBytes,
  value: arbitraryValue,
  hasScram: fc.boolean(),
  isSilent: fc.boolean(),
})

t.test('without damage, a conversation runs to its end', async t => {
  const whole = { number: 99, size: 7, value: int(1), hasScram: false, isSilent: false }
  t.ok(await talk(whole, bytes => bytes))
  t.notOk(await talk({ ...whole, hasScram: true }, bytes => bytes), 'its nonce is not new')
})

deepTest(t, 'for any answers, a session ends in time with an error of this project', async () => {
  await forAllAsync(300)(scene, fc.gen(), async (one, draw) => {
    const before = process.memoryUsage().arrayBuffers
    await talk(one, bytes => draw(() => changed(fc.constant(bytes))))
    assert.ok(process.memoryUsage().arrayBuffers - before < mostHeldBytes)
  })
})
