import t, { type Test } from 'tap'
import { askFound, findScript, type Found } from '../../../src/load/evidence/find-rows.js'
import type { SampleRow } from '../../../src/load/evidence/sample-rows.js'
import { parseTarget, type TableTarget } from '../../../src/load/target/target.js'
import type { Scalar } from '../../../src/protocol/value.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'

const timeoutMs = 60_000
const script = `t0 = table([1, 2, 3] as id, ["a", "", "c"] as name, [1.5, 00F, 2.5] as price,
  [2020.01.02, 2020.01.03, 00d] as day)
share t0 as target`

const tableOf = (table: string): TableTarget => {
  const target = parseTarget({ table })
  if (target.kind !== 'table') throw new Error('a table')
  return target.table
}

const scalar = (type: string, value: unknown): Scalar =>
  ({ form: 'scalar', type, value }) as unknown as Scalar

const rowOf = (id: number, name: string, price: number | null, day: number | null): SampleRow => [
  { column: 'id', scalar: scalar('INT', id) },
  { column: 'name', scalar: scalar('STRING', name) },
  { column: 'price', scalar: scalar('DOUBLE', price) },
  { column: 'day', scalar: scalar('DATE', day) },
]

async function found(
  t: Test,
  rows: readonly SampleRow[],
  faults: Faults = {},
  table = 'target',
): Promise<Found> {
  const { session } = await startLoadServer(t, script, { faults })
  if (rows.length > 0) await session.run(findScript(tableOf(table), rows))
  return askFound({ session, timeoutMs }, rows)
}

const first = rowOf(1, 'a', 1.5, 18263)
const nulls = rowOf(2, '', null, 18264)
const last = rowOf(3, 'c', 2.5, null)

t.test('rows are found by all their values, including nulls', async t => {
  t.equal(await found(t, [first, nulls, last]), 'all')
  t.equal(await found(t, [first]), 'all')
})

t.test('a row with one different value is another row', async t => {
  for (const other of [
    rowOf(4, 'a', 1.5, 18263),
    rowOf(1, 'b', 1.5, 18263),
    rowOf(1, 'a', 1.25, 18263),
    rowOf(1, 'a', 1.5, 18262),
    rowOf(1, 'a', null, 18263),
    rowOf(1, '', 1.5, 18263),
  ]) {
    t.equal(await found(t, [other]), 'none')
    t.equal(await found(t, [first, other]), 'some')
  }
})

t.test('a question about no rows proves nothing', async t => {
  t.equal(await found(t, []), 'unknown')
})

t.test('a server that refuses the question or does not have the table proves nothing', async t => {
  const refusing: Faults = {
    beforeExecute: ({ text }) => (text === 'ddbIngestFind' ? { error: 'not here' } : undefined),
  }
  t.equal(await found(t, [first], refusing), 'unknown')
  t.equal(await found(t, [first], {}, 'missing'), 'unknown')
})

t.test('a server that cannot find a row by its own values proves nothing', async t => {
  const odd = [{ column: 'price', scalar: scalar('DOUBLE', NaN) }]
  t.equal(await found(t, [odd]), 'unknown')
})
