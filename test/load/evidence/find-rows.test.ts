import t from 'tap'
import { findRows, searchFor } from '../../../src/load/evidence/find-rows.js'
import type { SampleRow } from '../../../src/load/evidence/sample-rows.js'
import { parseTableTarget } from '../../../src/load/target/target.js'
import { startLoadServer } from '../../helpers/load-server.js'

const initScript = `share table([1, 2, 00i] as id, ["a", "b'\\"c", "d"] as text) as target
db = database("dfs://d", VALUE, 1..3)
tableInsert(db.createPartitionedTable(target, \`t, \`id), table([1, 2] as id, ["a", "b'\\"c"] as text))`

const row = (id: number | null, text: string): SampleRow => [
  { column: 'id', scalar: { form: 'scalar', type: 'INT', value: id } },
  { column: 'text', scalar: { form: 'scalar', type: 'STRING', value: text } },
]

t.test('rows are found by their values, whatever the texts contain', async t => {
  const { session } = await startLoadServer(t, initScript)
  const asking = { session, timeoutMs: 60_000 }
  const there = [row(1, 'a'), row(2, 'b\'"c')]
  const given = [...there, row(1, 'd'), row(3, '})')]
  for (const name of ['target', 'dfs://d/t']) {
    t.same(await findRows(asking, parseTableTarget(name), given), there, name)
  }
  t.same(await findRows(asking, parseTableTarget('target'), [row(null, 'd')]), [row(null, 'd')])
  t.same(await findRows(asking, parseTableTarget('target'), []), [])
})

t.test('without the table, or without its column, nothing is known', async t => {
  const { session } = await startLoadServer(t, initScript)
  const asking = { session, timeoutMs: 60_000 }
  t.equal(await findRows(asking, parseTableTarget('nowhere'), [row(1, 'a')]), undefined)
  await session.run('share table([1] as other) as target')
  t.equal(await findRows(asking, parseTableTarget('target'), [row(1, 'a')]), undefined)
})

t.test('a request names its function in one line', t => {
  const search = searchFor(parseTableTarget('target'), [row(1, 'a'), row(null, 'b')])
  t.notMatch(search?.functionText('x = 1\ntry {\n    y = x\n} catch(ex) { y = 0 }\n', 'y'), '\n')
  t.equal(searchFor(parseTableTarget('target'), []), undefined)
  t.end()
})
