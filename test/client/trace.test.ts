/*
  The lines of a connection's trace: what they show, and what they never show.
*/
import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import { startServer } from '../../src/server/index.js'

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
