/*
  Rows whose keys the target already has: the run counts them as confirmed and reports their number.
*/
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import { runMain } from '../../cli/run-cli.js'
import { startLoadServer } from '../../helpers/load-server.js'

const columns = '`id`sym, [INT,SYMBOL]'
const script = `share keyedStreamTable(\`id, 10:0, ${columns}) as first
share keyedTable(\`id, 10:0, ${columns}) as last
share streamTable(10:0, ${columns}) as plain
share table(10:0, ${columns}) as seen
db = database("dfs://d", VALUE, \`A\`B, engine="TSDB")
db.createPartitionedTable(table(1:0, ${columns}), \`t, \`sym, sortColumns=\`sym\`id, keepDuplicates=LAST)
def put(mutable data) { tableInsert(objByName("plain"), data) }
addFunctionView(put)`

const twoKeys = 'id,sym\n1,A\n1,B\n2,A\n2,A\n'

async function scene(t: Test, options: Partial<LoadOptions>, text = twoKeys) {
  const here = await startLoadServer(t, script)
  const folder = t.testdir({ 'in.csv': text })
  const path = join(folder, 'in.csv')
  const load = (change: Partial<LoadOptions> = {}): Promise<LoadResult> =>
    here.load(path, { ...options, ...change })
  return { here, load, path, folder }
}

const cases: [string, Partial<LoadOptions>, (number | null)[]][] = [
  ['a keyed stream table', { target: { table: 'first' } }, [2, 4]],
  ['a keyed table', { target: { table: 'last' } }, [2, 4]],
  ['an upsert', { target: { table: 'last', method: 'upsert' } }, [2, 4]],
  ['a stream table', { target: { table: 'plain' } }, [0, 0]],
  [
    'an upsert into a DFS table',
    { target: { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] } },
    [null, null],
  ],
  ['a table that finds equal rows later', { target: { table: 'dfs://d/t' } }, [null, null]],
  ['a function', { target: { function: 'put', types: 'id:INT,sym:SYMBOL' } }, [null, null]],
]

for (const [what, options, expected] of cases) {
  for (const delivery of [{ mode: 'async' }, { mode: 'sync' }] as const) {
    t.test(`${what} reports kept rows, ${'mode' in delivery ? 'sync' : 'receipts'}`, async t => {
      const { load } = await scene(t, { ...options, delivery })
      for (const duplicates of expected) {
        t.match(await load(), { exitCode: 0, rows: { confirmed: 4 }, duplicates })
      }
      t.match(await load({ expectUnique: true }), {
        exitCode: expected[1] === 0 ? 0 : 5,
        rows: { confirmed: 4 },
        ...(expected[1] === 0 ? {} : { error: { code: 'DDB_EXPECTATION' } }),
      })
    })
  }
}

t.test('duplicates that earlier processes of a run found are included', async t => {
  const options = { target: { table: 'first' }, delivery: { batchRows: 1 } }
  const { load, folder } = await scene(t, options)
  const journal = { folder: join(folder, 'state') }
  t.match(await load({ runId: 'r', journal }), { exitCode: 0, duplicates: 2 })
  t.match(await load({ runId: 'r', journal }), { exitCode: 0, duplicates: 2, rows: { skipped: 4 } })
})

t.test('the command reports duplicates in text, JSON, metrics and exit code', async t => {
  const { here, path, folder } = await scene(t, {})
  const argv = ['load', path, '--host', `127.0.0.1:${here.server.port}`, '-t', 'first']
  const metrics = join(folder, 'm.prom')
  const said = await runMain([...argv, '--metrics-file', metrics])
  t.match(said, {
    code: 0,
    stdout: /^Loaded 4 rows [^]*; 2 of them had a key that the table already contained\n/,
  })
  t.match(readFileSync(metrics, 'utf8'), /^ddb_ingest_duplicate_rows\{[^}]*\} 2$/m)
  const failed = await runMain([...argv, '--json', '--expect-unique'])
  t.match(failed, { code: 5, stderr: /the target already had the keys of 4 rows.*DDB_EXPECTATION/ })
  t.match(JSON.parse(failed.stdout), { duplicates: 4, rows: { confirmed: 4 } })
})
