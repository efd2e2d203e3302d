import t from 'tap'
import { connect } from '../../../src/client/open-session.js'
import type { Table } from '../../../src/protocol/value.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'

const host = '127.0.0.1'
const ids = Array.from({ length: 10_000 }, (_, i) => i)

t.test('a table asked for with a fetchSize comes in blocks of about that size', async t => {
  const server = await startTinyServer({ script: () => idTable(...ids) })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  const seen: number[] = []
  let blocks = 0
  for await (const block of session.readBlocks('t', { fetchSize: 8192 })) {
    const column = (block as Table).columns[0] as { data: Int32Array }
    t.ok((column.data.byteLength <= 8192 && column.data.byteLength > 4096) || seen.length > 9000)
    seen.push(...column.data)
    blocks += 1
  }
  t.strictSame(seen, ids)
  t.equal(blocks, 5)
  await session.close()
})

t.test('small tables are wrapped, too, and an empty one keeps its columns', async t => {
  const server = await startTinyServer({
    script: code => (code === 'empty' ? idTable() : idTable(1)),
  })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  t.match(await session.run('one', { fetchSize: 8192 }), {
    type: 'ANY',
    length: 1,
    data: [{ rows: 1 }],
  })
  t.match(await session.run('empty', { fetchSize: 8192 }), {
    type: 'ANY',
    data: [{ rows: 0, columnNames: ['id'] }],
  })
  t.match(await session.run('one'), { form: 'table' })
  await session.close()
})

t.test('other results are answered as they are', async t => {
  const server = await startTinyServer({ script: () => int(1) })
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  await peer.write(Buffer.concat([connectBytes, requestBytes(script('1'), { fetchSize: 8192 })]))
  await peer.response()
  t.match(await peer.response(), { ok: true, value: int(1) })
})
