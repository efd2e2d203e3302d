/* The generator of the example files and of the inputs for benchmarks. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { generateTrades } from '../../scripts/generate-trades.js'
import { root } from '../helpers/checkout.js'

const text = (options: Parameters<typeof generateTrades>[0]): string =>
  [...generateTrades(options)].join('')

t.test("the example files are the generator's output for their seed", async t => {
  for (const [format, path] of [
    ['csv', 'fixtures/csv/trades.csv'],
    ['ndjson', 'fixtures/json/trades.ndjson'],
  ] as const) {
    const file = await readFile(new URL(path, root), 'utf8')
    t.ok(text({ rows: 1000, seed: 20200102, format }) === file, path)
    t.notOk(text({ rows: 1000, seed: 20200103, format }) === file, 'another seed gives other rows')
  }
})

t.test('a chunk ends with a line end and stays small, however many rows there are', async t => {
  let rows = -1
  for (const piece of generateTrades({ rows: 10_000 })) {
    if (!piece.endsWith('\n') || piece.length > 66_000) t.fail(`a chunk of ${piece.length}`)
    rows += piece.split('\n').length - 1
  }
  t.equal(rows, 10_000)
})
