/*
  A batch ends with the row that fills it, for chunks of any size.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { runs } from '../helpers/runs.js'
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

function batchesOf(rows: readonly Cells[], batchRows: number, batchBytes: number): number[] {
  const found: number[] = []
  let inHand: Cells[] = []
  for (const row of rows) {
    inHand.push(row)
    if (inHand.length < batchRows && wireBytes(inHand) < batchBytes) continue
    found.push(inHand.length)
    inHand = []
  }
  return inHand.length === 0 ? found : [...found, inHand.length]
}

const sizes = fc.integer({ min: 1, max: 400 })

for (const format of ['csv', 'ndjson'] as const) {
  t.test(`${format}: a batch ends with the row that fills it, for any chunks`, async () => {
    const { head, line, between } = formats[format]
    const records = fc.array(fc.tuple(cells, fc.constantFrom(...between)), { maxLength: 60 })
    const full = fc.record({
      batchRows: fc.integer({ min: 1, max: 30 }),
      batchBytes: fc.integer({ min: 1, max: 1200 }),
    })
    await fc.assert(
      fc.asyncProperty(records, full, sizes, sizes, async (records, full, one, other) => {
        const text = head + records.map(([cells, before]) => before + line(cells)).join('')
        const read = (chunkBytes: number): Promise<unknown[]> =>
          trace([memorySource(text, { chunkBytes })], {
            types,
            dialect: { format, header: 'yes' },
            batch: () => full,
          })
        const events = await read(one)
        const rows = records.map(([cells]) => cells).filter(({ id }) => id !== 'x')
        const counts = events.flatMap(event => {
          const { kind, rowCount } = event as { kind?: string; rowCount: number }
          return kind === 'batch' ? [rowCount] : []
        })
        deepStrictEqual(counts, batchesOf(rows, full.batchRows, full.batchBytes))
        deepStrictEqual(await read(other), events)
      }),
      { numRuns: runs(400) },
    )
  })
}
