/* Of the rows of a key, a table keeps the last one, or the first: it must be that of the input, whichever batches the server refuses. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DeliveryOptions, TargetOptions } from '../../../src/load/options.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const keys = 5
const rowCount = 200
/** No partition takes this row, so the server refuses its batch. */
const badRow = 25

const tsdb = (keeps: string): string => `d = database("dfs://d", VALUE, 0..4, engine="TSDB")
d.createPartitionedTable(table(1:0, \`id\`v, [INT,INT]), \`t, \`id, sortColumns=\`id\`v, keepDuplicates=${keeps})`

const cases: readonly (readonly [
  name: string,
  script: string,
  TargetOptions,
  kept: 'last' | 'first',
])[] = [
  ['a keyed table', 'share keyedTable(`id, 1:0, `id`v, [INT,INT]) as t', { table: 't' }, 'last'],
  [
    'an upsert',
    'share keyedTable(`id, 1:0, `id`v, [INT,INT]) as t',
    { table: 't', method: 'upsert' },
    'last',
  ],
  [
    'a keyed stream table',
    'share keyedStreamTable(`id, 1:0, `id`v, [INT,INT]) as t',
    { table: 't' },
    'first',
  ],
  [
    'an upsert into a DFS table',
    tsdb('ALL'),
    { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id'] },
    'last',
  ],
]

async function loadAll(t: Test, script: string, target: TargetOptions, delivery: DeliveryOptions) {
  let batches = 0
  const faults: Faults = {
    before: ({ rows }) =>
      rows > 0 && [1, 3, 10, 17].includes(++batches)
        ? { error: '<ChunkInTransaction> try again' }
        : undefined,
  }
  const isDfs = target.table!.startsWith('dfs:')
  const here = await startLoadServer(t, script, { faults, newValuePartitions: 'fail' })
  const lines = Array.from({ length: rowCount }, (_, i) =>
    isDfs && i === badRow ? `9,${i}\n` : `${i % keys},${i}\n`,
  )
  const dir = t.testdir({ 'in.csv': `id,v\n${lines.join('')}` })
  const result = await here.load(join(dir, 'in.csv'), {
    target,
    delivery: { batchRows: 10, ...delivery },
    rejects: { file: join(dir, 'r.csv') },
  })
  const from = isDfs ? 'loadTable("dfs://d", "t")' : 't'
  const stored = await here.rows(`select id, v from ${from} order by id`)
  return { result, stored: stored.map(row => row.map(Number)) }
}

for (const [name, script, target, kept] of cases) {
  for (const delivery of [
    { mode: 'async' },
    { mode: 'sync' },
    { connections: 3, unordered: true },
  ] as const) {
    t.test(
      `${name}, ${JSON.stringify(delivery)}: refused batches do not change the order`,
      async t => {
        const { result, stored } = await loadAll(t, script, target, delivery)
        t.ok(result.batches.retried > 0, 'batches were refused')
        const first = kept === 'first' ? 0 : rowCount - keys
        t.strictSame(
          stored,
          Array.from({ length: keys }, (_, id) => [id, first + id]),
        )
      },
    )
  }
}
