import t from 'tap'
import { createNode } from '../../../src/server/node.js'
import type { DatabaseHandle } from '../../../src/server/tables/database-handle.js'
import { checkTransactionSize } from '../../../src/server/tables/transactions.js'
import { tableOf } from './tables.js'

const node = createNode({ maxTransactionBytes: 1000 })

t.test('a write may be as large as the limit', async t => {
  t.doesNotThrow(() => checkTransactionSize(node, tableOf('dfs'), 1000))
  t.throws(() => checkTransactionSize(node, tableOf('dfs'), 1001), {
    name: 'ScriptError',
    message:
      'Memory size of append transaction 1001 exceeds max limit (1000) for OLAP. Please split data into batches.',
  })
})

t.test('the engine is that of the database', async t => {
  const handle: DatabaseHandle = {
    form: 'database',
    path: 'dfs://db',
    levels: [],
    engine: 'TSDB',
    atomic: 'TRANS',
  }
  node.databases.set('dfs://db', { handle, owner: 'joe', tables: new Map() })
  t.throws(() => checkTransactionSize(node, tableOf('dfs'), 2000), {
    message: /\(1000\) for TSDB\./,
  })
})

t.test('only DFS tables have a limit, and only where one is set', async t => {
  for (const kind of ['basic', 'stream', 'keyed', 'partitioned'] as const) {
    t.doesNotThrow(() => checkTransactionSize(node, tableOf(kind), 1e9), kind)
  }
  t.doesNotThrow(() => checkTransactionSize(createNode(), tableOf('dfs'), 1e12))
})
