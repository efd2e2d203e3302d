import t from 'tap'
import { lookScript } from '../../../src/load/evidence/look-script.js'
import type { SampleRow } from '../../../src/load/evidence/sample-rows.js'
import type { LoadOptions } from '../../../src/load/options.js'
import type { Scalar } from '../../../src/protocol/value.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'

const cell = (column: string, type: string, value: unknown): SampleRow[number] => ({
  column,
  scalar: { form: 'scalar', type, value } as unknown as Scalar,
})

const script = (rows: readonly SampleRow[], target: LoadOptions['target']): string =>
  lookScript(testRun({ target }).checked, rows)

t.test('the script counts the given rows', async t => {
  const here = await startLoadServer(
    t,
    'share table([1, 2] as id, [`a, `b] as sym, [2020.01.02, 2020.01.03] as day) as target',
  )
  const first = [cell('id', 'INT', 1), cell('sym', 'SYMBOL', 'a'), cell('day', 'DATE', 18263)]
  const other = [cell('id', 'INT', 5)]
  const counted = async (rows: readonly SampleRow[]): Promise<unknown> => {
    const answer = await here.session.run(script(rows, { table: 'target' }))
    return answer?.form === 'scalar' && Number(answer.value)
  }
  t.equal(await counted([first]), 1)
  t.equal(await counted([first, other]), 1)
  t.equal(await counted([other]), 0)
  t.equal(await counted([]), 2, 'all rows, if none can be written into a script')
})

t.test('values that a script cannot hold exactly are omitted', t => {
  const odd = [cell('sym', 'STRING', 'a" or 1=1'), cell('id', 'INT', 1)]
  t.equal(script([odd], { table: 'target' }), 'exec count(*) from target where (id = 1)')
  t.equal(
    script([[cell('sym', 'STRING', '\n')]], { table: 'dfs://d/t' }),
    'exec count(*) from loadTable("dfs://d","t")',
  )
  t.end()
})

t.test('the user has to name the table that a function writes to', t => {
  const target = { function: 'put', types: 'id:INT' }
  t.equal(script([[cell('id', 'INT', 1)]], target), 'exec count(*) from TABLE where (id = 1)')
  t.equal(
    script([[cell('id', 'INT', 1)]], { ...target, confirmTable: 'seen' }),
    'exec count(*) from seen where (id = 1)',
  )
  t.end()
})
