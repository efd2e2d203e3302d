import t from 'tap'
import { nullDouble, nullInt32, nullInt64 } from '../../src/protocol/null-value.js'
import type { Table } from '../../src/protocol/value.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../helpers/requests.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int } from '../helpers/values.js'

const table: Table = {
  form: 'table',
  name: '',
  rows: 4,
  columnNames: ['time', 'sym', 'price', 'id', 'flag', 'ratio', 'small', 'cells'],
  columns: [
    {
      form: 'vector',
      type: 'TIMESTAMP',
      length: 4,
      data: BigInt64Array.of(2n ** 62n, -1n, nullInt64, 2n ** 62n),
    },
    { form: 'vector', type: 'STRING', length: 4, data: ['a', 'b', 'c', 'd'] },
    { form: 'vector', type: 'DOUBLE', length: 4, data: Float64Array.of(0.5, 1, nullDouble, 2) },
    { form: 'vector', type: 'INT', length: 4, data: Int32Array.of(-5, 2 ** 31 - 1, nullInt32, 1) },
    { form: 'vector', type: 'BOOL', length: 4, data: Int8Array.of(1, 0, -128, 1) },
    { form: 'vector', type: 'FLOAT', length: 4, data: Float32Array.of(0.25, 0.25, 0, 0) },
    { form: 'vector', type: 'SHORT', length: 4, data: Int16Array.of(-32768, 7, 8, 9) },
    {
      form: 'arrayVector',
      length: 4,
      offsets: Uint32Array.of(0, 1, 1, 2, 2),
      cells: { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(1, 2) },
    },
  ],
}

t.test('a discarding server counts rows and sums exactly, nulls left out', async t => {
  const server = await startTinyServer(
    { script: () => int(7), call: () => int(8) },
    { discard: true },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const insert = requestBytes(call('tableInsert{t}', table), asynchronous)
  const inserts = Array.from({ length: 10 }, () => insert)
  await peer.write(Buffer.concat([connectBytes, ...inserts, requestBytes(script('schema(t)'))]))
  await peer.response()
  t.match(await peer.response(), { ok: true, value: { value: 7 } }, 'scripts run')
  await peer.write(requestBytes(call('append!{t}', idTable(1, 2, 3))))
  t.match(await peer.response(), { ok: true, value: { type: 'INT', value: 3 } })
  await peer.write(requestBytes(call('version')))
  t.match(await peer.response(), { ok: true, value: { value: 8 } }, 'calls without a table run')
  t.strictSame(server.log, ['script schema(t)', 'call version'])
  t.strictSame(server.discarded, {
    requests: 11,
    rows: 43,
    sums: {
      time: 10n * (2n ** 63n - 1n),
      id: 10n * (2n ** 31n - 5n) + 6n,
      flag: 20n,
      small: 240n,
      price: 35,
      ratio: 5,
    },
  })
})
