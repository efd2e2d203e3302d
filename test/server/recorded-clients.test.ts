import t from 'tap'
import { BareServer } from '../helpers/bare-session.js'
import { RawPeer } from '../helpers/raw-peer.js'
import {
  type Recording,
  inSession,
  recordings,
  smallPieces,
  splits,
} from '../helpers/recordings.js'
import { connectBytes, firstSessionId, requestBytes, script } from '../helpers/requests.js'
import { deepTest, isTried, seed } from '../helpers/runs.js'
import { tinyServer, type TinyServer } from '../helpers/tiny-server.js'
import { int } from '../helpers/values.js'

t.comment(`TEST_SEED=${seed}`)

const answer = 'ID 1 1\nOK\n\x04\0\x2a\0\0\0'

/** The answers that the server must give to a recording, derived from the recording alone. */
function owed(recording: Recording): string {
  const replies = recording.requests.map(({ kind, async }) => {
    if (kind === 'connect') return 'ID 0 1\nOK\n'
    return async ? '' : answer
  })
  const opening = recording.requests[0]!.kind === 'connect' ? '' : 'ID 0 1\nOK\n'
  return opening + replies.join('') + answer
}

/** The recording with the id of the session that the server opens next. */
function withConnect(recording: Recording, server: TinyServer): Buffer {
  const id = String(Number(firstSessionId) + server.sessions.length)
  const opening = recording.requests[0]!.kind === 'connect' ? Buffer.alloc(0) : connectBytes
  const last = requestBytes(script('the end'), { sessionId: id })
  return Buffer.concat([opening, inSession(recording, id), last])
}

async function replay(port: number, bytes: Buffer, pieceBytes: number): Promise<string> {
  const peer = await RawPeer.connect(port)
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await peer.write(bytes.subarray(at, at + pieceBytes))
  }
  peer.socket.end()
  const received = (await peer.ended()).toString('latin1')
  const id = /^\d+/.exec(received)?.[0] ?? 'none'
  return received.replaceAll(new RegExp(`\\b${id} `, 'g'), 'ID ')
}

t.test('recorded requests get the right answers to the byte, asynchronous ones none', async t => {
  const server = await tinyServer(t, {
    script: () => int(42),
    call: () => int(42),
    upload: () => int(42),
  })
  for (const recording of recordings) {
    const { client, name, requests } = recording
    if (name.startsWith('login')) continue
    const expected = owed(recording)
    const { length } = recording.bytes
    for (const pieceBytes of length < 1000 ? [Infinity, 1, 13] : [Infinity, 4099]) {
      server.log.length = 0
      const bytes = withConnect(recording, server)
      t.equal(await replay(server.port, bytes, pieceBytes), expected, `${client}/${name}`)
      const executed = requests
        .filter(({ kind }) => kind !== 'connect')
        .map(
          ({ kind, name }) =>
            `${kind === 'function' ? 'call' : kind === 'variable' ? 'upload' : kind} ${name}`,
        )
      t.strictSame(server.log, [...executed, 'script the end'])
    }
  }
})

deepTest(t, 'without sockets: official requests, divided at any byte, give the same', async t => {
  // Answers to a login are random, so the test only counts them, and divides a login only into small chunks.
  const outcomeOf = async (pieces: readonly Uint8Array[]): Promise<[string, string[]]> => {
    const server = new BareServer()
    const session = server.open()
    session.sendPieces([connectBytes, ...pieces])
    return [await session.answers(), server.log]
  }
  t.equal(recordings.length, 74)
  for (const recording of recordings) {
    const { client, name } = recording
    const bytes = inSession(recording, firstSessionId)
    const whole = await outcomeOf([bytes])
    const small = await outcomeOf(smallPieces(bytes))
    t.strictSame(small[1], whole[1], `${client}/${name}`)
    const okCount = ([answers]: typeof whole): number => answers.split('\nOK\n').length
    t.equal(okCount(small), okCount(whole))
    if (name.startsWith('login')) continue
    let isSame = small[0] === whole[0]
    for (const [index, pieces] of [...splits(bytes)].entries()) {
      if (!isTried(index)) continue
      const [answers, log] = await outcomeOf(pieces)
      isSame &&= answers === whole[0] && log.join() === whole[1].join()
    }
    t.ok(isSame, `${client}/${name}, divided at each byte in turn`)
  }
})

/** Whether the user may log in by SCRAM (the first admin of a server may not), and the answer to the SCRAM request. */
const firstAnswers = [
  [true, { ok: true, value: { type: 'ANY', length: 3 } }],
  [false, { ok: false, message: /sha256 authMode doesn't support scram authMode/ }],
] as const

t.test('both clients log in with a plain login, whatever the answer to SCRAM', async t => {
  const cases = recordings.filter(({ name }) => name === 'login')
  t.equal(cases.length, 2)
  for (const [hasScram, first] of firstAnswers) {
    const server = await tinyServer(t, { script: () => int(42) })
    server.node.users.get('admin')!.hasScram = hasScram
    for (const recording of cases) {
      const peer = await RawPeer.connect(server.port)
      await peer.ask(withConnect(recording, server))
      t.match(await peer.response(), first)
      t.match(await peer.response(), { ok: true, value: { type: 'BOOL', value: true } })
      t.match(await peer.response(), { ok: true, value: { value: 42 } })
    }
    const users = server.sessions.map(({ user }) => user)
    t.strictSame(users, ['admin', 'admin'])
  }
})

t.test('a login encrypted with a wrong key is refused, and the session continues', async t => {
  const server = await tinyServer(t, { script: () => int(42) })
  const [, [, first]] = firstAnswers
  for (const recording of recordings.filter(({ name }) => name === 'login_rsa')) {
    const peer = await RawPeer.connect(server.port)
    await peer.ask(withConnect(recording, server))
    t.match(await peer.response(), first)
    t.match(await peer.response(), { ok: true, value: { value: /BEGIN PUBLIC KEY/ } })
    t.match(await peer.response(), { ok: false, message: /user name or password is incorrect/ })
    t.match(await peer.response(), { ok: true, value: { value: 42 } })
  }
})
