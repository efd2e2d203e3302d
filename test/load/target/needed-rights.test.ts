/*
  Refusals for missing rights, combined with the facts about rights that `selftest` found on that server.
*/
import t from 'tap'
import { ServerError } from '../../../src/errors.js'
import type { DeliveryOptions, TargetOptions } from '../../../src/load/options.js'
import type { Facts } from '../../../src/load/connection/known-server.js'
import { namingRights } from '../../../src/load/target/needed-rights.js'
import { testRun } from '../../helpers/load-run.js'

const none = { insertShowsSchema: false, insertCounts: false, insertUpserts: false }
const all = { insertShowsSchema: true, insertCounts: true, insertUpserts: true }

function told(facts: Facts, target: TargetOptions, delivery: DeliveryOptions = {}): string {
  const run = testRun({ target, delivery })
  run.server.facts = facts
  return namingRights(run, new ServerError('No access', 'DDB_PRIVILEGE')).message
}

t.test('the error names the rights that a load needs, as far as selftest tested them', async t => {
  const target: TargetOptions = { table: 'dfs://d/t' }
  const upsert: TargetOptions = { ...target, method: 'upsert', keyColumns: ['id'] }
  const takes = 'No access As selftest found on this server, a load like this takes'
  const both = 'TABLE_INSERT and TABLE_READ on dfs://d/t.'
  t.equal(told({}, target), 'No access')
  t.equal(told(none, target), `${takes} ${both}`)
  t.equal(told(all, target), `${takes} TABLE_INSERT on dfs://d/t.`)
  t.equal(told({ ...all, insertCounts: false }, target, { confirm: 'count' }), `${takes} ${both}`)
  t.match(told(none, upsert), 'takes TABLE_UPDATE and TABLE_READ on')
  t.match(told(all, upsert), 'takes TABLE_INSERT on')
})

t.test('other refusals, and refusals for in-memory tables, are unchanged', async t => {
  t.equal(told(none, { table: 'target' }), 'No access')
  const run = testRun({ target: { table: 'dfs://d/t' } })
  run.server.facts = none
  const other = new ServerError('No such table', 'DDB_TARGET')
  t.equal(namingRights(run, other), other)
})
