import t from 'tap'
import { checkedOptions as checkedOn } from '../../src/load/checked-options.js'
import type { LoadOptions } from '../../src/load/options.js'
import { systemPlatform } from '../../src/platform/system.js'

const checkedOptions = (options: LoadOptions) => checkedOn(options, systemPlatform.random)

const minimal: LoadOptions = {
  inputs: ['trades.csv'],
  server: { host: 'localhost', port: 8848 },
  target: { table: 'trades' },
}

t.test(
  'by default a load is asynchronous, has the strongest confirmation available, and stops at the first bad row',
  async t => {
    const checked = checkedOptions(minimal)
    t.match(checked, {
      mode: 'async',
      confirm: 'auto',
      onError: 'stop',
      batchRows: 100_000,
      batchBytes: 4 << 20,
    })
    t.match(checked.runId, /^[0-9a-f]{16}$/)
  },
)

t.test('inputs that are not a list are refused, not read letter by letter', async t => {
  for (const inputs of ['/tmp/x', undefined]) {
    const wrong = { ...minimal, inputs } as unknown as LoadOptions
    t.throws(() => checkedOptions(wrong), {
      code: 'DDB_USAGE',
      message: /`inputs` is a list of files/,
    })
  }
})

t.test('a rejects file implies that rejects are kept', async t => {
  t.equal(checkedOptions({ ...minimal, rejects: { file: 'r.csv' } }).onError, 'quarantine')
})

t.test(
  'batches are small where a whole batch may be in doubt, or waits in memory or for its rate',
  async t => {
    const rowsOf = (change: Partial<LoadOptions>): number =>
      checkedOptions({ ...minimal, ...change }).batchRows
    t.equal(rowsOf({ target: { table: 'dfs://db/t' } }), 1_000_000)
    for (const change of [
      { target: { function: 'f', types: 'a:INT' } },
      { input: { follow: true } },
      { delivery: { rateLimit: { rowsPerSecond: 1 } } },
    ]) {
      t.equal(rowsOf(change), 10_000, JSON.stringify(change))
    }
    t.equal(rowsOf({ input: { follow: true }, delivery: { batchRows: 7 } }), 7)
  },
)

t.test('the error limit is a count or a share', async t => {
  t.same(checkedOptions({ ...minimal, rejects: { maxErrors: '5%' } }).maxErrors, { share: 0.05 })
  t.same(checkedOptions({ ...minimal, rejects: { maxErrors: 0 } }).maxErrors, { count: 0 })
  t.throws(() => checkedOptions({ ...minimal, rejects: { maxErrors: '500%' } }), {
    code: 'DDB_USAGE',
  })
  t.throws(() => checkedOptions({ ...minimal, rejects: { maxErrors: -1 } }), { code: 'DDB_USAGE' })
  for (const maxRecordBytes of [0, 1.5, 2 ** 30]) {
    t.throws(() => checkedOptions({ ...minimal, input: { maxRecordBytes } }), { code: 'DDB_USAGE' })
  }
})

t.test('impossible combinations are refused before anything is opened', async t => {
  for (const change of [
    { inputs: [] },
    { rejects: { onError: 'quarantine' } },
    { rejects: { onError: 'skip', file: 'r.csv' } },
    { delivery: { confirm: 'count' as never } },
    { delivery: { batchRows: 0 } },
    { delivery: { connections: 0 } },
    { delivery: { connections: 65, unordered: true } },
    { delivery: { connections: 1.5, unordered: true } },
    {
      delivery: { connections: 2, unordered: true },
      target: { function: 'f', types: 'a:INT' },
    },
  ] as Partial<LoadOptions>[]) {
    t.throws(
      () => checkedOptions({ ...minimal, ...change }),
      { code: 'DDB_USAGE' },
      JSON.stringify(change),
    )
  }
})

t.test(
  'following cannot be combined with options that need an end or a second reading',
  async t => {
    const following = (change: Partial<LoadOptions>) => () =>
      checkedOptions({ ...minimal, ...change, input: { follow: true, ...change.input } })
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
  },
)
