/*
  Cases in which the official client 3.1.48 returns different values than were sent, and the reasons why the other tests
  avoid these cases. If a later version is better, a test here fails, and docs/reliability.md#official-clients must be changed, too.
*/
import type { Table } from '../../src/protocol/value.js'
import { decoded, encoded, hex } from '../helpers/codec.js'
import { recordings, type Recording } from '../helpers/recordings.js'
import { startEnds, test, type ClientObject } from './client.js'
import { clientScalar, clientVector, elementsOfClient, elementsOfOurs } from './elements.js'

/** The arguments of a recording's last request, in the form in which they were sent. */
function argumentBytes({ bytes, requests }: Recording): Uint8Array {
  const { off, len } = requests.at(-1)!
  const request = bytes.subarray(off, off + len)
  const bodyStart = request.indexOf('\n') + 1
  const bodyBytes = Number(request.toString('latin1', 0, bodyStart).split(' ')[2])
  // As a Uint8Array: the client relies on slice() to copy, but the slice() of a Buffer does not copy.
  return Uint8Array.from(request.subarray(bodyStart + bodyBytes))
}

test('the client reads tables as Java and C++ send them, but none with compressed columns', async (t, client) => {
  const cases = recordings.filter(({ name }) => /^(alltypes|big|bigarray)/.test(name))
  t.ok(cases.length >= 10, 'recordings are found')
  for (const recording of cases) {
    const bytes = argumentBytes(recording)
    const ours = decoded(bytes) as Table
    const title = `${recording.client} ${recording.name}`
    if (recording.compressed) {
      t.throws(() => client.DdbObj.parse(bytes, true), title)
      continue
    }
    const theirs = client.DdbObj.parse(bytes, true)
    for (const [at, column] of (theirs.value as ClientObject[]).entries()) {
      const name = `${title} ${ours.columnNames[at]}`
      t.equal(column.name, ours.columnNames[at], name)
      t.strictSame(elementsOfClient(client, column), elementsOfOurs(ours.columns[at]!), name)
    }
  }
})

test('the client does not know DATEMINUTE', async (t, client) => {
  const bytes = hex('1d01 02000000 01000000 01000000 00000080')
  t.strictSame(elementsOfOurs(decoded(bytes) as Table['columns'][number]), [1, null])
  t.throws(() => client.DdbObj.parse(bytes, true))
  t.throws(() => client.DdbObj.parse(hex('1d00 01000000'), true))
  t.throws(() => clientVector(client, 'DATEMINUTE', [1]).pack())
})

test('a text that begins with U+FEFF loses it', async (t, client) => {
  const { official, session } = await startEnds(t, client)
  const texts = ['\ufefftext', '\ufeff', 'te\ufeffxt']
  await official.eval('share table(1:0, [`s], [STRING]) as marks')
  const table = new client.make['DdbTable']!([clientVector(client, 'STRING', texts, 's')])
  await official.call('tableInsert{marks}', [table])
  const ours = await session.run<Table>('select s from marks')
  t.strictSame(elementsOfOurs(ours.columns[0]!), texts, 'it was sent and is there')
  const back = await official.eval('exec s from marks')
  t.strictSame(elementsOfClient(client, back), ['text', '', 'te\ufeffxt'])
})

test('nulls of UUID, IPADDR and INT128 are shown as zeros, the text of a null time is "null"', async (t, client) => {
  const { official } = await startEnds(t, client)
  const shown = async (script: string): Promise<unknown> => (await official.eval(script)).data()
  t.equal(await shown('uuid("")'), '00000000-0000-0000-0000-000000000000')
  t.equal(await shown('ipaddr("")'), '0.0.0.0')
  t.equal(await shown('int128("")'), '0'.repeat(32))
  t.equal(await shown('00d'), 'null')
  t.strictSame(await shown('[2012.06.13, NULL]'), ['2012.06.13', 'null'])
  t.equal(await shown('decimal64(NULL, 2)'), 'null')
  t.strictSame(await shown('decimal64([1.5, NULL], 2)'), ['1.50', ''], 'but not in vectors')
})

test('a vector of nulls without a type has no elements', async (t, client) => {
  const { official } = await startEnds(t, client)
  const value = await official.eval('take(NULL, 3)')
  t.equal(value.rows, 3)
  t.strictSame(value.data(), [])
})

test('times before the year 1000 are shown in another century', async (t, client) => {
  const { official } = await startEnds(t, client)
  const value = await official.call('(x -> x)', [
    clientScalar(client, 'TIMESTAMP', -62_135_596_800_000n),
  ])
  t.equal(value.value, -62_135_596_800_000n, 'the number is correct')
  t.equal(value.data(), '2001.01.01 00:00:00.000', 'it is in the year 1')
  const date = await official.call('(x -> x)', [clientScalar(client, 'DATE', -719_162)])
  t.equal(date.data(), '0001.01.01', 'dates are calculated differently')
})

test('times are shown through the time zone of the machine, which skips an hour in spring', async (t, client) => {
  const { official } = await startEnds(t, client)
  const zone = process.env['TZ']
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  process.env['TZ'] = 'America/New_York'
  const value = await official.eval('2024.03.10T02:30:00.000')
  t.equal(value.value, 1_710_037_800_000n, 'the number is correct')
  t.equal(value.data(), '2024.03.10 03:30:00.000')
})

test('a DATETIME before 1970 is rounded towards 1970', async (t, client) => {
  const { make } = client
  const zero = new Date(0)
  const halfBefore = new Date(-500 + zero.getTimezoneOffset() * 60_000)
  const sent = new make['DdbDateTime']!(halfBefore)
  t.strictSame(decoded(sent.pack()), { form: 'scalar', type: 'DATETIME', value: 0 }, 'not -1')
})

test('a set of doubles is packed as one of integers', async (t, client) => {
  const set = new client.make['DdbSetDouble']!([1.5, 2.5])
  t.equal(set.pack().length, 2 + 2 + 8 + 2 * 4, 'eight bytes are missing')
  t.throws(() => decoded(set.pack()), { name: 'ProtocolError' })
})

test('BigInt128Array.from() without a function returns nothing', async (t, client) => {
  t.equal(client.BigInt128Array.from([1n]), undefined)
  t.strictSame([...new client.BigInt128Array([1n])], [1n])
})

test('texts of SYMBOL vectors are kept for the whole process and leak into later values', async (t, client) => {
  const first = encoded(decoded(clientVector(client, 'SYMBOL', ['secret']).pack()))
  client.DdbObj.parse(first, true)
  // A vector that refers to base 0 but does not contain this base. This project's decoder knows no such base.
  const reference = hex('9101 01000000 01000000 00000000 00000000 01000000')
  t.strictSame(elementsOfClient(client, client.DdbObj.parse(reference, true)), ['secret'])
  t.throws(() => decoded(reference), { name: 'ProtocolError' })
})
