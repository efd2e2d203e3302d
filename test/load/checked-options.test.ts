import t from 'tap'
import { checkedOptions as checkedOn } from '../../src/load/checked-options.js'
import type { LoadOptions } from '../../src/load/options.js'
import { systemPlatform } from '../../src/platform/system-files.js'

const checkedOptions = (change: object = {}) =>
  checkedOn({ ...minimal, ...change }, systemPlatform.random)

const minimal: LoadOptions = {
  inputs: ['trades.csv'],
  server: { host: 'localhost', port: 8848 },
  target: { table: 'trades' },
}

t.test('by default a load is asynchronous, fully confirmed, and stops at a bad row', async t => {
  const checked = checkedOptions()
  t.match(checked, {
    ...{ mode: 'async', confirm: 'auto', onError: 'stop' },
    ...{ batchRows: 100_000, batchBytes: 4 << 20, maxErrors: { count: 100 } },
  })
  t.match(checked.runId, /^[0-9a-f]{16}$/)
})

t.test('a rejects file implies that rejects are kept; their limit is a count or a share', t => {
  const of = (rejects: object) => checkedOptions({ rejects })
  t.equal(of({ file: 'r.csv' }).onError, 'quarantine')
  t.same(of({ maxErrors: '5%' }).maxErrors, { share: 0.05 })
  t.same(of({ maxErrors: 0 }).maxErrors, { count: 0 })
  t.end()
})

t.test('batches are small where one may be in doubt, wait in memory or for its rate', async t => {
  const ofFunction = { target: { function: 'f', types: 'a:INT' } }
  const follow = { input: { follow: true } }
  for (const [change, rows] of [
    [{ target: { table: 'dfs://db/t' } }, 1_000_000],
    [ofFunction, 10_000],
    [follow, 10_000],
    [{ delivery: { rateLimit: { rowsPerSecond: 1 } } }, 10_000],
    [{ ...follow, delivery: { batchRows: 7 } }, 7],
  ] as const) {
    t.equal(checkedOptions(change).batchRows, rows, JSON.stringify(change))
  }
})

t.test('wrong values and impossible combinations are refused before anything is opened', t => {
  const unordered = { connections: 2, unordered: true }
  for (const [change, message] of [
    [{ inputs: '/tmp/x' }, /`inputs` is a list of files/],
    [{ inputs: undefined }, /`inputs` is a list of files/],
    [{ inputs: [] }, /no input/],
    [{ inputs: ['-'], input: { path: '{day}' } }, /standard input has none/],
    [{ rejects: { onError: 'quarantine' } }, /needs `rejects.file`/],
    [{ rejects: { onError: 'skip', file: 'r.csv' } }, /`rejects.file` goes with/],
    [{ rejects: { maxErrors: '500%' } }, /a count or a share such as 5%$/],
    [{ rejects: { maxErrors: -1 } }, /a count or a share/],
    [{ delivery: { confirm: 'count' } }, /`delivery.confirm` is one of auto, none$/],
    [
      { delivery: { batchRows: 0 } },
      /`delivery.batchRows` is a whole number of at least 1, not 0$/,
    ],
    [{ delivery: { connections: 65, unordered: true } }, /from 1 to 64, not 65$/],
    [{ delivery: { connections: 1.5, unordered: true } }, /from 1 to 64, not 1.5$/],
    [{ delivery: unordered, target: { function: 'f', types: 'a:INT' } }, /one after the other/],
    ...[0, 1.5, 2 ** 30].map(
      size => [{ input: { maxRecordBytes: size } }, /from 1 to 536870912, not/] as const,
    ),
  ] as const) {
    t.throws(() => checkedOptions(change), { code: 'DDB_USAGE', message }, JSON.stringify(change))
  }
  t.end()
})

t.test('following cannot be combined with options that need an end or a second reading', t => {
  const following = (change: Partial<LoadOptions>) => () =>
    checkedOptions({ ...change, input: { follow: true, ...change.input } })
  const refused: Record<string, Partial<LoadOptions>> = {
    'standard input': { inputs: ['a.csv', '-'] },
    'input.compression': { input: { compression: 'gzip' } },
    NDJSON: { input: { format: 'json' } },
    documents: { input: { jsonPath: 'a' } },
    'input.limit': { input: { limit: 1 } },
    expectRows: { expectRows: 1 },
    'target.create': { target: { table: 'trades', create: 'stream' } },
    'every process': { journal: { folder: 'f' }, delivery: { confirm: 'none' } },
  }
  for (const [words, change] of Object.entries(refused)) {
    t.throws(following(change), { code: 'DDB_USAGE', message: new RegExp(words) }, words)
  }
  t.doesNotThrow(following({ input: { compression: 'none' }, journal: { folder: 'f' } }))
  t.doesNotThrow(following({ delivery: { confirm: 'none' } }))
  t.end()
})

t.test('rows that nobody confirms cannot be expected', async t => {
  const of = (mode: 'sync' | 'async') => () =>
    checkedOptions({ expectRows: 1, delivery: { mode, confirm: 'none' } })
  t.throws(of('async'), { code: 'DDB_USAGE', message: /counts confirmed rows/ })
  t.doesNotThrow(of('sync'), 'answers confirm them')
})
