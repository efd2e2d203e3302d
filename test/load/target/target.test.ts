import t from 'tap'
import type { TargetOptions } from '../../../src/load/options.js'
import {
  parseMethod,
  parseTableTarget,
  parseTarget,
  usualUpsert,
  writeBody,
  writeExpression,
} from '../../../src/load/target/target.js'

t.test('the call for an upsert leaves its data argument open and names the keys', async t => {
  const table = parseTableTarget('dfs://db/t')
  t.equal(
    writeExpression(table, 'upsert', ['id', 'day']),
    'upsert!{loadTable("dfs://db","t"),,ignoreNull=false,keyColNames=`id`day}',
  )
})

t.test('an upsert into a table with a primary key does not name the key columns', async t => {
  const table = parseTableTarget('dfs://db/t')
  const upsert = { primaryKey: true, counts: true }
  const expression = 'loadTable("dfs://db","t")'
  t.equal(writeExpression(table, 'upsert', [], upsert), `upsert!{${expression}}`)
})

t.test('the function body uses the same calls, and returns rows if the calls do', async t => {
  const body = (options: TargetOptions, upsert = usualUpsert): string => {
    const target = parseTarget(options)
    return target.kind === 'table' ? writeBody(target, upsert).replace(/\s+/g, ' ').trim() : ''
  }
  t.equal(body({ table: 'trades' }), 'return tableInsert(objByName("trades", true), data)')
  t.equal(
    body({ table: 'dfs://d/t', method: 'append' }),
    'return tableInsert(loadTable("dfs://d","t"), data)',
  )
  const upsert = { table: 'dfs://d/t', method: 'upsert', keyColumns: ['id', 'day'] } as const
  t.equal(
    body(upsert),
    'r = tableUpsert(loadTable("dfs://d","t"), data, false, `id`day) return r[0] + r[1]',
  )
  t.equal(
    body(upsert, { primaryKey: false, counts: false }),
    'upsert!(loadTable("dfs://d","t"), data, false, `id`day) return data.rows()',
  )
  t.equal(
    body({ table: 'dfs://d/t', method: 'upsert' }, { primaryKey: true, counts: true }),
    'r = tableUpsert(loadTable("dfs://d","t"), data) return r[0] + r[1]',
  )
  t.equal(
    body({ table: 'k', method: 'upsert' }),
    'r = tableUpsert(objByName("k", true), data, false) return r[0]',
  )
})

t.test('DolphinDB spellings of the methods are accepted', async t => {
  t.equal(parseMethod('tableInsert'), 'insert')
  t.equal(parseMethod('append!'), 'append')
  t.equal(parseMethod('upsert!'), 'upsert')
  t.throws(() => parseMethod('constructor'), { code: 'DDB_USAGE' })
})

t.test('contradictory targets are refused', async t => {
  const refused = (options: Parameters<typeof parseTarget>[0], code = 'DDB_USAGE') => {
    t.throws(() => parseTarget(options), { code })
  }
  refused({})
  refused({ table: 'a', function: 'f' })
  refused({ table: 't', keyColumns: ['a'] })
  refused({ table: 't', types: 'a:INT' })
  refused({ function: 'f' })
  refused({ table: 't', types: '@u', transform: 'def(t){ return t }' })
  refused({ function: 'f', types: 'a:INT', method: 'append' })
  refused({ function: 'f(1)', types: 'a:INT' }, 'DDB_NAME')
  refused({ function: 'f', types: 'a:INT', confirmTable: 'no name' }, 'DDB_NAME')
  refused({ table: 'dfs://db/t', method: 'upsert', keyColumns: ['a`b'] }, 'DDB_NAME')
})
