import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import type { Table } from '../../src/protocol/value.js'
import type { EmbeddedServer, ServerOptions } from '../../src/server/index.js'
import { startServer } from '../../src/server/index.js'
import { int, text } from '../helpers/values.js'

const host = '127.0.0.1'

async function started(
  t: { teardown(end: () => unknown): void },
  options: ServerOptions = {},
): Promise<EmbeddedServer> {
  const server = await startServer({ port: 0, ...options })
  t.teardown(() => server.close())
  return server
}

const rows = 100

function trades(firstId: number): Table {
  const time = BigInt64Array.from({ length: rows }, (_, i) => 1_577_836_800_000n + BigInt(i))
  const base = ['', 'IBN', 'FHU', 'ZD']
  return {
    form: 'table',
    name: '',
    rows,
    columnNames: ['time', 'sym', 'price', 'id'],
    columns: [
      { form: 'vector', type: 'TIMESTAMP', length: rows, data: time },
      {
        form: 'vector',
        type: 'SYMBOL',
        length: rows,
        codes: Int32Array.from(time, (_, i) => 1 + (i % 3)),
        base,
      },
      {
        form: 'vector',
        type: 'DOUBLE',
        length: rows,
        data: Float64Array.from(time, (_, i) => i / 4),
      },
      {
        form: 'vector',
        type: 'INT',
        length: rows,
        data: Int32Array.from(time, (_, i) => firstId + i),
      },
    ],
  }
}

const shareTrades =
  'share streamTable(10000:0,`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades'

t.test('a stream table is written asynchronously, as the documentation does it', async t => {
  const { port } = await started(t)
  const session = await connect({
    host,
    port,
    user: 'admin',
    password: '123456',
    enableAsync: true,
  })
  await session.run(shareTrades)
  const requests = 300
  for (let i = 0; i < requests; i++) await session.run('tableInsert{trades}', trades(i * rows))
  await session.close()
  const asking = await connect({ host, port })
  t.strictSame(await asking.run('exec count(*) from trades'), int(requests * rows))
  const ids = (await asking.run('exec id from trades')) as { data: Int32Array; length: number }
  t.ok(
    ids.data.subarray(0, ids.length).every((id, i) => id === i),
    'in the order they were sent',
  )
  await asking.close()
})

t.test('answered and unanswered requests mix on one session', async t => {
  const { port } = await started(t)
  const session = await connect({ host, port, user: 'admin', password: '123456' })
  await session.run(shareTrades)
  session.send('tableInsert{trades}', [trades(0)])
  session.send('tableInsert{trades}', [trades(rows)])
  t.strictSame(await session.run('exec count(*) from trades'), int(2 * rows))
  await session.close()
})

t.test('a script that sleeps is answered when it wakes', async t => {
  const { port } = await started(t)
  const session = await connect({ host, port })
  t.strictSame(await session.run('sleep(10); 1+2'), int(3))
  await session.close()
})

t.test('variables, printing, errors and clearing', async t => {
  const { port } = await started(t)
  const messages: string[] = []
  const session = await connect({ host, port, onMessage: message => messages.push(message) })
  await session.upload({ a: int(2), s: text('x') })
  t.strictSame(await session.run('print(a); a+1'), int(3))
  t.strictSame(
    messages.map(message => message.trim()),
    ['2'],
  )
  await t.rejects(session.run('1+noSuchName'), { name: 'ServerError', message: /noSuchName/ })
  await session.run('1', { clearMemory: true })
  await t.rejects(session.run('a'), { name: 'ServerError' })
  await session.close()
})

t.test('failures of asynchronous requests are kept where the embedder can see them', async t => {
  const server = await started(t)
  const session = await connect({ host, port: server.port, enableAsync: true })
  await session.run('tableInsert{nowhere}', trades(0))
  await session.close()
  const asking = await connect({ host, port: server.port })
  await asking.run('1')
  t.match(server.recentAsyncErrors, [
    { sessionId: session.id, text: 'tableInsert{nowhere}', message: /nowhere/ },
  ])
  await asking.close()
})

t.test('an initial script prepares the server as admin; guests may be kept out', async t => {
  const { port } = await started(t, { initScript: shareTrades, requireLogin: true })
  const guest = await connect({ host, port })
  await t.rejects(guest.run('exec count(*) from trades'), { code: 'DDB_LOGIN', message: /S04009/ })
  await guest.close()
  const session = await connect({ host, port, user: 'admin', password: '123456' })
  t.strictSame(await session.run('exec count(*) from trades'), int(0))
  await session.close()
  await t.rejects(startServer({ port: 0, initScript: 'nonsense(' }), { code: 'DDB_SCRIPT' })
})
