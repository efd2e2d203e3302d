/*
  The stream for rows, and `load` with rows, against an embedded server. The tests check the outcome of every row, for
  any rows and any behaviour of the server.
*/
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { RejectedRow } from '../../src/load/inputs/rows.js'
import { load, TableWriter, type TableWriterOptions } from '../../src/load/load-rows.js'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import type { ServerOptions } from '../../src/server/index.js'
import { closedGate } from '../helpers/gate.js'
import { startLoadServer, tradesScript, type LoadServer } from '../helpers/load-server.js'
import { deepTest } from '../helpers/runs.js'
import { turnPlatform } from '../helpers/turn-platform.js'

const row = (i: number) => ({
  time: new Date(1_577_957_400_000 + i),
  sym: ['IBN', 'GTYU', 'FHU'][i % 3]!,
  price: i / 100,
  id: i,
})
type Trade = ReturnType<typeof row>

interface Opened extends LoadServer {
  readonly address: { host: string; port: number; user: string; password: string }
  /** The errors that the stream emits. */
  readonly errors: unknown[]
  readonly writer: TableWriter<Trade | readonly unknown[]>
}

async function opened(
  t: Test,
  options: Partial<TableWriterOptions> = {},
  serverOptions: ServerOptions = {},
  platform: Platform = systemPlatform,
): Promise<Opened> {
  const server = await startLoadServer(t, tradesScript, serverOptions)
  const { host, port } = server.server
  const address = { host, port, user: 'admin', password: '123456' }
  const writer = await TableWriter.openOn<Trade | readonly unknown[]>(platform, {
    server: address,
    target: { table: 'trades' },
    ...options,
  })
  const errors: unknown[] = []
  writer.on('error', error => errors.push(error))
  t.teardown(() => void writer.destroy())
  return { ...server, address, errors, writer }
}

const nothing = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0, lost: 0, pending: 0 }

/** Resolves when the stream is closed for any reason. */
function closed(writer: Writable): Promise<unknown> {
  return new Promise(resolve => writer.once('close', resolve))
}

t.test('rows are objects or arrays, and flush waits until they are confirmed', async t => {
  const { writer, rows, count } = await opened(t)
  t.ok(writer.write(row(1)))
  writer.write([new Date(0), 'a', 1.5, 2])
  await writer.flush()
  t.strictSame(writer.status(), { ...nothing, written: 2, confirmed: 2 })
  t.strictSame(await rows('select * from trades'), [
    ['2020.01.02T09:30:00.001', 'GTYU', '0.01', '1'],
    ['1970.01.01T00:00:00.000', 'a', '1.5', '2'],
  ])
  for (let i = 0; i < 30_000; i++) if (!writer.write(row(i))) await once(writer, 'drain')
  const result = await writer.close()
  t.match(result, { status: 'loaded', rows: { read: 30_002, confirmed: 30_002 } })
  t.equal(await count('trades'), 30_002)
  t.strictSame(writer.unwritten(), { unconfirmed: [], unsent: [] })
})

deepTest(t, 'a row is released once it is confirmed', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { writer } = await opened(t)
  const rows: WeakRef<object>[] = []
  const write = (i: number): boolean => {
    const one = row(i)
    rows.push(new WeakRef(one))
    return writer.write(one)
  }
  for (let i = 0; i < 30_000; i++) if (!write(i)) await once(writer, 'drain')
  await writer.flush()
  // A new turn, because the target of a WeakRef that was just created or read lives until the end of the turn.
  await new Promise(resolve => setImmediate(resolve))
  collect()
  t.ok(
    rows.filter(one => one.deref() !== undefined).length <= 1,
    'the last row may be on the stack',
  )
  t.equal(writer.status().confirmed, 30_000)
})

t.test('a bad row is reported with its reason, and the remaining rows continue', async t => {
  const rejects: RejectedRow[] = []
  const onReject = (reject: RejectedRow): unknown => rejects.push(reject)
  const { writer, count } = await opened(t, { onReject })
  const bad: readonly (readonly [unknown, string, RegExp])[] = [
    [{ time: null, sym: 'a', price: 1 }, 'DDB_INPUT_MEMBER', /no member "id"/],
    [{ ...row(1), extra: 1 }, 'DDB_INPUT_MEMBER', /"extra" goes nowhere/],
    [{ ...row(1), price: 'x' }, 'DDB_INPUT_CELL', /expected a number, got "x"/],
    [
      { ...row(1), price: NaN },
      'DDB_INPUT_CELL',
      /NaN, which is neither a value nor a null: use null/,
    ],
    [{ ...row(1), id: 2n ** 70n }, 'DDB_INPUT_RANGE', /"1180591620717411303424"/],
    [{ ...row(1), id: 1.5 }, 'DDB_INPUT_CELL', /whole number/],
    [{ ...row(1), time: new Date(NaN) }, 'DDB_INPUT_CELL', /member "time": an invalid Date/],
    [{ ...row(1), sym: 'a\ud800' }, 'DDB_INPUT_ENCODING', /surrogate/],
    [{ ...row(1), sym: 'a\0b' }, 'DDB_STRING_HAS_NUL', /U\+0000/],
    [{ ...row(1), sym: {} }, 'DDB_INPUT_CELL', /got/],
    [{ ...row(1), sym: () => 'a' }, 'DDB_INPUT_CELL', /a function cannot be stored/],
    [[1, 2], 'DDB_INPUT_CELL', /2 values for 4 columns/],
    ['text', 'DDB_INPUT_CELL', /not a string/],
    [undefined, 'DDB_INPUT_CELL', /not a undefined/],
  ]
  for (const [i, [wrong]] of bad.entries()) {
    writer.write(row(i))
    writer.write(wrong as Trade)
  }
  writer.write({ ...row(1), price: -0 })
  await writer.flush()
  t.strictSame(
    rejects.map(({ row }) => row),
    bad.map(([wrong]) => wrong),
  )
  for (const [i, [, code, reason]] of bad.entries()) {
    t.match(rejects[i], { code, reason, rowNumber: 2 * (i + 1) })
  }
  const good = bad.length + 1
  t.match(writer.status(), { confirmed: good, rejected: bad.length, pending: 0 })
  t.match(await writer.close(), { status: 'rejects', error: null })
  t.equal(await count('trades'), good)
})

t.test('rows refused by the server are returned in their original form', async t => {
  const server = await startLoadServer(
    t,
    'db = database("dfs://d", RANGE, 1 3 5); ' +
      'db.createPartitionedTable(table(1:0, `id`s, [INT,STRING]), `t, `id)',
  )
  const { host, port } = server.server
  for (const connections of [1, 2]) {
    const rejects: RejectedRow[] = []
    const writer = await TableWriter.open<{ id: number; s: string }>({
      server: { host, port, user: 'admin', password: '123456' },
      target: { table: 'dfs://d/t' },
      delivery: { connections },
      onReject: reject => rejects.push(reject),
    })
    const written = Array.from({ length: 100 }, (_, i) => ({ id: i % 3 === 0 ? 9 : 2, s: `${i}` }))
    for (const one of written) writer.write(one)
    await writer.flush()
    t.strictSame(
      new Set(rejects.map(({ row }) => row)),
      new Set(written.filter(({ id }) => id === 9)),
    )
    t.match(writer.status(), { written: 100, confirmed: 66, rejected: 34 })
    await writer.close()
  }
})

/** Holds back all requests with rows until the test calls `open`. */
function held(): { faults: ServerOptions; open: (this: void) => void; arrived: Promise<void> } {
  const gate = closedGate()
  const arrival = closedGate()
  return {
    faults: {
      faults: {
        before: ({ rows }) => {
          if (rows === 0) return undefined
          arrival.open()
          return { until: gate.opened }
        },
      },
    },
    open: () => gate.open(),
    arrived: arrival.opened.then(() => undefined),
  }
}

t.test('flush waits while the server does nothing, for every caller', async t => {
  const hold = held()
  const { writer } = await opened(t, {}, hold.faults)
  for (let i = 0; i < 10; i++) writer.write(row(i))
  let flushed = 0
  const first = writer.flush().then(() => flushed++)
  writer.write(row(10))
  const second = writer.flush().then(() => flushed++)
  await hold.arrived
  t.equal(flushed, 0)
  t.match(writer.status(), { confirmed: 0, pending: 11 })
  hold.open()
  await Promise.all([first, second])
  t.match(writer.status(), { confirmed: 11, pending: 0 })
  await writer.flush()
  await writer.close()
  await writer.flush()
})

t.test(
  'write returns false while the server accepts nothing, and drain reports when to continue',
  async t => {
    const hold = held()
    const { writer } = await opened(t, { delivery: { maxInFlightBytes: 1 } }, hold.faults)
    let written = 0
    while (writer.write(row(written++)) && written < 1_000_000)
      if (written % 1000 === 0) await turn()
    t.ok(written < 100_000, `${written} rows are waiting`)
    const drained = once(writer, 'drain')
    hold.open()
    await drained
    await writer.close()
    t.match(writer.status(), { written, confirmed: written })
  },
)

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('a pipeline can end in a table', async t => {
  const { writer, count } = await opened(t)
  const source = Readable.from(Array.from({ length: 5000 }, (_, i) => row(i)))
  await pipeline(source, writer)
  t.match(writer.status(), { written: 5000, confirmed: 5000 })
  t.equal(await count('trades'), 5000)
})

t.test('rows written after the end are refused and not counted', async t => {
  const { writer, errors, count } = await opened(t)
  writer.write(row(1))
  writer.end()
  writer.write(row(2))
  await closed(writer)
  t.match(errors, [{ code: 'ERR_STREAM_WRITE_AFTER_END' }])
  t.match(writer.status(), { written: 1 })
  const { confirmed, unconfirmed, unsent } = writer.status()
  t.equal(confirmed + unconfirmed + unsent, 1)
  t.ok((await count('trades')) >= confirmed)
})

t.test('a writer destroyed during a batch returns all rows that are not confirmed', async t => {
  const hold = held()
  const { writer, errors, count } = await opened(t, { delivery: { batchRows: 100 } }, hold.faults)
  const rows = Array.from({ length: 1000 }, (_, i) => row(i))
  for (const one of rows) writer.write(one)
  const flushed = writer.flush()
  await hold.arrived
  const isClosed = closed(writer)
  writer.destroy(new Error('enough'))
  await t.rejects(flushed, { code: 'DDB_UNCONFIRMED', message: /1000|unconfirmed/ })
  await isClosed
  hold.open()
  t.match(errors, [{ message: 'enough' }])
  const { unconfirmed, unsent } = writer.unwritten()
  t.match(writer.status(), { written: 1000, confirmed: 0, pending: 0 })
  t.strictSame(new Set([...unconfirmed, ...unsent]), new Set(rows))
  t.equal(unconfirmed.length + unsent.length, rows.length)
  t.ok((await count('trades')) <= unconfirmed.length, 'unsent rows are not in the table')
})

deepTest(t, 'if the server is gone, each row is confirmed or returned', async t => {
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  let batches = 0
  const { writer, errors, server } = await opened(
    t,
    { delivery: { batchRows: 100, retryTimeoutMs: 2000, confirmTimeoutMs: 2000 } },
    {
      faults: {
        before: ({ rows }) => ({
          answer: () => {
            if (rows > 0 && ++batches === 5) void server.close()
            return undefined
          },
        }),
      },
    },
    platform,
  )
  let written = 0
  const isClosed = closed(writer)
  while (!writer.destroyed) {
    if (!writer.write(row(written++))) await Promise.race([turn(), isClosed])
    if (written % 100 === 0) await turn()
  }
  await isClosed
  t.equal(errors.length, 1)
  t.match((errors[0] as { code: string }).code, /^DDB_/)
  const { confirmed, unconfirmed, unsent, lost, pending, written: counted } = writer.status()
  const back = writer.unwritten()
  t.equal(pending, 0)
  t.strictSame([back.unconfirmed.length, back.unsent.length], [unconfirmed, unsent])
  t.equal(confirmed + unconfirmed + unsent + lost, counted)
  await t.rejects(writer.flush(), { code: 'DDB_UNCONFIRMED' })
})

t.test('rows are sent after the flush interval', async t => {
  const { writer } = await opened(t, { input: { flushIntervalMs: 1 } })
  writer.write(row(1))
  while (writer.status().confirmed === 0) await turn()
  await writer.close()
})

t.test('without a table there is no writer', async t => {
  const { address, writer } = await opened(t)
  const open = (change: Partial<TableWriterOptions>) => () =>
    TableWriter.open({ server: address, target: { table: 'trades' }, ...change })
  await t.rejects(open({ target: { table: 'nowhere' } }), { code: 'DDB_TARGET' })
  await t.rejects(open({ server: { ...address, password: 'wrong' } }), { code: 'DDB_LOGIN' })
  await t.rejects(open({ delivery: { confirm: 'none' } }), { code: 'DDB_USAGE' })
  await t.rejects(open({ delivery: { batchRows: -1 } }), { code: 'DDB_USAGE' })
  await t.rejects(open({ signal: AbortSignal.abort() }), { code: 'DDB_INTERRUPTED' })
  await writer.close()
})

t.test('load accepts rows at once or one after another', async t => {
  const { address, count } = await opened(t)
  const to = { server: address, target: { table: 'trades' } }
  const list = Array.from({ length: 70_000 }, (_, i) => row(i))
  t.match(await load({ ...to, rows: list }), { status: 'loaded', rows: { confirmed: 70_000 } })
  async function* coming(): AsyncGenerator<Trade> {
    for (let i = 0; i < 100; i++) {
      if (i % 10 === 0) await turn()
      yield row(i)
    }
  }
  const limited = { ...to, rows: coming(), input: { limit: 30 } }
  t.match(await load(limited), { status: 'loaded', rows: { read: 30, confirmed: 30 } })
  t.match(await load({ ...to, rows: [] }), { status: 'loaded', rows: { read: 0 } })
  t.equal(await count('trades'), 70_030)
})

t.test('an error thrown by the rows ends the run cleanly', async t => {
  const { address, count } = await opened(t)
  function* failing(): Generator<Trade> {
    for (let i = 0; i < 10; i++) yield row(i)
    throw new Error('oops')
  }
  const result = await load({ server: address, target: { table: 'trades' }, rows: failing() })
  t.match(result, {
    status: 'failed',
    rows: { read: 10, confirmed: 10 },
    error: { code: 'DDB_INPUT_READ', message: /oops/ },
  })
  t.equal(await count('trades'), 10)
})

t.test('rejects of rows go to a file as JSON lines, and to listeners', async t => {
  const { address } = await opened(t)
  const file = join(t.testdir(), 'rejects.ndjson')
  const told: RejectedRow<object>[] = []
  const rows = [row(1), { ...row(2), price: 'x' }, row(3)]
  const result = await load({
    server: address,
    target: { table: 'trades' },
    rows,
    rejects: { file },
    onReject: reject => told.push(reject),
  })
  t.match(result, { status: 'rejects', rows: { confirmed: 2, rejected: 1 } })
  t.equal(told[0]!.row, rows[1])
  t.strictSame(JSON.parse(await readFile(file, 'utf8')), {
    ...rows[1],
    time: rows[1]!.time.toISOString(),
  })
})

t.test('a value that is not a list of rows is refused', async t => {
  const to = { server: { host: 'h', port: 1 }, target: { table: 't' } }
  for (const rows of [5, 'text', null, {}, undefined]) {
    await t.rejects(load({ ...to, rows: rows as object[] }), { code: 'DDB_USAGE' })
  }
  const both = { ...to, rows: [], inputs: ['f'] }
  await t.rejects(load(both), { code: 'DDB_USAGE', message: /leave one of them out/ })
})

t.test('a signal ends a writer cleanly', async t => {
  const ending = new AbortController()
  const { writer, errors, count } = await opened(t, { signal: ending.signal })
  for (let i = 0; i < 100; i++) writer.write(row(i))
  await writer.flush()
  const isClosed = closed(writer)
  ending.abort()
  await isClosed
  t.match(errors, [{ code: 'DDB_INTERRUPTED' }])
  t.match(writer.status(), { written: 100, confirmed: 100, pending: 0 })
  t.equal(await count('trades'), 100)
})

deepTest(t, 'rows of several connections are distinguished when some batches are lost', async t => {
  let requests = 0
  const server = await startLoadServer(
    t,
    'db = database("dfs://d", VALUE, 1..9); ' +
      'db.createPartitionedTable(table(1:0, `id`s, [INT,STRING]), `t, `id)',
    {
      faults: {
        // The server loses the fourth batch and all later batches.
        before: ({ rows }) => (rows > 0 && ++requests > 3 ? 'drop' : undefined),
      },
    },
  )
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  const { host, port } = server.server
  const writer = await TableWriter.openOn<{ id: number; s: string }>(platform, {
    server: { host, port, user: 'admin', password: '123456' },
    target: { table: 'dfs://d/t' },
    delivery: { connections: 3, batchRows: 100, confirmTimeoutMs: 2000, retries: 0 },
  })
  writer.on('error', () => undefined)
  const written = Array.from({ length: 3000 }, (_, i) => ({ id: 1 + (i % 9), s: String(i) }))
  for (const one of written) writer.write(one)
  await writer.flush().catch(() => undefined)
  const isClosed = closed(writer)
  writer.destroy()
  await isClosed
  const { confirmed, unconfirmed, unsent, pending } = writer.status()
  t.equal(pending, 0)
  t.equal(confirmed + unconfirmed + unsent, written.length)
  t.ok(confirmed > 0 && unconfirmed > 0, `${confirmed} confirmed, ${unconfirmed} unconfirmed`)
  const there = new Set((await server.rows('select s from loadTable("dfs://d", `t)')).flat())
  const back = writer.unwritten()
  t.notOk(
    back.unsent.some(({ s }) => there.has(s)),
    'unsent rows are not in the table',
  )
  const open = new Set([...back.unconfirmed, ...back.unsent].map(({ s }) => s))
  const settled = written.filter(({ s }) => !open.has(s))
  t.equal(settled.length, confirmed)
  t.ok(
    settled.every(({ s }) => there.has(s)),
    'confirmed rows are in the table',
  )
})

t.test('options that require a second reading of an input are refused', async t => {
  const to = { server: { host: 'h', port: 1 }, rows: [] }
  for (const change of [
    { target: { table: 't', create: 'stream' as const } },
    { target: { table: 't' }, input: { follow: true } },
    { target: { table: 't' }, input: { jsonPath: 'a' } },
    { target: { table: 't' }, journal: { folder: 'f' } },
  ]) {
    await t.rejects(load({ ...to, ...change }), { code: 'DDB_USAGE', message: /rows of a program/ })
  }
})
