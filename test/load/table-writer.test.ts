/* The stream for rows, and `load` with rows, against an embedded server. The tests check the outcome of every row, for any rows and any
   behaviour of the server. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { RejectedRow } from '../../src/load/inputs/rows.js'
import type { LoadReport } from '../../src/load/options.js'
import { load, TableWriter, type TableWriterOptions } from '../../src/load/load-rows.js'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import type { ServerOptions } from '../../src/server/index.js'
import { closedGate } from '../helpers/gate.js'
import { asAdmin, startLoadServer, tradesScript } from '../helpers/load-server.js'
import { deepTest } from '../helpers/runs.js'
import { turnPlatformFor } from '../helpers/turn-platform.js'
import { cells } from '../helpers/values.js'

const row = (i: number) => ({
  time: new Date(1_577_957_400_000 + i),
  sym: ['IBN', 'GTYU', 'FHU'][i % 3]!,
  price: i / 100,
  id: i,
})
type Trade = ReturnType<typeof row>

async function opened(
  t: Test,
  options: Partial<TableWriterOptions> = {},
  serverOptions: ServerOptions = {},
  platform: Platform = systemPlatform,
  script = tradesScript,
) {
  const server = await startLoadServer(t, script, serverOptions)
  const address = asAdmin(server.server)
  const to = { server: address, target: { table: 'trades' } }
  const writer = await TableWriter.openOn(platform, { ...to, ...options })
  /** The errors that the stream emits. */
  const errors: unknown[] = []
  writer.on('error', error => errors.push(error))
  t.teardown(() => void writer.destroy())
  return { ...server, to, errors, writer }
}

/** A table in partitions of two or one values. */
const dfs = (partitions: string): string =>
  `db = database("dfs://d", ${partitions}); ` +
  'db.createPartitionedTable(table(1:0, `id`s, [INT,STRING]), `t, `id)'

const nothing = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0, lost: 0, pending: 0 }

/** Resolves when the stream is closed for any reason. */
function closed(writer: Writable): Promise<unknown> {
  return new Promise(resolve => writer.once('close', resolve))
}

/**
 * Checks that each row has one outcome, and that the table agrees.
 * @param isThere  whether the table has a row; undefined if the table is gone
 */
function checkOutcomes<Row extends object>(
  t: Test,
  writer: TableWriter,
  rows: readonly Row[],
  isThere?: (row: Row) => boolean,
): void {
  const { written, confirmed, unconfirmed, unsent, lost, pending } = writer.status()
  const back = writer.unwritten() as { unconfirmed: object[]; unsent: Row[] }
  t.strictSame([written, pending], [rows.length, 0])
  t.strictSame([back.unconfirmed.length, back.unsent.length], [unconfirmed, unsent])
  const returned = new Set([...back.unconfirmed, ...back.unsent])
  const others = rows.filter(one => !returned.has(one))
  t.equal(others.length, confirmed + lost)
  if (isThere === undefined) return
  t.notOk(back.unsent.some(isThere), 'unsent rows are not in the table')
  t.ok(others.every(isThere), 'confirmed rows are in the table')
}

t.test('rows are objects or arrays, and flush waits until they are confirmed', async t => {
  const { writer, rows, count } = await opened(t)
  t.ok(writer.write(row(1)))
  writer.write([new Date(0), 'a', 1.5, 2])
  await writer.flush()
  t.strictSame(writer.status(), { ...nothing, written: 2, confirmed: 2 })
  const expected = cells('2020.01.02T09:30:00.001,GTYU,0.01,1', '1970.01.01T00:00:00.000,a,1.5,2')
  t.strictSame(await rows('select * from trades'), expected)
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
  const held = rows.filter(one => one.deref() !== undefined)
  t.ok(held.length <= 1, 'the last row may be on the stack')
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
    [{ ...row(1), price: NaN }, 'DDB_INPUT_CELL', /NaN, which is neither a value nor/],
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
  for (const [i, [wrong, code, reason]] of bad.entries()) {
    t.match(rejects[i], { code, reason, rowNumber: 2 * (i + 1) })
    t.equal(rejects[i]!.row, wrong)
  }
  const good = bad.length + 1
  t.match(writer.status(), { confirmed: good, rejected: bad.length, pending: 0 })
  t.match(await writer.close(), { status: 'rejects', error: null })
  t.equal(await count('trades'), good)
})

t.test('rows refused by the server are returned in their original form', async t => {
  for (const connections of [1, 2]) {
    const rejects: RejectedRow[] = []
    const to = { target: { table: 'dfs://d/t' }, delivery: { connections } }
    const onReject = (reject: RejectedRow): unknown => rejects.push(reject)
    const { writer } = await opened(t, { ...to, onReject }, {}, undefined, dfs('RANGE, 1 3 5'))
    const written = Array.from({ length: 100 }, (_, i) => ({ id: i % 3 === 0 ? 9 : 2, s: `${i}` }))
    for (const one of written) writer.write(one)
    await writer.flush()
    const outside = new Set<unknown>(written.filter(({ id }) => id === 9))
    t.ok(rejects.length === outside.size && rejects.every(({ row }) => outside.has(row)))
    t.match(writer.status(), { written: 100, confirmed: 66, rejected: 34 })
    await writer.close()
  }
})

/** Holds back all requests with rows until the test opens the gate. */
function held() {
  const [gate, arrival] = [closedGate(), closedGate()]
  const before = ({ rows }: { rows: number }) => {
    if (rows === 0) return undefined
    arrival.open()
    return { until: gate.opened }
  }
  return { faults: { faults: { before } }, gate, arrived: arrival.opened }
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
  hold.gate.open()
  await Promise.all([first, second])
  t.match(writer.status(), { confirmed: 11, pending: 0 })
  await writer.flush()
  await writer.close()
  await writer.flush()
})

t.test('write returns false while the server accepts nothing, until it drains', async t => {
  const hold = held()
  const { writer } = await opened(t, { delivery: { maxInFlightBytes: 1 } }, hold.faults)
  let written = 0
  while (writer.write(row(written++)) && written < 1_000_000) if (written % 1000 === 0) await turn()
  t.ok(written < 100_000, `${written} rows are waiting`)
  const drained = once(writer, 'drain')
  hold.gate.open()
  await drained
  await writer.close()
  t.match(writer.status(), { written, confirmed: written })
})

t.test('a program that only waits for drain gets the error of a run that has ended', async t => {
  for (const end of ['signal', 'leave'] as const) {
    const hold = held()
    const [ending, delivery] = [new AbortController(), { maxInFlightBytes: 1 }]
    const options = { [end]: ending.signal, delivery }
    const { writer, errors } = await opened(t, options, hold.faults)
    const isClosed = closed(writer)
    let written = 0
    while (!writer.destroyed && written < 200_000) {
      if (writer.write(row(written++))) continue
      const isDrained = new Promise(resolve => writer.once('drain', resolve))
      if (!ending.signal.aborted) ending.abort()
      hold.gate.open()
      await Promise.race([isDrained, isClosed])
    }
    t.ok(written < 100_000, `${written} rows were taken`)
    await isClosed
    t.match(errors, [{ code: 'DDB_INTERRUPTED' }])
    t.match(writer.status(), { written, pending: 0 })
    t.equal(writer.write(row(0)), false)
  }
})

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('a pipeline can end in a table', async t => {
  const { writer, count } = await opened(t)
  const source = Readable.from(Array.from({ length: 5000 }, (_, i) => row(i)))
  await pipeline(source, writer)
  t.match(writer.status(), { written: 5000, confirmed: 5000 })
  t.equal(await count('trades'), 5000)
})

t.test('a pipeline that failed leaves all rows to save, at once', async t => {
  const hold = held()
  t.teardown(() => hold.gate.open())
  const delivery = { batchRows: 100, maxInFlightBytes: 1 }
  const { writer } = await opened(t, { delivery }, hold.faults)
  const rows = Array.from({ length: 10_000 }, (_, i) => row(i))
  async function* failing(): AsyncGenerator<Trade> {
    yield* rows
    await hold.arrived
    throw new Error('oops')
  }
  await t.rejects(pipeline(Readable.from(failing()), writer), { message: 'oops' })
  const { unconfirmed, unsent } = writer.unwritten()
  const back = [...unconfirmed, ...unsent]
  t.ok(back.length === rows.length && back.every((one, i) => one === rows[i]))
  t.ok(unconfirmed.length >= 100 && unsent.length > 0, `${unsent.length} rows are unsent`)
  await writer.flush().catch(() => undefined)
  checkOutcomes(t, writer, rows)
  const later = new Set(writer.unwritten().unsent)
  t.ok(unsent.every(one => later.has(one)))
})

t.test('the end takes a last row', async t => {
  for (const end of [
    (writer: TableWriter) => writer.end(row(2)),
    (writer: TableWriter, done: () => void) => writer.end(row(2), done),
    (writer: TableWriter, done: () => void) => writer.end(row(2), 'utf8', done),
  ]) {
    const { writer, count } = await opened(t)
    writer.write(row(1))
    if (end.length === 1) end(writer, () => undefined)
    else await new Promise<void>(resolve => end(writer, resolve))
    t.match(await writer.close(), { rows: { read: 2, confirmed: 2 } })
    t.match(writer.status(), { written: 2, confirmed: 2 })
    t.equal(await count('trades'), 2)
  }
})

t.test('rows written after the end are refused, and count as unsent', async t => {
  for (const isClosed of [false, true]) {
    const { writer, errors, count } = await opened(t)
    const [only, late] = [row(1), row(2)]
    writer.write(only)
    const closing = writer.close()
    if (isClosed) await closing
    t.notOk(writer.write(late))
    const refused = { code: 'ERR_STREAM_WRITE_AFTER_END' }
    if (!isClosed) await t.rejects(closing, refused)
    await t.rejects(writer.flush(), { code: 'DDB_UNCONFIRMED' })
    t.match(errors, isClosed ? [] : [refused])
    const there = await count('trades')
    checkOutcomes(t, writer, [only, late], one => one === only && there === 1)
    t.ok(writer.unwritten().unsent.includes(late))
  }
})

t.test('a writer that was destroyed does not close as if its rows were stored', async t => {
  const { writer } = await opened(t)
  writer.write(row(1))
  writer.destroy()
  await t.rejects(writer.close(), { code: 'DDB_INTERRUPTED' })
  t.match(writer.status(), { confirmed: 0, unsent: 1 })
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
  hold.gate.open()
  t.match(errors, [{ message: 'enough' }])
  const late = row(1_000)
  writer.write(late)
  checkOutcomes(t, writer, [...rows, late])
  t.equal(writer.status().confirmed, 0)
  t.ok((await count('trades')) <= writer.status().unconfirmed)
})

t.test('a run that must leave while rows wait for their batch counts these as unsent', async t => {
  const leaving = new AbortController()
  const { writer, errors } = await opened(t, { leave: leaving.signal })
  writer.write(row(1))
  await writer.flush()
  writer.write(row(2))
  // The run takes the row, which does not fill a batch.
  for (let i = 0; i < 20; i++) await turn()
  const isClosed = closed(writer)
  leaving.abort()
  await isClosed
  t.match(errors, [{ code: 'DDB_INTERRUPTED' }])
  t.match(writer.status(), { confirmed: 1, unsent: 1 })
})

deepTest(t, 'if the server is gone, each row is confirmed or returned', async t => {
  const platform = turnPlatformFor(t)
  let batches = 0
  const answer = (rows: number): undefined => {
    if (rows > 0 && ++batches === 5) void server.close()
  }
  const { writer, errors, server } = await opened(
    t,
    { delivery: { batchRows: 100, retryTimeoutMs: 2000, confirmTimeoutMs: 2000 } },
    { faults: { before: ({ rows }) => ({ answer: () => answer(rows) }) } },
    platform,
  )
  const written: Trade[] = []
  const isClosed = closed(writer)
  while (!writer.destroyed) {
    written.push(row(written.length))
    if (!writer.write(written.at(-1)!)) await Promise.race([turn(), isClosed])
    if (written.length % 100 === 0) await turn()
  }
  await isClosed
  t.equal(errors.length, 1)
  t.match(errors, [{ code: /^DDB_/ }])
  checkOutcomes(t, writer, written)
  await t.rejects(writer.flush(), { code: 'DDB_UNCONFIRMED' })
})

t.test('rows are sent after the flush interval', async t => {
  const { writer } = await opened(t, { input: { flushIntervalMs: 1 } })
  writer.write(row(1))
  while (writer.status().confirmed === 0) await turn()
  await writer.close()
})

t.test('without a table there is no writer', async t => {
  const { to, writer } = await opened(t)
  const cases: [change: Partial<TableWriterOptions>, code: string][] = [
    [{ target: { table: 'nowhere' } }, 'DDB_TARGET'],
    [{ server: { ...to.server, password: 'wrong' } }, 'DDB_LOGIN'],
    [{ delivery: { confirm: 'none' } }, 'DDB_USAGE'],
    [{ input: { limit: 5 } }, 'DDB_USAGE'],
    [{ delivery: { batchRows: -1 } }, 'DDB_USAGE'],
    [{ signal: AbortSignal.abort() }, 'DDB_INTERRUPTED'],
  ]
  for (const [change, code] of cases) {
    await t.rejects(TableWriter.open({ ...to, ...change }), { code })
  }
  await writer.close()
})

t.test('load accepts rows at once or one after another', async t => {
  const { to, count } = await opened(t)
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

t.test('an error that a function of the caller throws ends the run, and is its error', async t => {
  const { to, count } = await opened(t)
  const rows = [
    ...Array.from({ length: 5_000 }, (_, i) => row(i)),
    { ...row(0), price: 'x' as never },
  ]
  for (const phase of ['loading', 'confirming', 'done'] as const) {
    const before = await count('trades')
    const onReport = (report: LoadReport): void => {
      if (report.phase === phase) throw new Error(`at ${phase}`)
    }
    const result = await load({ ...to, rows, onReport, rejects: { onError: 'skip' } })
    const error = { code: 'DDB_USAGE', message: `onReport threw an error: at ${phase}` }
    t.match(result, { exitCode: 64, error })
    t.equal(result.rows.confirmed, (await count('trades')) - before)
    t.equal(result.rows.unconfirmed, 0)
    const written = TableWriter.open({ ...to, onReport }).then(writer => {
      writer.on('error', () => undefined).write(row(1))
      return writer.close()
    })
    await t.rejects(written, error)
  }
  const onReject = (): void => {
    throw new Error('no')
  }
  const result = await load({ ...to, rows, onReject, rejects: { onError: 'skip' } })
  t.match(result, { error: { code: 'DDB_USAGE', message: 'onReject threw an error: no' } })
})

t.test('a run that ends before its rows closes their source', async t => {
  const { to } = await opened(t)
  const limited = { ...to, input: { limit: 1 } }
  const stream = new PassThrough({ objectMode: true })
  stream.write(row(1))
  let isReturned = false
  let id = 0
  const later = new Promise<never>(() => undefined)
  const iterator: AsyncIterator<Trade> = {
    next: async () => (id === 0 ? { value: row(++id) } : later),
    return: () => {
      isReturned = true
      throw new Error('oops')
    },
  }
  for (const rows of [stream, { [Symbol.asyncIterator]: () => iterator }]) {
    t.match(await load({ ...limited, rows }), { status: 'loaded', rows: { confirmed: 1 } })
  }
  t.ok(stream.destroyed && isReturned)
})

t.test('an error thrown by the rows ends the run cleanly', async t => {
  const { to, count } = await opened(t)
  function* failing(): Generator<Trade> {
    for (let i = 0; i < 10; i++) yield row(i)
    throw new Error('oops')
  }
  const error = { code: 'DDB_INPUT_READ', message: /oops/ }
  const result = { status: 'failed', rows: { read: 10, confirmed: 10 }, error }
  t.match(await load({ ...to, rows: failing() }), result)
  const textless = async function* () {
    yield await Promise.resolve(row(11))
    throw Object.create(null)
  }
  const unknown = {
    code: 'DDB_INPUT_READ',
    message: /ended with an error: something without a text/,
  }
  t.match(await load({ ...to, rows: textless() }), { rows: { confirmed: 1 }, error: unknown })
  t.equal(await count('trades'), 11)
})

t.test('rejects of rows go to a file as JSON lines, and to listeners', async t => {
  const { to } = await opened(t)
  const file = join(t.testdir(), 'rejects.ndjson')
  const told: RejectedRow<object>[] = []
  const rows = [row(1), { ...row(2), price: 'x' }, row(3)]
  const onReject = (reject: RejectedRow<object>): unknown => told.push(reject)
  const result = await load({ ...to, rows, rejects: { file }, onReject })
  t.match(result, { status: 'rejects', rows: { confirmed: 2, rejected: 1 } })
  t.equal(told[0]!.row, rows[1])
  const kept = { ...rows[1], time: rows[1]!.time.toISOString() }
  t.strictSame(JSON.parse(await readFile(file, 'utf8')), kept)
})

t.test('many runs share a signal without a warning', async t => {
  const { to } = await opened(t)
  const warnings: Error[] = []
  const listen = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 11 }, () => load({ ...to, rows: [], signal })))
  await turn()
  t.strictSame(warnings, [])
})

t.test('options and lists may be changed after the call', async t => {
  const { to, rows } = await opened(t)
  const [target, list] = [{ table: 'trades' }, [row(1)]]
  const loading = load({ ...to, target, rows: list })
  const opening = TableWriter.open({ ...to, target, ...({ rejects: undefined } as object) })
  target.table = 'nowhere'
  list.pop()
  await loading
  const writer = await opening
  writer.write([])
  writer.write(row(2))
  t.match(await writer.close(), { status: 'rejects', rows: { confirmed: 1, rejected: 1 } })
  t.strictSame(await rows('select id from trades'), [['1'], ['2']])
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
  const platform = turnPlatformFor(t)
  const to = {
    target: { table: 'dfs://d/t' },
    delivery: { connections: 3, batchRows: 100, confirmTimeoutMs: 2000, retries: 0 },
  }
  // The server loses the fourth batch and all later batches.
  const before = ({ rows }: { rows: number }) => (rows > 0 && ++requests > 3 ? 'drop' : undefined)
  const script = dfs('VALUE, 1..9')
  const { writer, rows } = await opened(t, to, { faults: { before } }, platform, script)
  const written = Array.from({ length: 3000 }, (_, i) => ({ id: 1 + (i % 9), s: String(i) }))
  for (const one of written) writer.write(one)
  await writer.flush().catch(() => undefined)
  const isClosed = closed(writer)
  writer.destroy()
  await isClosed
  const { confirmed, unconfirmed } = writer.status()
  t.ok(confirmed > 0 && unconfirmed > 0, `${confirmed} confirmed, ${unconfirmed} unconfirmed`)
  const there = new Set((await rows('select s from loadTable("dfs://d", `t)')).flat())
  checkOutcomes(t, writer, written, ({ s }) => there.has(s))
})

t.test('a value that is not a list of rows is refused, and what rows do not allow', async t => {
  const to = { server: { host: 'h', port: 1 }, target: { table: 't' }, rows: [] as object[] }
  const unusable = [5, 'text', null, {}, undefined].map(rows => ({ rows: rows as object[] }))
  const reading = /rows of a program/
  for (const [change, message] of [
    ...unusable.map(change => [change, /list of objects/] as const),
    [{ inputs: ['f'] }, /leave one of them out/],
    [{ target: { table: 't', create: 'stream' as const } }, reading],
    [{ input: { follow: true } }, reading],
    [{ mapping: { match: 'position' as const } }, reading],
    [{ input: { jsonPath: 'a' } }, reading],
    [{ journal: { folder: 'f' } }, reading],
    [{ runId: 'r', shard: { index: 1, count: 2 } }, reading],
  ] as const) {
    await t.rejects(load({ ...to, ...change }), { code: 'DDB_USAGE', message })
  }
})
