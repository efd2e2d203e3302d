/*
  The lines of a connection's trace: what they show, and what they never show.
*/
import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import { newSecrets } from '../../src/client/login/hide-password.js'
import { traceConnection } from '../../src/client/trace.js'
import { systemPlatform } from '../../src/platform/system.js'
import { connectHead, requestHead } from '../../src/client/request-head.js'
import type { Request } from '../../src/protocol/request.js'
import { startServer } from '../../src/server/index.js'
import { text } from '../helpers/values.js'

t.test('with values, scripts are shown without their secrets', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const lines: string[] = []
  const session = await connect({
    host: '127.0.0.1',
    port: server.port,
    trace: { values: true, write: line => lines.push(line) },
  })
  await session.run('x = 1..10; x')
  await session.run('login("admin", "123456")')
  await session.run('login`admin`123456').catch(() => undefined)
  await session.run('pw = "123456"\nlogin(\n"admin",\npw)\nprint(pw)\npw')
  await session.run('changePwd("123456","secret1")').catch(() => undefined)
  await session.run('createUser', 'u1', 'secret2').catch(() => undefined)
  await session.run('login{"admin","123456"}()').catch(() => undefined)
  await session.run('print("\\u001b[31mred")').catch(() => undefined)
  await session.close()
  const text = lines.join('\n')
  t.match(text, /> script flags=32\(apiClient\) bytes=\d+ chars=12 x = 1\.\.10; x\n/)
  t.match(text, /< ok bytes=\d+ INT vector of 10 \[1,2,3,4,5,…\]\n/)
  t.notMatch(text, /123456|secret/)
  // eslint-disable-next-line no-control-regex -- what must not be there
  t.notMatch(text, /\u001b/)
})

t.test(
  'connections are told apart by number, answers and losses have lines of their own',
  async t => {
    const server = await startServer({ port: 0 })
    t.teardown(() => server.close())
    const lines: string[] = []
    const trace = { write: (line: string) => lines.push(line) }
    const sessions = await Promise.all(
      [1, 2].map(() => connect({ host: '127.0.0.1', port: server.port, trace })),
    )
    await t.rejects(sessions[0]!.run('noSuchName'), { code: 'DDB_SERVER' })
    await sessions[0]!.run('print("text"); [table(1..3 as id), 5:6]')
    await sessions[0]!.upload({ a: 1, b: 'text' })
    for (const session of sessions) await session.close()
    const text = lines.join('\n')
    t.match(text, /#1 \d+ < error bytes=\d+ .*Cannot recognize the token noSuchName\n/)
    t.match(text, /#1 \d+ < print chars=\d+\n/)
    t.match(text, /#1 \d+ < ok bytes=\d+ ANY vector of 2\n/)
    t.match(text, /#1 \d+ > variable flags=32\(apiClient\) bytes=\d+ a = \w+ \| b = STRING\n/)
    t.match(text, /#2 0 - opened 127\.0\.0\.1:/)
    t.match(text, /#2 \d+ - closed/)
  },
)

t.test('of requests that wait for answers together, the right answers are hidden', async t => {
  const lines: string[] = []
  const trace = traceConnection(
    { values: true, write: line => lines.push(line.replace(/^\S+ #\d+ /, '')) },
    systemPlatform.clock,
    newSecrets(),
  )
  const head = requestHead('7', false, {})
  const silentHead = requestHead('7', true, {})
  const login: Request = { kind: 'function', name: 'login', args: [text('ann'), text('secret1')] }
  const answer = (text: string): void => {
    trace.printed(`says ${text}`)
    trace.received({ sessionId: '7', ok: false, message: text }, 9)
  }
  // An answer is owed to connect, whatever its flags.
  trace.sent(connectHead(true), { kind: 'connect' }, 20)
  trace.sent(head, login, 30)
  trace.sent(head, { kind: 'script', script: '1' }, 10)
  trace.sent(silentHead, { kind: 'script', script: '2' }, 10)
  answer('hello')
  answer('secret2 is wrong')
  answer('no 1')
  // Nothing is owed to an asynchronous one, but some answer it.
  trace.sent(silentHead, login, 30)
  answer('secret3 is wrong')
  answer('late')
  t.strictSame(
    lines.filter(line => line.includes(' < ')),
    [
      '0 < print says hello',
      '7 < error bytes=9 hello',
      '7 < print chars=21',
      '7 < error bytes=9 (…)',
      '7 < print says no 1',
      '7 < error bytes=9 no 1',
      '7 < print chars=21',
      '7 < error bytes=9 (…)',
      '7 < print says late',
      '7 < error bytes=9 late',
    ],
  )
  t.notMatch(lines.join(), /secret/)
})
