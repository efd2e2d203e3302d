/* Function views that store other rows than they are given: none, some, changed ones, or later ones. With `--confirm-table`, a run ends
   with 0 only if the table has grown by as many rows as the function was given. */
import t from 'tap'
import { csv } from '../../helpers/delivery.js'
import { startLoadServer } from '../../helpers/load-server.js'

const rowCount = 1_000

const script = `share streamTable(1:0, \`id\`sym, [INT,SYMBOL]) as target
share streamTable(1:0, \`id\`sym, [INT,SYMBOL]) as later
def none(mutable data) { try { tableInsert(objByName("missing"), data) } catch(ex) { } }
def half(mutable data) { tableInsert(objByName("target"), select * from data where id % 2 = 0) }
def changed(mutable data) { tableInsert(objByName("target"), select -id as id, sym from data) }
def elsewhere(mutable data) { tableInsert(objByName("later"), data) }
addFunctionView(none)
addFunctionView(half)
addFunctionView(changed)
addFunctionView(elsewhere)`

const short = /it has (0|500) rows more than before the run, and the function was given 1000/

const outcomes: readonly (readonly [view: string, mayDrop: boolean, exitCode: number])[] = [
  ['changed', false, 0],
  ['none', false, 4],
  ['half', false, 4],
  ['half', true, 0],
  ['elsewhere', false, 4],
]

for (const mode of ['async', 'sync'] as const) {
  for (const [view, mayDrop, exitCode] of outcomes) {
    t.test(`${mode}, ${view}, rows may be dropped: ${mayDrop}`, async t => {
      const { load } = await startLoadServer(t, script)
      const path = t.testdir({ 'in.csv': csv(rowCount) })
      const result = await load(`${path}/in.csv`, {
        target: { function: view, types: '@target', confirmTable: 'target', mayDrop },
        // A view that stores too little is waited for this long.
        delivery: { mode, batchRows: 100, confirmTimeoutMs: exitCode === 0 ? 60_000 : 2_000 },
      })
      const unconfirmed = exitCode === 0 ? 0 : rowCount
      t.match(result, { exitCode, rows: { unconfirmed, confirmed: rowCount - unconfirmed } })
      const note = mayDrop ? /was not compared/ : short
      if (exitCode !== 0 || mayDrop) t.match(result.confirm.note, note)
      else t.equal(result.confirm.note, null)
    })
  }
}

t.test('a function that took no batch has dropped no rows', async t => {
  const { load } = await startLoadServer(t, script)
  const path = t.testdir({ 'in.csv': 'id,sym\nx,A\n' })
  const target = { function: 'none', types: '@target', confirmTable: 'target', mayDrop: true }
  t.match(await load(`${path}/in.csv`, { target }), { exitCode: 65, confirm: { note: null } })
})

t.test('rows that a view writes later are waited for', async t => {
  const { load, session, count } = await startLoadServer(t, script)
  const path = t.testdir({ 'in.csv': csv(rowCount) })
  const loading = load(`${path}/in.csv`, {
    target: { function: 'elsewhere', types: '@target', confirmTable: 'target' },
  })
  while ((await count('later')) < rowCount);
  await session.run('tableInsert(objByName("target"), objByName("later"))')
  t.match(await loading, { exitCode: 0, rows: { confirmed: rowCount } })
})

t.test('what ended an earlier process does not end the next one if it is gone', async t => {
  for (const reason of ['disk is full', 'No access to table', 'it fails']) {
    const failing = `share table(1:0, [\`x], [INT]) as flag
def failing(mutable data) {
  if((exec count(*) from flag) == 0) { throw "${reason}" }
  tableInsert(objByName("target"), data)
}
addFunctionView(failing)`
    const { load, session, count } = await startLoadServer(t, `${script}\n${failing}`)
    const path = t.testdir({ 'in.csv': csv(rowCount) })
    const go = (onDoubt: 'report' | 'resend') =>
      load(`${path}/in.csv`, {
        target: { function: 'failing', types: '@target', confirmTable: 'target' },
        ...{ runId: 'nightly', journal: { folder: `${path}/state` } },
        delivery: { batchRows: 100, maxInFlightBytes: 1, onDoubt, confirmTimeoutMs: 2_000 },
      })
    const ended = await go('report')
    t.not(ended.error, null, reason)
    await session.run('insert into flag values(1)')
    const next = await go('report')
    const { unconfirmed } = ended.rows
    t.match(next, { exitCode: 4, error: null, rows: { unconfirmed } }, reason)
    t.match(await go('resend'), { exitCode: 0, rows: { unconfirmed: 0 } }, reason)
    t.equal(await count('target'), rowCount)
  }
})
