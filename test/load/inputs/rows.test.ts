/* Turns rows of a JavaScript program into batches. The tests compare columns that take values directly with the same rows read as JSON. The
   last test is about the row store. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { noBytes, RowStore, type RejectedRow } from '../../../src/load/inputs/rows.js'
import type { Batch, Reject } from '../../../src/parse/batch.js'
import { columnOffsets, type CellRules } from '../../../src/parse/cell-rules.js'
import { openReader } from '../../../src/parse/formats.js'
import { elementAt } from '../../../src/protocol/element.js'
import type { MappingRules } from '../../../src/schema/cell-source.js'
import { mapColumns } from '../../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { systemClock } from '../../../src/platform/clocks.js'
import { forAllAsync } from '../../helpers/runs.js'

const types =
  'b:BOOL,h:SHORT,i:INT,l:LONG,f:FLOAT,d:DOUBLE,day:DATE,at:DATETIME,ts:TIMESTAMP,s:STRING,y:SYMBOL'

interface Reading {
  readonly mapping?: MappingRules
  readonly cells?: CellRules
  readonly batchRows?: number
}

const reading = { clock: systemClock, needsTexts: false, hasEnded: () => false }

/** Builds batches from the rows. @param isPlain  false: reads all rows as JSON */
async function read(
  rows: readonly unknown[],
  isPlain: boolean,
  columns = types,
  { mapping = {}, cells = {}, batchRows = 100 }: Reading = {},
) {
  const store = new RowStore()
  const target = schemaFromTypes(columns)
  const reader = await openReader(noBytes, { format: 'ndjson' })
  const found = new Map<number, unknown>()
  const rejects = new Map<number, string>()
  for (const row of rows) store.push(row)
  store.end()
  const mapped = mapColumns(target, { file: 'rows', kind: 'members', fieldCount: 0 }, mapping)
  const rules = { ...cells, columnOffsets: columnOffsets(cells) }
  const batches = reader.batches({
    mapping: mapped,
    cells: rules,
    batchRows,
    batchBytes: 1 << 20,
    feed: store.feed(mapped, rules, { ...reading, needsTexts: !isPlain }),
    onReject: reject => {
      const { code, message, lineNumber } = store.rejected(reject)
      rejects.set(lineNumber, `${code} ${message}`)
    },
  })
  for await (const batch of batches) {
    for (let row = 0; row < batch.rowCount; row++) {
      const values = batch.columns.map(column => elementAt(column, row))
      found.set(batch.locate(row).lineNumber, values)
    }
    batch.release()
  }
  return { cells: found, rejects, nulls: reader.columnCounts.map(({ nulls }) => nulls) }
}

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.float(),
  fc.constantFrom(-0, 2 ** 31 - 1, -(2 ** 31), 32_768, 2 ** 53, 1 + 2 ** -24, 2 ** -140, 1e300),
)
const time = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.integer({ min: -30_000, max: 30_000 }).map(day => new Date(day * 86_400_000)),
  fc.constantFrom(new Date(253_402_300_800_000), '2024-01-02', '2024-01-02T09:30:00Z', 'x'),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', '数据', '\ud800', 'a\udc00b', '\0', '😀', ' a '),
)
const odd = fc.oneof(
  fc.constantFrom(null, undefined, NaN, Infinity, '', '1.5', true),
  fc.constant(() => 1),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
)
/** Mostly values of the kind that the column expects. */
const usually = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: value, weight: 30 }, { arbitrary: odd, weight: 1 })

const members = {
  b: usually(fc.boolean()),
  h: usually(fc.integer({ min: -32_767, max: 32_767 })),
  i: usually(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
  l: usually(fc.oneof(number, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }))),
  ...{ f: usually(number), d: usually(number) },
  ...{ day: usually(time), at: usually(time), ts: usually(time) },
  ...{ s: usually(text), y: usually(text) },
}

const object = fc.record(members)
const row = fc.oneof(
  { arbitrary: object, weight: 20 },
  { arbitrary: object.map(one => Object.values(one)), weight: 10 },
  { arbitrary: fc.record(members, { requiredKeys: [] }), weight: 1 },
  { arbitrary: object.map(one => ({ ...one, extra: 1 })), weight: 1 },
  { arbitrary: fc.anything(), weight: 1 },
)

t.test('values that are written directly into columns equal their JSON values', async () => {
  for (const mapping of [{}, { ignoreExtra: true, allowMissing: true }]) {
    await forAllAsync(100)(fc.array(row, { maxLength: 200 }), async rows => {
      const [plain, texts] = [true, false].map(one => read(rows, one, types, { mapping }))
      deepStrictEqual(await plain, await texts)
    })
  }
})

t.test('types without direct columns are read as JSON', async t => {
  const columns = 'c:CHAR,m:DECIMAL64(2),u:UUID,t:NANOTIMESTAMP,a:INT[],x:BLOB'
  const [m, u] = ['1.50', '00000000-0000-0000-0000-000000000001']
  const rows = [
    { c: 5, m, u, t: new Date(1), a: Int32Array.of(1, 2), x: Buffer.from('é') },
    { c: 500, m: 1, u: null, t: null, a: null, x: null },
  ]
  const { cells, rejects } = await read(rows, true, columns)
  t.strictSame([...cells.keys()], [1])
  t.match(rejects.get(2), /CHAR column "c"/)
})

t.test('a Date is in UTC, as in JSON', async t => {
  const columns = 'ts:TIMESTAMP'
  const instant = new Date(Date.UTC(2024, 0, 2, 9, 30))
  const times = [instant, '2024-01-02T09:30:00+08:00', '2024-01-02T09:30:00Z']
  const mixed = times.map(ts => ({ ts }))
  const inShanghai = { cells: { timeZone: 'Asia/Shanghai' } }
  for (const isPlain of [true, false]) {
    const { rejects } = await read(mixed, isPlain, columns)
    t.strictSame([...rejects.keys()], [2])
    const { cells } = await read([{ ts: instant }], isPlain, columns, inShanghai)
    const value = BigInt(Date.UTC(2024, 0, 2, 17, 30))
    t.strictSame(cells.get(1), [{ form: 'scalar', type: 'TIMESTAMP', value }], 'converted')
  }
})

t.test('columns with names of inherited members are filled only from rows', async t => {
  const columns = 'constructor:STRING,id:INT'
  const { cells, rejects } = await read([{ id: 1 }, { id: 1, constructor: 'x' }], true, columns)
  t.strictSame([...rejects.keys()], [1])
  t.equal(cells.size, 1)
})

t.test('if a getter throws, its row is rejected', async t => {
  const bad = {
    s: '',
    get id(): number {
      throw new Error('oops')
    },
  }
  const rules = { mapping: { ignoreExtra: true } }
  const { rejects, cells } = await read([{ id: 1 }, bad, { id: 2 }], true, 'id:INT', rules)
  t.strictSame([...rejects], [[2, 'DDB_INPUT_CELL the row cannot be read: oops']])
  t.equal(cells.size, 2)
  // More rows than the reader takes at a time.
  const many = Array.from({ length: 4097 }, (_, i) => ({ id: i, s: `text ${i}` }))
  const columns = 'id:INT,s:STRING'
  const found = await read([...many, bad], true, columns, { batchRows: 5000 })
  t.strictSame(
    [...found.cells.values()].map(row => (row as { value: unknown }[])[1]!.value),
    many.map(({ s }) => s),
  )
})

t.test('rows come in order, whatever is written and settled while a piece waits', async () => {
  const mapped = mapColumns(schemaFromTypes('id:INT'), { file: '', kind: 'members', fieldCount: 0 })
  const step = fc.record({ rows: fc.nat(3000), share: fc.nat(100), waits: fc.boolean() })
  await forAllAsync(100)(fc.array(step, { minLength: 5, maxLength: 30 }), async steps => {
    const store = new RowStore()
    const feed = store.feed(mapped, {}, reading)
    let [written, taken, settled] = [0, 0, 0]
    let waiting: ReturnType<typeof feed.next> | undefined
    for (const { rows, share, waits } of steps) {
      // The reader asks for rows before they are there, and is held back before it takes them.
      waiting ??= feed.next()
      for (let i = 0; i < rows; i++) store.push({ id: written++ })
      if (written === taken) continue
      const piece = (await waiting).value!.rows!
      const first = settled
      const batch = {
        rowCount: taken - first,
        locate: (row: number) => ({ lineNumber: first + row + 1 }),
      }
      const whole = { cut: 0, lane: undefined, parts: 1 }
      const all = { confirmed: batch.rowCount, unconfirmed: 0, unsent: 0 }
      if (batch.rowCount > 0) store.partEnded({ batch: batch as Batch, whole }, all)
      settled = taken
      if (waits) continue
      const count = Math.max(1, Math.floor((piece.rowCount * share) / 100))
      const ids = Array.from({ length: count }, (_, i) => taken + i)
      deepStrictEqual(piece.valuesOf(0, count).slice(0, count), ids)
      feed.took(count)
      taken += count
      waiting = undefined
    }
  })
})

t.test('rows that need no waiting let the event loop turn, or no signal could act', async t => {
  const mapped = mapColumns(schemaFromTypes('id:INT'), { file: '', kind: 'members', fieldCount: 0 })
  const store = new RowStore()
  let ms = 0
  const clock = { ...systemClock, nowMs: () => (ms += 30) }
  const feed = store.feed(mapped, {}, { ...reading, clock, needsTexts: true })
  let hasTurned = false
  setImmediate(() => (hasTurned = true))
  for (const id of ['x', 'y', 'z']) {
    store.push({ id })
    await feed.next()
  }
  t.ok(hasTurned)
})

t.test(
  'without receipts a rejected row is returned, too, and forgotten with its piece',
  async t => {
    const store = new RowStore()
    const told: RejectedRow[] = []
    store.onReject = one => told.push(one)
    store.begin(false)
    const mapped = mapColumns(schemaFromTypes('id:INT'), {
      file: '',
      kind: 'members',
      fieldCount: 0,
    })
    const feed = store.feed(mapped, {}, { ...reading, needsTexts: true })
    for (const id of ['x', 1]) store.push({ id })
    await feed.next()
    store.rejected({ lineNumber: 1, code: 'DDB_INPUT_CELL', message: 'no' } as Reject)
    const rest = store.flush()
    void feed.next()
    await rest
    t.match(told, [{ row: { id: 'x' }, rowNumber: 1 }])
    store.endRest()
    t.strictSame(store.unsent, [])
  },
)

t.test('the row store gets the outcome of each row once', async t => {
  const store = new RowStore()
  const told: RejectedRow[] = []
  store.onReject = one => told.push(one)
  for (let i = 1; i <= 10_000; i++) store.push(i)
  const mapped = mapColumns(schemaFromTypes('id:INT'), { file: '', kind: 'members', fieldCount: 0 })
  store.feed(mapped, {}, reading).took(10_000)
  let isSettled = false
  const settled = store.flush().then(() => (isSettled = true))
  const none = { confirmed: 0, unconfirmed: 0, unsent: 0 }
  const whole = { cut: 0, lane: undefined, parts: 1 }
  const end = (start: number, end: number, rows: object): void => {
    const locate = (row: number) => ({ lineNumber: start + row + 1 })
    const batch = { rowCount: end - start, locate } as Batch
    store.partEnded({ batch, whole }, { ...none, ...rows })
  }
  store.rejected({ lineNumber: 5, code: 'DDB_INPUT_CELL', message: 'no' } as Reject)
  end(0, 4096, { confirmed: 4095 })
  end(5000, 5010, { unsent: 10 })
  // Some of these rows are in the table, but nobody knows which.
  end(4096, 5000, { confirmed: 900, unconfirmed: 4 })
  await Promise.resolve()
  t.match(told, [{ row: 5, rowNumber: 5, code: 'DDB_INPUT_CELL', reason: 'no' }])
  t.equal(told.length, 1)
  await Promise.resolve()
  t.notOk(isSettled)
  store.endRest()
  await settled
  const counts = { written: 10_000, confirmed: 4095, rejected: 1, unconfirmed: 904, unsent: 5000 }
  t.strictSame(store.counts, { ...counts, lost: 0 })
  t.equal(store.unconfirmed[0], 4097)
  t.strictSame([store.unsent[0], store.unsent.at(-1)], [5001, 10_000])
  store.takeBack()
  t.match(store.counts, { confirmed: 0, unconfirmed: 904, lost: 4095 })
})
