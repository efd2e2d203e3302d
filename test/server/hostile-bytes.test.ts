/* Hostile bytes end their own session with a message, and no other session (docs/protocol.md#request). Most tests use no sockets: in the
   same time they can try a hundred thousand sessions instead of a thousand. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BareServer } from '../helpers/bare-session.js'
import { changed, pieceBytes } from '../helpers/hostile.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { inSession, recordings } from '../helpers/recordings.js'
import {
  asynchronous,
  call,
  connectBytes,
  firstSessionId,
  requestBytes,
  script,
} from '../helpers/requests.js'
import { tinyServer } from '../helpers/tiny-server.js'
import { idTable, int, text } from '../helpers/values.js'
import { forAllAsync, seed } from '../helpers/runs.js'

const requests = [
  connectBytes,
  requestBytes(script('1+1')),
  requestBytes(call('f', idTable(1, 2, 3), text('x'))),
  requestBytes(call('g', idTable(4)), asynchronous),
  requestBytes({ kind: 'variable', names: ['a'], values: [int(1)] }),
]

t.comment(`TEST_SEED=${seed}`)

// The comparison excludes logins, because their answers are random.
const recorded = recordings
  .filter(({ name, bytes }) => !name.startsWith('login') && bytes.length <= 2000)
  .map(recording => inSession(recording, firstSessionId))

const conversation = fc
  .array(fc.constantFrom(...requests, ...recorded), { minLength: 1, maxLength: 5 })
  .map(chosen => Buffer.concat(chosen))

t.test('without sockets: any bytes in any chunks end one session', async () => {
  const lastRequest = requestBytes(script('1+1'))
  const opened = `${firstSessionId} 0 1\nOK\n`
  await forAllAsync(100)(
    changed(conversation),
    pieceBytes,
    fc.boolean(),
    async (bytes, size, slow) => {
      const stream = Buffer.concat([connectBytes, bytes])
      const answers: string[] = []
      const logs: string[][] = []
      for (const pieces of [stream.length, size]) {
        // A new server for each run, because damage can mark a request as repeated, which the server would not
        // execute.
        const server = new BareServer()
        const bystander = server.open()
        const session = server.open(slow && pieces === size)
        session.send(stream, pieces)
        answers.push(await session.answers())
        logs.push(server.log)
        assert.equal(session.finished, 1, 'ended, and only once')
        assert.ok(session.goodbyes > 0, 'the peer is notified')
        bystander.send(Buffer.concat([connectBytes, lastRequest]), 100)
        const answer = await bystander.answers()
        assert.equal(answer, `${opened}${firstSessionId} 1 1\nOK\n\x04\0\x03\0\0\0`)
      }
      assert.ok(answers[0]!.startsWith(opened))
      assert.equal(answers[1], answers[0])
      assert.deepEqual(logs[1], logs[0])
    },
  )
})

t.test('after any bytes the session ends and the server continues', async t => {
  const server = await tinyServer(t, { script: () => int(2), call: (_name, args) => args[0] })
  const damaged = fc
    .record({
      request: fc.constantFrom(...requests.slice(1)),
      at: fc.nat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 30 }),
      inPlace: fc.boolean(),
    })
    .map(({ request, at, bytes, inPlace }) => {
      const place = at % request.length
      const rest = request.subarray(
        inPlace ? Math.min(request.length, place + bytes.length) : place,
      )
      return Buffer.concat([request.subarray(0, place), bytes, rest])
    })
  await forAllAsync(40)(fc.array(damaged, { minLength: 1, maxLength: 4 }), async messages => {
    const peer = await RawPeer.connect(server.port)
    await peer.write(connectBytes, ...messages)
    peer.socket.end()
    return (await peer.ended()).toString('latin1').startsWith('1')
  })
  const peer = await RawPeer.connected(server.port)
  t.match(await peer.ask(requestBytes(script('1+1'))), { ok: true, value: { value: 2 } })
})
