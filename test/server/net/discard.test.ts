import t from 'tap'
import { nullDouble, nullInt32, nullInt64 } from '../../../src/protocol/null-value.js'
import type { Table } from '../../../src/protocol/value.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { startServer } from '../../../src/server/index.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'

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

t.test(
  'functions of the session run, what they insert is answered as inserted and forgotten',
  async t => {
    const server = await startServer({ port: 0, discard: true })
    t.teardown(() => server.close())
    const peer = await RawPeer.connect(server.port)
    await peer.write(connectBytes)
    await peer.response()
    const answer = async (bytes: Buffer): Promise<unknown> => {
      await peer.write(bytes)
      const response = await peer.response()
      return response.ok
        ? (response.value as { value?: unknown } | undefined)?.value
        : response.message
    }
    const run = (code: string): Promise<unknown> => answer(requestBytes(script(code)))
    await run(
      'share streamTable(1:0,[`id],[INT]) as target\n' +
        'share streamTable(1:0,[`id],[DATE]) as dates\n' +
        'share keyedStreamTable(`id,1:0,`id`n,[INT,INT]) as ledger\ngo\n' +
        'def deliver(k, mutable data){ if(tableInsert(ledger,k,0) != 1){ return -2 }; return tableInsert(target,data) }\n' +
        'def deliverDates(mutable data){ return tableInsert(dates,data) }\n' +
        'def kept(mutable data){ t=table(1:0,[`id],[INT]); tableInsert(t,data); return t.rows() }',
    )
    t.equal(await answer(requestBytes(call('deliver', int(1), idTable(1, 2, 3)))), 3)
    t.equal(
      await answer(requestBytes(call('deliver', int(1), idTable(1, 2, 3)))),
      -2,
      'the claim is kept',
    )
    t.equal(
      await answer(requestBytes(call('kept', idTable(1, 2)))),
      2,
      'a table of the request is filled',
    )
    t.equal(await run('exec count(*) from target'), 0)
    t.equal(await run('exec count(*) from ledger'), 1)
    t.match(
      await answer(requestBytes(call('deliverDates', idTable(1)))),
      /Incompatible type\. Expected: DATE, Actual: INT/,
      'rows that the table would refuse are refused',
    )
  },
)
