/* Of the rows of a key, a table keeps the last one, or the first: it must be that of the input, whichever batches the server refuses. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DeliveryOptions, LoadOptions, TargetOptions } from '../../../src/load/options.js'
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

type Before = NonNullable<Faults['before']>

const refusal = { error: '<ChunkInTransaction> try again' }

/** Refuses some batches, by their numbers. */
function refusing(...numbers: readonly number[]): Before {
  let batches = 0
  return ({ rows }) => (rows > 0 && numbers.includes(++batches) ? refusal : undefined)
}

async function scene(t: Test, [, script, target, kept]: (typeof cases)[number]) {
  let before: Before = () => undefined
  const faults: Faults = { before: request => before(request) }
  const isDfs = target.table!.startsWith('dfs:')
  const here = await startLoadServer(t, script, { faults, newValuePartitions: 'fail' })
  const lines = Array.from({ length: rowCount }, (_, i) =>
    isDfs && i === badRow ? `9,${i}\n` : `${i % keys},${i}\n`,
  )
  const dir = t.testdir({ 'in.csv': `id,v\n${lines.join('')}` })
  const from = isDfs ? 'loadTable("dfs://d", "t")' : 't'
  return {
    load: (faults: Before, delivery: DeliveryOptions, change: Partial<LoadOptions> = {}) => {
      before = faults
      return here.load(join(dir, 'in.csv'), {
        target,
        delivery: { batchRows: 10, ...delivery },
        rejects: { file: join(dir, 'r.csv') },
        runId: 'r',
        journal: { folder: join(dir, 'state') },
        ...change,
      })
    },
    isRight: async () => {
      const stored = await here.rows(`select id, v from ${from} order by id`)
      const first = kept === 'first' ? 0 : rowCount - keys
      const expected = Array.from({ length: keys }, (_, id) => [id, first + id])
      t.strictSame(
        stored.map(row => row.map(Number)),
        expected,
      )
    },
  }
}

const ways = [{ mode: 'async' }, { mode: 'sync' }, { connections: 3, unordered: true }] as const

for (const one of cases) {
  for (const delivery of ways) {
    const name = `${one[0]}, ${JSON.stringify(delivery)}`
    t.test(`${name}: refused batches do not change the order`, async t => {
      const { load, isRight } = await scene(t, one)
      const result = await load(refusing(1, 3, 10, 17), delivery)
      t.ok(result.batches.retried > 0, 'batches were refused')
      await isRight()
    })

    t.test(`${name}: a run stops at a batch of unknown outcome, and goes on in order`, async t => {
      const { load, isRight } = await scene(t, one)
      const stopped = await load(refusing(5), { ...delivery, retries: 0 })
      t.match(stopped, { exitCode: 4, error: { code: 'DDB_UNCONFIRMED' } })
      t.match((await load(refusing(2), delivery)).rows, { unconfirmed: 0, unsent: 0 })
      await isRight()
    })
  }

  for (const connections of [
    [3, 1],
    [3, 2],
    [2, 3, 2],
  ]) {
    t.test(
      `${one[0]}: goes on in order over ${connections.join(', then ')} connections`,
      async t => {
        const { load, isRight } = await scene(t, one)
        for (const [i, count] of connections.entries()) {
          const leaving = new AbortController()
          let batches = 0
          const most = i === 0 ? 4 : 0
          const dropping: Before = ({ rows }) => {
            if (rows === 0 || ++batches <= most) return undefined
            if (batches === most + 3) leaving.abort()
            return 'drop'
          }
          const isLast = i === connections.length - 1
          const { rows } = await load(
            isLast ? refusing(1, 4, 6) : dropping,
            { connections: count, unordered: true },
            { leave: leaving.signal },
          )
          t.equal(rows.unconfirmed + rows.unsent > 0, !isLast)
        }
        await isRight()
      },
    )
  }

  const refusals = [
    ['is interrupted while a batch is divided', 'Failed to append data to column', true],
    ['stops because the disk is full', 'No space left on device', false],
  ] as const
  for (const [name, error, interrupts] of refusals) {
    t.test(`${one[0]}: a run that ${name} goes on in order`, async t => {
      const { load, isRight } = await scene(t, one)
      const stop = new AbortController()
      let batches = 0
      const failing: Before = ({ rows }) => {
        if (rows === 0) return undefined
        if (++batches === 3) return 'close'
        const refuse = ({ table }: { table: string }) => {
          if (/ddbIngest/.test(table)) return undefined
          if (interrupts) stop.abort()
          return { error }
        }
        return batches === 2 ? { insert: refuse } : undefined
      }
      const stopped = await load(failing, {}, { signal: stop.signal })
      // Upserts are not inserts to the embedded server's faults.
      if (one[0] !== 'an upsert') t.not(stopped.exitCode, 0)
      t.match((await load(refusing(), {})).rows, { unconfirmed: 0, unsent: 0 })
      await isRight()
    })
  }
}

t.test('an old server can parse what an ordered run defines', async t => {
  const here = await startLoadServer(t, cases[1]![1], { version: '2.00.2' })
  const input = join(t.testdir({ 'in.csv': 'id,v\n1,2\n' }), 'in.csv')
  const target = { table: 't', method: 'upsert', keyColumns: ['id'] } as const
  t.match(await here.load(input, { target }), { confirm: { used: 'receipts' } })
})
