import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import type { TargetOptions } from '../../../src/load/options.js'
import {
  parseMethod,
  parseTableTarget,
  parseTarget,
  tableExpression,
  tableText,
  usualUpsert,
  writeBody,
  writeExpression,
} from '../../../src/load/target/target.js'

t.test('rows for a shared table are written with its bare name', async t => {
  const table = parseTableTarget('trades')
  t.same(table, { kind: 'shared', name: 'trades' })
  t.equal(writeExpression(table, 'insert', []), 'tableInsert{trades}')
  t.equal(writeExpression(table, 'append', []), 'append!{trades}')
})

t.test('the last segment of a dfs path is the table name', async t => {
  const table = parseTableTarget('dfs://testDB/sub/tb1')
  t.same(table, { kind: 'dfs', database: 'dfs://testDB/sub', table: 'tb1' })
  t.equal(tableText(table), 'dfs://testDB/sub/tb1')
  t.equal(tableExpression(table), 'loadTable("dfs://testDB/sub","tb1")')
})

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

t.test('no target name can end a string or a call in the script', async t => {
  const property = fc.property(
    fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('a', '/', '"', "'", '`', '}', ')', ' ', '\n', ':', '.'),
      }),
      fc.string().map(text => `dfs://${text}`),
    ),
    text => {
      let expression: string
      try {
        expression = tableExpression(parseTableTarget(text))
      } catch (error) {
        return error instanceof UsageError && error.code === 'DDB_NAME'
      }
      return (
        /^[\w\u4e00-\u9fff]+$/.test(expression) ||
        /^loadTable\("dfs:\/\/[\w./\-\u4e00-\u9fff]+","[\w\u4e00-\u9fff]+"\)$/.test(expression)
      )
    },
  )
  t.doesNotThrow(() => fc.assert(property))
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
