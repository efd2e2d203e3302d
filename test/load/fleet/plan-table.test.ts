/*
  The table of a plan on the server, and requests that arrive after another user has removed the tables of the run.
*/
import t from 'tap'
import {
  beginUnit,
  dropPlan,
  endUnit,
  hasLook,
  joinPlan,
  readPlanState,
  type ShardAsking,
} from '../../../src/load/fleet/plan-table.js'
import { planTableName } from '../../../src/load/marker/run-tables.js'
import { startLoadServer } from '../../helpers/load-server.js'

const rows = { read: 5, confirmed: 4, rejected: 1 }

t.test('late requests mark no unit of the next run with the same name', async t => {
  const { session, count } = await startLoadServer(t, 'x = 1')
  const asking = (look: bigint): ShardAsking => ({ session, runId: 'p', timeoutMs: 5_000, look })
  const [before, now] = [asking(11n), asking(12n)]
  await joinPlan(before, before.look, 'plan', 0)
  t.match(await beginUnit(before, 1, 21n), { kind: 'ledger', token: 21n })
  t.equal(await dropPlan(before), 1)
  await joinPlan(now, now.look, 'plan', 0)
  t.equal(await hasLook(before, before.look), false)
  t.equal(await endUnit(before, { unit: 1, token: 21n, rows }), false)
  const ended = { unit: 1, token: 21n, rows }
  t.strictSame(await beginUnit(before, 2, 22n, 1, ended), { kind: 'gone' })
  const state = await readPlanState(now)
  t.strictSame([...state!.done, ...state!.ledgers], [])
  t.match(await beginUnit(now, 1, 23n), { kind: 'ledger', token: 23n })
  t.equal(await count(`${planTableName('p')} where kind > 2`), 1)
})

t.test(
  'if a different process has begun the unit, a row without the unit counts the request',
  async t => {
    const { session, count } = await startLoadServer(t, 'x = 1')
    const asking = (look: bigint): ShardAsking => ({ session, runId: 'p', timeoutMs: 5_000, look })
    const [one, other] = [asking(11n), asking(12n)]
    for (const each of [one, other]) await joinPlan(each, each.look, 'plan', null)
    await beginUnit(one, 1, 21n)
    await beginUnit(other, 2, 22n)
    const ended = { unit: 1, token: 21n, rows }
    for (let asked = 0; asked < 2; asked++) {
      t.strictSame(await beginUnit(one, 2, 23n, 1, ended), { kind: 'ledger', token: 22n })
    }
    // The second process also reports that unit 1 has ended. The table records this end once.
    t.equal(await endUnit(other, ended), true)
    const { done, rowsBefore } = (await readPlanState(one))!
    t.match([...done], [[1, rows]])
    t.equal(rowsBefore, null)
    t.equal(await count(`${planTableName('p')} where endedUnit = 1`), 1)
    t.strictSame(await beginUnit(other, 1, 24n), { kind: 'done' })
  },
)

t.test('a text that cannot name a run is never part of a script', t => {
  for (const name of ['x"+1', '', 'a b', '../x']) {
    t.throws(() => planTableName(name), { code: 'DDB_NAME' })
  }
  t.end()
})
