/* Answers in chunks of any size. Each answer belongs to its request, and an incomplete answer does not count as an answer. */
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { ClientSession } from '../../src/client/client-session.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { encodeMessage } from '../../src/protocol/response.js'
import { handClock } from '../helpers/clocks.js'
import { responseBytes } from '../helpers/fake-server.js'
import { deepTest, forAllAsync } from '../helpers/runs.js'
import { idTable, int, text } from '../helpers/values.js'

/** The client's end of a connection. The test acts as the server. */
class Wire extends Duplex {
  writes = 0
  sent = ''

  override _read(): void {
    return
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes++
    this.sent += chunk.toString('latin1')
    done()
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function opened(): Promise<{ wire: Wire; session: ClientSession; printed: string[] }> {
  const wire = new Wire({ allowHalfOpen: true })
  const printed: string[] = []
  const session = new ClientSession(
    wire,
    { host: 'db', port: 8848, onMessage: line => printed.push(line) },
    '127.0.0.1',
    { clock: handClock(), random: { number: () => 0, bytes: n => new Uint8Array(n) } },
  )
  const opening = session.open()
  wire.push(responseBytes({ value: undefined }))
  await opening
  wire.sent = ''
  wire.writes = 0
  return { wire, session, printed }
}

type Answer = { readonly value: Value | undefined } | { readonly error: string }

// The smallest INT is null.
const whole = fc.integer({ min: 1 - 2 ** 31 })

const answers = fc.oneof(
  whole.map((number): Answer => ({ value: int(number) })),
  fc.string({ minLength: 1 }).map((line): Answer => ({ value: text(line.replaceAll('\0', '')) })),
  fc.array(whole, { maxLength: 300 }).map((ids): Answer => ({ value: idTable(...ids) })),
  fc.constant<Answer>({ value: undefined }),
  fc.stringMatching(/^[a-z]{1,30}$/).map((error): Answer => ({ error })),
)

const dialog = fc.record({
  answer: answers,
  print: fc.option(fc.stringMatching(/^[a-zé]{0,20}$/), { nil: undefined }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
})

function bytesOf(answer: Answer, print: string | undefined): Buffer {
  const writer = new ByteWriter()
  if (print !== undefined) encodeMessage(writer, print)
  return Buffer.concat([...writer.take(), responseBytes(answer)])
}

/** The outcome of a call in a form that tests can compare. */
const outcome = (called: Promise<unknown>): Promise<unknown> =>
  called.then(
    value => ({ value }),
    (error: unknown) => ({ failed: error }),
  )

function check(found: unknown, answer: Answer): void {
  if ('error' in answer) {
    const { failed } = found as { failed: { code: string; message: string } }
    assert.ok(failed.message.includes(answer.error))
  } else assert.deepEqual(JSON.parse(shown(found)), JSON.parse(shown({ value: answer.value })))
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? `${member}n` : member,
  )

deepTest(t, 'answers in chunks of any size belong to their requests, on two sessions', async () => {
  await forAllAsync(300)(fc.array(dialog, { minLength: 1, maxLength: 4 }), async dialogs => {
    const both = [await opened(), await opened()]
    for (const { answer, print, cuts } of dialogs) {
      const called = both.map(({ session }) => outcome(session.call('f', [int(1)])))
      const bytes = bytesOf(answer, print)
      const places = [0, ...cuts.map(cut => Math.floor(cut * bytes.length)), bytes.length]
      places.sort((a, b) => a - b)
      for (const [index, place] of places.slice(1).entries()) {
        for (const { wire } of both) wire.push(bytes.subarray(places[index], place))
        await turn()
      }
      for (const found of await Promise.all(called)) check(found, answer)
    }
    await turn()
    const lines = dialogs.flatMap(({ print }) => (print === undefined ? [] : [print]))
    for (const { wire, printed } of both) {
      assert.deepEqual(printed, lines)
      assert.equal(wire.writes, dialogs.length, 'one write per request')
    }
  })
})

t.test('an unexpected answer ends the session', async t => {
  const { wire, session } = await opened()
  const called = session.call('f', [int(1)])
  wire.push(Buffer.concat([responseBytes({ value: int(1) }), responseBytes({ value: int(1) })]))
  t.match(await called, int(1))
  await turn()
  t.equal(session.closed, true)
  await t.rejects(session.call('f', [int(1)]), { code: 'DDB_PROTOCOL' })
})

t.test('the first bytes of a call name session and function, whatever came before', async t => {
  const { wire, session } = await opened()
  const answer = async (called: Promise<unknown>): Promise<string> => {
    await turn()
    wire.push(responseBytes({ value: int(1) }))
    await called
    const head = wire.sent.split('\u0004')[0]!
    wire.sent = ''
    return head
  }
  const head = (name: string, count: number, properties: string): string =>
    `API2 1000000002 ${`function\n${name}\n${count}\n1`.length} / ${properties}\nfunction\n${name}\n${count}\n1`
  const plain = '32_1_4_64__0'
  t.equal(await answer(session.call('f', [int(1)])), head('f', 1, plain))
  t.equal(await answer(session.call('f', [int(1)])), head('f', 1, plain))
  t.equal(await answer(session.call('f', [int(1), int(2)])), head('f', 2, plain))
  t.equal(await answer(session.call('g', [int(1)])), head('g', 1, plain))
  t.equal(await answer(session.call('g', [int(1)], { priority: 7 })), head('g', 1, '32_1_7_64__0'))
  t.equal(await answer(session.call('g', [int(1)])), head('g', 1, plain))
  t.equal(await answer(session.run('g', 1)), head('g', 1, plain))
  await answer(session.run('1'))
  t.equal(await answer(session.call('g', [int(1)])), head('g', 1, plain))
})
