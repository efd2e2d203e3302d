/* Batches that are not cut by place end with the row that makes them complete, or soon after they have reached a size. */
import { ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { rangeAt } from '../../src/parse/row-places.js'
import { forAll, forAllAsync } from '../helpers/runs.js'
import { memorySource } from './reading.js'
import { trace } from './trace.js'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '中'), maxLength: 12 })

/** The cells of a row: a number, a text, a symbol, an array. Some cells have the wrong type. */
const cells = fc.record({
  id: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 99 }).map(String) },
    { weight: 1, arbitrary: fc.constant('x') },
  ),
  text: letters,
  symbol: letters,
  list: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 }),
})

type Cells = typeof cells extends fc.Arbitrary<infer T> ? T : never

const csvLine = ({ id, text, symbol, list }: Cells): string =>
  `${id},${text},${symbol},"${list.join()}"\n`

const jsonLine = ({ id, text, symbol, list }: Cells): string =>
  `${JSON.stringify({ id: id === 'x' ? id : Number(id), text, symbol, list })}\n`

const formats = {
  csv: { head: 'id,text,symbol,list\n', line: csvLine, between: ['', '', '', '\n', 'a,b\n'] },
  ndjson: { head: '', line: jsonLine, between: ['', '', '', '\n', '{"id":\n'] },
}

const types = 'id:INT,text:STRING,symbol:SYMBOL,list:LONG[]'
const utf8Length = (text: string): number => Buffer.byteLength(text)

/** Size of the rows on the wire, computed from the layouts of the types (docs/protocol.md#data-types). */
function wireBytes(rows: readonly Cells[]): number {
  const symbols = new Set(rows.map(({ symbol }) => symbol).filter(symbol => symbol !== ''))
  let bytes = 1
  for (const symbol of symbols) bytes += utf8Length(symbol) + 1
  for (const { text, list } of rows) {
    bytes += 4 + utf8Length(text) + 1 + 4 + 8 * Math.max(1, list.length) + 1
  }
  return bytes
}

const sizes = fc.integer({ min: 1, max: 400 })

for (const format of ['csv', 'ndjson'] as const) {
  t.test(`${format}: batches end when they have enough rows or bytes`, async () => {
    const { head, line, between } = formats[format]
    const records = fc.array(fc.tuple(cells, fc.constantFrom(...between)), { maxLength: 60 })
    const full = fc.record({
      batchRows: fc.integer({ min: 1, max: 30 }),
      batchBytes: fc.oneof(fc.constant(1 << 20), fc.integer({ min: 1, max: 1200 })),
    })
    await forAllAsync(400)(records, full, sizes, async (records, full, chunkBytes) => {
      const text = head + records.map(([cells, before]) => before + line(cells)).join('')
      const events = await trace([memorySource(text, { chunkBytes })], {
        types,
        dialect: { format, header: 'yes' },
        batch: () => full,
      })
      let rows = records.map(([cells]) => cells).filter(({ id }) => id !== 'x')
      for (const event of events) {
        const batch = event as { kind?: string; rowCount: number; encodedBytes: number }
        if (batch.kind !== 'batch') continue
        const own = rows.slice(0, batch.rowCount)
        rows = rows.slice(batch.rowCount)
        strictEqual(batch.encodedBytes, wireBytes(own))
        const isSmall = batch.encodedBytes < full.batchBytes
        const most = Math.min(full.batchRows, isSmall ? rows.length + own.length : Infinity)
        ok(isSmall ? own.length === most : own.length <= most)
      }
      strictEqual(rows.length, 0)
    })
  })
}

t.test('a row is in the last range that begins at it or before it', t => {
  const lengths = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 })
  forAll(200)(lengths, fc.nat(), (counts, at) => {
    let rows = 0
    const ranges = counts.map(rowCount => ({ firstRow: (rows += rowCount) - rowCount, rowCount }))
    const row = at % Math.max(1, rows)
    strictEqual(rangeAt(ranges, row), ranges.filter(({ firstRow }) => firstRow <= row).at(-1))
  })
  t.end()
})
