import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import type { DatabaseHandle } from '../../../../src/server/tables/database-handle.js'
import { chunkPath } from '../../../../src/server/tables/partitions/partition-level.js'
import { placeRows } from '../../../../src/server/tables/partitions/place-rows.js'
import { testSession } from '../../../helpers/script.js'

/** Scheme, a value of each level, and the path of the partition that holds them. */
const cases: [scheme: string, values: string[], path: string][] = [
  ['VALUE, 1..3', ['2'], '/2'],
  ['VALUE, 2024.01.01..2024.01.03', ['2024.01.02'], '/20240102'],
  ['VALUE, 2024.01M..2024.03M', ['2024.02M'], '/202402M'],
  ['VALUE, ["A.B", "C"]', ['"A.B"'], '/A.B'],
  ['RANGE, 0 50 100', ['50'], '/50_100'],
  ['RANGE, 2024.01.01 2024.02.01', ['2024.01.31'], '/20240101_20240201'],
  ['LIST, [["A", "B"], ["C"]]', ['"C"'], '/List1'],
  ['HASH, [INT, 5]', ['13'], '/Key3'],
  [
    'COMPO, [database("", VALUE, 2024.01.01..2024.01.03), database("", HASH, [INT, 4]), database("", RANGE, 0 10 20)]',
    ['2024.01.03', '7', '19'],
    '/20240103/Key3/10_20',
  ],
]

for (const [scheme, values, path] of cases) {
  t.test(`${values.join(', ')} in ${scheme}`, async t => {
    const { run, session } = testSession()
    await run(`db = database("dfs://d", ${scheme})`)
    const { levels } = session.variables.get('db') as unknown as DatabaseHandle
    const columns = await Promise.all(values.map(value => run(`[${value}]`) as Promise<Vector>))
    const partitioning = {
      columns: values.map((_, level) => level),
      levels,
      newValues: () => 'skip' as const,
    }
    const [partition] = placeRows(partitioning, columns, 1)
    t.equal(chunkPath(levels, partition!), path)
  })
}
