import t from 'tap'
import { parseMethod, parseTarget } from '../../../src/load/target/target.js'

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
